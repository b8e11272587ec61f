/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

#include "mfn/fractal.h"

static mfn_stability measured(const double *history, uint64_t frames, uint64_t cells, double dt)
{
    mfn_stability stability;
    mfn_error err = {0};
    ck_assert_msg(mfn_stability_of_history(history, frames, cells, dt, &stability, &err) == MFN_OK,
                  "%s", err.text);
    return stability;
}

/* A step of length 5 (3 and 4 along two cells), then one of length 0.5. */
START_TEST(the_exponent_is_the_mean_logarithm_of_the_steps)
{
    const double history[] = {0.0, 0.0, 3.0, -4.0, 3.3, -3.6};
    mfn_stability stability = measured(history, 3, 2, 0.5);
    ck_assert_double_eq_tol(stability.lyapunov_exponent, (log(5.0) + log(0.5)) / (2.0 * 0.5),
                            1e-14);
    ck_assert(!stability.is_stable);
    ck_assert_double_eq_tol(stability.mean_change_rate, (3.0 + 4.0 + 0.3 + 0.4) / 4.0 / 0.5, 1e-14);
    ck_assert_double_eq_tol(stability.max_change_rate, 8.0, 1e-14);
    ck_assert_double_eq_tol(stability.final_std, 3.45, 1e-14);
}
END_TEST

START_TEST(steps_shorter_than_one_are_stable)
{
    const double history[] = {0.0, 0.5, 0.25, 0.125};
    mfn_stability stability = measured(history, 4, 1, 1.0);
    ck_assert_double_eq_tol(stability.lyapunov_exponent, -2.0 * log(2.0), 1e-14);
    ck_assert(stability.is_stable);
    ck_assert(stability.final_std == 0.0);
}
END_TEST

START_TEST(frames_that_stand_still_do_not_count)
{
    const double history[] = {1.0, 1.0, 1.5, 1.5, 1.5 + 1e-11};
    mfn_stability stability = measured(history, 5, 1, 1.0);
    ck_assert_double_eq_tol(stability.lyapunov_exponent, log(0.5), 1e-14);
    stability = measured(history, 2, 1, 1.0);
    ck_assert(stability.lyapunov_exponent == 0.0);
    ck_assert(!stability.is_stable);
    stability = measured(history, 1, 1, 1.0);
    ck_assert(stability.lyapunov_exponent == 0.0);
    ck_assert(stability.mean_change_rate == 0.0);
}
END_TEST

START_TEST(large_frames_are_summed_in_pieces)
{
    const uint64_t cells = 5000;
    double *history = calloc(2 * cells, sizeof *history);
    ck_assert_ptr_nonnull(history);
    for (uint64_t i = 0; i < cells; i++) {
        history[cells + i] = i == 4321 ? -3.0 : 0.01;
    }
    mfn_stability stability = measured(history, 2, cells, 1.0);
    double squares = 9.0 + 4999.0 * 0.0001;
    ck_assert_double_eq_tol(stability.lyapunov_exponent, 0.5 * log(squares), 1e-13);
    ck_assert_double_eq_tol(stability.mean_change_rate, (3.0 + 49.99) / 5000.0, 1e-15);
    ck_assert(stability.max_change_rate == 3.0);
    free(history);
}
END_TEST

START_TEST(bad_values_are_refused_by_name)
{
    static const struct {
        const char *why, *field, *text;
        uint64_t frames, cells;
        double dt, last;
        mfn_status status;
    } cases[] = {
        {"no frames", "history", "0 of 2", 0, 2, 1.0, 0.0, MFN_INVALID},
        {"no cells", "history", "2 of 0", 2, 0, 1.0, 0.0, MFN_INVALID},
        {"more than any memory", "history", "", UINT64_MAX / 2, 3, 1.0, 0.0, MFN_INVALID},
        {"no time", "dt", "0", 2, 2, 0.0, 0.0, MFN_INVALID},
        {"time runs back", "dt", "-1", 2, 2, -1.0, 0.0, MFN_INVALID},
        {"time is not a number", "dt", "nan", 2, 2, NAN, 0.0, MFN_INVALID},
        {"a NaN", "history", "nan in frame 1, cell 1", 2, 2, 1.0, NAN, MFN_INVALID},
        {"an infinity", "history", "-inf in frame 1", 2, 2, 1.0, -INFINITY, MFN_INVALID},
        {"a step too large to square", "history", "too large", 2, 2, 1.0, 1e200, MFN_UNSTABLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const double history[] = {0.0, 0.0, 1.0, cases[i].last};
        mfn_stability stability = {.final_std = 77.0};
        mfn_error err = {0};
        mfn_status status = mfn_stability_of_history(history, cases[i].frames, cases[i].cells,
                                                     cases[i].dt, &stability, &err);
        ck_assert_msg(status == cases[i].status, "%s: %s", cases[i].why, mfn_status_name(status));
        ck_assert_str_eq(err.field, cases[i].field);
        ck_assert_msg(strstr(err.text, cases[i].text) != NULL, "%s: %s", cases[i].why, err.text);
        ck_assert(stability.final_std == 77.0);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        the_exponent_is_the_mean_logarithm_of_the_steps,
        steps_shorter_than_one_are_stable,
        frames_that_stand_still_do_not_count,
        large_frames_are_summed_in_pieces,
        bad_values_are_refused_by_name,
        NULL,
    };
    return mfn_test_run("stability", tests);
}
