/* SPDX-License-Identifier: MIT */
#include "server/openapi.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "server/service.h"
#include "server/streams/stream.h"

#define REFUSAL_REF "#/components/schemas/Refusal"

static void write_text(mfn__json_writer *json, const char *key, const char *value)
{
    mfn__json_key(json, key);
    mfn__json_text(json, value);
}

static void write_bounds(const mfn_option *option, mfn__json_writer *json)
{
    bool is_text = option->type == MFN_OPTION_TEXT;
    if (is_text) {
        mfn__json_key(json, "minLength");
        mfn__json_real(json, option->min);
    } else {
        mfn__json_key(json, option->min_open ? "exclusiveMinimum" : "minimum");
        mfn__json_real(json, option->min);
    }
    if (is_text && option->max > 0.0) {
        mfn__json_key(json, "maxLength");
        mfn__json_real(json, option->max);
    } else if (!is_text && option->max < 1e300) {
        mfn__json_key(json, option->max_open ? "exclusiveMaximum" : "maximum");
        mfn__json_real(json, option->max);
    }
}

/* A default is written as it is read: a text in quotes, all else as it stands in the table. */
static void write_default(const mfn_option *option, mfn__json_writer *json)
{
    bool is_text = option->type == MFN_OPTION_TEXT || option->type == MFN_OPTION_CHOICE;
    if (option->default_text == NULL || (is_text && option->default_text[0] == '\0')) {
        return;
    }
    mfn__json_key(json, "default");
    if (is_text) {
        mfn__json_text(json, option->default_text);
    } else {
        mfn__json_raw(json, option->default_text);
    }
}

static void write_field(const mfn_option *option, mfn__json_writer *json)
{
    static const char *const types[] = {
        [MFN_OPTION_BOOL] = "boolean",   [MFN_OPTION_WHOLE] = "integer",
        [MFN_OPTION_REAL] = "number",    [MFN_OPTION_TEXT] = "string",
        [MFN_OPTION_DIGITS] = "integer", [MFN_OPTION_CHOICE] = "string",
        [MFN_OPTION_LIST] = "array",     [MFN_OPTION_MAP] = "object",
    };
    mfn__json_key(json, option->name);
    mfn__json_object_begin(json);
    write_text(json, "type", types[option->type]);
    char help[256];
    snprintf(help, sizeof help, "%s%s%s%s", option->help, option->unit[0] != '\0' ? " [" : "",
             option->unit, option->unit[0] != '\0' ? "]" : "");
    write_text(json, "description", help);
    if (option->type == MFN_OPTION_WHOLE || option->type == MFN_OPTION_REAL ||
        option->type == MFN_OPTION_TEXT) {
        write_bounds(option, json);
    }
    if (option->type == MFN_OPTION_DIGITS) {
        mfn__json_key(json, "minimum");
        mfn__json_u64(json, 0);
    }
    if (option->type == MFN_OPTION_CHOICE) {
        mfn__json_key(json, "enum");
        mfn__json_array_begin(json);
        for (size_t i = 0; option->choices[i] != NULL; i++) {
            mfn__json_text(json, option->choices[i]);
        }
        mfn__json_array_end(json);
    }
    write_default(option, json);
    mfn__json_object_end(json);
}

static void write_required(const mfn__operation *operation, mfn__json_writer *json)
{
    mfn__json_key(json, "required");
    mfn__json_array_begin(json);
    for (const mfn_option *at = mfn__operation_fields(operation); at != NULL && at->name != NULL;
         at++) {
        if (at->default_text == NULL) {
            mfn__json_text(json, at->name);
        }
    }
    if (operation->required_other != NULL) {
        mfn__json_text(json, operation->required_other);
    }
    mfn__json_array_end(json);
}

