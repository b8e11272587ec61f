/* SPDX-License-Identifier: MIT */
/* The extended set of features, on request: what the 18 features (mfn/features.h) leave out, about
 * one field. Definitions and measured errors are in docs/dimension.md. */
#ifndef MFN_EXTENDED_H
#define MFN_EXTENDED_H

#include "mfn/dimension.h"
#include "mfn/features.h"
#include "mfn/morphology.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Name, unit, meaning; in canonical order. The set is the cells above the low threshold. */
#define MFN_EXTENDED_LIST(X)                                                                       \
    X(D_0, "", "box dimension, least boxes over grid positions")                                   \
    X(D_0_low, "", "lower end of its 95 % confidence interval")                                    \
    X(D_0_high, "", "upper end")                                                                   \
    X(D_0_r2, "", "R^2 of its regression")                                                         \
    X(D_1, "", "information dimension")                                                            \
    X(D_1_low, "", "lower end of its 95 % confidence interval")                                    \
    X(D_1_high, "", "upper end")                                                                   \
    X(D_corr, "", "correlation dimension")                                                         \
    X(D_corr_low, "", "lower end of its 95 % confidence interval")                                 \
    X(D_corr_high, "", "upper end")                                                                \
    X(range_min, "cells", "smallest box: the scaling range begins here")                           \
    X(range_max, "cells", "largest box: and ends here")                                            \
    X(lacunarity, "", "of boxes of the smallest size; 1 is even")                                  \
    X(lacunarity_slope, "", "of ln lacunarity over ln size")                                       \
    X(alpha_min, "", "least singularity strength, of the largest moment")                          \
    X(alpha_max, "", "greatest, of the smallest moment")                                           \
    X(alpha_width, "", "width of the multifractal spectrum")                                       \
    X(H_field, "bits", "Shannon entropy of the potentials in 256 bins")                            \
    X(area, "cells", "first Minkowski functional of the set")                                      \
    X(perimeter, "cells", "second: sides of cells between inside and outside")                     \
    X(euler, "", "third: clusters minus holes")                                                    \
    X(contour, "cells", "length of the line at the low threshold")                                 \
    X(wavelength, "cells", "of the waves with most of the variance; 0: a flat field")              \
    X(orientation, "degrees", "across their crests, from along a row towards higher rows")         \
    X(anisotropy, "", "0: they run in all directions alike, 1: in one")                            \
    X(wave_share, "", "their share of the variance")

typedef enum mfn_extended_feature {
#define MFN_EXTENDED_ENUM(name, unit, meaning) MFN_EXTENDED_##name,
    MFN_EXTENDED_LIST(MFN_EXTENDED_ENUM)
#undef MFN_EXTENDED_ENUM
        MFN_EXTENDED_COUNT
} mfn_extended_feature;

/* What cannot be measured is 0: dimensions of an empty set, a slope over fewer than two sizes. The
 * interval of a slope over two sizes is infinite. */
typedef struct mfn_extended {
    double value[MFN_EXTENDED_COUNT]; /* indexed by mfn_extended_feature */
    mfn_dimensions dimensions;        /* and what they were made of */
    mfn_spectrum spectrum;
    mfn_lacunarity lacunarity;
} mfn_extended;

/* Static texts; NULL for an index out of range. */
MFN_API const char *mfn_extended_name(mfn_extended_feature feature);
MFN_API const char *mfn_extended_unit(mfn_extended_feature feature);
MFN_API const char *mfn_extended_meaning(mfn_extended_feature feature);
/* True for features that count something: the range, area, perimeter, euler. */
MFN_API bool mfn_extended_is_integer(mfn_extended_feature feature);

/* Of side * side volts, row-major, side 2 .. 65535. `features` gives the low threshold and the
 * connectivity; it and `config` may be NULL for the defaults. NaN and infinity are refused with
 * their position. Takes 16 bytes of memory a cell. Thread-safe. */
MFN_CHECKED MFN_API mfn_status mfn_extended_compute(const double *field_v, uint32_t side,
                                                    const mfn_feature_config *features,
                                                    const mfn_dimension_config *config,
                                                    mfn_extended *ret, mfn_error *err);

#ifdef __cplusplus
}
#endif

#endif
