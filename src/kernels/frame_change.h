/* SPDX-License-Identifier: MIT */
/* How a row of the field changed between two frames. */
#ifndef MFN_KERNELS_FRAME_CHANGE_H
#define MFN_KERNELS_FRAME_CHANGE_H

#include <stddef.h>

/* Over the row, with d = |1000 now - 1000 before| in mV. */
typedef struct mfn__row_change {
    double sum_mv;     /* of d */
    double max_mv;     /* of d */
    double spread_mv2; /* sum of (d - mean d)^2 */
    double energy_mv2; /* sum of (1000 now)^2 */
} mfn__row_change;

typedef void (*mfn__frame_change_kernel)(const double *before_v, const double *now_v,
                                         size_t columns, mfn__row_change *ret);

#endif
