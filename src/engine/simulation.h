/* SPDX-License-Identifier: MIT */
/* The inside of a simulation. */
#ifndef MFN_ENGINE_SIMULATION_H
#define MFN_ENGINE_SIMULATION_H

#include "engine/grid.h"
#include "engine/random.h"
#include "engine/sweep.h"

#include "mfn/simulation.h"

enum { MFN__POTENTIAL, MFN__ACTIVATOR, MFN__INHIBITOR, MFN__FIELD_COUNT };

struct mfn_simulation {
    mfn_simulation_config config; /* as the run uses it; `seed` is not kept */
    mfn_random random;
    mfn__grid *grids; /* MFN__FIELD_COUNT, apart so that a const simulation can pack them */
    bool has_morphogens;
    double *storage; /* of the grids and the noise */
    size_t storage_doubles;
    double *noise_v;            /* some rows */
    mfn__change *block_changes; /* room of a sweep; NULL until changes are wanted */
    size_t block_changes_count;
    const mfn_parallel *parallel; /* borrowed; NULL: the caller's thread alone */
    uint32_t threads;
    uint64_t steps_computed;
    uint64_t growth_events;
    mfn__step_counts counts;
};

/* As mfn_simulation_reset, but goes on with the stream of `random`, which is copied and may be the
 * simulation's own; the configured seed is checked and not used. */
mfn_status mfn__simulation_restart(mfn_simulation *sim, const mfn_simulation_config *config,
                                   const mfn_random *random, mfn_error *err);

/* Whether the model's steps can be measured while they are computed. */
bool mfn__simulation_can_measure(const mfn_simulation *sim);

/* As mfn_simulation_advance without an observer, for at most MFN__SWEEP_STEPS_MAX steps at a time:
 * `*ret_steps` says how many of the `steps` were computed, at least one, and `ret_changes` gets
 * what each of them changed. */
mfn_status mfn__simulation_measure(mfn_simulation *sim, uint64_t steps, mfn__change *ret_changes,
                                   uint32_t *ret_steps, mfn_error *err);

#endif
