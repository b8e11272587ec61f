/* SPDX-License-Identifier: MIT */
/* What is found out about a field's values by going through them once. */
#ifndef MFN_KERNELS_FIELD_SCAN_H
#define MFN_KERNELS_FIELD_SCAN_H

#include <stddef.h>
#include <stdint.h>

/* One bit per value, lowest first: whether it is above the threshold. The last word is filled up
 * with zeros. */
typedef void (*mfn__bits_above_kernel)(const double *values, size_t count, double threshold,
                                       uint64_t *ret_words);

/* Smallest and largest of at least one value that is not NaN. Of two zeros any may come. */
typedef void (*mfn__extremes_kernel)(const double *values, size_t count, double *ret_min,
                                     double *ret_max);

/* Sums in which value i is added to accumulator i mod 8; the last count % 8 values then follow the
 * accumulators' sum one by one: a leaf of NumPy's pairwise sum. */
#define MFN__SUM_LEAF ((size_t)128)

/* Sum of scale * value of at most MFN__SUM_LEAF values. */
typedef double (*mfn__sum_scaled_kernel)(const double *values, size_t count, double scale);

/* Sums of the second, third and fourth power of scale * value - centre. */
typedef void (*mfn__sum_powers_kernel)(const double *values, size_t count, double scale,
                                       double centre, double ret_sums[3]);

#endif
