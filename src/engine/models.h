/* SPDX-License-Identifier: MIT */
/* The models' numbers and the configuration as a run uses it. */
#ifndef MFN_ENGINE_MODELS_H
#define MFN_ENGINE_MODELS_H

#include "mfn/simulation.h"

/* Initial state: V is normal, activator and inhibitor are uniform from 0. */
#define MFN__REST_V                (-0.07)
#define MFN__REST_SPREAD_V         0.005
#define MFN__INITIAL_MORPHOGEN_MAX 0.1

/* A growth event adds a normal amount to one cell. */
#define MFN__SPIKE_MEAN_V   0.02
#define MFN__SPIKE_SPREAD_V 0.005

/* Copies the configuration, with the fields that the model does not offer set to its constants. */
void mfn__config_resolve(const mfn_simulation_config *config, mfn_simulation_config *ret);

#endif
