/* SPDX-License-Identifier: MIT */
#include "codec/extended_json.h"

static void put_real(mfn__json_writer *json, const char *key, double value)
{
    mfn__json_key(json, key);
    mfn__json_real(json, value);
}

static void put_whole(mfn__json_writer *json, const char *key, uint64_t value)
{
    mfn__json_key(json, key);
    mfn__json_u64(json, value);
}

static void write_features(const mfn_extended *extended, mfn__json_writer *json)
{
    for (int i = 0; i < MFN_EXTENDED_COUNT; i++) {
        mfn_extended_feature feature = (mfn_extended_feature)i;
        mfn__json_key(json, mfn_extended_name(feature));
        if (mfn_extended_is_integer(feature)) {
            mfn__json_i64(json, (int64_t)extended->value[i]);
        } else {
            mfn__json_real(json, extended->value[i]);
        }
    }
}

/* Dimensions and lacunarity have the same sizes: they come from one configuration. */
static void write_scaling(const mfn_extended *extended, mfn__json_writer *json)
{
    mfn__json_array_begin(json);
    for (uint32_t k = 0; k < extended->dimensions.scales; k++) {
        mfn__json_object_begin(json);
        put_whole(json, "size", extended->dimensions.sizes[k]);
        put_whole(json, "boxes", extended->dimensions.boxes[k]);
        put_real(json, "entropy", extended->dimensions.entropy[k]);
        put_real(json, "lacunarity", extended->lacunarity.value[k]);
        mfn__json_object_end(json);
    }
    mfn__json_array_end(json);
}

static void write_correlation(const mfn_dimensions *dimensions, mfn__json_writer *json)
{
    mfn__json_array_begin(json);
    for (uint32_t k = 0; k < dimensions->window_count; k++) {
        mfn__json_object_begin(json);
        put_whole(json, "window", dimensions->windows[k]);
        put_real(json, "neighbours", dimensions->neighbours[k]);
        mfn__json_object_end(json);
    }
    mfn__json_array_end(json);
}

static void write_spectrum(const mfn_spectrum *spectrum, mfn__json_writer *json)
{
    mfn__json_array_begin(json);
    for (uint32_t i = 0; i < spectrum->moments; i++) {
        const mfn_moment *moment = &spectrum->moment[i];
        mfn__json_object_begin(json);
        put_real(json, "q", moment->q);
        put_real(json, "D", moment->d.value);
        put_real(json, "D_low", moment->d.low);
        put_real(json, "D_high", moment->d.high);
        put_real(json, "tau", moment->tau);
        put_real(json, "alpha", moment->alpha.value);
        put_real(json, "f", moment->f.value);
        mfn__json_object_end(json);
    }
    mfn__json_array_end(json);
}

void mfn__extended_write_json(const mfn_extended *extended, mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    write_features(extended, json);
    mfn__json_key(json, "scaling");
    write_scaling(extended, json);
    mfn__json_key(json, "correlation");
    write_correlation(&extended->dimensions, json);
    mfn__json_key(json, "spectrum");
    write_spectrum(&extended->spectrum, json);
    mfn__json_object_end(json);
}
