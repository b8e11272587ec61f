/* SPDX-License-Identifier: MIT */
/* The validation run: samples, then learning in shuffled batches (Fisher and Yates), then the
 * metrics. Weights and shuffles come from the generator that drew the samples, from where it
 * stopped. */
#include "engine/learning/validation.h"

#include <string.h>

#include "base/error.h"
#include "base/option_table.h"
#include "engine/exact_math.h"
#include "engine/learning/network.h"

#include "mfn/membrane.h"

#define CONFIG       mfn_validation_config
#define SEED_MAX     4294967295.0
#define SAMPLES      MFN__VALIDATION_FIELDS
#define ATTEMPTS_MAX 16
#define MV_PER_V     1000.0

/* Potassium at body temperature. */
#define VALENCE       1
#define OUTSIDE_MOLAR 0.005
#define INSIDE_MOLAR  0.140
#define TEMPERATURE_K 310.0

/* clang-format off: one row per option */
static const mfn_option options[] = {
    MFN__WHOLE(CONFIG, seed, 0, SEED_MAX, "42", "", "seed of the random numbers"),
    MFN__WHOLE(CONFIG, epochs, 1, 100, "1", "", "passes over the samples"),
    MFN__WHOLE(CONFIG, batch_size, 1, 64, "4", "", "samples per step of learning, of 16 in all"),
    MFN__WHOLE(CONFIG, grid_size, 8, 256, "64", "cells", "cells per side of each field"),
    MFN__WHOLE(CONFIG, steps, 1, 1000, "64", "", "steps of each simulation"),
    MFN__BOOL(CONFIG, turing_enabled, "true", "let activator and inhibitor react"),
    MFN__BOOL(CONFIG, quantum_jitter, "false", "add noise to every cell in every step"),
    MFN__BOOL(CONFIG, use_sparse_attention, "true", "learn with the attention layer"),
    {0},
};
/* clang-format on */

static const char *const names[] = {
#define METRIC_NAME(name, meaning) #name,
    MFN_VALIDATION_METRIC_LIST(METRIC_NAME)
#undef METRIC_NAME
};

static const char *const meanings[] = {
#define METRIC_MEANING(name, meaning) meaning,
    MFN_VALIDATION_METRIC_LIST(METRIC_MEANING)
#undef METRIC_MEANING
};

const char *mfn_validation_metric_name(mfn_validation_metric metric)
{
    return (size_t)metric < MFN_VALIDATION_METRIC_COUNT ? names[metric] : NULL;
}

const char *mfn_validation_metric_meaning(mfn_validation_metric metric)
{
    return (size_t)metric < MFN_VALIDATION_METRIC_COUNT ? meanings[metric] : NULL;
}

const mfn_option *mfn_validation_options(void)
{
    return options;
}

void mfn_validation_config_init(mfn_validation_config *config)
{
    *config = (mfn_validation_config){.size = sizeof *config};
    mfn_options_set_defaults(options, config);
}

mfn_status mfn_validation_config_check(const mfn_validation_config *config, mfn_error *err)
{
    if (config->size != sizeof *config) {
        return mfn__fail(err, MFN_INVALID, "size",
                         "size: expected %zu, got %zu: fill the configuration with "
                         "mfn_validation_config_init",
                         sizeof *config, config->size);
    }
    return mfn_options_check(options, config, err);
}

static void shuffle(mfn_random *random, size_t order[SAMPLES])
{
    for (size_t i = SAMPLES - 1; i > 0; i--) {
        size_t j = (size_t)mfn_random_integer(random, 0, (int64_t)i + 1);
        size_t moved = order[i];
        order[i] = order[j];
        order[j] = moved;
    }
}

static mfn_status train_epoch(mfn_network *network, const mfn_validation_config *config,
                              mfn__validation_data *data, size_t order[SAMPLES], mfn_error *err)
{
    double inputs[SAMPLES][MFN_NETWORK_INPUTS];
    double targets[SAMPLES];
    shuffle(&data->random, order);
    for (size_t i = 0; i < SAMPLES; i++) {
        memcpy(inputs[i], data->inputs[order[i]], sizeof inputs[i]);
        targets[i] = data->targets[order[i]];
    }
    mfn_status status = MFN_OK;
    for (size_t first = 0; first < SAMPLES && status == MFN_OK; first += config->batch_size) {
        uint64_t left = SAMPLES - first;
        const mfn_samples batch = {inputs[first], targets + first,
                                   left < config->batch_size ? left : config->batch_size};
        status = mfn_network_train(network, &batch, NULL, err);
    }
    return status;
}

static mfn_status train(mfn_network *network, const mfn_validation_config *config,
                        mfn__validation_watch *watch, mfn__validation_data *data, mfn_error *err)
{
    size_t order[SAMPLES];
    for (size_t i = 0; i < SAMPLES; i++) {
        order[i] = i;
    }
    for (uint64_t epoch = 0; epoch < config->epochs; epoch++) {
        mfn_status status = train_epoch(network, config, data, order, err);
        if (status != MFN_OK) {
            return status;
        }
        if (!mfn__validation_go_on(watch)) {
            return MFN_CANCELLED;
        }
    }
    return MFN_OK;
}

