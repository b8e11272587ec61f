/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "shapes.h"
#include "suite.h"

#include "mfn/dimension.h"
#include "mfn/random.h"

static mfn_lacunarity measured(const uint8_t *mask, uint32_t side)
{
    mfn_lacunarity found;
    mfn_error err = {0};
    ck_assert_msg(mfn_lacunarity_of_mask(mask, side, side, NULL, &found, &err) == MFN_OK, "%s",
                  err.text);
    return found;
}

START_TEST(even_masks_have_one_at_every_size)
{
    uint8_t *mask = shape_new(64);
    shape_square(mask, 64);
    mfn_lacunarity found = measured(mask, 64);
    ck_assert_uint_eq(found.scales, 4);
    for (uint32_t k = 0; k < found.scales; k++) {
        ck_assert_double_eq(found.value[k], 1.0);
    }
    for (uint32_t i = 0; i < 64 * 64; i++) { /* each 2 x 2 box of a checkerboard holds two */
        mask[i] = (i + i / 64) % 2 != 0;
    }
    found = measured(mask, 64);
    for (uint32_t k = 0; k < found.scales; k++) {
        ck_assert_double_eq(found.value[k], 1.0);
    }
    free(mask);
}
END_TEST

/* One cell amid the field lies in s^2 of the (N - s + 1)^2 boxes. */
START_TEST(a_single_cell_has_the_boxes_over_those_that_hold_it)
{
    uint8_t *mask = shape_new(64);
    mask[30 * 64 + 30] = 1;
    mfn_lacunarity found = measured(mask, 64);
    for (uint32_t k = 0; k < found.scales; k++) {
        double positions = 64.0 - found.sizes[k] + 1.0;
        double expected = positions * positions / ((double)found.sizes[k] * found.sizes[k]);
        ck_assert_double_eq_tol(found.value[k], expected, 1e-12 * expected);
    }
    free(mask);
}
END_TEST

/* Independent cells of density p: the count in a box is binomial, so 1 + (1 - p) / (p s^2). */
START_TEST(independent_cells_have_the_lacunarity_of_the_binomial)
{
    enum { SIDE = 1024 };
    static const double densities[] = {0.05, 0.5};
    uint8_t *mask = shape_new(SIDE);
    mfn_random *random = NULL;
    ck_assert_int_eq(mfn_random_new("12", &random, NULL), MFN_OK);
    for (size_t d = 0; d < 2; d++) {
        double p = densities[d];
        for (uint32_t i = 0; i < SIDE * SIDE; i++) {
            mask[i] = mfn_random_uniform(random) < p;
        }
        mfn_lacunarity found = measured(mask, SIDE);
        for (uint32_t k = 0; found.sizes[k] <= 32; k++) {
            double excess = (1.0 - p) / (p * found.sizes[k] * found.sizes[k]);
            double error = (found.value[k] - 1.0) / excess - 1.0;
            ck_assert_msg(fabs(error) < 0.08, "density %g, size %u: %g off", p, found.sizes[k],
                          error);
        }
    }
    mfn_random_free(random);
    free(mask);
}
END_TEST

START_TEST(nothing_has_no_lacunarity_and_failures_leave_the_outcome_alone)
{
    uint8_t *mask = shape_new(64);
    mfn_lacunarity found = measured(mask, 64);
    ck_assert_uint_eq(found.scales, 0);
    mfn_dimension_config config = {0};
    mfn_error err = {0};
    found.scales = 77;
    ck_assert_int_eq(mfn_lacunarity_of_mask(mask, 64, 64, &config, &found, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "size");
    mfn__mem_fail_after(0);
    ck_assert_int_eq(mfn_lacunarity_of_mask(mask, 64, 64, NULL, &found, NULL), MFN_NO_MEMORY);
    mfn__mem_fail_after(-1);
    ck_assert_uint_eq(found.scales, 77);
    free(mask);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        even_masks_have_one_at_every_size,
        a_single_cell_has_the_boxes_over_those_that_hold_it,
        independent_cells_have_the_lacunarity_of_the_binomial,
        nothing_has_no_lacunarity_and_failures_leave_the_outcome_alone,
        NULL,
    };
    return mfn_test_run("lacunarity", tests);
}
