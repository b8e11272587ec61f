/* SPDX-License-Identifier: MIT */
/* PNG files with a palette, through libpng. */
#ifndef MFN_CODEC_PNG_WRITER_H
#define MFN_CODEC_PNG_WRITER_H

#include "base/buffer.h"
#include "codec/raster.h"

#include "mfn/status.h"

/* Appends the picture as an 8-bit palette PNG; the same picture gives the same bytes. After a
 * failure `out` holds what it held before. */
mfn_status mfn__png_encode(const mfn__raster *raster, const mfn__palette *palette, mfn__buffer *out,
                           mfn_error *err);

#endif
