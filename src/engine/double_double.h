/* SPDX-License-Identifier: MIT */
/* Numbers as unevaluated sums of two doubles, about 106 bits (Dekker, Numer. Math. 18, 1971; error
 * bounds in Joldes, Muller and Popescu, ACM TOMS 44(2), 2017). */
#ifndef MFN_ENGINE_DOUBLE_DOUBLE_H
#define MFN_ENGINE_DOUBLE_DOUBLE_H

#include <math.h>

typedef struct mfn__dd {
    double hi, lo; /* hi is the sum rounded to double */
} mfn__dd;

/* a + b exactly. */
static inline mfn__dd mfn__dd_sum(double a, double b)
{
    double sum = a + b;
    double b_part = sum - a;
    return (mfn__dd){sum, (a - (sum - b_part)) + (b - b_part)};
}

/* a + b exactly, for |a| >= |b|. */
static inline mfn__dd mfn__dd_quick_sum(double a, double b)
{
    double sum = a + b;
    return (mfn__dd){sum, b - (sum - a)};
}

/* a * b exactly. */
static inline mfn__dd mfn__dd_product(double a, double b)
{
    double product = a * b;
    return (mfn__dd){product, fma(a, b, -product)};
}

static inline mfn__dd mfn__dd_add(mfn__dd a, mfn__dd b)
{
    mfn__dd high = mfn__dd_sum(a.hi, b.hi);
    mfn__dd low = mfn__dd_sum(a.lo, b.lo);
    high = mfn__dd_quick_sum(high.hi, high.lo + low.hi);
    return mfn__dd_quick_sum(high.hi, high.lo + low.lo);
}

static inline mfn__dd mfn__dd_multiply(mfn__dd a, mfn__dd b)
{
    mfn__dd product = mfn__dd_product(a.hi, b.hi);
    double cross = fma(a.lo, b.hi, fma(a.hi, b.lo, a.lo * b.lo));
    return mfn__dd_quick_sum(product.hi, product.lo + cross);
}

static inline mfn__dd mfn__dd_scale(mfn__dd a, double factor)
{
    return mfn__dd_multiply(a, (mfn__dd){factor, 0.0});
}

static inline mfn__dd mfn__dd_divide(mfn__dd a, mfn__dd b)
{
    double first = a.hi / b.hi;
    mfn__dd rest = mfn__dd_add(a, mfn__dd_scale(b, -first));
    double second = rest.hi / b.hi;
    rest = mfn__dd_add(rest, mfn__dd_scale(b, -second));
    mfn__dd quotient = mfn__dd_quick_sum(first, second);
    return mfn__dd_add(quotient, (mfn__dd){rest.hi / b.hi, 0.0});
}

#endif
