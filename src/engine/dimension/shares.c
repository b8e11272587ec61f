/* SPDX-License-Identifier: MIT */
/* Boxes of a mask hold whole numbers of cells. Where there are more boxes than numbers they are
 * binned by number, and every moment then costs one term per number instead of one per box. The
 * order of the terms is fixed: ascending numbers, or else boxes by rows. */
#include "engine/dimension/shares.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/exact_math.h"

static uint64_t boxes_across(uint32_t length, uint32_t size, uint32_t offset)
{
    return ((uint64_t)length + offset + size - 1) / size;
}

static uint64_t boxes_in(const mfn__measure *measure, mfn__box_grid grid)
{
    return boxes_across(measure->width, grid.size, grid.left) *
           boxes_across(measure->height, grid.size, grid.top);
}

static bool is_binned(const mfn__measure *measure, mfn__box_grid grid)
{
    return measure->table != NULL && (uint64_t)grid.size * grid.size < boxes_in(measure, grid);
}

/* A shifted grid may have a row and a column of boxes more. */
static uint64_t shares_max(const mfn__measure *measure, uint32_t size)
{
    uint64_t boxes = boxes_in(measure, (mfn__box_grid){size, size - 1, size - 1});
    uint64_t numbers = (uint64_t)size * size;
    return measure->table != NULL && numbers < boxes ? numbers : boxes;
}

mfn_status mfn__shares_init(mfn__shares *shares, const mfn__measure *measure, const uint32_t *sizes,
                            uint32_t count, mfn_error *err)
{
    *shares = (mfn__shares){0};
    for (uint32_t i = 0; i < count; i++) {
        size_t needed = (size_t)shares_max(measure, sizes[i]);
        shares->capacity = needed > shares->capacity ? needed : shares->capacity;
    }
    shares->log_share = mfn__mem_new(shares->capacity, sizeof *shares->log_share);
    shares->boxes = mfn__mem_new(shares->capacity, sizeof *shares->boxes);
    shares->bins = mfn__mem_new(shares->capacity + 1, sizeof *shares->bins);
    if (shares->log_share == NULL || shares->boxes == NULL || shares->bins == NULL) {
        mfn__shares_deinit(shares);
        return mfn__fail_memory(err);
    }
    return MFN_OK;
}

void mfn__shares_deinit(mfn__shares *shares)
{
    mfn__mem_free(shares->log_share);
    mfn__mem_free(shares->boxes);
    mfn__mem_free(shares->bins);
    *shares = (mfn__shares){0};
}

static void add(mfn__shares *shares, double mass, double boxes, double log_total)
{
    shares->log_share[shares->count] = mfn__log(mass) - log_total;
    shares->boxes[shares->count] = boxes;
    shares->count++;
}

typedef struct rectangle {
    uint32_t top, bottom, left, right;
} rectangle;

static double weight_of(const mfn__measure *measure, rectangle box)
{
    double sum = 0.0;
    for (uint32_t i = box.top; i < box.bottom; i++) {
        const double *row = measure->weights + (size_t)i * measure->width;
        for (uint32_t j = box.left; j < box.right; j++) {
            sum += row[j];
        }
    }
    return sum;
}

static void take_box(mfn__shares *shares, const mfn__measure *measure, rectangle box, bool binned)
{
    if (measure->table == NULL) {
        double mass = weight_of(measure, box);
        if (mass > 0.0) {
            add(shares, mass, 1.0, measure->log_total);
        }
        return;
    }
    uint32_t cells =
        mfn__area_table_cells(measure->table, box.top, box.bottom, box.left, box.right);
    if (binned) {
        shares->bins[cells]++;
    } else if (cells > 0) {
        add(shares, (double)cells, 1.0, measure->log_total);
    }
}

/* The cells of the box that begins `offset` before `first`. */
static uint32_t box_end(uint32_t first, uint32_t size, uint32_t offset, uint32_t length)
{
    uint64_t end = ((uint64_t)first + offset) / size * size + size - offset;
    return end < length ? (uint32_t)end : length;
}

static void take_row(mfn__shares *shares, const mfn__measure *measure, mfn__box_grid grid,
                     rectangle box)
{
    bool binned = is_binned(measure, grid);
    for (box.left = 0; box.left < measure->width; box.left = box.right) {
        box.right = box_end(box.left, grid.size, grid.left, measure->width);
        take_box(shares, measure, box, binned);
    }
}

void mfn__shares_take(mfn__shares *shares, const mfn__measure *measure, mfn__box_grid grid)
{
    size_t bins = is_binned(measure, grid) ? (size_t)grid.size * grid.size + 1 : 0;
    memset(shares->bins, 0, bins * sizeof *shares->bins);
    shares->count = 0;
    rectangle box = {0};
    for (box.top = 0; box.top < measure->height; box.top = box.bottom) {
        box.bottom = box_end(box.top, grid.size, grid.top, measure->height);
        take_row(shares, measure, grid, box);
    }
    for (size_t cells = 1; cells < bins; cells++) {
        if (shares->bins[cells] > 0) {
            add(shares, (double)cells, shares->bins[cells], measure->log_total);
        }
    }
}
