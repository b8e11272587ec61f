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

#define EXP_DOUBLINGS 6
#define EXP_TERMS     13 /* 0.0055^13 / 13! is below 2^-106 */

static double exp_rounded(mfn__dd x)
{
    double exponent = rint(x.hi * INVERSE_LN2);
    mfn__dd reduced = add_ln2(x, -exponent);
    reduced.hi = ldexp(reduced.hi, -EXP_DOUBLINGS);
    reduced.lo = ldexp(reduced.lo, -EXP_DOUBLINGS);
    mfn__dd power = reduced; /* x^n / n! */
    mfn__dd result = reduced;
    for (int n = 2; n <= EXP_TERMS; n++) {
        power = mfn__dd_divide(mfn__dd_multiply(power, reduced), (mfn__dd){n, 0.0});
        result = mfn__dd_add(result, power);
    }
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

#define LOG_TERMS 21 /* of the artanh series: 0.1716^43 / 43 is below 2^-106 */

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
    mfn__dd series = {0.0, 0.0};
    for (int n = LOG_TERMS; n >= 0; n--) {
        mfn__dd coefficient = mfn__dd_divide(one, (mfn__dd){2.0 * n + 1.0, 0.0});
        series = mfn__dd_add(mfn__dd_multiply(series, square), coefficient);
    }
    mfn__dd result = mfn__dd_scale(mfn__dd_multiply(ratio, series), 2.0);
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
