/* SPDX-License-Identifier: MIT */
/* One step of some rows of the fields, in one pass: diffusion, reaction, threshold, noise, clamp,
 * and what the temporal features want to know of the change. */
#ifndef MFN_KERNELS_STEP_H
#define MFN_KERNELS_STEP_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/frame_change.h"

#include "mfn/simulation.h"

/* A field before and after the step, each from its row 0, column 0. The columns beside the row and
 * the rows above and below it hold what the boundary condition puts there. */
typedef struct mfn__step_field {
    const double *now;
    double *next;
} mfn__step_field;

/* Coefficients of a step, constant over a run. */
typedef struct mfn__step_coefficients {
    double alpha;
    double d_activator, d_inhibitor;
    double r_activator, r_inhibitor;
    double turing_threshold;
    double pattern[MFN_MODEL_PARAMETERS_MAX]; /* of the models in kernels/pattern.h */
} mfn__step_coefficients;

/* What the rows add to the run's counters. */
typedef struct mfn__step_counts {
    uint64_t activations; /* cells whose activator passed the threshold */
    uint64_t clamped;     /* cells whose potential was clamped */
    uint64_t nan_cells;   /* values that are NaN, over all fields */
} mfn__step_counts;

/* Kernels read the noise by whole vectors: so many doubles behind it must be there. */
#define MFN__NOISE_SPARE 7

typedef struct mfn__step_rows {
    size_t rows, columns;
    size_t stride;                                   /* doubles from row to row, in all fields */
    mfn__step_field potential, activator, inhibitor; /* the last two only with a reaction */
    mfn_boundary boundary;                           /* for the columns beside the new rows */
    const double *noise_v;     /* added to the potential, rows * columns, or NULL */
    mfn__step_counts *counts;  /* added to */
    mfn__change_sums *changes; /* of the potential, added to, or NULL */
    bool has_changes_per_row;  /* `changes` are as many as rows; else one for all */
} mfn__step_rows;

typedef void (*mfn__step_kernel)(const mfn__step_rows *rows,
                                 const mfn__step_coefficients *coefficients);

#endif
