/* SPDX-License-Identifier: MIT */
/* Sums and moments with NumPy's rounding: the same bits as np.sum, np.mean and np.std over a
 * contiguous float64 array. Nothing allocates. */
#ifndef MFN_ENGINE_STATISTICS_H
#define MFN_ENGINE_STATISTICS_H

#include <stddef.h>

/* 0 for no values. */
double mfn__sum(const double *values, size_t count);

/* `count` is at least 1 in all that follow. */
double mfn__mean(const double *values, size_t count);

/* Population standard deviation; `mean` is that of the values. */
double mfn__std(const double *values, size_t count, double mean);

void mfn__extremes(const double *values, size_t count, double *ret_min, double *ret_max);

typedef struct mfn__moments {
    double mean, std;
    double third, fourth; /* central */
} mfn__moments;

/* Of scale * value: moments in other units without a copy of the values, in two passes. */
void mfn__moments_find(const double *values, size_t count, double scale, mfn__moments *ret);

#endif
