/* SPDX-License-Identifier: MIT */
/* Any bytes are a document or an error with a place; a document can be walked and checked against a
 * table, and every problem is one line. */
#include <string.h>

#include "codec/yaml.h"
#include "fuzz.h"
#include "stream/settings.h"

typedef struct sample {
    bool flag;
    uint64_t port;
    double timeout_s;
    const char *directory;
    uint32_t format;
} sample;

static const char *const formats[] = {"auto", "json", NULL};

static const mfn_option table[] = {
    {"flag", MFN_OPTION_BOOL, offsetof(sample, flag), 0, 0, false, false, NULL, "false", "", "f",
     false},
    {"port", MFN_OPTION_WHOLE, offsetof(sample, port), 1, 9, false, false, NULL, "1", "bytes", "p",
     false},
    {"timeout", MFN_OPTION_REAL, offsetof(sample, timeout_s), 0, 9, true, false, NULL, "1", "s",
     "t", false},
    {"directory", MFN_OPTION_TEXT, offsetof(sample, directory), 1, 9, false, false, NULL, NULL, "",
     "d", false},
    {"format", MFN_OPTION_CHOICE, offsetof(sample, format), 0, 0, false, false, formats, "auto", "",
     "f", false},
    {0},
};

static void walk(const mfn__yaml_node *node, int level)
{
    fuzz_require(level <= 32 && node->line >= 1 && node->column >= 1);
    if (node->type == MFN__YAML_SCALAR) {
        fuzz_require(node->text != NULL && node->source != NULL && node->count == 0);
    }
    for (size_t i = 0; i < node->count; i++) {
        walk(node->values[i], level + 1);
        if (node->type == MFN__YAML_MAP) {
            fuzz_require(node->values[i]->key == node->keys[i]);
            fuzz_require(mfn__yaml_get(node, node->keys[i]->text) == node->values[i]);
        }
    }
}

static void check_settings(const mfn__yaml *yaml)
{
    static const mfn_option *const tables[] = {table};
    static const char *const ignore[] = {"kind", NULL};
    sample options = {0};
    void *const structs[] = {&options};
    mfn__problems problems;
    mfn__problems_init(&problems);
    mfn__settings_apply(yaml, mfn__yaml_root(yaml), "s", tables, structs, 1, ignore, &problems);
    size_t lines = 0;
    for (size_t i = 0; i < problems.lines.size; i++) {
        lines += problems.lines.data[i] == '\n';
    }
    fuzz_require(problems.lines.status != MFN_OK || lines == problems.count);
    fuzz_require(problems.count > 0 || options.directory != NULL);
    mfn__problems_deinit(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mfn__yaml *yaml = NULL;
    mfn_error err = {.status = MFN_OK};
    mfn_status status = mfn__yaml_parse((const char *)data, size, "f", &yaml, &err);
    if (status == MFN_OK) {
        walk(mfn__yaml_root(yaml), 1);
        check_settings(yaml);
    } else {
        fuzz_require(yaml == NULL && err.status == status && strncmp(err.text, "f:", 2) == 0);
    }
    mfn__yaml_free(yaml);
    return 0;
}
