/* SPDX-License-Identifier: MIT */
/* The public side of sparse attention: configuration, checks, and one sequence after the other. */
#include "base/error.h"
#include "base/option_table.h"
#include "engine/learning/attention.h"
#include "engine/learning/finite.h"

#include "mfn/attention.h"

#define CONFIG    mfn_attention_config
#define EMBED_MAX 65536
#define TOPK_MAX  1e9

/* clang-format off: one row per option */
static const mfn_option options[] = {
    MFN__WHOLE(CONFIG, embed_dim, 1, EMBED_MAX, "32", "", "values per token"),
    MFN__WHOLE(CONFIG, topk, 1, TOPK_MAX, "4", "", "tokens that each token listens to"),
    {0},
};
/* clang-format on */

const mfn_option *mfn_attention_options(void)
{
    return options;
}

void mfn_attention_config_init(mfn_attention_config *config)
{
    *config = (mfn_attention_config){.size = sizeof *config};
    mfn_options_set_defaults(options, config);
}

mfn_status mfn_attention_config_check(const mfn_attention_config *config, mfn_error *err)
{
    if (config->size != sizeof *config) {
        return mfn__fail(err, MFN_INVALID, "size",
                         "size: expected %zu, got %zu: fill the configuration with "
                         "mfn_attention_config_init",
                         sizeof *config, config->size);
    }
    return mfn_options_check(options, config, err);
}

static mfn_status check_projections(const mfn_attention_projections *projections, size_t embed,
                                    mfn_error *err)
{
    const struct {
        const char *weights, *biases;
        const mfn_projection *projection;
    } rows[] = {
        {"query.weights", "query.biases", &projections->query},
        {"key.weights", "key.biases", &projections->key},
        {"value.weights", "value.biases", &projections->value},
        {"output.weights", "output.biases", &projections->output},
    };
    mfn_status status = MFN_OK;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && status == MFN_OK; i++) {
        status =
            mfn__check_finite(rows[i].weights, rows[i].projection->weights, embed * embed, err);
        if (status == MFN_OK) {
            status = mfn__check_finite(rows[i].biases, rows[i].projection->biases, embed, err);
        }
    }
    return status;
}

static mfn_status check_input(const mfn_token_batch *input, size_t embed, mfn_error *err)
{
    /* So that an index of a token fits into 32 bits. */
    if (input->tokens < 1 || input->tokens > UINT32_MAX) {
        return mfn__fail(err, MFN_INVALID, "tokens", "tokens: expected 1 to %lu, got %llu",
                         (unsigned long)UINT32_MAX, (unsigned long long)input->tokens);
    }
    if (input->batch < 1 || input->batch > SIZE_MAX / sizeof(double) / embed / input->tokens) {
        return mfn__fail(err, MFN_INVALID, "batch",
                         "batch: expected at least 1 and a size that memory can hold, got %llu",
                         (unsigned long long)input->batch);
    }
    return mfn__check_finite("input", input->values, (size_t)(input->batch * input->tokens) * embed,
                             err);
}

static mfn__linear square(const mfn_projection *projection, size_t embed)
{
    return (mfn__linear){projection->weights, projection->biases, embed, embed};
}

static mfn_status apply(const mfn__attention *attention, uint64_t topk,
                        const mfn_token_batch *input, double *ret, mfn_error *err)
{
    size_t embed = attention->query.inputs;
    size_t tokens = (size_t)input->tokens;
    size_t kept = (size_t)(topk < input->tokens ? topk : input->tokens);
    mfn__attention_tape tape;
    mfn_status status = mfn__attention_tape_init(&tape, tokens, embed, kept, false, err);
    if (status != MFN_OK) {
        return status;
    }
    for (uint64_t i = 0; i < input->batch && status == MFN_OK; i++) {
        size_t offset = (size_t)i * tokens * embed;
        mfn__attention_forward(attention, input->values + offset, &tape, ret + offset);
        if (!mfn__attention_is_in_range(&tape) || !mfn__all_finite(ret + offset, tokens * embed)) {
            status = mfn__fail(err, MFN_UNSTABLE, "input",
                               "input: sequence %llu leaves the range of float64: scale the input "
                               "or the weights down",
                               (unsigned long long)i);
        }
    }
    mfn__attention_tape_deinit(&tape);
    return status;
}

mfn_status mfn_attention_apply(const mfn_attention_projections *projections,
                               const mfn_attention_config *config, const mfn_token_batch *input,
                               double *ret, mfn_error *err)
{
    mfn_attention_config defaults;
    if (config == NULL) {
        mfn_attention_config_init(&defaults);
        config = &defaults;
    }
    mfn_status status = mfn_attention_config_check(config, err);
    if (status != MFN_OK) {
        return status;
    }
    size_t embed = (size_t)config->embed_dim;
    status = check_projections(projections, embed, err);
    if (status == MFN_OK) {
        status = check_input(input, embed, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    const mfn__attention attention = {
        .query = square(&projections->query, embed),
        .key = square(&projections->key, embed),
        .value = square(&projections->value, embed),
        .output = square(&projections->output, embed),
    };
    return apply(&attention, config->topk, input, ret, err);
}
