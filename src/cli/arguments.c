/* SPDX-License-Identifier: MIT */
#include "cli/arguments.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define FLAG_MAX    64
#define FLAGS_MAX   96
#define HELP_INDENT 29

/* Flags that are shorter than the fields which they set. */
static const struct {
    const char *flag, *option;
} short_names[] = {
    {"turing", "turing_enabled"},
    {"boundary", "boundary_condition"},
};

static const char *short_name_of(const char *option)
{
    for (size_t i = 0; i < sizeof short_names / sizeof short_names[0]; i++) {
        if (strcmp(short_names[i].option, option) == 0) {
            return short_names[i].flag;
        }
    }
    return NULL;
}

/* "grid_size" to "grid-size". */
static void dashed(const char *name, char ret[FLAG_MAX])
{
    snprintf(ret, FLAG_MAX, "%s", name);
    for (char *c = ret; *c != '\0'; c++) {
        *c = *c == '_' ? '-' : *c;
    }
}

static void flag_name(const mfn_option *option, char ret[FLAG_MAX])
{
    const char *shorter = short_name_of(option->name);
    dashed(shorter != NULL ? shorter : option->name, ret);
}

static bool names_option(const char *flag, size_t length, const mfn_option *option)
{
    char name[FLAG_MAX];
    dashed(option->name, name);
    if (strlen(name) == length && strncmp(flag, name, length) == 0) {
        return true;
    }
    flag_name(option, name);
    return strlen(name) == length && strncmp(flag, name, length) == 0;
}

/* Finds the option that a flag (without dashes in front) names. */
static const mfn_option *find(const mfn__flags *groups, const char *flag, size_t length,
                              void **ret_options)
{
    for (const mfn__flags *group = groups; group->table != NULL; group++) {
        for (const mfn_option *option = group->table; option->name != NULL; option++) {
            if (names_option(flag, length, option)) {
                *ret_options = group->options;
                return option;
            }
        }
    }
    return NULL;
}

static mfn_status unknown_flag(const mfn__flags *groups, const char *flag, size_t length,
                               mfn_error *err)
{
    char names[FLAGS_MAX][FLAG_MAX];
    const char *list[FLAGS_MAX + 1];
    size_t count = 0;
    for (const mfn__flags *group = groups; group->table != NULL; group++) {
        for (const mfn_option *option = group->table; option->name != NULL && count < FLAGS_MAX;
             option++) {
            flag_name(option, names[count]);
            list[count] = names[count];
            count++;
        }
    }
    list[count++] = "help";
    char given[FLAG_MAX];
    mfn__text_printable(flag, length, given, sizeof given);
    const char *bare = strncmp(given, "no-", 3) == 0 ? given + 3 : given;
    const char *nearest = mfn__text_nearest(bare, list, count);
    if (nearest != NULL) {
        return mfn__fail(err, MFN_INVALID, given, "unknown flag --%s; did you mean --%s%s?", given,
                         bare == given ? "" : "no-", nearest);
    }
    return mfn__fail(err, MFN_INVALID, given, "unknown flag --%s", given);
}

static bool begins_flag(const char *argument)
{
    return strncmp(argument, "--", 2) == 0;
}

/* Reads the flag at argv[*index] and moves past its value. */
static mfn_status parse_flag(int argc, char **argv, int *index, const mfn__flags *groups,
                             mfn_error *err)
{
    const char *flag = argv[*index] + 2;
    size_t length = strcspn(flag, "=");
    const char *value = flag[length] == '=' ? flag + length + 1 : NULL;
    void *options = NULL;
    const mfn_option *option = find(groups, flag, length, &options);
    if (option == NULL && strncmp(flag, "no-", 3) == 0) {
        option = find(groups, flag + 3, length - 3, &options);
        if (option != NULL && option->type == MFN_OPTION_BOOL) {
            if (value != NULL) {
                return mfn__fail(err, MFN_INVALID, option->name, "--%.*s takes no value",
                                 (int)length, flag);
            }
            return mfn_option_set_text(option, options, "false", err);
        }
        option = NULL;
    }
    if (option == NULL) {
        return unknown_flag(groups, flag, length, err);
    }
    if (value == NULL && option->type == MFN_OPTION_BOOL) {
        value = "true";
    }
    if (value == NULL && *index + 1 < argc && !begins_flag(argv[*index + 1])) {
        value = argv[++*index];
    }
    if (value == NULL) {
        char expected[128];
        mfn_option_expected(option, expected, sizeof expected);
        return mfn__fail(err, MFN_INVALID, option->name, "--%s: expected %s after it", flag,
                         expected);
    }
    return mfn_option_set_text(option, options, value, err);
}

static mfn_status too_many(const char *argument, mfn_error *err)
{
    char shown[FLAG_MAX];
    mfn__text_printable(argument, strlen(argument), shown, sizeof shown);
    return mfn__fail(err, MFN_INVALID, NULL, "'%s' is one argument too many", shown);
}

