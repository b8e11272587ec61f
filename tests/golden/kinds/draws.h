/* SPDX-License-Identifier: MIT */
/* Random draws as records give them: one value, a list, or for many a summary {"n", "first",
 * "last", hash}. */
#ifndef GOLDEN_DRAWS_H
#define GOLDEN_DRAWS_H

#include "compare.h"

void draws_compare_reals(comparison *cmp, const char *what, const json_t *draw,
                         const double *values, size_t count);

/* The values are int64 when `is_signed`; they are put in little-endian order for the hash. */
void draws_compare_integers(comparison *cmp, const json_t *draw, uint64_t *values, size_t count,
                            bool is_signed);

#endif
