/* SPDX-License-Identifier: MIT */
/* The dictionary at the head of an .npy file (numpy.lib.format). */
#ifndef MFN_CODEC_NPY_HEADER_H
#define MFN_CODEC_NPY_HEADER_H

#include "base/buffer.h"

#include "mfn/npy.h"

typedef struct mfn__npy_header {
    unsigned item_bytes; /* 4 or 8 */
    bool is_big_endian;
    uint32_t dimensions;
    uint64_t shape[MFN_NPY_DIMENSIONS_MAX];
    uint64_t count; /* product of the shape */
} mfn__npy_header;

/* Reads "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }", keys in any order. `name` is
 * the file's, for messages. */
mfn_status mfn__npy_header_parse(const char *text, size_t size, const char *name,
                                 mfn__npy_header *ret, mfn_error *err);

/* Appends all that stands before the values of a little-endian float64 array: the same bytes as
 * numpy.save. */
void mfn__npy_header_write(const uint64_t *shape, uint32_t dimensions, mfn__buffer *buffer);

#endif
