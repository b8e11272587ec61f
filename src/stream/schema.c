/* SPDX-License-Identifier: MIT */
#include "stream/schema.h"

#include <string.h>

#include "stream/breaker.h"
#include "stream/pipeline_internal.h"

/* A variable may stand wherever a scalar does. */
#define VARIABLE "\\$\\{"

#define BYTES_PATTERN "^[0-9]+(KiB|MiB|GiB|KB|MB|GB|B)?$"
#define TIME_PATTERN  "^[0-9.eE+-]+(ms|s|m|h)?$"

static void put_text(mfn__json_writer *json, const char *key, const char *value)
{
    mfn__json_key(json, key);
    mfn__json_text(json, value);
}

/* {"type": "string", "pattern": …} */
static void write_pattern(mfn__json_writer *json, const char *pattern)
{
    mfn__json_object_begin(json);
    put_text(json, "type", "string");
    put_text(json, "pattern", pattern);
    mfn__json_object_end(json);
}

static void write_range(const mfn_option *option, mfn__json_writer *json)
{
    mfn__json_key(json, option->min_open ? "exclusiveMinimum" : "minimum");
    mfn__json_real(json, option->min);
    mfn__json_key(json, option->max_open ? "exclusiveMaximum" : "maximum");
    mfn__json_real(json, option->max);
}

static void write_number(const mfn_option *option, mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    put_text(json, "type", option->type == MFN_OPTION_WHOLE ? "integer" : "number");
    write_range(option, json);
    mfn__json_object_end(json);
    if (strcmp(option->unit, "bytes") == 0) {
        write_pattern(json, BYTES_PATTERN);
    } else if (strcmp(option->unit, "s") == 0) {
        write_pattern(json, TIME_PATTERN);
    }
}

static void write_choices(const mfn_option *option, mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    mfn__json_key(json, "enum");
    mfn__json_array_begin(json);
    for (const char *const *choice = option->choices; *choice != NULL; choice++) {
        mfn__json_text(json, *choice);
    }
    mfn__json_array_end(json);
    mfn__json_object_end(json);
}

static void write_type(mfn__json_writer *json, const char *type)
{
    mfn__json_object_begin(json);
    put_text(json, "type", type);
    mfn__json_object_end(json);
}

/* YAML turns "1" and "true" into other types than the text that they are to us. */
static void write_scalar(mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    mfn__json_key(json, "type");
    mfn__json_array_begin(json);
    mfn__json_text(json, "string");
    mfn__json_text(json, "number");
    mfn__json_text(json, "boolean");
    mfn__json_array_end(json);
    mfn__json_object_end(json);
}

static void write_list(mfn__json_writer *json)
{
    write_scalar(json);
    mfn__json_object_begin(json);
    put_text(json, "type", "array");
    mfn__json_key(json, "items");
    write_scalar(json);
    mfn__json_object_end(json);
}

static void write_map(mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    put_text(json, "type", "object");
    mfn__json_key(json, "additionalProperties");
    write_scalar(json);
    mfn__json_object_end(json);
}

static void write_alternatives(const mfn_option *option, mfn__json_writer *json)
{
    switch (option->type) {
    case MFN_OPTION_BOOL:
        write_type(json, "boolean");
        break;
    case MFN_OPTION_WHOLE:
    case MFN_OPTION_REAL:
        write_number(option, json);
        break;
    case MFN_OPTION_TEXT:
    case MFN_OPTION_DIGITS:
        write_scalar(json);
        break;
    case MFN_OPTION_CHOICE:
        write_choices(option, json);
        break;
    case MFN_OPTION_LIST:
        write_list(json);
        break;
    case MFN_OPTION_MAP:
        write_map(json);
        break;
    }
}

static void write_option(const mfn_option *option, mfn__json_writer *json)
{
    mfn__json_key(json, option->name);
    mfn__json_object_begin(json);
    put_text(json, "description", option->help);
    if (option->default_text != NULL) {
        put_text(json, "default", option->default_text);
    }
    if (option->unit[0] != '\0') {
        put_text(json, "x-unit", option->unit);
    }
    mfn__json_key(json, "anyOf");
    mfn__json_array_begin(json);
    write_alternatives(option, json);
    write_type(json, "null");
    write_pattern(json, VARIABLE);
    mfn__json_array_end(json);
    mfn__json_object_end(json);
}

static void write_options(const mfn_option *table, mfn__json_writer *json)
{
    for (const mfn_option *option = table; option->name != NULL; option++) {
        write_option(option, json);
    }
}

