/* SPDX-License-Identifier: MIT */
/* Box, information and correlation dimension of a mask.
 *
 * The correlation sum counts pairs by the largest of their coordinates' differences: then all cells
 * within a distance fill a square, which the table of areas answers at once. The
 * dimension is that of the Euclidean distance, which differs by a factor of at most sqrt 2. */
#include "base/error.h"
#include "engine/dimension/moments.h"
#include "engine/dimension/scales.h"
#include "engine/exact_math.h"

#include "mfn/dimension.h"

/* From the middle of a cell to where its window ends, whole cells. */
static uint32_t reach_of(uint32_t size)
{
    return size / 2;
}

typedef struct pairs {
    uint64_t centres, cells;
} pairs;

/* Cells of the set that lie `inset` or more from every edge, and the cells in the windows around
 * them. */
static pairs count_pairs(const mfn__area_table *table, uint32_t reach, uint32_t inset)
{
    pairs found = {0, 0};
    for (uint32_t i = inset; i + inset < table->height; i++) {
        for (uint32_t j = inset; j + inset < table->width; j++) {
            if (mfn__area_table_cells(table, i, i + 1, j, j + 1) != 0) {
                found.centres++;
                found.cells += mfn__area_table_cells(table, i - reach, i + reach + 1, j - reach,
                                                     j + reach + 1);
            }
        }
    }
    return found;
}

static void find_correlation(const mfn__area_table *table, mfn_dimensions *ret)
{
    double x[MFN_DIMENSION_SCALES_MAX];
    double y[MFN_DIMENSION_SCALES_MAX];
    uint32_t inset = reach_of(ret->sizes[ret->scales - 1]);
    for (uint32_t k = 0; k < ret->scales; k++) {
        uint32_t reach = reach_of(ret->sizes[k]);
        pairs found = count_pairs(table, reach, inset);
        if (found.centres == 0) {
            return;
        }
        uint32_t n = ret->window_count++;
        ret->centres = found.centres;
        ret->windows[n] = 2 * reach + 1;
        ret->neighbours[n] = (double)found.cells / (double)found.centres;
        x[n] = mfn__log((double)ret->windows[n]);
        y[n] = mfn__log(ret->neighbours[n]);
    }
    mfn_slope_fit(x, y, ret->window_count, &ret->correlation);
}

static void find_boxes(const mfn__measure *measure, mfn__shares *shares, uint32_t offsets,
                       mfn_dimensions *ret)
{
    static const double q[] = {0.0, 1.0};
    const mfn__moment_plan plan = {q, 2, offsets};
    double x[MFN_DIMENSION_SCALES_MAX];
    double y[MFN_DIMENSION_SCALES_MAX];
    for (uint32_t k = 0; k < ret->scales; k++) {
        mfn__moment_sums sums[2];
        mfn__moments_scan(measure, shares, ret->sizes[k], &plan, sums);
        ret->boxes[k] = (uint64_t)sums[0].power_sum;
        ret->entropy[k] = sums[1].entropy;
        x[k] = -mfn__log((double)ret->sizes[k]);
        y[k] = mfn__log((double)ret->boxes[k]);
    }
    mfn_slope_fit(x, y, ret->scales, &ret->box);
    mfn_slope_fit(x, ret->entropy, ret->scales, &ret->information);
}

static mfn_status measure_mask(const mfn__area_table *table, const mfn_dimension_config *config,
                               mfn_dimensions *ret, mfn_error *err)
{
    mfn_dimensions found = {0};
    uint32_t total = mfn__area_table_total(table);
    if (total > 0) {
        found.scales = mfn__scales_make(config, table->width, table->height, found.sizes);
    }
    if (found.scales > 0) {
        const mfn__measure measure = {table->width, table->height, table, NULL,
                                      mfn__log((double)total)};
        mfn__shares shares;
        mfn_status status = mfn__shares_init(&shares, &measure, found.sizes, found.scales, err);
        if (status != MFN_OK) {
            return status;
        }
        find_boxes(&measure, &shares, (uint32_t)config->grid_offsets, &found);
        mfn__shares_deinit(&shares);
        find_correlation(table, &found);
    }
    *ret = found;
    return MFN_OK;
}

mfn_status mfn_dimensions_of_mask(const uint8_t *mask, uint32_t width, uint32_t height,
                                  const mfn_dimension_config *config, mfn_dimensions *ret,
                                  mfn_error *err)
{
    mfn_dimension_config defaults;
    mfn__area_table table;
    mfn_status status = mfn__dimension_config_use(&config, &defaults, err);
    if (status == MFN_OK) {
        status = mfn__area_table_init(&table, mask, width, height, err);
    }
    if (status == MFN_OK) {
        status = measure_mask(&table, config, ret, err);
        mfn__area_table_deinit(&table);
    }
    return status;
}
