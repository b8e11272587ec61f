/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/mem.h"
#include "suite.h"

#include "mfn/morphology.h"

static double entropy(const double *values, uint64_t count, uint32_t bins)
{
    double bits = -1.0;
    mfn_error err = {0};
    ck_assert_msg(mfn_entropy_bits(values, count, bins, &bits, &err) == MFN_OK, "%s", err.text);
    return bits;
}

START_TEST(even_histograms_have_the_logarithm_of_their_bins)
{
    double values[256];
    for (int i = 0; i < 256; i++) {
        values[i] = -3.0 + 0.01 * i;
    }
    ck_assert_double_eq_tol(entropy(values, 256, 256), 8.0, 1e-12);
    ck_assert_double_eq_tol(entropy(values, 256, 2), 1.0, 1e-12);
    ck_assert_double_eq_tol(entropy(values, 2, 65536), 1.0, 1e-12);
}
END_TEST

START_TEST(uneven_histograms_have_their_sum)
{
    const double values[] = {0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.5, 0.7};
    /* Thirds hold 4, 1 (0.5) and 3 of 8. */
    double expected = 0.5 * 1.0 + 0.125 * 3.0 + 0.375 * log2(8.0 / 3.0);
    ck_assert_double_eq_tol(entropy(values, 8, 3), expected, 1e-12);
}
END_TEST

START_TEST(equal_values_have_none_and_the_largest_range_is_no_trouble)
{
    const double equal[] = {-0.07, -0.07, -0.07};
    const double far[] = {-1.7e308, 1.7e308};
    ck_assert_double_eq(entropy(equal, 3, 64), 0.0);
    ck_assert_double_eq(entropy(equal, 1, 64), 0.0);
    ck_assert_double_eq_tol(entropy(far, 2, 64), 1.0, 1e-12);
}
END_TEST

START_TEST(bad_values_are_refused_by_name)
{
    const double values[] = {1.0};
    double bits = -1.0;
    mfn_error err = {0};
    ck_assert_int_eq(mfn_entropy_bits(values, 1, 1, &bits, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "bins");
    ck_assert_int_eq(mfn_entropy_bits(values, 1, 65537, &bits, &err), MFN_INVALID);
    ck_assert_int_eq(mfn_entropy_bits(values, 0, 64, &bits, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "count");
    mfn__mem_fail_after(0);
    ck_assert_int_eq(mfn_entropy_bits(values, 1, 64, &bits, NULL), MFN_NO_MEMORY);
    mfn__mem_fail_after(-1);
    ck_assert_double_eq(bits, -1.0);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        even_histograms_have_the_logarithm_of_their_bins,
        uneven_histograms_have_their_sum,
        equal_values_have_none_and_the_largest_range_is_no_trouble,
        bad_values_are_refused_by_name,
        NULL,
    };
    return mfn_test_run("entropy", tests);
}
