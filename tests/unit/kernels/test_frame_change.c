/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "engine/frame_changes.h"
#include "kernels/kernels.h"
#include "suite.h"

#define COLUMNS_MAX 1000

typedef struct exact_change {
    long double sum_v, spread_v2, energy_v2;
} exact_change;

/* Two passes in extended precision. */
static exact_change exactly(const double *before_v, const double *now_v, size_t columns)
{
    exact_change change = {0};
    for (size_t j = 0; j < columns; j++) {
        change.sum_v += fabs(now_v[j] - before_v[j]);
        change.energy_v2 += (long double)now_v[j] * now_v[j];
    }
    long double mean = change.sum_v / (long double)columns;
    for (size_t j = 0; j < columns; j++) {
        long double off = fabs(now_v[j] - before_v[j]) - mean;
        change.spread_v2 += off * off;
    }
    return change;
}

static mfn__change change_of(const double *before_v, const double *now_v, size_t columns)
{
    mfn__change_sums sums = {0};
    mfn__kernels()->frame_change(before_v, now_v, columns, &sums);
    return mfn__change_of_block(&sums, columns);
}

static void assert_close(const char *what, size_t columns, double actual, long double expected,
                         double tolerance)
{
    ck_assert_msg(fabsl(actual - expected) <= tolerance * expected,
                  "%s of %zu columns: %.17g, expected %.17Lg", what, columns, actual, expected);
}

START_TEST(sums_are_exact_to_rounding_whatever_the_field_does)
{
    static const struct {
        const char *what;
        double common_mv, wave_mv, first_mv; /* of all cells, of each, of column 0 */
    } cases[] = {
        {"cells move on their own", 0.0, 1.0, 0.0},
        {"all cells move alike but for a millionth", 5.0, 1e-6, 0.0},
        {"only the first column moves", 0.0, 1e-9, 20.0},
        {"the first column moves against the rest", 3.0, 1e-3, -15.0},
    };
    static const size_t sizes[] = {1, 2, 7, 8, 9, 64, 255, COLUMNS_MAX};
    double before_v[COLUMNS_MAX];
    double now_v[COLUMNS_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t j = 0; j < COLUMNS_MAX; j++) {
            before_v[j] = -0.07 + 0.002 * sin(3.0 * (double)j);
            double change_mv = cases[i].common_mv + cases[i].wave_mv * cos(1.7 * (double)j);
            now_v[j] = before_v[j] + (change_mv + (j == 0 ? cases[i].first_mv : 0.0)) / 1000.0;
        }
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            mfn__change actual = change_of(before_v, now_v, sizes[s]);
            exact_change expected = exactly(before_v, now_v, sizes[s]);
            assert_close(cases[i].what, sizes[s], actual.sum_v, expected.sum_v, 1e-12);
            assert_close(cases[i].what, sizes[s], actual.energy_v2, expected.energy_v2, 1e-13);
            assert_close(cases[i].what, sizes[s], actual.spread_v2, expected.spread_v2, 1e-11);
        }
    }
}
END_TEST

START_TEST(a_common_change_has_no_spread)
{
    double before_v[COLUMNS_MAX];
    double now_v[COLUMNS_MAX];
    for (size_t j = 0; j < COLUMNS_MAX; j++) {
        before_v[j] = -0.07;
        now_v[j] = -0.0633;
    }
    for (size_t columns = 1; columns <= COLUMNS_MAX; columns++) {
        mfn__change change = change_of(before_v, now_v, columns);
        ck_assert(change.spread_v2 == 0.0);
        ck_assert(change.max_v == now_v[0] - before_v[0]);
    }
}
END_TEST

START_TEST(nan_and_infinity_show_in_the_energy)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        for (size_t column = 0; column < 19; column++) {
            double now_v[19] = {0.0};
            now_v[column] = bad[i];
            mfn__change change = change_of(now_v, now_v, 19);
            ck_assert(!isfinite(change.energy_v2));
        }
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        sums_are_exact_to_rounding_whatever_the_field_does,
        a_common_change_has_no_spread,
        nan_and_infinity_show_in_the_energy,
        NULL,
    };
    return mfn_test_run("frame_change", tests);
}
