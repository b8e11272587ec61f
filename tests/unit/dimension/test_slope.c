/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "suite.h"

#include "mfn/dimension.h"
#include "mfn/random.h"

START_TEST(a_straight_line_has_its_slope_and_no_doubt)
{
    const double x[] = {1.0, 2.0, 4.0, 8.0};
    const double y[] = {-1.0, -3.0, -7.0, -15.0};
    mfn_slope slope;
    mfn_slope_fit(x, y, 4, &slope);
    ck_assert_double_eq_tol(slope.value, -2.0, 1e-15);
    ck_assert_double_eq_tol(slope.intercept, 1.0, 1e-14);
    ck_assert_double_eq_tol(slope.std_error, 0.0, 1e-15);
    ck_assert_double_eq_tol(slope.r_squared, 1.0, 1e-15);
    ck_assert_uint_eq(slope.points, 4);
}
END_TEST

/* scipy.stats.linregress of these points, and scipy.stats.t.ppf(0.975, 3) = 3.182446. */
START_TEST(the_interval_is_that_of_student)
{
    const double x[] = {1.0, 2.0, 3.0, 4.0, 5.0};
    const double y[] = {1.1, 1.9, 3.2, 3.9, 5.1};
    mfn_slope slope;
    mfn_slope_fit(x, y, 5, &slope);
    ck_assert_double_eq_tol(slope.value, 1.0, 1e-12);
    ck_assert_double_eq_tol(slope.intercept, 0.04, 1e-12);
    ck_assert_double_eq_tol(slope.std_error, 0.04898979485566356, 1e-12);
    ck_assert_double_eq_tol(slope.low, 1.0 - 3.182446305284263 * slope.std_error, 1e-12);
    ck_assert_double_eq_tol(slope.high, 1.0 + 3.182446305284263 * slope.std_error, 1e-12);
    ck_assert_double_eq_tol(slope.r_squared, 1.0 - 0.072 / 10.072, 1e-12);
}
END_TEST

/* 19 of 20 intervals hold the true slope: with 4000 trials the share deviates by 0.0034. */
START_TEST(nineteen_of_twenty_intervals_hold_the_true_slope)
{
    static const uint32_t counts[] = {3, 5, 12, 40};
    mfn_random *random = NULL;
    ck_assert_int_eq(mfn_random_new("17", &random, NULL), MFN_OK);
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        int held = 0;
        for (int trial = 0; trial < 4000; trial++) {
            double x[40], y[40];
            for (uint32_t i = 0; i < counts[c]; i++) {
                x[i] = (double)i;
                y[i] = 0.7 * x[i] + mfn_random_normal(random, 0.0, 1.0);
            }
            mfn_slope slope;
            mfn_slope_fit(x, y, counts[c], &slope);
            held += slope.low <= 0.7 && 0.7 <= slope.high;
        }
        ck_assert_msg(abs(held - 3800) < 60, "%u points: %d of 4000", counts[c], held);
    }
    mfn_random_free(random);
}
END_TEST

START_TEST(few_points_say_what_they_can)
{
    const double x[] = {0.0, 2.0};
    const double y[] = {1.0, 4.0};
    const double level[] = {0.1, 0.1};
    mfn_slope slope;
    mfn_slope_fit(x, y, 2, &slope);
    ck_assert_double_eq(slope.value, 1.5);
    ck_assert(isinf(slope.low) && slope.low < 0.0 && isinf(slope.high) && slope.high > 0.0);
    mfn_slope_fit(x, y, 1, &slope);
    ck_assert_double_eq(slope.value, 0.0);
    ck_assert_uint_eq(slope.points, 1);
    mfn_slope_fit(x, level, 2, &slope);
    ck_assert(slope.value == 0.0 && slope.r_squared == 0.0);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_straight_line_has_its_slope_and_no_doubt,
        the_interval_is_that_of_student,
        nineteen_of_twenty_intervals_hold_the_true_slope,
        few_points_say_what_they_can,
        NULL,
    };
    return mfn_test_run("slope", tests);
}
