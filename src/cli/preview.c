/* SPDX-License-Identifier: MIT */
/* The upper half block shows two cells per character: foreground above, background below. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/terminal.h"

#include "mfn/image.h"

#define COLUMNS_DEFAULT 80
#define ROWS_DEFAULT    24

bool mfn__preview_is_possible(void)
{
    const char *refused = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) == 1 && (refused == NULL || refused[0] == '\0');
}

/* Cells per side that fit into the window, with room for a line below. */
static uint32_t fitting_side(uint32_t side)
{
    struct winsize window = {0};
    uint32_t columns = COLUMNS_DEFAULT;
    uint32_t rows = ROWS_DEFAULT;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 && window.ws_row > 2) {
        columns = window.ws_col;
        rows = window.ws_row;
    }
    uint32_t fitting = columns < 2 * (rows - 1) ? columns : 2 * (rows - 1);
    fitting = fitting < side ? fitting : side;
    return fitting > 1 ? fitting / 2 * 2 : 2;
}

typedef struct colour_scale {
    double min_v, range_v;
} colour_scale;

static colour_scale scale_of(const double *field_v, uint32_t side)
{
    double min_v = field_v[0];
    double max_v = field_v[0];
    for (size_t i = 0; i < (size_t)side * side; i++) {
        min_v = field_v[i] < min_v ? field_v[i] : min_v;
        max_v = field_v[i] > max_v ? field_v[i] : max_v;
    }
    return (colour_scale){min_v, max_v > min_v ? max_v - min_v : 1.0};
}

static void put_colour(char ground, double value_v, const colour_scale *scale)
{
    uint8_t rgb[3];
    mfn_image_colour((value_v - scale->min_v) / scale->range_v, rgb);
    printf("\033[%c8;2;%u;%u;%um", ground, rgb[0], rgb[1], rgb[2]);
}

void mfn__preview_draw(const double *field_v, uint32_t side, bool replace)
{
    uint32_t shown = fitting_side(side);
    colour_scale scale = scale_of(field_v, side);
    if (replace) {
        printf("\033[%uA", shown / 2);
    }
    for (uint32_t i = 0; i < shown; i += 2) {
        const double *above = field_v + (size_t)(i * side / shown) * side;
        const double *below = field_v + (size_t)((i + 1) * side / shown) * side;
        for (uint32_t j = 0; j < shown; j++) {
            put_colour('3', above[j * side / shown], &scale);
            put_colour('4', below[j * side / shown], &scale);
            fputs("\xE2\x96\x80", stdout);
        }
        fputs("\033[0m\n", stdout);
    }
    fflush(stdout);
}
