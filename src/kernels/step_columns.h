/* SPDX-License-Identifier: MIT */
/* The step, cell by cell: this body is the specification that every variant gives the bits of.
 *
 * Per cell, with L(x) = (((up + down) + left) + right) - 4 x:
 *   V' = V + alpha L(V)
 *   da = d_a L(a) + r_a (a (1 - a) - h)      a' = a + da
 *   dh = d_h L(h) + r_h (a* - h)             h' = h + dh    a* is a, or a' in the field model
 *   V' += 5 mV where a' > threshold; V' += noise; a', h' clipped to [0, 1], V' to [-95, 40] mV.
 * Each field is read once and written once: a step moves the least memory that it can. Additions
 * and multiplications stand in the order in which the reference's NumPy expressions round; under
 * the Dirichlet condition the reference adds the right neighbour first. */
#ifndef MFN_KERNELS_STEP_COLUMNS_H
#define MFN_KERNELS_STEP_COLUMNS_H

#include "kernels/step.h"

#define FIELD_MIN_V    (-0.095)
#define FIELD_MAX_V    0.040
#define TURING_BOOST_V 0.005

#define ALWAYS_INLINE  static inline __attribute__((always_inline))

/* The outputs never overlap the inputs, which compilers do not see by themselves. */
#if defined(__clang__)
#define NO_OVERLAP _Pragma("clang loop vectorize(assume_safety)")
#else
#define NO_OVERLAP _Pragma("GCC ivdep")
#endif

/* What is computed; constants at every call, so that each combination becomes a loop without
 * branches. */
typedef struct step_kind {
    bool reacts, updated, noisy, measured, right_first;
} step_kind;

/* One row of the fields, from column 0. */
typedef struct step_row {
    mfn__step_field potential, activator, inhibitor;
    const double *noise_v;
} step_row;

ALWAYS_INLINE mfn__step_field field_row(mfn__step_field field, size_t doubles)
{
    return (mfn__step_field){field.now + doubles, field.next + doubles};
}

ALWAYS_INLINE step_row row_of(const mfn__step_rows *rows, size_t i, step_kind kind)
{
    step_row row = {.potential = field_row(rows->potential, i * rows->stride)};
    if (kind.reacts) {
        row.activator = field_row(rows->activator, i * rows->stride);
        row.inhibitor = field_row(rows->inhibitor, i * rows->stride);
    }
    if (kind.noisy) {
        row.noise_v = rows->noise_v + i * rows->columns;
    }
    return row;
}

ALWAYS_INLINE void fill_halo(double *row, size_t columns, mfn_boundary boundary)
{
    bool wraps = boundary == MFN_PERIODIC;
    double first = boundary == MFN_DIRICHLET ? 0.0 : row[0];
    double last = boundary == MFN_DIRICHLET ? 0.0 : row[columns - 1];
    row[-1] = wraps ? last : first;
    row[columns] = wraps ? first : last;
}

ALWAYS_INLINE void fill_halos(const step_row *row, const mfn__step_rows *rows, step_kind kind)
{
    fill_halo(row->potential.next, rows->columns, rows->boundary);
    if (kind.reacts) {
        fill_halo(row->activator.next, rows->columns, rows->boundary);
        fill_halo(row->inhibitor.next, rows->columns, rows->boundary);
    }
}

/* NaN stays NaN, as in NumPy's clip. */
ALWAYS_INLINE double clip(double x, double low, double high)
{
    double raised = x < low ? low : x;
    return raised > high ? high : raised;
}

ALWAYS_INLINE double laplacian(const double *cell, size_t stride, bool right_first)
{
    double sum = *(cell - stride) + cell[stride];
    sum = right_first ? (sum + cell[1]) + cell[-1] : (sum + cell[-1]) + cell[1];
    return sum - 4.0 * *cell;
}

ALWAYS_INLINE void step_columns(const step_row *row, const mfn__step_rows *rows,
                                const mfn__step_coefficients *coefficients, step_kind kind)
{
    const step_row at = *row;
    const mfn__step_coefficients k = *coefficients;
    size_t stride = rows->stride;
    size_t columns = rows->columns;
    mfn__step_counts counts = {0};

    NO_OVERLAP
    for (size_t j = 0; j < columns; j++) {
        double old_v = at.potential.now[j];
        double potential =
            old_v + k.alpha * laplacian(at.potential.now + j, stride, kind.right_first);
        if (kind.reacts) {
            double old_a = at.activator.now[j];
            double old_h = at.inhibitor.now[j];
            double da = k.d_activator * laplacian(at.activator.now + j, stride, kind.right_first);
            da = da + k.r_activator * (old_a * (1.0 - old_a) - old_h);
            double new_a = old_a + da;
            double dh = k.d_inhibitor * laplacian(at.inhibitor.now + j, stride, kind.right_first);
            dh = dh + k.r_inhibitor * ((kind.updated ? new_a : old_a) - old_h);
            double new_h = old_h + dh;
            bool active = new_a > k.turing_threshold;
            potential = active ? potential + TURING_BOOST_V : potential;
            at.activator.next[j] = clip(new_a, 0.0, 1.0);
            at.inhibitor.next[j] = clip(new_h, 0.0, 1.0);
            counts.activations += active;
            counts.nan_cells += new_a != new_a;
            counts.nan_cells += new_h != new_h;
        }
        if (kind.noisy) {
            potential = potential + at.noise_v[j];
        }
        double kept = clip(potential, FIELD_MIN_V, FIELD_MAX_V);
        at.potential.next[j] = kept;
        counts.clamped += kept != potential;
        counts.nan_cells += potential != potential;
    }
    rows->counts->activations += counts.activations;
    rows->counts->clamped += counts.clamped;
    rows->counts->nan_cells += counts.nan_cells;
}

#endif
