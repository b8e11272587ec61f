/* SPDX-License-Identifier: MIT */
/* Box counting: the dimension is the slope of ln(count) over ln(1 / size), by least squares, where
 * count is the number of size * size boxes that hold anything.
 *
 * The sizes are the reference's: numpy.geomspace cut to whole numbers, so that 2 .. 32 in five
 * steps gives 2 4 7 16 32: 10^(log10) of 8 lies below 8. When minimum and maximum are equal,
 * geomspace can even yield less than the minimum (8 .. 8 gives 7 and 8); here it gives that one
 * size, whose dimension is 0 like that of the two.
 *
 * The rows of a band of boxes are merged by OR. In the merged row, boxes of 2, 4, ... cells are
 * folded onto their first cell, all of a word at once; other sizes are searched from box to box:
 * empty stretches cost one test per 64 cells. The regression is centred on its first point, which
 * makes the slope of equal counts exactly 0. */
#include "engine/boxcount.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/bits.h"
#include "engine/exact_math.h"

void mfn_box_config_init(mfn_box_config *config)
{
    *config = (mfn_box_config){.size = sizeof *config, .min_box_size = 2, .num_scales = 5};
}

static mfn_status check_range(const char *name, uint64_t value, uint64_t low, uint64_t high,
                              mfn_error *err)
{
    if (value < low || value > high) {
        return mfn__fail(
            err, MFN_INVALID, name, "%s: expected a whole number in [%llu, %llu], got %llu", name,
            (unsigned long long)low, (unsigned long long)high, (unsigned long long)value);
    }
    return MFN_OK;
}

mfn_status mfn__box_config_check(const mfn_box_config *config, mfn_error *err)
{
    if (config->size != sizeof *config) {
        return mfn__fail(err, MFN_INVALID, "size",
                         "size: expected %zu, got %zu: fill the configuration with "
                         "mfn_box_config_init",
                         sizeof *config, config->size);
    }
    mfn_status status = check_range("min_box_size", config->min_box_size, 1, MFN__SIDE_MAX, err);
    if (status == MFN_OK) {
        status = check_range("max_box_size", config->max_box_size, 0, MFN__SIDE_MAX, err);
    }
    if (status == MFN_OK) {
        status = check_range("num_scales", config->num_scales, 1, MFN_BOX_SCALES_MAX, err);
    }
    return status;
}

/* Follows numpy.geomspace and linspace operation by operation; `steps` is at least 1. */
static uint32_t spaced_sizes(uint32_t min, uint32_t max, uint32_t steps, uint32_t *ret_sizes)
{
    double log_min = mfn__log10((double)min);
    double step = (mfn__log10((double)max) - log_min) / (double)steps;
    uint32_t count = 0;
    for (uint32_t k = 0; k <= steps; k++) {
        uint32_t size = (uint32_t)mfn__pow10((double)k * step + log_min);
        size = k == 0 ? min : size;
        size = k == steps ? max : size;
        if (count == 0 || size > ret_sizes[count - 1]) {
            ret_sizes[count++] = size;
        }
    }
    return count;
}

static uint32_t box_sizes(uint32_t min, uint32_t max, uint32_t scales, uint32_t *ret_sizes)
{
    if (scales == 1 || max <= min) {
        ret_sizes[0] = min;
        return 1;
    }
    return spaced_sizes(min, max, scales - 1, ret_sizes);
}

mfn_status mfn_box_sizes(uint64_t min_box_size, uint64_t max_box_size, uint64_t num_scales,
                         uint32_t *ret_sizes, uint32_t *ret_count, mfn_error *err)
{
    const mfn_box_config config = {sizeof config, min_box_size, max_box_size, num_scales};
    mfn_status status = mfn__box_config_check(&config, err);
    if (status == MFN_OK) {
        status = check_range("max_box_size", max_box_size, 1, MFN__SIDE_MAX, err);
    }
    if (status == MFN_OK) {
        *ret_count = box_sizes((uint32_t)min_box_size, (uint32_t)max_box_size, (uint32_t)num_scales,
                               ret_sizes);
    }
    return status;
}

/* min * 2^(scales - 1), but no more than half the side (all of it below 4). */
static uint32_t automatic_max(uint32_t min, uint32_t scales, uint32_t side)
{
    uint32_t limit = side >= 4 ? side / 2 : side;
    uint32_t max = min;
    for (uint32_t k = 1; k < scales && max < limit; k++) {
        max *= 2;
    }
    return max < limit ? max : limit;
}

#define WORD_BITS 64

/* Every word holds whole boxes of `size` cells, a power of two. */
static uint32_t occupied_in_words(const uint64_t *row, uint32_t size, uint32_t width)
{
    uint64_t first_cells = UINT64_MAX / (UINT64_MAX >> (WORD_BITS - size));
    uint32_t count = 0;
    for (uint32_t first = 0; first < width; first += WORD_BITS) {
        uint64_t word = row[first / WORD_BITS];
        for (uint32_t fold = 1; fold < size; fold *= 2) {
            word |= word >> fold;
        }
        word &= first_cells;
        if (width - first < WORD_BITS) {
            word &= ~(UINT64_MAX << (width - first));
        }
        count += (uint32_t)__builtin_popcountll(word);
    }
    return count;
}

