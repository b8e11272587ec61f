/* SPDX-License-Identifier: MIT */
/* .npy files in memory. */
#ifndef MFN_CODEC_NPY_H
#define MFN_CODEC_NPY_H

#include "base/buffer.h"

#include "mfn/npy.h"

/* Appends the bytes that mfn_npy_write puts into a file. */
mfn_status mfn__npy_encode(const double *values, const uint64_t *shape, uint32_t dimensions,
                           mfn__buffer *out, mfn_error *err);

#endif