mfn_status mfn__arguments_parse_list(int argc, char **argv, const mfn__flags *groups,
                                     mfn__arguments *ret, mfn_error *err)
{
    *ret = (mfn__arguments){.list = argv + 1};
    for (int i = 1; i < argc; i++) {
        char *argument = argv[i];
        if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
            ret->wants_help = true;
            return MFN_OK;
        }
        if (begins_flag(argument)) {
            mfn_status status = parse_flag(argc, argv, &i, groups, err);
            if (status != MFN_OK) {
                return status;
            }
            continue;
        }
        if (argument[0] == '-' && argument[1] != '\0') {
            char shown[FLAG_MAX];
            mfn__text_printable(argument, strlen(argument), shown, sizeof shown);
            return mfn__fail(err, MFN_INVALID, NULL, "unknown flag %s; flags begin with two dashes",
                             shown);
        }
        argv[1 + ret->list_count++] = argument; /* its place was read before */
    }
    return MFN_OK;
}

mfn_status mfn__arguments_take_one(mfn__arguments *arguments, const char *positional,
                                   mfn_error *err)
{
    size_t wanted = positional != NULL ? 1 : 0;
    if (arguments->list_count > wanted) {
        return too_many(arguments->list[wanted], err);
    }
    if (arguments->list_count < wanted) {
        return mfn__fail(err, MFN_INVALID, NULL, "expected %s", positional);
    }
    arguments->positional = wanted > 0 ? arguments->list[0] : NULL;
    return MFN_OK;
}

mfn_status mfn__arguments_parse(int argc, char **argv, const mfn__flags *groups,
                                const char *positional, mfn__arguments *ret, mfn_error *err)
{
    mfn_status status = mfn__arguments_parse_list(argc, argv, groups, ret, err);
    if (status != MFN_OK || ret->wants_help) {
        return status;
    }
    return mfn__arguments_take_one(ret, positional, err);
}

const char *mfn__arguments_peek(int argc, char **argv, const char *name)
{
    size_t length = strlen(name);
    const char *value = NULL;
    for (int i = 1; i < argc; i++) {
        if (!begins_flag(argv[i]) || strncmp(argv[i] + 2, name, length) != 0) {
            continue;
        }
        const char *rest = argv[i] + 2 + length;
        if (*rest == '=') {
            value = rest + 1;
        } else if (*rest == '\0' && i + 1 < argc && !begins_flag(argv[i + 1])) {
            value = argv[i + 1];
        }
    }
    return value;
}

static const char *value_name(const mfn_option *option)
{
    switch (option->type) {
    case MFN_OPTION_BOOL:
        return " BOOL";
    case MFN_OPTION_WHOLE:
    case MFN_OPTION_DIGITS:
        return " N";
    case MFN_OPTION_REAL:
        return " X";
    case MFN_OPTION_TEXT:
        return " TEXT";
    case MFN_OPTION_CHOICE:
        return " NAME";
    case MFN_OPTION_LIST:
        return " LIST";
    case MFN_OPTION_MAP:
        return " MAP";
    }
    return "";
}

/* "--grid-size N", "--turing, --no-turing", or as a key "grid_size N". */
static void write_left(const mfn_option *option, bool as_key, char *ret, size_t size)
{
    char name[FLAG_MAX];
    flag_name(option, name);
    if (as_key) {
        snprintf(ret, size, "%s%s", option->name, value_name(option));
    } else if (option->type == MFN_OPTION_BOOL) {
        snprintf(ret, size, "--%s, --no-%s", name, name);
    } else {
        snprintf(ret, size, "--%s%s", name, value_name(option));
    }
}

static void describe_option(FILE *out, const mfn_option *option, bool as_key)
{
    char left[3 * FLAG_MAX];
    write_left(option, as_key, left, sizeof left);
    int width = (int)strlen(left) < HELP_INDENT - 3 ? HELP_INDENT - 2 : 0;
    fprintf(out, "  %-*s", width, left);
    if (width == 0) {
        fprintf(out, "\n%*s", HELP_INDENT, "");
    }
    fprintf(out, "%s", option->help);
    bool has_unit = option->unit != NULL && option->unit[0] != '\0';
    if (option->type == MFN_OPTION_WHOLE || option->type == MFN_OPTION_REAL ||
        option->type == MFN_OPTION_CHOICE) {
        char expected[160];
        mfn_option_expected(option, expected, sizeof expected);
        fprintf(out, "\n%*s%s%s%s", HELP_INDENT, "", expected, has_unit ? " " : "",
                has_unit ? option->unit : "");
    }
    const char *initial = option->default_text;
    if (option->type == MFN_OPTION_BOOL && !as_key && initial != NULL) {
        initial = strcmp(initial, "true") == 0 ? "on" : "off";
    }
    if (initial != NULL && initial[0] != '\0') {
        fprintf(out, "; default %s", initial);
    } else if (as_key && initial == NULL) {
        fputs("; required", out);
    }
    fputc('\n', out);
}

static void describe(FILE *out, const mfn__flags *groups, bool as_keys)
{
    for (const mfn__flags *group = groups; group->table != NULL; group++) {
        fprintf(out, "\n%s\n", group->title);
        for (const mfn_option *option = group->table; option->name != NULL; option++) {
            describe_option(out, option, as_keys);
        }
    }
}

void mfn__arguments_describe(FILE *out, const mfn__flags *groups)
{
    describe(out, groups, false);
}

void mfn__arguments_describe_keys(FILE *out, const mfn__flags *groups)
{
    describe(out, groups, true);
}
