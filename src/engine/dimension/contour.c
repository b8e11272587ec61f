/* SPDX-License-Identifier: MIT */
/* Marching squares: between four neighbouring middles the line is straight from one crossed side to
 * another. Where all four sides are crossed, the mean of the corners decides which pairs belong
 * together. */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/dimension/area_table.h"

#include "mfn/morphology.h"

typedef struct point {
    double x, y;
} point;

static double distance(point a, point b)
{
    return sqrt((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y));
}

/* How far the level lies from `a` to `b`, which are on different sides of it. */
static double crossing(double a, double b, double level)
{
    return (level - a) / (b - a);
}

/* The corners go around the square: top left, top right, bottom right, bottom left. A side is
 * crossed where one of its corners is above the level and the other is not. */
static double length_in_square(const double corner[4], double level)
{
    static const point at[] = {{0.0, 0.0}, {1.0, 0.0}, {1.0, 1.0}, {0.0, 1.0}};
    point crossed[4];
    int count = 0;
    for (int k = 0; k < 4; k++) {
        double a = corner[k];
        double b = corner[(k + 1) % 4];
        if ((a > level) != (b > level)) {
            double t = crossing(a, b, level);
            point from = at[k];
            point to = at[(k + 1) % 4];
            crossed[count++] = (point){from.x + t * (to.x - from.x), from.y + t * (to.y - from.y)};
        }
    }
    if (count == 2) {
        return distance(crossed[0], crossed[1]);
    }
    if (count == 0) {
        return 0.0;
    }
    double middle = 0.25 * (corner[0] + corner[1] + corner[2] + corner[3]);
    bool cuts_first_off = (corner[0] > level) != (middle > level);
    return cuts_first_off ? distance(crossed[3], crossed[0]) + distance(crossed[1], crossed[2])
                          : distance(crossed[0], crossed[1]) + distance(crossed[2], crossed[3]);
}

mfn_status mfn_contour_length(const double *field, uint32_t width, uint32_t height, double level,
                              double *ret, mfn_error *err)
{
    mfn_status status = mfn__check_mask_sides(width, height, err);
    if (status != MFN_OK) {
        return status;
    }
    double length = 0.0;
    for (uint32_t i = 0; i + 1 < height; i++) {
        const double *here = field + (size_t)i * width;
        const double *below = here + width;
        for (uint32_t j = 0; j + 1 < width; j++) {
            const double corner[4] = {here[j], here[j + 1], below[j + 1], below[j]};
            length += length_in_square(corner, level);
        }
    }
    *ret = length;
    return MFN_OK;
}
