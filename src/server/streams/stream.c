/* SPDX-License-Identifier: MIT */
#include "server/streams/stream.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "server/request.h"
#include "server/stepping.h"

const mfn__stream_kind *const mfn__stream_kinds[] = {&mfn__stream_features, &mfn__stream_live,
                                                     NULL};

const mfn__stream_kind *mfn__stream_kind_of_path(const char *path)
{
    for (const mfn__stream_kind *const *at = mfn__stream_kinds; *at != NULL; at++) {
        if (strcmp((*at)->path, path) == 0) {
            return *at;
        }
    }
    return NULL;
}

static mfn_status read_parameters(mfn__stream *stream, mfn__faults *ret_faults)
{
    const mfn__stream_kind *kind = stream->kind;
    bool is_strict = stream->service->settings->strict_fields;
    mfn_status status = mfn__request_read(stream->parameters, kind->fields, kind->others, is_strict,
                                          stream->request, ret_faults);
    if (status == MFN_OK && kind->read != NULL) {
        status = kind->read(stream->parameters, stream->request, ret_faults);
    }
    return status;
}

mfn_status mfn__stream_open(mfn__service *service, const mfn__stream_wish *wish, mfn__stream **ret,
                            mfn__faults *ret_faults, mfn_error *err)
{
    mfn__stream *stream = mfn__mem_new(1, sizeof *stream);
    if (stream == NULL) {
        return mfn__fail_memory(err);
    }
    stream->kind = wish->kind;
    stream->service = service;
    snprintf(stream->id, sizeof stream->id, "%s", wish->id);
    bool has_none = wish->parameters == NULL || json_is_null(wish->parameters);
    stream->parameters = has_none ? json_object() : json_incref(wish->parameters);
    stream->request = mfn__mem_new(1, wish->kind->request_size);
    mfn_status status = stream->parameters != NULL && stream->request != NULL
                            ? read_parameters(stream, ret_faults)
                            : mfn__fail_memory(err);
    if (status != MFN_OK) {
        mfn__stream_close(stream);
        return status;
    }
    *ret = stream;
    return MFN_OK;
}

void mfn__stream_close(mfn__stream *stream)
{
    if (stream == NULL) {
        return;
    }
    mfn_simulation_free(stream->simulation);
    mfn__mem_free(stream->request);
    json_decref(stream->parameters);
    mfn__mem_free(stream);
}

int64_t mfn__stream_interval_ns(const mfn__stream *stream)
{
    return stream->kind->interval_ns(stream->request);
}

static mfn_status make_simulation(mfn__stream *stream, mfn_error *err)
{
    mfn_simulation_config config;
    mfn_simulation_config_init(&config, MFN_MODEL_V4_1);
    stream->kind->configure(stream->request, &config);
    return mfn_simulation_new(&config, &stream->simulation, err);
}

mfn_status mfn__stream_next(mfn__stream *stream, mfn__buffer *ret, mfn_error *err)
{
    int64_t start_ns = mfn__clock_monotonic_ns(stream->service->clock);
    mfn_status status = stream->simulation == NULL ? make_simulation(stream, err) : MFN_OK;
    if (status == MFN_OK) {
        mfn__json_writer json;
        mfn__json_start(&json, ret, 0);
        status = stream->kind->next(stream, &json, err);
    }
    if (status == MFN_OK) {
        status = mfn__buffer_check(ret, "the message", err);
    }
    stream->sequence++;
    stream->computed_ns += mfn__clock_monotonic_ns(stream->service->clock) - start_ns;
    return status;
}

mfn_status mfn__stream_advance(mfn__stream *stream, uint64_t steps, mfn_error *err)
{
    uint64_t side = mfn_simulation_grid_size(stream->simulation);
    mfn_status status = mfn__step_unless(stream->cancel, stream->simulation, steps, err);
    if (status == MFN_OK) {
        mfn__service_note_cell_steps(stream->service, side * side * steps);
    }
    return status;
}

double mfn__stream_timestamp_ms(const mfn__service *service)
{
    int64_t microseconds = mfn__clock_wall_ns(service->clock) / 1000;
    return (double)microseconds / 1e3;
}

void mfn__stream_begin(const mfn__stream *stream, const char *type, mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    mfn__json_key(json, "type");
    mfn__json_text(json, type);
    mfn__json_key(json, "payload");
    mfn__json_object_begin(json);
    mfn__json_key(json, "stream_id");
    mfn__json_text(json, stream->id);
}

void mfn__stream_end(const mfn__stream *stream, mfn__json_writer *json)
{
    mfn__json_key(json, "timestamp");
    mfn__json_real(json, mfn__stream_timestamp_ms(stream->service));
    mfn__json_object_end(json);
    mfn__json_object_end(json);
}