/* Adam's first steps are as long for a small gradient as for a large one: weights that happen to be
 * nearly right get worse before they get better. A training that ends above its start is made
 * again, from the same weights, with half the learning rate. */
static mfn_status descend(mfn_network *network, const mfn_validation_config *config,
                          mfn__validation_watch *watch, mfn__validation_data *data,
                          mfn_validation_metrics *ret, mfn_error *err)
{
    const mfn_samples all = {data->inputs[0], data->targets, SAMPLES};
    double *start = &ret->value[MFN_VALIDATION_loss_start];
    double *final = &ret->value[MFN_VALIDATION_loss_final];
    const uint64_t done = watch->done;
    const mfn_random before = data->random;
    mfn_network_draw(network, &data->random);
    mfn_status status = mfn_network_loss(network, &all, start, NULL, err);
    for (int attempt = 0; attempt < ATTEMPTS_MAX && status == MFN_OK; attempt++) {
        watch->done = done;
        status = train(network, config, watch, data, err);
        if (status == MFN_OK) {
            status = mfn_network_loss(network, &all, final, NULL, err);
        }
        if (status != MFN_OK || *final < *start) {
            break;
        }
        mfn_random again = before;
        mfn_network_draw(network, &again);
        network->adam.learning_rate /= 2.0;
    }
    ret->value[MFN_VALIDATION_loss_drop] = *start - *final;
    return status;
}

static mfn_status learn(const mfn_validation_config *config, mfn__validation_watch *watch,
                        mfn__validation_data *data, mfn_validation_metrics *ret, mfn_error *err)
{
    mfn_network_config about;
    mfn_network_config_init(&about);
    about.use_sparse_attention = config->use_sparse_attention;
    mfn_network *network = NULL;
    mfn_status status = mfn_network_new(&about, &network, err);
    if (status == MFN_OK) {
        status = descend(network, config, watch, data, ret, err);
    }
    mfn_network_free(network);
    return status;
}

static mfn_status add_potentials(mfn_validation_metrics *ret, mfn_error *err)
{
    double *values = ret->value;
    double numeric_v;
    const mfn_ion potassium = {"K", "potassium", VALENCE, OUTSIDE_MOLAR, INSIDE_MOLAR};
    mfn_status status = mfn_nernst_v(&potassium, TEMPERATURE_K, &numeric_v, NULL, err);
    if (status != MFN_OK) {
        return status;
    }
    double rtfz_v = MFN_GAS_CONSTANT * TEMPERATURE_K / (VALENCE * MFN_FARADAY_CONSTANT);
    values[MFN_VALIDATION_nernst_symbolic_mV] =
        rtfz_v * mfn__log(OUTSIDE_MOLAR / INSIDE_MOLAR) * MV_PER_V;
    values[MFN_VALIDATION_nernst_numeric_mV] = numeric_v * MV_PER_V;
    values[MFN_VALIDATION_nernst_rtfz_mV] = rtfz_v * MV_PER_V;
    return MFN_OK;
}

static void add_fields(const mfn__validation_data *data, mfn_validation_metrics *ret)
{
    double *values = ret->value;
    values[MFN_VALIDATION_pot_min_mV] = data->field_min_v * MV_PER_V;
    values[MFN_VALIDATION_pot_max_mV] = data->field_max_v * MV_PER_V;
    values[MFN_VALIDATION_example_fractal_dim] = data->example_dimension;
    values[MFN_VALIDATION_lyapunov_exponent] = data->example_lyapunov;
    values[MFN_VALIDATION_lyapunov_mean] = data->lyapunov_mean;
    values[MFN_VALIDATION_growth_events] = (double)data->example_growth_events;
}

mfn_status mfn_validate(const mfn_validation_config *config, mfn_validation_observer observer,
                        void *context, mfn_validation_metrics *ret, mfn_error *err)
{
    mfn_validation_config defaults;
    if (config == NULL) {
        mfn_validation_config_init(&defaults);
        config = &defaults;
    }
    mfn_status status = mfn_validation_config_check(config, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__validation_watch watch = {
        .observer = observer,
        .context = context,
        .total = (MFN__VALIDATION_FIELDS + 1) * config->steps + config->epochs,
    };
    mfn__validation_data data;
    mfn_validation_metrics metrics = {0};
    status = mfn__validation_collect(config, &watch, &data, err);
    if (status == MFN_OK) {
        add_fields(&data, &metrics);
        status = add_potentials(&metrics, err);
    }
    if (status == MFN_OK) {
        status = learn(config, &watch, &data, &metrics, err);
    }
    if (status == MFN_CANCELLED) {
        return mfn__fail(err, status, NULL, "stopped after %llu of %llu steps and epochs",
                         (unsigned long long)watch.done, (unsigned long long)watch.total);
    }
    if (status == MFN_OK) {
        *ret = metrics;
    }
    return status;
}
