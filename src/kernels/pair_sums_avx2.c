/* SPDX-License-Identifier: MIT */
#include <immintrin.h>

#define PAIR_VECTOR                  __m256d
#define PAIR_LANES                   4
#define PAIR_ROWS                    6
#define PAIR_VECTORS                 2
#define PAIR_SPLAT(x)                _mm256_set1_pd(x)
#define PAIR_MULTIPLY_ADD(a, b, sum) _mm256_fmadd_pd(a, b, sum)
#include "kernels/pair_sums_body.h"
#include "kernels/variants.h"

void mfn__pair_products_avx2(const double *rows, const double *columns, size_t depth, double *sums)
{
    pair_panels(rows, columns, depth, sums, true);
}

void mfn__pair_differences_avx2(const double *rows, const double *columns, size_t depth,
                                double *sums)
{
    pair_panels(rows, columns, depth, sums, false);
}
