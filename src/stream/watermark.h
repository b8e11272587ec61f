/* SPDX-License-Identifier: MIT */
/* Items of one source finish in any order; the low watermark is the first that has not. */
#ifndef MFN_STREAM_WATERMARK_H
#define MFN_STREAM_WATERMARK_H

#include <stddef.h>
#include <stdint.h>

#include "mfn/status.h"

/* Memory grows with the distance between the watermark and the furthest finished item, which the
 * bounds of the queues limit. */
typedef struct mfn__watermark {
    uint64_t low;      /* all items before this one are finished */
    uint8_t *finished; /* a ring: one byte per item from `low` on */
    size_t capacity;   /* a power of two, or 0 */
} mfn__watermark;

void mfn__watermark_init(mfn__watermark *mark, uint64_t first);
void mfn__watermark_deinit(mfn__watermark *mark);

/* Finishes one item at or after the watermark, once. */
mfn_status mfn__watermark_finish(mfn__watermark *mark, uint64_t item, mfn_error *err);

#endif
