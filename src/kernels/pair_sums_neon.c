/* SPDX-License-Identifier: MIT */
#include <arm_neon.h>

#define PAIR_VECTOR                  float64x2_t
#define PAIR_LANES                   2
#define PAIR_ROWS                    6
#define PAIR_VECTORS                 4
#define PAIR_SPLAT(x)                vdupq_n_f64(x)
#define PAIR_MULTIPLY_ADD(a, b, sum) vfmaq_f64(sum, a, b)
#include "kernels/pair_sums_body.h"
#include "kernels/variants.h"

void mfn__pair_products_neon(const double *rows, const double *columns, size_t depth, double *sums)
{
    pair_panels(rows, columns, depth, sums, true);
}

void mfn__pair_differences_neon(const double *rows, const double *columns, size_t depth,
                                double *sums)
{
    pair_panels(rows, columns, depth, sums, false);
}
