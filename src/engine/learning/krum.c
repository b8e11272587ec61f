/* SPDX-License-Identifier: MIT */
/* Krum (Blanchard, El Mhamdi, Guerraoui, Stainer: Machine Learning with Adversaries, NeurIPS 2017):
 * score(i) = sum of the distances from i to its n - f - 2 nearest others; the lowest score wins.
 * The paper squares the distances, the reference does not. Each score is the sum of its distances
 * in ascending order, so that gradients with the same distances get the same score to the last bit
 * and the lowest index wins between them.
 *
 * Gradients with NaN or infinity are infinitely far from all others, which adds the same number of
 * infinite distances, if any, to all finite gradients' scores: they can be left out. */
#include "engine/learning/krum.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "base/parallel.h"
#include "engine/learning/distances.h"
#include "engine/learning/sort.h"

#define CONFIG          mfn_krum_config
#define BYZANTINE_MAX   1e9
#define ALONE_BELOW     1e7 /* multiplications, that take less time than waking threads */
#define STRIPS          64  /* of rows: tasks with scratch of their own */

#define EXPONENT_BITS   UINT32_C(0x7F800000)
#define EXPONENT_LOWEST UINT32_C(0x00800000)
#define SIGN_BIT        UINT32_C(0x80000000)

const char *const mfn__krum_distance_names[] = {
    [MFN_KRUM_EUCLIDEAN] = "euclidean", [MFN_KRUM_SQUARED] = "squared", NULL};

/* clang-format off: one row per option */
static const mfn_option options[] = {
    MFN__WHOLE(CONFIG, num_byzantine, 0, BYZANTINE_MAX, "1", "", "hostile gradients to withstand"),
    MFN__CHOICE(CONFIG, distance, mfn__krum_distance_names, "euclidean", "what scores are sums of"),
    MFN__BOOL(CONFIG, strict, "false", "refuse selections that cannot withstand them"),
    {0},
};
/* clang-format on */

typedef struct scoring {
    const mfn__distances *distances;
    size_t count;
    size_t neighbours;
    uint32_t distance;
    size_t strips;
    double *row;    /* `count` values for each strip */
    uint64_t *keys; /* 2 * `count` for each strip */
    double *scores;
} scoring;

typedef struct sifting {
    const mfn_gradients *gradients;
    bool *is_finite;
} sifting;

const mfn_option *mfn_krum_options(void)
{
    return options;
}

void mfn_krum_config_init(mfn_krum_config *config)
{
    *config = (mfn_krum_config){.size = sizeof *config};
    mfn_options_set_defaults(options, config);
}

mfn_status mfn_krum_config_check(const mfn_krum_config *config, mfn_error *err)
{
    if (config->size != sizeof *config) {
        return mfn__fail(err, MFN_INVALID, "size",
                         "size: expected %zu, got %zu: fill the configuration with "
                         "mfn_krum_config_init",
                         sizeof *config, config->size);
    }
    return mfn_options_check(options, config, err);
}

bool mfn__krum_is_sound(uint64_t count, uint64_t num_byzantine)
{
    return count >= 2 * num_byzantine + 3;
}

/* Task: whether all values of one gradient are finite, that is have not all bits of the exponent
 * set: adding its lowest one then carries into the sign. */
static void sift(void *argument, size_t index)
{
    const sifting *work = argument;
    size_t dimension = (size_t)work->gradients->dimension;
    const float *values = work->gradients->values + index * dimension;
    uint32_t carries = 0;
    for (size_t k = 0; k < dimension; k++) {
        uint32_t bits;
        memcpy(&bits, &values[k], sizeof bits);
        carries |= (bits & EXPONENT_BITS) + EXPONENT_LOWEST;
    }
    work->is_finite[index] = (carries & SIGN_BIT) == 0;
}

/* Points to the finite gradients, in order. */
static mfn_status list_finite(const mfn_gradients *gradients, const mfn_parallel *parallel,
                              const float **ret_rows, size_t *ret_count, mfn_error *err)
{
    size_t all = (size_t)gradients->count;
    sifting work = {gradients, mfn__mem_new(all, sizeof(bool))};
    if (work.is_finite == NULL) {
        return mfn__fail_memory(err);
    }
    mfn__parallel_run(parallel, sift, &work, all);
    size_t count = 0;
    for (size_t i = 0; i < all; i++) {
        if (work.is_finite[i]) {
            ret_rows[count++] = gradients->values + i * (size_t)gradients->dimension;
        }
    }
    mfn__mem_free(work.is_finite);
    *ret_count = count;
    return MFN_OK;
}

static double score_of(const scoring *work, size_t index, double *row, uint64_t *keys)
{
    mfn__distances_row(work->distances, index, row);
    memcpy(keys, row, work->count * sizeof *row); /* numbers from 0 on sort as their bits do */
    mfn__sort_keys(keys, keys + work->count, work->count);
    memcpy(row, keys, work->count * sizeof *row);
    double score = 0.0;
    for (size_t i = 1; i <= work->neighbours; i++) { /* row[0] is the distance to itself */
        score += work->distance == MFN_KRUM_SQUARED ? row[i] : sqrt(row[i]);
    }
    return score;
}

/* Task: scores of every strips-th gradient. */
static void score_strip(void *argument, size_t strip)
{
    const scoring *work = argument;
    double *row = work->row + strip * work->count;
    uint64_t *keys = work->keys + 2 * strip * work->count;
    for (size_t i = strip; i < work->count; i += work->strips) {
        work->scores[i] = score_of(work, i, row, keys);
    }
}

