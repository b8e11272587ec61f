/* SPDX-License-Identifier: MIT */
/* gzip (RFC 1952) of whole buffers. */
#ifndef MFN_CODEC_GZIP_H
#define MFN_CODEC_GZIP_H

#include "base/buffer.h"

mfn_status mfn__gzip_encode(const void *bytes, size_t size, mfn__buffer *ret, mfn_error *err);

/* MFN_FORMAT when it is no gzip, MFN_TOO_LARGE when the content exceeds what `ret` may hold. */
mfn_status mfn__gzip_decode(const void *bytes, size_t size, mfn__buffer *ret, mfn_error *err);

#endif
