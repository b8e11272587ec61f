/* SPDX-License-Identifier: MIT */
/* .npy files for the codecs. */
#ifndef MFN_CODEC_NPY_H
#define MFN_CODEC_NPY_H

#include "base/buffer.h"
#include "codec/npy_header.h"

#include "mfn/npy.h"

/* Appends the bytes that mfn_npy_write puts into a file. */
mfn_status mfn__npy_encode(const double *values, const uint64_t *shape, uint32_t dimensions,
                           mfn__buffer *out, mfn_error *err);

/* As mfn_npy_read, from memory; `name` stands for it in messages. */
mfn_status mfn__npy_decode(const void *bytes, size_t size, const char *name, uint64_t max_bytes,
                           mfn_npy_array *ret, mfn_error *err);

/* Opens a file of at most `max_bytes` as doubles and reads its head; the values begin at
 * `*ret_offset`. A regular file is as long as its head says. A failed open needs nothing. */
mfn_status mfn__npy_open(const char *path, uint64_t max_bytes, int *ret_descriptor,
                         mfn__npy_header *ret_header, uint64_t *ret_offset, mfn_error *err);

#endif
