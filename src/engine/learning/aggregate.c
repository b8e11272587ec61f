/* SPDX-License-Identifier: MIT */
/* Two levels of Krum after the reference's HierarchicalKrumAggregator. Clusters are worked through
 * one after the other, each loaded whole: memory holds the largest cluster and the representatives.
 * f of a selection from n is max(min_byzantine, n * byzantine_fraction cut to a whole number); the
 * product is taken in double, so that 100 * 0.29 gives 28.
 *
 * The mix 0.7f k + 0.3f m is two float32 products and a sum, bit for bit the reference's. A single
 * representative is passed on as it is, where the mix would move every tenth value by a rounding
 * error. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "engine/learning/aggregate_plan.h"
#include "engine/learning/krum.h"
#include "engine/learning/lower_median.h"

#include "mfn/krum.h"

#define CONFIG           mfn_aggregate_config
#define COUNT_MAX        1e9
#define FRACTION_MAX     0.5
#define DEFAULT_SEED     "42"
#define CLUSTER_TEXT_MAX 48
#define KRUM_WEIGHT      0.7F
#define MEDIAN_WEIGHT    0.3F

/* clang-format off: one row per option */
static const mfn_option options[] = {
    MFN__WHOLE(CONFIG, num_clusters, 1, COUNT_MAX, "100", "", "clusters to deal gradients into"),
    MFN__REAL_BELOW(CONFIG, byzantine_fraction, 0, FRACTION_MAX, "0.2", "",
                    "part of the gradients that may be hostile"),
    {.name = "sample_fraction",
     .type = MFN_OPTION_REAL,
     .offset = offsetof(CONFIG, sample_fraction),
     .max = 1,
     .min_open = true,
     .default_text = "0.1",
     .unit = "",
     .help = "part of more than 1000 gradients that is used"},
    MFN__WHOLE(CONFIG, min_byzantine, 0, COUNT_MAX, "1", "",
               "hostile gradients to withstand in any case"),
    MFN__CHOICE(CONFIG, distance, mfn__krum_distance_names, "euclidean", "what scores are sums of"),
    MFN__BOOL(CONFIG, strict, "false", "refuse when a selection cannot withstand them"),
    {0},
};
/* clang-format on */

typedef struct aggregation_work {
    const mfn_gradient_source *source;
    const mfn_aggregate_config *config;
    const mfn_parallel *parallel;
    mfn__aggregate_plan plan;
    float *cluster;         /* the gradients of one cluster */
    float *representatives; /* finite ones, in the order of their clusters */
    uint64_t *origins;      /* of each: its number, */
    uint64_t *clusters;     /* and its cluster */
    mfn_aggregation result;
} aggregation_work;

const mfn_option *mfn_aggregate_options(void)
{
    return options;
}

void mfn_aggregate_config_init(mfn_aggregate_config *config)
{
    *config = (mfn_aggregate_config){.size = sizeof *config};
    mfn_options_set_defaults(options, config);
}

mfn_status mfn_aggregate_config_check(const mfn_aggregate_config *config, mfn_error *err)
{
    if (config->size != sizeof *config) {
        return mfn__fail(err, MFN_INVALID, "size",
                         "size: expected %zu, got %zu: fill the configuration with "
                         "mfn_aggregate_config_init",
                         sizeof *config, config->size);
    }
    return mfn_options_check(options, config, err);
}

static uint64_t byzantine_of(const mfn_aggregate_config *config, uint64_t count)
{
    uint64_t expected = (uint64_t)((double)count * config->byzantine_fraction);
    return expected > config->min_byzantine ? expected : config->min_byzantine;
}

/* Counts a selection that cannot withstand its f, or refuses it. */
static mfn_status judge(aggregation_work *work, const char *what, const char *advice,
                        uint64_t count, mfn_error *err)
{
    uint64_t num_byzantine = byzantine_of(work->config, count);
    if (mfn__krum_is_sound(count, num_byzantine)) {
        return MFN_OK;
    }
    work->result.unsound++;
    if (!work->config->strict) {
        return MFN_OK;
    }
    return mfn__fail(err, MFN_INVALID, "num_clusters",
                     "num_clusters: with %zu clusters for %zu gradients %s %" PRIu64
                     ", and Krum against f = %" PRIu64 " hostile needs 2 f + 3 = %" PRIu64
                     ": take %s, or do without strict",
                     work->plan.clusters, work->plan.used, what, count, num_byzantine,
                     2 * num_byzantine + 3, advice);
}

