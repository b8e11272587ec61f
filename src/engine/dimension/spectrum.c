/* SPDX-License-Identifier: MIT */
/* The multifractal spectrum without a Legendre transform (Chhabra and Jensen, Phys. Rev. Lett. 62,
 * 1327, 1989): alpha(q) and f(q) are slopes of their own, so that no derivative of a measured
 * tau(q) is needed. */
#include <math.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/dimension/moments.h"
#include "engine/dimension/scales.h"
#include "engine/exact_math.h"

#include "mfn/dimension.h"

typedef mfn__moment_sums scale_sums[MFN_MOMENTS_MAX];

#define ROUNDING 1e-9 /* 5 / 0.1 shall be 50 steps, however it rounds */

static uint32_t list_moments(const mfn_dimension_config *config, double q[MFN_MOMENTS_MAX])
{
    int side = (int)(config->q_max / config->q_step + ROUNDING);
    for (int i = -side; i <= side; i++) {
        q[i + side] = (double)i * config->q_step;
    }
    return (uint32_t)(2 * side + 1);
}

/* `x` holds ln s of each scale. */
static void fit_moment(const scale_sums *sums, const double *x, uint32_t index, mfn_spectrum *ret)
{
    double y[3][MFN_DIMENSION_SCALES_MAX];
    mfn_moment *moment = &ret->moment[index];
    for (uint32_t k = 0; k < ret->scales; k++) {
        y[0][k] = -sums[k][index].entropy;
        y[1][k] = sums[k][index].log_share;
        y[2][k] = sums[k][index].log_weight;
    }
    mfn_slope_fit(x, y[0], ret->scales, &moment->d);
    mfn_slope_fit(x, y[1], ret->scales, &moment->alpha);
    mfn_slope_fit(x, y[2], ret->scales, &moment->f);
    moment->tau = (moment->q - 1.0) * moment->d.value;
}

static mfn_status find_moments(const mfn__measure *measure, const mfn_dimension_config *config,
                               mfn_spectrum *ret, mfn_error *err)
{
    double q[MFN_MOMENTS_MAX];
    double x[MFN_DIMENSION_SCALES_MAX] = {0.0};
    mfn__shares shares;
    mfn_status status = mfn__shares_init(&shares, measure, ret->sizes, ret->scales, err);
    scale_sums *sums = mfn__mem_new(ret->scales, sizeof *sums);
    if (status == MFN_OK && sums == NULL) {
        mfn__shares_deinit(&shares);
        status = mfn__fail_memory(err);
    }
    if (status != MFN_OK) {
        mfn__mem_free(sums);
        return status;
    }
    ret->moments = list_moments(config, q);
    const mfn__moment_plan plan = {q, ret->moments, (uint32_t)config->grid_offsets};
    for (uint32_t k = 0; k < ret->scales; k++) {
        x[k] = mfn__log((double)ret->sizes[k]);
        mfn__moments_scan(measure, &shares, ret->sizes[k], &plan, sums[k]);
    }
    for (uint32_t i = 0; i < ret->moments; i++) {
        ret->moment[i].q = q[i];
        fit_moment((const scale_sums *)sums, x, i, ret);
    }
    mfn__shares_deinit(&shares);
    mfn__mem_free(sums);
    return MFN_OK;
}

/* The outcome, some kilobytes, is made in place: `total` is 0 where there is nothing to measure. */
static mfn_status find_spectrum(mfn__measure *measure, double total,
                                const mfn_dimension_config *config, mfn_spectrum *ret,
                                mfn_error *err)
{
    mfn_spectrum found = {0};
    if (total > 0.0) {
        measure->log_total = mfn__log(total);
        found.scales = mfn__scales_make(config, measure->width, measure->height, found.sizes);
    }
    mfn_status status = found.scales > 0 ? find_moments(measure, config, &found, err) : MFN_OK;
    if (status == MFN_OK) {
        *ret = found;
    }
    return status;
}

mfn_status mfn_spectrum_of_mask(const uint8_t *mask, uint32_t width, uint32_t height,
                                const mfn_dimension_config *config, mfn_spectrum *ret,
                                mfn_error *err)
{
    mfn_dimension_config defaults;
    mfn__area_table table;
    mfn_status status = mfn__dimension_config_use(&config, &defaults, err);
    if (status == MFN_OK) {
        status = mfn__area_table_init(&table, mask, width, height, err);
    }
    if (status == MFN_OK) {
        mfn__measure measure = {.width = width, .height = height, .table = &table};
        status = find_spectrum(&measure, (double)mfn__area_table_total(&table), config, ret, err);
        mfn__area_table_deinit(&table);
    }
    return status;
}

static mfn_status add_weights(const double *weights, uint32_t width, uint32_t height,
                              double *ret_total, mfn_error *err)
{
    double total = 0.0;
    for (size_t i = 0; i < (size_t)width * height; i++) {
        if (!(weights[i] >= 0.0 && weights[i] < INFINITY)) {
            return mfn__fail(err, MFN_INVALID, "weights",
                             "weights: expected finite values of at least 0, got %g in row %zu, "
                             "column %zu (counted from 0)",
                             weights[i], i / width, i % width);
        }
        total += weights[i];
    }
    if (total > 0.0 && isinf(total)) {
        return mfn__fail(err, MFN_INVALID, "weights", "weights: expected a finite sum, got %g",
                         total);
    }
    *ret_total = total;
    return MFN_OK;
}

mfn_status mfn_spectrum_of_measure(const double *weights, uint32_t width, uint32_t height,
                                   const mfn_dimension_config *config, mfn_spectrum *ret,
                                   mfn_error *err)
{
    mfn_dimension_config defaults;
    double total = 0.0;
    mfn_status status = mfn__dimension_config_use(&config, &defaults, err);
    if (status == MFN_OK) {
        status = mfn__check_mask_sides(width, height, err);
    }
    if (status == MFN_OK) {
        status = add_weights(weights, width, height, &total, err);
    }
    if (status == MFN_OK) {
        mfn__measure measure = {.width = width, .height = height, .weights = weights};
        status = find_spectrum(&measure, total, config, ret, err);
    }
    return status;
}