/* The lowest score, the first of equals, and its distance to the next. */
static size_t pick(const double *scores, size_t count, mfn_krum_selection *ret)
{
    size_t best = 0;
    double second = INFINITY;
    for (size_t i = 1; i < count; i++) {
        if (scores[i] < scores[best]) {
            second = scores[best];
            best = i;
        } else if (scores[i] < second) {
            second = scores[i];
        }
    }
    ret->score = scores[best];
    ret->relative_margin = second > scores[best] ? (second - scores[best]) / scores[best] : 0.0;
    return best;
}

/* `count` is at least 2. */
static mfn_status choose_among(const float *const *rows, size_t count, size_t dimension,
                               scoring *work, const mfn_parallel *parallel, mfn_error *err)
{
    mfn__distances distances;
    mfn_status status = mfn__distances_init(&distances, rows, count, dimension, parallel, err);
    if (status != MFN_OK) {
        return status;
    }
    work->distances = &distances;
    work->count = count;
    work->strips = count < STRIPS ? count : STRIPS;
    work->row = mfn__mem_new(work->strips * count, sizeof(double));
    work->keys = mfn__mem_new(2 * work->strips * count, sizeof(uint64_t));
    work->scores = mfn__mem_new(count, sizeof(double));
    if (work->row == NULL || work->keys == NULL || work->scores == NULL) {
        status = mfn__fail_memory(err);
    } else {
        mfn__parallel_run(parallel, score_strip, work, work->strips);
    }
    mfn__mem_free(work->row);
    mfn__mem_free(work->keys);
    mfn__distances_deinit(&distances);
    work->distances = NULL;
    return status;
}

static mfn_status choose_finite(const mfn_gradients *gradients, const mfn_krum_config *config,
                                const mfn_parallel *parallel, mfn_krum_selection *selection,
                                mfn_error *err)
{
    size_t count = 0;
    scoring work = {.distance = config->distance};
    const float **rows = mfn__mem_new((size_t)gradients->count, sizeof *rows);
    mfn_status status = rows != NULL ? MFN_OK : mfn__fail_memory(err);
    if (status == MFN_OK) {
        status = list_finite(gradients, parallel, rows, &count, err);
    }
    if (status != MFN_OK) {
        goto fail;
    }
    uint64_t n = gradients->count;
    uint64_t others = count > 0 ? count - 1 : 0;
    uint64_t wanted = n > config->num_byzantine + 3 ? n - config->num_byzantine - 2 : 1;
    selection->non_finite = n - count;
    selection->neighbours = wanted < others ? wanted : others;
    work.neighbours = (size_t)selection->neighbours;
    size_t best = 0;
    if (count > 1) {
        size_t dimension = (size_t)gradients->dimension;
        status = choose_among(rows, count, dimension, &work, parallel, err);
        if (status != MFN_OK) {
            goto fail;
        }
        best = pick(work.scores, count, selection);
    }
    if (count > 0) {
        selection->index = (uint64_t)(rows[best] - gradients->values) / gradients->dimension;
    }
fail:
    mfn__mem_free(work.scores);
    mfn__mem_free(rows);
    return status;
}

static mfn_status check_gradients(const mfn_gradients *gradients, mfn_error *err)
{
    uint64_t values = 0;
    if (gradients->count < 1 || gradients->count > MFN_KRUM_GRADIENTS_MAX) {
        return mfn__fail(err, MFN_INVALID, "gradients",
                         "gradients: expected 1 .. %d to choose from, got %" PRIu64,
                         MFN_KRUM_GRADIENTS_MAX, gradients->count);
    }
    if (gradients->dimension < 1 ||
        __builtin_mul_overflow(gradients->count * sizeof(float), gradients->dimension, &values) ||
        values > SIZE_MAX) {
        return mfn__fail(err, MFN_INVALID, "dimension",
                         "dimension: expected at least 1 value per gradient and all of them in "
                         "memory, got %" PRIu64,
                         gradients->dimension);
    }
    return MFN_OK;
}

mfn_status mfn__krum_choose(const mfn_gradients *gradients, const mfn_krum_config *config,
                            const mfn_parallel *parallel, mfn_krum_selection *ret, mfn_error *err)
{
    mfn_status status = check_gradients(gradients, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn_krum_selection selection = {
        .is_sound = mfn__krum_is_sound(gradients->count, config->num_byzantine)};
    if (config->strict && !selection.is_sound) {
        return mfn__fail(err, MFN_INVALID, "num_byzantine",
                         "num_byzantine: Krum withstands %" PRIu64 " hostile gradients among at "
                         "least %" PRIu64 ", got %" PRIu64 " gradients",
                         config->num_byzantine, 2 * config->num_byzantine + 3, gradients->count);
    }
    double work =
        (double)gradients->count * (double)gradients->count * (double)gradients->dimension;
    status =
        choose_finite(gradients, config, work < ALONE_BELOW ? NULL : parallel, &selection, err);
    if (status == MFN_OK) {
        *ret = selection;
    }
    return status;
}

mfn_status mfn_krum_select(const mfn_gradients *gradients, const mfn_krum_config *config,
                           const mfn_parallel *parallel, mfn_krum_selection *ret, mfn_error *err)
{
    mfn_krum_config defaults;
    if (config == NULL) {
        mfn_krum_config_init(&defaults);
        config = &defaults;
    }
    mfn_krum_selection selection;
    mfn_status status = mfn_krum_config_check(config, err);
    if (status == MFN_OK) {
        status = mfn__krum_choose(gradients, config, parallel, &selection, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    if (selection.non_finite == gradients->count) {
        return mfn__fail(err, MFN_INVALID, "gradients",
                         "gradients: expected a finite one, got NaN or infinity in all %" PRIu64,
                         gradients->count);
    }
    *ret = selection;
    return MFN_OK;
}
