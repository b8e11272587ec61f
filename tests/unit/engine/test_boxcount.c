/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "suite.h"

#include "mfn/fractal.h"

static uint8_t *new_mask(uint32_t side)
{
    uint8_t *mask = calloc((size_t)side * side, 1);
    ck_assert_ptr_nonnull(mask);
    return mask;
}

static uint8_t *random_mask(uint32_t side, double density, const char *seed)
{
    uint8_t *mask = new_mask(side);
    mfn_random *random = NULL;
    ck_assert_int_eq(mfn_random_new(seed, &random, NULL), MFN_OK);
    for (size_t i = 0; i < (size_t)side * side; i++) {
        mask[i] = mfn_random_uniform(random) < density;
    }
    mfn_random_free(random);
    return mask;
}

static mfn_box_config sizes_from_to(uint64_t min, uint64_t max, uint64_t scales)
{
    mfn_box_config config;
    mfn_box_config_init(&config);
    config.min_box_size = min;
    config.max_box_size = max;
    config.num_scales = scales;
    return config;
}

static mfn_box_counting counted(const uint8_t *mask, uint32_t side, const mfn_box_config *config)
{
    mfn_box_counting counting;
    mfn_error err = {0};
    ck_assert_msg(mfn_box_count(mask, side, config, &counting, &err) == MFN_OK, "%s", err.text);
    return counting;
}

START_TEST(box_sizes_are_cut_to_whole_numbers_like_the_reference)
{
    static const struct {
        const char *why;
        uint64_t min, max, scales;
        uint32_t count, sizes[8];
    } cases[] = {
        {"8 comes out as 7.999...", 2, 32, 5, 5, {2, 4, 7, 16, 32}},
        {"three sizes", 2, 8, 3, 3, {2, 3, 8}},
        {"repeats are dropped", 2, 8, 5, 4, {2, 3, 5, 8}},
        {"four sizes", 2, 16, 4, 4, {2, 4, 7, 16}},
        {"15 and 31 instead of 16 and 32", 2, 64, 6, 6, {2, 3, 7, 15, 31, 64}},
        {"from 1", 1, 16, 5, 5, {1, 2, 4, 7, 16}},
        {"24 instead of 25", 1, 125, 4, 4, {1, 4, 24, 125}},
        {"powers of 3", 3, 81, 4, 4, {3, 9, 27, 81}},
        {"the ends are exact", 8, 27, 2, 2, {8, 27}},
        {"equal ends give one size, not 7 and 8", 8, 8, 5, 1, {8}},
        {"a maximum below the minimum is raised", 8, 4, 5, 1, {8}},
        {"one scale is the minimum", 5, 50, 1, 1, {5}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t sizes[MFN_BOX_SCALES_MAX];
        uint32_t count = 0;
        ck_assert_int_eq(
            mfn_box_sizes(cases[i].min, cases[i].max, cases[i].scales, sizes, &count, NULL),
            MFN_OK);
        ck_assert_msg(count == cases[i].count, "%s: %u sizes", cases[i].why, count);
        for (uint32_t k = 0; k < count; k++) {
            ck_assert_msg(sizes[k] == cases[i].sizes[k], "%s: size %u is %u", cases[i].why, k,
                          sizes[k]);
        }
    }
}
END_TEST

START_TEST(sizes_stay_within_the_ends_and_ascend_up_to_the_limits)
{
    uint32_t sizes[MFN_BOX_SCALES_MAX];
    uint32_t count = 0;
    ck_assert_int_eq(mfn_box_sizes(1, 65535, MFN_BOX_SCALES_MAX, sizes, &count, NULL), MFN_OK);
    ck_assert_uint_eq(sizes[0], 1);
    ck_assert_uint_eq(sizes[count - 1], 65535);
    for (uint32_t k = 1; k < count; k++) {
        ck_assert_uint_gt(sizes[k], sizes[k - 1]);
    }
}
END_TEST

START_TEST(the_sierpinski_carpet_has_dimension_log_8_over_log_3)
{
    const uint32_t side = 243;
    uint8_t *mask = new_mask(side);
    for (uint32_t i = 0; i < side; i++) {
        for (uint32_t j = 0; j < side; j++) {
            bool hole = false;
            for (uint32_t scale = 1; scale < side; scale *= 3) {
                hole = hole || (i / scale % 3 == 1 && j / scale % 3 == 1);
            }
            mask[i * side + j] = !hole;
        }
    }
    mfn_box_config config = sizes_from_to(3, 81, 4);
    mfn_box_counting counting = counted(mask, side, &config);
    static const uint64_t expected[] = {4096, 512, 64, 8};
    ck_assert_uint_eq(counting.scales, 4);
    for (uint32_t k = 0; k < 4; k++) {
        ck_assert_uint_eq(counting.counts[k], expected[k]);
    }
    ck_assert_double_eq_tol(counting.dimension, log(8.0) / log(3.0), 1e-12);
    ck_assert_double_eq_tol(counting.r_squared, 1.0, 1e-12);
    ck_assert_double_eq_tol(counting.intercept, 5.0 * log(8.0), 1e-11);
    free(mask);
}
END_TEST

START_TEST(simple_shapes_have_their_dimension)
{
    static const struct {
        const char *shape;
        uint32_t first_row, end_row, first_column, end_column;
        double dimension, r_squared;
    } cases[] = {
        {"filled square", 0, 64, 0, 64, 2.0, 1.0},  {"horizontal line", 17, 18, 0, 64, 1.0, 1.0},
        {"vertical line", 0, 64, 33, 34, 1.0, 1.0}, {"one cell", 5, 6, 60, 61, 0.0, 0.0},
        {"nothing", 0, 0, 0, 0, 0.0, 0.0},
    };
    mfn_box_config config = sizes_from_to(2, 32, 2);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t *mask = new_mask(64);
        for (uint32_t row = cases[i].first_row; row < cases[i].end_row; row++) {
            memset(mask + row * 64 + cases[i].first_column, 200,
                   cases[i].end_column - cases[i].first_column);
        }
        mfn_box_counting counting = counted(mask, 64, &config);
        ck_assert_msg(fabs(counting.dimension - cases[i].dimension) <= 1e-14, "%s: dimension %.17g",
                      cases[i].shape, counting.dimension);
        ck_assert_msg(fabs(counting.r_squared - cases[i].r_squared) <= 1e-14, "%s: R^2 %.17g",
                      cases[i].shape, counting.r_squared);
        free(mask);
    }
}
END_TEST

