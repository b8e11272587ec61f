/* SPDX-License-Identifier: MIT */
/* The upper half block shows two cells per character: foreground above, background below. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/terminal.h"

#include "mfn/image.h"

bool mfn__preview_is_possible(void)
{
    const char *refused = getenv("NO_COLOR");
    return mfn__terminal_can_redraw(STDOUT_FILENO) && (refused == NULL || refused[0] == '\0');
}

void mfn__preview_start(mfn__preview *preview)
{
    const char *colours = getenv("COLORTERM");
    *preview = (mfn__preview){
        .has_all_colours =
            colours != NULL && (strcmp(colours, "truecolor") == 0 || strcmp(colours, "24bit") == 0),
    };
}

/* Cells per side that fit into the window, with room for two lines below. */
static uint32_t fitting_side(uint32_t side)
{
    uint32_t columns = mfn__terminal_columns(STDOUT_FILENO);
    uint32_t rows = mfn__terminal_rows(STDOUT_FILENO);
    uint32_t fitting = columns < 2 * (rows - 2) ? columns : 2 * (rows - 2);
    fitting = fitting < side ? fitting : side;
    return fitting > 1 ? fitting / 2 * 2 : 2;
}

typedef struct colour_scale {
    double min_v, max_v;
} colour_scale;

static colour_scale scale_of(const double *field_v, uint32_t side)
{
    colour_scale scale = {field_v[0], field_v[0]};
    for (size_t i = 0; i < (size_t)side * side; i++) {
        scale.min_v = field_v[i] < scale.min_v ? field_v[i] : scale.min_v;
        scale.max_v = field_v[i] > scale.max_v ? field_v[i] : scale.max_v;
    }
    return scale;
}

/* Nearest level of the 6 x 6 x 6 colour cube of 256-colour terminals: 0, 95, 135, ... 255. */
static unsigned cube_level(uint8_t value)
{
    return value < 48 ? 0 : value < 115 ? 1 : (value - 35U) / 40U;
}

static void put_colour(const mfn__preview *preview, char ground, double value_v,
                       const colour_scale *scale)
{
    uint8_t rgb[3];
    double range_v = scale->max_v - scale->min_v;
    mfn_image_colour(range_v > 0.0 ? (value_v - scale->min_v) / range_v : 0.0, rgb);
    if (preview->has_all_colours) {
        printf("\033[%c8;2;%u;%u;%um", ground, rgb[0], rgb[1], rgb[2]);
    } else {
        printf("\033[%c8;5;%um", ground,
               16 + 36 * cube_level(rgb[0]) + 6 * cube_level(rgb[1]) + cube_level(rgb[2]));
    }
}

void mfn__preview_draw(mfn__preview *preview, const double *field_v, uint32_t side, uint64_t step)
{
    uint32_t shown = fitting_side(side);
    colour_scale scale = scale_of(field_v, side);
    if (preview->rows > 0) {
        printf("\r\033[%uA", preview->rows);
    }
    for (uint32_t i = 0; i < shown; i += 2) {
        const double *above = field_v + (size_t)(i * side / shown) * side;
        const double *below = field_v + (size_t)((i + 1) * side / shown) * side;
        for (uint32_t j = 0; j < shown; j++) {
            put_colour(preview, '3', above[j * side / shown], &scale);
            put_colour(preview, '4', below[j * side / shown], &scale);
            fputs("\xE2\x96\x80", stdout);
        }
        fputs("\033[0m\033[K\n", stdout);
    }
    printf("step %" PRIu64 ", %.2f to %.2f mV\033[J\n", step, 1e3 * scale.min_v, 1e3 * scale.max_v);
    preview->rows = shown / 2 + 1;
    fflush(stdout);
}
