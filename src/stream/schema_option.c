/* SPDX-License-Identifier: MIT */
/* YAML gives types to plain words: 8080 is a number and "8080" a text, and to us both are the same.
 * So an option takes the type that it names, or a text that reads as such a value; a text option
 * takes any scalar. A variable may stand wherever a scalar does. */
#include "stream/schema_option.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

#define REFERENCE_MAX 128
#define PATTERN_MAX   128

/* Beyond these doubles skip whole numbers, or there is no bound at all. */
#define EXACT_WHOLE_MAX 9007199254740992.0
#define WHOLE_BOUND_MAX 18446744073709549568.0

/* "${" behind an even number of dollars: two of them stand for one. */
#define VARIABLE_PATTERN "(^|[^$])(\\$\\$)*\\$\\{"

/* ECMA-262 patterns cannot ignore case. */
#define BOOL_PATTERN                                                                               \
    "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy][Ee][Ss]|[Nn][Oo]|[Oo][Nn]|[Oo][Ff][Ff]|[01])$"
#define DIGITS_PATTERN "[0-9]+"
#define REAL_PATTERN   "-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?"

void mfn__schema_write_text(mfn__json_writer *json, const char *key, const char *text)
{
    mfn__json_key(json, key);
    mfn__json_text(json, text);
}

void mfn__schema_write_reference(mfn__json_writer *json, const char *prefix, const char *name)
{
    char target[REFERENCE_MAX];
    snprintf(target, sizeof target, "#/$defs/%s%s", prefix, name);
    mfn__json_object_begin(json);
    mfn__schema_write_text(json, "$ref", target);
    mfn__json_object_end(json);
}

static void write_type(mfn__json_writer *json, const char *type)
{
    mfn__json_object_begin(json);
    mfn__schema_write_text(json, "type", type);
    mfn__json_object_end(json);
}

static void write_pattern(mfn__json_writer *json, const char *pattern)
{
    mfn__json_object_begin(json);
    mfn__schema_write_text(json, "type", "string");
    mfn__schema_write_text(json, "pattern", pattern);
    mfn__json_object_end(json);
}

static void write_scalar_types(mfn__json_writer *json)
{
    mfn__json_key(json, "type");
    mfn__json_array_begin(json);
    mfn__json_text(json, "string");
    mfn__json_text(json, "number");
    mfn__json_text(json, "boolean");
    mfn__json_array_end(json);
}

void mfn__schema_write_definitions(mfn__json_writer *json)
{
    mfn__json_key(json, "variable");
    write_pattern(json, VARIABLE_PATTERN);
    mfn__json_key(json, "text");
    mfn__json_object_begin(json);
    write_scalar_types(json);
    mfn__json_object_end(json);
}

static void write_number(mfn__json_writer *json, const char *key, double value)
{
    mfn__json_key(json, key);
    if (fabs(value) <= EXACT_WHOLE_MAX && value == floor(value)) {
        mfn__json_i64(json, (int64_t)value);
    } else {
        mfn__json_real(json, value);
    }
}

static void write_range(const mfn_option *option, mfn__json_writer *json)
{
    bool is_whole = option->type == MFN_OPTION_WHOLE;
    if (isfinite(option->min)) {
        write_number(json, option->min_open ? "exclusiveMinimum" : "minimum", option->min);
    }
    if (isfinite(option->max) && !(is_whole && option->max >= WHOLE_BOUND_MAX)) {
        write_number(json, option->max_open ? "exclusiveMaximum" : "maximum", option->max);
    }
}

static const char *suffix_pattern(const mfn_option *option)
{
    if (strcmp(option->unit, "bytes") == 0) {
        return "([KMG]i?B|B)?";
    }
    if (strcmp(option->unit, "s") == 0) {
        return option->type == MFN_OPTION_WHOLE ? "[smh]?" : "(ms|[smh])?";
    }
    return "";
}

static void write_numbers(const mfn_option *option, mfn__json_writer *json)
{
    bool is_whole = option->type == MFN_OPTION_WHOLE;
    mfn__json_object_begin(json);
    mfn__schema_write_text(json, "type", is_whole ? "integer" : "number");
    write_range(option, json);
    mfn__json_object_end(json);
    char pattern[PATTERN_MAX];
    snprintf(pattern, sizeof pattern, "^%s%s$", is_whole ? DIGITS_PATTERN : REAL_PATTERN,
             suffix_pattern(option));
    write_pattern(json, pattern);
}

static void write_bools(mfn__json_writer *json)
{
    write_type(json, "boolean");
    mfn__json_object_begin(json);
    mfn__json_key(json, "enum");
    mfn__json_array_begin(json);
    mfn__json_u64(json, 0);
    mfn__json_u64(json, 1);
    mfn__json_array_end(json);
    mfn__json_object_end(json);
    write_pattern(json, BOOL_PATTERN);
}

