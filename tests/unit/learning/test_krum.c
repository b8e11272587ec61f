/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "gradient_sets.h"

static mfn_krum_config against(uint64_t num_byzantine, uint32_t distance)
{
    mfn_krum_config config;
    mfn_krum_config_init(&config);
    config.num_byzantine = num_byzantine;
    config.distance = distance;
    return config;
}

static mfn_krum_selection select_from(const float *values, size_t count, size_t dimension,
                                      const mfn_krum_config *config)
{
    const mfn_gradients gradients = {values, count, dimension};
    mfn_krum_selection selection;
    mfn_error err = {0};
    ck_assert_msg(mfn_krum_select(&gradients, config, NULL, &selection, &err) == MFN_OK, "%s",
                  err.text);
    return selection;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The definition, without blocks. */
static size_t plain_krum(const float *values, size_t n, size_t d, const mfn_krum_config *config,
                         double *ret_score)
{
    size_t f = (size_t)config->num_byzantine;
    size_t neighbours = n > f + 3 ? n - f - 2 : 1;
    size_t best = 0;
    for (size_t i = 0; i < n; i++) {
        double row[128];
        for (size_t j = 0; j < n; j++) {
            row[j] = 0.0;
            for (size_t k = 0; k < d; k++) {
                double difference = (double)values[i * d + k] - (double)values[j * d + k];
                row[j] += difference * difference;
            }
            row[j] = config->distance == MFN_KRUM_SQUARED ? row[j] : sqrt(row[j]);
        }
        qsort(row, n, sizeof *row, by_value);
        double score = 0.0;
        for (size_t j = 1; j <= neighbours; j++) {
            score += row[j];
        }
        if (i == 0 || score < *ret_score * (1.0 - 1e-12)) {
            *ret_score = score;
            best = i;
        }
    }
    return best;
}

START_TEST(the_choice_is_that_of_the_definition)
{
    static const struct {
        size_t count, dimension;
        uint64_t num_byzantine;
    } cases[] = {{2, 3, 0},   {3, 2, 2},     {5, 1, 1}, {10, 4, 3},
                 {41, 7, 12}, {100, 30, 48}, {64, 5, 0}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        for (uint32_t distance = MFN_KRUM_EUCLIDEAN; distance <= MFN_KRUM_SQUARED; distance++) {
            size_t n = cases[c].count;
            size_t d = cases[c].dimension;
            float *values = normal_gradients("31", n, d, 0.0);
            mfn_krum_config config = against(cases[c].num_byzantine, distance);
            mfn_krum_selection selection = select_from(values, n, d, &config);
            double score = 0.0;
            ck_assert_uint_eq(selection.index, plain_krum(values, n, d, &config, &score));
            ck_assert_double_eq_tol(selection.score, score, 1e-10 * score);
            ck_assert(selection.is_sound == (n >= 2 * cases[c].num_byzantine + 3));
            free(values);
        }
    }
}
END_TEST

START_TEST(squared_distances_can_choose_another_gradient)
{
    size_t different = 0;
    float *random = normal_gradients("77", 200 * 12, 3, 0.0);
    for (size_t i = 0; i < 200; i++) {
        mfn_krum_config euclidean = against(2, MFN_KRUM_EUCLIDEAN);
        mfn_krum_config squared = against(2, MFN_KRUM_SQUARED);
        different += select_from(random + i * 36, 12, 3, &euclidean).index !=
                     select_from(random + i * 36, 12, 3, &squared).index;
    }
    ck_assert_msg(different > 5 && different < 100, "%zu of 200 differ", different);
    free(random);
}
END_TEST

START_TEST(the_lowest_of_equally_good_gradients_is_chosen)
{
    static const struct {
        const char *what;
        float values[6];
        size_t count;
        uint64_t expected;
    } cases[] = {
        {"two are as far from each other", {1.0F, 2.0F}, 2, 0},
        {"all are the same", {7.0F, 7.0F, 7.0F, 7.0F}, 4, 0},
        {"a pair of copies in the middle", {5.0F, 1.0F, 1.0F, -3.0F, -4.0F, 6.0F}, 6, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn_krum_selection selection = select_from(cases[i].values, cases[i].count, 1, NULL);
        ck_assert_msg(selection.index == cases[i].expected, "%s: %lu", cases[i].what,
                      (unsigned long)selection.index);
        ck_assert(selection.relative_margin == 0.0);
    }
}
END_TEST

START_TEST(a_single_gradient_is_the_choice)
{
    static const float value[] = {3.0F, 4.0F};
    mfn_krum_selection selection = select_from(value, 1, 2, NULL);
    ck_assert_uint_eq(selection.index, 0);
    ck_assert_uint_eq(selection.neighbours, 0);
    ck_assert(selection.score == 0.0 && !selection.is_sound);
}
END_TEST

START_TEST(hostile_gradients_are_not_chosen_while_there_are_few)
{
    enum { COUNT = 23, DIMENSION = 50, HOSTILE = 10 }; /* 23 = 2 * 10 + 3 */
    static const struct {
        const char *what;
        float value;
    } attacks[] = {
        {"far away together", 1e6F},
        {"the largest float", 3.4e38F},
        {"NaN", NAN},
        {"infinity", -INFINITY},
    };
    for (size_t a = 0; a < sizeof attacks / sizeof attacks[0]; a++) {
        for (uint32_t distance = MFN_KRUM_EUCLIDEAN; distance <= MFN_KRUM_SQUARED; distance++) {
            float *values = normal_gradients("3", COUNT, DIMENSION, 0.5);
            for (size_t i = 0; i < HOSTILE; i++) {
                set_gradient(values, DIMENSION, 2 * i, attacks[a].value);
                values[2 * i * DIMENSION] += (float)i * 0.01F;
            }
            mfn_krum_config config = against(HOSTILE, distance);
            config.strict = true;
            mfn_krum_selection selection = select_from(values, COUNT, DIMENSION, &config);
            bool is_honest = selection.index % 2 == 1 || selection.index >= 2 * HOSTILE;
            ck_assert_msg(is_honest, "%s: chose %lu", attacks[a].what,
                          (unsigned long)selection.index);
            ck_assert(isfinite(selection.score));
            free(values);
        }
    }
}
END_TEST

/* Ten identical gradients among 23 beat the others when only their own count: the condition
 * n >= 2 f + 3 makes every score reach beyond f copies of one gradient. */
START_TEST(copies_of_a_far_gradient_lose_when_the_condition_holds_and_win_when_it_does_not)
{
    enum { COUNT = 23, DIMENSION = 20, COPIES = 10 };
    float *values = normal_gradients("4", COUNT, DIMENSION, 0.0);
    for (size_t i = 0; i < COPIES; i++) {
        set_gradient(values, DIMENSION, i, 1000.0F);
    }
    mfn_krum_config sound = against(COPIES, MFN_KRUM_EUCLIDEAN);
    mfn_krum_selection selection = select_from(values, COUNT, DIMENSION, &sound);
    ck_assert(selection.is_sound && selection.index >= COPIES);
    mfn_krum_config unsound = against(COUNT - 2 - (COPIES - 1), MFN_KRUM_EUCLIDEAN);
    selection = select_from(values, COUNT, DIMENSION, &unsound);
    ck_assert(!selection.is_sound && selection.index == 0);
    unsound.strict = true;
    const mfn_gradients gradients = {values, COUNT, DIMENSION};
    mfn_error err = {0};
    ck_assert_int_eq(mfn_krum_select(&gradients, &unsound, NULL, &selection, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "num_byzantine");
    ck_assert_ptr_nonnull(strstr(err.text, "at least 27"));
    free(values);
}
END_TEST

/* The theorem also wants honest gradients to lie close together: where they are spread in many
 * dimensions, f hostile ones that agree closely and are not too far away have the best score. */
START_TEST(close_collusion_near_scattered_gradients_can_win_though_the_condition_holds)
{
    enum { COUNT = 23, DIMENSION = 50, COPIES = 10 };
    float *values = normal_gradients("3", COUNT, DIMENSION, 0.5);
    for (size_t i = 0; i < COPIES; i++) {
        set_gradient(values, DIMENSION, i, -3.0F);
    }
    mfn_krum_config config = against(COPIES, MFN_KRUM_EUCLIDEAN);
    mfn_krum_selection selection = select_from(values, COUNT, DIMENSION, &config);
    ck_assert(selection.is_sound && selection.index == 0);
    free(values);
}
END_TEST

START_TEST(gradients_that_are_not_finite_are_counted_and_never_chosen)
{
    static const float values[] = {NAN, 1.0F, INFINITY, 1.5F, 4.0F, -INFINITY};
    mfn_krum_selection selection = select_from(values, 6, 1, NULL);
    ck_assert_uint_eq(selection.non_finite, 3);
    ck_assert_uint_eq(selection.index, 1 + 2);
    ck_assert_uint_eq(selection.neighbours, 2);
    static const float one[] = {NAN, NAN, -2.0F};
    selection = select_from(one, 3, 1, NULL);
    ck_assert_uint_eq(selection.index, 2);
    ck_assert(selection.score == 0.0);
    static const float none[] = {NAN, 1.0F, 1.0F, INFINITY};
    const mfn_gradients gradients = {none, 2, 2};
    mfn_error err = {0};
    ck_assert_int_eq(mfn_krum_select(&gradients, NULL, NULL, &selection, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "gradients");
}
END_TEST

START_TEST(bad_arguments_are_refused_by_name)
{
    static const float values[] = {1.0F, 2.0F};
    static const struct {
        const char *field;
        mfn_gradients gradients;
        uint64_t num_byzantine;
        uint32_t distance;
    } cases[] = {
        {"gradients", {values, 0, 1}, 1, 0},
        {"gradients", {values, MFN_KRUM_GRADIENTS_MAX + 1, 1}, 1, 0},
        {"dimension", {values, 2, 0}, 1, 0},
        {"dimension", {values, 2, UINT64_MAX}, 1, 0},
        {"num_byzantine", {values, 2, 1}, 1000000001, 0},
        {"distance", {values, 2, 1}, 1, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn_krum_config config = against(cases[i].num_byzantine, cases[i].distance);
        mfn_krum_selection selection = {.index = 77};
        mfn_error err = {0};
        ck_assert_int_eq(mfn_krum_select(&cases[i].gradients, &config, NULL, &selection, &err),
                         MFN_INVALID);
        ck_assert_str_eq(err.field, cases[i].field);
        ck_assert_uint_eq(selection.index, 77);
    }
    mfn_krum_config empty = {0};
    mfn_error err = {0};
    ck_assert_int_eq(mfn_krum_config_check(&empty, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "size");
}
END_TEST

START_TEST(krum_select_survives_failure_of_every_allocation)
{
    float *values = normal_gradients("4", 30, 4, 0.0);
    const mfn_gradients gradients = {values, 30, 4};
    int64_t failures = 0;
    for (;; failures++) {
        mfn_krum_selection selection = {.index = 77};
        mfn__mem_fail_after(failures);
        mfn_status status = mfn_krum_select(&gradients, NULL, NULL, &selection, NULL);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        ck_assert_uint_eq(selection.index, 77);
    }
    ck_assert_int_ge(failures, 8);
    free(values);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        the_choice_is_that_of_the_definition,
        squared_distances_can_choose_another_gradient,
        the_lowest_of_equally_good_gradients_is_chosen,
        a_single_gradient_is_the_choice,
        hostile_gradients_are_not_chosen_while_there_are_few,
        copies_of_a_far_gradient_lose_when_the_condition_holds_and_win_when_it_does_not,
        close_collusion_near_scattered_gradients_can_win_though_the_condition_holds,
        gradients_that_are_not_finite_are_counted_and_never_chosen,
        bad_arguments_are_refused_by_name,
        krum_select_survives_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("krum", tests);
}
