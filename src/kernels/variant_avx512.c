/* SPDX-License-Identifier: MIT */
/* The variant for x86-64 with AVX-512: eight cells at a time. */
#include <immintrin.h>

#include "kernels/field_scan_body.h"
#include "kernels/frame_change_body.h"
#include "kernels/pattern_body.h"

typedef __m512d lanes;

#define LANES                    8
#define LOAD(at)                 _mm512_loadu_pd(at)
#define STORE(at, x)             _mm512_storeu_pd(at, x)
#define STORE_FIRST(at, mask, x) _mm512_mask_storeu_pd(at, (__mmask8)(mask), x)
#define KEEP_FIRST(mask, x)      _mm512_maskz_mov_pd((__mmask8)(mask), x)
#define SPREAD(x)                _mm512_set1_pd(x)
#define SPREAD_FIRST(x)          _mm512_broadcastsd_pd(_mm512_castpd512_pd128(x))
#define FIRST(x)                 _mm512_cvtsd_f64(x)
#define PLUS(x, y)               _mm512_add_pd(x, y)
#define PLUS_TOO(x, y, one)      _mm512_fmadd_pd(x, one, y)
#define MINUS(x, y)              _mm512_sub_pd(x, y)
#define TIMES(x, y)              _mm512_mul_pd(x, y)
/* 4 y has no rounding of its own, so that fusing changes nothing. */
#define MINUS_FOUR_TIMES(x, y) _mm512_fnmadd_pd(_mm512_set1_pd(4.0), y, x)
#define ABSOLUTE(x)            _mm512_abs_pd(x)
#define LARGER(x, y)           _mm512_max_pd(x, y)
#define SMALLER(x, y)          _mm512_min_pd(x, y)
#define BITS(x)                _mm512_castpd_si512(x)
#define JOINED(low, high, from)                                                                    \
    _mm512_castsi512_pd(_mm512_alignr_epi64(BITS(high), BITS(low), from))
#define BEFORE(before, centre, at) JOINED(before, centre, 7)
#define AFTER(centre, after, at)   JOINED(centre, after, 1)
#define ABOVE(x, y)                ((unsigned)_mm512_cmp_pd_mask(x, y, _CMP_GT_OQ))
#define UNEQUAL(x, y)              ((unsigned)_mm512_cmp_pd_mask(x, y, _CMP_NEQ_UQ))
#define UNORDERED(x, y)            ((unsigned)_mm512_cmp_pd_mask(x, y, _CMP_UNORD_Q))
/* x + y where a > b, else x */
#define PLUS_WHERE(x, y, a, b) _mm512_mask_add_pd(x, _mm512_cmp_pd_mask(a, b, _CMP_GT_OQ), x, y)
/* The activator is in [0, threshold], the inhibitor in [0, 1], and the potential in [-95, -0] mV:
 * as unsigned numbers the bits of the first two are not above those of the bound, as signed ones
 * those of a potential in range are the least. */
#define QUIET_MORPHOGENS(new, k)                                                                   \
    ((unsigned)_mm512_mask_cmple_epu64_mask(                                                       \
        _mm512_cmple_epu64_mask(BITS((new).activator), BITS((k)->threshold)),                      \
        BITS((new).inhibitor), BITS((k)->one)))
#define QUIET(new, k)                                                                              \
    ((unsigned)_mm512_mask_cmple_epi64_mask((__mmask8)QUIET_MORPHOGENS(new, k),                    \
                                            BITS((new).potential), BITS((k)->min_v)))
#define QUIET_POTENTIAL(x, min_v) ((unsigned)_mm512_cmple_epi64_mask(BITS(x), BITS(min_v)))

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
    .patterns = PATTERN_KERNELS,
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
