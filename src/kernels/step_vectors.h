/* SPDX-License-Identifier: MIT */
/* The step by hand-chosen vector instructions, for those instruction sets where compilers do not
 * find them: the same operations as step_columns, LANES cells at a time.
 *
 * Two things make it fast. Left and right neighbours are taken out of registers where that is
 * cheaper than loads across cache lines. And as long as nothing is to be counted, clipped or
 * raised, which is nearly always, that is all that is asked: QUIET compares bit patterns as whole
 * numbers, which finds what is too large, negative or NaN at once.
 *
 * The including file defines the vector type and its operations (see variant_avx512.c):
 *     lanes, LANES, LOAD, STORE, STORE_FIRST (of a row's last cells), KEEP_FIRST (others become 0),
 *     SPREAD, SPREAD_FIRST, FIRST, PLUS, PLUS_TOO, MINUS, MINUS_FOUR_TIMES, TIMES, ABSOLUTE,
 * LARGER, SMALLER, BEFORE, AFTER (the cells one column to the left and right), ABOVE, UNEQUAL,
 * UNORDERED, PLUS_WHERE, QUIET (a bit for each lane), QUIET_POTENTIAL PLUS_TOO is an addition for
 * the multipliers' pipes, which are less busy: fma(x, 1, y) rounds as x + y does. LARGER(a, b) and
 * SMALLER(a, b) give b where the two are equal or one is NaN, as clip does. */
#ifndef MFN_KERNELS_STEP_VECTORS_H
#define MFN_KERNELS_STEP_VECTORS_H

#include "kernels/step_columns.h"

#define ALL_LANES ((1U << LANES) - 1U)
#define PARTS     (MFN__CHANGE_LANES / LANES) /* vectors in a group of change sums */

typedef struct lane_constants {
    lanes alpha, d_activator, d_inhibitor, r_activator, r_inhibitor, threshold;
    lanes one, zero, boost_v, min_v, max_v;
} lane_constants;

ALWAYS_INLINE lane_constants spread_constants(const mfn__step_coefficients *k)
{
    return (lane_constants){
        .alpha = SPREAD(k->alpha),
        .d_activator = SPREAD(k->d_activator),
        .d_inhibitor = SPREAD(k->d_inhibitor),
        .r_activator = SPREAD(k->r_activator),
        .r_inhibitor = SPREAD(k->r_inhibitor),
        .threshold = SPREAD(k->turing_threshold + 0.0), /* not -0, which is large as bits */
        .one = SPREAD(1.0),
        .zero = SPREAD(0.0),
        .boost_v = SPREAD(TURING_BOOST_V),
        .min_v = SPREAD(FIELD_MIN_V),
        .max_v = SPREAD(FIELD_MAX_V),
    };
}

/* Three vectors of a row that follow each other. */
typedef struct lane_window {
    lanes before, centre, after;
} lane_window;

ALWAYS_INLINE lane_window window_at_start(const double *row)
{
    lanes centre = LOAD(row);
    return (lane_window){LOAD(row - LANES), centre, centre};
}

ALWAYS_INLINE void window_slide(lane_window *window)
{
    window->before = window->centre;
    window->centre = window->after;
}

/* The change sums of a row, in registers. */
typedef struct lane_changes {
    lanes shifted[PARTS], squares[PARTS], energy[PARTS], largest[PARTS];
    lanes shift;
} lane_changes;

/* What a row is computed with; copies, which the stores into the fields cannot touch. */
typedef struct lane_row {
    step_row at;
    size_t stride;
    lane_window potential, activator, inhibitor;
    mfn__step_counts counts;
    lane_changes changes;
} lane_row;

/* Looks ahead to the next vector on the way. */
ALWAYS_INLINE lanes laplacian_lanes(lane_window *window, const double *at, size_t stride,
                                    bool right_first)
{
    window->after = LOAD(at + LANES);
    lanes left = BEFORE(window->before, window->centre, at);
    lanes right = AFTER(window->centre, window->after, at);
    lanes sum = PLUS(LOAD(at - stride), LOAD(at + stride));
    sum = PLUS(PLUS(sum, right_first ? right : left), right_first ? left : right);
    return MINUS_FOUR_TIMES(sum, window->centre);
}

typedef struct lane_state {
    lanes potential, activator, inhibitor;
} lane_state;

ALWAYS_INLINE unsigned count_bits(unsigned bits)
{
    return (unsigned)__builtin_popcount(bits);
}

