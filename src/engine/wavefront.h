/* SPDX-License-Identifier: MIT */
/* Several steps of a simulation in one sweep over its rows, so that a row is still in the cache
 * when its next step needs it. Same operations per cell as step by step: same bits. */
#ifndef MFN_ENGINE_WAVEFRONT_H
#define MFN_ENGINE_WAVEFRONT_H

#include "engine/grid.h"
#include "kernels/kernels.h"

#define MFN__WAVE_FIELDS_MAX 3
#define MFN__WAVE_STEPS_MAX  16

/* What grows before a step: `rise_v` in one cell of the potential. */
typedef struct mfn__spike {
    bool happens;
    uint32_t row, column;
    double rise_v;
} mfn__spike;

typedef struct mfn__wave {
    mfn__grid *grids[MFN__WAVE_FIELDS_MAX]; /* the potential first */
    size_t field_count;
    mfn_boundary boundary;
    const double *zeros; /* a row */
    mfn__step_row_kernel kernel;
    const mfn__step_coefficients *coefficients;
    uint32_t steps; /* at most half as many as there are rows, and MFN__WAVE_STEPS_MAX */
    mfn__spike spikes[MFN__WAVE_STEPS_MAX];
} mfn__wave;

/* How many steps a sweep over such a grid should take; 1 when it is no faster than step by step. */
uint32_t mfn__wave_steps_max(const mfn__grid *grid, size_t field_count);

/* Computes the steps; the grids hold the last state, `counts` is added to. */
void mfn__wave_run(const mfn__wave *wave, mfn__step_counts *counts);

#endif
