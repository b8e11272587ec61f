/* SPDX-License-Identifier: MIT */
/* How far the nearest of many points is, at least: grids of cells 1, 2, 4, ... wide. */
#ifndef MFN_ENGINE_GROWTH_PYRAMID_H
#define MFN_ENGINE_GROWTH_PYRAMID_H

#include <stdint.h>

#include "mfn/status.h"

#define MFN__PYRAMID_LEVELS_MAX 16
#define MFN__NO_POINT           UINT32_MAX

typedef struct mfn__point {
    double x, y;
} mfn__point;

typedef struct mfn__pyramid {
    uint32_t side; /* points lie in [0, side) in both axes */
    uint32_t levels;
    uint8_t *holds[MFN__PYRAMID_LEVELS_MAX]; /* of cells 2^level wide: whether they hold a point */
    uint32_t sides[MFN__PYRAMID_LEVELS_MAX];
    uint32_t *first; /* of the cells of level 0: 1 + a point in it, or 0 */
    uint32_t *next;  /* of each point: 1 + another one in its cell, or 0 */
    mfn__point *points;
    uint32_t count, capacity;
} mfn__pyramid;

/* No point closer than `distance`. Where `point` is one, that is its distance. */
typedef struct mfn__nearest {
    double distance;
    uint32_t point;
} mfn__nearest;

mfn_status mfn__pyramid_init(mfn__pyramid *pyramid, uint32_t side, uint32_t capacity,
                             mfn_error *err);
void mfn__pyramid_deinit(mfn__pyramid *pyramid);

/* There must be room for it. */
void mfn__pyramid_add(mfn__pyramid *pyramid, mfn__point point);

/* The distance is at least 2 where no point is named. `from` lies in [0, side) in both axes. */
mfn__nearest mfn__pyramid_nearest(const mfn__pyramid *pyramid, mfn__point from);

#endif
