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

/* Mean of (scale * value - centre)^power, power 1 to 4: raw and central moments in other units
 * without a copy of the values. */
double mfn__moment(const double *values, size_t count, double scale, double centre, unsigned power);

#endif
