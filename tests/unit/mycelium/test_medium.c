/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "engine/mycelium/medium.h"
#include "suite.h"

#define GRID 264 /* cells: 33 blocks, with one in the middle */

static void put_into_middle(mfn__medium *medium, double amount)
{
    for (size_t i = 0; i < (size_t)medium->side * medium->side; i++) {
        medium->nutrient[i] = 0.0;
    }
    medium->nutrient[medium->side / 2 * medium->side + medium->side / 2] = amount;
}

/* In cells^2, along columns. */
static double variance_of(const mfn__medium *medium)
{
    double sum = 0.0;
    double squares = 0.0;
    uint32_t last = medium->side - 1;
    double middle = last / 2.0;
    for (uint32_t i = 0; i < medium->side; i++) {
        for (uint32_t j = 0; j < medium->side; j++) {
            double amount = medium->nutrient[i * medium->side + j];
            sum += amount;
            squares += amount * (j - middle) * (j - middle);
        }
    }
    return squares / sum * MFN__BLOCK_CELLS * MFN__BLOCK_CELLS;
}

START_TEST(a_drop_spreads_with_the_diffusion_that_was_asked_for)
{
    static const double diffusions[] = {0.5, 12.0, 13.0, 50.0};
    for (size_t k = 0; k < sizeof diffusions / sizeof *diffusions; k++) {
        mfn__medium medium;
        ck_assert(mfn__medium_init(&medium, GRID, 0.0, diffusions[k]));
        put_into_middle(&medium, 1.0);
        double total = mfn__medium_total(&medium);
        for (int step = 0; step < 4; step++) {
            mfn__medium_diffuse(&medium);
        }
        double expected = 2.0 * diffusions[k] * 4;
        double got = variance_of(&medium);
        ck_assert_msg(fabs(got - expected) < 1e-6 * expected, "%g: expected %g, got %g",
                      diffusions[k], expected, got);
        ck_assert(fabs(mfn__medium_total(&medium) - total) < 1e-12 * total);
        mfn__medium_deinit(&medium);
    }
}
END_TEST

START_TEST(nothing_flows_through_the_edges_and_nothing_becomes_negative)
{
    mfn__medium medium;
    ck_assert(mfn__medium_init(&medium, 16, 0.0, 1000.0));
    medium.nutrient[0] = 3.0;
    for (int step = 0; step < 50; step++) {
        mfn__medium_diffuse(&medium);
        for (size_t i = 0; i < 4; i++) {
            ck_assert(medium.nutrient[i] >= 0.0);
        }
    }
    for (size_t i = 0; i < 4; i++) {
        ck_assert_msg(fabs(medium.nutrient[i] - 0.75) < 1e-9, "%g", medium.nutrient[i]);
    }
    mfn__medium_deinit(&medium);
}
END_TEST

START_TEST(without_diffusion_everything_stays_where_it_is)
{
    mfn__medium medium;
    ck_assert(mfn__medium_init(&medium, 100, 0.25, 0.0));
    ck_assert_uint_eq(medium.side, 13); /* 104 cells cover 100 */
    medium.nutrient[7] = 9.0;
    mfn__medium_diffuse(&medium);
    ck_assert(medium.nutrient[7] == 9.0 && medium.nutrient[8] == 0.25);
    ck_assert(mfn__medium_total(&medium) == (168 * 0.25 + 9.0) * 64);
    mfn__medium_deinit(&medium);
}
END_TEST

START_TEST(the_gradient_of_a_slope_is_its_slope_and_smoothing_keeps_it)
{
    mfn__medium medium;
    ck_assert(mfn__medium_init(&medium, GRID, 0.0, 0.0));
    for (uint32_t i = 0; i < medium.side; i++) {
        for (uint32_t j = 0; j < medium.side; j++) {
            medium.hyphae[i * medium.side + j] = 0.03 * i - 0.01 * j;
        }
    }
    mfn__medium_sense(&medium);
    double x = 0.0;
    double y = 0.0;
    mfn__medium_crowding_gradient(&medium, 101.3, 77.8, &x, &y);
    ck_assert_msg(fabs(x + 0.01 / 8) < 1e-12 && fabs(y - 0.03 / 8) < 1e-12, "%g %g", x, y);
    mfn__medium_deinit(&medium);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_drop_spreads_with_the_diffusion_that_was_asked_for,
                                  nothing_flows_through_the_edges_and_nothing_becomes_negative,
                                  without_diffusion_everything_stays_where_it_is,
                                  the_gradient_of_a_slope_is_its_slope_and_smoothing_keeps_it,
                                  NULL};
    return mfn_test_run("mycelium_medium", tests);
}
