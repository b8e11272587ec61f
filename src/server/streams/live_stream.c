/* SPDX-License-Identifier: MIT */
/* simulation_live: one run from its first step to its last, and then what came of it. */
#include <stddef.h>

#include "base/option_table.h"
#include "server/measure.h"
#include "server/operations/operations.h"
#include "server/streams/stream.h"

#define REQUEST live_request

typedef struct live_request {
    const char *seed;
    uint64_t grid_size, steps, update_interval_steps;
    double alpha, spike_probability;
    bool turing_enabled, include_full_state;
} live_request;

/* clang-format off: one row per option */
static const mfn_option fields[] = {
    MFN__DIGITS(REQUEST, seed, "42", "seed of the random numbers"),
    MFN__WHOLE(REQUEST, grid_size, 8, 256, "64", "cells", "side of the square field"),
    MFN__WHOLE(REQUEST, steps, 1, 1000, "64", "", "steps to compute"),
    MFN__REAL(REQUEST, alpha, 0, 1, "0.18", "cells^2/step",
              "diffusion coefficient; runs take 0.05 up to 0.25"),
    MFN__REAL(REQUEST, spike_probability, 0, 1, "0.25", "", "of one growth event per step"),
    MFN__BOOL(REQUEST, turing_enabled, "true", "activator and inhibitor take part"),
    MFN__WHOLE(REQUEST, update_interval_steps, 1, 100, "1", "", "steps between messages"),
    MFN__BOOL(REQUEST, include_full_state, "false", "add the shape and mean of the field"),
    {0},
};
/* clang-format on */

static void configure(const void *request, mfn_simulation_config *ret)
{
    const live_request *wanted = request;
    ret->seed = wanted->seed;
    ret->grid_size = wanted->grid_size;
    ret->steps = wanted->steps;
    ret->alpha = wanted->alpha;
    ret->spike_probability = wanted->spike_probability;
    ret->turing_enabled = wanted->turing_enabled;
}

static int64_t interval_ns(const void *request)
{
    (void)request;
    return 0;
}

static void write_shape(const mfn_simulation *simulation, double mean_v, mfn__json_writer *json)
{
    mfn__json_key(json, "field_shape");
    mfn__json_array_begin(json);
    mfn__json_u64(json, mfn_simulation_grid_size(simulation));
    mfn__json_u64(json, mfn_simulation_grid_size(simulation));
    mfn__json_array_end(json);
    mfn__answer_real(json, "field_mean", mean_v);
}

static void write_state(const mfn__stream *stream, mfn__json_writer *json)
{
    const live_request *wanted = stream->request;
    mfn_simulation_summary summary;
    mfn_simulation_summarize(stream->simulation, &summary);
    mfn__stream_begin(stream, "simulation_state", json);
    mfn__answer_u64(json, "step", summary.steps_computed);
    mfn__answer_u64(json, "total_steps", wanted->steps);
    mfn__json_key(json, "state");
    mfn__json_object_begin(json);
    mfn__answer_real(json, "pot_mean_mV", summary.field_mean_v * MFN__MV_PER_V);
    mfn__answer_real(json, "pot_std_mV", summary.field_std_v * MFN__MV_PER_V);
    mfn__answer_real(json, "pot_min_mV", summary.field_min_v * MFN__MV_PER_V);
    mfn__answer_real(json, "pot_max_mV", summary.field_max_v * MFN__MV_PER_V);
    mfn__answer_u64(json, "active_nodes", mfn__measure_charged_cells(stream->simulation));
    if (wanted->include_full_state) {
        write_shape(stream->simulation, summary.field_mean_v, json);
    }
    mfn__json_object_end(json);
    mfn__json_key(json, "metrics");
    mfn__json_object_begin(json);
    mfn__answer_real(json, "growth_events", (double)summary.growth_events);
    mfn__json_object_end(json);
    mfn__stream_end(stream, json);
}

static mfn_status write_outcome(mfn__stream *stream, mfn__json_writer *json, mfn_error *err)
{
    mfn_simulation_summary summary;
    mfn_simulation_summarize(stream->simulation, &summary);
    double dimension = 0.0;
    mfn_status status = mfn__measure_dimension(stream->simulation, &dimension, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__stream_begin(stream, "simulation_complete", json);
    mfn__json_key(json, "final_metrics");
    mfn__json_object_begin(json);
    mfn__answer_real(json, "growth_events", (double)summary.growth_events);
    mfn__answer_real(json, "pot_min_mV", summary.field_min_v * MFN__MV_PER_V);
    mfn__answer_real(json, "pot_max_mV", summary.field_max_v * MFN__MV_PER_V);
    mfn__answer_real(json, "pot_mean_mV", summary.field_mean_v * MFN__MV_PER_V);
    mfn__answer_real(json, "pot_std_mV", summary.field_std_v * MFN__MV_PER_V);
    mfn__answer_real(json, "fractal_dimension", dimension);
    mfn__json_object_end(json);
    mfn__stream_end(stream, json);
    stream->is_complete = true;
    mfn__service_note_simulation(
        stream->service,
        &(mfn__simulation_note){.growth_events = summary.growth_events,
                                .fractal_dimension = dimension,
                                .seconds = (double)stream->computed_ns / (double)MFN__NS_PER_S});
    return MFN_OK;
}

static mfn_status next(mfn__stream *stream, mfn__json_writer *json, mfn_error *err)
{
    const live_request *wanted = stream->request;
    uint64_t done = mfn_simulation_steps_computed(stream->simulation);
    uint64_t left = wanted->steps - done;
    if (left == 0) {
        return write_outcome(stream, json, err);
    }
    /* The messages come at multiples of the interval, and at the end. */
    uint64_t steps = wanted->update_interval_steps - done % wanted->update_interval_steps;
    mfn_status status = mfn__stream_advance(stream, steps < left ? steps : left, err);
    if (status == MFN_OK) {
        write_state(stream, json);
    }
    return status;
}

const mfn__stream_kind mfn__stream_live = {
    .name = "simulation_live",
    .path = "/ws/simulation_live",
    .summary = "A WebSocket: one simulation as it runs, from its first step to its outcome",
    .fields = fields,
    .request_size = sizeof(live_request),
    .configure = configure,
    .interval_ns = interval_ns,
    .next = next,
};
