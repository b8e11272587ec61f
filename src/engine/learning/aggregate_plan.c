/* SPDX-License-Identifier: MIT */
#include "engine/learning/aggregate_plan.h"

#include <inttypes.h>

#include "base/error.h"
#include "base/mem.h"

#define SAMPLE_ABOVE 1000

static mfn_status count_used(uint64_t count, const mfn_aggregate_config *config, size_t *ret,
                             mfn_error *err)
{
    uint64_t used = count;
    if (count > SAMPLE_ABOVE) {
        used = (uint64_t)((double)count * config->sample_fraction);
    }
    if (used < 1) {
        return mfn__fail(err, MFN_INVALID, "sample_fraction",
                         "sample_fraction: %.17g of %" PRIu64 " gradients is none",
                         config->sample_fraction, count);
    }
    if (used > SIZE_MAX / sizeof(uint64_t)) {
        return mfn__fail_memory(err);
    }
    *ret = (size_t)used;
    return MFN_OK;
}

static mfn_status draw(mfn__aggregate_plan *plan, uint64_t count, mfn_random *random,
                       mfn_error *err)
{
    mfn_status status = MFN_OK;
    if (count > SAMPLE_ABOVE) {
        status = mfn_random_sample(random, count, plan->used, plan->chosen, err);
    } else {
        for (size_t i = 0; i < plan->used; i++) {
            plan->chosen[i] = i;
        }
    }
    for (size_t i = 0; status == MFN_OK && i < plan->used; i++) {
        plan->cluster[i] = (uint64_t)mfn_random_integer(random, 0, (int64_t)plan->clusters);
    }
    return status;
}

static void sort_into_clusters(mfn__aggregate_plan *plan)
{
    for (size_t i = 0; i < plan->used; i++) {
        plan->starts[plan->cluster[i] + 1]++;
    }
    for (size_t c = 0; c < plan->clusters; c++) {
        size_t size = plan->starts[c + 1];
        plan->occupied += size > 0;
        plan->largest = size > plan->largest ? size : plan->largest;
        plan->starts[c + 1] = plan->starts[c] + size;
    }
    for (size_t i = 0; i < plan->used; i++) {
        plan->members[plan->starts[plan->cluster[i]]++] = plan->chosen[i];
    }
    for (size_t c = plan->clusters; c > 0; c--) { /* each start has moved to its end */
        plan->starts[c] = plan->starts[c - 1];
    }
    plan->starts[0] = 0;
}

mfn_status mfn__aggregate_plan_init(mfn__aggregate_plan *plan, uint64_t count,
                                    const mfn_aggregate_config *config, mfn_random *random,
                                    mfn_error *err)
{
    *plan = (mfn__aggregate_plan){0};
    mfn_status status = count_used(count, config, &plan->used, err);
    if (status != MFN_OK) {
        return status;
    }
    plan->clusters = config->num_clusters < plan->used ? (size_t)config->num_clusters : plan->used;
    plan->chosen = mfn__mem_new(plan->used, sizeof *plan->chosen);
    plan->cluster = mfn__mem_new(plan->used, sizeof *plan->cluster);
    plan->starts = mfn__mem_new(plan->clusters + 1, sizeof *plan->starts);
    plan->members = mfn__mem_new(plan->used, sizeof *plan->members);
    if (plan->chosen == NULL || plan->cluster == NULL || plan->starts == NULL ||
        plan->members == NULL) {
        status = mfn__fail_memory(err);
    }
    if (status == MFN_OK) {
        status = draw(plan, count, random, err);
    }
    if (status != MFN_OK) {
        mfn__aggregate_plan_deinit(plan);
        return status;
    }
    sort_into_clusters(plan);
    return MFN_OK;
}

void mfn__aggregate_plan_deinit(mfn__aggregate_plan *plan)
{
    mfn__mem_free(plan->chosen);
    mfn__mem_free(plan->cluster);
    mfn__mem_free(plan->starts);
    mfn__mem_free(plan->members);
    *plan = (mfn__aggregate_plan){0};
}
