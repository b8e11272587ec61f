/* SPDX-License-Identifier: MIT */
/* Summed-area table (Crow, SIGGRAPH 1984). A mask has fewer than 2^32 cells, so that sums are
 * exact. */
#include "engine/dimension/area_table.h"

#include "base/error.h"
#include "base/mem.h"
#include "engine/bits.h"

mfn_status mfn__check_mask_sides(uint32_t width, uint32_t height, mfn_error *err)
{
    if (width < 1 || width > MFN__SIDE_MAX || height < 1 || height > MFN__SIDE_MAX) {
        return mfn__fail(err, MFN_INVALID, "mask",
                         "mask: expected a width and height in [1, %d], got %u x %u", MFN__SIDE_MAX,
                         (unsigned)width, (unsigned)height);
    }
    return MFN_OK;
}

mfn_status mfn__area_table_init(mfn__area_table *table, const uint8_t *mask, uint32_t width,
                                uint32_t height, mfn_error *err)
{
    mfn_status status = mfn__check_mask_sides(width, height, err);
    if (status != MFN_OK) {
        return status;
    }
    size_t stride = (size_t)width + 1;
    uint32_t *sums = mfn__mem_new(stride * ((size_t)height + 1), sizeof *sums);
    if (sums == NULL) {
        return mfn__fail_memory(err);
    }
    for (uint32_t i = 0; i < height; i++) {
        const uint8_t *row = mask + (size_t)i * width;
        const uint32_t *above = sums + i * stride;
        uint32_t *here = sums + (i + 1) * stride;
        uint32_t in_row = 0;
        for (uint32_t j = 0; j < width; j++) {
            in_row += row[j] != 0;
            here[j + 1] = above[j + 1] + in_row;
        }
    }
    *table = (mfn__area_table){width, height, sums};
    return MFN_OK;
}

void mfn__area_table_deinit(mfn__area_table *table)
{
    mfn__mem_free(table->sums);
    table->sums = NULL;
}
