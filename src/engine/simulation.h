/* SPDX-License-Identifier: MIT */
/* The inside of a simulation. */
#ifndef MFN_ENGINE_SIMULATION_H
#define MFN_ENGINE_SIMULATION_H

#include "engine/grid.h"
#include "engine/random.h"
#include "kernels/kernels.h"

#include "mfn/simulation.h"

enum { MFN__POTENTIAL, MFN__ACTIVATOR, MFN__INHIBITOR, MFN__FIELD_COUNT };

struct mfn_simulation {
    mfn_simulation_config config; /* as the run uses it; `seed` is not kept */
    mfn_random random;
    mfn__grid *grids; /* MFN__FIELD_COUNT, apart so that a const simulation can pack them */
    bool has_morphogens;
    double *storage; /* of the grids and the two rows */
    size_t storage_doubles;
    double *zeros;   /* a row for the Dirichlet condition */
    double *noise_v; /* a row of noise */
    uint64_t steps_computed;
    uint64_t growth_events;
    mfn__step_counts counts;
};

/* As mfn_simulation_reset, but goes on with the stream of `random`, which is copied and may be the
 * simulation's own; the configured seed is checked and not used. */
mfn_status mfn__simulation_restart(mfn_simulation *sim, const mfn_simulation_config *config,
                                   const mfn_random *random, mfn_error *err);

#endif