static void write_digits(mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    mfn__schema_write_text(json, "type", "integer");
    write_number(json, "minimum", 0.0);
    mfn__json_object_end(json);
    write_pattern(json, "^" DIGITS_PATTERN "$");
}

static bool takes_any_scalar(const mfn_option *option)
{
    return option->type == MFN_OPTION_LIST || (option->type == MFN_OPTION_TEXT && option->max <= 0);
}

/* Lengths are bytes to us and characters, which have one to four, to the schema. */
static void write_text(const mfn_option *option, mfn__json_writer *json)
{
    if (takes_any_scalar(option)) {
        mfn__schema_write_reference(json, "", "text");
        return;
    }
    mfn__json_object_begin(json);
    write_scalar_types(json);
    write_number(json, "minLength", ceil(option->min / 4.0));
    write_number(json, "maxLength", option->max);
    mfn__json_object_end(json);
}

static void write_choices(const mfn_option *option, mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    mfn__json_key(json, "enum");
    mfn__json_array_begin(json);
    for (const char *const *choice = option->choices; *choice != NULL; choice++) {
        mfn__json_text(json, *choice);
        if (mfn__text_is_number(*choice)) {
            mfn__json_raw(json, *choice);
        }
    }
    mfn__json_array_end(json);
    mfn__json_object_end(json);
}

static void write_texts(const mfn_option *option, mfn__json_writer *json)
{
    bool is_map = option->type == MFN_OPTION_MAP;
    if (!is_map) {
        mfn__schema_write_reference(json, "", "text"); /* a list of one */
    }
    mfn__json_object_begin(json);
    mfn__schema_write_text(json, "type", is_map ? "object" : "array");
    mfn__json_key(json, is_map ? "additionalProperties" : "items");
    mfn__schema_write_reference(json, "", "text");
    if (option->default_text == NULL) {
        write_number(json, is_map ? "minProperties" : "minItems", 1.0);
    }
    mfn__json_object_end(json);
}

static void write_alternatives(const mfn_option *option, mfn__json_writer *json)
{
    switch (option->type) {
    case MFN_OPTION_BOOL:
        write_bools(json);
        break;
    case MFN_OPTION_WHOLE:
    case MFN_OPTION_REAL:
        write_numbers(option, json);
        break;
    case MFN_OPTION_TEXT:
        write_text(option, json);
        break;
    case MFN_OPTION_DIGITS:
        write_digits(json);
        break;
    case MFN_OPTION_CHOICE:
        write_choices(option, json);
        break;
    case MFN_OPTION_LIST:
    case MFN_OPTION_MAP:
        write_texts(option, json);
        break;
    }
}

static void write_default(const mfn_option *option, mfn__json_writer *json)
{
    const char *text = option->default_text;
    bool is_number = option->type == MFN_OPTION_WHOLE || option->type == MFN_OPTION_REAL ||
                     option->type == MFN_OPTION_DIGITS;
    if (text == NULL) {
        return;
    }
    mfn__json_key(json, "default");
    if (option->type == MFN_OPTION_LIST) {
        mfn__json_raw(json, "[]");
    } else if (option->type == MFN_OPTION_MAP) {
        mfn__json_raw(json, "{}");
    } else if (option->type == MFN_OPTION_BOOL && strcmp(text, "true") == 0) {
        mfn__json_bool(json, true);
    } else if (option->type == MFN_OPTION_BOOL && strcmp(text, "false") == 0) {
        mfn__json_bool(json, false);
    } else if (is_number && mfn__text_is_number(text)) {
        mfn__json_raw(json, text);
    } else {
        mfn__json_text(json, text);
    }
}

static void write_description(const mfn_option *option, mfn__json_writer *json)
{
    char text[512];
    bool has_unit = option->unit[0] != '\0';
    snprintf(text, sizeof text, "%s%s%s%s", option->help, has_unit ? " [" : "", option->unit,
             has_unit ? "]" : "");
    mfn__schema_write_text(json, "description", text);
}

void mfn__schema_write_option(const mfn_option *option, mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    write_description(option, json);
    write_default(option, json);
    if (option->is_secret) {
        mfn__json_key(json, "writeOnly");
        mfn__json_bool(json, true);
    }
    mfn__json_key(json, "anyOf");
    mfn__json_array_begin(json);
    write_alternatives(option, json);
    if (!takes_any_scalar(option) && option->type != MFN_OPTION_MAP) {
        mfn__schema_write_reference(json, "", "variable");
    }
    if (option->default_text != NULL) {
        write_type(json, "null"); /* not given */
    }
    mfn__json_array_end(json);
    mfn__json_object_end(json);
}
