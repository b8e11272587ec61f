/* SPDX-License-Identifier: MIT */
/* The frame-change kernel, once for all instruction sets. Column j always goes to accumulator
 * j mod 8 and the accumulators are combined in one fixed order, so the width of the vectors does
 * not show in the result. The spread takes a second pass over the row, which is still in cache:
 * sum(d^2) - sum(d)^2 / n would cancel when all cells change alike. */
#ifndef MFN_KERNELS_FRAME_CHANGE_BODY_H
#define MFN_KERNELS_FRAME_CHANGE_BODY_H

#include <math.h>
#include <stddef.h>

#include "kernels/frame_change.h"

#define FRAME_CHANGE_LANES 8
#define MV_PER_V           1000.0

static inline double combine_lanes(const double lane[FRAME_CHANGE_LANES])
{
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

static void frame_change(const double *before_v, const double *now_v, size_t columns,
                         mfn__row_change *ret)
{
    double sum[FRAME_CHANGE_LANES] = {0};
    double max[FRAME_CHANGE_LANES] = {0};
    double energy[FRAME_CHANGE_LANES] = {0};
    double spread[FRAME_CHANGE_LANES] = {0};
    size_t whole = columns / FRAME_CHANGE_LANES * FRAME_CHANGE_LANES;

    for (size_t j = 0; j < whole; j += FRAME_CHANGE_LANES) {
        for (size_t k = 0; k < FRAME_CHANGE_LANES; k++) {
            double now_mv = now_v[j + k] * MV_PER_V;
            double change = fabs(now_mv - before_v[j + k] * MV_PER_V);
            sum[k] += change;
            max[k] = change > max[k] ? change : max[k];
            energy[k] += now_mv * now_mv;
        }
    }
    for (size_t j = whole; j < columns; j++) {
        double now_mv = now_v[j] * MV_PER_V;
        double change = fabs(now_mv - before_v[j] * MV_PER_V);
        sum[j - whole] += change;
        max[j - whole] = change > max[j - whole] ? change : max[j - whole];
        energy[j - whole] += now_mv * now_mv;
    }
    double total = combine_lanes(sum);
    double mean = total / (double)columns;
    for (size_t j = 0; j < whole; j += FRAME_CHANGE_LANES) {
        for (size_t k = 0; k < FRAME_CHANGE_LANES; k++) {
            double change = fabs(now_v[j + k] * MV_PER_V - before_v[j + k] * MV_PER_V);
            spread[k] += (change - mean) * (change - mean);
        }
    }
    for (size_t j = whole; j < columns; j++) {
        double change = fabs(now_v[j] * MV_PER_V - before_v[j] * MV_PER_V);
        spread[j - whole] += (change - mean) * (change - mean);
    }
    for (size_t k = 1; k < FRAME_CHANGE_LANES; k++) {
        max[0] = max[k] > max[0] ? max[k] : max[0];
    }
    *ret = (mfn__row_change){
        .sum_mv = total,
        .max_mv = max[0],
        .spread_mv2 = combine_lanes(spread),
        .energy_mv2 = combine_lanes(energy),
    };
}

#endif