/* What seldom happens, for the lanes of `mask`: the boost, clipping, and counting. */
ALWAYS_INLINE lane_state settle_morphogens(lane_row *row, const lane_constants *k, lane_state new,
                                           unsigned mask)
{
    row->counts.activations += count_bits(ABOVE(new.activator, k->threshold) & mask);
    row->counts.nan_cells += count_bits(UNORDERED(new.activator, new.activator) & mask) +
                             count_bits(UNORDERED(new.inhibitor, new.inhibitor) & mask);
    new.potential = PLUS_WHERE(new.potential, k->boost_v, new.activator, k->threshold);
    new.activator = SMALLER(k->one, LARGER(k->zero, new.activator));
    new.inhibitor = SMALLER(k->one, LARGER(k->zero, new.inhibitor));
    return new;
}

ALWAYS_INLINE lanes settle_potential(lane_row *row, const lane_constants *k, lanes potential,
                                     unsigned mask)
{
    lanes kept = SMALLER(k->max_v, LARGER(k->min_v, potential));
    row->counts.clamped += count_bits(UNEQUAL(kept, potential) & mask);
    row->counts.nan_cells += count_bits(UNORDERED(potential, potential) & mask);
    return kept;
}

/* Lanes beyond a row's end are in none of the sums. */
ALWAYS_INLINE void measure(lane_changes *changes, size_t part, unsigned mask, bool is_partial,
                           lanes before, lanes now)
{
    if (is_partial) {
        before = KEEP_FIRST(mask, before);
        now = KEEP_FIRST(mask, now);
    }
    lanes change = ABSOLUTE(MINUS(now, before));
    lanes off = MINUS(change, changes->shift);
    off = is_partial ? KEEP_FIRST(mask, off) : off;
    changes->shifted[part] = PLUS(changes->shifted[part], off);
    changes->squares[part] = PLUS(changes->squares[part], TIMES(off, off));
    changes->energy[part] = PLUS(changes->energy[part], TIMES(now, now));
    changes->largest[part] = LARGER(change, changes->largest[part]);
}

/* `count` is LANES, as a constant, or what is left of the row. */
ALWAYS_INLINE void step_lanes(lane_row *row, const lane_constants *k, size_t j, size_t count,
                              step_kind kind)
{
    const step_row *at = &row->at;
    unsigned mask = count < LANES ? (1U << count) - 1U : ALL_LANES;
    lanes old_v = row->potential.centre;
    lane_state new = {
        PLUS(old_v, TIMES(k->alpha, laplacian_lanes(&row->potential, at->potential.now + j,
                                                    row->stride, kind.right_first))),
        k->zero, k->zero};
    if (kind.reacts) {
        lanes old_a = row->activator.centre;
        lanes old_h = row->inhibitor.centre;
        lanes da = TIMES(k->d_activator, laplacian_lanes(&row->activator, at->activator.now + j,
                                                         row->stride, kind.right_first));
        lanes growth = MINUS(TIMES(old_a, MINUS(k->one, old_a)), old_h);
        da = PLUS_TOO(TIMES(k->r_activator, growth), da, k->one);
        new.activator = PLUS_TOO(da, old_a, k->one);
        lanes dh = TIMES(k->d_inhibitor, laplacian_lanes(&row->inhibitor, at->inhibitor.now + j,
                                                         row->stride, kind.right_first));
        lanes pull = MINUS(kind.updated ? new.activator : old_a, old_h);
        dh = PLUS_TOO(TIMES(k->r_inhibitor, pull), dh, k->one);
        new.inhibitor = PLUS_TOO(dh, old_h, k->one);
    }
    if (kind.noisy) { /* which often leaves the range */
        unsigned quiet = kind.reacts ? QUIET_MORPHOGENS(new, k) : ALL_LANES;
        if (__builtin_expect((quiet & mask) != mask, 0)) {
            new = settle_morphogens(row, k, new, mask);
        }
        new.potential = PLUS(new.potential, LOAD(at->noise_v + j));
        new.potential = settle_potential(row, k, new.potential, mask);
    } else {
        unsigned quiet = kind.reacts ? QUIET(new, k) : QUIET_POTENTIAL(new.potential, k->min_v);
        if (__builtin_expect((quiet & mask) != mask, 0)) {
            new = kind.reacts ? settle_morphogens(row, k, new, mask) : new;
            new.potential = settle_potential(row, k, new.potential, mask);
        }
    }
    if (count < LANES) {
        STORE_FIRST(at->potential.next + j, mask, new.potential);
    } else {
        STORE(at->potential.next + j, new.potential);
    }
    if (kind.reacts && count < LANES) {
        STORE_FIRST(at->activator.next + j, mask, new.activator);
        STORE_FIRST(at->inhibitor.next + j, mask, new.inhibitor);
    } else if (kind.reacts) {
        STORE(at->activator.next + j, new.activator);
        STORE(at->inhibitor.next + j, new.inhibitor);
    }
    if (kind.measured) {
        measure(&row->changes, j / LANES % PARTS, mask, count < LANES, old_v, new.potential);
    }
    window_slide(&row->potential);
    if (kind.reacts) {
        window_slide(&row->activator);
        window_slide(&row->inhibitor);
    }
}

