/* SPDX-License-Identifier: MIT */
/* Cooley and Tukey (Math. Comput. 19, 1965) for any factors: a length p m is split into p
 * interleaved parts of length m. A large prime factor p costs p operations per value, which is no
 * matter for the sides of fields. The roots come from our own sine and cosine. */
#include "engine/dimension/fourier.h"

#include "base/error.h"
#include "base/mem.h"
#include "engine/exact_math.h"

#define TWO_PI 6.283185307179586

mfn_status mfn__fourier_init(mfn__fourier *fourier, uint32_t length, mfn_error *err)
{
    mfn__complex *roots = mfn__mem_new((size_t)length * 3, sizeof *roots);
    if (roots == NULL) {
        return mfn__fail_memory(err);
    }
    for (uint32_t k = 0; k < length; k++) {
        double angle = TWO_PI * (double)k / (double)length;
        roots[k] = (mfn__complex){mfn__cos(angle), -mfn__sin(angle)};
    }
    *fourier = (mfn__fourier){length, roots, roots + length};
    return MFN_OK;
}

void mfn__fourier_deinit(mfn__fourier *fourier)
{
    mfn__mem_free(fourier->roots);
    *fourier = (mfn__fourier){0};
}

static mfn__complex add(mfn__complex a, mfn__complex b)
{
    return (mfn__complex){a.re + b.re, a.im + b.im};
}

static mfn__complex multiply(mfn__complex a, mfn__complex b)
{
    return (mfn__complex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static uint32_t smallest_factor(uint32_t n)
{
    for (uint32_t p = 2; p * p <= n; p++) {
        if (n % p == 0) {
            return p;
        }
    }
    return n;
}

/* Joins `parts` transforms of `length` values each, one after the other in `out`. */
static void join(const mfn__fourier *fourier, mfn__complex *out, uint32_t parts, uint32_t length)
{
    mfn__complex *turned = fourier->scratch + fourier->length;
    uint64_t step = fourier->length / ((uint64_t)parts * length);
    for (uint32_t k = 0; k < length; k++) {
        for (uint32_t r = 0; r < parts; r++) {
            turned[r] =
                multiply(out[(size_t)r * length + k], fourier->roots[(uint64_t)r * k * step]);
        }
        for (uint32_t s = 0; s < parts; s++) {
            mfn__complex sum = turned[0];
            for (uint32_t r = 1; r < parts; r++) {
                uint64_t turn = (uint64_t)r * s % parts * (fourier->length / parts);
                sum = add(sum, multiply(turned[r], fourier->roots[turn]));
            }
            out[(size_t)s * length + k] = sum;
        }
    }
}

/* Recursion goes as deep as the length has prime factors. */
static void transform(const mfn__fourier *fourier, const mfn__complex *in, size_t stride,
                      mfn__complex *out, uint32_t length)
{
    if (length == 1) {
        out[0] = in[0];
        return;
    }
    uint32_t parts = smallest_factor(length);
    uint32_t part_length = length / parts;
    for (uint32_t r = 0; r < parts; r++) {
        transform(fourier, in + r * stride, stride * parts, out + (size_t)r * part_length,
                  part_length);
    }
    join(fourier, out, parts, part_length);
}

void mfn__fourier_transform(mfn__fourier *fourier, mfn__complex *values, size_t stride)
{
    transform(fourier, values, stride, fourier->scratch, fourier->length);
    for (uint32_t k = 0; k < fourier->length; k++) {
        values[k * stride] = fourier->scratch[k];
    }
}

void mfn__fourier_transform_square(mfn__fourier *fourier, mfn__complex *values)
{
    for (uint32_t i = 0; i < fourier->length; i++) {
        mfn__fourier_transform(fourier, values + (size_t)i * fourier->length, 1);
    }
    for (uint32_t j = 0; j < fourier->length; j++) {
        mfn__fourier_transform(fourier, values + j, fourier->length);
    }
}