static void write_request(const mfn__operation *operation, mfn__json_writer *json)
{
    mfn__json_key(json, "requestBody");
    mfn__json_object_begin(json);
    mfn__json_key(json, "required");
    mfn__json_bool(json, true);
    mfn__json_key(json, "content");
    mfn__json_object_begin(json);
    mfn__json_key(json, "application/json");
    mfn__json_object_begin(json);
    mfn__json_key(json, "schema");
    mfn__json_object_begin(json);
    write_text(json, "type", "object");
    write_required(operation, json);
    mfn__json_key(json, "properties");
    mfn__json_object_begin(json);
    for (const mfn_option *at = mfn__operation_fields(operation); at != NULL && at->name != NULL;
         at++) {
        write_field(at, json);
    }
    for (size_t i = 0; operation->others != NULL && operation->others[i] != NULL; i++) {
        mfn__json_key(json, operation->others[i]);
        mfn__json_raw(json, operation->other_schemas[i]);
    }
    mfn__json_object_end(json);
    mfn__json_object_end(json);
    mfn__json_object_end(json);
    if (operation->read_raw != NULL) {
        mfn__json_key(json, "application/octet-stream");
        mfn__json_raw(json, "{\"schema\": {\"type\": \"string\", \"format\": \"binary\"}}");
    }
    mfn__json_object_end(json);
    mfn__json_object_end(json);
}

static void write_refusals(const mfn__operation *operation, mfn__json_writer *json)
{
    const struct {
        const char *status, *meaning;
        bool applies;
    } refusals[] = {
        {"401", "The API key is missing or unknown", !operation->is_public},
        {"422", "The request is not valid: detail lists every fault", operation->request_size > 0},
        {"429", "Too many requests: Retry-After tells when to come again", true},
        {"503", "Too much work is waiting, or the service ends", operation->cost != NULL},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        if (refusals[i].applies) {
            mfn__json_key(json, refusals[i].status);
            mfn__json_object_begin(json);
            write_text(json, "description", refusals[i].meaning);
            mfn__json_key(json, "content");
            mfn__json_raw(json,
                          "{\"application/json\": {\"schema\": {\"$ref\": \"" REFUSAL_REF "\"}}}");
            mfn__json_object_end(json);
        }
    }
}

static void write_answers(const mfn__operation *operation, mfn__json_writer *json)
{
    mfn__json_key(json, "responses");
    mfn__json_object_begin(json);
    mfn__json_key(json, "200");
    mfn__json_object_begin(json);
    write_text(json, "description", operation->summary);
    if (operation->answer_schema != NULL) {
        mfn__json_key(json, "content");
        mfn__json_object_begin(json);
        mfn__json_key(json, "application/json");
        mfn__json_object_begin(json);
        mfn__json_key(json, "schema");
        mfn__json_raw(json, operation->answer_schema);
        mfn__json_object_end(json);
        mfn__json_object_end(json);
    }
    mfn__json_object_end(json);
    write_refusals(operation, json);
    mfn__json_object_end(json);
}

static void write_operation(const mfn__operation *operation, mfn__json_writer *json)
{
    char method[8] = "";
    for (size_t i = 0; i < sizeof method - 1 && operation->method[i] != '\0'; i++) {
        method[i] = (char)(operation->method[i] | 0x20);
    }
    mfn__json_key(json, method);
    mfn__json_object_begin(json);
    write_text(json, "operationId", operation->name);
    write_text(json, "summary", operation->summary);
    mfn__json_key(json, "tags");
    mfn__json_array_begin(json);
    mfn__json_text(json, operation->tag);
    mfn__json_array_end(json);
    if (operation->is_public) {
        mfn__json_key(json, "security");
        mfn__json_raw(json, "[]");
    }
    if (strstr(operation->path, "{id}") != NULL) {
        mfn__json_key(json, "parameters");
        mfn__json_raw(json, "[{\"name\": \"id\", \"in\": \"path\", \"required\": true, "
                            "\"schema\": {\"type\": \"string\"}}]");
    }
    if (operation->request_size > 0) {
        write_request(operation, json);
    }
    write_answers(operation, json);
    mfn__json_object_end(json);
}

