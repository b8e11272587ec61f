/* SPDX-License-Identifier: MIT */
/* The network (mfn/network.h) as a whole. All parameters lie in one array; gradient and moments are
 * arrays of the same layout. Samples are independent, so one after the other goes forward and
 * backward and adds its part to the gradient: the memory is that of one sample. */
#include "engine/learning/network.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "engine/learning/finite.h"

#define CONFIG      mfn_network_config
#define TOKENS_MAX  65536
#define TOPK_MAX    1e9

#define SQUARE_SIZE (MFN__NETWORK_WIDTH * MFN__NETWORK_WIDTH + MFN__NETWORK_WIDTH)
#define AT_QUERY    (MFN_NETWORK_INPUTS * MFN__NETWORK_WIDTH + MFN__NETWORK_WIDTH)
#define AT_NET      (AT_QUERY + 4 * SQUARE_SIZE)
#define AT_NARROW   (AT_NET + SQUARE_SIZE)
#define AT_OUT      (AT_NARROW + MFN__NETWORK_WIDTH * MFN__NETWORK_NARROW + MFN__NETWORK_NARROW)

_Static_assert(AT_OUT + MFN__NETWORK_NARROW + 1 == MFN_NETWORK_PARAMETERS,
               "the layers are all parameters");

static const mfn_network_layer layers[MFN__NETWORK_LAYER_COUNT] = {
    [MFN__NETWORK_INPUT] = {"input_proj", MFN_NETWORK_INPUTS, MFN__NETWORK_WIDTH, 0},
    [MFN__NETWORK_QUERY] = {"attention.q_proj", MFN__NETWORK_WIDTH, MFN__NETWORK_WIDTH, AT_QUERY},
    [MFN__NETWORK_KEY] = {"attention.k_proj", MFN__NETWORK_WIDTH, MFN__NETWORK_WIDTH,
                          AT_QUERY + SQUARE_SIZE},
    [MFN__NETWORK_VALUE] = {"attention.v_proj", MFN__NETWORK_WIDTH, MFN__NETWORK_WIDTH,
                            AT_QUERY + 2 * SQUARE_SIZE},
    [MFN__NETWORK_OUTPUT] = {"attention.out_proj", MFN__NETWORK_WIDTH, MFN__NETWORK_WIDTH,
                             AT_QUERY + 3 * SQUARE_SIZE},
    [MFN__NETWORK_NET_0] = {"net.0", MFN__NETWORK_WIDTH, MFN__NETWORK_WIDTH, AT_NET},
    [MFN__NETWORK_NET_2] = {"net.2", MFN__NETWORK_WIDTH, MFN__NETWORK_NARROW, AT_NARROW},
    [MFN__NETWORK_NET_4] = {"net.4", MFN__NETWORK_NARROW, 1, AT_OUT},
};

/* clang-format off: one row per option */
static const mfn_option options[] = {
    MFN__WHOLE(CONFIG, tokens, 1, TOKENS_MAX, "1", "", "tokens per sample"),
    MFN__WHOLE(CONFIG, topk, 1, TOPK_MAX, "4", "", "tokens that each token listens to"),
    MFN__BOOL(CONFIG, use_sparse_attention, "true", "let the tokens of a sample see each other"),
    {.name = "learning_rate",
     .type = MFN_OPTION_REAL,
     .offset = offsetof(CONFIG, learning_rate),
     .max = 1,
     .min_open = true,
     .default_text = "0.001",
     .unit = "",
     .help = "size of a step"},
    MFN__REAL_BELOW(CONFIG, beta1, 0, 1, "0.9", "", "decay of the mean gradient per step"),
    MFN__REAL_BELOW(CONFIG, beta2, 0, 1, "0.999", "", "decay of the mean square per step"),
    {.name = "epsilon",
     .type = MFN_OPTION_REAL,
     .offset = offsetof(CONFIG, epsilon),
     .max = 1,
     .min_open = true,
     .default_text = "1e-8",
     .unit = "",
     .help = "keeps the division by the root of the mean square finite"},
    {0},
};
/* clang-format on */