/* `row` is side cells wide; its last side % size cells are left out. */
static uint32_t occupied_in_row(const uint64_t *row, uint32_t size, uint32_t side)
{
    uint32_t width = side / size * size;
    bool is_power_of_two = (size & (size - 1)) == 0;
    if (is_power_of_two && size <= WORD_BITS) {
        return occupied_in_words(row, size, width);
    }
    uint32_t count = 0;
    uint32_t cell = mfn__bits_next_set(row, width, 0);
    while (cell < width) {
        count++;
        cell = mfn__bits_next_set(row, width, (cell / size + 1) * size);
    }
    return count;
}

static uint64_t occupied(const uint64_t *rows, uint32_t size, uint32_t side, uint64_t *scratch_row)
{
    size_t words = mfn__bits_words(side);
    uint64_t count = 0;
    for (uint32_t band = 0; band < side / size; band++) {
        const uint64_t *row = rows + (size_t)band * size * words;
        memcpy(scratch_row, row, words * sizeof *scratch_row);
        for (uint32_t i = 1; i < size; i++) {
            row += words;
            for (size_t w = 0; w < words; w++) {
                scratch_row[w] |= row[w];
            }
        }
        count += occupied_in_row(scratch_row, size, side);
    }
    return count;
}

/* `log_inverse` holds ln(1 / size) of each size. */
static void fit(const double *log_inverse, mfn_box_counting *box)
{
    uint32_t n = box->scales;
    double x[MFN_BOX_SCALES_MAX];
    double y[MFN_BOX_SCALES_MAX];
    double first_x = log_inverse[0];
    double first_y = mfn__log((double)box->counts[0]);
    double x_mean = 0.0;
    double y_mean = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        x[i] = i == 0 ? 0.0 : log_inverse[i] - first_x;
        y[i] = i == 0 ? 0.0 : mfn__log((double)box->counts[i]) - first_y;
        x_mean += x[i] / (double)n;
        y_mean += y[i] / (double)n;
    }
    double xx = 0.0;
    double xy = 0.0;
    double yy = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        xx += (x[i] - x_mean) * (x[i] - x_mean);
        xy += (x[i] - x_mean) * (y[i] - y_mean);
        yy += (y[i] - y_mean) * (y[i] - y_mean);
    }
    double slope = xy / xx;
    double residual = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        double off = (y[i] - y_mean) - slope * (x[i] - x_mean);
        residual += off * off;
    }
    double r_squared = yy > 0.0 ? 1.0 - residual / yy : 0.0;
    box->dimension = slope;
    box->intercept = first_y + y_mean - slope * (first_x + x_mean);
    box->r_squared = r_squared > 0.0 ? r_squared : 0.0;
}

void mfn__box_plan_make(mfn__box_plan *plan, uint32_t side, const mfn_box_config *config)
{
    bool is_made = plan->side == side && plan->min == config->min_box_size &&
                   plan->max == config->max_box_size && plan->scales == config->num_scales;
    if (is_made) {
        return;
    }
    plan->side = side;
    plan->min = (uint32_t)config->min_box_size;
    plan->max = (uint32_t)config->max_box_size;
    plan->scales = (uint32_t)config->num_scales;
    uint32_t max = plan->max > 0 ? plan->max : automatic_max(plan->min, plan->scales, side);
    plan->count = box_sizes(plan->min, max, plan->scales, plan->sizes);
    while (plan->count > 0 && plan->sizes[plan->count - 1] > side) {
        plan->count--;
    }
    for (uint32_t i = 0; i < plan->count; i++) {
        plan->log_inverse[i] = mfn__log(1.0 / (double)plan->sizes[i]);
    }
}

void mfn__box_count_rows(const uint64_t *rows, const mfn__box_plan *plan, uint64_t *scratch_row,
                         mfn_box_counting *ret)
{
    double log_inverse[MFN_BOX_SCALES_MAX] = {0.0};
    *ret = (mfn_box_counting){0};
    for (uint32_t i = 0; i < plan->count; i++) {
        uint64_t boxes = occupied(rows, plan->sizes[i], plan->side, scratch_row);
        if (boxes > 0) {
            ret->sizes[ret->scales] = plan->sizes[i];
            ret->counts[ret->scales] = boxes;
            log_inverse[ret->scales] = plan->log_inverse[i];
            ret->scales++;
        }
    }
    if (ret->scales >= 2) {
        fit(log_inverse, ret);
    }
}

mfn_status mfn_box_count(const uint8_t *mask, uint32_t side, const mfn_box_config *config,
                         mfn_box_counting *ret, mfn_error *err)
{
    mfn_box_config defaults;
    if (config == NULL) {
        mfn_box_config_init(&defaults);
        config = &defaults;
    }
    mfn_status status = mfn__box_config_check(config, err);
    if (status == MFN_OK) {
        status = check_range("side", side, 1, MFN__SIDE_MAX, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    size_t words = mfn__bits_words(side);
    uint64_t *rows = mfn__mem_new((size_t)side + 1, words * sizeof *rows);
    if (rows == NULL) {
        return mfn__fail_memory(err);
    }
    for (uint32_t i = 0; i < side; i++) {
        mfn__bits_pack_bytes(mask + (size_t)i * side, side, rows + i * words);
    }
    mfn__box_plan plan = {0};
    mfn__box_plan_make(&plan, side, config);
    mfn__box_count_rows(rows, &plan, rows + side * words, ret);
    mfn__mem_free(rows);
    return MFN_OK;
}
