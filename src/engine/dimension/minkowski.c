/* SPDX-License-Identifier: MIT */
/* All three from the 2 x 2 windows of the mask, with one empty cell around it (Gray, IEEE Trans.
 * Comput. C-20, 1971): of windows with one cell, three, and two on a diagonal there are Q1, Q3, QD,
 * and the Euler number is (Q1 - Q3 + 2 QD) / 4 for connectivity 4 and (Q1 - Q3 - 2 QD) / 4 for 8.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "engine/dimension/area_table.h"

#include "mfn/morphology.h"

typedef struct windows {
    int64_t one, three, diagonal;
} windows;

static unsigned cell(const uint8_t *row, uint32_t width, uint32_t column)
{
    return row != NULL && column < width && row[column] != 0;
}

/* The windows between two rows, either of which may lie outside, as NULL. */
static void add_windows(const uint8_t *above, const uint8_t *below, uint32_t width, windows *ret)
{
    unsigned left = 0;
    for (uint32_t j = 0; j <= width; j++) {
        unsigned right = cell(above, width, j) | cell(below, width, j) << 1;
        unsigned cells = (left & 1) + (left >> 1) + (right & 1) + (right >> 1);
        ret->one += cells == 1;
        ret->three += cells == 3;
        ret->diagonal += cells == 2 && (left ^ right) == 3 && left != 0 && right != 0;
        left = right;
    }
}

/* Changes along the row and from the row above. */
static uint64_t sides_of(const uint8_t *above, const uint8_t *here, uint32_t width)
{
    uint64_t sides = 0;
    unsigned left = 0;
    for (uint32_t j = 0; j <= width; j++) {
        unsigned this_cell = cell(here, width, j);
        sides += this_cell != left;
        sides += this_cell != cell(above, width, j);
        left = this_cell;
    }
    return sides;
}

mfn_status mfn_minkowski_of_mask(const uint8_t *mask, uint32_t width, uint32_t height,
                                 uint32_t connectivity, mfn_minkowski *ret, mfn_error *err)
{
    mfn_status status = mfn__check_mask_sides(width, height, err);
    if (status != MFN_OK) {
        return status;
    }
    if (connectivity != 4 && connectivity != 8) {
        return mfn__fail(err, MFN_INVALID, "connectivity", "connectivity: expected 4 or 8, got %u",
                         (unsigned)connectivity);
    }
    windows found = {0};
    mfn_minkowski result = {0};
    const uint8_t *above = NULL;
    for (uint32_t i = 0; i <= height; i++) {
        const uint8_t *here = i < height ? mask + (size_t)i * width : NULL;
        add_windows(above, here, width, &found);
        result.perimeter += sides_of(above, here, width);
        for (uint32_t j = 0; j < width; j++) {
            result.area += cell(here, width, j);
        }
        above = here;
    }
    int64_t diagonals = connectivity == 4 ? 2 * found.diagonal : -2 * found.diagonal;
    result.euler = (found.one - found.three + diagonals) / 4;
    *ret = result;
    return MFN_OK;
}
