/* SPDX-License-Identifier: MIT */
/* How the field changed between two frames, with d = |now - before| in volts.
 *
 * Column j always goes to accumulator j mod 8, and the accumulators are combined in one fixed
 * order: so the width of the vectors does not show in the result. One pass gives the spread too,
 * as sum((d - s)^2) - sum(d - s)^2 / n, where s is the first d. No value is further than
 * sqrt(n - 1) deviations from the mean (Samuelson, JASA 63, 1968), so that this cannot cancel to
 * less than 1 / n of its terms, and it is exactly 0 when all cells change alike. */
#ifndef MFN_KERNELS_FRAME_CHANGE_H
#define MFN_KERNELS_FRAME_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#define MFN__CHANGE_LANES 8

/* Sums over some rows; while `has_begun` is false, over none, whatever the others hold. */
typedef struct mfn__change_sums {
    double shifted[MFN__CHANGE_LANES]; /* sums of d - s, */
    double squares[MFN__CHANGE_LANES]; /* of (d - s)^2 */
    double energy[MFN__CHANGE_LANES];  /* and of now^2 */
    double largest[MFN__CHANGE_LANES]; /* d */
    double shift;                      /* s */
    bool has_begun;
} mfn__change_sums;

/* Adds one row. */
typedef void (*mfn__frame_change_kernel)(const double *before_v, const double *now_v,
                                         size_t columns, mfn__change_sums *sums);

#endif
