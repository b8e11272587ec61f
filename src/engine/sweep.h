/* SPDX-License-Identifier: MIT */
/* Steps of a simulation, several in one sweep over its rows, so that a row is still in the cache
 * when its next step needs it, and on several threads, which meet once in a sweep. The same
 * operations per cell as step by step: the same bits. */
#ifndef MFN_ENGINE_SWEEP_H
#define MFN_ENGINE_SWEEP_H

#include "engine/frame_changes.h"
#include "engine/grid.h"
#include "kernels/kernels.h"

#include "mfn/parallel.h"
#include "mfn/random.h"

#define MFN__SWEEP_FIELDS_MAX    3
#define MFN__SWEEP_STEPS_MAX     16
#define MFN__SWEEP_BANDS_MAX     64
#define MFN__SWEEP_BAND_ROWS_MIN 64 /* less is done before another thread is awake */

/* What grows before a step: `rise_v` in one cell of the potential. */
typedef struct mfn__spike {
    bool happens;
    uint32_t row, column;
    double rise_v;
    double before_v; /* what the cell held; set by the sweep */
} mfn__spike;

/* Noise that is drawn some rows at a time while the fields step. */
typedef struct mfn__noise {
    mfn_random *random;
    double deviation_v;
    double *values_v; /* room for mfn__noise_rows(side) rows */
} mfn__noise;

/* As many as make a good batch for the generator. */
uint32_t mfn__noise_rows(uint32_t side);

typedef struct mfn__sweep {
    mfn__grid *grids; /* the potential first; they hold the last state when the sweep is over */
    size_t field_count;
    mfn_boundary boundary;
    mfn__step_kernel kernel;
    const mfn__step_coefficients *coefficients;
    uint32_t steps; /* at most mfn__sweep_steps_max; 1 with noise */
    mfn__spike spikes[MFN__SWEEP_STEPS_MAX];
    const mfn__noise *noise;      /* or NULL */
    mfn__change *block_changes;   /* room for the blocks of all steps; NULL: not wanted */
    const mfn_parallel *parallel; /* or NULL */
    uint32_t bands;               /* of rows that are computed at once: as many as threads */
} mfn__sweep;

/* How many steps a sweep over such a grid may take on so many threads, and should: 1 when it is no
 * faster than step by step. */
uint32_t mfn__sweep_steps_max(const mfn__grid *grid, size_t field_count, uint32_t bands,
                              bool is_measured);

/* Computes the steps and adds to `counts`. `ret_changes` gets those of each step, if wanted. */
void mfn__sweep_run(mfn__sweep *sweep, mfn__step_counts *counts, mfn__change *ret_changes);

#endif
