/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "api/kinds.h"
#include "base/option_table.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/connect.h"
#include "cli/load.h"
#include "stream/schema.h"

#define TEXT_BYTES_MAX ((size_t)1 << 20)

typedef struct check_flags {
    bool connect, schema;
} check_flags;

static const mfn_option table[] = {
    MFN__BOOL(check_flags, connect, "false", "try to reach every end instead, without moving data"),
    MFN__BOOL(check_flags, schema, "false",
              "print the JSON Schema of pipeline files instead, for editors"),
    {0},
};

static void print_kind(const char *side, const char *kind, const char *help,
                       const mfn_option *options)
{
    char title[160];
    snprintf(title, sizeof title, "%s '%s': %s", side, kind, help);
    const mfn__flags groups[] = {{title, options, NULL}, {0}};
    mfn__arguments_describe_keys(stdout, groups);
}

static void print_help(const mfn__flags *groups)
{
    printf("Usage: mfn check PIPELINE.yaml [flags]\n"
           "       mfn check --schema\n\n"
           "Validates a pipeline file without running it: prints every problem with line and\n"
           "column, or all values that would be used, defaults included.\n");
    mfn__arguments_describe(stdout, groups);
    printf("\nThese are the keys of each kind; docs/pipeline.md describes the whole file.\n");
    for (size_t i = 0; mfn__all_kinds.connectors[i] != NULL; i++) {
        const mfn__connector_ops *ops = mfn__all_kinds.connectors[i];
        print_kind("Connector", ops->kind, ops->help, ops->options);
    }
    for (size_t i = 0; mfn__all_kinds.publishers[i] != NULL; i++) {
        const mfn__publisher_ops *ops = mfn__all_kinds.publishers[i];
        print_kind("Publisher", ops->kind, ops->help, ops->options);
    }
}

/* Prints the text, unless there was not enough memory for it, and releases it. */
static int print_text(mfn__buffer *text)
{
    mfn_error err = {0};
    int code = MFN__EXIT_OK;
    if (mfn__buffer_check(text, "the output", &err) != MFN_OK) {
        code = mfn__command_fail("check", &err, MFN__EXIT_FAILED);
    } else {
        fputs(text->data, stdout);
    }
    mfn__buffer_deinit(text);
    return code;
}

static bool has_its_files(const mfn__pipeline *pipeline)
{
    mfn__problems problems;
    mfn__problems_init(&problems);
    mfn__pipeline_check_files(pipeline, &problems);
    if (problems.count > 0) {
        fputs(problems.lines.data, stderr);
        fprintf(stderr, "mfn check: %zu file%s cannot be read\n", problems.count,
                problems.count == 1 ? "" : "s");
    }
    bool has_all = problems.count == 0;
    mfn__problems_deinit(&problems);
    return has_all;
}

static int print_effective(const mfn__pipeline *pipeline, const char *path)
{
    if (!has_its_files(pipeline)) {
        return MFN__EXIT_USAGE;
    }
    mfn__buffer text;
    mfn__buffer_init(&text, TEXT_BYTES_MAX);
    mfn__pipeline_write_effective(pipeline, &text);
    mfn__buffer_append_format(&text, "# %s: ok\n", path);
    return print_text(&text);
}

static int print_schema(void)
{
    mfn__buffer text;
    mfn__json_writer json;
    mfn__buffer_init(&text, TEXT_BYTES_MAX);
    mfn__json_start(&json, &text, 2);
    mfn__schema_write(&mfn__all_kinds, &json);
    mfn__buffer_append_char(&text, '\n');
    return print_text(&text);
}

int mfn__command_check(int argc, char **argv)
{
    check_flags flags;
    mfn_options_set_defaults(table, &flags);
    const mfn__flags groups[] = {{"Flags", table, &flags}, {0}};
    mfn__arguments arguments;
    mfn_error err = {0};
    mfn_status status = mfn__arguments_parse_list(argc, argv, groups, &arguments, &err);
    if (status == MFN_OK && arguments.wants_help) {
        print_help(groups);
        return MFN__EXIT_OK;
    }
    if (status == MFN_OK) {
        const char *positional = flags.schema ? NULL : "PIPELINE.yaml";
        status = mfn__arguments_take_one(&arguments, positional, &err);
    }
    if (status != MFN_OK) {
        return mfn__command_fail("check", &err, MFN__EXIT_USAGE);
    }
    if (flags.schema) {
        return print_schema();
    }
    mfn__pipeline *pipeline = NULL;
    if (!mfn__load_pipeline("check", arguments.positional, &pipeline)) {
        return MFN__EXIT_USAGE;
    }
    int code = flags.connect ? mfn__connect_check(pipeline)
                             : print_effective(pipeline, arguments.positional);
    mfn__pipeline_free(pipeline);
    return code;
}
