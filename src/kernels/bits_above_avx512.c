/* SPDX-License-Identifier: MIT */
#include <immintrin.h>

#include "kernels/field_scan.h"
#include "kernels/variants.h"

#define WORD_BITS ((size_t)64)
#define LANES     ((size_t)8)

void mfn__bits_above_avx512(const double *values, size_t count, double threshold,
                            uint64_t *ret_words)
{
    __m512d thresholds = _mm512_set1_pd(threshold);
    for (size_t first = 0; first < count; first += WORD_BITS) {
        size_t some = count - first < WORD_BITS ? count - first : WORD_BITS;
        uint64_t word = 0;
        for (size_t i = 0; i < some; i += LANES) {
            size_t left = some - i < LANES ? some - i : LANES;
            __mmask8 here = (__mmask8)(0xffU >> (LANES - left));
            __m512d eight = _mm512_maskz_loadu_pd(here, values + first + i);
            word |= (uint64_t)_mm512_mask_cmp_pd_mask(here, eight, thresholds, _CMP_GT_OQ) << i;
        }
        ret_words[first / WORD_BITS] = word;
    }
}
