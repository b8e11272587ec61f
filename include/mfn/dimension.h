/* SPDX-License-Identifier: MIT */
/* Dimensions of sets and measures on a grid: box, information and correlation dimension with
 * confidence intervals, generalised dimensions and the multifractal spectrum, lacunarity.
 *
 * The box dimension among the 18 features (mfn/fractal.h) is the reference's: one grid, whole boxes
 * only. Here every box counts, cut ones too, and each size takes that position of its grid which
 * covers the set best. docs/dimension.md has the definitions, sources and measured errors.
 *
 * Masks and measures are width * height values, row-major, each side 1 .. 65535; non-zero bytes are
 * the set. Functions are thread-safe. */
#ifndef MFN_DIMENSION_H
#define MFN_DIMENSION_H

#include <stdint.h>

#include "mfn/option.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MFN_DIMENSION_SCALES_MAX 32
#define MFN_MOMENTS_MAX          81

/* A straight line y = intercept + value * x by least squares, with the interval that holds the
 * slope with 95 % confidence (Student's t, count - 2 degrees of freedom). It judges how straight
 * the points lie; what bends all of them alike, or ties them to each other, it cannot see. */
typedef struct mfn_slope {
    double value;
    double intercept;
    double std_error; /* of the slope */
    double low, high; /* infinite with two points: a line through them says nothing */
    double r_squared; /* 0 when all y are equal */
    uint32_t points;  /* below two the rest is 0 */
} mfn_slope;

/* The x must not all be equal. */
MFN_API void mfn_slope_fit(const double *x, const double *y, uint32_t count, mfn_slope *ret);

typedef struct mfn_dimension_config {
    size_t size;           /* sizeof(mfn_dimension_config), set by the init function */
    uint64_t scale_min;    /* cells: the scaling range begins here */
    uint64_t scale_max;    /* cells: and ends at or below; 0: a quarter of the shorter side */
    uint64_t scale_ratio;  /* from one box size to the next */
    uint64_t grid_offsets; /* positions of each grid along each axis; all of them for small boxes */
    double q_max;          /* the spectrum has the moments -q_max .. q_max */
    double q_step;
} mfn_dimension_config;

/* The fields of mfn_dimension_config with bounds and defaults. Static. */
MFN_API const mfn_option *mfn_dimension_options(void);
MFN_API void mfn_dimension_config_init(mfn_dimension_config *config);
MFN_CHECKED MFN_API mfn_status mfn_dimension_config_check(const mfn_dimension_config *config,
                                                          mfn_error *err);

/* Every array has `scales` entries, one for each box size s, ascending. All are 0 for an empty
 * mask. `config` may be NULL for the defaults, here and below. */
typedef struct mfn_dimensions {
    mfn_slope box;         /* of ln boxes over ln 1/s (Falconer, Fractal Geometry, 3.1) */
    mfn_slope information; /* of the entropy over ln 1/s (Renyi 1959) */
    mfn_slope correlation; /* of ln pairs over ln window (Grassberger and Procaccia 1983) */
    uint32_t scales;
    uint32_t sizes[MFN_DIMENSION_SCALES_MAX];
    uint64_t boxes[MFN_DIMENSION_SCALES_MAX]; /* that hold a cell: the least over grid positions */
    double entropy[MFN_DIMENSION_SCALES_MAX]; /* -sum p ln p, p a box's share: the least, in nats */

    /* Mean number of cells, its own included, in the window of `windows` cells a side around a cell
     * of the set. Cells whose largest window leaves the field are no centres: an edge is not an end
     * of the set. No centre, no correlation dimension: `correlation.points` is 0. */
    uint32_t window_count;
    uint32_t windows[MFN_DIMENSION_SCALES_MAX]; /* the odd numbers 2 floor(s / 2) + 1 */
    double neighbours[MFN_DIMENSION_SCALES_MAX];
    uint64_t centres;
} mfn_dimensions;

MFN_CHECKED MFN_API mfn_status mfn_dimensions_of_mask(const uint8_t *mask, uint32_t width,
                                                      uint32_t height,
                                                      const mfn_dimension_config *config,
                                                      mfn_dimensions *ret, mfn_error *err);

/* One moment of a measure. With p the share of a box of s cells and w = p^q / sum p^q:
 * d from the slope of the Renyi entropy ln(sum p^q) / (1 - q), alpha and f directly from the
 * slopes of sum w ln p and sum w ln w over ln s (Chhabra and Jensen, Phys. Rev. Lett. 62, 1989),
 * each on that grid which makes the Renyi entropy smallest. */
typedef struct mfn_moment {
    double q;
    mfn_slope d;     /* generalised dimension D_q */
    double tau;      /* (q - 1) D_q */
    mfn_slope alpha; /* singularity strength */
    mfn_slope f;     /* dimension of the set of that strength */
} mfn_moment;

typedef struct mfn_spectrum {
    uint32_t scales;
    uint32_t sizes[MFN_DIMENSION_SCALES_MAX];
    uint32_t moments;
    mfn_moment moment[MFN_MOMENTS_MAX]; /* ascending q */
} mfn_spectrum;

/* Every cell of the set weighs the same. No moments for an empty mask. */
MFN_CHECKED MFN_API mfn_status mfn_spectrum_of_mask(const uint8_t *mask, uint32_t width,
                                                    uint32_t height,
                                                    const mfn_dimension_config *config,
                                                    mfn_spectrum *ret, mfn_error *err);

/* Any weights: finite, not negative, with a finite sum. */
MFN_CHECKED MFN_API mfn_status mfn_spectrum_of_measure(const double *weights, uint32_t width,
                                                       uint32_t height,
                                                       const mfn_dimension_config *config,
                                                       mfn_spectrum *ret, mfn_error *err);

/* Gliding-box lacunarity E[m^2] / E[m]^2, m the cells in a box of s, over all its positions inside
 * the field (Allain and Cloitre, Phys. Rev. A 44, 1991): 1 where every box holds the same. */
typedef struct mfn_lacunarity {
    uint32_t scales; /* 0 for an empty mask */
    uint32_t sizes[MFN_DIMENSION_SCALES_MAX];
    double value[MFN_DIMENSION_SCALES_MAX];
} mfn_lacunarity;

MFN_CHECKED MFN_API mfn_status mfn_lacunarity_of_mask(const uint8_t *mask, uint32_t width,
                                                      uint32_t height,
                                                      const mfn_dimension_config *config,
                                                      mfn_lacunarity *ret, mfn_error *err);

#ifdef __cplusplus
}
#endif

#endif
