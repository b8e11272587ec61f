/* SPDX-License-Identifier: MIT */
/* How a grid of boxes divides a mask or a measure. */
#ifndef MFN_ENGINE_DIMENSION_SHARES_H
#define MFN_ENGINE_DIMENSION_SHARES_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/dimension/area_table.h"

/* What is divided: a mask by its table, or else weights. */
typedef struct mfn__measure {
    uint32_t width, height;
    const mfn__area_table *table; /* NULL for weights */
    const double *weights;
    double log_total; /* ln of the sum of everything, which is positive */
} mfn__measure;

/* One grid: boxes of `size` cells, the first ones cut to size - top rows and size - left columns.
 */
typedef struct mfn__box_grid {
    uint32_t size, top, left; /* top and left are below size */
} mfn__box_grid;

/* Shares that occur, and how often: of a mask few differ where boxes are small. */
typedef struct mfn__shares {
    double *log_share; /* ln p */
    double *boxes;     /* that have it */
    uint32_t *bins;    /* scratch */
    size_t count, capacity;
} mfn__shares;

/* Room for every position of the grids of these box sizes. */
mfn_status mfn__shares_init(mfn__shares *shares, const mfn__measure *measure, const uint32_t *sizes,
                            uint32_t count, mfn_error *err);
void mfn__shares_deinit(mfn__shares *shares);

/* Takes the boxes that hold anything. */
void mfn__shares_take(mfn__shares *shares, const mfn__measure *measure, mfn__box_grid grid);

#endif
