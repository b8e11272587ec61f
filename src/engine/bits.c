/* SPDX-License-Identifier: MIT */
#include "engine/bits.h"

#include "kernels/kernels.h"

#define WORD_BITS 64

size_t mfn__bits_words(uint32_t width)
{
    return ((size_t)width + WORD_BITS - 1) / WORD_BITS;
}

static uint32_t cells_in_word(uint32_t width, uint32_t first)
{
    return width - first < WORD_BITS ? width - first : WORD_BITS;
}

void mfn__bits_pack_bytes(const uint8_t *bytes, uint32_t width, uint64_t *ret_row)
{
    for (uint32_t first = 0; first < width; first += WORD_BITS) {
        uint64_t word = 0;
        for (uint32_t i = 0; i < cells_in_word(width, first); i++) {
            word |= (uint64_t)(bytes[first + i] != 0) << i;
        }
        ret_row[first / WORD_BITS] = word;
    }
}

void mfn__bits_pack_above(const double *values, uint32_t width, double threshold, uint64_t *ret_row)
{
    mfn__kernels()->bits_above(values, width, threshold, ret_row);
}

uint64_t mfn__bits_count(const uint64_t *row, uint32_t width)
{
    uint64_t count = 0;
    for (size_t i = 0; i < mfn__bits_words(width); i++) {
        count += (uint64_t)__builtin_popcountll(row[i]);
    }
    return count;
}

/* Clear cells are the set ones of the inverted words. */
static uint32_t next_set(const uint64_t *row, uint32_t width, uint32_t from, uint64_t invert)
{
    if (from >= width) {
        return width;
    }
    size_t index = from / WORD_BITS;
    uint64_t word = (row[index] ^ invert) & (UINT64_MAX << from % WORD_BITS);
    size_t words = mfn__bits_words(width);
    while (word == 0) {
        index++;
        if (index == words) {
            return width;
        }
        word = row[index] ^ invert;
    }
    uint32_t found = (uint32_t)index * WORD_BITS + (uint32_t)__builtin_ctzll(word);
    return found < width ? found : width;
}

uint32_t mfn__bits_next_set(const uint64_t *row, uint32_t width, uint32_t from)
{
    return next_set(row, width, from, 0);
}

uint32_t mfn__bits_next_clear(const uint64_t *row, uint32_t width, uint32_t from)
{
    return next_set(row, width, from, UINT64_MAX);
}
