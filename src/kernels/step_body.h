/* SPDX-License-Identifier: MIT */
/* The entry points of the step kernel, once for all instruction sets. */
#ifndef MFN_KERNELS_STEP_BODY_H
#define MFN_KERNELS_STEP_BODY_H

#include "kernels/step_columns.h"

#ifndef STEP_ROW /* a variant may have a faster way for most of a row */
#define STEP_ROW(row, coefficients, kind) step_columns(row, coefficients, 0, kind)
#endif

static void diffuse(const mfn__step_row *row, const mfn__step_coefficients *coefficients)
{
    if (row->noise_v != NULL) {
        STEP_ROW(row, coefficients, ((step_kind){.noisy = true}));
    } else {
        STEP_ROW(row, coefficients, ((step_kind){.noisy = false}));
    }
}

static void react(const mfn__step_row *row, const mfn__step_coefficients *coefficients)
{
    if (row->noise_v != NULL) {
        STEP_ROW(row, coefficients, ((step_kind){.reacts = true, .noisy = true}));
    } else {
        STEP_ROW(row, coefficients, ((step_kind){.reacts = true}));
    }
}

static void react_updated(const mfn__step_row *row, const mfn__step_coefficients *coefficients)
{
    if (row->noise_v != NULL) {
        STEP_ROW(row, coefficients, ((step_kind){.reacts = true, .updated = true, .noisy = true}));
    } else {
        STEP_ROW(row, coefficients, ((step_kind){.reacts = true, .updated = true}));
    }
}

#endif
