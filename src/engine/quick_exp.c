/* SPDX-License-Identifier: MIT */
/* exp(x) = 2^n exp(r) with |r| <= ln(2) / 2, and for the rest the rational approximation of the
 * Freely Distributable LIBM (Sun Microsystems, 1993): exp(r) = 1 + r + r c / (2 - c), where
 * c = r - r^2 (P1 + r^2 (P2 + ...)) comes from the expansion of r coth(r / 2). Plain arithmetic in
 * one order, so that no libm, table or fused operation shows in the bits. */
#include "engine/quick_exp.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define OVERFLOWS_ABOVE  0x1.62e42fefa39efp+9    /* 709.78, ln of the largest double */
#define UNDERFLOWS_BELOW (-0x1.74910d52d3051p+9) /* -745.13, ln of half the smallest one */

#define INVERSE_LN2      0x1.71547652b82fep+0
#define LN2_HIGH         0x1.62e42feep-1 /* n * LN2_HIGH is exact for |n| < 2^21 */
#define LN2_LOW          0x1.a39ef35793c76p-33

#define P1               0x1.555555555553ep-3
#define P2               (-0x1.6c16c16bebd93p-9)
#define P3               0x1.1566aaf25de2cp-14
#define P4               (-0x1.bbd41c5d26bf1p-20)
#define P5               0x1.6376972bea4dp-25

/* Adding and taking away this rounds to the nearest whole number. */
#define ROUNDER 0x1.8p+52

/* 2^n for a normal result. */
static double power_of_two(int n)
{
    uint64_t bits = (uint64_t)(n + 1023) << 52;
    double ret;
    memcpy(&ret, &bits, sizeof ret);
    return ret;
}

double mfn__exp_quick(double x)
{
    if (!(x <= OVERFLOWS_ABOVE)) {
        return isnan(x) ? x : (double)INFINITY;
    }
    if (x < UNDERFLOWS_BELOW) {
        return 0.0;
    }
    double n = (x * INVERSE_LN2 + ROUNDER) - ROUNDER;
    double high = x - n * LN2_HIGH;
    double low = n * LN2_LOW;
    double r = high - low;
    double square = r * r;
    double c = r - square * (P1 + square * (P2 + square * (P3 + square * (P4 + square * P5))));
    double reduced = 1.0 - ((low - r * c / (2.0 - c)) - high);
    /* In two steps, because 2^n alone can be too large or too small for a double. */
    int half = (int)n / 2;
    return reduced * power_of_two(half) * power_of_two((int)n - half);
}
