/* SPDX-License-Identifier: MIT */
#include "server/stepping.h"

#include "base/error.h"

mfn_status mfn__step_unless(const atomic_bool *cancel, mfn_simulation *simulation, uint64_t steps,
                            mfn_error *err)
{
    mfn_status status = MFN_OK;
    while (steps > 0 && status == MFN_OK) {
        if (cancel != NULL && atomic_load_explicit(cancel, memory_order_relaxed)) {
            return mfn__fail(err, MFN_CANCELLED, NULL, "the run was stopped after step %llu",
                             (unsigned long long)mfn_simulation_steps_computed(simulation));
        }
        uint64_t slice = mfn_simulation_slice(simulation);
        uint64_t now = steps < slice ? steps : slice;
        status = mfn_simulation_advance(simulation, now, NULL, NULL, err);
        steps -= now;
    }
    return status;
}
