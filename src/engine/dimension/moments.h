/* SPDX-License-Identifier: MIT */
/* Moments of a measure under grids of boxes. */
#ifndef MFN_ENGINE_DIMENSION_MOMENTS_H
#define MFN_ENGINE_DIMENSION_MOMENTS_H

#include "engine/dimension/shares.h"

/* Of one moment q, with w = p^q / sum p^q over the boxes with a share p > 0. */
typedef struct mfn__moment_sums {
    double entropy;    /* Renyi: ln(sum p^q) / (1 - q), and -sum p ln p where q is 1 */
    double log_share;  /* sum w ln p */
    double log_weight; /* sum w ln w */
    double power_sum;  /* sum p^q: for q = 0 the boxes themselves */
} mfn__moment_sums;

/* Which moments, and on how many positions of a grid along each axis. */
typedef struct mfn__moment_plan {
    const double *q;
    uint32_t count, offsets;
} mfn__moment_plan;

/* For each moment of the plan, the sums on the grid of `size` that makes the entropy smallest; of
 * equal ones the first. */
void mfn__moments_scan(const mfn__measure *measure, mfn__shares *shares, uint32_t size,
                       const mfn__moment_plan *plan, mfn__moment_sums *ret_sums);

#endif
