/* SPDX-License-Identifier: MIT */
/* Elementary functions with the same bits on every machine, compiler and libm.
 *
 * Unless stated otherwise they are correctly rounded as far as double-double arithmetic (at least
 * 95 bits) can tell. They take a quarter of a microsecond, several times as long without a fused
 * multiply-add in hardware, so they stay out of hot loops. Outside the stated domain a result means
 * nothing. */
#ifndef MFN_ENGINE_EXACT_MATH_H
#define MFN_ENGINE_EXACT_MATH_H

#include <stdbool.h>

/* |x| at most 700. */
double mfn__exp(double x);

/* x positive and finite. */
double mfn__log(double x);

/* The bits of the reference's libm (glibc 2.36 on a processor with fused multiply-add), which is
 * not always the correctly rounded value: recorded normals depend on it. Any x, with libm's answers
 * at -1 and beyond. Fast, unlike the others. */
double mfn__log1p(double x);

/* FDLIBM's formula on top of mfn__log, not correctly rounded: recorded box sizes depend on how its
 * last bit falls. x positive and finite. */
double mfn__log10(double x);

/* 10^y for |y| at most 300. */
double mfn__pow10(double y);

/* |x| at most 100000. */
double mfn__sin(double x);
double mfn__cos(double x);

/* value < mfn__exp(x) for x in [-700, 0]. Fast: libm's exp decides wherever it is clear. */
bool mfn__less_than_exp(double value, double x);

#endif
