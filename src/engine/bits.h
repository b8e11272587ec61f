/* SPDX-License-Identifier: MIT */
/* A row of yes-or-no cells as 64-bit words, first cell in the lowest bit. Bits beyond the width are
 * zero. */
#ifndef MFN_ENGINE_BITS_H
#define MFN_ENGINE_BITS_H

#include <stddef.h>
#include <stdint.h>

/* Sides of every field and mask that is analysed: a field's cells then fit 32 bits. */
#define MFN__SIDE_MAX 65535

/* Words that a row of `width` cells takes. */
size_t mfn__bits_words(uint32_t width);

/* Sets each cell whose byte is not zero. */
void mfn__bits_pack_bytes(const uint8_t *bytes, uint32_t width, uint64_t *ret_row);

/* Sets each cell whose value is above the threshold. */
void mfn__bits_pack_above(const double *values, uint32_t width, double threshold,
                          uint64_t *ret_row);

uint64_t mfn__bits_count(const uint64_t *row, uint32_t width);

/* The first cell at or after `from` that is set, or clear; `width` when there is none. */
uint32_t mfn__bits_next_set(const uint64_t *row, uint32_t width, uint32_t from);
uint32_t mfn__bits_next_clear(const uint64_t *row, uint32_t width, uint32_t from);

#endif
