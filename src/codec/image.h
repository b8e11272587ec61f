/* SPDX-License-Identifier: MIT */
/* Pictures of a field in memory. */
#ifndef MFN_CODEC_IMAGE_H
#define MFN_CODEC_IMAGE_H

#include "base/buffer.h"
#include "codec/raster.h"

#include "mfn/image.h"

/* The palette's colour around the field: no cell has it. */
#define MFN__IMAGE_PAPER 253

/* The picture in palette indices; release `ret->pixels` with mfn__mem_free. `options` may be NULL.
 * The errors are those of mfn_image_write_png. */
mfn_status mfn__image_draw(const double *field_v, uint32_t side, const mfn_image_options *options,
                           mfn__raster *ret, mfn_error *err);

/* Width and height in pixels of all pictures with these options, which must say the ends of the
 * colour scale. */
mfn_status mfn__image_measure(uint32_t side, const mfn_image_options *options, uint32_t *ret_width,
                              uint32_t *ret_height, mfn_error *err);
void mfn__image_palette(mfn__palette *ret);

/* Appends the bytes that mfn_image_write_png puts into a file. `options` may be NULL. After a
 * failure `out` holds what it held before. */
mfn_status mfn__image_encode_png(const double *field_v, uint32_t side,
                                 const mfn_image_options *options, mfn__buffer *out,
                                 mfn_error *err);

#endif