static void write_required(const mfn_option *table, const char *first, mfn__json_writer *json)
{
    mfn__json_key(json, "required");
    mfn__json_array_begin(json);
    if (first != NULL) {
        mfn__json_text(json, first);
    }
    for (const mfn_option *option = table; option->name != NULL; option++) {
        if (option->default_text == NULL) {
            mfn__json_text(json, option->name);
        }
    }
    mfn__json_array_end(json);
}

static void forbid_others(mfn__json_writer *json)
{
    mfn__json_key(json, "additionalProperties");
    mfn__json_bool(json, false);
}

/* A kind: its own options and those that all on its side have. `own` may be NULL. */
static void write_kind(const char *kind, const char *help, const mfn_option *table,
                       const mfn_option *own, mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    put_text(json, "title", kind);
    put_text(json, "description", help);
    put_text(json, "type", "object");
    mfn__json_key(json, "properties");
    mfn__json_object_begin(json);
    mfn__json_key(json, "kind");
    mfn__json_object_begin(json);
    put_text(json, "const", kind);
    mfn__json_object_end(json);
    write_options(table, json);
    write_options(mfn__retry_option_table(), json);
    write_options(mfn__breaker_option_table(), json);
    if (own != NULL) {
        write_options(own, json);
    }
    mfn__json_object_end(json);
    write_required(table, "kind", json);
    forbid_others(json);
    mfn__json_object_end(json);
}

static void write_connectors(const mfn__kinds *kinds, mfn__json_writer *json)
{
    mfn__json_key(json, "connector");
    mfn__json_object_begin(json);
    put_text(json, "description", "where jobs come from");
    mfn__json_key(json, "oneOf");
    mfn__json_array_begin(json);
    for (size_t i = 0; kinds->connectors[i] != NULL; i++) {
        const mfn__connector_ops *ops = kinds->connectors[i];
        write_kind(ops->kind, ops->help, ops->options, NULL, json);
    }
    mfn__json_array_end(json);
    mfn__json_object_end(json);
}

static void write_publishers(const mfn__kinds *kinds, mfn__json_writer *json)
{
    mfn__json_key(json, "publishers");
    mfn__json_object_begin(json);
    put_text(json, "description", "where results go");
    put_text(json, "type", "array");
    mfn__json_key(json, "minItems");
    mfn__json_u64(json, 1);
    mfn__json_key(json, "maxItems");
    mfn__json_u64(json, MFN__PUBLISHERS_MAX);
    mfn__json_key(json, "items");
    mfn__json_object_begin(json);
    mfn__json_key(json, "oneOf");
    mfn__json_array_begin(json);
    for (size_t i = 0; kinds->publishers[i] != NULL; i++) {
        const mfn__publisher_ops *ops = kinds->publishers[i];
        write_kind(ops->kind, ops->help, ops->options, mfn__publisher_table, json);
    }
    mfn__json_array_end(json);
    mfn__json_object_end(json);
    mfn__json_object_end(json);
}

static void write_section(const char *name, const mfn_option *table, mfn__json_writer *json)
{
    mfn__json_key(json, name);
    mfn__json_object_begin(json);
    mfn__json_key(json, "type");
    mfn__json_array_begin(json);
    mfn__json_text(json, "object");
    mfn__json_text(json, "null");
    mfn__json_array_end(json);
    mfn__json_key(json, "properties");
    mfn__json_object_begin(json);
    write_options(table, json);
    mfn__json_object_end(json);
    forbid_others(json);
    mfn__json_object_end(json);
}

void mfn__schema_write(const mfn__kinds *kinds, mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    put_text(json, "$schema", "https://json-schema.org/draft/2020-12/schema");
    put_text(json, "title", "mfn pipeline");
    put_text(json, "type", "object");
    mfn__json_key(json, "properties");
    mfn__json_object_begin(json);
    write_connectors(kinds, json);
    write_publishers(kinds, json);
    write_section("engine", mfn__engine_table, json);
    write_section("dead_letter", mfn__dead_letter_table, json);
    write_section("spool", mfn__spool_table, json);
    write_section("http", mfn__http_pool_option_table(), json);
    write_options(mfn__general_table, json);
    mfn__json_object_end(json);
    mfn__json_key(json, "required");
    mfn__json_array_begin(json);
    mfn__json_text(json, "connector");
    mfn__json_text(json, "publishers");
    mfn__json_array_end(json);
    forbid_others(json);
    mfn__json_object_end(json);
}
