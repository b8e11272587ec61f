/* SPDX-License-Identifier: MIT */
/* The frame-change kernel, once for all instruction sets. */
#ifndef MFN_KERNELS_FRAME_CHANGE_BODY_H
#define MFN_KERNELS_FRAME_CHANGE_BODY_H

#include <math.h>

#include "kernels/frame_change.h"

/* gcc turns the loop over the lanes into vectors only when it does not unroll it first. */
#if defined(__clang__)
#define KEEP_LOOP
#else
#define KEEP_LOOP _Pragma("GCC unroll 1")
#endif

/* Inlined with a constant `count`, that of all lanes, for all but the last columns. */
static inline __attribute__((always_inline)) void
add_columns(mfn__change_sums *sums, const double *before_v, const double *now_v, size_t count)
{
    KEEP_LOOP
    for (size_t k = 0; k < count; k++) {
        double change = fabs(now_v[k] - before_v[k]);
        double off = change - sums->shift;
        sums->shifted[k] += off;
        sums->squares[k] += off * off;
        sums->energy[k] += now_v[k] * now_v[k];
        sums->largest[k] = change > sums->largest[k] ? change : sums->largest[k];
    }
}

/* `columns` is at least 1. */
static void frame_change(const double *before_v, const double *now_v, size_t columns,
                         mfn__change_sums *sums)
{
    mfn__change_sums local = {.shift = fabs(now_v[0] - before_v[0]), .has_begun = true};
    if (sums->has_begun) {
        local = *sums; /* a copy, which the rows cannot overlap */
    }
    size_t j = 0;
    for (; j + MFN__CHANGE_LANES <= columns; j += MFN__CHANGE_LANES) {
        add_columns(&local, before_v + j, now_v + j, MFN__CHANGE_LANES);
    }
    add_columns(&local, before_v + j, now_v + j, columns - j);
    *sums = local;
}

#endif
