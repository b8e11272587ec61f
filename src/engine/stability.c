/* SPDX-License-Identifier: MIT */
/* The reference's Lyapunov exponent: the mean of ln |h[t] - h[t-1]|, divided by dt. Changes are
 * formed in pieces that stay in cache, never as a frame of their own. */
#include <math.h>

#include "base/error.h"
#include "base/number.h"
#include "engine/exact_math.h"
#include "engine/statistics.h"

#include "mfn/fractal.h"

#define PIECE    256
#define NORM_MIN 1e-10 /* a frame that moved less stands still */

typedef struct change_sums {
    double squares, sum, max; /* of |now - before| */
} change_sums;

static void compare_piece(const double *before, const double *now, size_t count, change_sums *sums)
{
    double change[PIECE] = {0};
    for (size_t i = 0; i < count; i++) {
        change[i] = fabs(now[i] - before[i]);
        sums->max = change[i] > sums->max ? change[i] : sums->max;
    }
    sums->sum += mfn__sum(change, count);
    for (size_t i = 0; i < count; i++) {
        change[i] *= change[i];
    }
    sums->squares += mfn__sum(change, count);
}

static change_sums compare_frames(const double *before, const double *now, uint64_t cells)
{
    change_sums sums = {0};
    for (uint64_t first = 0; first < cells; first += PIECE) {
        uint64_t left = cells - first;
        compare_piece(before + first, now + first, left < PIECE ? left : PIECE, &sums);
    }
    return sums;
}

static mfn_status check_history(const double *history, uint64_t frames, uint64_t cells, double dt,
                                mfn_error *err)
{
    uint64_t values = 0;
    if (frames < 1 || cells < 1 || __builtin_mul_overflow(frames, cells, &values) ||
        values > SIZE_MAX / sizeof *history) {
        return mfn__fail(err, MFN_INVALID, "history",
                         "history: expected at least one frame of at least one cell, got %llu of "
                         "%llu",
                         (unsigned long long)frames, (unsigned long long)cells);
    }
    if (!isfinite(dt) || dt <= 0.0) {
        return mfn__fail(err, MFN_INVALID, "dt", "dt: expected a number above 0, got %g", dt);
    }
    for (uint64_t i = 0; i < values; i++) {
        if (!isfinite(history[i])) {
            char value[MFN__REAL_TEXT_MAX];
            mfn__real_to_text(history[i], value);
            return mfn__fail(err, MFN_INVALID, "history",
                             "history: expected finite values, got %s in frame %llu, cell %llu "
                             "(counted from 0)",
                             value, (unsigned long long)(i / cells),
                             (unsigned long long)(i % cells));
        }
    }
    return MFN_OK;
}

static mfn_status report_too_large(mfn_error *err)
{
    return mfn__fail(err, MFN_UNSTABLE, "history",
                     "history: the values are too large: their changes are beyond the range of a "
                     "double");
}

mfn_status mfn_stability_of_history(const double *history, uint64_t frames, uint64_t cells,
                                    double dt, mfn_stability *ret, mfn_error *err)
{
    mfn_status status = check_history(history, frames, cells, dt, err);
    if (status != MFN_OK) {
        return status;
    }
    double log_sum = 0.0;
    double change_sum = 0.0;
    double change_max = 0.0;
    uint64_t moved = 0;
    for (uint64_t t = 1; t < frames; t++) {
        const double *now = history + t * cells;
        change_sums change = compare_frames(now - cells, now, cells);
        double norm = sqrt(change.squares);
        if (!isfinite(norm)) {
            return report_too_large(err);
        }
        if (norm > NORM_MIN) {
            log_sum += mfn__log(norm);
            moved++;
        }
        change_sum += change.sum;
        change_max = change.max > change_max ? change.max : change_max;
    }
    const double *last = history + (frames - 1) * cells;
    mfn_stability found = {.final_std = mfn__std(last, cells, mfn__mean(last, cells))};
    if (moved > 0) {
        found.lyapunov_exponent = log_sum / ((double)moved * dt);
    }
    if (frames > 1) {
        found.mean_change_rate = change_sum / ((double)(frames - 1) * (double)cells) / dt;
        found.max_change_rate = change_max / dt;
    }
    found.is_stable = found.lyapunov_exponent < 0.0;
    if (!isfinite(found.mean_change_rate) || !isfinite(found.max_change_rate) ||
        !isfinite(found.lyapunov_exponent) || !isfinite(found.final_std)) {
        return report_too_large(err);
    }
    *ret = found;
    return MFN_OK;
}
