/* SPDX-License-Identifier: MIT */
#include "mfn/features.h"

#include "base/error.h"
#include "base/option_table.h"
#include "engine/bits.h"

static const struct {
    const char *name, *unit, *meaning;
} features[MFN_FEATURE_COUNT] = {
#define MFN_FEATURE_ROW(name, unit, meaning) {#name, unit, meaning},
    MFN_FEATURE_LIST(MFN_FEATURE_ROW)
#undef MFN_FEATURE_ROW
};

static bool is_feature(mfn_feature feature)
{
    return (unsigned)feature < MFN_FEATURE_COUNT;
}

const char *mfn_feature_name(mfn_feature feature)
{
    return is_feature(feature) ? features[feature].name : NULL;
}

const char *mfn_feature_unit(mfn_feature feature)
{
    return is_feature(feature) ? features[feature].unit : NULL;
}

const char *mfn_feature_meaning(mfn_feature feature)
{
    return is_feature(feature) ? features[feature].meaning : NULL;
}

bool mfn_feature_is_integer(mfn_feature feature)
{
    switch (feature) {
    case MFN_FEATURE_T_stable:
    case MFN_FEATURE_N_clusters_low:
    case MFN_FEATURE_N_clusters_med:
    case MFN_FEATURE_N_clusters_high:
    case MFN_FEATURE_max_cluster_size:
        return true;
    default:
        return false;
    }
}

#define CONFIG      mfn_feature_config
#define VOLTAGE_MAX 1e6 /* mV: far beyond any membrane, so that other fields can be measured */
#define SCALES_MAX  64
#define WINDOW_MAX  2147483647.0

static const char *const connectivity_names[] = {"4", "8", NULL};

/* clang-format off: one row per option */
static const mfn_option options[] = {
    MFN__WHOLE(CONFIG, min_box_size, 1, MFN__SIDE_MAX, "2", "cells", "smallest box to count"),
    MFN__WHOLE(CONFIG, max_box_size, 0, MFN__SIDE_MAX, "0", "cells",
               "largest box to count; 0: chosen from the field's size"),
    MFN__WHOLE(CONFIG, num_scales, 2, SCALES_MAX, "5", "", "box sizes between the two"),
    MFN__REAL(CONFIG, threshold_low_mv, -VOLTAGE_MAX, VOLTAGE_MAX, "-60.0", "mV",
              "cells above it are active and make up the fractal"),
    MFN__REAL(CONFIG, threshold_med_mv, -VOLTAGE_MAX, VOLTAGE_MAX, "-50.0", "mV",
              "threshold of N_clusters_med"),
    MFN__REAL(CONFIG, threshold_high_mv, -VOLTAGE_MAX, VOLTAGE_MAX, "-40.0", "mV",
              "threshold of N_clusters_high"),
    MFN__REAL(CONFIG, stability_threshold_mv, 0, VOLTAGE_MAX, "0.001", "mV",
              "a frame is calm when its changes deviate less than this"),
    MFN__WHOLE(CONFIG, stability_window, 1, WINDOW_MAX, "10", "frames",
               "calm frames in a row that make the field stable"),
    MFN__CHOICE(CONFIG, connectivity, connectivity_names, "4",
                "neighbours that make a cluster: 4, or 8 with the diagonal ones"),
    {0},
};
/* clang-format on */

const mfn_option *mfn_feature_options(void)
{
    return options;
}

void mfn_feature_config_init(mfn_feature_config *config)
{
    *config = (mfn_feature_config){.size = sizeof *config};
    mfn_options_set_defaults(options, config);
}

mfn_status mfn_feature_config_check(const mfn_feature_config *config, mfn_error *err)
{
    if (config->size != sizeof *config) {
        return mfn__fail(err, MFN_INVALID, "size",
                         "size: expected %zu, got %zu: fill the configuration with "
                         "mfn_feature_config_init",
                         sizeof *config, config->size);
    }
    return mfn_options_check(options, config, err);
}

mfn_status mfn_features_compute(const double *field_v, uint64_t frames, uint32_t side,
                                const mfn_feature_config *config, mfn_features *ret, mfn_error *err)
{
    mfn_feature_meter *meter = NULL;
    mfn_status status = mfn_feature_meter_new(side, config, &meter, err);
    uint64_t cells = (uint64_t)side * side;
    for (uint64_t i = 0; i < frames && status == MFN_OK; i++) {
        status = mfn_feature_meter_push(meter, field_v + i * cells, err);
    }
    if (status == MFN_OK) {
        status = mfn_feature_meter_finish(meter, ret, err);
    }
    mfn_feature_meter_free(meter);
    return status;
}
