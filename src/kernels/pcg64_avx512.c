/* SPDX-License-Identifier: MIT */
/* Sixteen draws that lie side by side in the stream, each of which jumps sixteen steps ahead. The
 * multiplication of 128 bits is put together from halves: with 32-bit halves a, b of the state's
 * low word and c, d of the factor's, its high word is that of (a + b 2^32) (c + d 2^32), plus the
 * two crosswise products of low and high words, of which only the low half matters. */
#include <immintrin.h>

#include "kernels/pcg64.h"
#include "kernels/variants.h"

#define VECTORS ((size_t)2) /* hide each other's latency */
#define LANES   (8 * VECTORS)

typedef struct words {
    __m512i low, high;
} words;

typedef struct leap {
    __m512i low, high;         /* of the factor */
    __m512i low_0, low_1;      /* 32-bit halves of its low word */
    __m512i add_low, add_high; /* of what is added */
} leap;

static inline __m512i splat(uint64_t value)
{
    return _mm512_set1_epi64((long long)value);
}

static leap leap_of(mfn__uint128 factor, mfn__uint128 addend)
{
    return (leap){
        .low = splat((uint64_t)factor),
        .high = splat((uint64_t)(factor >> 64)),
        .low_0 = splat((uint32_t)factor),
        .low_1 = splat((uint32_t)(factor >> 32)),
        .add_low = splat((uint64_t)addend),
        .add_high = splat((uint64_t)(addend >> 64)),
    };
}

/* The high words of the products; no sum of three halves overflows. */
static inline __m512i multiply_high(__m512i low, const leap *by)
{
    const __m512i half = splat(UINT32_MAX);
    __m512i low_1 = _mm512_srli_epi64(low, 32);
    __m512i ac = _mm512_mul_epu32(low, by->low_0);
    __m512i bc = _mm512_mul_epu32(low_1, by->low_0);
    __m512i ad = _mm512_mul_epu32(low, by->low_1);
    __m512i bd = _mm512_mul_epu32(low_1, by->low_1);
    __m512i middle = _mm512_add_epi64(bc, _mm512_srli_epi64(ac, 32));
    __m512i rest = _mm512_add_epi64(ad, _mm512_and_si512(middle, half));
    return _mm512_add_epi64(
        bd, _mm512_add_epi64(_mm512_srli_epi64(middle, 32), _mm512_srli_epi64(rest, 32)));
}

static inline words jump(words state, const leap *by)
{
    __m512i crosswise = _mm512_add_epi64(_mm512_mullo_epi64(state.low, by->high),
                                         _mm512_mullo_epi64(state.high, by->low));
    __m512i low = _mm512_add_epi64(_mm512_mullo_epi64(state.low, by->low), by->add_low);
    __m512i high = _mm512_add_epi64(multiply_high(state.low, by), crosswise);
    high = _mm512_add_epi64(high, by->add_high);
    __mmask8 carries = _mm512_cmplt_epu64_mask(low, by->add_low);
    return (words){low, _mm512_mask_add_epi64(high, carries, high, splat(1))};
}

static inline void store_permuted(words state, uint64_t *ret)
{
    __m512i folded = _mm512_xor_si512(state.high, state.low);
    __m512i turn = _mm512_srli_epi64(state.high, 58);
    _mm512_storeu_si512(ret, _mm512_rorv_epi64(folded, turn));
}

/* `rounds` times LANES draws. */
static void fill_lanes(mfn__pcg64 *generator, uint64_t *ret, size_t rounds)
{
    uint64_t low[LANES];
    uint64_t high[LANES];
    for (size_t k = 0; k < LANES; k++) {
        mfn__pcg64_step(generator);
        low[k] = (uint64_t)generator->state;
        high[k] = (uint64_t)(generator->state >> 64);
    }
    const leap by = leap_of(MFN__PCG64_POWER_16, generator->increment * MFN__PCG64_SUM_16);
    words state[VECTORS];
    for (size_t v = 0; v < VECTORS; v++) {
        state[v] = (words){_mm512_loadu_si512(low + 8 * v), _mm512_loadu_si512(high + 8 * v)};
        store_permuted(state[v], ret + 8 * v);
    }
    for (size_t i = 1; i < rounds; i++) {
        for (size_t v = 0; v < VECTORS; v++) {
            state[v] = jump(state[v], &by);
            store_permuted(state[v], ret + LANES * i + 8 * v);
        }
    }
    _mm512_storeu_si512(low, state[VECTORS - 1].low);
    _mm512_storeu_si512(high, state[VECTORS - 1].high);
    generator->state = (mfn__uint128)high[7] << 64 | low[7];
}

void mfn__pcg64_fill_avx512(mfn__pcg64 *generator, uint64_t *ret, size_t count)
{
    size_t rounds = count / LANES;
    if (rounds > 1) {
        fill_lanes(generator, ret, rounds);
        ret += rounds * LANES;
        count -= rounds * LANES;
    }
    mfn__pcg64_fill_plain(generator, ret, count);
}
