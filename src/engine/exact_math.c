/* SPDX-License-Identifier: MIT */
/* exp, log and powers in double-double arithmetic, rounded once at the end.
 *
 * exp: the argument is reduced by a multiple of ln 2 and divided by 64, a Taylor polynomial gives
 * exp - 1, and six doublings (1 + p)^2 - 1 = 2 p + p^2 undo the division.
 * log: 2 artanh((m - 1) / (m + 1)) for the fraction m in [1/sqrt 2, sqrt 2), plus exponent * ln 2.
 * log1p and log10 follow the Freely Distributable LIBM (Sun Microsystems, 1993) instead, log1p with
 * the fused multiply-adds that the reference's libm was compiled to: their bits, right or wrong in
 * the last place, decide recorded results. */
#include "engine/exact_math.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "engine/double_double.h"

#define SQRT_HALF 0x1.6a09e667f3bcdp-1

static const mfn__dd one = {1.0, 0.0};

/* ln 2 in three doubles, and what its multiples are made of. */
#define LN2_1       0x1.62e42fefa39efp-1
#define LN2_2       0x1.abc9e3b39803fp-56
#define LN2_3       0x1.7b57a079a1934p-111
#define INVERSE_LN2 0x1.71547652b82fep+0

static const mfn__dd ln10 = {0x1.26bb1bbb55516p+1, -0x1.f48ad494ea3e9p-53};

/* x + count * ln 2, where the sum may nearly cancel. */
static mfn__dd add_ln2(mfn__dd x, double count)
{
    mfn__dd sum = mfn__dd_add(x, mfn__dd_product(count, LN2_1));
    sum = mfn__dd_add(sum, mfn__dd_product(count, LN2_2));
    return mfn__dd_add(sum, (mfn__dd){count * LN2_3, 0.0});
}

/* c[0] + c[1] x + c[2] x^2 + ...: the first coefficients in double-double, then those whose terms
 * are so small that doubles are exact enough. */
typedef struct series {
    const mfn__dd *large;
    const double *small;
    int large_count, small_count;
} series;

static mfn__dd evaluate(const series *of, mfn__dd x)
{
    double rest = 0.0;
    for (int n = of->small_count - 1; n >= 0; n--) {
        rest = rest * x.hi + of->small[n];
    }
    mfn__dd sum = {rest, 0.0};
    for (int n = of->large_count - 1; n >= 0; n--) {
        sum = mfn__dd_add(mfn__dd_multiply(sum, x), of->large[n]);
    }
    return sum;
}

#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

#define EXP_DOUBLINGS 6

/* 1 / n! from n = 1; 0.0055^7 / 7! is below 2^-64, 0.0055^13 / 13! below 2^-106. */
static const mfn__dd exp_large[] = {
    {0x1p+0, 0.0},
    {0x1p-1, 0.0},
    {0x1.5555555555555p-3, 0x1.5555555555555p-57},
    {0x1.5555555555555p-5, 0x1.5555555555555p-59},
    {0x1.1111111111111p-7, 0x1.1111111111111p-63},
    {0x1.6c16c16c16c17p-10, -0x1.f49f49f49f49fp-65},
};
static const double exp_small[] = {
    0x1.a01a01a01a01ap-13, 0x1.a01a01a01a01ap-16, 0x1.71de3a556c734p-19, 0x1.27e4fb7789f5cp-22,
    0x1.ae64567f544e4p-26, 0x1.1eed8eff8d898p-29, 0x1.6124613a86d09p-33,
};
static const series exp_series = {exp_large, exp_small, LENGTH(exp_large), LENGTH(exp_small)};

static double exp_rounded(mfn__dd x)
{
    double exponent = rint(x.hi * INVERSE_LN2);
    mfn__dd reduced = add_ln2(x, -exponent);
    reduced.hi = ldexp(reduced.hi, -EXP_DOUBLINGS);
    reduced.lo = ldexp(reduced.lo, -EXP_DOUBLINGS);
    mfn__dd result = mfn__dd_multiply(evaluate(&exp_series, reduced), reduced);
    for (int i = 0; i < EXP_DOUBLINGS; i++) {
        result = mfn__dd_add(mfn__dd_scale(result, 2.0), mfn__dd_multiply(result, result));
    }
    return ldexp(mfn__dd_add(one, result).hi, (int)exponent);
}

