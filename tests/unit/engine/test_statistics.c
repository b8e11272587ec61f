/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "engine/statistics.h"
#include "suite.h"

#define COUNT_MAX 20000

/* Exactly the same values in C and in NumPy: multiples of 2^-32, scaled by two operations. */
static double *sample(size_t count)
{
    double *values = malloc(count * sizeof *values);
    ck_assert_ptr_nonnull(values);
    for (size_t i = 0; i < count; i++) {
        uint32_t scrambled = (uint32_t)(i * UINT64_C(2654435761));
        values[i] = (double)scrambled / 4294967296.0 * 0.1 - 0.07;
    }
    return values;
}

START_TEST(sums_means_and_deviations_have_the_bits_of_numpy)
{
    static const struct {
        size_t count;
        double sum, mean, std;
    } cases[] = {
        {1, -0x1.1eb851eb851ecp-4, -0x1.1eb851eb851ecp-4, 0x0.0p+0},
        {7, -0x1.897abbe7851ecp-3, -0x1.c1b0d6bf7390ep-6, 0x1.ec65410f51b55p-6},
        {8, -0x1.d606a1cae147cp-3, -0x1.d606a1cae147cp-6, 0x1.cfb9b7f9484d3p-6},
        {9, -0x1.a3ffbfed70a3ep-3, -0x1.75551c6147ae2p-6, 0x1.01d963ef316a2p-5},
        {127, -0x1.4cedcdac451edp+1, -0x1.4f8ce77b3b960p-6, 0x1.dba8595ca0349p-6},
        {128, -0x1.4f9ce517ae148p+1, -0x1.4f9ce517ae148p-6, 0x1.d9cbe4853d31ep-6},
        {129, -0x1.572f9cd3d70a5p+1, -0x1.54868fb46e2dfp-6, 0x1.db37d315baa18p-6},
        {1000, -0x1.4009ab70ecccep+4, -0x1.47b7fb54ea4aap-6, 0x1.d90380db470fap-6},
        {8192, -0x1.47b266b147ae3p+7, -0x1.47b266b147ae3p-6, 0x1.d8fa34100874bp-6},
        {8193, -0x1.47a6661b851edp+7, -0x1.479c293a3b4cfp-6, 0x1.d9038bbc191dfp-6},
        {COUNT_MAX, -0x1.90193b0b34ccep+8, -0x1.47c2bfba89764p-6, 0x1.d8fbebf7fab45p-6},
    };
    double *values = sample(COUNT_MAX);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double mean = mfn__mean(values, cases[i].count);
        double std = mfn__std(values, cases[i].count, mean);
        double sum = mfn__sum(values, cases[i].count);
        ck_assert_msg(sum == cases[i].sum, "sum of %zu: %a", cases[i].count, sum);
        ck_assert_msg(mean == cases[i].mean, "mean of %zu: %a", cases[i].count, mean);
        ck_assert_msg(std == cases[i].std, "std of %zu: %a", cases[i].count, std);
    }
    free(values);
}
END_TEST

START_TEST(the_sum_of_nothing_is_zero)
{
    ck_assert(mfn__sum(NULL, 0) == 0.0);
}
END_TEST

START_TEST(moments_have_the_bits_of_those_of_a_transformed_copy)
{
    static const size_t counts[] = {1, 7, 200, 8200};
    double *values = sample(COUNT_MAX);
    double *copy = malloc(COUNT_MAX * sizeof *copy);
    ck_assert_ptr_nonnull(copy);
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        size_t count = counts[c];
        mfn__moments moments;
        mfn__moments_find(values, count, 1000.0, &moments);
        for (size_t i = 0; i < count; i++) {
            copy[i] = values[i] * 1000.0;
        }
        ck_assert_msg(moments.mean == mfn__mean(copy, count), "mean of %zu", count);
        ck_assert_msg(moments.std == mfn__std(copy, count, moments.mean), "std of %zu", count);
        for (size_t i = 0; i < count; i++) {
            double off = values[i] * 1000.0 - moments.mean;
            copy[i] = off * off * off;
        }
        ck_assert_msg(moments.third == mfn__mean(copy, count), "third moment of %zu", count);
        for (size_t i = 0; i < count; i++) {
            double off = values[i] * 1000.0 - moments.mean;
            copy[i] = (off * off) * (off * off);
        }
        ck_assert_msg(moments.fourth == mfn__mean(copy, count), "fourth moment of %zu", count);
    }
    free(copy);
    free(values);
}
END_TEST

START_TEST(extremes_are_found_wherever_they_are)
{
    double values[19] = {0.0};
    for (size_t at = 0; at < 19; at++) {
        values[at] = -3.0;
        values[(at + 4) % 19] = 5.0;
        double min = 0.0;
        double max = 0.0;
        mfn__extremes(values, 19, &min, &max);
        ck_assert(min == -3.0);
        ck_assert(max == 5.0);
        values[at] = 0.0;
        values[(at + 4) % 19] = 0.0;
    }
}
END_TEST

START_TEST(the_sign_of_an_extreme_zero_is_that_of_the_first)
{
    for (size_t first = 0; first < 12; first++) {
        double values[12];
        for (size_t i = 0; i < 12; i++) {
            values[i] = i < first ? 1.0 : (i - first) % 2 == 0 ? -0.0 : 0.0;
        }
        double min = 0.0;
        double max = 0.0;
        mfn__extremes(values, 12, &min, &max);
        ck_assert_msg(min == 0.0 && signbit(min), "first at %zu", first);
        for (size_t i = 0; i < first; i++) {
            values[i] = -1.0;
        }
        mfn__extremes(values, 12, &min, &max);
        ck_assert_msg(max == 0.0 && signbit(max), "first at %zu", first);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        sums_means_and_deviations_have_the_bits_of_numpy,     the_sum_of_nothing_is_zero,
        moments_have_the_bits_of_those_of_a_transformed_copy, extremes_are_found_wherever_they_are,
        the_sign_of_an_extreme_zero_is_that_of_the_first,     NULL,
    };
    return mfn_test_run("statistics", tests);
}
