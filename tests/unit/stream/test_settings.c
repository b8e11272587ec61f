/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/option_table.h"
#include "stream/settings.h"
#include "suite.h"

typedef struct file_options {
    const char *directory, *pattern;
    uint32_t format;
    uint64_t port;
    bool auto_delete;
} file_options;

typedef struct common_options {
    bool enabled;
    double timeout_s;
} common_options;

#define FILE_FIELD(name)   offsetof(file_options, name)
#define COMMON_FIELD(name) offsetof(common_options, name)

static const char *const formats[] = {"auto", "json", "ndjson", NULL};

static const mfn_option file_table[] = {
    {"directory", MFN_OPTION_TEXT, FILE_FIELD(directory), 1, 4096, false, false, NULL, NULL, "",
     "Directory to watch", false},
    {"pattern", MFN_OPTION_TEXT, FILE_FIELD(pattern), 1, 256, false, false, NULL, "*.json", "",
     "Names to take", false},
    {"format", MFN_OPTION_CHOICE, FILE_FIELD(format), 0, 0, false, false, formats, "auto", "",
     "Format", false},
    {"port", MFN_OPTION_WHOLE, FILE_FIELD(port), 1, 65535, false, false, NULL, "80", "", "Port",
     false},
    {"auto_delete", MFN_OPTION_BOOL, FILE_FIELD(auto_delete), 0, 0, false, false, NULL, "false", "",
     "Delete", false},
    {0},
};

static const mfn_option common_table[] = {
    {"enabled", MFN_OPTION_BOOL, COMMON_FIELD(enabled), 0, 0, false, false, NULL, "true", "",
     "Enabled", false},
    {"timeout", MFN_OPTION_REAL, COMMON_FIELD(timeout_s), 0, 3600, true, false, NULL, "30", "",
     "Time limit", false},
    {0},
};

static const mfn_option *const tables[] = {file_table, common_table};
static const char *const ignore[] = {"kind", NULL};

typedef struct settings_outcome {
    mfn__yaml *yaml;
    file_options file;
    common_options common;
    mfn__problems problems;
} settings_outcome;

/* Applies the map under `key` (the root when NULL) as section `name`. */
static void apply(const char *text, const char *key, const char *name, settings_outcome *ret)
{
    mfn_error err = {.status = MFN_OK};
    *ret = (settings_outcome){0};
    mfn__problems_init(&ret->problems);
    mfn_status status = mfn__yaml_parse(text, strlen(text), "p.yaml", &ret->yaml, &err);
    ck_assert_msg(status == MFN_OK, "%s: %s", text, err.text);
    const mfn__yaml_node *map = mfn__yaml_root(ret->yaml);
    map = key != NULL ? mfn__yaml_get(map, key) : map;
    void *const options[] = {&ret->file, &ret->common};
    mfn__settings_apply(ret->yaml, map, name, tables, options, 2, ignore, &ret->problems);
    ck_assert_int_eq(ret->problems.lines.status, MFN_OK);
}

static const char *lines_of(const settings_outcome *outcome)
{
    return outcome->problems.lines.size > 0 ? outcome->problems.lines.data : "";
}

static void discard(settings_outcome *outcome)
{
    mfn__problems_deinit(&outcome->problems);
    mfn__yaml_free(outcome->yaml);
}

START_TEST(a_good_section_fills_several_structs)
{
    settings_outcome got;
    apply("connector:\n  kind: file\n  directory: in\n  format: ndjson\n  port: '8080'\n"
          "  auto_delete: yes\n  timeout: 1.5\n",
          "connector", "connector", &got);
    ck_assert_str_eq(lines_of(&got), "");
    ck_assert_uint_eq(got.problems.count, 0);
    ck_assert_str_eq(got.file.directory, "in");
    ck_assert_str_eq(got.file.pattern, "*.json");
    ck_assert_uint_eq(got.file.format, 2);
    ck_assert_uint_eq(got.file.port, 8080);
    ck_assert(got.file.auto_delete);
    ck_assert(got.common.enabled);
    ck_assert_double_eq(got.common.timeout_s, 1.5);
    discard(&got);
}
END_TEST

