/* SPDX-License-Identifier: MIT */
/* Each kind has keys of its own, so the schema of a connector or publisher is one condition per
 * kind: what is wrong is then told of the kind that is meant, and a kind that a variable chooses is
 * not judged. Options that all kinds of a side have stand once, in "$defs". */
#include "stream/schema.h"

#include <stdio.h>

#include "stream/breaker.h"
#include "stream/pipeline_internal.h"
#include "stream/schema_option.h"

/* In front of the names in "$defs" of options that several kinds have. */
#define COMMON "common_"

/* Of a connector or publisher: what the two sorts of ops have alike. */
typedef struct one_kind {
    const char *kind, *help;
    const mfn_option *options;
} one_kind;

typedef struct one_side {
    const void *all; /* an array of ops that ends with NULL */
    one_kind (*at)(const void *all, size_t index);
    const mfn_option *const *common; /* tables beside a kind's own; ends with NULL */
} one_side;

static one_kind connector_at(const void *all, size_t index)
{
    const mfn__connector_ops *ops = ((const mfn__connector_ops *const *)all)[index];
    return ops != NULL ? (one_kind){ops->kind, ops->help, ops->options} : (one_kind){0};
}

static one_kind publisher_at(const void *all, size_t index)
{
    const mfn__publisher_ops *ops = ((const mfn__publisher_ops *const *)all)[index];
    return ops != NULL ? (one_kind){ops->kind, ops->help, ops->options} : (one_kind){0};
}

static void write_options(const mfn_option *table, mfn__json_writer *json)
{
    for (const mfn_option *option = table; option->name != NULL; option++) {
        mfn__json_key(json, option->name);
        mfn__schema_write_option(option, json);
    }
}

