/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/mem.h"
#include "engine/growth/pyramid.h"
#include "suite.h"

#include "mfn/random.h"

static double least_distance(const mfn__pyramid *pyramid, mfn__point from)
{
    double least = INFINITY;
    for (uint32_t i = 0; i < pyramid->count; i++) {
        double away = hypot(pyramid->points[i].x - from.x, pyramid->points[i].y - from.y);
        least = away < least ? away : least;
    }
    return least;
}

START_TEST(no_point_is_closer_and_a_named_one_is_the_nearest)
{
    static const uint32_t sides[] = {16, 50, 129};
    mfn_random *random = NULL;
    ck_assert_int_eq(mfn_random_new("21", &random, NULL), MFN_OK);
    for (size_t s = 0; s < sizeof sides / sizeof *sides; s++) {
        double side = sides[s];
        mfn__pyramid pyramid;
        uint32_t named = 0, far = 0;
        ck_assert_int_eq(mfn__pyramid_init(&pyramid, sides[s], 30, NULL), MFN_OK);
        for (int i = 0; i < 30; i++) {
            mfn__pyramid_add(&pyramid, (mfn__point){mfn_random_uniform_between(random, 0.0, side),
                                                    mfn_random_uniform_between(random, 0.0, side)});
            for (int trial = 0; trial < 300; trial++) {
                mfn__point from = {mfn_random_uniform_between(random, 0.0, side),
                                   mfn_random_uniform_between(random, 0.0, side)};
                mfn__nearest nearest = mfn__pyramid_nearest(&pyramid, from);
                double least = least_distance(&pyramid, from);
                ck_assert_double_le(nearest.distance, least + 1e-12);
                if (nearest.point != MFN__NO_POINT) {
                    named++;
                    ck_assert_double_eq_tol(nearest.distance, least, 1e-12);
                } else {
                    ck_assert_double_ge(nearest.distance, 2.0);
                    ck_assert_double_ge(nearest.distance, fmin(2.0, least / 8.0));
                    far += nearest.distance > 8.0;
                }
            }
        }
        ck_assert_uint_gt(named, 100);
        ck_assert(far > 0 || sides[s] < 50);
        mfn__pyramid_deinit(&pyramid);
    }
    mfn_random_free(random);
}
END_TEST

START_TEST(several_points_share_a_cell)
{
    mfn__pyramid pyramid;
    ck_assert_int_eq(mfn__pyramid_init(&pyramid, 16, 3, NULL), MFN_OK);
    mfn__pyramid_add(&pyramid, (mfn__point){5.1, 7.1});
    mfn__pyramid_add(&pyramid, (mfn__point){5.9, 7.9});
    mfn__pyramid_add(&pyramid, (mfn__point){5.1, 7.9});
    ck_assert_uint_eq(mfn__pyramid_nearest(&pyramid, (mfn__point){5.0, 7.0}).point, 0);
    ck_assert_uint_eq(mfn__pyramid_nearest(&pyramid, (mfn__point){6.0, 8.0}).point, 1);
    ck_assert_uint_eq(mfn__pyramid_nearest(&pyramid, (mfn__point){5.0, 8.0}).point, 2);
    mfn__pyramid_deinit(&pyramid);
}
END_TEST

START_TEST(a_pyramid_survives_failure_of_every_allocation)
{
    mfn__pyramid pyramid;
    int64_t successes = 0;
    for (;; successes++) {
        mfn__mem_fail_after(successes);
        mfn_status status = mfn__pyramid_init(&pyramid, 64, 10, NULL);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
    }
    ck_assert_int_eq(successes, 9);
    mfn__pyramid_deinit(&pyramid);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        no_point_is_closer_and_a_named_one_is_the_nearest,
        several_points_share_a_cell,
        a_pyramid_survives_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("pyramid", tests);
}
