/* SPDX-License-Identifier: MIT */
/* The sums over all positions of the gliding box are whole numbers and exact: 128 bits hold 2^32
 * boxes of 2^32 cells, squared. */
#include "base/error.h"
#include "engine/dimension/area_table.h"
#include "engine/dimension/scales.h"

#include "mfn/dimension.h"

__extension__ typedef unsigned __int128 wide;

static double lacunarity(const mfn__area_table *table, uint32_t size)
{
    uint64_t cells = 0;
    wide squares = 0;
    for (uint32_t i = 0; i + size <= table->height; i++) {
        for (uint32_t j = 0; j + size <= table->width; j++) {
            uint64_t held = mfn__area_table_cells(table, i, i + size, j, j + size);
            cells += held;
            squares += (wide)held * held;
        }
    }
    double positions = (double)(table->height - size + 1) * (double)(table->width - size + 1);
    return positions * (double)squares / ((double)cells * (double)cells);
}

mfn_status mfn_lacunarity_of_mask(const uint8_t *mask, uint32_t width, uint32_t height,
                                  const mfn_dimension_config *config, mfn_lacunarity *ret,
                                  mfn_error *err)
{
    mfn_dimension_config defaults;
    mfn__area_table table;
    mfn_status status = mfn__dimension_config_use(&config, &defaults, err);
    if (status == MFN_OK) {
        status = mfn__area_table_init(&table, mask, width, height, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    mfn_lacunarity found = {0};
    if (mfn__area_table_total(&table) > 0) {
        found.scales = mfn__scales_make(config, width, height, found.sizes);
    }
    for (uint32_t k = 0; k < found.scales; k++) {
        found.value[k] = lacunarity(&table, found.sizes[k]);
    }
    *ret = found;
    mfn__area_table_deinit(&table);
    return MFN_OK;
}
