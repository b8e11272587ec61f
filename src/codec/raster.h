/* SPDX-License-Identifier: MIT */
/* A picture in memory. */
#ifndef MFN_CODEC_RASTER_H
#define MFN_CODEC_RASTER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One palette index per pixel, row-major. */
typedef struct mfn__raster {
    uint8_t *pixels;
    uint32_t width, height;
} mfn__raster;

/* red, green, blue */
typedef struct mfn__palette {
    uint8_t rgb[256][3];
} mfn__palette;

/* Fills the part of the rectangle that lies inside the raster. */
static inline void mfn__raster_fill(const mfn__raster *raster, uint32_t x, uint32_t y,
                                    uint32_t width, uint32_t height, uint8_t colour)
{
    if (x >= raster->width || y >= raster->height) {
        return;
    }
    uint32_t columns = width < raster->width - x ? width : raster->width - x;
    uint32_t rows = height < raster->height - y ? height : raster->height - y;
    for (uint32_t row = 0; row < rows; row++) {
        memset(raster->pixels + (size_t)(y + row) * raster->width + x, colour, columns);
    }
}

#endif
