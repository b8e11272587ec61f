/* SPDX-License-Identifier: MIT */
/* A cubic guess in the first octant, right to 0.005, then two corrections by the sine of what is
 * left, each of which takes the error's cube. */
#include "engine/dimension/angle.h"

#include <math.h>

#include "engine/exact_math.h"

#define PI 3.141592653589793

/* 0 <= y <= x, x > 0. */
static double in_first_octant(double y, double x)
{
    double slope = y / x;
    double length = sqrt(1.0 + slope * slope);
    double angle = slope * (0.97239411 - 0.19194795 * slope * slope);
    for (int i = 0; i < 2; i++) {
        angle += (slope * mfn__cos(angle) - mfn__sin(angle)) / length;
    }
    return angle;
}

double mfn__angle(double y, double x)
{
    double up = fabs(y);
    double along = fabs(x);
    double angle = up <= along ? in_first_octant(up, along) : PI / 2 - in_first_octant(along, up);
    angle = x < 0.0 ? PI - angle : angle;
    return y < 0.0 ? 2 * PI - angle : angle;
}
