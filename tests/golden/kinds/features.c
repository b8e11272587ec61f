/* SPDX-License-Identifier: MIT */
/* features_field (a given field or history) and features_sim (a simulated one). */
#include "mfn/features.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "kinds.h"
#include "kinds/box.h"
#include "kinds/options.h"
#include "kinds/recording.h"
#include "kinds/stability.h"

typedef struct field_history {
    const double *values_v;
    size_t frames;
    uint32_t side;
} field_history;

/* Counts must be equal, reals within the tolerance. */
static void compare_features(comparison *cmp, const json_t *expected, const mfn_features *got)
{
    double dimension = 0.0;
    (void)record_real(json_object_get(expected, "D_box"), &dimension);
    for (int i = 0; i < MFN_FEATURE_COUNT; i++) {
        const char *name = mfn_feature_name((mfn_feature)i);
        double value = got->value[i];
        if (i == MFN_FEATURE_D_r2 && fabs(dimension) < 1e-9) {
            /* R^2 of equal counts is rounding noise. */
            if (!(value >= 0.0 && value <= 1.0)) {
                compare_differs(cmp, name, "a number in [0, 1]", "%a", value);
            }
        } else {
            bool is_count = mfn_feature_is_integer((mfn_feature)i);
            compare_real(cmp, expected, name, value,
                         is_count ? TOLERANCE_NONE : TOLERANCE_OF_REALS);
        }
    }
}

/* The meter, fed frame by frame, must give the same bits as the whole history. */
static void compare_meter(comparison *cmp, const field_history *history,
                          const mfn_feature_config *config, const mfn_features *whole)
{
    mfn_feature_meter *meter = NULL;
    mfn_features metered;
    mfn_error err;
    mfn_status status = mfn_feature_meter_new(history->side, config, &meter, &err);
    size_t cells = (size_t)history->side * history->side;
    for (size_t t = 0; t < history->frames && status == MFN_OK; t++) {
        status = mfn_feature_meter_push(meter, history->values_v + t * cells, &err);
    }
    if (status == MFN_OK) {
        status = mfn_feature_meter_finish(meter, &metered, &err);
    }
    if (compare_success(cmp, "mfn_feature_meter", status, &err)) {
        for (int i = 0; i < MFN_FEATURE_COUNT; i++) {
            if (memcmp(&metered.value[i], &whole->value[i], sizeof metered.value[i]) != 0) {
                char expected[64];
                snprintf(expected, sizeof expected, "%a of the whole history", whole->value[i]);
                compare_differs(cmp, mfn_feature_name((mfn_feature)i), expected, "%a of the meter",
                                metered.value[i]);
            }
        }
    }
    mfn_feature_meter_free(meter);
}

/* The regression behind D_box, made again from the last frame. */
static void compare_box(comparison *cmp, const json_t *out, const field_history *history,
                        const mfn_feature_config *config)
{
    size_t cells = (size_t)history->side * history->side;
    const double *last_v = history->values_v + (history->frames - 1) * cells;
    uint8_t *mask = box_mask(cmp, last_v, cells, config->threshold_low_mv / 1000.0);
    if (mask == NULL) {
        return;
    }
    mfn_box_config box;
    mfn_box_config_init(&box);
    box.min_box_size = config->min_box_size;
    box.max_box_size = config->max_box_size;
    box.num_scales = config->num_scales;
    mfn_box_counting counting;
    mfn_error err;
    mfn_status status = mfn_box_count(mask, history->side, &box, &counting, &err);
    if (compare_success(cmp, "mfn_box_count", status, &err)) {
        box_compare(cmp, out, &counting, box.min_box_size);
    }
    mfn__mem_free(mask);
}

static void compare_history(comparison *cmp, const json_t *out, const field_history *history,
                            const mfn_feature_config *config)
{
    mfn_features features;
    mfn_error err;
    mfn_status status = mfn_features_compute(history->values_v, history->frames, history->side,
                                             config, &features, &err);
    if (compare_success(cmp, "mfn_features_compute", status, &err)) {
        compare_features(cmp, json_object_get(out, "features"), &features);
        compare_meter(cmp, history, config, &features);
        compare_box(cmp, out, history, config);
    }
}