START_TEST(equal_counts_give_exactly_zero)
{
    uint8_t *mask = new_mask(64);
    mask[0] = mask[63] = mask[63 * 64] = 1;
    mfn_box_config config = sizes_from_to(2, 32, 5);
    mfn_box_counting counting = counted(mask, 64, &config);
    ck_assert_uint_ge(counting.scales, 3);
    ck_assert(counting.counts[0] == 3 && counting.counts[counting.scales - 1] == 3);
    mask[63] = mask[63 * 64] = 0;
    counting = counted(mask, 64, &config);
    ck_assert(counting.dimension == 0.0);
    ck_assert(counting.r_squared == 0.0);
    free(mask);
}
END_TEST

static uint64_t naive_count(const uint8_t *mask, uint32_t side, uint32_t size)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i + size <= side; i += size) {
        for (uint32_t j = 0; j + size <= side; j += size) {
            bool found = false;
            for (uint32_t k = 0; k < size * size; k++) {
                found = found || mask[(i + k / size) * side + j + k % size] != 0;
            }
            count += found;
        }
    }
    return count;
}

START_TEST(counts_agree_with_a_count_cell_by_cell)
{
    static const uint32_t sides[] = {1, 3, 31, 63, 64, 65, 100, 129};
    static const double densities[] = {0.002, 0.05, 0.6};
    mfn_box_config config = sizes_from_to(1, 129, 12);
    for (size_t s = 0; s < sizeof sides / sizeof sides[0]; s++) {
        for (size_t d = 0; d < sizeof densities / sizeof densities[0]; d++) {
            uint8_t *mask = random_mask(sides[s], densities[d], "31");
            mfn_box_counting counting = counted(mask, sides[s], &config);
            for (uint32_t k = 0; k < counting.scales; k++) {
                ck_assert_uint_le(counting.sizes[k], sides[s]);
                ck_assert_uint_eq(counting.counts[k],
                                  naive_count(mask, sides[s], counting.sizes[k]));
            }
            ck_assert(counting.r_squared >= 0.0 && counting.r_squared <= 1.0);
            free(mask);
        }
    }
}
END_TEST

START_TEST(every_single_size_agrees_with_a_count_cell_by_cell)
{
    static const uint32_t sides[] = {5, 64, 70, 130};
    for (size_t s = 0; s < sizeof sides / sizeof sides[0]; s++) {
        uint8_t *mask = random_mask(sides[s], 0.05, "32");
        for (uint32_t size = 1; size <= 70 && size <= sides[s]; size++) {
            mfn_box_config config = sizes_from_to(size, size, 1);
            mfn_box_counting counting = counted(mask, sides[s], &config);
            uint64_t expected = naive_count(mask, sides[s], size);
            uint64_t actual = counting.scales == 1 ? counting.counts[0] : 0;
            ck_assert_msg(actual == expected, "side %u, size %u: expected %llu, got %llu", sides[s],
                          size, (unsigned long long)expected, (unsigned long long)actual);
        }
        free(mask);
    }
}
END_TEST

