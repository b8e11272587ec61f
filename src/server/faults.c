/* SPDX-License-Identifier: MIT */
#include "server/faults.h"

#include <stdio.h>

#include "base/clock.h"

mfn__fault *mfn__faults_add(mfn__faults *faults, const char *type, const char *where)
{
    size_t at = faults->count < MFN__FAULTS_MAX ? faults->count++ : MFN__FAULTS_MAX - 1;
    mfn__fault *fault = &faults->items[at];
    *fault = (mfn__fault){.type = type, .index = {-1, -1}};
    snprintf(fault->where, sizeof fault->where, "%s", where);
    return fault;
}

static void write_place(const mfn__fault *fault, mfn__json_writer *json)
{
    mfn__json_array_begin(json);
    mfn__json_text(json, "body");
    if (fault->where[0] != '\0') {
        mfn__json_text(json, fault->where);
    }
    for (size_t i = 0; i < 2 && fault->index[i] >= 0; i++) {
        mfn__json_i64(json, fault->index[i]);
    }
    mfn__json_array_end(json);
}

void mfn__faults_write_json(const mfn__faults *faults, mfn__json_writer *json)
{
    mfn__json_array_begin(json);
    for (size_t i = 0; i < faults->count; i++) {
        const mfn__fault *fault = &faults->items[i];
        mfn__json_object_begin(json);
        mfn__json_key(json, "type");
        mfn__json_text(json, fault->type);
        mfn__json_key(json, "loc");
        write_place(fault, json);
        mfn__json_key(json, "msg");
        mfn__json_text(json, fault->message);
        if (fault->input[0] != '\0') {
            mfn__json_key(json, "input");
            mfn__json_raw(json, fault->input);
        }
        if (fault->context[0] != '\0') {
            mfn__json_key(json, "ctx");
            mfn__json_raw(json, fault->context);
        }
        mfn__json_object_end(json);
    }
    mfn__json_array_end(json);
}

static void write_member(mfn__json_writer *json, const char *key, const char *value)
{
    mfn__json_key(json, key);
    mfn__json_text(json, value);
}

/* The same faults, shorter: the field, its value and what is wrong with it. */
static void write_details(const mfn__refusal *refusal, mfn__json_writer *json)
{
    if (refusal->faults == NULL) {
        mfn__json_null(json);
        return;
    }
    mfn__json_array_begin(json);
    for (size_t i = 0; i < refusal->faults->count; i++) {
        const mfn__fault *fault = &refusal->faults->items[i];
        mfn__json_object_begin(json);
        write_member(json, "field", fault->where);
        write_member(json, "message", fault->message);
        if (fault->input[0] != '\0') {
            mfn__json_key(json, "value");
            mfn__json_raw(json, fault->input);
        }
        mfn__json_object_end(json);
    }
    mfn__json_array_end(json);
}

static void write_problem(const mfn__refusal *refusal, const char *request_id, const char *time,
                          const char *path, mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    write_member(json, "type", "about:blank");
    write_member(json, "title", refusal->code);
    mfn__json_key(json, "status");
    mfn__json_u64(json, refusal->status);
    write_member(json, "detail", refusal->text);
    write_member(json, "instance", path);
    write_member(json, "error_code", refusal->code);
    mfn__json_key(json, "errors");
    write_details(refusal, json);
    write_member(json, "request_id", request_id);
    write_member(json, "timestamp", time);
    mfn__json_object_end(json);
}

void mfn__refusal_write_json(const mfn__refusal *refusal, const char *request_id, int64_t wall_ns,
                             const char *path, bool as_problem, mfn__json_writer *json)
{
    char time[MFN__TIME_TEXT_MAX];
    mfn__time_to_text(wall_ns, time);
    if (as_problem) {
        write_problem(refusal, request_id, time, path, json);
        return;
    }
    mfn__json_object_begin(json);
    mfn__json_key(json, "detail");
    if (refusal->faults != NULL) {
        mfn__faults_write_json(refusal->faults, json);
    } else {
        mfn__json_text(json, refusal->text);
    }
    write_member(json, "error_code", refusal->code);
    write_member(json, "message", refusal->text);
    mfn__json_key(json, "details");
    write_details(refusal, json);
    if (refusal->retry_after_s > 0.0) {
        mfn__json_key(json, "retry_after");
        mfn__json_u64(json, (uint64_t)(refusal->retry_after_s + 0.999));
    }
    write_member(json, "request_id", request_id);
    write_member(json, "timestamp", time);
    mfn__json_object_end(json);
}
