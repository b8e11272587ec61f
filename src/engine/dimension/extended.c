/* SPDX-License-Identifier: MIT */
#include "mfn/extended.h"

#include <math.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/dimension/area_table.h"
#include "engine/exact_math.h"

#define V_PER_MV     1000.0 /* a divisor, as in the features: the same cells are above */
#define ENTROPY_BINS 256

static const struct {
    const char *name, *unit, *meaning;
} rows[MFN_EXTENDED_COUNT] = {
#define MFN_EXTENDED_ROW(name, unit, meaning) {#name, unit, meaning},
    MFN_EXTENDED_LIST(MFN_EXTENDED_ROW)
#undef MFN_EXTENDED_ROW
};

static bool is_feature(mfn_extended_feature feature)
{
    return (unsigned)feature < MFN_EXTENDED_COUNT;
}

const char *mfn_extended_name(mfn_extended_feature feature)
{
    return is_feature(feature) ? rows[feature].name : NULL;
}

const char *mfn_extended_unit(mfn_extended_feature feature)
{
    return is_feature(feature) ? rows[feature].unit : NULL;
}

const char *mfn_extended_meaning(mfn_extended_feature feature)
{
    return is_feature(feature) ? rows[feature].meaning : NULL;
}

bool mfn_extended_is_integer(mfn_extended_feature feature)
{
    switch (feature) {
    case MFN_EXTENDED_range_min:
    case MFN_EXTENDED_range_max:
    case MFN_EXTENDED_area:
    case MFN_EXTENDED_perimeter:
    case MFN_EXTENDED_euler:
        return true;
    default:
        return false;
    }
}

static mfn_status make_mask(const double *field_v, uint32_t side, double threshold_v,
                            uint8_t *ret_mask, mfn_error *err)
{
    for (size_t i = 0; i < (size_t)side * side; i++) {
        if (!isfinite(field_v[i])) {
            return mfn__fail(
                err, MFN_INVALID, "field",
                "field: expected finite values, got %g in row %zu, column %zu (counted "
                "from 0)",
                field_v[i], i / side, i % side);
        }
        ret_mask[i] = field_v[i] > threshold_v;
    }
    return MFN_OK;
}

static void put_slope(const mfn_slope *slope, double *ret_value, double *ret_low, double *ret_high)
{
    *ret_value = slope->value;
    *ret_low = slope->low;
    *ret_high = slope->high;
}

static void put_dimensions(mfn_extended *ret)
{
    const mfn_dimensions *found = &ret->dimensions;
    double *value = ret->value;
    put_slope(&found->box, &value[MFN_EXTENDED_D_0], &value[MFN_EXTENDED_D_0_low],
              &value[MFN_EXTENDED_D_0_high]);
    put_slope(&found->information, &value[MFN_EXTENDED_D_1], &value[MFN_EXTENDED_D_1_low],
              &value[MFN_EXTENDED_D_1_high]);
    put_slope(&found->correlation, &value[MFN_EXTENDED_D_corr], &value[MFN_EXTENDED_D_corr_low],
              &value[MFN_EXTENDED_D_corr_high]);
    value[MFN_EXTENDED_D_0_r2] = found->box.r_squared;
    if (found->scales > 0) {
        value[MFN_EXTENDED_range_min] = found->sizes[0];
        value[MFN_EXTENDED_range_max] = found->sizes[found->scales - 1];
    }
}

static void put_lacunarity(mfn_extended *ret)
{
    const mfn_lacunarity *found = &ret->lacunarity;
    double x[MFN_DIMENSION_SCALES_MAX];
    double y[MFN_DIMENSION_SCALES_MAX];
    mfn_slope slope;
    for (uint32_t k = 0; k < found->scales; k++) {
        x[k] = mfn__log((double)found->sizes[k]);
        y[k] = mfn__log(found->value[k]);
    }
    mfn_slope_fit(x, y, found->scales, &slope);
    ret->value[MFN_EXTENDED_lacunarity] = found->scales > 0 ? found->value[0] : 0.0;
    ret->value[MFN_EXTENDED_lacunarity_slope] = slope.value;
}