/* OpenAPI knows no messages: what a client subscribes with stands in an extension. */
static void write_stream(const mfn__stream_kind *kind, mfn__json_writer *json)
{
    mfn__json_key(json, kind->path);
    mfn__json_object_begin(json);
    mfn__json_key(json, "get");
    mfn__json_object_begin(json);
    write_text(json, "operationId", kind->name);
    write_text(json, "summary", kind->summary);
    mfn__json_key(json, "tags");
    mfn__json_raw(json, "[\"streams\"]");
    mfn__json_key(json, "security");
    mfn__json_raw(json, "[]");
    mfn__json_key(json, "responses");
    mfn__json_raw(json, "{\"101\": {\"description\": \"A WebSocket: the key goes into its first "
                        "message, auth\"}, \"426\": {\"description\": \"No WebSocket was asked "
                        "for\"}, \"503\": {\"description\": \"The service ends\"}}");
    mfn__json_key(json, "x-websocket-subscribe-params");
    mfn__json_object_begin(json);
    write_text(json, "type", "object");
    mfn__json_key(json, "properties");
    mfn__json_object_begin(json);
    for (const mfn_option *at = kind->fields; at->name != NULL; at++) {
        write_field(at, json);
    }
    for (size_t i = 0; kind->others != NULL && kind->others[i] != NULL; i++) {
        mfn__json_key(json, kind->others[i]);
        mfn__json_raw(json, kind->other_schemas[i]);
    }
    mfn__json_object_end(json);
    mfn__json_object_end(json);
    mfn__json_object_end(json);
    mfn__json_object_end(json);
}

/* Each path once, with all its methods. */
static void write_paths(const mfn__operation *const *operations, mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    for (size_t i = 0; operations[i] != NULL; i++) {
        bool is_known = false;
        for (size_t j = 0; j < i; j++) {
            is_known = is_known || strcmp(operations[j]->path, operations[i]->path) == 0;
        }
        if (is_known) {
            continue;
        }
        mfn__json_key(json, operations[i]->path);
        mfn__json_object_begin(json);
        for (size_t j = i; operations[j] != NULL; j++) {
            if (strcmp(operations[j]->path, operations[i]->path) == 0) {
                write_operation(operations[j], json);
            }
        }
        mfn__json_object_end(json);
    }
    for (size_t i = 0; mfn__stream_kinds[i] != NULL; i++) {
        write_stream(mfn__stream_kinds[i], json);
    }
    mfn__json_object_end(json);
}

static const char components[] =
    "{\"securitySchemes\": {\"key\": {\"type\": \"apiKey\", \"in\": \"header\", \"name\": "
    "\"X-API-Key\"}}, \"schemas\": {\"Refusal\": {\"type\": \"object\", \"required\": "
    "[\"detail\", \"error_code\", \"message\", \"request_id\", \"timestamp\"], \"properties\": "
    "{\"detail\": {\"description\": \"a text, or the list of faults\"}, "
    "\"error_code\": {\"type\": \"string\"}, \"message\": {\"type\": \"string\"}, "
    "\"details\": {\"type\": [\"array\", \"null\"], \"items\": {\"type\": \"object\"}}, "
    "\"retry_after\": {\"type\": \"integer\"}, "
    "\"request_id\": {\"type\": \"string\"}, \"timestamp\": {\"type\": \"string\", "
    "\"format\": \"date-time\"}}}}}";

void mfn__openapi_write(const mfn__operation *const *operations, mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    write_text(json, "openapi", "3.1.0");
    mfn__json_key(json, "info");
    mfn__json_object_begin(json);
    write_text(json, "title", "MyceliumFractalNet API");
    write_text(json, "version", MFN__API_VERSION);
    write_text(json, "description",
               "Bio-inspired fields and fractal features, deterministic: the same request, the "
               "same bits.");
    mfn__json_object_end(json);
    mfn__json_key(json, "security");
    mfn__json_raw(json, "[{\"key\": []}]");
    mfn__json_key(json, "paths");
    write_paths(operations, json);
    mfn__json_key(json, "components");
    mfn__json_raw(json, components);
    mfn__json_object_end(json);
}
