/* SPDX-License-Identifier: MIT */
/* The frame-change kernel, once for all instruction sets. Column j always goes to accumulator
 * j mod 8 and the accumulators are combined in one fixed order, so the width of the vectors does
 * not show in the result.
 *
 * One pass gives the spread too, as sum((d - s)^2) - sum(d - s)^2 / n with s = d of column 0. No
 * value is further than sqrt(n - 1) deviations from the mean (Samuelson, JASA 63, 1968), so the
 * difference cannot cancel to less than 1 / n of its terms, and it is exactly 0 when all columns
 * change alike. The sum of d, n s + sum(d - s), is at least s: it cannot cancel further either. */
#ifndef MFN_KERNELS_FRAME_CHANGE_BODY_H
#define MFN_KERNELS_FRAME_CHANGE_BODY_H

#include <math.h>
#include <stddef.h>

#include "kernels/frame_change.h"

#define FRAME_CHANGE_LANES 8
#define MV_PER_V           1000.0

/* gcc turns the loop over the lanes into vectors only when it does not unroll it first. */
#if defined(__clang__)
#define KEEP_LOOP
#else
#define KEEP_LOOP _Pragma("GCC unroll 1")
#endif

typedef struct change_lanes {
    double shifted[FRAME_CHANGE_LANES]; /* sums of d - s, */
    double squares[FRAME_CHANGE_LANES]; /* of (d - s)^2 */
    double energy[FRAME_CHANGE_LANES];  /* and of (1000 now)^2 */
    double max[FRAME_CHANGE_LANES];
} change_lanes;

/* Inlined with a constant `count`, that of all lanes, for all but the last columns. */
static inline __attribute__((always_inline)) void add_columns(change_lanes *lanes,
                                                              const double *before_v,
                                                              const double *now_v, size_t count,
                                                              double shift)
{
    KEEP_LOOP
    for (size_t k = 0; k < count; k++) {
        double now_mv = now_v[k] * MV_PER_V;
        double change = fabs(now_mv - before_v[k] * MV_PER_V);
        double off = change - shift;
        lanes->shifted[k] += off;
        lanes->squares[k] += off * off;
        lanes->energy[k] += now_mv * now_mv;
        lanes->max[k] = change > lanes->max[k] ? change : lanes->max[k];
    }
}

static inline double combine_lanes(const double lane[FRAME_CHANGE_LANES])
{
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/* `columns` is at least 1. */
static void frame_change(const double *before_v, const double *now_v, size_t columns,
                         mfn__row_change *ret)
{
    change_lanes lanes = {0};
    double shift = fabs(now_v[0] * MV_PER_V - before_v[0] * MV_PER_V);
    size_t j = 0;
    for (; j + FRAME_CHANGE_LANES <= columns; j += FRAME_CHANGE_LANES) {
        add_columns(&lanes, before_v + j, now_v + j, FRAME_CHANGE_LANES, shift);
    }
    add_columns(&lanes, before_v + j, now_v + j, columns - j, shift);

    double shifted = combine_lanes(lanes.shifted);
    double max = lanes.max[0];
    for (size_t k = 1; k < FRAME_CHANGE_LANES; k++) {
        max = lanes.max[k] > max ? lanes.max[k] : max;
    }
    *ret = (mfn__row_change){
        .sum_mv = (double)columns * shift + shifted,
        .max_mv = max,
        .spread_mv2 = combine_lanes(lanes.squares) - shifted * shifted / (double)columns,
        .energy_mv2 = combine_lanes(lanes.energy),
    };
}

#endif