const mfn_network_layer *mfn_network_layers(size_t *ret_count)
{
    if (ret_count != NULL) {
        *ret_count = MFN__NETWORK_LAYER_COUNT;
    }
    return layers;
}

const mfn_option *mfn_network_options(void)
{
    return options;
}

void mfn_network_config_init(mfn_network_config *config)
{
    *config = (mfn_network_config){.size = sizeof *config};
    mfn_options_set_defaults(options, config);
}

mfn_status mfn_network_config_check(const mfn_network_config *config, mfn_error *err)
{
    if (config->size != sizeof *config) {
        return mfn__fail(err, MFN_INVALID, "size",
                         "size: expected %zu, got %zu: fill the configuration with "
                         "mfn_network_config_init",
                         sizeof *config, config->size);
    }
    return mfn_options_check(options, config, err);
}

static void lay_out(mfn_network *network)
{
    size_t wide = (size_t)network->config.tokens * MFN__NETWORK_WIDTH;
    double *next = network->storage;
    double **const wides[] = {&network->forward.projected, &network->forward.attended,
                              &network->backward.projected, &network->backward.attended};
    double **const arrays[] = {&network->parameters, &network->gradient, &network->adam.first,
                               &network->adam.second};
    for (size_t i = 0; i < 4; i++, next += wide) {
        *wides[i] = next;
    }
    for (size_t i = 0; i < 4; i++, next += MFN_NETWORK_PARAMETERS) {
        *arrays[i] = next;
    }
}

mfn_status mfn_network_new(const mfn_network_config *config, mfn_network **ret, mfn_error *err)
{
    mfn_network_config defaults;
    if (config == NULL) {
        mfn_network_config_init(&defaults);
        config = &defaults;
    }
    mfn_status status = mfn_network_config_check(config, err);
    if (status != MFN_OK) {
        return status;
    }
    size_t tokens = (size_t)config->tokens;
    size_t kept = config->topk < tokens ? (size_t)config->topk : tokens;
    mfn_network *network = mfn__mem_new(1, sizeof *network);
    if (network != NULL) {
        network->storage =
            mfn__mem_new(4 * tokens * MFN__NETWORK_WIDTH + 4 * (size_t)MFN_NETWORK_PARAMETERS,
                         sizeof *network->storage);
    }
    if (network == NULL || network->storage == NULL) {
        status = mfn__fail_memory(err);
        goto fail;
    }
    if (config->use_sparse_attention) {
        status =
            mfn__attention_tape_init(&network->tape, tokens, MFN__NETWORK_WIDTH, kept, true, err);
    }
    if (status != MFN_OK) {
        goto fail;
    }
    network->config = *config;
    network->adam = (mfn__adam){.learning_rate = config->learning_rate,
                                .beta1 = config->beta1,
                                .beta2 = config->beta2,
                                .epsilon = config->epsilon,
                                .count = MFN_NETWORK_PARAMETERS};
    lay_out(network);
    mfn__adam_reset(&network->adam);
    *ret = network;
    return MFN_OK;
fail:
    mfn_network_free(network);
    return status;
}

void mfn_network_free(mfn_network *network)
{
    if (network == NULL) {
        return;
    }
    mfn__attention_tape_deinit(&network->tape);
    mfn__mem_free(network->storage);
    mfn__mem_free(network);
}

void mfn_network_draw(mfn_network *network, mfn_random *random)
{
    for (size_t i = 0; i < MFN__NETWORK_LAYER_COUNT; i++) {
        const mfn_network_layer *layer = &layers[i];
        double bound = 1.0 / sqrt((double)layer->inputs);
        mfn_random_fill_uniform(random, -bound, bound, network->parameters + layer->offset,
                                (size_t)layer->outputs * (layer->inputs + 1));
    }
    mfn__adam_reset(&network->adam);
}

