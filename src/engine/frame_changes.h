/* SPDX-License-Identifier: MIT */
/* What the temporal features need to know of a step: how the potential changed, over the field.
 *
 * Rows are summed in blocks, blocks are joined in their order. Where rows are short, many make a
 * block, because joining costs as much as some hundred cells. */
#ifndef MFN_ENGINE_FRAME_CHANGES_H
#define MFN_ENGINE_FRAME_CHANGES_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/frame_change.h"

#define MFN__CHANGE_BLOCK_ROWS_MAX 32

/* With d = |now - before|. */
typedef struct mfn__change {
    double cells;
    double sum_v;     /* of d */
    double max_v;     /* of d */
    double spread_v2; /* sum of (d - mean d)^2 */
    double energy_v2; /* sum of now^2 */
} mfn__change;

/* Rows in a block of a field of `side` columns: a block begins at each multiple of it. */
uint32_t mfn__change_block_rows(uint32_t side);
size_t mfn__change_block_count(uint32_t side);

mfn__change mfn__change_of_block(const mfn__change_sums *sums, size_t cells);

/* The change over all blocks. */
mfn__change mfn__change_of_blocks(const mfn__change *blocks, size_t count);

#endif
