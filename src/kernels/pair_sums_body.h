/* SPDX-License-Identifier: MIT */
/* The pair sums, once for all instruction sets. Each pair has an accumulator of its own, to which
 * the terms of k = 0, 1, 2, ... are added one by one. A product of two floats is exact in double,
 * so that a fused multiply-add rounds as a multiplication and an addition do: neither the width of
 * the vectors, nor the tile, nor the fusing shows in the result. Squares of differences are not
 * exact: they are never fused.
 *
 * The including file says what a vector is: PAIR_VECTOR of PAIR_LANES doubles, PAIR_SPLAT and
 * PAIR_MULTIPLY_ADD(a, b, sum), and the tile of PAIR_ROWS by PAIR_VECTORS vectors that fits into
 * its registers. */
#ifndef MFN_KERNELS_PAIR_SUMS_BODY_H
#define MFN_KERNELS_PAIR_SUMS_BODY_H

#include <stdbool.h>
#include <string.h>

#include "kernels/pair_sums.h"

#define PAIR_COLUMNS ((size_t)PAIR_LANES * PAIR_VECTORS)
#define UNROLLED     _Pragma("GCC unroll 8")

_Static_assert(MFN__PANEL_VECTORS % PAIR_ROWS == 0, "tiles fill a panel");
_Static_assert(MFN__PANEL_VECTORS % PAIR_COLUMNS == 0, "tiles fill a panel");

static inline __attribute__((always_inline)) PAIR_VECTOR pair_load(const double *from)
{
    PAIR_VECTOR vector;
    memcpy(&vector, from, sizeof vector);
    return vector;
}

/* `products` is a constant at every call. */
static inline __attribute__((always_inline)) void
pair_tile(const double *rows, const double *columns, size_t depth, double *sums, bool products)
{
    PAIR_VECTOR sum[PAIR_ROWS][PAIR_VECTORS];
    UNROLLED
    for (size_t i = 0; i < PAIR_ROWS; i++) {
        UNROLLED
        for (size_t j = 0; j < PAIR_VECTORS; j++) {
            sum[i][j] = pair_load(sums + i * MFN__PANEL_VECTORS + j * PAIR_LANES);
        }
    }
    for (size_t k = 0; k < depth; k++) {
        PAIR_VECTOR column[PAIR_VECTORS];
        UNROLLED
        for (size_t j = 0; j < PAIR_VECTORS; j++) {
            column[j] = pair_load(columns + k * MFN__PANEL_VECTORS + j * PAIR_LANES);
        }
        UNROLLED
        for (size_t i = 0; i < PAIR_ROWS; i++) {
            PAIR_VECTOR row = PAIR_SPLAT(rows[k * MFN__PANEL_VECTORS + i]);
            UNROLLED
            for (size_t j = 0; j < PAIR_VECTORS; j++) {
                if (products) {
                    sum[i][j] = PAIR_MULTIPLY_ADD(row, column[j], sum[i][j]);
                } else {
                    PAIR_VECTOR difference = row - column[j];
                    sum[i][j] = sum[i][j] + difference * difference;
                }
            }
        }
    }
    UNROLLED
    for (size_t i = 0; i < PAIR_ROWS; i++) {
        UNROLLED
        for (size_t j = 0; j < PAIR_VECTORS; j++) {
            memcpy(sums + i * MFN__PANEL_VECTORS + j * PAIR_LANES, &sum[i][j], sizeof sum[i][j]);
        }
    }
}

static inline __attribute__((always_inline)) void
pair_panels(const double *rows, const double *columns, size_t depth, double *sums, bool products)
{
    for (size_t i = 0; i < MFN__PANEL_VECTORS; i += PAIR_ROWS) {
        for (size_t j = 0; j < MFN__PANEL_VECTORS; j += PAIR_COLUMNS) {
            pair_tile(rows + i, columns + j, depth, sums + i * MFN__PANEL_VECTORS + j, products);
        }
    }
}

#endif