START_TEST(a_null_value_is_not_given)
{
    settings_outcome got;
    unsetenv("MFN_TEST_UNSET");
    apply("directory: in\npattern:\nport: ~\nformat: ${MFN_TEST_UNSET:-}\nkind:\n", NULL, NULL,
          &got);
    ck_assert_str_eq(lines_of(&got), "");
    ck_assert_str_eq(got.file.pattern, "*.json");
    ck_assert_uint_eq(got.file.port, 80);
    ck_assert_uint_eq(got.file.format, 0);
    discard(&got);
}
END_TEST

START_TEST(each_problem_has_its_place_and_says_what_was_expected)
{
    static const struct {
        const char *what, *text, *expected;
    } cases[] = {
        {"a mistyped key", "connector:\n  directory: in\n  patern: x\n",
         "p.yaml:3:3: unknown key 'connector.patern'; did you mean 'pattern'?\n"},
        {"a mistyped key of the second table", "connector: {directory: in, timeot: 1}\n",
         "p.yaml:1:28: unknown key 'connector.timeot'; did you mean 'timeout'?\n"},
        {"a mistyped key of somebody else", "connector: {directory: in, knd: 1}\n",
         "p.yaml:1:28: unknown key 'connector.knd'; did you mean 'kind'?\n"},
        {"a key like nothing else", "connector: {directory: in, zzzzzzz: 1}\n",
         "p.yaml:1:28: unknown key 'connector.zzzzzzz'; known keys: kind, directory, pattern, "
         "format, port, auto_delete, enabled, timeout\n"},
        {"a word for a number", "connector:\n  directory: in\n  port: eighty\n",
         "p.yaml:3:9: connector.port: expected a whole number in [1, 65535], got 'eighty'\n"},
        {"a number out of range", "connector:\n  directory: in\n  port: 65536\n",
         "p.yaml:3:9: connector.port: expected a whole number in [1, 65535], got '65536'\n"},
        {"a bound that is open", "connector: {directory: in, timeout: 0}\n",
         "p.yaml:1:37: connector.timeout: expected a number in (0, 3600], got '0'\n"},
        {"a mistyped choice", "connector: {directory: in, format: ndjsn}\n",
         "p.yaml:1:36: connector.format: expected one of auto, json, ndjson, got 'ndjsn'; did you "
         "mean 'ndjson'?\n"},
        {"a list for a text", "connector: {directory: [in, out]}\n",
         "p.yaml:1:24: connector.directory: expected a text of 1 to 4096 bytes, got a list\n"},
        {"a map for a number", "connector: {directory: in, port: {a: b}}\n",
         "p.yaml:1:34: connector.port: expected a whole number in [1, 65535], got a map\n"},
        {"an empty text", "connector: {directory: ''}\n",
         "p.yaml:1:24: connector.directory: expected a text of 1 to 4096 bytes, got ''\n"},
        {"a missing key", "other: 1\nconnector:\n  pattern: x\n",
         "p.yaml:2:1: connector: 'directory' is missing (Directory to watch)\n"},
        {"a key that is there but null", "connector:\n  directory:\n",
         "p.yaml:1:1: connector: 'directory' is missing (Directory to watch)\n"},
        {"a section that is null", "a: 1\nconnector:\n",
         "p.yaml:2:1: connector: 'directory' is missing (Directory to watch)\n"},
        {"a section that is not there", "\n\na: 1\n",
         "p.yaml:3:1: connector: 'directory' is missing (Directory to watch)\n"},
        {"a text for a section", "connector: file\n",
         "p.yaml:1:12: connector: expected a map of keys and values, got 'file'\n"},
        {"a list for a section", "connector:\n  - a\n",
         "p.yaml:2:3: connector: expected a map of keys and values, got a list\n"},
        {"a control character", "connector: {directory: in, port: \"a\\tb\"}\n",
         "p.yaml:1:34: connector.port: expected a whole number in [1, 65535], got 'a?b'\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        settings_outcome got;
        apply(cases[i].text, "connector", "connector", &got);
        ck_assert_msg(strcmp(lines_of(&got), cases[i].expected) == 0, "%s: %s", cases[i].what,
                      lines_of(&got));
        ck_assert_uint_eq(got.problems.count, 1);
        discard(&got);
    }
}
END_TEST

/* Options of several texts, and secrets. */
typedef struct text_options {
    const char *password;
    mfn_texts topics, extra, headers, labels;
} text_options;

/* clang-format off: one row per option */
static const mfn_option text_table[] = {
    {"password", MFN_OPTION_TEXT, offsetof(text_options, password), 8, 64, false, false, NULL,
     "changeme", "", "Password", true},
    MFN__LIST(text_options, topics, NULL, false, "Topics to read"),
    MFN__LIST(text_options, extra, "", true, "More"),
    MFN__MAP(text_options, headers, "", true, "Headers to send"),
    MFN__MAP(text_options, labels, "", false, "Labels"),
    {0},
};
/* clang-format on */

static mfn__yaml *apply_texts(const char *text, text_options *ret, mfn__problems *problems)
{
    mfn__yaml *yaml = NULL;
    mfn_error err = {.status = MFN_OK};
    mfn__problems_init(problems);
    mfn_status status = mfn__yaml_parse(text, strlen(text), "p.yaml", &yaml, &err);
    ck_assert_msg(status == MFN_OK, "%s: %s", text, err.text);
    const mfn_option *const text_tables[] = {text_table};
    void *const options[] = {ret};
    mfn__settings_apply(yaml, mfn__yaml_root(yaml), "connector", text_tables, options, 1, NULL,
                        problems);
    return yaml;
}

START_TEST(lists_and_maps_are_taken_as_texts)
{
    text_options got = {0};
    mfn__problems problems;
    setenv("MFN_TEST_SECRET", "hunter2", 1);
    mfn__yaml *yaml =
        apply_texts("topics: jobs\nextra: [a, 2, true, '']\n"
                    "headers: {X-Key: '${MFN_TEST_SECRET}', X-Number: 7}\nlabels: {}\n",
                    &got, &problems);
    ck_assert_uint_eq(problems.count, 0);
    ck_assert_uint_eq(got.topics.count, 1);
    ck_assert_str_eq(got.topics.values[0], "jobs");
    ck_assert_uint_eq(got.extra.count, 4);
    ck_assert_str_eq(got.extra.values[1], "2");
    ck_assert_str_eq(got.extra.values[3], "");
    ck_assert_uint_eq(got.headers.count, 2);
    ck_assert_str_eq(got.headers.keys[0], "X-Key");
    ck_assert_str_eq(got.headers.values[0], "hunter2");
    ck_assert_str_eq(got.headers.values[1], "7");
    ck_assert_uint_eq(got.labels.count, 0);
    mfn__problems_deinit(&problems);
    mfn__yaml_free(yaml);
}
END_TEST

START_TEST(what_is_no_list_or_map_of_texts_is_refused_at_its_place_without_secrets)
{
    static const struct {
        const char *what, *text, *expected;
    } cases[] = {
        {"a map for a list", "topics: {a: b}\n",
         "p.yaml:1:9: connector.topics: expected a list of texts, got a map\n"},
        {"a list in a list", "topics: [a, [b]]\n",
         "p.yaml:1:13: connector.topics: expected a list of texts, got a list in it\n"},
        {"a map in a list", "topics:\n  - a\n  - b: c\n",
         "p.yaml:3:5: connector.topics: expected a list of texts, got a map in it\n"},
        {"an entry that is null", "topics: [a, ~]\n",
         "p.yaml:1:13: connector.topics: expected a list of texts, got an entry without a value in "
         "it\n"},
        {"an empty list that must have something", "topics: []\n",
         "p.yaml:1:9: connector.topics: expected a list of texts, got an empty list\n"},
        {"a list that must be given", "topics:\n",
         "p.yaml:1:1: connector: 'topics' is missing (Topics to read)\n"},
        {"a list for a map", "topics: t\nlabels: [a]\n",
         "p.yaml:2:9: connector.labels: expected a map of keys and texts, got a list\n"},
        {"a text for a map", "topics: t\nlabels: word\n",
         "p.yaml:2:9: connector.labels: expected a map of keys and texts, got 'word'\n"},
        {"a map in a map", "topics: t\nlabels: {a: b, c: {d: e}}\n",
         "p.yaml:2:19: connector.labels: expected a map of keys and texts, got a map in it\n"},
        {"a secret text for a map", "topics: t\nheaders: hunter2\n",
         "p.yaml:2:10: connector.headers: expected a map of keys and texts, got a value that is "
         "not "
         "shown\n"},
        {"a secret out of a variable for a map", "topics: t\nheaders: hunter2${MFN_TEST_SECRET}\n",
         "p.yaml:2:10: connector.headers: expected a map of keys and texts, got a value that is "
         "not "
         "shown\n"},
        {"a secret inside a list that is not one of texts",
         "topics: t\nextra: [hunter2, [hunter2]]\n",
         "p.yaml:2:18: connector.extra: expected a list of texts, got a list in it\n"},
        {"a secret that is too short", "topics: t\npassword: hunter2\n",
         "p.yaml:2:11: connector.password: expected a text of 8 to 64 bytes, got a value that is "
         "not "
         "shown\n"},
    };
    setenv("MFN_TEST_SECRET", "hunter2", 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        text_options got = {0};
        mfn__problems problems;
        mfn__yaml *yaml = apply_texts(cases[i].text, &got, &problems);
        ck_assert_msg(problems.count == 1 && strcmp(problems.lines.data, cases[i].expected) == 0,
                      "%s: %zu, %s", cases[i].what, problems.count, problems.lines.data);
        mfn__problems_deinit(&problems);
        mfn__yaml_free(yaml);
    }
}
END_TEST

START_TEST(all_problems_are_collected)
{
    settings_outcome got;
    apply("port: 0\npatern: x\ntimeout: soon\nenabled: maybe\n", NULL, "", &got);
    ck_assert_str_eq(lines_of(&got),
                     "p.yaml:1:7: port: expected a whole number in [1, 65535], got '0'\n"
                     "p.yaml:2:1: unknown key 'patern'; did you mean 'pattern'?\n"
                     "p.yaml:3:10: timeout: expected a number in (0, 3600], got 'soon'\n"
                     "p.yaml:4:10: enabled: expected true or false, got 'maybe'\n"
                     "p.yaml:1:1: 'directory' is missing (Directory to watch)\n");
    ck_assert_uint_eq(got.problems.count, 5);
    discard(&got);
}
END_TEST

START_TEST(a_value_out_of_a_variable_is_never_shown)
{
    settings_outcome got;
    setenv("MFN_TEST_SECRET", "hunter2", 1);
    apply("directory: ${MFN_TEST_SECRET}\nport: ${MFN_TEST_SECRET}\nformat: "
          "x${MFN_TEST_SECRET}\n",
          NULL, NULL, &got);
    ck_assert_str_eq(got.file.directory, "hunter2");
    ck_assert_str_eq(lines_of(&got), "p.yaml:2:7: port: expected a whole number in [1, 65535], got "
                                     "the value of '${MFN_TEST_SECRET}'\n"
                                     "p.yaml:3:9: format: expected one of auto, json, ndjson, got "
                                     "the value of 'x${MFN_TEST_SECRET}'\n");
    discard(&got);
}
END_TEST

START_TEST(problems_count_on_when_memory_runs_out)
{
    mfn__problems problems;
    mfn__problems_init(&problems);
    mfn__mem_fail_after(0);
    mfn__problems_add(&problems, "p.yaml", 1, 2, "first");
    mfn__mem_fail_after(-1);
    mfn__problems_add(&problems, "p.yaml", 3, 4, "second");
    ck_assert_uint_eq(problems.count, 2);
    ck_assert_int_eq(problems.lines.status, MFN_NO_MEMORY);
    mfn__problems_deinit(&problems);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {a_good_section_fills_several_structs,
                            a_null_value_is_not_given,
                            each_problem_has_its_place_and_says_what_was_expected,
                            lists_and_maps_are_taken_as_texts,
                            what_is_no_list_or_map_of_texts_is_refused_at_its_place_without_secrets,
                            all_problems_are_collected,
                            a_value_out_of_a_variable_is_never_shown,
                            problems_count_on_when_memory_runs_out,
                            NULL};
    return mfn_test_run("settings", tests);
}
