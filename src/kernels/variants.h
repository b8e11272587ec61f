/* SPDX-License-Identifier: MIT */
/* The variants that a build can have; which ones it has is decided in CMakeLists.txt. */
#ifndef MFN_KERNELS_VARIANTS_H
#define MFN_KERNELS_VARIANTS_H

#include "kernels/kernels.h"

extern const mfn__kernels_table mfn__kernels_scalar;
extern const mfn__kernels_table mfn__kernels_neon;
extern const mfn__kernels_table mfn__kernels_avx2;
extern const mfn__kernels_table mfn__kernels_avx512;

/* In files of their own: they need other compiler flags than the rest. */
void mfn__pair_products_scalar(const double *rows, const double *columns, size_t depth,
                               double *sums);
void mfn__pair_differences_scalar(const double *rows, const double *columns, size_t depth,
                                  double *sums);
void mfn__pair_products_neon(const double *rows, const double *columns, size_t depth, double *sums);
void mfn__pair_differences_neon(const double *rows, const double *columns, size_t depth,
                                double *sums);
void mfn__pair_products_avx2(const double *rows, const double *columns, size_t depth, double *sums);
void mfn__pair_differences_avx2(const double *rows, const double *columns, size_t depth,
                                double *sums);
void mfn__pair_products_avx512(const double *rows, const double *columns, size_t depth,
                               double *sums);
void mfn__pair_differences_avx512(const double *rows, const double *columns, size_t depth,
                                  double *sums);

#endif
