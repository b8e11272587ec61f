/* SPDX-License-Identifier: MIT */
/* The 18 features of a field or of its history: fractal, statistical, temporal, structural. */
#ifndef MFN_FEATURES_H
#define MFN_FEATURES_H

#include <stdint.h>

#include "mfn/option.h"
#include "mfn/simulation.h"

#ifdef __cplusplus
extern "C" {
#endif

/* name, unit, meaning; in canonical order. */
#define MFN_FEATURE_LIST(X)                                                                        \
    X(D_box, "", "box-counting dimension of the cells above the low threshold")                    \
    X(D_r2, "", "R^2 of the dimension's regression")                                               \
    X(V_min, "mV", "minimum of the last frame")                                                    \
    X(V_max, "mV", "maximum of the last frame")                                                    \
    X(V_mean, "mV", "mean of the last frame")                                                      \
    X(V_std, "mV", "population standard deviation of the last frame")                              \
    X(V_skew, "", "skewness of the last frame")                                                    \
    X(V_kurt, "", "excess kurtosis of the last frame")                                             \
    X(dV_mean, "mV/step", "mean absolute change between frames")                                   \
    X(dV_max, "mV/step", "largest absolute change between frames")                                 \
    X(T_stable, "steps", "first step of lasting quasi-stationarity, or the number of frames")      \
    X(E_trend, "mV^2/step", "slope of the total energy over time")                                 \
    X(f_active, "", "fraction of cells above the low threshold")                                   \
    X(N_clusters_low, "", "clusters above the low threshold")                                      \
    X(N_clusters_med, "", "clusters above the medium threshold")                                   \
    X(N_clusters_high, "", "clusters above the high threshold")                                    \
    X(max_cluster_size, "cells", "largest cluster above the low threshold")                        \
    X(cluster_size_std, "cells", "population standard deviation of those clusters' sizes")

typedef enum mfn_feature {
#define MFN_FEATURE_ENUM(name, unit, meaning) MFN_FEATURE_##name,
    MFN_FEATURE_LIST(MFN_FEATURE_ENUM)
#undef MFN_FEATURE_ENUM
        MFN_FEATURE_COUNT
} mfn_feature;

typedef struct mfn_features {
    double value[MFN_FEATURE_COUNT]; /* indexed by mfn_feature; counts are whole numbers */
} mfn_features;

/* Static texts; NULL for an index out of range. */
MFN_API const char *mfn_feature_name(mfn_feature feature);
MFN_API const char *mfn_feature_unit(mfn_feature feature);
MFN_API const char *mfn_feature_meaning(mfn_feature feature);
/* True for features that count something: T_stable, N_clusters_*, max_cluster_size. */
MFN_API bool mfn_feature_is_integer(mfn_feature feature);

typedef struct mfn_feature_config {
    size_t size;           /* sizeof(mfn_feature_config), set by the init function */
    uint64_t min_box_size; /* cells */
    uint64_t max_box_size; /* cells; 0: chosen from the field's size; see mfn_box_config */
    uint64_t num_scales;
    double threshold_low_mv, threshold_med_mv, threshold_high_mv;
    double stability_threshold_mv;
    uint64_t stability_window; /* frames */
    uint32_t connectivity;     /* index of the choices "4", "8" */
} mfn_feature_config;

/* The fields of mfn_feature_config with bounds and defaults. Static. */
MFN_API const mfn_option *mfn_feature_options(void);
MFN_API void mfn_feature_config_init(mfn_feature_config *config);
MFN_CHECKED MFN_API mfn_status mfn_feature_config_check(const mfn_feature_config *config,
                                                        mfn_error *err);

/* Features of `frames` (at least 1) frames of side * side volts, shape (frames, side, side),
 * row-major; `side` is 1 .. 65535. Static features look at the last frame; temporal ones are 0
 * with a single frame. `config` may be NULL for the defaults. NaN and infinity are refused with
 * their position, and values so large that a feature overflows with MFN_UNSTABLE. D_box is the
 * plain slope of the regression: cut-off rows and columns can take it out of [0, 2]. */
MFN_CHECKED MFN_API mfn_status mfn_features_compute(const double *field_v, uint64_t frames,
                                                    uint32_t side, const mfn_feature_config *config,
                                                    mfn_features *ret, mfn_error *err);

/* Features of a history that is never held in memory: push each frame, then finish. The same
 * bits as mfn_features_compute over the whole history. Memory is that of one frame. Not
 * thread-safe: one thread per meter. */
typedef struct mfn_feature_meter mfn_feature_meter;

/* `config` is copied; NULL stands for the defaults. `*ret` is set only on MFN_OK. */
MFN_CHECKED MFN_API mfn_status mfn_feature_meter_new(uint32_t side,
                                                     const mfn_feature_config *config,
                                                     mfn_feature_meter **ret, mfn_error *err);
MFN_API void mfn_feature_meter_free(mfn_feature_meter *meter); /* NULL is allowed */

/* Forgets all frames and takes another side and configuration, reusing memory. On failure the
 * meter keeps its frames, side and configuration. */
MFN_CHECKED MFN_API mfn_status mfn_feature_meter_reset(mfn_feature_meter *meter, uint32_t side,
                                                       const mfn_feature_config *config,
                                                       mfn_error *err);
/* `frame_v` holds side * side volts and is copied; on failure it does not count. */
MFN_CHECKED MFN_API mfn_status mfn_feature_meter_push(mfn_feature_meter *meter,
                                                      const double *frame_v, mfn_error *err);
/* Runs `steps` more steps of the simulation and counts the field after each as a frame: the same
 * bits as pushing them one by one, in a fraction of the time. If frames were pushed before, the
 * last one must have been the field as it is now. On failure the steps are lost to the meter. */
MFN_CHECKED MFN_API mfn_status mfn_feature_meter_advance(mfn_feature_meter *meter,
                                                         mfn_simulation *sim, uint64_t steps,
                                                         mfn_error *err);
/* At least one frame must have been pushed; more may follow. */
MFN_CHECKED MFN_API mfn_status mfn_feature_meter_finish(mfn_feature_meter *meter, mfn_features *ret,
                                                        mfn_error *err);

#ifdef __cplusplus
}
#endif

#endif
