/* SPDX-License-Identifier: MIT */
/* Discrete Fourier transform of any length, with the same bits everywhere. */
#ifndef MFN_ENGINE_DIMENSION_FOURIER_H
#define MFN_ENGINE_DIMENSION_FOURIER_H

#include <stddef.h>
#include <stdint.h>

#include "mfn/status.h"

typedef struct mfn__complex {
    double re, im;
} mfn__complex;

typedef struct mfn__fourier {
    uint32_t length;
    mfn__complex *roots;   /* exp(-2 pi i k / length) */
    mfn__complex *scratch; /* 2 * length */
} mfn__fourier;

mfn_status mfn__fourier_init(mfn__fourier *fourier, uint32_t length, mfn_error *err);
void mfn__fourier_deinit(mfn__fourier *fourier);

/* Replaces the `length` values, `stride` apart, by sum over j of value[j] exp(-2 pi i j k / n). */
void mfn__fourier_transform(mfn__fourier *fourier, mfn__complex *values, size_t stride);

/* The same along both axes of length * length values. */
void mfn__fourier_transform_square(mfn__fourier *fourier, mfn__complex *values);

#endif
