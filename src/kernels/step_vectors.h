/* SPDX-License-Identifier: MIT */
/* The step by hand-chosen vector instructions, for those instruction sets where compilers do not
 * find them: the same operations as step_columns, LANES cells at a time; what is left of a row, and
 * the meaning, is step_columns'.
 *
 * The including file defines the vector type and its operations (see variant_avx512.c):
 *     lanes, LANES, LOAD, STORE, SPREAD, PLUS, PLUS_TOO, MINUS, TIMES, LARGER, SMALLER,
 *     ABOVE, UNEQUAL, UNORDERED, OUTSIDE (bit masks), PLUS_WHERE
 * PLUS_TOO is an addition for the multipliers' pipes, which are less busy: fma(x, 1, y) rounds as
 * x + y does. LARGER(a, b) and SMALLER(a, b) give b where the two are equal or one is NaN, as clip
 * does. Counting costs only where there is something to count. */
#ifndef MFN_KERNELS_STEP_VECTORS_H
#define MFN_KERNELS_STEP_VECTORS_H

#include "kernels/step_columns.h"

typedef struct lane_constants {
    lanes alpha, d_activator, d_inhibitor, r_activator, r_inhibitor, threshold;
    lanes one, four, zero, boost_v, min_v, max_v;
} lane_constants;

ALWAYS_INLINE lane_constants spread_constants(const mfn__step_coefficients *k)
{
    return (lane_constants){
        .alpha = SPREAD(k->alpha),
        .d_activator = SPREAD(k->d_activator),
        .d_inhibitor = SPREAD(k->d_inhibitor),
        .r_activator = SPREAD(k->r_activator),
        .r_inhibitor = SPREAD(k->r_inhibitor),
        .threshold = SPREAD(k->turing_threshold),
        .one = SPREAD(1.0),
        .four = SPREAD(4.0),
        .zero = SPREAD(0.0),
        .boost_v = SPREAD(TURING_BOOST_V),
        .min_v = SPREAD(FIELD_MIN_V),
        .max_v = SPREAD(FIELD_MAX_V),
    };
}

/* The neighbours of a row are at its centre: with pointers of their own there would be more than
 * registers. `left_first` is the order in which the stencil adds them. */
ALWAYS_INLINE lanes laplacian_lanes(const mfn__stencil_row *row, size_t j, lanes centre, lanes four,
                                    bool left_first)
{
    lanes left = LOAD(row->centre + j - 1);
    lanes right = LOAD(row->centre + j + 1);
    lanes sum = PLUS(LOAD(row->up + j), LOAD(row->down + j));
    sum = PLUS(PLUS(sum, left_first ? left : right), left_first ? right : left);
    return MINUS(sum, TIMES(four, centre));
}

ALWAYS_INLINE lanes clip_unit(lanes x, const lane_constants *k)
{
    return SMALLER(k->one, LARGER(k->zero, x));
}

/* A row while it is computed: copies, which the stores into the fields cannot touch. */
typedef struct lane_row {
    mfn__stencil_row potential, activator, inhibitor;
    const double *noise_v;
    mfn__step_counts counts;
} lane_row;

/* What the cells are counted by, as bit masks. */
typedef struct lane_events {
    unsigned active, clamped, unordered;
} lane_events;

ALWAYS_INLINE void count_lanes(lane_row *row, lanes potential, lanes new_a, lanes new_h,
                               lane_events events)
{
    row->counts.activations += (unsigned)__builtin_popcount(events.active);
    row->counts.clamped += (unsigned)__builtin_popcount(events.clamped);
    /* NaN is unequal to itself, and so among the clamped. */
    row->counts.nan_cells += (unsigned)__builtin_popcount(UNORDERED(potential, potential)) +
                             (unsigned)__builtin_popcount(UNORDERED(new_a, new_a)) +
                             (unsigned)__builtin_popcount(UNORDERED(new_h, new_h));
}

ALWAYS_INLINE void step_lanes(lane_row *row, const lane_constants *k, size_t j, step_kind kind,
                              bool left_first)
{
    lane_events events = {0};
    lanes new_a = k->zero;
    lanes new_h = k->zero;
    lanes centre = LOAD(row->potential.centre + j);
    lanes potential = PLUS(
        centre, TIMES(k->alpha, laplacian_lanes(&row->potential, j, centre, k->four, left_first)));
    if (kind.reacts) {
        lanes old_a = LOAD(row->activator.centre + j);
        lanes old_h = LOAD(row->inhibitor.centre + j);
        lanes da =
            TIMES(k->d_activator, laplacian_lanes(&row->activator, j, old_a, k->four, left_first));
        lanes growth = MINUS(TIMES(old_a, MINUS(k->one, old_a)), old_h);
        da = PLUS_TOO(TIMES(k->r_activator, growth), da, k->one);
        new_a = PLUS_TOO(da, old_a, k->one);
        lanes dh =
            TIMES(k->d_inhibitor, laplacian_lanes(&row->inhibitor, j, old_h, k->four, left_first));
        lanes pull = MINUS(kind.updated ? new_a : old_a, old_h);
        dh = PLUS_TOO(TIMES(k->r_inhibitor, pull), dh, k->one);
        new_h = PLUS_TOO(dh, old_h, k->one);
        events.active = ABOVE(new_a, k->threshold);
        events.unordered = UNORDERED(new_a, new_h);
        if (events.active != 0) { /* where there is activity, it is in whole regions */
            potential = PLUS_WHERE(potential, k->boost_v, new_a, k->threshold);
        }
        STORE(row->activator.out + j, clip_unit(new_a, k));
        STORE(row->inhibitor.out + j, clip_unit(new_h, k));
    }
    if (kind.noisy) {
        potential = PLUS(potential, LOAD(row->noise_v + j));
    }
    lanes kept = potential;
    unsigned outside = OUTSIDE(potential, k->min_v, k->max_v);
    if (__builtin_expect((events.active | outside | events.unordered) != 0, 0)) {
        kept = SMALLER(k->max_v, LARGER(k->min_v, potential));
        events.clamped = UNEQUAL(kept, potential);
        count_lanes(row, potential, new_a, new_h, events);
    }
    STORE(row->potential.out + j, kept);
}

ALWAYS_INLINE size_t step_most(lane_row *row, const lane_constants *k, size_t columns,
                               step_kind kind, bool left_first)
{
    size_t j = 0;
    for (; j + LANES <= columns; j += LANES) {
        step_lanes(row, k, j, kind, left_first);
    }
    return j;
}

ALWAYS_INLINE void step_row_lanes(const mfn__step_row *given,
                                  const mfn__step_coefficients *coefficients, step_kind kind)
{
    const lane_constants k = spread_constants(coefficients);
    lane_row row = {.potential = given->potential, .noise_v = given->noise_v};
    if (kind.reacts) {
        row.activator = given->activator;
        row.inhibitor = given->inhibitor;
    }
    bool left_first = row.potential.first < row.potential.centre;
    size_t done = left_first ? step_most(&row, &k, given->columns, kind, true)
                             : step_most(&row, &k, given->columns, kind, false);
    given->counts->activations += row.counts.activations;
    given->counts->clamped += row.counts.clamped;
    given->counts->nan_cells += row.counts.nan_cells;
    step_columns(given, coefficients, done, kind);
}

#define STEP_ROW(row, coefficients, kind) step_row_lanes(row, coefficients, kind)

#include "kernels/step_body.h"

#endif
