/* SPDX-License-Identifier: MIT */
/* Pictures of a field: PNG with a perceptually uniform colour map and a colour bar in mV. */
#ifndef MFN_IMAGE_H
#define MFN_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "mfn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mfn_image_options {
    size_t size;    /* sizeof(mfn_image_options), set by the init function */
    uint32_t scale; /* pixels per cell and side, 1 .. 64; 0: chosen for a picture of about 512 */
    bool colour_bar;
    double min_v, max_v; /* ends of the colour scale; equal: the field's own extremes */
} mfn_image_options;

MFN_API void mfn_image_options_init(mfn_image_options *options);

/* Draws side * side values within 1e6 V of zero, row-major; side * scale is at most 16384 pixels.
 * `options` may be NULL. The same field gives the same bytes (with the same libpng and zlib). The
 * file is written whole: temporary name, fsync, rename. */
MFN_CHECKED MFN_API mfn_status mfn_image_write_png(const char *path, const double *field_v,
                                                   uint32_t side, const mfn_image_options *options,
                                                   mfn_error *err);

/* The colour of `value` in [0, 1]: red, green, blue. Values outside take the end's colour, NaN the
 * lower end's. */
MFN_API void mfn_image_colour(double value, uint8_t ret_rgb[3]);

#ifdef __cplusplus
}
#endif

#endif
