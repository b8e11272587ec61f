/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "engine/exact_math.h"
#include "engine/quick_exp.h"
#include "suite.h"

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The i-th of a sequence that fills [0, 1) evenly. */
static double spread(uint64_t i)
{
    return (double)(i * UINT64_C(0x9e3779b97f4a7c15) >> 11) * 0x1p-53;
}

START_TEST(is_within_one_unit_in_the_last_place)
{
    static const double ranges[] = {700.0, 50.0, 1.0, 0x1p-20, 0x1p-60};
    for (size_t range = 0; range < sizeof ranges / sizeof *ranges; range++) {
        for (uint64_t i = 0; i < 4000; i++) {
            double x = ranges[range] * (2.0 * spread(i) - 1.0);
            int64_t off = (int64_t)(bits_of(mfn__exp_quick(x)) - bits_of(mfn__exp(x)));
            ck_assert_msg(off >= -1 && off <= 1, "exp(%a) is off by %lld", x, (long long)off);
        }
    }
}
END_TEST

START_TEST(gives_the_limits_beyond_the_range_of_doubles)
{
    static const struct {
        const char *why;
        double x, expected;
    } cases[] = {
        {"zero", 0.0, 1.0},
        {"minus zero", -0.0, 1.0},
        {"infinity", INFINITY, INFINITY},
        {"minus infinity", -INFINITY, 0.0},
        {"just too large", 0x1.62e42fefa39fp+9, INFINITY},
        {"the largest that fits", 0x1.62e42fefa39efp+9, 0x1.fffffffffff2ap+1023},
        {"just too small", -0x1.74910d52d3052p+9, 0.0},
        {"the smallest that is not zero", -0x1.74910d52d3051p+9, 0x1p-1074},
        {"a subnormal result", -720.0, 0x0.0000993b4dc95p-1022},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double got = mfn__exp_quick(cases[i].x);
        ck_assert_msg(bits_of(got) == bits_of(cases[i].expected), "%s: expected %a, got %a",
                      cases[i].why, cases[i].expected, got);
    }
    ck_assert(isnan(mfn__exp_quick((double)NAN)));
}
END_TEST

START_TEST(has_the_same_bits_everywhere)
{
    uint64_t hash = 0;
    for (uint64_t i = 0; i < 200000; i++) {
        double x = 1490.0 * spread(i) - 745.0;
        hash = (hash ^ bits_of(mfn__exp_quick(x))) * UINT64_C(0x100000001b3);
    }
    ck_assert_uint_eq(hash, UINT64_C(4266896902413503637));
}
END_TEST

int main(void)
{
    const TTest *tests[] = {is_within_one_unit_in_the_last_place,
                            gives_the_limits_beyond_the_range_of_doubles,
                            has_the_same_bits_everywhere, NULL};
    return mfn_test_run("quick_exp", tests);
}