START_TEST(sizes_that_do_not_fit_are_left_out)
{
    uint8_t *mask = random_mask(16, 0.7, "5");
    mfn_box_config config = sizes_from_to(2, 64, 5);
    mfn_box_counting counting = counted(mask, 16, &config);
    static const uint32_t expected[] = {2, 4, 11};
    ck_assert_uint_eq(counting.scales, 3);
    ck_assert_mem_eq(counting.sizes, expected, sizeof expected);
    config.min_box_size = 40;
    counting = counted(mask, 16, &config);
    ck_assert_uint_eq(counting.scales, 0);
    ck_assert(counting.dimension == 0.0);
    free(mask);
}
END_TEST

START_TEST(the_automatic_maximum_is_half_the_side_or_min_times_two_per_scale)
{
    static const struct {
        uint32_t side;
        uint64_t min, scales;
        uint32_t largest;
    } cases[] = {
        {64, 2, 5, 32}, {16, 2, 5, 8}, {17, 2, 5, 8}, {1000, 2, 5, 32},
        {3, 2, 5, 3},   {4, 2, 5, 2},  {9, 7, 5, 7},  {300, 1, 64, 150},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t *mask = new_mask(cases[i].side);
        memset(mask, 1, (size_t)cases[i].side * cases[i].side);
        mfn_box_config config = sizes_from_to(cases[i].min, 0, cases[i].scales);
        mfn_box_counting counting = counted(mask, cases[i].side, &config);
        ck_assert_uint_ge(counting.scales, 1);
        ck_assert_msg(counting.sizes[counting.scales - 1] == cases[i].largest,
                      "side %u, min %llu: largest is %u", cases[i].side,
                      (unsigned long long)cases[i].min, counting.sizes[counting.scales - 1]);
        free(mask);
    }
}
END_TEST

START_TEST(no_configuration_means_the_defaults)
{
    uint8_t *mask = random_mask(64, 0.1, "9");
    mfn_box_config config;
    mfn_box_config_init(&config);
    mfn_box_counting with = counted(mask, 64, &config);
    mfn_box_counting without = counted(mask, 64, NULL);
    ck_assert_mem_eq(&with, &without, sizeof with);
    free(mask);
}
END_TEST

START_TEST(bad_values_are_refused_by_name)
{
    static const struct {
        const char *field;
        uint32_t side;
        uint64_t min, max, scales;
    } cases[] = {
        {"side", 0, 2, 0, 5},
        {"side", 65536, 2, 0, 5},
        {"min_box_size", 8, 0, 0, 5},
        {"min_box_size", 8, 65536, 0, 5},
        {"max_box_size", 8, 2, 65536, 5},
        {"num_scales", 8, 2, 0, 0},
        {"num_scales", 8, 2, 0, 65},
    };
    const uint8_t mask[64] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn_box_config config = sizes_from_to(cases[i].min, cases[i].max, cases[i].scales);
        mfn_box_counting counting = {.scales = 77};
        mfn_error err = {0};
        ck_assert_int_eq(mfn_box_count(mask, cases[i].side, &config, &counting, &err), MFN_INVALID);
        ck_assert_str_eq(err.field, cases[i].field);
        ck_assert_uint_eq(counting.scales, 77);
    }
    mfn_box_config config = {0};
    mfn_box_counting counting;
    mfn_error err = {0};
    ck_assert_int_eq(mfn_box_count(mask, 8, &config, &counting, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "size");
    uint32_t sizes[MFN_BOX_SCALES_MAX];
    uint32_t count = 0;
    ck_assert_int_eq(mfn_box_sizes(2, 0, 5, sizes, &count, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "max_box_size");
}
END_TEST

START_TEST(counting_survives_failure_of_its_allocation)
{
    const uint8_t mask[64] = {1};
    mfn_box_counting counting = {.scales = 77};
    mfn__mem_fail_after(0);
    ck_assert_int_eq(mfn_box_count(mask, 8, NULL, &counting, NULL), MFN_NO_MEMORY);
    mfn__mem_fail_after(-1);
    ck_assert_uint_eq(counting.scales, 77);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        box_sizes_are_cut_to_whole_numbers_like_the_reference,
        sizes_stay_within_the_ends_and_ascend_up_to_the_limits,
        the_sierpinski_carpet_has_dimension_log_8_over_log_3,
        simple_shapes_have_their_dimension,
        equal_counts_give_exactly_zero,
        counts_agree_with_a_count_cell_by_cell,
        every_single_size_agrees_with_a_count_cell_by_cell,
        sizes_that_do_not_fit_are_left_out,
        the_automatic_maximum_is_half_the_side_or_min_times_two_per_scale,
        no_configuration_means_the_defaults,
        bad_values_are_refused_by_name,
        counting_survives_failure_of_its_allocation,
        NULL,
    };
    return mfn_test_run("boxcount", tests);
}
