/* SPDX-License-Identifier: MIT */
/* Sine and cosine in double-double arithmetic, rounded once: the argument is reduced by a multiple
 * of pi/2 held to 161 bits, then Taylor's series is summed. */
#include <math.h>

#include "engine/double_double.h"
#include "engine/exact_math.h"

#define INVERSE_HALF_PI 0x1.45f306dc9c883p-1
#define HALF_PI_1       0x1.921fb54442d18p+0
#define HALF_PI_2       0x1.1a62633145c07p-54
#define HALF_PI_3       (-0x1.f1976b7ed8fbcp-110)

#define TERMS           15 /* (pi/4)^30 / 30! is below 2^-106 */

/* The sum over k of (-1)^k x^(2k) / (first (first+1) ... (first+2k-1)): for first = 1 the series of
 * the cosine, for first = 2 that of sin(x)/x. */
static mfn__dd series(mfn__dd x, int first)
{
    mfn__dd square = mfn__dd_multiply(x, x);
    mfn__dd sum = {1.0, 0.0};
    for (int k = TERMS; k >= 1; k--) {
        double divisor = (double)((first + 2 * k - 2) * (first + 2 * k - 1));
        mfn__dd factor = mfn__dd_divide(square, (mfn__dd){-divisor, 0.0});
        sum = mfn__dd_add((mfn__dd){1.0, 0.0}, mfn__dd_multiply(sum, factor));
    }
    return sum;
}

/* sin(x + quarters * pi/2). */
static double rotated_sine(double x, int quarters)
{
    double count = rint(x * INVERSE_HALF_PI);
    mfn__dd rest = mfn__dd_add((mfn__dd){x, 0.0}, mfn__dd_product(-count, HALF_PI_1));
    rest = mfn__dd_add(rest, mfn__dd_product(-count, HALF_PI_2));
    rest = mfn__dd_add(rest, (mfn__dd){-count * HALF_PI_3, 0.0});
    int quadrant = (quarters + (int)count) & 3;
    mfn__dd result =
        (quadrant & 1) != 0 ? series(rest, 1) : mfn__dd_multiply(rest, series(rest, 2));
    return quadrant >= 2 ? -result.hi : result.hi;
}

double mfn__sin(double x)
{
    return rotated_sine(x, 0);
}

double mfn__cos(double x)
{
    return rotated_sine(x, 1);
}
