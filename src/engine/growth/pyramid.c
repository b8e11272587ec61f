/* SPDX-License-Identifier: MIT */
/* Where a cell and its eight neighbours are empty, nothing is closer than their outer edge: the
 * coarsest such level tells how far a walker may jump (the idea of Ball and Brady, J. Phys. A 18,
 * 1985). Where even cells 2 wide have a neighbour, points themselves are compared. */
#include "engine/growth/pyramid.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/mem.h"

#define NEAR 2 /* cells around the walker's own in which points are compared */

mfn_status mfn__pyramid_init(mfn__pyramid *pyramid, uint32_t side, uint32_t capacity,
                             mfn_error *err)
{
    *pyramid = (mfn__pyramid){.side = side, .capacity = capacity};
    pyramid->first = mfn__mem_new((size_t)side * side, sizeof *pyramid->first);
    pyramid->next = mfn__mem_new(capacity, sizeof *pyramid->next);
    pyramid->points = mfn__mem_new(capacity, sizeof *pyramid->points);
    bool is_complete = pyramid->first != NULL && pyramid->next != NULL && pyramid->points != NULL;
    while (pyramid->levels < MFN__PYRAMID_LEVELS_MAX && side >> pyramid->levels > 1) {
        uint32_t level = pyramid->levels++;
        uint32_t cells = (side >> level) + 1;
        pyramid->sides[level] = cells;
        pyramid->holds[level] = mfn__mem_new((size_t)cells * cells, 1);
        is_complete = is_complete && pyramid->holds[level] != NULL;
    }
    if (!is_complete) {
        mfn__pyramid_deinit(pyramid);
        return mfn__fail_memory(err);
    }
    return MFN_OK;
}

void mfn__pyramid_deinit(mfn__pyramid *pyramid)
{
    for (uint32_t level = 0; level < pyramid->levels; level++) {
        mfn__mem_free(pyramid->holds[level]);
    }
    mfn__mem_free(pyramid->first);
    mfn__mem_free(pyramid->next);
    mfn__mem_free(pyramid->points);
    *pyramid = (mfn__pyramid){0};
}

void mfn__pyramid_add(mfn__pyramid *pyramid, mfn__point point)
{
    uint32_t row = (uint32_t)point.y;
    uint32_t column = (uint32_t)point.x;
    size_t cell = (size_t)row * pyramid->side + column;
    uint32_t index = pyramid->count++;
    pyramid->points[index] = point;
    pyramid->next[index] = pyramid->first[cell];
    pyramid->first[cell] = index + 1;
    for (uint32_t level = 0; level < pyramid->levels; level++) {
        size_t at = (size_t)(row >> level) * pyramid->sides[level] + (column >> level);
        pyramid->holds[level][at] = 1;
    }
}

/* Whether the cell and its neighbours hold nothing; beyond the edge there is nothing. */
static bool is_lonely(const mfn__pyramid *pyramid, uint32_t level, uint32_t row, uint32_t column)
{
    uint32_t side = pyramid->sides[level];
    uint32_t bottom = row + 1 < side ? row + 1 : row;
    uint32_t right = column + 1 < side ? column + 1 : column;
    if (pyramid->holds[level][(size_t)row * side + column] != 0) {
        return false;
    }
    for (uint32_t i = row > 0 ? row - 1 : 0; i <= bottom; i++) {
        for (uint32_t j = column > 0 ? column - 1 : 0; j <= right; j++) {
            if (pyramid->holds[level][(size_t)i * side + j] != 0) {
                return false;
            }
        }
    }
    return true;
}

/* From `at` to the end of the neighbouring cell, whichever is closer. */
static double room(double at, uint32_t cell, double width)
{
    double before = at - ((double)cell - 1.0) * width;
    double after = ((double)cell + 2.0) * width - at;
    return before < after ? before : after;
}

static mfn__nearest nearest_here(const mfn__pyramid *pyramid, mfn__point from)
{
    mfn__nearest nearest = {NEAR * NEAR, MFN__NO_POINT}; /* squared until the end */
    uint32_t row = (uint32_t)from.y;
    uint32_t column = (uint32_t)from.x;
    uint32_t last = pyramid->side - 1;
    uint32_t bottom = row + NEAR < last ? row + NEAR : last;
    uint32_t right = column + NEAR < last ? column + NEAR : last;
    for (uint32_t i = row > NEAR ? row - NEAR : 0; i <= bottom; i++) {
        for (uint32_t j = column > NEAR ? column - NEAR : 0; j <= right; j++) {
            uint32_t point = pyramid->first[(size_t)i * pyramid->side + j];
            for (; point != 0; point = pyramid->next[point - 1]) {
                double dx = pyramid->points[point - 1].x - from.x;
                double dy = pyramid->points[point - 1].y - from.y;
                double square = dx * dx + dy * dy;
                if (square < nearest.distance) {
                    nearest = (mfn__nearest){square, point - 1};
                }
            }
        }
    }
    nearest.distance = sqrt(nearest.distance);
    return nearest;
}

mfn__nearest mfn__pyramid_nearest(const mfn__pyramid *pyramid, mfn__point from)
{
    uint32_t row = (uint32_t)from.y;
    uint32_t column = (uint32_t)from.x;
    for (uint32_t level = pyramid->levels - 1; level >= 1; level--) {
        if (is_lonely(pyramid, level, row >> level, column >> level)) {
            double width = (double)((uint32_t)1 << level);
            double along = room(from.x, column >> level, width);
            double down = room(from.y, row >> level, width);
            return (mfn__nearest){along < down ? along : down, MFN__NO_POINT};
        }
    }
    return nearest_here(pyramid, from);
}
