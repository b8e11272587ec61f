/* SPDX-License-Identifier: MIT */
/* Deviations are joined by (count, mean, spread) with the formula of Chan, Golub and LeVeque (The
 * American Statistician 37(3), 1983), which does not cancel. */
#include "engine/frame_changes.h"

#define SHORT_ROW           128 /* columns */
#define BLOCK_OF_SHORT_ROWS 32

uint32_t mfn__change_block_rows(uint32_t side)
{
    return side <= SHORT_ROW ? BLOCK_OF_SHORT_ROWS : 1;
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

void mfn__change_join(mfn__change *total, const mfn__change *block)
{
    if (total->cells > 0.0) {
        double step = block->sum_v / block->cells - total->sum_v / total->cells;
        double weight = total->cells * block->cells / (total->cells + block->cells);
        total->spread_v2 += step * step * weight;
    }
    total->spread_v2 += block->spread_v2;
    total->cells += block->cells;
    total->sum_v += block->sum_v;
    total->max_v = block->max_v > total->max_v ? block->max_v : total->max_v;
    total->energy_v2 += block->energy_v2;
}
