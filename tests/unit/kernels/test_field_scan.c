/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "kernels/kernels.h"
#include "suite.h"

#define COUNT_MAX 200

static const double threshold = -0.06;

static void make_values(double *ret)
{
    for (size_t i = 0; i < COUNT_MAX; i++) {
        ret[i] = i % 7 == 3 ? threshold : threshold + 0.01 * sin(1.3 * (double)i);
    }
}

START_TEST(bits_are_set_for_values_above_the_threshold_alone)
{
    double values[COUNT_MAX];
    make_values(values);
    values[5] = NAN;
    size_t variants_count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&variants_count);
    for (size_t v = 0; v < variants_count; v++) {
        for (size_t count = 1; count <= COUNT_MAX && variants[v]->is_supported(); count++) {
            uint64_t words[COUNT_MAX / 64 + 2];
            memset(words, 0xff, sizeof words);
            variants[v]->bits_above(values, count, threshold, words);
            size_t filled = (count + 63) / 64;
            for (size_t i = 0; i < filled * 64; i++) {
                bool is_above = i < count && values[i] > threshold;
                ck_assert_msg((words[i / 64] >> i % 64 & 1) == is_above, "%s: %zu of %zu",
                              variants[v]->name, i, count);
            }
            ck_assert(words[filled] == UINT64_MAX);
        }
    }
}
END_TEST

/* The scalar sums themselves are compared with NumPy's in the tests of statistics. */
START_TEST(sums_and_extremes_have_the_same_bits_in_every_variant)
{
    double values[COUNT_MAX];
    make_values(values);
    size_t variants_count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&variants_count);
    for (size_t count = 1; count <= MFN__SUM_LEAF; count++) {
        double lowest = values[0];
        double highest = values[0];
        for (size_t i = 0; i < count; i++) {
            lowest = fmin(lowest, values[i]);
            highest = fmax(highest, values[i]);
        }
        double expected[3];
        variants[0]->sum_powers(values, count, 1000.0, -60.0, expected);
        for (size_t v = 0; v < variants_count; v++) {
            if (!variants[v]->is_supported()) {
                continue;
            }
            double min = 0.0;
            double max = 0.0;
            double actual[3];
            variants[v]->extremes(values, count, &min, &max);
            ck_assert_msg(min == lowest && max == highest, "%s: %zu values: %a .. %a",
                          variants[v]->name, count, min, max);
            variants[v]->sum_powers(values, count, 1000.0, -60.0, actual);
            ck_assert_msg(memcmp(actual, expected, sizeof actual) == 0, "%s: powers of %zu values",
                          variants[v]->name, count);
            ck_assert_msg(variants[v]->sum_scaled(values, count, 1000.0) ==
                              variants[0]->sum_scaled(values, count, 1000.0),
                          "%s: sum of %zu values", variants[v]->name, count);
        }
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        bits_are_set_for_values_above_the_threshold_alone,
        sums_and_extremes_have_the_same_bits_in_every_variant,
        NULL,
    };
    return mfn_test_run("field scan", tests);
}
