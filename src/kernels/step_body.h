/* SPDX-License-Identifier: MIT */
/* The entry points of the step kernel, once for all instruction sets. */
#ifndef MFN_KERNELS_STEP_BODY_H
#define MFN_KERNELS_STEP_BODY_H

#include "kernels/step_columns.h"

#ifndef STEP_ROWS /* a variant may have a faster way; this one needs frame_change_body.h */
ALWAYS_INLINE void step_rows(const mfn__step_rows *rows, const mfn__step_coefficients *coefficients,
                             step_kind kind)
{
    for (size_t i = 0; i < rows->rows; i++) {
        const step_row row = row_of(rows, i, kind);
        step_columns(&row, rows, coefficients, kind);
        fill_halos(&row, rows, kind);
        if (kind.measured) {
            frame_change(row.potential.now, row.potential.next, rows->columns,
                         rows->changes + (rows->has_changes_per_row ? i : 0));
        }
    }
}
#define STEP_ROWS step_rows
#endif

/* Turns what is known only at run time into constants. */
ALWAYS_INLINE void step_measured(const mfn__step_rows *rows,
                                 const mfn__step_coefficients *coefficients, step_kind kind)
{
    kind.measured = true;
    if (rows->changes != NULL) {
        STEP_ROWS(rows, coefficients, kind);
        return;
    }
    kind.measured = false;
    STEP_ROWS(rows, coefficients, kind);
}

ALWAYS_INLINE void step_noisy(const mfn__step_rows *rows,
                              const mfn__step_coefficients *coefficients, step_kind kind)
{
    kind.noisy = true;
    if (rows->noise_v != NULL) {
        step_measured(rows, coefficients, kind);
        return;
    }
    kind.noisy = false;
    step_measured(rows, coefficients, kind);
}

ALWAYS_INLINE void step(const mfn__step_rows *rows, const mfn__step_coefficients *coefficients,
                        step_kind kind)
{
    kind.right_first = true;
    if (rows->boundary == MFN_DIRICHLET) {
        step_noisy(rows, coefficients, kind);
        return;
    }
    kind.right_first = false;
    step_noisy(rows, coefficients, kind);
}

static void diffuse(const mfn__step_rows *rows, const mfn__step_coefficients *coefficients)
{
    step(rows, coefficients, (step_kind){.reacts = false});
}

static void react(const mfn__step_rows *rows, const mfn__step_coefficients *coefficients)
{
    step(rows, coefficients, (step_kind){.reacts = true});
}

static void react_updated(const mfn__step_rows *rows, const mfn__step_coefficients *coefficients)
{
    step(rows, coefficients, (step_kind){.reacts = true, .updated = true});
}

#endif
