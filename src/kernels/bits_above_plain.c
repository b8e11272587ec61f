/* SPDX-License-Identifier: MIT */
#include "kernels/field_scan.h"
#include "kernels/variants.h"

#define WORD_BITS ((size_t)64)

void mfn__bits_above_plain(const double *values, size_t count, double threshold,
                           uint64_t *ret_words)
{
    for (size_t first = 0; first < count; first += WORD_BITS) {
        size_t some = count - first < WORD_BITS ? count - first : WORD_BITS;
        uint64_t word = 0;
        for (size_t i = 0; i < some; i++) {
            word |= (uint64_t)(values[first + i] > threshold) << i;
        }
        ret_words[first / WORD_BITS] = word;
    }
}
