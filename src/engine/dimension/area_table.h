/* SPDX-License-Identifier: MIT */
/* How many cells of a mask any rectangle holds, in four look-ups. */
#ifndef MFN_ENGINE_DIMENSION_AREA_TABLE_H
#define MFN_ENGINE_DIMENSION_AREA_TABLE_H

#include <stdint.h>

#include "mfn/status.h"

typedef struct mfn__area_table {
    uint32_t width, height;
    uint32_t *sums; /* (width + 1) * (height + 1): cells above and left of each corner */
} mfn__area_table;

/* Sides outside 1 .. MFN__SIDE_MAX are refused. */
mfn_status mfn__area_table_init(mfn__area_table *table, const uint8_t *mask, uint32_t width,
                                uint32_t height, mfn_error *err);
void mfn__area_table_deinit(mfn__area_table *table);

/* Cells in rows top .. bottom - 1 and columns left .. right - 1, all inside the mask. */
static inline uint32_t mfn__area_table_cells(const mfn__area_table *table, uint32_t top,
                                             uint32_t bottom, uint32_t left, uint32_t right)
{
    const uint32_t *above = table->sums + (uint64_t)top * (table->width + 1);
    const uint32_t *below = table->sums + (uint64_t)bottom * (table->width + 1);
    return below[right] - below[left] - above[right] + above[left];
}

static inline uint32_t mfn__area_table_total(const mfn__area_table *table)
{
    return mfn__area_table_cells(table, 0, table->height, 0, table->width);
}

mfn_status mfn__check_mask_sides(uint32_t width, uint32_t height, mfn_error *err);

#endif