static void put_spectrum(mfn_extended *ret)
{
    const mfn_spectrum *found = &ret->spectrum;
    if (found->moments > 0) {
        double least = found->moment[found->moments - 1].alpha.value;
        double greatest = found->moment[0].alpha.value;
        ret->value[MFN_EXTENDED_alpha_min] = least;
        ret->value[MFN_EXTENDED_alpha_max] = greatest;
        ret->value[MFN_EXTENDED_alpha_width] = greatest - least;
    }
}

static mfn_status measure_set(const uint8_t *mask, uint32_t side, uint32_t connectivity,
                              const mfn_dimension_config *config, mfn_extended *ret, mfn_error *err)
{
    mfn_minkowski shape = {0};
    mfn_status status = mfn_dimensions_of_mask(mask, side, side, config, &ret->dimensions, err);
    if (status == MFN_OK) {
        status = mfn_spectrum_of_mask(mask, side, side, config, &ret->spectrum, err);
    }
    if (status == MFN_OK) {
        status = mfn_lacunarity_of_mask(mask, side, side, config, &ret->lacunarity, err);
    }
    if (status == MFN_OK) {
        status = mfn_minkowski_of_mask(mask, side, side, connectivity, &shape, err);
    }
    if (status == MFN_OK) {
        put_dimensions(ret);
        put_spectrum(ret);
        put_lacunarity(ret);
        ret->value[MFN_EXTENDED_area] = (double)shape.area;
        ret->value[MFN_EXTENDED_perimeter] = (double)shape.perimeter;
        ret->value[MFN_EXTENDED_euler] = (double)shape.euler;
    }
    return status;
}

static mfn_status measure_field(const double *field_v, uint32_t side, double threshold_v,
                                mfn_extended *ret, mfn_error *err)
{
    mfn_wave wave = {0};
    double *value = ret->value;
    mfn_status status = mfn_entropy_bits(field_v, (uint64_t)side * side, ENTROPY_BINS,
                                         &value[MFN_EXTENDED_H_field], err);
    if (status == MFN_OK) {
        status =
            mfn_contour_length(field_v, side, side, threshold_v, &value[MFN_EXTENDED_contour], err);
    }
    if (status == MFN_OK) {
        status = mfn_wave_of_field(field_v, side, &wave, err);
    }
    value[MFN_EXTENDED_wavelength] = wave.wavelength;
    value[MFN_EXTENDED_orientation] = wave.orientation;
    value[MFN_EXTENDED_anisotropy] = wave.anisotropy;
    value[MFN_EXTENDED_wave_share] = wave.power_share;
    return status;
}

static mfn_status compute(const double *field_v, uint32_t side, const mfn_feature_config *features,
                          const mfn_dimension_config *config, mfn_extended *ret, mfn_error *err)
{
    double threshold_v = features->threshold_low_mv / V_PER_MV;
    uint32_t connectivity = features->connectivity == 0 ? 4 : 8;
    uint8_t *mask = mfn__mem_new((size_t)side * side, 1);
    if (mask == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = make_mask(field_v, side, threshold_v, mask, err);
    if (status == MFN_OK) {
        status = measure_set(mask, side, connectivity, config, ret, err);
    }
    mfn__mem_free(mask);
    if (status == MFN_OK) {
        status = measure_field(field_v, side, threshold_v, ret, err);
    }
    return status;
}

mfn_status mfn_extended_compute(const double *field_v, uint32_t side,
                                const mfn_feature_config *features,
                                const mfn_dimension_config *config, mfn_extended *ret,
                                mfn_error *err)
{
    mfn_feature_config defaults;
    if (features == NULL) {
        mfn_feature_config_init(&defaults);
        features = &defaults;
    }
    mfn_status status = mfn_feature_config_check(features, err);
    if (status == MFN_OK) {
        status = mfn__check_mask_sides(side, side, err);
    }
    mfn_extended found = {0};
    if (status == MFN_OK) {
        status = compute(field_v, side, features, config, &found, err);
    }
    if (status == MFN_OK) {
        *ret = found;
    }
    return status;
}
