/* SPDX-License-Identifier: MIT */
/* The variant for x86-64 with AVX-512: eight cells at a time. */
#include <immintrin.h>

#include "kernels/field_scan_body.h"
#include "kernels/frame_change_body.h"

typedef __m512d lanes;

#define LANES               8
#define LOAD(at)            _mm512_loadu_pd(at)
#define STORE(at, x)        _mm512_storeu_pd(at, x)
#define SPREAD(x)           _mm512_set1_pd(x)
#define PLUS(x, y)          _mm512_add_pd(x, y)
#define PLUS_TOO(x, y, one) _mm512_fmadd_pd(x, one, y)
#define MINUS(x, y)         _mm512_sub_pd(x, y)
#define TIMES(x, y)         _mm512_mul_pd(x, y)
#define LARGER(x, y)        _mm512_max_pd(x, y)
#define SMALLER(x, y)       _mm512_min_pd(x, y)
#define ABOVE(x, y)         ((unsigned)_mm512_cmp_pd_mask(x, y, _CMP_GT_OQ))
#define UNEQUAL(x, y)       ((unsigned)_mm512_cmp_pd_mask(x, y, _CMP_NEQ_UQ))
#define UNORDERED(x, y)     ((unsigned)_mm512_cmp_pd_mask(x, y, _CMP_UNORD_Q))
/* not in [low, high], or NaN */
#define OUTSIDE(x, low, high)                                                                      \
    ((unsigned)_mm512_cmp_pd_mask(x, low, _CMP_NGE_UQ) |                                           \
     (unsigned)_mm512_cmp_pd_mask(x, high, _CMP_NLE_UQ))
/* x + y where a > b, else x */
#define PLUS_WHERE(x, y, a, b) _mm512_mask_add_pd(x, _mm512_cmp_pd_mask(a, b, _CMP_GT_OQ), x, y)

#include "kernels/step_vectors.h"
#include "kernels/variants.h"

static bool is_supported(void)
{
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
           __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512bw") != 0;
}

const mfn__kernels_table mfn__kernels_avx512 = {
    .name = "avx512",
    .is_supported = is_supported,
    .diffuse = diffuse,
    .react = react,
    .react_updated = react_updated,
    .frame_change = frame_change,
    .pair_products = mfn__pair_products_avx512,
    .pair_differences = mfn__pair_differences_avx512,
    .pcg64_fill = mfn__pcg64_fill_avx512,
    .uniforms = mfn__uniforms_avx512,
    .normals = mfn__normals_avx512,
    .bits_above = mfn__bits_above_avx512,
    .extremes = extremes,
    .sum_scaled = sum_scaled,
    .sum_powers = sum_powers,
};
