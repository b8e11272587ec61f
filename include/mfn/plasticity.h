/* SPDX-License-Identifier: MIT */
/* Spike-timing-dependent plasticity: how much a synapse changes by the order and distance of the
 * spikes before and after it (Bi and Poo, J. Neurosci. 18(24), 1998; the pair rule of Song, Miller
 * and Abbott, Nature Neurosci. 3, 2000). With d = post - pre:
 *     dw = a_plus exp(-d / tau_plus)     for d > 0 (potentiation),
 *          -a_minus exp(d / tau_minus)   for d < 0 (depression), and 0 for d = 0.
 * Exponents are confined to [-50, 50], as in the reference. Everything is computed in double and
 * has the same bits on every machine; the functions are thread-safe. */
#ifndef MFN_PLASTICITY_H
#define MFN_PLASTICITY_H

#include <stddef.h>
#include <stdint.h>

#include "mfn/option.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mfn_stdp_config {
    size_t size;                /* sizeof(mfn_stdp_config), set by the init function */
    double tau_plus, tau_minus; /* s, 0.005 .. 0.1 */
    double a_plus, a_minus;     /* 0.001 .. 0.1 */
} mfn_stdp_config;

MFN_API const mfn_option *mfn_stdp_options(void);
MFN_API void mfn_stdp_config_init(mfn_stdp_config *config); /* 0.02, 0.02, 0.01, 0.012 */
MFN_CHECKED MFN_API mfn_status mfn_stdp_config_check(const mfn_stdp_config *config, mfn_error *err);

/* One spike time in seconds for each neuron and member of a batch; row-major views. */
typedef struct mfn_stdp_batch {
    const double *pre_s;                   /* batch * pre_count */
    const double *post_s;                  /* batch * post_count */
    uint64_t batch, pre_count, post_count; /* each at least 1 */
} mfn_stdp_batch;

/* Writes pre_count * post_count changes, row-major: of each pair of neurons, the mean over the
 * batch. `config` may be NULL for the defaults. MFN_INVALID for NaN and infinity. */
MFN_CHECKED MFN_API mfn_status mfn_stdp_pairs(const mfn_stdp_config *config,
                                              const mfn_stdp_batch *batch, double *ret_delta_w,
                                              mfn_error *err);

/* The spikes of one neuron: seconds that ascend; equal ones are allowed. */
typedef struct mfn_spike_train {
    const double *times_s;
    uint64_t count; /* may be 0 */
} mfn_spike_train;

/* The sum of dw over all pairs of spikes of one synapse, in time that grows with the number of
 * spikes, not of pairs: exponential traces (Morrison, Diesmann and Gerstner, Biol. Cybern. 98,
 * 2008). Equal to the sum of pairs within 1e-12 of the sum of their magnitudes. `config` may be
 * NULL for the defaults. MFN_INVALID, with the position, for times that fall, NaN and infinity. */
MFN_CHECKED MFN_API mfn_status mfn_stdp_trains(const mfn_stdp_config *config,
                                               const mfn_spike_train *pre,
                                               const mfn_spike_train *post, double *ret_delta_w,
                                               mfn_error *err);

#ifdef __cplusplus
}
#endif

#endif
