/* SPDX-License-Identifier: MIT */
/* The inside of the network: its layers, the memory of one sample, and the two passes. */
#ifndef MFN_ENGINE_LEARNING_NETWORK_H
#define MFN_ENGINE_LEARNING_NETWORK_H

#include "engine/learning/adam.h"
#include "engine/learning/attention.h"

#include "mfn/network.h"

#define MFN__NETWORK_WIDTH  32
#define MFN__NETWORK_NARROW 16

/* Indices of mfn_network_layers. */
enum {
    MFN__NETWORK_INPUT,
    MFN__NETWORK_QUERY,
    MFN__NETWORK_KEY,
    MFN__NETWORK_VALUE,
    MFN__NETWORK_OUTPUT,
    MFN__NETWORK_NET_0,
    MFN__NETWORK_NET_2,
    MFN__NETWORK_NET_4,
    MFN__NETWORK_LAYER_COUNT
};

/* The values of one sample, or their derivatives. */
typedef struct mfn__activations {
    double *projected, *attended;      /* (tokens, width) */
    double mean[MFN__NETWORK_WIDTH];   /* over the tokens */
    double hidden[MFN__NETWORK_WIDTH]; /* after ReLU, as the next */
    double narrow[MFN__NETWORK_NARROW];
    double prediction;
} mfn__activations;

struct mfn_network {
    mfn_network_config config;
    mfn__adam adam;
    mfn__attention_tape tape; /* empty without attention */
    mfn__activations forward, backward;
    double *parameters, *gradient;
    double *storage; /* of everything above but the tape */
};

/* The prediction for one sample, (tokens, inputs), with all that leads to it, into
 * network->forward. False when something left the range of doubles. */
bool mfn__network_forward(mfn_network *network, const double *inputs);

/* After a forward pass over the same sample: adds its part to network->gradient, from the
 * derivative by its prediction. */
void mfn__network_backward(mfn_network *network, const double *inputs, double d_prediction);

#endif
