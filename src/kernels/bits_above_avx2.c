/* SPDX-License-Identifier: MIT */
#include <immintrin.h>

#include "kernels/field_scan.h"
#include "kernels/variants.h"

#define WORD_BITS ((size_t)64)

void mfn__bits_above_avx2(const double *values, size_t count, double threshold, uint64_t *ret_words)
{
    __m256d thresholds = _mm256_set1_pd(threshold);
    size_t first = 0;
    for (; first + WORD_BITS <= count; first += WORD_BITS) {
        uint64_t word = 0;
        for (size_t i = 0; i < WORD_BITS; i += 4) {
            __m256d four = _mm256_loadu_pd(values + first + i);
            int above = _mm256_movemask_pd(_mm256_cmp_pd(four, thresholds, _CMP_GT_OQ));
            word |= (uint64_t)(unsigned)above << i;
        }
        ret_words[first / WORD_BITS] = word;
    }
    mfn__bits_above_plain(values + first, count - first, threshold, ret_words + first / WORD_BITS);
}
