/* SPDX-License-Identifier: MIT */
/* Forward and backward through the network for one sample (mfn/network.h says its shape). */
#include <math.h>
#include <string.h>

#include "engine/learning/network.h"

static mfn__linear linear_of(const mfn_network *network, size_t layer)
{
    const mfn_network_layer *about = &mfn_network_layers(NULL)[layer];
    const double *weights = network->parameters + about->offset;
    return (mfn__linear){weights, weights + (size_t)about->inputs * about->outputs, about->inputs,
                         about->outputs};
}

static mfn__linear_gradient gradient_of(const mfn_network *network, size_t layer)
{
    const mfn_network_layer *about = &mfn_network_layers(NULL)[layer];
    double *weights = network->gradient + about->offset;
    return (mfn__linear_gradient){weights, weights + (size_t)about->inputs * about->outputs};
}

static mfn__attention attention_of(const mfn_network *network)
{
    return (mfn__attention){
        linear_of(network, MFN__NETWORK_QUERY), linear_of(network, MFN__NETWORK_KEY),
        linear_of(network, MFN__NETWORK_VALUE), linear_of(network, MFN__NETWORK_OUTPUT)};
}

static void forward_layer(const mfn_network *network, size_t layer, const double *x, double *ret_y)
{
    mfn__linear linear = linear_of(network, layer);
    mfn__linear_forward(&linear, x, 1, ret_y);
}

static void rectify(double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = values[i] > 0.0 ? values[i] : 0.0;
    }
}

bool mfn__network_forward(mfn_network *network, const double *inputs)
{
    mfn__activations *at = &network->forward;
    size_t tokens = (size_t)network->config.tokens;
    mfn__linear projection = linear_of(network, MFN__NETWORK_INPUT);
    mfn__linear_forward(&projection, inputs, tokens, at->projected);
    bool attends = network->config.use_sparse_attention;
    if (attends) {
        mfn__attention attention = attention_of(network);
        mfn__attention_forward(&attention, at->projected, &network->tape, at->attended);
    }
    const double *values = attends ? at->attended : at->projected;
    memset(at->mean, 0, sizeof at->mean);
    for (size_t token = 0; token < tokens; token++) {
        for (size_t d = 0; d < MFN__NETWORK_WIDTH; d++) {
            at->mean[d] += values[token * MFN__NETWORK_WIDTH + d];
        }
    }
    for (size_t d = 0; d < MFN__NETWORK_WIDTH; d++) {
        at->mean[d] /= (double)tokens;
    }
    forward_layer(network, MFN__NETWORK_NET_0, at->mean, at->hidden);
    rectify(at->hidden, MFN__NETWORK_WIDTH);
    forward_layer(network, MFN__NETWORK_NET_2, at->hidden, at->narrow);
    rectify(at->narrow, MFN__NETWORK_NARROW);
    forward_layer(network, MFN__NETWORK_NET_4, at->narrow, &at->prediction);
    return isfinite(at->prediction) && (!attends || mfn__attention_is_in_range(&network->tape));
}

/* One layer of the perceptron: `dx` becomes the derivative by its input. */
static void backward_layer(mfn_network *network, size_t layer, const double *x, const double *dy,
                           double *dx)
{
    mfn__linear linear = linear_of(network, layer);
    mfn__linear_gradient gradient = gradient_of(network, layer);
    memset(dx, 0, linear.inputs * sizeof *dx);
    mfn__linear_backward(&linear, x, 1, dy, &gradient);
    mfn__linear_backward_inputs(&linear, 1, dy, dx);
}

/* The derivative through ReLU, whose output is `values`. */
static void gate(const double *values, double *derivatives, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        derivatives[i] = values[i] > 0.0 ? derivatives[i] : 0.0;
    }
}

void mfn__network_backward(mfn_network *network, const double *inputs, double d_prediction)
{
    const mfn__activations *at = &network->forward;
    mfn__activations *d = &network->backward;
    size_t tokens = (size_t)network->config.tokens;
    backward_layer(network, MFN__NETWORK_NET_4, at->narrow, &d_prediction, d->narrow);
    gate(at->narrow, d->narrow, MFN__NETWORK_NARROW);
    backward_layer(network, MFN__NETWORK_NET_2, at->hidden, d->narrow, d->hidden);
    gate(at->hidden, d->hidden, MFN__NETWORK_WIDTH);
    backward_layer(network, MFN__NETWORK_NET_0, at->mean, d->hidden, d->mean);
    bool attends = network->config.use_sparse_attention;
    double *d_values = attends ? d->attended : d->projected;
    for (size_t token = 0; token < tokens; token++) {
        for (size_t i = 0; i < MFN__NETWORK_WIDTH; i++) {
            d_values[token * MFN__NETWORK_WIDTH + i] = d->mean[i] / (double)tokens;
        }
    }
    if (attends) {
        mfn__attention attention = attention_of(network);
        const mfn__attention_gradient gradient = {
            gradient_of(network, MFN__NETWORK_QUERY), gradient_of(network, MFN__NETWORK_KEY),
            gradient_of(network, MFN__NETWORK_VALUE), gradient_of(network, MFN__NETWORK_OUTPUT)};
        memset(d->projected, 0, tokens * MFN__NETWORK_WIDTH * sizeof *d->projected);
        mfn__attention_backward(&attention, at->projected, &network->tape, d->attended, &gradient,
                                d->projected);
    }
    mfn__linear projection = linear_of(network, MFN__NETWORK_INPUT);
    mfn__linear_gradient gradient = gradient_of(network, MFN__NETWORK_INPUT);
    mfn__linear_backward(&projection, inputs, tokens, d->projected, &gradient);
}