static size_t size_of_cluster(const aggregation_work *work, size_t cluster)
{
    return work->plan.starts[cluster + 1] - work->plan.starts[cluster];
}

/* Before any gradient is read. */
static mfn_status judge_clusters(aggregation_work *work, mfn_error *err)
{
    mfn_status status = MFN_OK;
    for (size_t c = 0; c < work->plan.clusters && status == MFN_OK; c++) {
        if (size_of_cluster(work, c) > 0) {
            char what[CLUSTER_TEXT_MAX];
            snprintf(what, sizeof what, "cluster %zu has", c);
            status = judge(work, what, "fewer clusters or more gradients", size_of_cluster(work, c),
                           err);
        }
    }
    return status;
}

static mfn_status take_memory(aggregation_work *work, mfn_error *err)
{
    size_t dimension = (size_t)work->source->dimension;
    size_t bytes = 0;
    if (__builtin_mul_overflow(dimension, sizeof(float), &bytes)) {
        return mfn__fail_memory(err);
    }
    work->cluster = mfn__mem_new(work->plan.largest, bytes);
    work->representatives = mfn__mem_new(work->plan.occupied, bytes);
    work->origins = mfn__mem_new(work->plan.occupied, sizeof *work->origins);
    work->clusters = mfn__mem_new(work->plan.occupied, sizeof *work->clusters);
    work->result.values = mfn__mem_new(dimension, sizeof(float));
    if (work->cluster == NULL || work->representatives == NULL || work->origins == NULL ||
        work->clusters == NULL || work->result.values == NULL) {
        return mfn__fail_memory(err);
    }
    return MFN_OK;
}

/* Krum over `gradients` with the f that their number gives. */
static mfn_status choose(const aggregation_work *work, const mfn_gradients *gradients,
                         mfn_krum_selection *ret, mfn_error *err)
{
    mfn_krum_config config;
    mfn_krum_config_init(&config);
    config.num_byzantine = byzantine_of(work->config, gradients->count);
    config.distance = work->config->distance;
    return mfn__krum_choose(gradients, &config, work->parallel, ret, err);
}

static mfn_status represent_cluster(aggregation_work *work, size_t cluster, mfn_error *err)
{
    size_t dimension = (size_t)work->source->dimension;
    size_t size = size_of_cluster(work, cluster);
    const uint64_t *members = work->plan.members + work->plan.starts[cluster];
    for (size_t i = 0; i < size; i++) {
        mfn_status status = work->source->read(work->source->context, members[i],
                                               work->cluster + i * dimension, err);
        if (status != MFN_OK) {
            return status;
        }
    }
    mfn_krum_selection selection;
    const mfn_gradients gradients = {work->cluster, size, dimension};
    mfn_status status = choose(work, &gradients, &selection, err);
    if (status != MFN_OK) {
        return status;
    }
    work->result.non_finite += selection.non_finite;
    work->result.relative_margin = selection.relative_margin; /* kept when there is one cluster */
    if (selection.non_finite < size) {
        size_t count = (size_t)work->result.representatives++;
        memcpy(work->representatives + count * dimension,
               work->cluster + (size_t)selection.index * dimension, dimension * sizeof(float));
        work->origins[count] = members[selection.index];
        work->clusters[count] = cluster;
    }
    return MFN_OK;
}

static float mix(float krum, float median)
{
    float mixed = KRUM_WEIGHT * krum + MEDIAN_WEIGHT * median;
    return fabsf(mixed) <= FLT_MAX ? mixed : krum; /* both near FLT_MAX: rounding overflows */
}

