/* SPDX-License-Identifier: MIT */
/* From blocks of 64-bit draws to numbers. */
#ifndef MFN_KERNELS_DRAWS_H
#define MFN_KERNELS_DRAWS_H

#include <stddef.h>
#include <stdint.h>

/* low + range * (a 53-bit fraction in [0, 1)) for each draw. */
typedef void (*mfn__uniforms_kernel)(const uint64_t *bits, size_t count, double low, double range,
                                     double *ret);

/* A ziggurat of 256 layers and the normals that are wanted from it. A draw has its layer in bits 0
 * to 7, its sign in bit 8 and its fraction of the layer's width in bits 9 to 60. */
typedef struct mfn__normals {
    const uint64_t *inside; /* fractions below it are surely under the curve */
    const double *width;    /* of 2^-52 of each layer */
    double mean, deviation;
} mfn__normals;

/* mean + deviation * (the point of its draw) for the draws up to the first whose point is not
 * surely under the curve. Returns how many these are; behind them, `ret` may hold anything. */
typedef size_t (*mfn__normals_kernel)(const mfn__normals *normals, const uint64_t *bits,
                                      size_t count, double *ret);

#endif
