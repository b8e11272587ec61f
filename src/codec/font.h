/* SPDX-License-Identifier: MIT */
/* A 5 x 7 pixel font with what labels in millivolts need: digits, '-', '.', ' ', 'm', 'V'. */
#ifndef MFN_CODEC_FONT_H
#define MFN_CODEC_FONT_H

#include "codec/raster.h"

#define MFN__FONT_HEIGHT 7 /* pixels, times the scale */

/* Pixels from the left edge of the first character to the right edge of the last. */
uint32_t mfn__font_width(const char *text, uint32_t scale);

/* Draws with the top left corner at (x, y); characters without a glyph stay blank. */
void mfn__font_draw(const mfn__raster *raster, uint32_t x, uint32_t y, uint32_t scale,
                    uint8_t colour, const char *text);

#endif
