/* SPDX-License-Identifier: MIT */
/* The reference's validation run: simulate sixteen fields, describe each by four numbers, let the
 * small network (mfn/network.h) learn a weighted sum of them, and report what the fields and
 * fractals looked like. It shows that the parts work together; it proves nothing about fungi. */
#ifndef MFN_VALIDATION_H
#define MFN_VALIDATION_H

#include <stdint.h>

#include "mfn/option.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mfn_validation_config {
    size_t size;         /* sizeof(mfn_validation_config), set by the init function */
    uint64_t seed;       /* 0 .. 2^32 - 1 */
    uint64_t epochs;     /* 1 .. 100 */
    uint64_t batch_size; /* samples per step of learning, 1 .. 64; there are 16 in all */
    uint64_t grid_size;  /* cells per side of each field, 8 .. 256 */
    uint64_t steps;      /* of each simulation, 1 .. 1000 */
    bool turing_enabled;
    bool quantum_jitter;
    bool use_sparse_attention;
} mfn_validation_config;

/* The fields of mfn_validation_config with bounds and defaults. Static. */
MFN_API const mfn_option *mfn_validation_options(void);
MFN_API void mfn_validation_config_init(mfn_validation_config *config);
MFN_CHECKED MFN_API mfn_status mfn_validation_config_check(const mfn_validation_config *config,
                                                           mfn_error *err);

/* name, meaning; in the reference's order. The losses are over all sixteen samples; the
 * reference's are those of its first and its last batch. */
#define MFN_VALIDATION_METRIC_LIST(X)                                                              \
    X(loss_start, "mean squared error before learning")                                            \
    X(loss_final, "mean squared error after learning")                                             \
    X(loss_drop, "loss_start - loss_final")                                                        \
    X(pot_min_mV, "lowest potential in the sixteen fields")                                        \
    X(pot_max_mV, "highest potential in the sixteen fields")                                       \
    X(example_fractal_dim, "box-counting dimension of the example field above -60 mV")             \
    X(lyapunov_exponent, "of the iterated function system drawn after the example field")          \
    X(lyapunov_mean, "mean over the sixteen drawn after the fields")                               \
    X(growth_events, "of the example field")                                                       \
    X(nernst_symbolic_mV, "Nernst potential of potassium from its closed form")                    \
    X(nernst_numeric_mV, "the same from mfn_nernst_v")                                             \
    X(nernst_rtfz_mV, "R T / (z F) of the same")

typedef enum mfn_validation_metric {
#define MFN_VALIDATION_METRIC_ENUM(name, meaning) MFN_VALIDATION_##name,
    MFN_VALIDATION_METRIC_LIST(MFN_VALIDATION_METRIC_ENUM)
#undef MFN_VALIDATION_METRIC_ENUM
        MFN_VALIDATION_METRIC_COUNT
} mfn_validation_metric;

typedef struct mfn_validation_metrics {
    double value[MFN_VALIDATION_METRIC_COUNT]; /* indexed by mfn_validation_metric */
} mfn_validation_metrics;

/* Static texts; NULL for an index out of range. */
MFN_API const char *mfn_validation_metric_name(mfn_validation_metric metric);
MFN_API const char *mfn_validation_metric_meaning(mfn_validation_metric metric);

/* Called after every step of a simulation and every epoch; `total` counts both. Return false to
 * stop the run, which then answers MFN_CANCELLED. */
typedef bool (*mfn_validation_observer)(void *context, uint64_t done, uint64_t total);

/* The whole run. `config` (the defaults) and `observer` may be NULL; `ret` is written only on
 * MFN_OK. The same configuration gives the same bits on every machine. Thread-safe. */
MFN_CHECKED MFN_API mfn_status mfn_validate(const mfn_validation_config *config,
                                            mfn_validation_observer observer, void *context,
                                            mfn_validation_metrics *ret, mfn_error *err);

#ifdef __cplusplus
}
#endif

#endif
