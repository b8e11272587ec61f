/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "engine/learning/distances.h"
#include "gradient_sets.h"
#include "kernels/kernels.h"

#define COUNT_MAX 130

/* All distances, row after row. Release with free. */
static double *all_distances(const float *values, size_t count, size_t dimension,
                             const mfn_parallel *parallel)
{
    const float *rows[COUNT_MAX];
    for (size_t i = 0; i < count; i++) {
        rows[i] = values + i * dimension;
    }
    mfn__distances distances;
    ck_assert_int_eq(mfn__distances_init(&distances, rows, count, dimension, parallel, NULL),
                     MFN_OK);
    double *ret = malloc(count * count * sizeof *ret);
    ck_assert_ptr_nonnull(ret);
    for (size_t i = 0; i < count; i++) {
        mfn__distances_row(&distances, i, ret + i * count);
    }
    mfn__distances_deinit(&distances);
    return ret;
}

static long double exact_distance(const float *x, const float *y, size_t dimension)
{
    long double sum = 0.0L;
    for (size_t k = 0; k < dimension; k++) {
        long double difference = (long double)x[k] - (long double)y[k];
        sum += difference * difference;
    }
    return sum;
}

/* Gradients that are anything from far apart to nearly the same, around a common point. */
static float *gradients_of_all_scales(size_t count, size_t dimension, double loc)
{
    float *values = normal_gradients("5", count, dimension, loc);
    for (size_t i = 0; i + 1 < count; i += 2) {
        float step = ldexpf(1.0F, -(int)(i % 24));
        for (size_t k = 0; k < dimension; k++) {
            float near = values[i * dimension + k];
            values[(i + 1) * dimension + k] = near + step * near * (k % 3 == 0 ? 1.0F : -0.5F);
        }
    }
    return values;
}

START_TEST(distances_are_good_to_single_precision_however_close_gradients_are)
{
    static const struct {
        size_t count, dimension;
        double loc;
    } cases[] = {
        {2, 1, 0.0},    {5, 3, 0.0},     {24, 10, 0.0},     {25, 257, 0.0}, {COUNT_MAX, 600, 0.0},
        {60, 100, 1e3}, {60, 100, -1e6}, {49, 1000, 1e-30}, {30, 20, 1e30},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        size_t n = cases[c].count;
        size_t d = cases[c].dimension;
        float *values = gradients_of_all_scales(n, d, cases[c].loc);
        double *got = all_distances(values, n, d, NULL);
        for (size_t i = 0; i < n * n; i++) {
            long double expected = exact_distance(values + i / n * d, values + i % n * d, d);
            ck_assert_msg(fabsl((long double)got[i] - expected) <= 1e-8L * expected,
                          "case %zu, pair %zu: %.17g, expected %.17Lg", c, i, got[i], expected);
        }
        free(got);
        free(values);
    }
}
END_TEST

START_TEST(equal_gradients_have_no_distance_and_others_some)
{
    enum { COUNT = 50, DIMENSION = 333 };
    float *values = normal_gradients("8", COUNT, DIMENSION, 100.0);
    for (size_t i = 1; i < COUNT; i += 3) {
        memcpy(values + i * DIMENSION, values, DIMENSION * sizeof *values);
    }
    double *got = all_distances(values, COUNT, DIMENSION, NULL);
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < COUNT; j++) {
            bool equal = i == j || ((i == 0 || i % 3 == 1) && (j == 0 || j % 3 == 1));
            double distance = got[i * COUNT + j];
            ck_assert_msg(equal ? distance == 0.0 : distance > 0.0, "%zu, %zu: %.17g", i, j,
                          distance);
        }
    }
    free(got);
    free(values);
}
END_TEST

START_TEST(extreme_floats_neither_overflow_nor_vanish)
{
    static const float values[] = {3.4e38F, -3.4e38F, 1e-45F, 0.0F};
    double *got = all_distances(values, 4, 1, NULL);
    for (size_t i = 0; i < 16; i++) {
        ck_assert(isfinite(got[i]) && (i / 4 == i % 4) == (got[i] == 0.0));
    }
    ck_assert(got[1] == 4.0 * (double)values[0] * (double)values[0]);
    ck_assert(got[2 * 4 + 3] == (double)values[2] * (double)values[2]);
    free(got);
}
END_TEST

START_TEST(no_variant_and_no_number_of_threads_changes_a_bit)
{
    enum { COUNT = COUNT_MAX, DIMENSION = 700 };
    float *values = gradients_of_all_scales(COUNT, DIMENSION, 0.0);
    double *expected = all_distances(values, COUNT, DIMENSION, NULL);
    size_t count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&count);
    for (size_t v = 0; v < count; v++) {
        if (mfn__kernels_select(variants[v]->name, NULL) != MFN_OK) {
            continue;
        }
        for (uint32_t threads = 1; threads <= 5; threads += 2) {
            mfn_threads *pool = NULL;
            ck_assert_int_eq(mfn_threads_new(threads, &pool, NULL), MFN_OK);
            double *got = all_distances(values, COUNT, DIMENSION, mfn_threads_parallel(pool));
            ck_assert_msg(memcmp(got, expected, COUNT * COUNT * sizeof *got) == 0,
                          "%s with %u threads", variants[v]->name, threads);
            free(got);
            mfn_threads_free(pool);
        }
    }
    ck_assert_int_eq(mfn__kernels_select("auto", NULL), MFN_OK);
    free(expected);
    free(values);
}
END_TEST

START_TEST(distances_init_survives_failure_of_every_allocation)
{
    const float values[2] = {1.0F, 1.0000001F}; /* close: the differences are needed too */
    const float *rows[2] = {&values[0], &values[1]};
    int64_t failures = 0;
    for (;; failures++) {
        mfn__distances distances;
        mfn__mem_fail_after(failures);
        mfn_status status = mfn__distances_init(&distances, rows, 2, 1, NULL, NULL);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            mfn__distances_deinit(&distances);
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
    }
    ck_assert_int_eq(failures, 6);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        distances_are_good_to_single_precision_however_close_gradients_are,
        equal_gradients_have_no_distance_and_others_some,
        extreme_floats_neither_overflow_nor_vanish,
        no_variant_and_no_number_of_threads_changes_a_bit,
        distances_init_survives_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("distances", tests);
}