ALWAYS_INLINE lane_changes load_changes(const mfn__change_sums *sums)
{
    lane_changes changes = {.shift = SPREAD(sums->shift)};
    for (size_t part = 0; part < PARTS; part++) {
        changes.shifted[part] = LOAD(sums->shifted + part * LANES);
        changes.squares[part] = LOAD(sums->squares + part * LANES);
        changes.energy[part] = LOAD(sums->energy + part * LANES);
        changes.largest[part] = LOAD(sums->largest + part * LANES);
    }
    return changes;
}

/* The first change, which all are measured from, by a first vector that is computed twice. */
ALWAYS_INLINE lane_changes first_changes(const lane_row *row, const lane_constants *k,
                                         size_t columns, step_kind kind)
{
    lane_row trial = *row;
    kind.measured = false;
    step_lanes(&trial, k, 0, columns < LANES ? columns : LANES, kind);
    const mfn__step_field *potential = &row->at.potential;
    lanes change = ABSOLUTE(MINUS(LOAD(potential->next), LOAD(potential->now)));
    lane_changes changes = {.shift = SPREAD_FIRST(change)};
    for (size_t part = 0; part < PARTS; part++) {
        changes.shifted[part] = k->zero;
        changes.squares[part] = k->zero;
        changes.energy[part] = k->zero;
        changes.largest[part] = k->zero;
    }
    return changes;
}

ALWAYS_INLINE void store_changes(const lane_changes *changes, mfn__change_sums *sums)
{
    for (size_t part = 0; part < PARTS; part++) {
        STORE(sums->shifted + part * LANES, changes->shifted[part]);
        STORE(sums->squares + part * LANES, changes->squares[part]);
        STORE(sums->energy + part * LANES, changes->energy[part]);
        STORE(sums->largest + part * LANES, changes->largest[part]);
    }
    sums->shift = FIRST(changes->shift);
    sums->has_begun = true;
}

ALWAYS_INLINE void open_windows(lane_row *row, step_kind kind)
{
    row->potential = window_at_start(row->at.potential.now);
    if (kind.reacts) {
        row->activator = window_at_start(row->at.activator.now);
        row->inhibitor = window_at_start(row->at.inhibitor.now);
    }
}

/* Whole groups of vectors, so that the part of the change sums is a constant; then the rest. */
ALWAYS_INLINE void step_row_lanes(lane_row *row, const lane_constants *k, size_t columns,
                                  step_kind kind)
{
    size_t j = 0;
    for (; j + MFN__CHANGE_LANES <= columns; j += MFN__CHANGE_LANES) {
        for (size_t part = 0; part < PARTS; part++) {
            step_lanes(row, k, j + part * LANES, LANES, kind);
        }
    }
    for (size_t part = 0; part < PARTS && j < columns; part++, j += LANES) {
        size_t left = columns - j;
        step_lanes(row, k, j, left < LANES ? left : LANES, kind);
    }
}

ALWAYS_INLINE void step_rows(const mfn__step_rows *rows, const mfn__step_coefficients *coefficients,
                             step_kind kind)
{
    const lane_constants k = spread_constants(coefficients);
    lane_row row = {.stride = rows->stride};
    for (size_t i = 0; i < rows->rows; i++) {
        row.at = row_of(rows, i, kind);
        open_windows(&row, kind);
        if (kind.measured && (i == 0 || rows->has_changes_per_row)) {
            const mfn__change_sums *sums = rows->changes + i;
            row.changes =
                sums->has_begun ? load_changes(sums) : first_changes(&row, &k, rows->columns, kind);
        }
        step_row_lanes(&row, &k, rows->columns, kind);
        fill_halos(&row.at, rows, kind);
        if (kind.measured && rows->has_changes_per_row) {
            store_changes(&row.changes, rows->changes + i);
        }
    }
    rows->counts->activations += row.counts.activations;
    rows->counts->clamped += row.counts.clamped;
    rows->counts->nan_cells += row.counts.nan_cells;
    if (kind.measured && !rows->has_changes_per_row) {
        store_changes(&row.changes, rows->changes);
    }
}

#define STEP_ROWS step_rows

#include "kernels/step_body.h"

#endif
