/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "engine/random.h"
#include "kernels/kernels.h"
#include "suite.h"

static mfn_random *seeded(const char *seed)
{
    mfn_random *random = NULL;
    mfn_error err;
    ck_assert_int_eq(mfn_random_new(seed, &random, &err), MFN_OK);
    return random;
}

/* numpy.random.default_rng(seed).random() */
START_TEST(seeds_of_any_size_start_numpys_stream)
{
    static const struct {
        const char *seed;
        double first;
    } cases[] = {
        {"0", 0x1.461fd79fb3850p-1},
        {"42", 0x1.8c43f79a2db24p-1},
        {"042", 0x1.8c43f79a2db24p-1},
        {"18446744073709551616", 0x1.cc0542cb8f230p-2},
        {"340282366920938463463374607431768211457", 0x1.e72ed05fc3c84p-2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn_random *random = seeded(cases[i].seed);
        double first = mfn_random_uniform(random);
        ck_assert_msg(first == cases[i].first, "seed %s: expected %a, got %a", cases[i].seed,
                      cases[i].first, first);
        mfn_random_free(random);
    }
}
END_TEST

/* numpy.random.default_rng(9).standard_normal(200000)[188129] on a processor with fused
 * multiply-add; without it the last digit is 6. */
START_TEST(a_normal_from_the_tail_has_the_bits_of_fused_multiply_adds)
{
    mfn_random *random = seeded("9");
    for (int i = 0; i < 188129; i++) {
        (void)mfn_random_normal(random, 0.0, 1.0);
    }
    double draw = mfn_random_normal(random, 0.0, 1.0);
    ck_assert_msg(draw == -0x1.de0edf5d3cac5p+1, "got %a", draw);
    mfn_random_free(random);
}
END_TEST

START_TEST(a_seed_that_is_no_whole_number_is_refused)
{
    static const char *const cases[] = {"", "-1", "1.0", "0x10", " 1", "1 ", "one", NULL};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn_random *random = NULL;
        mfn_error err = {0};
        ck_assert_int_eq(mfn_random_new(cases[i], &random, &err), MFN_INVALID);
        ck_assert_ptr_null(random);
        ck_assert_str_eq(err.field, "seed");
        ck_assert_ptr_nonnull(strstr(err.text, cases[i] != NULL ? cases[i] : "nothing"));
    }
}
END_TEST

START_TEST(a_seed_of_too_many_digits_is_refused)
{
    static char digits[MFN_SEED_DIGITS_MAX + 2];
    memset(digits, '9', sizeof digits - 1);
    mfn_random *random = NULL;
    mfn_error err = {0};
    ck_assert_int_eq(mfn_random_new(digits, &random, &err), MFN_TOO_LARGE);
    digits[MFN_SEED_DIGITS_MAX] = '\0';
    ck_assert_int_eq(mfn_random_new(digits, &random, &err), MFN_OK);
    mfn_random_free(random);
}
END_TEST

START_TEST(the_second_half_of_a_draw_waits_for_the_next_small_integer)
{
    mfn_random *random = seeded("5");
    (void)mfn_random_integer(random, 0, 7);
    mfn_random_state kept;
    mfn_random_get_state(random, &kept);
    ck_assert(kept.has_half);
    (void)mfn_random_uniform(random);
    (void)mfn_random_normal(random, 0.0, 1.0);
    mfn_random_state later;
    mfn_random_get_state(random, &later);
    ck_assert(later.has_half);
    ck_assert_uint_eq(later.half, kept.half);
    uint64_t expected = (uint64_t)kept.half * 7 >> 32;
    ck_assert_int_eq(mfn_random_integer(random, 0, 7), (int64_t)expected);
    mfn_random_free(random);
}
END_TEST

START_TEST(an_integer_with_one_possible_value_draws_nothing)
{
    mfn_random *random = seeded("5");
    mfn_random_state before;
    mfn_random_state after;
    mfn_random_get_state(random, &before);
    ck_assert_int_eq(mfn_random_integer(random, -3, -2), -3);
    mfn_random_get_state(random, &after);
    ck_assert(before.state_low == after.state_low && before.state_high == after.state_high);
    mfn_random_free(random);
}
END_TEST

START_TEST(integers_stay_inside_the_widest_range)
{
    mfn_random *random = seeded("8");
    bool below = false;
    bool above = false;
    for (int i = 0; i < 1000; i++) {
        int64_t value = mfn_random_integer(random, INT64_MIN, INT64_MAX);
        below = below || value < INT64_MIN / 2;
        above = above || value > INT64_MAX / 2;
        ck_assert(value != INT64_MAX);
    }
    ck_assert(below && above);
    mfn_random_free(random);
}
END_TEST

START_TEST(a_restored_state_continues_the_stream)
{
    mfn_random *random = seeded("123");
    (void)mfn_random_integer(random, 0, 10);
    mfn_random_state state;
    mfn_random_get_state(random, &state);
    double expected[16];
    mfn_random_fill_normal(random, 1.0, 2.0, expected, 16);
    mfn_random *other = seeded("999");
    mfn_random_set_state(other, &state);
    double actual[16];
    mfn_random_fill_normal(other, 1.0, 2.0, actual, 16);
    ck_assert_mem_eq(actual, expected, sizeof expected);
    mfn_random_free(random);
    mfn_random_free(other);
}
END_TEST

#define FILLED_MAX 1300