double mfn__exp(double x)
{
    return exp_rounded((mfn__dd){x, 0.0});
}

double mfn__pow10(double y)
{
    return exp_rounded(mfn__dd_scale(ln10, y));
}

/* 1 / (2 n + 1) from n = 0, of the artanh series in the ratio's square, which is at most 0.0295;
 * 0.0295^11 / 23 is below 2^-60, 0.0295^21 / 43 below 2^-106. */
static const mfn__dd log_large[] = {
    {0x1p+0, 0.0},
    {0x1.5555555555555p-2, 0x1.5555555555555p-56},
    {0x1.999999999999ap-3, -0x1.999999999999ap-57},
    {0x1.2492492492492p-3, 0x1.2492492492492p-57},
    {0x1.c71c71c71c71cp-4, 0x1.c71c71c71c71cp-58},
    {0x1.745d1745d1746p-4, -0x1.745d1745d1746p-59},
    {0x1.3b13b13b13b14p-4, -0x1.3b13b13b13b14p-58},
    {0x1.1111111111111p-4, 0x1.1111111111111p-60},
    {0x1.e1e1e1e1e1e1ep-5, 0x1.e1e1e1e1e1e1ep-61},
    {0x1.af286bca1af28p-5, 0x1.af286bca1af28p-59},
    {0x1.8618618618618p-5, 0x1.8618618618618p-59},
};
static const double log_small[] = {
    0x1.642c8590b2164p-5, 0x1.47ae147ae147bp-5, 0x1.2f684bda12f68p-5, 0x1.1a7b9611a7b96p-5,
    0x1.0842108421084p-5, 0x1.f07c1f07c1f08p-6, 0x1.d41d41d41d41dp-6, 0x1.bacf914c1badp-6,
    0x1.a41a41a41a41ap-6, 0x1.8f9c18f9c18fap-6, 0x1.7d05f417d05f4p-6,
};
static const series log_series = {log_large, log_small, LENGTH(log_large), LENGTH(log_small)};

double mfn__log(double x)
{
    int exponent = 0;
    double fraction = frexp(x, &exponent); /* in [1/2, 1) */
    if (fraction < SQRT_HALF) {
        fraction *= 2.0;
        exponent--;
    }
    mfn__dd ratio = mfn__dd_divide(mfn__dd_sum(fraction, -1.0), mfn__dd_sum(fraction, 1.0));
    mfn__dd square = mfn__dd_multiply(ratio, ratio);
    mfn__dd result = mfn__dd_scale(mfn__dd_multiply(ratio, evaluate(&log_series, square)), 2.0);
    return add_ln2(result, exponent).hi;
}

/* Any libm's exp is far closer than this; only what lies between needs care. */
#define EXP_DOUBT 1e-12

bool mfn__less_than_exp(double value, double x)
{
    double near = exp(x);
    if (value < near * (1.0 - EXP_DOUBT)) {
        return true;
    }
    if (value > near * (1.0 + EXP_DOUBT)) {
        return false;
    }
    return value < mfn__exp(x);
}

static uint32_t high_word(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (uint32_t)(bits >> 32);
}

static double with_high_word(double x, uint32_t word)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = (bits & UINT32_MAX) | (uint64_t)word << 32;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* FDLIBM splits ln 2 so that multiples of the first part are exact. */
#define FDLIBM_LN2_HIGH 6.93147180369123816490e-01
#define FDLIBM_LN2_LOW  1.90821492927058770002e-10

/* Between these, f = x without reduction; FDLIBM compares the high words alone. */
#define LOG1P_DIRECT_MIN (-0x1.2bec4p-2)
#define LOG1P_DIRECT_MAX 0x1.a827ap-2

/* 1 + x = 2^exponent (1 + f), with the rounding error of that equation in `correction`. */
typedef struct log1p_argument {
    double f;
    double correction;
    int exponent;
    bool f_is_tiny;
} log1p_argument;

