/* SPDX-License-Identifier: MIT */
/* The step kernel, once for all instruction sets: this body is the specification, and each variant
 * includes it in a file compiled for its own instruction set.
 *
 * Per cell, with L(x) = (((up + down) + first) + second) - 4 x:
 *   V' = V + alpha L(V)
 *   da = d_a L(a) + r_a (a (1 - a) - h)      a' = a + da
 *   dh = d_h L(h) + r_h (a* - h)             h' = h + dh    a* is a, or a' in the field model
 *   V' += 5 mV where a' > threshold; V' += noise; a', h' clipped to [0, 1], V' to [-95, 40] mV.
 * Each field is read once and written once: a step moves the least memory that it can. Additions
 * and multiplications stand in the order in which the reference's NumPy expressions round. */
#ifndef MFN_KERNELS_STEP_COLUMNS_H
#define MFN_KERNELS_STEP_COLUMNS_H

#include "kernels/kernels.h"

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

/* NaN stays NaN, as in NumPy's clip. */
ALWAYS_INLINE double clip(double x, double low, double high)
{
    double raised = x < low ? low : x;
    return raised > high ? high : raised;
}

ALWAYS_INLINE double laplacian(const mfn__stencil_row *row, size_t j)
{
    return (((row->up[j] + row->down[j]) + row->first[j]) + row->second[j]) - 4.0 * row->centre[j];
}

/* What is computed; constants at every call, so that each combination becomes a loop without
 * branches. */
typedef struct step_kind {
    bool reacts, updated, noisy;
} step_kind;

/* The columns from `begin` on. */
ALWAYS_INLINE void step_columns(const mfn__step_row *row,
                                const mfn__step_coefficients *coefficients, size_t begin,
                                step_kind kind)
{
    const mfn__stencil_row v = row->potential;
    const mfn__stencil_row a = row->activator;
    const mfn__stencil_row h = row->inhibitor;
    const mfn__step_coefficients k = *coefficients;
    const double *noise_v = row->noise_v;
    size_t columns = row->columns;
    uint64_t activations = 0;
    uint64_t clamped = 0;
    uint64_t nan_cells = 0;

    NO_OVERLAP
    for (size_t j = begin; j < columns; j++) {
        double potential = v.centre[j] + k.alpha * laplacian(&v, j);
        if (kind.reacts) {
            double old_a = a.centre[j];
            double old_h = h.centre[j];
            double da = k.d_activator * laplacian(&a, j);
            da = da + k.r_activator * (old_a * (1.0 - old_a) - old_h);
            double new_a = old_a + da;
            double dh = k.d_inhibitor * laplacian(&h, j);
            dh = dh + k.r_inhibitor * ((kind.updated ? new_a : old_a) - old_h);
            double new_h = old_h + dh;
            bool active = new_a > k.turing_threshold;
            potential = active ? potential + TURING_BOOST_V : potential;
            activations += active;
            a.out[j] = clip(new_a, 0.0, 1.0);
            h.out[j] = clip(new_h, 0.0, 1.0);
            nan_cells += new_a != new_a;
            nan_cells += new_h != new_h;
        }
        if (kind.noisy) {
            potential = potential + noise_v[j];
        }
        double kept = clip(potential, FIELD_MIN_V, FIELD_MAX_V);
        v.out[j] = kept;
        clamped += kept != potential;
        nan_cells += potential != potential;
    }
    row->counts->activations += activations;
    row->counts->clamped += clamped;
    row->counts->nan_cells += nan_cells;
}

#endif
