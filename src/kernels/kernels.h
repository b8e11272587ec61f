/* SPDX-License-Identifier: MIT */
/* The table of hot loops. Every variant is the same source compiled for another instruction set,
 * with the same order of floating-point operations: all give the same bits. */
#ifndef MFN_KERNELS_KERNELS_H
#define MFN_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/draws.h"
#include "kernels/field_scan.h"
#include "kernels/frame_change.h"
#include "kernels/pair_sums.h"
#include "kernels/pcg64.h"

#include "mfn/status.h"

/* One row of a field with its neighbours. All pointers point to column 0; `first` and `second` are
 * the two horizontal neighbours in the order in which the stencil adds them. */
typedef struct mfn__stencil_row {
    const double *centre;
    const double *up, *down;
    const double *first, *second;
    double *out;
} mfn__stencil_row;

/* Coefficients of a step, constant over a run. */
typedef struct mfn__step_coefficients {
    double alpha;
    double d_activator, d_inhibitor;
    double r_activator, r_inhibitor;
    double turing_threshold;
} mfn__step_coefficients;

/* What a row adds to the run's counters. */
typedef struct mfn__step_counts {
    uint64_t activations; /* cells whose activator passed the threshold */
    uint64_t clamped;     /* cells whose potential was clamped */
    uint64_t nan_cells;   /* values that are NaN, over all fields */
} mfn__step_counts;

/* One row of one step, in one pass: diffusion, reaction, threshold, noise, clamp. */
typedef struct mfn__step_row {
    size_t columns;
    mfn__stencil_row potential, activator, inhibitor; /* the last two only with a reaction */
    const double *noise_v;                            /* added to the potential, or NULL */
    mfn__step_counts *counts;                         /* added to */
} mfn__step_row;

typedef void (*mfn__step_row_kernel)(const mfn__step_row *row,
                                     const mfn__step_coefficients *coefficients);

typedef struct mfn__kernels {
    const char *name;
    bool (*is_supported)(void);
    mfn__step_row_kernel diffuse;       /* the potential alone */
    mfn__step_row_kernel react;         /* the inhibitor sees the old activator (mfn-v4.1) */
    mfn__step_row_kernel react_updated; /* it sees the updated one (mfn-v4.1-field) */
    mfn__frame_change_kernel frame_change;
    mfn__pair_sums_kernel pair_products;    /* sums of x y */
    mfn__pair_sums_kernel pair_differences; /* sums of (x - y)^2 */
    mfn__pcg64_fill_kernel pcg64_fill;
    mfn__uniforms_kernel uniforms;
    mfn__normals_kernel normals;
    mfn__bits_above_kernel bits_above;
    mfn__extremes_kernel extremes;
    mfn__sum_scaled_kernel sum_scaled;
    mfn__sum_powers_kernel sum_powers;
} mfn__kernels_table;

/* The best variant that this machine can run, or the one selected. Thread-safe. */
const mfn__kernels_table *mfn__kernels(void);

/* All variants of this build, best last. */
const mfn__kernels_table *const *mfn__kernels_all(size_t *ret_count);

/* Forces a variant by name, for the whole process; "auto" goes back to the best one. */
mfn_status mfn__kernels_select(const char *name, mfn_error *err);

#endif
