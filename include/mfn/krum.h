/* SPDX-License-Identifier: MIT */
/* Aggregation of gradients of which some may be hostile: Krum, and the reference's two-level
 * Krum with a median.
 *
 * Krum (Blanchard, El Mhamdi, Guerraoui, Stainer, NeurIPS 2017) chooses the gradient with the
 * smallest sum of distances to its n - f - 2 nearest others. It withstands f Byzantine gradients
 * among n when n >= 2 f + 3.
 *
 * Gradients are float32; sums are taken in double in a fixed order, so that results have the same
 * bits on every machine and any number of threads. A gradient that holds NaN or infinity counts as
 * Byzantine and infinitely far away: it is never chosen. Functions are thread-safe. */
#ifndef MFN_KRUM_H
#define MFN_KRUM_H

#include <stdint.h>

#include "mfn/option.h"
#include "mfn/parallel.h"
#include "mfn/random.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Gradients that one selection can compare: it keeps about 4 n^2 bytes. */
#define MFN_KRUM_GRADIENTS_MAX 65536

typedef enum mfn_krum_distance {
    MFN_KRUM_EUCLIDEAN, /* |x - y|, as the reference */
    MFN_KRUM_SQUARED,   /* |x - y|^2, as the paper */
} mfn_krum_distance;

/* A view of count * dimension values, gradient after gradient. */
typedef struct mfn_gradients {
    const float *values;
    uint64_t count;     /* 1 .. MFN_KRUM_GRADIENTS_MAX for a selection */
    uint64_t dimension; /* at least 1 */
} mfn_gradients;

typedef struct mfn_krum_config {
    size_t size;            /* sizeof(mfn_krum_config), set by the init function */
    uint64_t num_byzantine; /* f, 0 .. 10^9 */
    uint32_t distance;      /* an mfn_krum_distance */
    bool strict;            /* refuse fewer than 2 f + 3 gradients */
} mfn_krum_config;

typedef struct mfn_krum_selection {
    uint64_t index; /* of the chosen gradient; the lowest of equally good ones */
    double score;   /* its sum of distances; 0 when there was nothing to compare it with */
    /* (runner-up's score - score) / score; 0 without a runner-up or when both are 0. */
    double relative_margin;
    uint64_t neighbours; /* distances in the score: max(1, n - f - 2), or as many as there are */
    uint64_t non_finite; /* gradients with NaN or infinity */
    bool is_sound;       /* n >= 2 f + 3 */
} mfn_krum_selection;

MFN_API const mfn_option *mfn_krum_options(void);
MFN_API void mfn_krum_config_init(mfn_krum_config *config); /* 1, Euclidean, not strict */
MFN_CHECKED MFN_API mfn_status mfn_krum_config_check(const mfn_krum_config *config, mfn_error *err);

/* Krum. `config` and `parallel` may be NULL. MFN_INVALID when no gradient is finite. */
MFN_CHECKED MFN_API mfn_status mfn_krum_select(const mfn_gradients *gradients,
                                               const mfn_krum_config *config,
                                               const mfn_parallel *parallel,
                                               mfn_krum_selection *ret, mfn_error *err);

/* Two levels, as the reference's HierarchicalKrumAggregator: gradients are dealt at random into
 * clusters, Krum chooses a representative of each, and the outcome is 0.7 * (Krum of the
 * representatives) + 0.3 * (their coordinate-wise lower median), in float32. On both levels f is
 * max(min_byzantine, whole part of n * byzantine_fraction). Of more than 1000 gradients, a
 * random sample of n * sample_fraction is used. A single gradient, or a single representative, is
 * returned unchanged. */
typedef struct mfn_aggregate_config {
    size_t size;               /* sizeof(mfn_aggregate_config), set by the init function */
    uint64_t num_clusters;     /* 1 .. 10^9; never more than gradients */
    double byzantine_fraction; /* 0 .. below 0.5 */
    double sample_fraction;    /* above 0 .. 1 */
    uint64_t min_byzantine;    /* 0 .. 10^9 */
    uint32_t distance;         /* an mfn_krum_distance */
    bool strict;               /* refuse any selection from fewer than 2 f + 3 */
} mfn_aggregate_config;

/* What came out, and how. Release with mfn_aggregation_deinit. */
typedef struct mfn_aggregation {
    float *values;            /* the aggregated gradient, */
    uint64_t dimension;       /* of so many values */
    uint64_t gradients;       /* that there were, */
    uint64_t used;            /* that were not left out by sampling, */
    uint64_t non_finite;      /* and of these, those with NaN or infinity */
    uint64_t clusters;        /* into which gradients were dealt, */
    uint64_t clusters_used;   /* that got any, */
    uint64_t representatives; /* and that had a finite one to send to the second level */
    uint64_t chosen;          /* gradient that the last selection chose */
    uint64_t chosen_cluster;  /* and its cluster */
    double relative_margin;   /* of that choice, as in mfn_krum_selection */
    uint64_t unsound;         /* selections from fewer than 2 f + 3, of both levels */
} mfn_aggregation;

MFN_API const mfn_option *mfn_aggregate_options(void);
MFN_API void mfn_aggregate_config_init(mfn_aggregate_config *config); /* 100, 0.2, 0.1, 1 */
MFN_CHECKED MFN_API mfn_status mfn_aggregate_config_check(const mfn_aggregate_config *config,
                                                          mfn_error *err);

/* `random` deals the clusters; NULL is a fresh generator of seed 42, as in the reference. `config`
 * and `parallel` may be NULL. `*ret` is written only on MFN_OK. */
MFN_CHECKED MFN_API mfn_status mfn_aggregate(const mfn_gradients *gradients,
                                             const mfn_aggregate_config *config, mfn_random *random,
                                             const mfn_parallel *parallel, mfn_aggregation *ret,
                                             mfn_error *err);
MFN_API void mfn_aggregation_deinit(mfn_aggregation *aggregation); /* an empty one is allowed */

/* Gradients that need not fit into memory. `read` writes the `dimension` values of one gradient to
 * `ret`, or fills `err` and fails; each that is used is read once, on the caller's thread. */
typedef struct mfn_gradient_source {
    void *context; /* first argument of `read` */
    mfn_status (*read)(void *context, uint64_t index, float *ret, mfn_error *err);
    uint64_t count, dimension;
} mfn_gradient_source;

/* The same bits as mfn_aggregate. Memory: the largest cluster and one gradient per cluster. */
MFN_CHECKED MFN_API mfn_status mfn_aggregate_stream(const mfn_gradient_source *source,
                                                    const mfn_aggregate_config *config,
                                                    mfn_random *random,
                                                    const mfn_parallel *parallel,
                                                    mfn_aggregation *ret, mfn_error *err);

#ifdef __cplusplus
}
#endif

#endif