static mfn_status combine_representatives(aggregation_work *work, mfn_error *err)
{
    mfn_aggregation *result = &work->result;
    size_t dimension = (size_t)work->source->dimension;
    const mfn_gradients gradients = {work->representatives, result->representatives, dimension};
    mfn_krum_selection selection;
    mfn_status status = MFN_OK;
    if (work->plan.occupied > 1) { /* otherwise the first level has chosen */
        status = judge(work, "the second level has", "more clusters or a single one",
                       result->representatives, err);
    }
    if (status == MFN_OK) {
        status = choose(work, &gradients, &selection, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    const float *krum = work->representatives + (size_t)selection.index * dimension;
    result->chosen = work->origins[selection.index];
    result->chosen_cluster = work->clusters[selection.index];
    if (work->plan.occupied > 1) {
        result->relative_margin = selection.relative_margin;
    }
    if (result->representatives == 1) {
        memcpy(result->values, krum, dimension * sizeof(float));
        return MFN_OK;
    }
    status = mfn__lower_median(&gradients, work->parallel, result->values, err);
    for (size_t k = 0; status == MFN_OK && k < dimension; k++) {
        result->values[k] = mix(krum[k], result->values[k]);
    }
    return status;
}

static mfn_status run_levels(aggregation_work *work, mfn_error *err)
{
    mfn_status status = judge_clusters(work, err);
    if (status == MFN_OK) {
        status = take_memory(work, err);
    }
    for (size_t c = 0; c < work->plan.clusters && status == MFN_OK; c++) {
        if (size_of_cluster(work, c) > 0) {
            status = represent_cluster(work, c, err);
        }
    }
    if (status == MFN_OK && work->result.representatives == 0) {
        return mfn__fail(err, MFN_INVALID, "gradients",
                         "gradients: expected a finite one, got NaN or infinity in all %zu that "
                         "were used",
                         work->plan.used);
    }
    return status == MFN_OK ? combine_representatives(work, err) : status;
}

static mfn_status check_source(const mfn_gradient_source *source, mfn_error *err)
{
    if (source->count < 1) {
        return mfn__fail(err, MFN_INVALID, "gradients",
                         "gradients: No gradients to aggregate: expected at least 1, got 0");
    }
    if (source->dimension < 1) {
        return mfn__fail(err, MFN_INVALID, "dimension",
                         "dimension: expected at least 1 value per gradient, got 0");
    }
    return MFN_OK;
}

static mfn_status run_plan(aggregation_work *work, mfn_random *random, mfn_error *err)
{
    mfn_random *own = NULL;
    mfn_status status = MFN_OK;
    if (random == NULL) {
        status = mfn_random_new(DEFAULT_SEED, &own, err);
        random = own;
    }
    if (status == MFN_OK) {
        status =
            mfn__aggregate_plan_init(&work->plan, work->source->count, work->config, random, err);
    }
    mfn_random_free(own);
    return status == MFN_OK ? run_levels(work, err) : status;
}

mfn_status mfn_aggregate_stream(const mfn_gradient_source *source,
                                const mfn_aggregate_config *config, mfn_random *random,
                                const mfn_parallel *parallel, mfn_aggregation *ret, mfn_error *err)
{
    mfn_aggregate_config defaults;
    if (config == NULL) {
        mfn_aggregate_config_init(&defaults);
        config = &defaults;
    }
    mfn_status status = mfn_aggregate_config_check(config, err);
    if (status == MFN_OK) {
        status = check_source(source, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    aggregation_work work = {.source = source, .config = config, .parallel = parallel};
    status = run_plan(&work, random, err);
    if (status == MFN_OK) {
        *ret = work.result;
        ret->dimension = source->dimension;
        ret->gradients = source->count;
        ret->used = work.plan.used;
        ret->clusters = work.plan.clusters;
        ret->clusters_used = work.plan.occupied;
    } else {
        mfn_aggregation_deinit(&work.result);
    }
    mfn__mem_free(work.cluster);
    mfn__mem_free(work.representatives);
    mfn__mem_free(work.origins);
    mfn__mem_free(work.clusters);
    mfn__aggregate_plan_deinit(&work.plan);
    return status;
}

static mfn_status read_from_memory(void *context, uint64_t index, float *ret, mfn_error *err)
{
    (void)err;
    const mfn_gradients *gradients = context;
    size_t dimension = (size_t)gradients->dimension;
    memcpy(ret, gradients->values + (size_t)index * dimension, dimension * sizeof *ret);
    return MFN_OK;
}

mfn_status mfn_aggregate(const mfn_gradients *gradients, const mfn_aggregate_config *config,
                         mfn_random *random, const mfn_parallel *parallel, mfn_aggregation *ret,
                         mfn_error *err)
{
    mfn_gradients view = *gradients;
    const mfn_gradient_source source = {&view, read_from_memory, view.count, view.dimension};
    return mfn_aggregate_stream(&source, config, random, parallel, ret, err);
}

void mfn_aggregation_deinit(mfn_aggregation *aggregation)
{
    if (aggregation != NULL) {
        mfn__mem_free(aggregation->values);
        *aggregation = (mfn_aggregation){0};
    }
}
