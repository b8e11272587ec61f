/* SPDX-License-Identifier: MIT */
/* NumPy adds a contiguous array in blocks of 8192 values, the blocks left to right and each block
 * pairwise: halves down to at most 128 values, which eight accumulators take in turn. The last
 * bits of every statistic depend on this order, so it is kept. Values are transformed a leaf at a
 * time: NumPy's temporary arrays of squares and cubes never exist. */
#include "engine/statistics.h"

#include <math.h>
#include <string.h>

#define BLOCK 8192
#define LEAF  128
#define LANES 8

typedef struct series {
    const double *values;
    double scale, centre;
    unsigned power; /* 0: the values as they are */
} series;

/* c * c * c stands for NumPy's pow(c, 3): closer than 1e-12 and the same on every machine. */
static void load_leaf(const series *of, size_t first, size_t count, double *ret)
{
    const double *values = of->values + first;
    if (of->power == 0) {
        memcpy(ret, values, count * sizeof *ret);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        ret[i] = values[i] * of->scale - of->centre;
    }
    if (of->power == 2 || of->power == 4) {
        for (size_t i = 0; i < count; i++) {
            ret[i] *= ret[i];
        }
    }
    if (of->power == 3) {
        for (size_t i = 0; i < count; i++) {
            ret[i] = ret[i] * ret[i] * ret[i];
        }
    }
    if (of->power == 4) {
        for (size_t i = 0; i < count; i++) {
            ret[i] *= ret[i];
        }
    }
}

static double sum_leaf(const double *values, size_t count)
{
    double sum = 0.0;
    size_t i = 0;
    if (count >= LANES) {
        double lane[LANES];
        memcpy(lane, values, sizeof lane);
        for (i = LANES; i + LANES <= count; i += LANES) {
            for (size_t k = 0; k < LANES; k++) {
                lane[k] += values[i + k];
            }
        }
        sum = ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
              ((lane[4] + lane[5]) + (lane[6] + lane[7]));
    }
    for (; i < count; i++) {
        sum += values[i];
    }
    return sum;
}

/* Recursion goes log2(BLOCK / LEAF) deep. */
static double sum_pairwise(const series *of, size_t first, size_t count)
{
    if (count <= LEAF) {
        double leaf[LEAF];
        load_leaf(of, first, count, leaf);
        return sum_leaf(leaf, count);
    }
    size_t half = count / 2 / LANES * LANES;
    return sum_pairwise(of, first, half) + sum_pairwise(of, first + half, count - half);
}

static double sum_series(const series *of, size_t count)
{
    double sum = 0.0;
    for (size_t first = 0; first < count; first += BLOCK) {
        size_t left = count - first;
        sum += sum_pairwise(of, first, left < BLOCK ? left : BLOCK);
    }
    return sum;
}

double mfn__sum(const double *values, size_t count)
{
    const series plain = {.values = values};
    return sum_series(&plain, count);
}

double mfn__mean(const double *values, size_t count)
{
    return mfn__sum(values, count) / (double)count;
}

double mfn__moment(const double *values, size_t count, double scale, double centre, unsigned power)
{
    const series transformed = {values, scale, centre, power};
    return sum_series(&transformed, count) / (double)count;
}

double mfn__std(const double *values, size_t count, double mean)
{
    return sqrt(mfn__moment(values, count, 1.0, mean, 2));
}

void mfn__extremes(const double *values, size_t count, double *ret_min, double *ret_max)
{
    double min = values[0];
    double max = values[0];
    for (size_t i = 1; i < count; i++) {
        min = values[i] < min ? values[i] : min;
        max = values[i] > max ? values[i] : max;
    }
    *ret_min = min;
    *ret_max = max;
}
