/* SPDX-License-Identifier: MIT */
#define PAIR_VECTOR                  double
#define PAIR_LANES                   1
#define PAIR_ROWS                    3
#define PAIR_VECTORS                 4
#define PAIR_SPLAT(x)                (x)
#define PAIR_MULTIPLY_ADD(a, b, sum) ((sum) + (a) * (b))
#include "kernels/pair_sums_body.h"
#include "kernels/variants.h"

void mfn__pair_products_scalar(const double *rows, const double *columns, size_t depth,
                               double *sums)
{
    pair_panels(rows, columns, depth, sums, true);
}

void mfn__pair_differences_scalar(const double *rows, const double *columns, size_t depth,
                                  double *sums)
{
    pair_panels(rows, columns, depth, sums, false);
}
