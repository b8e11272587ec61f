/* SPDX-License-Identifier: MIT */
/* NumPy adds a contiguous array in blocks of 8192 values, the blocks left to right and each block
 * pairwise: halves down to at most 128 values, which eight accumulators take in turn. The last
 * bits of every statistic depend on this order, so it is kept. Values are transformed a leaf at a
 * time: NumPy's temporary arrays of squares and cubes never exist. */
#include "engine/statistics.h"

#include <math.h>

#include "kernels/kernels.h"

#define BLOCK 8192
#define LEAF  MFN__SUM_LEAF
#define LANES 8

/* The order of the additions is that of one array whatever is added up: a tree whose leaves give
 * some sums each. */
#define SUMS_MAX 3

typedef struct sums {
    double of[SUMS_MAX];
} sums;

typedef struct series {
    const double *values;
    double scale, centre;
    const mfn__kernels_table *kernels;
    sums (*add_leaf)(const struct series *of, size_t first, size_t count);
} series;

static sums add_scaled(const series *of, size_t first, size_t count)
{
    return (sums){{of->kernels->sum_scaled(of->values + first, count, of->scale)}};
}

static sums add_powers(const series *of, size_t first, size_t count)
{
    sums all;
    of->kernels->sum_powers(of->values + first, count, of->scale, of->centre, all.of);
    return all;
}

static sums both(sums a, sums b)
{
    return (sums){{a.of[0] + b.of[0], a.of[1] + b.of[1], a.of[2] + b.of[2]}};
}

/* Recursion goes log2(BLOCK / LEAF) deep. */
static sums add_pairwise(const series *of, size_t first, size_t count)
{
    if (count <= LEAF) {
        return of->add_leaf(of, first, count);
    }
    size_t half = count / 2 / LANES * LANES;
    return both(add_pairwise(of, first, half), add_pairwise(of, first + half, count - half));
}

static sums add_series(const series *of, size_t count)
{
    sums all = {{0.0, 0.0, 0.0}};
    for (size_t first = 0; first < count; first += BLOCK) {
        size_t left = count - first;
        all = both(all, add_pairwise(of, first, left < BLOCK ? left : BLOCK));
    }
    return all;
}

/* The square, the third and the fourth power. */
static sums powers_of(const double *values, size_t count, double scale, double centre)
{
    const series of = {values, scale, centre, mfn__kernels(), add_powers};
    return add_series(&of, count);
}

static double sum_scaled(const double *values, size_t count, double scale)
{
    const series of = {values, scale, 0.0, mfn__kernels(), add_scaled};
    return add_series(&of, count).of[0];
}

double mfn__sum(const double *values, size_t count)
{
    return sum_scaled(values, count, 1.0);
}

double mfn__mean(const double *values, size_t count)
{
    return mfn__sum(values, count) / (double)count;
}

double mfn__std(const double *values, size_t count, double mean)
{
    return sqrt(powers_of(values, count, 1.0, mean).of[0] / (double)count);
}

void mfn__moments_find(const double *values, size_t count, double scale, mfn__moments *ret)
{
    double n = (double)count;
    double mean = sum_scaled(values, count, scale) / n;
    sums powers = powers_of(values, count, scale, mean);
    *ret = (mfn__moments){mean, sqrt(powers.of[0] / n), powers.of[1] / n, powers.of[2] / n};
}

/* Zeros compare equal and differ in their sign: the first one counts. */
static double first_equal(const double *values, double value)
{
    while (*values != value) {
        values++;
    }
    return *values;
}

void mfn__extremes(const double *values, size_t count, double *ret_min, double *ret_max)
{
    mfn__kernels()->extremes(values, count, ret_min, ret_max);
    *ret_min = *ret_min == 0.0 ? first_equal(values, 0.0) : *ret_min;
    *ret_max = *ret_max == 0.0 ? first_equal(values, 0.0) : *ret_max;
}
