/* SPDX-License-Identifier: MIT */
/* Shape and texture of a field: Minkowski functionals, entropy, dominant wave. Sources and checks
 * are in docs/dimension.md. Functions are thread-safe. */
#ifndef MFN_MORPHOLOGY_H
#define MFN_MORPHOLOGY_H

#include <stdint.h>

#include "mfn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The Minkowski functionals of a set in the plane, made of unit squares (Mantz, Jacobs and Mecke,
 * J. Stat. Mech. P12015, 2008). */
typedef struct mfn_minkowski {
    uint64_t area;      /* cells */
    uint64_t perimeter; /* sides of cells between inside and outside, the field's edge included */
    int64_t euler;      /* clusters minus holes */
} mfn_minkowski;

/* `mask` has width * height bytes, row-major, each side 1 .. 65535; non-zero bytes are the set.
 * `connectivity` is 4 or 8: whether cells that share a corner alone are one cluster. */
MFN_CHECKED MFN_API mfn_status mfn_minkowski_of_mask(const uint8_t *mask, uint32_t width,
                                                     uint32_t height, uint32_t connectivity,
                                                     mfn_minkowski *ret, mfn_error *err);

/* Length, in cells, of the line where the field crosses `level`: marching squares between the
 * middles of cells with linear interpolation (Mantz et al. 2008). A perimeter of unit squares makes
 * a slanted edge up to sqrt 2 too long, however fine the grid; this line does not. It ends at the
 * outermost cells' middles. `field` has width * height finite values, each side 1 .. 65535. */
MFN_CHECKED MFN_API mfn_status mfn_contour_length(const double *field, uint32_t width,
                                                  uint32_t height, double level, double *ret,
                                                  mfn_error *err);

/* Shannon's entropy, in bits, of the values' histogram: `bins` (2 .. 65536) equal ones from the
 * least to the largest value; 0 when all are equal. `count` finite values, at least 1. */
MFN_CHECKED MFN_API mfn_status mfn_entropy_bits(const double *values, uint64_t count, uint32_t bins,
                                                double *ret, mfn_error *err);

/* The wave that carries most of a field's variance. */
typedef struct mfn_wave {
    double wavelength;  /* cells; 0 for a field of equal values */
    double orientation; /* degrees in [0, 180): direction across the crests, from a row's direction
                         * towards higher rows; 0 when there is none */
    double anisotropy;  /* 0: waves of that length run in all directions alike, 1: in one */
    double power_share; /* of the variance, in modes of about that length */
} mfn_wave;

/* From the discrete Fourier transform of the side * side finite values, side 2 .. 65535, taken as
 * one period: an array that does not close at its edges has power at long waves that is not its
 * own. Modes are gathered in rings of whole |k|; the ring with most power and its two neighbours
 * make wavelength (side over the mean |k|, weighted by power) and orientation (the mean of exp(2i
 * angle), whose length is the anisotropy). */
MFN_CHECKED MFN_API mfn_status mfn_wave_of_field(const double *field, uint32_t side, mfn_wave *ret,
                                                 mfn_error *err);

#ifdef __cplusplus
}
#endif

#endif
