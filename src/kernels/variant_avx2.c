/* SPDX-License-Identifier: MIT */
/* The variant for x86-64 with AVX2 and fused multiply-add, which came together: four cells at a
 * time. Only the pair sums fuse, where it changes nothing. */
#include <immintrin.h>

#include "kernels/field_scan_body.h"
#include "kernels/frame_change_body.h"
#include "kernels/pattern_body.h"

typedef __m256d lanes;

#define LANES                      4
#define BITS(x)                    _mm256_castpd_si256(x)
#define LOAD(at)                   _mm256_loadu_pd(at)
#define STORE(at, x)               _mm256_storeu_pd(at, x)
#define STORE_FIRST(at, mask, x)   _mm256_maskstore_pd(at, BITS(spread_mask(mask)), x)
#define KEEP_FIRST(mask, x)        _mm256_and_pd(spread_mask(mask), x)
#define SPREAD(x)                  _mm256_set1_pd(x)
#define SPREAD_FIRST(x)            _mm256_broadcastsd_pd(_mm256_castpd256_pd128(x))
#define FIRST(x)                   _mm256_cvtsd_f64(x)
#define PLUS(x, y)                 _mm256_add_pd(x, y)
#define PLUS_TOO(x, y, one)        _mm256_add_pd(x, y)
#define MINUS(x, y)                _mm256_sub_pd(x, y)
#define TIMES(x, y)                _mm256_mul_pd(x, y)
#define MINUS_FOUR_TIMES(x, y)     MINUS(x, TIMES(SPREAD(4.0), y))
#define ABSOLUTE(x)                _mm256_andnot_pd(SPREAD(-0.0), x)
#define LARGER(x, y)               _mm256_max_pd(x, y)
#define SMALLER(x, y)              _mm256_min_pd(x, y)
#define BEFORE(before, centre, at) LOAD((at)-1)
#define AFTER(centre, after, at)   LOAD((at) + 1)
#define MASK(x, y, how)            ((unsigned)_mm256_movemask_pd(_mm256_cmp_pd(x, y, how)))
#define ABOVE(x, y)                MASK(x, y, _CMP_GT_OQ)
#define UNEQUAL(x, y)              MASK(x, y, _CMP_NEQ_UQ)
#define UNORDERED(x, y)            MASK(x, y, _CMP_UNORD_Q)
/* x + y where a > b, else x */
#define PLUS_WHERE(x, y, a, b)                                                                     \
    _mm256_blendv_pd(x, _mm256_add_pd(x, y), _mm256_cmp_pd(a, b, _CMP_GT_OQ))
/* The activator is in [0, threshold], the inhibitor in [0, 1], and the potential in [-95, -0] mV:
 * compared as signed numbers, and the first two have no sign. */
#define LARGER_BITS(x, y)         _mm256_castsi256_pd(_mm256_cmpgt_epi64(BITS(x), BITS(y)))
#define WITHOUT(bits)             (~(unsigned)_mm256_movemask_pd(bits))
#define QUIET_POTENTIAL(x, min_v) WITHOUT(LARGER_BITS(x, min_v))
#define LOUD_MORPHOGENS(new, k)                                                                    \
    _mm256_or_pd(_mm256_or_pd((new).activator, LARGER_BITS((new).activator, (k)->threshold)),      \
                 _mm256_or_pd((new).inhibitor, LARGER_BITS((new).inhibitor, (k)->one)))
#define QUIET_MORPHOGENS(new, k) WITHOUT(LOUD_MORPHOGENS(new, k))
#define QUIET(new, k)                                                                              \
    WITHOUT(_mm256_or_pd(LOUD_MORPHOGENS(new, k), LARGER_BITS((new).potential, (k)->min_v)))

/* All bits of the lanes whose bits are set. */
static inline lanes spread_mask(unsigned mask)
{
    const __m256i bit = _mm256_set_epi64x(8, 4, 2, 1);
    __m256i all = _mm256_and_si256(_mm256_set1_epi64x((long long)mask), bit);
    return _mm256_castsi256_pd(_mm256_cmpeq_epi64(all, bit));
}

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
    .patterns = PATTERN_KERNELS,
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
