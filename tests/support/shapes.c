/* SPDX-License-Identifier: MIT */
#include "shapes.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/dimension/fourier.h"

#include "mfn/random.h"

uint8_t *shape_new(uint32_t side)
{
    return calloc((size_t)side * side, 1);
}

void shape_square(uint8_t *mask, uint32_t side)
{
    memset(mask, 1, (size_t)side * side);
}

void shape_line(uint8_t *mask, uint32_t side)
{
    memset(mask + (size_t)(side / 2) * side, 1, side);
}

void shape_triangle(uint8_t *mask, uint32_t side)
{
    for (uint32_t i = 0; i < side; i++) {
        for (uint32_t j = 0; j < side; j++) {
            mask[(size_t)i * side + j] = (i & j) == 0;
        }
    }
}

/* True when any ternary digit of both numbers, or of either, is 1. */
static bool has_middle_third(uint32_t i, uint32_t j, bool both, uint32_t side)
{
    for (uint32_t scale = 1; scale < side; scale *= 3) {
        bool in_i = i / scale % 3 == 1;
        bool in_j = j / scale % 3 == 1;
        if (both ? in_i && in_j : in_i || in_j) {
            return true;
        }
    }
    return false;
}

void shape_carpet(uint8_t *mask, uint32_t side)
{
    for (uint32_t i = 0; i < side; i++) {
        for (uint32_t j = 0; j < side; j++) {
            mask[(size_t)i * side + j] = !has_middle_third(i, j, true, side);
        }
    }
}

void shape_dust(uint8_t *mask, uint32_t side)
{
    for (uint32_t i = 0; i < side; i++) {
        for (uint32_t j = 0; j < side; j++) {
            mask[(size_t)i * side + j] = !has_middle_third(i, j, false, side);
        }
    }
}

typedef struct canvas {
    uint8_t *mask;
    uint32_t side;
} canvas;

/* From (x, y) along (dx, dy), replaced by four parts of a third until a part is below half a cell.
 */
static void koch(const canvas *on, double x, double y, double dx, double dy)
{
    if (dx * dx + dy * dy < 0.25) {
        uint32_t column = (uint32_t)x;
        uint32_t row = (uint32_t)y;
        if (column < on->side && row < on->side) {
            on->mask[(size_t)row * on->side + column] = 1;
        }
        return;
    }
    const double sine = -sqrt(0.75); /* rows go down, the curve's bumps up */
    double px = dx / 3.0;
    double py = dy / 3.0;
    double up_x = 0.5 * px - sine * py;
    double up_y = sine * px + 0.5 * py;
    koch(on, x, y, px, py);
    koch(on, x + px, y + py, up_x, up_y);
    koch(on, x + px + up_x, y + py + up_y, px - up_x, py - up_y);
    koch(on, x + 2.0 * px, y + 2.0 * py, px, py);
}

void shape_koch(uint8_t *mask, uint32_t side)
{
    const canvas on = {mask, side};
    koch(&on, 0.0, 0.6 * side, side, 0.0);
}

/* Signed number of waves across the side. */
static double waves(uint32_t index, uint32_t side)
{
    return index <= side / 2 ? (double)index : (double)index - (double)side;
}

int shape_brownian(double *ret, uint32_t side, double hurst, const char *seed)
{
    size_t cells = (size_t)side * side;
    mfn__complex *modes = calloc(cells, sizeof *modes);
    mfn__fourier fourier = {0};
    mfn_random *random = NULL;
    int outcome = -1;
    if (modes != NULL && mfn__fourier_init(&fourier, side, NULL) == MFN_OK &&
        mfn_random_new(seed, &random, NULL) == MFN_OK) {
        for (size_t i = 0; i < cells; i++) {
            double ky = waves((uint32_t)(i / side), side);
            double kx = waves((uint32_t)(i % side), side);
            double k = sqrt(kx * kx + ky * ky);
            double amplitude = k > 0.0 ? pow(k, -hurst - 1.0) : 0.0;
            modes[i].re = amplitude * mfn_random_normal(random, 0.0, 1.0);
            modes[i].im = amplitude * mfn_random_normal(random, 0.0, 1.0);
        }
        mfn__fourier_transform_square(&fourier, modes);
        for (size_t i = 0; i < cells; i++) {
            ret[i] = modes[i].re;
        }
        outcome = 0;
    }
    mfn_random_free(random);
    mfn__fourier_deinit(&fourier);
    free(modes);
    return outcome;
}

void shape_crossing(uint8_t *mask, const double *field, uint32_t side, double level)
{
    for (uint32_t i = 0; i < side; i++) {
        for (uint32_t j = 0; j < side; j++) {
            size_t here = (size_t)i * side + j;
            bool is_above = field[here] > level;
            if (j + 1 < side && is_above != (field[here + 1] > level)) {
                mask[here] = mask[here + 1] = 1;
            }
            if (i + 1 < side && is_above != (field[here + side] > level)) {
                mask[here] = mask[here + side] = 1;
            }
        }
    }
}
