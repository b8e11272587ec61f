/* SPDX-License-Identifier: MIT */
/* A simulation run to its end with its history, and the outputs that all simulators share. */
#ifndef GOLDEN_RECORDING_H
#define GOLDEN_RECORDING_H

#include "compare.h"

#include "mfn/simulation.h"

typedef struct recorded_run {
    mfn_simulation *sim;
    double *history_v; /* (frames, side, side) */
    size_t frames, cells;
    uint32_t side;
} recorded_run;

/* False, with the difference recorded, when the run fails. Release with recording_deinit. */
bool recording_make(const mfn_simulation_config *config, recorded_run *ret, comparison *cmp);
void recording_deinit(recorded_run *run); /* a zeroed one is allowed */

/* Final field, counters, statistics and history: the outputs common to `simulate` and `engine`. */
void recording_compare(const recorded_run *run, const json_t *out, comparison *cmp);

/* The final field alone: hash, first and last cells, and the whole of it where it is given. */
void recording_compare_field(const recorded_run *run, const json_t *out, comparison *cmp);

#endif
