/* SPDX-License-Identifier: MIT */
/* Gradients out of JSON text. */
#ifndef MFN_CODEC_GRADIENTS_TEXT_H
#define MFN_CODEC_GRADIENTS_TEXT_H

#include "codec/byte_window.h"

/* Release with mfn__gradient_list_deinit. */
typedef struct mfn__gradient_list {
    float *values; /* gradient after gradient */
    uint64_t count, dimension;
    uint64_t capacity; /* values that there is room for */
} mfn__gradient_list;

/* Reads to the end; the grammar is that of mfn__gradients_open. `ret` is written on MFN_OK. */
mfn_status mfn__gradient_list_read(mfn__byte_window *window, uint64_t max_bytes,
                                   mfn__gradient_list *ret, mfn_error *err);
void mfn__gradient_list_deinit(mfn__gradient_list *list);

#endif
