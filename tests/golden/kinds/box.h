/* SPDX-License-Identifier: MIT */
/* The regression behind a box-counting dimension, as records give it. */
#ifndef GOLDEN_BOX_H
#define GOLDEN_BOX_H

#include "compare.h"

#include "mfn/fractal.h"

/* Compares `got` with the member "box" of `out`: {"sizes", "counts", "slope", "intercept"}, or null
 * where fewer than two sizes held anything. `min_box_size` is the one asked for. */
void box_compare(comparison *cmp, const json_t *out, const mfn_box_counting *got,
                 uint64_t min_box_size);

/* Compares an ascending list of box sizes. */
void box_compare_sizes(comparison *cmp, const char *what, const json_t *list, const uint32_t *sizes,
                       size_t count);

/* One byte per value of `values` that is above the threshold. NULL, with the difference recorded,
 * when there is no memory; release with mfn__mem_free. */
uint8_t *box_mask(comparison *cmp, const double *values, size_t count, double threshold);

#endif
