/* SPDX-License-Identifier: MIT */
/* The deviation over all blocks is that within them and that between their means, which cannot
 * cancel. */
#include "engine/frame_changes.h"

#define SHORT_ROW 128 /* columns */

uint32_t mfn__change_block_rows(uint32_t side)
{
    return side <= SHORT_ROW ? MFN__CHANGE_BLOCK_ROWS_MAX : 1;
}

size_t mfn__change_block_count(uint32_t side)
{
    uint32_t rows = mfn__change_block_rows(side);
    return (side + rows - 1) / rows;
}

static double combine(const double lane[MFN__CHANGE_LANES])
{
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

mfn__change mfn__change_of_block(const mfn__change_sums *sums, size_t cells)
{
    double shifted = combine(sums->shifted);
    double max_v = sums->largest[0];
    for (size_t k = 1; k < MFN__CHANGE_LANES; k++) {
        max_v = sums->largest[k] > max_v ? sums->largest[k] : max_v;
    }
    return (mfn__change){
        .cells = (double)cells,
        .sum_v = (double)cells * sums->shift + shifted,
        .max_v = max_v,
        .spread_v2 = combine(sums->squares) - shifted * shifted / (double)cells,
        .energy_v2 = combine(sums->energy),
    };
}

mfn__change mfn__change_of_blocks(const mfn__change *blocks, size_t count)
{
    mfn__change all = {0};
    for (size_t i = 0; i < count; i++) {
        all.cells += blocks[i].cells;
        all.sum_v += blocks[i].sum_v;
        all.max_v = blocks[i].max_v > all.max_v ? blocks[i].max_v : all.max_v;
        all.spread_v2 += blocks[i].spread_v2;
        all.energy_v2 += blocks[i].energy_v2;
    }
    double mean_v = all.sum_v / all.cells;
    double between_v2 = 0.0;
    for (size_t i = 0; i < count; i++) {
        double off_v = blocks[i].sum_v / blocks[i].cells - mean_v;
        between_v2 += off_v * off_v * blocks[i].cells;
    }
    all.spread_v2 += between_v2;
    return all;
}
