/* SPDX-License-Identifier: MIT */
/* Steps of a simulation that somebody may not want any more before they are done. */
#ifndef MFN_SERVER_STEPPING_H
#define MFN_SERVER_STEPPING_H

#include <stdatomic.h>

#include "mfn/simulation.h"

/* MFN_CANCELLED within some milliseconds after `cancel` becomes true; it may be NULL. */
mfn_status mfn__step_unless(const atomic_bool *cancel, mfn_simulation *simulation, uint64_t steps,
                            mfn_error *err);

#endif
