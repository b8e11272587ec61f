/* SPDX-License-Identifier: MIT */
/* stream_features: a simulation without an end, one step per message, at fixed times. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/option_table.h"
#include "server/measure.h"
#include "server/streams/stream.h"

#define REQUEST features_stream_request

enum {
    POT_MEAN,
    POT_STD,
    POT_MIN,
    POT_MAX,
    ACTIVE_NODES,
    ACTIVITY_RATIO,
    FRACTAL_DIMENSION,
    TOTAL_ENERGY,
    SPATIAL_VARIANCE,
    FEATURES
};

static const char *const names[FEATURES] = {
    "pot_mean_mV",    "pot_std_mV",        "pot_min_mV",   "pot_max_mV",       "active_nodes",
    "activity_ratio", "fractal_dimension", "total_energy", "spatial_variance",
};

typedef struct features_stream_request {
    const char *seed;
    uint64_t grid_size, update_interval_ms;
    double alpha, spike_probability;
    bool turing_enabled, compression;
    bool is_wanted[FEATURES];
} features_stream_request;

/* clang-format off: one row per option */
static const mfn_option fields[] = {
    MFN__WHOLE(REQUEST, update_interval_ms, 10, 10000, "100", "ms", "between messages"),
    MFN__BOOL(REQUEST, compression, "false", "taken for the sake of older clients; without effect"),
    MFN__DIGITS(REQUEST, seed, "42", "seed of the random numbers"),
    MFN__WHOLE(REQUEST, grid_size, 8, 256, "64", "cells", "side of the square field"),
    MFN__REAL(REQUEST, alpha, 0, 1, "0.18", "cells^2/step",
              "diffusion coefficient; runs take 0.05 up to 0.25"),
    MFN__REAL(REQUEST, spike_probability, 0, 1, "0.25", "", "of one growth event per step"),
    MFN__BOOL(REQUEST, turing_enabled, "true", "activator and inhibitor take part"),
    {0},
};
/* clang-format on */

static const char *const others[] = {"features", NULL};
static const char *const other_schemas[] = {
    "{\"type\": \"array\", \"items\": {\"enum\": [\"pot_mean_mV\", \"pot_std_mV\", "
    "\"pot_min_mV\", \"pot_max_mV\", \"active_nodes\", \"activity_ratio\", "
    "\"fractal_dimension\", \"total_energy\", \"spatial_variance\"]}, \"default\": []}"};

/* Names that nobody knows are ignored, as by the reference; no names are all names. */
static mfn_status read_names(json_t *parameters, void *request, mfn__faults *ret_faults)
{
    features_stream_request *wanted = request;
    const json_t *list = json_object_get(parameters, "features");
    bool wants_all =
        list == NULL || json_is_null(list) || (json_is_array(list) && json_array_size(list) == 0);
    for (size_t k = 0; k < FEATURES; k++) {
        wanted->is_wanted[k] = wants_all;
    }
    if (wants_all) {
        return MFN_OK;
    }
    if (!json_is_array(list)) {
        mfn__fault *fault = mfn__faults_add(ret_faults, "list_type", "features");
        snprintf(fault->message, sizeof fault->message, "Input should be a valid list");
        return MFN_INVALID;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (name == NULL) {
            mfn__fault *fault = mfn__faults_add(ret_faults, "string_type", "features");
            fault->index[0] = (int64_t)i;
            snprintf(fault->message, sizeof fault->message, "Input should be a valid string");
            return MFN_INVALID;
        }
        for (size_t k = 0; k < FEATURES; k++) {
            wanted->is_wanted[k] = wanted->is_wanted[k] || strcmp(name, names[k]) == 0;
        }
    }
    return MFN_OK;
}

static void configure(const void *request, mfn_simulation_config *ret)
{
    const features_stream_request *wanted = request;
    ret->seed = wanted->seed;
    ret->grid_size = wanted->grid_size;
    ret->alpha = wanted->alpha;
    ret->spike_probability = wanted->spike_probability;
    ret->turing_enabled = wanted->turing_enabled;
}

static int64_t interval_ns(const void *request)
{
    const features_stream_request *wanted = request;
    return (int64_t)wanted->update_interval_ms * MFN__NS_PER_MS;
}

static mfn_status measure(const mfn__stream *stream, double ret[FEATURES], mfn_error *err)
{
    const features_stream_request *wanted = stream->request;
    const mfn_simulation *simulation = stream->simulation;
    mfn_simulation_summary summary;
    mfn_simulation_summarize(simulation, &summary);
    double cells = (double)(wanted->grid_size * wanted->grid_size);
    ret[POT_MEAN] = summary.field_mean_v * MFN__MV_PER_V;
    ret[POT_STD] = summary.field_std_v * MFN__MV_PER_V;
    ret[POT_MIN] = summary.field_min_v * MFN__MV_PER_V;
    ret[POT_MAX] = summary.field_max_v * MFN__MV_PER_V;
    ret[ACTIVE_NODES] = (double)mfn__measure_charged_cells(simulation);
    ret[ACTIVITY_RATIO] = ret[ACTIVE_NODES] / cells;
    ret[TOTAL_ENERGY] = wanted->is_wanted[TOTAL_ENERGY] ? mfn__measure_energy(simulation) : 0.0;
    ret[SPATIAL_VARIANCE] =
        wanted->is_wanted[SPATIAL_VARIANCE] ? mfn__measure_roughness(simulation) : 0.0;
    return wanted->is_wanted[FRACTAL_DIMENSION]
               ? mfn__measure_dimension(simulation, &ret[FRACTAL_DIMENSION], err)
               : MFN_OK;
}

static mfn_status next(mfn__stream *stream, mfn__json_writer *json, mfn_error *err)
{
    const features_stream_request *wanted = stream->request;
    double value[FEATURES] = {0};
    mfn_status status = mfn__stream_advance(stream, 1, err);
    if (status == MFN_OK) {
        status = measure(stream, value, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    mfn__stream_begin(stream, "feature_update", json);
    mfn__json_key(json, "sequence");
    mfn__json_u64(json, stream->sequence);
    mfn__json_key(json, "features");
    mfn__json_object_begin(json);
    for (size_t k = 0; k < FEATURES; k++) {
        if (wanted->is_wanted[k]) {
            mfn__json_key(json, names[k]);
            mfn__json_real(json, value[k]);
        }
    }
    mfn__json_object_end(json);
    mfn__stream_end(stream, json);
    return MFN_OK;
}

const mfn__stream_kind mfn__stream_features = {
    .name = "stream_features",
    .path = "/ws/stream_features",
    .summary = "A WebSocket: the features of a running simulation at fixed times",
    .fields = fields,
    .request_size = sizeof(features_stream_request),
    .others = others,
    .other_schemas = other_schemas,
    .read = read_names,
    .configure = configure,
    .interval_ns = interval_ns,
    .next = next,
};
