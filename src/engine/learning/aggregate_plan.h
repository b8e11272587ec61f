/* SPDX-License-Identifier: MIT */
/* Which gradients an aggregation uses, and which cluster each is dealt into. */
#ifndef MFN_ENGINE_LEARNING_AGGREGATE_PLAN_H
#define MFN_ENGINE_LEARNING_AGGREGATE_PLAN_H

#include <stddef.h>

#include "mfn/krum.h"

typedef struct mfn__aggregate_plan {
    size_t used;       /* gradients, */
    uint64_t *chosen;  /* their numbers in the order of the draw */
    uint64_t *cluster; /* of each */
    size_t clusters;   /* all of them, empty ones included */
    size_t *starts;    /* clusters + 1: where each begins in `members` */
    uint64_t *members; /* numbers of gradients, cluster by cluster, each in the order of the draw */
    size_t occupied;   /* clusters with members */
    size_t largest;    /* members of the largest */
} mfn__aggregate_plan;

/* Draws from `random` what the reference draws: a sample when there are more than 1000 gradients,
 * then a cluster for each. A failed init needs nothing. */
mfn_status mfn__aggregate_plan_init(mfn__aggregate_plan *plan, uint64_t count,
                                    const mfn_aggregate_config *config, mfn_random *random,
                                    mfn_error *err);
void mfn__aggregate_plan_deinit(mfn__aggregate_plan *plan);

#endif