/* Long enough to meet every way through the ziggurat, at every place in a block. */
static void check_filling(const char *variant)
{
    static const size_t counts[] = {1, 2, 7, 8, 9, 63, 64, 511, 512, 513, 1024, FILLED_MAX};
    static double filled[FILLED_MAX];
    mfn_random *many = seeded("11");
    mfn_random *one = seeded("11");
    for (size_t round = 0; round < 40; round++) {
        for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
            mfn_random_fill_uniform(many, -1.0, 3.0, filled, counts[k]);
            for (size_t i = 0; i < counts[k]; i++) {
                double draw = mfn_random_uniform_between(one, -1.0, 3.0);
                ck_assert_msg(filled[i] == draw, "%s: uniform %zu of %zu: expected %a, got %a",
                              variant, i, counts[k], draw, filled[i]);
            }
            mfn_random_fill_normal(many, -0.07, 0.005, filled, counts[k]);
            for (size_t i = 0; i < counts[k]; i++) {
                double draw = mfn_random_normal(one, -0.07, 0.005);
                ck_assert_msg(filled[i] == draw, "%s: normal %zu of %zu: expected %a, got %a",
                              variant, i, counts[k], draw, filled[i]);
            }
        }
    }
    mfn_random_free(one);
    mfn_random_free(many);
}

START_TEST(filling_draws_what_single_calls_draw)
{
    size_t count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&count);
    for (size_t i = 0; i < count; i++) {
        if (mfn__kernels_select(variants[i]->name, NULL) == MFN_OK) {
            check_filling(variants[i]->name);
        }
    }
    ck_assert_int_eq(mfn__kernels_select("auto", NULL), MFN_OK);
}
END_TEST

START_TEST(numbers_taken_in_pieces_are_those_taken_at_once)
{
    static const size_t pieces[] = {1, 32, 511, 513, 7, 0, 236};
    static double whole[FILLED_MAX];
    static double parts[FILLED_MAX];
    mfn_random *one = seeded("12");
    mfn_random *other = seeded("12");
    for (int round = 0; round < 40; round++) {
        mfn__draws draws;
        size_t at = 0;
        mfn__draws_init(&draws, other, FILLED_MAX);
        for (size_t k = 0; k < sizeof pieces / sizeof pieces[0]; k++) {
            mfn__draws_normals(&draws, 1.0, 0.5, parts + at, pieces[k]);
            at += pieces[k];
        }
        ck_assert_uint_eq(at, FILLED_MAX);
        mfn_random_fill_normal(one, 1.0, 0.5, whole, FILLED_MAX);
        ck_assert_mem_eq(parts, whole, sizeof parts);

        mfn__draws_init(&draws, other, FILLED_MAX);
        for (at = 0; at < FILLED_MAX; at += 100) {
            mfn__draws_uniforms(&draws, -1.0, 1.0, parts + at, 100);
        }
        mfn_random_fill_uniform(one, -1.0, 1.0, whole, FILLED_MAX);
        ck_assert_mem_eq(parts, whole, sizeof parts);
    }
    mfn_random_free(other);
    mfn_random_free(one);
}
END_TEST

START_TEST(a_sample_has_no_value_twice)
{
    static const struct {
        uint64_t population;
        size_t count;
    } cases[] = {{1, 1}, {5, 5}, {10000, 10000}, {20000, 300}, {20000, 401}, {1 << 30, 100}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn_random *random = seeded("3");
        uint64_t *values = mfn__mem_new(cases[i].count, sizeof *values);
        mfn_status status =
            mfn_random_sample(random, cases[i].population, cases[i].count, values, NULL);
        ck_assert_int_eq(status, MFN_OK);
        for (size_t a = 0; a < cases[i].count; a++) {
            ck_assert_uint_lt(values[a], cases[i].population);
            for (size_t b = a + 1; b < cases[i].count && cases[i].count < 1000; b++) {
                ck_assert_uint_ne(values[a], values[b]);
            }
        }
        mfn__mem_free(values);
        mfn_random_free(random);
    }
}
END_TEST

START_TEST(a_sample_larger_than_its_population_is_refused)
{
    mfn_random *random = seeded("3");
    uint64_t values[4];
    mfn_error err = {0};
    ck_assert_int_eq(mfn_random_sample(random, 3, 4, values, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "count");
    mfn_random_free(random);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    mfn_random *random = NULL;
    mfn__mem_fail_after(0);
    ck_assert_int_eq(mfn_random_new("1", &random, NULL), MFN_NO_MEMORY);
    ck_assert_ptr_null(random);
    random = seeded("1");
    uint64_t values[500];
    mfn__mem_fail_after(0);
    ck_assert_int_eq(mfn_random_sample(random, 100, 5, values, NULL), MFN_NO_MEMORY);
    mfn__mem_fail_after(0);
    ck_assert_int_eq(mfn_random_sample(random, 20000, 500, values, NULL), MFN_NO_MEMORY);
    mfn_random_free(random);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        seeds_of_any_size_start_numpys_stream,
        a_normal_from_the_tail_has_the_bits_of_fused_multiply_adds,
        a_seed_that_is_no_whole_number_is_refused,
        a_seed_of_too_many_digits_is_refused,
        the_second_half_of_a_draw_waits_for_the_next_small_integer,
        an_integer_with_one_possible_value_draws_nothing,
        integers_stay_inside_the_widest_range,
        a_restored_state_continues_the_stream,
        filling_draws_what_single_calls_draw,
        numbers_taken_in_pieces_are_those_taken_at_once,
        a_sample_has_no_value_twice,
        a_sample_larger_than_its_population_is_refused,
        every_allocation_may_fail,
        NULL,
    };
    return mfn_test_run("random", tests);
}
