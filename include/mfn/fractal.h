/* SPDX-License-Identifier: MIT */
/* Fractal tools: box counting, clusters, random iterated function systems, Lyapunov exponents. */
#ifndef MFN_FRACTAL_H
#define MFN_FRACTAL_H

#include <stdint.h>

#include "mfn/option.h"
#include "mfn/random.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MFN_BOX_SCALES_MAX 64

/* Without a maximum, boxes go up to min_box_size * 2^(num_scales-1), but no further than half the
 * side, or all of a side below 4. */
typedef struct mfn_box_config {
    size_t size;           /* sizeof(mfn_box_config), set by the init function */
    uint64_t min_box_size; /* cells, 1 .. 65535 */
    uint64_t max_box_size; /* cells, .. 65535, raised to the minimum; 0: chosen by the rule above */
    uint64_t num_scales;   /* 1 .. MFN_BOX_SCALES_MAX */
} mfn_box_config;

/* What the regression ln(count) over ln(1/size) was made of, and what it gave: those box sizes
 * that fit into the field and held anything. All three results are 0 with fewer than two. The
 * dimension is the plain slope and can leave [0, 2] where rows and columns are left out. */
typedef struct mfn_box_counting {
    double dimension;
    double intercept;
    double r_squared;                    /* confined to [0, 1] */
    uint32_t scales;                     /* entries of the two arrays */
    uint32_t sizes[MFN_BOX_SCALES_MAX];  /* cells, ascending */
    uint64_t counts[MFN_BOX_SCALES_MAX]; /* boxes of that size that hold at least one cell */
} mfn_box_counting;

MFN_API void mfn_box_config_init(mfn_box_config *config); /* 2, automatic, 5 */

/* The box sizes in use: num_scales values spaced evenly in the logarithm between min and max,
 * cut to whole numbers, without repeats: 2 4 7 16 32 for 2 .. 32 in five, as in the reference.
 * No size is below the minimum; max <= min gives the minimum alone. Writes at most
 * MFN_BOX_SCALES_MAX. */
MFN_CHECKED MFN_API mfn_status mfn_box_sizes(uint64_t min_box_size, uint64_t max_box_size,
                                             uint64_t num_scales, uint32_t *ret_sizes,
                                             uint32_t *ret_count, mfn_error *err);

/* Box-counting dimension of the non-zero bytes of `mask` (side * side, row-major; side is
 * 1 .. 65535). Rows and columns that do not fill a whole box are left out, as in the reference;
 * sizes above the side are left out, where the reference fails. `config` may be NULL for the
 * defaults. */
MFN_CHECKED MFN_API mfn_status mfn_box_count(const uint8_t *mask, uint32_t side,
                                             const mfn_box_config *config, mfn_box_counting *ret,
                                             mfn_error *err);

/* Connected clusters of the non-zero bytes of `mask` (width * height, row-major, each
 * 1 .. 65535), without wrap-around. */
typedef struct mfn_clusters {
    uint64_t count;
    uint64_t largest; /* cells */
    double size_std;  /* population standard deviation of the sizes; 0 below two clusters */
} mfn_clusters;

/* `connectivity` is 4 or 8. */
MFN_CHECKED MFN_API mfn_status mfn_clusters_count(const uint8_t *mask, uint32_t width,
                                                  uint32_t height, uint32_t connectivity,
                                                  mfn_clusters *ret, mfn_error *err);

/* x' = a x + b y + e, y' = c x + d y + f. */
typedef struct mfn_ifs_transform {
    double a, b, c, d, e, f;
} mfn_ifs_transform;

typedef struct mfn_ifs_config {
    size_t size;                 /* sizeof(mfn_ifs_config), set by the init function */
    uint64_t num_points;         /* 1 .. 10^9 */
    uint64_t num_transforms;     /* 1 .. 8 */
    double scale_min, scale_max; /* contraction ratios, inside (0, 1), min <= max */
    double translation_range;    /* 0 .. 2; translations are uniform in [-range, range] */
} mfn_ifs_config;

MFN_API const mfn_option *mfn_ifs_options(void);
MFN_API void mfn_ifs_config_init(mfn_ifs_config *config);
MFN_CHECKED MFN_API mfn_status mfn_ifs_config_check(const mfn_ifs_config *config, mfn_error *err);

/* Draws the transforms, then plays the chaos game from the origin. `ret_transforms` takes
 * num_transforms entries, `ret_points_xy` 2 * num_points values (x, y, x, y, ...), `ret_lyapunov`
 * the mean logarithm of the area contraction. Each of the three may be NULL; `config` too, for
 * the defaults. A point with a coordinate of 100 or more ends the game with MFN_UNSTABLE: then
 * the generator has moved on, and `ret_points_xy` holds the points before it. */
MFN_CHECKED MFN_API mfn_status mfn_ifs_generate(mfn_random *random, const mfn_ifs_config *config,
                                                mfn_ifs_transform *ret_transforms,
                                                double *ret_points_xy, double *ret_lyapunov,
                                                mfn_error *err);

/* The reference's Lyapunov exponent of a history of `frames` frames of `cells` values, frame
 * after frame, each at least 1: mean of ln |h[t] - h[t-1]| (Euclidean norm over the frame, frames
 * that moved more than 1e-10) divided by `dt` > 0; 0 when no frame moved. It depends on the grid
 * size and on units: compare like with like. NaN and infinity are refused. */
typedef struct mfn_stability {
    double lyapunov_exponent;
    bool is_stable;                           /* the exponent is negative */
    double mean_change_rate, max_change_rate; /* of |h[t] - h[t-1]| / dt over all cells */
    double final_std;                         /* population standard deviation of the last frame */
} mfn_stability;

MFN_CHECKED MFN_API mfn_status mfn_stability_of_history(const double *history, uint64_t frames,
                                                        uint64_t cells, double dt,
                                                        mfn_stability *ret, mfn_error *err);

#ifdef __cplusplus
}
#endif

#endif
