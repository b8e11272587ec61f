/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "engine/growth/walk.h"
#include "suite.h"

static mfn_random *generator(void)
{
    mfn_random *random = NULL;
    ck_assert_int_eq(mfn_random_new("33", &random, NULL), MFN_OK);
    return random;
}

/* Re z^n is harmonic, so its mean where walks from 1 / a first meet the unit circle is a^n. */
START_TEST(walks_come_back_by_the_poisson_kernel)
{
    static const double distances[] = {1.01, 1.5, 4.0, 100.0};
    enum { WALKS = 40000 };
    mfn_random *random = generator();
    const double turn = 0.7;
    const double radius = 12.0;
    for (size_t d = 0; d < sizeof distances / sizeof *distances; d++) {
        double a = 1.0 / distances[d];
        mfn__point from = {radius * distances[d] * cos(turn), radius * distances[d] * sin(turn)};
        double mean[3] = {0.0};
        for (int i = 0; i < WALKS; i++) {
            mfn__point met = mfn__walk_return(from, radius, random);
            ck_assert_double_eq_tol(hypot(met.x, met.y), radius, 1e-9);
            for (int n = 0; n < 3; n++) {
                mean[n] += cos((n + 1) * (atan2(met.y, met.x) - turn)) / WALKS;
            }
        }
        for (int n = 0; n < 3; n++) {
            ck_assert_msg(fabs(mean[n] - pow(a, n + 1)) < 0.012, "distance %g: mode %d is %g",
                          distances[d], n + 1, mean[n]);
        }
    }
    mfn_random_free(random);
}
END_TEST

/* Around two touching discs the third comes to rest on each equally often. */
START_TEST(discs_touch_and_do_not_overlap)
{
    mfn_random *random = generator();
    mfn__pyramid pyramid;
    ck_assert_int_eq(mfn__pyramid_init(&pyramid, 32, 2, NULL), MFN_OK);
    mfn__pyramid_add(&pyramid, (mfn__point){16.0, 16.0});
    mfn__pyramid_add(&pyramid, (mfn__point){17.0, 16.0});
    const mfn__cluster cluster = {&pyramid, {16.0, 16.0}, 1.0};
    int first = 0;
    for (int i = 0; i < 20000; i++) {
        mfn__point at = mfn__walk_disc(&cluster, random);
        double a = hypot(at.x - 16.0, at.y - 16.0);
        double b = hypot(at.x - 17.0, at.y - 16.0);
        ck_assert_double_eq_tol(fmin(a, b), 1.0, 1e-12);
        first += a < b;
    }
    ck_assert_msg(first > 9700 && first < 10300, "%d of 20000", first);
    mfn__pyramid_deinit(&pyramid);
    mfn_random_free(random);
}
END_TEST

START_TEST(cells_come_to_rest_beside_the_cluster_on_all_sides_alike)
{
    mfn_random *random = generator();
    mfn__pyramid pyramid;
    ck_assert_int_eq(mfn__pyramid_init(&pyramid, 32, 1, NULL), MFN_OK);
    mfn__pyramid_add(&pyramid, (mfn__point){16.5, 16.5});
    const mfn__cluster cluster = {&pyramid, {16.5, 16.5}, 0.0};
    int sides[4] = {0};
    for (int i = 0; i < 20000; i++) {
        mfn__point at = mfn__walk_cell(&cluster, random);
        int dx = (int)(at.x - 16.5);
        int dy = (int)(at.y - 16.5);
        ck_assert_int_eq(dx * dx + dy * dy, 1);
        sides[(dx != 0 ? 0 : 2) + (dx + dy > 0)]++;
    }
    for (int k = 0; k < 4; k++) {
        ck_assert_msg(sides[k] > 4750 && sides[k] < 5250, "side %d: %d", k, sides[k]);
    }
    mfn__pyramid_deinit(&pyramid);
    mfn_random_free(random);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        walks_come_back_by_the_poisson_kernel,
        discs_touch_and_do_not_overlap,
        cells_come_to_rest_beside_the_cluster_on_all_sides_alike,
        NULL,
    };
    return mfn_test_run("walk", tests);
}