static bool all_finite(const record_array *data)
{
    for (size_t i = 0; i < data->count; i++) {
        if (!isfinite(data->values[i])) {
            return false;
        }
    }
    return true;
}

static void replay_field(const record *rec, const record_array *data, comparison *cmp)
{
    size_t first = data->dimensions - 2;
    if (data->dimensions < 2 || data->shape[first] != data->shape[first + 1]) {
        /* The reference refuses other shapes; ours takes one side and cannot be given them. */
        compare_not_covered(cmp);
        return;
    }
    const field_history history = {data->values, first == 1 ? data->shape[0] : 1,
                                   (uint32_t)data->shape[first]};
    mfn_feature_config config;
    mfn_features features;
    mfn_error err;
    mfn_feature_config_init(&config);
    mfn_status status =
        options_set_all(mfn_feature_options(), &config, json_object_get(rec->in, "config"), &err);
    if (status == MFN_OK && (rec->out == NULL || !all_finite(data))) {
        /* The reference computes with NaN and infinity; ours says where they are. */
        status = mfn_features_compute(history.values_v, history.frames, history.side, &config,
                                      &features, &err);
    } else if (compare_success(cmp, "mfn_feature_config", status, &err)) {
        compare_history(cmp, rec->out, &history, &config);
        return;
    }
    compare_refusal(cmp, "mfn_features_compute", status);
}

void kind_features_field(const record *rec, comparison *cmp)
{
    double on = json_number_value(json_object_get(rec->in, "v_on"));
    double off = json_number_value(json_object_get(rec->in, "v_off"));
    record_array data;
    mfn_error err;
    mfn_status status = record_array_read(json_object_get(rec->in, "data"), on, off, &data, &err);
    if (compare_success(cmp, "in.data", status, &err)) {
        replay_field(rec, &data, cmp);
        record_array_deinit(&data);
    }
}

static void compare_last_frame(comparison *cmp, const json_t *out, const recorded_run *run)
{
    mfn_features features;
    mfn_error err;
    mfn_status status =
        mfn_features_compute(mfn_simulation_field_v(run->sim), 1, run->side, NULL, &features, &err);
    if (compare_success(cmp, "mfn_features_compute", status, &err)) {
        compare_features(cmp, json_object_get(out, "features_no_history"), &features);
    }
}

static void compare_stability(comparison *cmp, const json_t *out, const recorded_run *run)
{
    mfn_stability stability;
    mfn_error err;
    mfn_status status =
        mfn_stability_of_history(run->history_v, run->frames, run->cells, 1.0, &stability, &err);
    if (compare_success(cmp, "mfn_stability_of_history", status, &err)) {
        compare_real(cmp, out, "lyapunov_of_history", stability.lyapunov_exponent,
                     TOLERANCE_OF_REALS);
        stability_compare(cmp, out, &stability);
    }
}

void kind_features_sim(const record *rec, comparison *cmp)
{
    mfn_simulation_config config;
    mfn_error err;
    mfn_status status =
        options_of_simulation(MFN_MODEL_V4_1, json_object_get(rec->in, "config"), &config, &err);
    if (rec->out == NULL) {
        compare_refusal(cmp, "mfn_simulation_config_check", status);
        return;
    }
    recorded_run run;
    if (!compare_success(cmp, "mfn_simulation_config_check", status, &err) ||
        !recording_make(&config, &run, cmp)) {
        return;
    }
    const field_history history = {run.history_v, run.frames, run.side};
    mfn_feature_config defaults;
    mfn_feature_config_init(&defaults);
    compare_history(cmp, rec->out, &history, &defaults);
    compare_last_frame(cmp, rec->out, &run);
    compare_stability(cmp, rec->out, &run);
    recording_deinit(&run);
}
