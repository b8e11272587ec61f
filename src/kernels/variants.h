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

void mfn__bits_above_plain(const double *values, size_t count, double threshold,
                           uint64_t *ret_words);
void mfn__bits_above_avx2(const double *values, size_t count, double threshold,
                          uint64_t *ret_words);
void mfn__bits_above_avx512(const double *values, size_t count, double threshold,
                            uint64_t *ret_words);

void mfn__uniforms_plain(const uint64_t *bits, size_t count, double low, double range, double *ret);
size_t mfn__normals_plain(const mfn__normals *normals, const uint64_t *bits, size_t count,
                          double *ret);
void mfn__uniforms_avx512(const uint64_t *bits, size_t count, double low, double range,
                          double *ret);
size_t mfn__normals_avx512(const mfn__normals *normals, const uint64_t *bits, size_t count,
                           double *ret);
void mfn__pcg64_fill_plain(mfn__pcg64 *generator, uint64_t *ret, size_t count);
void mfn__pcg64_fill_avx512(mfn__pcg64 *generator, uint64_t *ret, size_t count);

#endif
