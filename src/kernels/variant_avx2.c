/* SPDX-License-Identifier: MIT */
/* The variant for x86-64 with AVX2 and fused multiply-add, which came together: four cells at a
 * time. Only the pair sums fuse, where it changes nothing. */
#include <immintrin.h>

#include "kernels/field_scan_body.h"
#include "kernels/frame_change_body.h"

typedef __m256d lanes;

#define LANES               4
#define LOAD(at)            _mm256_loadu_pd(at)
#define STORE(at, x)        _mm256_storeu_pd(at, x)
#define SPREAD(x)           _mm256_set1_pd(x)
#define PLUS(x, y)          _mm256_add_pd(x, y)
#define PLUS_TOO(x, y, one) _mm256_add_pd(x, y)
#define MINUS(x, y)         _mm256_sub_pd(x, y)
#define TIMES(x, y)         _mm256_mul_pd(x, y)
#define LARGER(x, y)        _mm256_max_pd(x, y)
#define SMALLER(x, y)       _mm256_min_pd(x, y)
#define MASK(x, y, how)     ((unsigned)_mm256_movemask_pd(_mm256_cmp_pd(x, y, how)))
#define ABOVE(x, y)         MASK(x, y, _CMP_GT_OQ)
#define UNEQUAL(x, y)       MASK(x, y, _CMP_NEQ_UQ)
#define UNORDERED(x, y)     MASK(x, y, _CMP_UNORD_Q)
/* not in [low, high], or NaN */
#define OUTSIDE(x, low, high) (MASK(x, low, _CMP_NGE_UQ) | MASK(x, high, _CMP_NLE_UQ))
/* x + y where a > b, else x */
#define PLUS_WHERE(x, y, a, b)                                                                     \
    _mm256_blendv_pd(x, _mm256_add_pd(x, y), _mm256_cmp_pd(a, b, _CMP_GT_OQ))

#include "kernels/step_vectors.h"
#include "kernels/variants.h"

static bool is_supported(void)
{
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}

const mfn__kernels_table mfn__kernels_avx2 = {
    .name = "avx2",
    .is_supported = is_supported,
    .diffuse = diffuse,
    .react = react,
    .react_updated = react_updated,
    .frame_change = frame_change,
    .pair_products = mfn__pair_products_avx2,
    .pair_differences = mfn__pair_differences_avx2,
    .pcg64_fill = mfn__pcg64_fill_plain,
    .uniforms = mfn__uniforms_plain,
    .normals = mfn__normals_plain,
    .bits_above = mfn__bits_above_avx2,
    .extremes = extremes,
    .sum_scaled = sum_scaled,
    .sum_powers = sum_powers,
};
