/* SPDX-License-Identifier: MIT */
/* The scans of a field, once for all instruction sets. Loops over the eight lanes become vectors;
 * the lanes are combined in one fixed order, so that the width of the vectors does not show. */
#ifndef MFN_KERNELS_FIELD_SCAN_BODY_H
#define MFN_KERNELS_FIELD_SCAN_BODY_H

#include <string.h>

#include "kernels/field_scan.h"

#define SCAN_LANES 8

/* gcc turns the loop over the lanes into vectors only when it does not unroll it first. */
#if defined(__clang__)
#define SCAN_KEEP_LOOP
#else
#define SCAN_KEEP_LOOP _Pragma("GCC unroll 1")
#endif

/* Compilers cut it into what the instruction set has. */
typedef double scan_vector __attribute__((vector_size(SCAN_LANES * sizeof(double))));

/* The transformations are apart from the sum, so that each is a plain loop. */
static double sum_leaf(const double *values, size_t count)
{
    double sum = 0.0;
    size_t i = 0;
    if (count >= SCAN_LANES) {
        scan_vector lane;
        memcpy(&lane, values, sizeof lane);
        for (i = SCAN_LANES; i + SCAN_LANES <= count; i += SCAN_LANES) {
            scan_vector next;
            memcpy(&next, values + i, sizeof next);
            lane += next;
        }
        sum = ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
              ((lane[4] + lane[5]) + (lane[6] + lane[7]));
    }
    for (; i < count; i++) {
        sum += values[i];
    }
    return sum;
}

static double sum_scaled(const double *values, size_t count, double scale)
{
    double scaled[MFN__SUM_LEAF];
    for (size_t i = 0; i < count; i++) {
        scaled[i] = values[i] * scale;
    }
    return sum_leaf(scaled, count);
}

/* c * c * c stands for NumPy's pow(c, 3): closer than 1e-12 and the same on every machine. */
static void sum_powers(const double *values, size_t count, double scale, double centre,
                       double ret_sums[3])
{
    double squares[MFN__SUM_LEAF];
    double cubes[MFN__SUM_LEAF];
    double fourths[MFN__SUM_LEAF];
    for (size_t i = 0; i < count; i++) {
        double off = values[i] * scale - centre;
        double square = off * off;
        squares[i] = square;
        cubes[i] = square * off;
        fourths[i] = square * square;
    }
    ret_sums[0] = sum_leaf(squares, count);
    ret_sums[1] = sum_leaf(cubes, count);
    ret_sums[2] = sum_leaf(fourths, count);
}

static void extremes(const double *values, size_t count, double *ret_min, double *ret_max)
{
    double min[SCAN_LANES];
    double max[SCAN_LANES];
    for (size_t k = 0; k < SCAN_LANES; k++) {
        min[k] = values[0];
        max[k] = values[0];
    }
    size_t i = 0;
    for (; i + SCAN_LANES <= count; i += SCAN_LANES) {
        SCAN_KEEP_LOOP
        for (size_t k = 0; k < SCAN_LANES; k++) {
            double value = values[i + k];
            min[k] = value < min[k] ? value : min[k];
            max[k] = value > max[k] ? value : max[k];
        }
    }
    for (; i < count; i++) {
        min[0] = values[i] < min[0] ? values[i] : min[0];
        max[0] = values[i] > max[0] ? values[i] : max[0];
    }
    for (size_t k = 1; k < SCAN_LANES; k++) {
        min[0] = min[k] < min[0] ? min[k] : min[0];
        max[0] = max[k] > max[0] ? max[k] : max[0];
    }
    *ret_min = min[0];
    *ret_max = max[0];
}

#endif
