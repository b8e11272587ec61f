/* SPDX-License-Identifier: MIT */
/* Pictures of a field in memory. */
#ifndef MFN_CODEC_IMAGE_H
#define MFN_CODEC_IMAGE_H

#include "base/buffer.h"

#include "mfn/image.h"

/* Appends the bytes that mfn_image_write_png puts into a file. `options` may be NULL. After a
 * failure `out` holds what it held before. */
mfn_status mfn__image_encode_png(const double *field_v, uint32_t side,
                                 const mfn_image_options *options, mfn__buffer *out,
                                 mfn_error *err);

#endif