static log1p_argument reduce_log1p(double x)
{
    if (x > LOG1P_DIRECT_MIN && x < LOG1P_DIRECT_MAX) {
        return (log1p_argument){.f = x};
    }
    bool one_is_lost = x >= 0x1p53;
    double sum = one_is_lost ? x : 1.0 + x;
    uint32_t word = high_word(sum);
    int exponent = (int)(word >> 20) - 1023;
    double correction = exponent > 0 ? 1.0 - (sum - x) : x - (sum - 1.0);
    correction = one_is_lost ? 0.0 : correction / sum;
    uint32_t fraction = word & 0xfffff;
    bool is_tiny = fraction == 0;
    if (fraction < 0x6a09e) {
        sum = with_high_word(sum, fraction | 0x3ff00000);
    } else {
        exponent++;
        sum = with_high_word(sum, fraction | 0x3fe00000);
        is_tiny = (0x00100000 - fraction) >> 2 == 0;
    }
    return (log1p_argument){sum - 1.0, correction, exponent, is_tiny};
}

/* For |f| below about 2^-20 two terms do. The exponent is not 0: with it, so small an f would be x
 * itself, which needs no reduction. */
static double log1p_of_tiny(const log1p_argument *a)
{
    double low = fma(a->exponent, FDLIBM_LN2_LOW, a->correction);
    if (a->f == 0.0) {
        return fma(a->exponent, FDLIBM_LN2_HIGH, low);
    }
    double rest = 0.5 * a->f * a->f * fma(-0.66666666666666666, a->f, 1.0);
    return fma(a->exponent, FDLIBM_LN2_HIGH, -((rest - low) - a->f));
}

double mfn__log1p(double x)
{
    if (!(x > -1.0)) {
        return x == -1.0 ? -INFINITY : NAN;
    }
    if (x == INFINITY) {
        return x;
    }
    if (fabs(x) < 0x1p-29) {
        return fabs(x) < 0x1p-54 ? x : fma(-(x * x), 0.5, x);
    }
    log1p_argument a = reduce_log1p(x);
    if (a.f_is_tiny) {
        return log1p_of_tiny(&a);
    }
    /* ln(1 + f) = f - (f^2/2 - s (f^2/2 + R(s^2))) with s = f / (2 + f); the even terms of R apart
     * from the odd ones, as glibc arranges them. */
    double half_square = 0.5 * a.f * a.f;
    double s = a.f / (2.0 + a.f);
    double z = s * s;
    double z2 = z * z;
    double z4 = z2 * z2;
    double z6 = z4 * z2;
    double r2 = fma(z, 2.857142874366239149e-01, 3.999999999940941908e-01);
    double r3 = fma(z, 1.818357216161805012e-01, 2.222219843214978396e-01);
    double r4 = fma(z, 1.479819860511658591e-01, 1.531383769920937332e-01);
    double r = fma(z6, r4, fma(z4, r3, fma(z, 6.666666666666735130e-01, z2 * r2)));
    double odd = s * (half_square + r);
    if (a.exponent == 0) {
        return a.f - (half_square - odd);
    }
    double low = fma(a.exponent, FDLIBM_LN2_LOW, a.correction);
    return fma(a.exponent, FDLIBM_LN2_HIGH, -((half_square - (odd + low)) - a.f));
}

/* FDLIBM's split of log10(2), and 1 / ln 10. */
#define LOG10_2_HIGH 3.01029995663611771306e-01
#define LOG10_2_LOW  3.69423907715893078616e-13
#define INVERSE_LN10 4.34294481903251816668e-01

double mfn__log10(double x)
{
    int exponent = 0;
    double fraction = frexp(x, &exponent); /* FDLIBM takes it from [1, 2), or [1/2, 1) below 1 */
    if (exponent > 0) {
        fraction *= 2.0;
        exponent--;
    }
    double low = exponent * LOG10_2_LOW + INVERSE_LN10 * mfn__log(fraction);
    return low + exponent * LOG10_2_HIGH;
}
