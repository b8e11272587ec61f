/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "codec/colormap_table.h"

#include "mfn/image.h"

#define LAST_COLOUR 255

void mfn_image_colour(double value, uint8_t ret_rgb[3])
{
    double inside = value > 0 ? value < 1 ? value : 1 : 0; /* NaN becomes 0 */
    memcpy(ret_rgb, colormap_table[(int)(inside * LAST_COLOUR + 0.5)], 3);
}
