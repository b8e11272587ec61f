/* SPDX-License-Identifier: MIT */
/* Which cells of a mask belong together. */
#ifndef MFN_ENGINE_GROWTH_LABELS_H
#define MFN_ENGINE_GROWTH_LABELS_H

#include <stdbool.h>
#include <stdint.h>

/* Gives every set cell of the side * side mask the index of its cluster's first cell in reading
 * order, and every other cell UINT32_MAX; neighbours share a side, and on a periodic field the
 * first row and column are neighbours of the last. */
void mfn__labels_make(const uint8_t *mask, uint32_t side, bool is_periodic, uint32_t *ret_labels);

#endif
