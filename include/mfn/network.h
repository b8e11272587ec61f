/* SPDX-License-Identifier: MIT */
/* The small network of the validation run: a linear map 4 -> 32 of each token, sparse attention
 * (mfn/attention.h) over the tokens of a sample, their mean, and a perceptron 32 -> 32 -> 16 -> 1
 * with ReLU between its layers. It learns by Adam (Kingma and Ba, ICLR 2015) on the mean squared
 * error.
 *
 * Everything is float64 (the reference trains in float32), sums have a fixed order and nothing
 * depends on libm: the same samples in the same order give the same bits on every machine. */
#ifndef MFN_NETWORK_H
#define MFN_NETWORK_H

#include <stdint.h>

#include "mfn/option.h"
#include "mfn/random.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MFN_NETWORK_INPUTS     4
#define MFN_NETWORK_PARAMETERS 5985

/* One linear map of the network. In the array of all parameters its weights (outputs, inputs),
 * row-major, begin at `offset`, and its biases (outputs) follow them. */
typedef struct mfn_network_layer {
    const char *name; /* "input_proj", "attention.q_proj", ..., "net.4", as in the reference */
    uint32_t inputs, outputs, offset;
} mfn_network_layer;

/* All layers in the order of the parameters; the array is static. */
MFN_API const mfn_network_layer *mfn_network_layers(size_t *ret_count);

typedef struct mfn_network_config {
    size_t size;               /* sizeof(mfn_network_config), set by the init function */
    uint64_t tokens;           /* per sample, 1 .. 65536 */
    uint64_t topk;             /* of the attention, 1 .. 10^9 */
    bool use_sparse_attention; /* false: the tokens go straight into the mean */
    double learning_rate;      /* above 0 .. 1 */
    double beta1, beta2;       /* decay of the moments per step, 0 .. below 1 */
    double epsilon;            /* added to the root of the second moment, above 0 .. 1 */
} mfn_network_config;

MFN_API const mfn_option *mfn_network_options(void);
/* 1 token, topk 4, attention on, 0.001, 0.9, 0.999, 1e-8. */
MFN_API void mfn_network_config_init(mfn_network_config *config);
MFN_CHECKED MFN_API mfn_status mfn_network_config_check(const mfn_network_config *config,
                                                        mfn_error *err);

/* `count` samples, at least 1. Borrowed. */
typedef struct mfn_samples {
    const double *inputs;  /* (count, tokens, MFN_NETWORK_INPUTS) */
    const double *targets; /* (count); not needed for a prediction */
    uint64_t count;
} mfn_samples;

/* Parameters, Adam's moments and room for one sample: nothing allocates after creation. Not
 * thread-safe: one thread per network. */
typedef struct mfn_network mfn_network;

/* All parameters are 0. `*ret` is set only on MFN_OK; `config` may be NULL for the defaults.
 * Release with mfn_network_free. */
MFN_CHECKED MFN_API mfn_status mfn_network_new(const mfn_network_config *config, mfn_network **ret,
                                               mfn_error *err);
MFN_API void mfn_network_free(mfn_network *network); /* NULL is allowed */

/* Draws weights and biases uniformly from +-1/sqrt(inputs), layer after layer, weights first, as
 * torch.nn.Linear chooses its range, and forgets Adam's moments. */
MFN_API void mfn_network_draw(mfn_network *network, mfn_random *random);

/* Takes MFN_NETWORK_PARAMETERS finite values, and forgets Adam's moments. */
MFN_CHECKED MFN_API mfn_status mfn_network_set_parameters(mfn_network *network,
                                                          const double *parameters, mfn_error *err);

/* Borrowed: MFN_NETWORK_PARAMETERS values, valid until the network is freed. */
MFN_API const double *mfn_network_parameters(const mfn_network *network);

/* Writes one value per sample. In this function and those below samples that are not finite are
 * MFN_INVALID, and MFN_UNSTABLE tells that the network left the range of float64: here `ret` then
 * holds the predictions before. */
MFN_CHECKED MFN_API mfn_status mfn_network_predict(mfn_network *network, const mfn_samples *samples,
                                                   double *ret, mfn_error *err);

/* The mean squared error. `ret_gradient` takes its derivative by each of the
 * MFN_NETWORK_PARAMETERS parameters, or is NULL. At a kink of ReLU the derivative is 0; the choice
 * of the attention's survivors counts as constant. */
MFN_CHECKED MFN_API mfn_status mfn_network_loss(mfn_network *network, const mfn_samples *samples,
                                                double *ret_loss, double *ret_gradient,
                                                mfn_error *err);

/* One step of Adam over the samples as one batch. `ret_loss`, which may be NULL, gets the loss
 * before the step. On failure the network stays as it was. */
MFN_CHECKED MFN_API mfn_status mfn_network_train(mfn_network *network, const mfn_samples *samples,
                                                 double *ret_loss, mfn_error *err);

#ifdef __cplusplus
}
#endif

#endif