static void write_required(const char *const *names, const mfn_option *table,
                           mfn__json_writer *json)
{
    mfn__json_key(json, "required");
    mfn__json_array_begin(json);
    for (; *names != NULL; names++) {
        mfn__json_text(json, *names);
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

static void require_kind(mfn__json_writer *json)
{
    mfn__json_key(json, "required");
    mfn__json_array_begin(json);
    mfn__json_text(json, "kind");
    mfn__json_array_end(json);
}

/* "if": the kind is this one. */
static void write_condition(const char *kind, mfn__json_writer *json)
{
    mfn__json_key(json, "if");
    mfn__json_object_begin(json);
    mfn__json_key(json, "properties");
    mfn__json_object_begin(json);
    mfn__json_key(json, "kind");
    mfn__json_object_begin(json);
    mfn__schema_write_text(json, "const", kind);
    mfn__json_object_end(json);
    mfn__json_object_end(json);
    require_kind(json);
    mfn__json_object_end(json);
}

static void write_kind(const one_kind *kind, const mfn_option *const *common,
                       mfn__json_writer *json)
{
    static const char *const always[] = {"kind", NULL};
    mfn__json_object_begin(json);
    write_condition(kind->kind, json);
    mfn__json_key(json, "then");
    mfn__json_object_begin(json);
    mfn__schema_write_text(json, "description", kind->help);
    mfn__json_key(json, "properties");
    mfn__json_object_begin(json);
    mfn__json_key(json, "kind");
    mfn__json_bool(json, true);
    write_options(kind->options, json);
    for (; *common != NULL; common++) {
        for (const mfn_option *option = *common; option->name != NULL; option++) {
            mfn__json_key(json, option->name);
            mfn__schema_write_reference(json, COMMON, option->name);
        }
    }
    mfn__json_object_end(json);
    write_required(always, kind->options, json);
    forbid_others(json);
    mfn__json_object_end(json);
    mfn__json_object_end(json);
}

static void write_kind_names(const one_side *side, mfn__json_writer *json)
{
    mfn__json_key(json, "kind");
    mfn__json_object_begin(json);
    mfn__json_key(json, "anyOf");
    mfn__json_array_begin(json);
    mfn__json_object_begin(json);
    mfn__json_key(json, "enum");
    mfn__json_array_begin(json);
    for (size_t i = 0; side->at(side->all, i).kind != NULL; i++) {
        mfn__json_text(json, side->at(side->all, i).kind);
    }
    mfn__json_array_end(json);
    mfn__json_object_end(json);
    mfn__schema_write_reference(json, "", "variable");
    mfn__json_array_end(json);
    mfn__json_object_end(json);
}

/* The members of the schema of one connector or publisher. */
static void write_side(const one_side *side, mfn__json_writer *json)
{
    mfn__schema_write_text(json, "type", "object");
    mfn__json_key(json, "properties");
    mfn__json_object_begin(json);
    write_kind_names(side, json);
    mfn__json_object_end(json);
    require_kind(json);
    mfn__json_key(json, "allOf");
    mfn__json_array_begin(json);
    for (size_t i = 0; side->at(side->all, i).kind != NULL; i++) {
        one_kind kind = side->at(side->all, i);
        write_kind(&kind, side->common, json);
    }
    mfn__json_array_end(json);
}

static void write_connector(const one_side *side, mfn__json_writer *json)
{
    mfn__json_key(json, "connector");
    mfn__json_object_begin(json);
    mfn__schema_write_text(json, "description", "where jobs come from");
    write_side(side, json);
    mfn__json_object_end(json);
}

static void write_publishers(const one_side *side, mfn__json_writer *json)
{
    mfn__json_key(json, "publishers");
    mfn__json_object_begin(json);
    mfn__schema_write_text(json, "description", "where results go");
    mfn__schema_write_text(json, "type", "array");
    mfn__json_key(json, "minItems");
    mfn__json_u64(json, 1);
    mfn__json_key(json, "maxItems");
    mfn__json_u64(json, MFN__PUBLISHERS_MAX);
    mfn__json_key(json, "items");
    mfn__json_object_begin(json);
    write_side(side, json);
    mfn__json_object_end(json);
    mfn__json_object_end(json);
}

/* A section whose options all have defaults: it may be left empty. */
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

static void write_definitions(const mfn_option *const *common, mfn__json_writer *json)
{
    mfn__json_key(json, "$defs");
    mfn__json_object_begin(json);
    mfn__schema_write_definitions(json);
    for (; *common != NULL; common++) {
        for (const mfn_option *option = *common; option->name != NULL; option++) {
            char name[128];
            snprintf(name, sizeof name, COMMON "%s", option->name);
            mfn__json_key(json, name);
            mfn__schema_write_option(option, json);
        }
    }
    mfn__json_object_end(json);
}

void mfn__schema_write(const mfn__kinds *kinds, mfn__json_writer *json)
{
    static const char *const always[] = {"connector", "publishers", NULL};
    const mfn_option *const connector_common[] = {mfn__retry_option_table(),
                                                  mfn__breaker_option_table(), NULL};
    const mfn_option *const publisher_common[] = {
        mfn__retry_option_table(), mfn__breaker_option_table(), mfn__publisher_table, NULL};
    const one_side connectors = {kinds->connectors, connector_at, connector_common};
    const one_side publishers = {kinds->publishers, publisher_at, publisher_common};
    mfn__json_object_begin(json);
    mfn__schema_write_text(json, "$schema", "https://json-schema.org/draft/2020-12/schema");
    mfn__schema_write_text(json, "title", "mfn pipeline");
    mfn__schema_write_text(json, "type", "object");
    mfn__json_key(json, "properties");
    mfn__json_object_begin(json);
    write_connector(&connectors, json);
    write_publishers(&publishers, json);
    write_section("engine", mfn__engine_table, json);
    write_section("dead_letter", mfn__dead_letter_table, json);
    write_section("spool", mfn__spool_table, json);
    write_section("http", mfn__http_pool_option_table(), json);
    write_options(mfn__general_table, json);
    mfn__json_object_end(json);
    write_required(always, mfn__general_table, json);
    forbid_others(json);
    write_definitions(publisher_common, json); /* those of connectors are among them */
    mfn__json_object_end(json);
}
