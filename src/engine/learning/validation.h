/* SPDX-License-Identifier: MIT */
/* The samples of a validation run, before any learning. */
#ifndef MFN_ENGINE_LEARNING_VALIDATION_H
#define MFN_ENGINE_LEARNING_VALIDATION_H

#include "engine/random.h"

#include "mfn/network.h"
#include "mfn/validation.h"

#define MFN__VALIDATION_FIELDS 16

/* Who watches, and how far the run is. */
typedef struct mfn__validation_watch {
    mfn_validation_observer observer; /* or NULL */
    void *context;
    uint64_t done, total;
} mfn__validation_watch;

typedef struct mfn__validation_data {
    double inputs[MFN__VALIDATION_FIELDS][MFN_NETWORK_INPUTS]; /* float32 values */
    double targets[MFN__VALIDATION_FIELDS];                    /* float32 values */
    double field_min_v, field_max_v;                           /* over all fields */
    double lyapunov_mean;
    double example_dimension, example_lyapunov;
    uint64_t example_growth_events;
    mfn_random random; /* after the last draw for the sixteen samples */
} mfn__validation_data;

/* Simulates the sixteen fields and the example. The configuration is checked. */
mfn_status mfn__validation_collect(const mfn_validation_config *config,
                                   mfn__validation_watch *watch, mfn__validation_data *ret,
                                   mfn_error *err);

/* Counts one unit of work and tells whether to go on. */
bool mfn__validation_go_on(mfn__validation_watch *watch);

#endif