mfn_status mfn_network_set_parameters(mfn_network *network, const double *parameters,
                                      mfn_error *err)
{
    mfn_status status = mfn__check_finite("parameters", parameters, MFN_NETWORK_PARAMETERS, err);
    if (status == MFN_OK) {
        memcpy(network->parameters, parameters, MFN_NETWORK_PARAMETERS * sizeof *parameters);
        mfn__adam_reset(&network->adam);
    }
    return status;
}

const double *mfn_network_parameters(const mfn_network *network)
{
    return network->parameters;
}

static size_t values_per_sample(const mfn_network *network)
{
    return (size_t)network->config.tokens * MFN_NETWORK_INPUTS;
}

static mfn_status check_samples(const mfn_network *network, const mfn_samples *samples,
                                bool needs_targets, mfn_error *err)
{
    size_t values = values_per_sample(network);
    if (samples->count < 1 || samples->count > SIZE_MAX / sizeof(double) / values) {
        return mfn__fail(err, MFN_INVALID, "count",
                         "count: expected at least 1 and samples that memory can hold, got %llu",
                         (unsigned long long)samples->count);
    }
    mfn_status status =
        mfn__check_finite("inputs", samples->inputs, (size_t)samples->count * values, err);
    if (status == MFN_OK && needs_targets) {
        status = mfn__check_finite("targets", samples->targets, (size_t)samples->count, err);
    }
    return status;
}

static mfn_status fail_unstable(const char *what, mfn_error *err)
{
    return mfn__fail(err, MFN_UNSTABLE, what,
                     "%s: the network left the range of float64: scale inputs and parameters down",
                     what);
}

mfn_status mfn_network_predict(mfn_network *network, const mfn_samples *samples, double *ret,
                               mfn_error *err)
{
    mfn_status status = check_samples(network, samples, false, err);
    for (size_t i = 0; i < samples->count && status == MFN_OK; i++) {
        if (!mfn__network_forward(network, samples->inputs + i * values_per_sample(network))) {
            status = fail_unstable("prediction", err);
        }
        ret[i] = network->forward.prediction;
    }
    return status;
}

/* The loss, and its gradient into network->gradient when that is wanted. */
static mfn_status compute_loss(mfn_network *network, const mfn_samples *samples,
                               bool wants_gradient, double *ret_loss, mfn_error *err)
{
    mfn_status status = check_samples(network, samples, true, err);
    if (status != MFN_OK) {
        return status;
    }
    if (wants_gradient) {
        memset(network->gradient, 0, MFN_NETWORK_PARAMETERS * sizeof *network->gradient);
    }
    double sum = 0.0;
    for (size_t i = 0; i < samples->count; i++) {
        const double *inputs = samples->inputs + i * values_per_sample(network);
        if (!mfn__network_forward(network, inputs)) {
            return fail_unstable("prediction", err);
        }
        double miss = network->forward.prediction - samples->targets[i];
        sum += miss * miss;
        if (wants_gradient) {
            mfn__network_backward(network, inputs, 2.0 * miss / (double)samples->count);
        }
    }
    if (!isfinite(sum)) {
        return fail_unstable("loss", err);
    }
    if (wants_gradient && !mfn__all_finite(network->gradient, MFN_NETWORK_PARAMETERS)) {
        return fail_unstable("gradient", err);
    }
    *ret_loss = sum / (double)samples->count;
    return MFN_OK;
}

mfn_status mfn_network_loss(mfn_network *network, const mfn_samples *samples, double *ret_loss,
                            double *ret_gradient, mfn_error *err)
{
    mfn_status status = compute_loss(network, samples, ret_gradient != NULL, ret_loss, err);
    if (status == MFN_OK && ret_gradient != NULL) {
        memcpy(ret_gradient, network->gradient, MFN_NETWORK_PARAMETERS * sizeof *ret_gradient);
    }
    return status;
}

mfn_status mfn_network_train(mfn_network *network, const mfn_samples *samples, double *ret_loss,
                             mfn_error *err)
{
    double loss = 0.0;
    mfn_status status = compute_loss(network, samples, true, &loss, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__adam_step(&network->adam, network->gradient, network->parameters);
    if (ret_loss != NULL) {
        *ret_loss = loss;
    }
    return MFN_OK;
}
