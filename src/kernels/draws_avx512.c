/* SPDX-License-Identifier: MIT */
/* Eight draws at a time. Layers are looked up one by one: the processor's own gathering of eight
 * values takes longer than eight loads. */
#include <immintrin.h>

#include "kernels/draws.h"
#include "kernels/variants.h"

#define LANES ((size_t)8)

static inline __m512i splat(uint64_t value)
{
    return _mm512_set1_epi64((long long)value);
}

static inline __m512d uniforms(const uint64_t *bits, __m512d low, __m512d range)
{
    __m512d fraction = _mm512_cvtepi64_pd(_mm512_srli_epi64(_mm512_loadu_si512(bits), 11));
    __m512d unit = _mm512_mul_pd(fraction, _mm512_set1_pd(0x1p-53));
    return _mm512_add_pd(low, _mm512_mul_pd(range, unit));
}

void mfn__uniforms_avx512(const uint64_t *bits, size_t count, double low, double range, double *ret)
{
    __m512d lows = _mm512_set1_pd(low);
    __m512d ranges = _mm512_set1_pd(range);
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        _mm512_storeu_pd(ret + i, uniforms(bits + i, lows, ranges));
    }
    mfn__uniforms_plain(bits + i, count - i, low, range, ret + i);
}

static inline __m128d look_up_two(const double *table, const uint64_t *bits)
{
    return _mm_loadh_pd(_mm_load_sd(table + (bits[0] & 0xff)), table + (bits[1] & 0xff));
}

static inline __m256d look_up_four(const double *table, const uint64_t *bits)
{
    return _mm256_insertf128_pd(_mm256_castpd128_pd256(look_up_two(table, bits)),
                                look_up_two(table, bits + 2), 1);
}

static inline __m512d look_up(const double *table, const uint64_t *bits)
{
    return _mm512_insertf64x4(_mm512_castpd256_pd512(look_up_four(table, bits)),
                              look_up_four(table, bits + 4), 1);
}

size_t mfn__normals_avx512(const mfn__normals *normals, const uint64_t *bits, size_t count,
                           double *ret)
{
    const mfn__normals of = *normals;
    __m512d mean = _mm512_set1_pd(of.mean);
    __m512d deviation = _mm512_set1_pd(of.deviation);
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        __m512i draws = _mm512_loadu_si512(bits + i);
        __m512i fraction =
            _mm512_and_si512(_mm512_srli_epi64(draws, 9), splat(UINT64_C(0x000fffffffffffff)));
        __m512i sign = _mm512_and_si512(_mm512_slli_epi64(draws, 55), splat(UINT64_C(1) << 63));
        __m512d x = _mm512_mul_pd(_mm512_cvtepi64_pd(fraction), look_up(of.width, bits + i));
        x = _mm512_xor_pd(x, _mm512_castsi512_pd(sign));
        _mm512_storeu_pd(ret + i, _mm512_add_pd(mean, _mm512_mul_pd(deviation, x)));
        __m512d inside = look_up((const double *)of.inside, bits + i);
        __mmask8 doubtful = _mm512_cmpge_epu64_mask(fraction, _mm512_castpd_si512(inside));
        if (doubtful != 0) {
            return i + (size_t)__builtin_ctz(doubtful);
        }
    }
    return i + mfn__normals_plain(normals, bits + i, count - i, ret + i);
}
