/* SPDX-License-Identifier: MIT */
/* Expected bits and fingerprints come from elsewhere than the functions under test: those of log1p
 * and log10 from glibc 2.36 on a processor with fused multiply-add, the correctly rounded ones from
 * 200-bit arithmetic. "Almost halfway" are arguments from V. Lefevre's search for those that are
 * hardest to round: some 100 bits decide. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "engine/exact_math.h"
#include "suite.h"

typedef double function(double x);

typedef struct recorded {
    const char *why;
    double x;
    double expected;
} recorded;

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void check_recorded(function *f, const recorded *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double got = f(cases[i].x);
        ck_assert_msg(bits_of(got) == bits_of(cases[i].expected), "%s: at %a expected %a, got %a",
                      cases[i].why, cases[i].x, cases[i].expected, got);
    }
}

/* The i-th of a sequence that fills [0, 1) evenly, a multiple of 2^-53 like a uniform draw. */
static double spread(uint64_t i)
{
    return (double)(i * UINT64_C(0x9e3779b97f4a7c15) >> 11) * 0x1p-53;
}

/* One changed bit of any result changes the fingerprint of f over [low, high). */
static uint64_t fingerprint(function *f, double low, double high, uint64_t count)
{
    uint64_t hash = 0;
    for (uint64_t i = 0; i < count; i++) {
        double x = low + (high - low) * spread(i);
        hash = (hash ^ bits_of(f(x))) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static double log1p_of_negated(double u)
{
    return mfn__log1p(-u);
}

START_TEST(log1p_has_the_bits_of_the_references_libm)
{
    static const recorded cases[] = {
        {"seed 9, draw 188129: off by one unless fused", -0x1.0572f0a4946c4p-2,
         -0x1.2de0adbe7c41fp-2},
        {"the other half of that draw", -0x1.4114cfa729bcbp-1, -0x1.f9138055d7d31p-1},
        {"a coefficient further down is off unless fused", -0x1.50774f09b179cp-2,
         -0x1.97ebd7005d623p-2},
        {"least positive uniform draw", -0x1p-53, -0x1p-53},
        {"greatest uniform draw", -0x1.fffffffffffffp-1, -0x1.25e4f7b2737fap+5},
        {"below 2^-54 it is x", 0x1.8p-55, 0x1.8p-55},
        {"below 2^-29 two terms do", -0x1.8p-30, -0x1.800000048p-30},
        {"high word of the lower bound of the direct range", -0x1.2bec340000001p-2,
         -0x1.62e43115a8fb6p-2},
        {"last in the direct range", -0x1.2bec3ffffffffp-2, -0x1.62e4420e1ff0fp-2},
        {"first beyond it", -0x1.2bec4p-2, -0x1.62e4420e1ff1p-2},
        {"among the last above zero in the direct range", 0x1.a8279fffffff4p-2,
         0x1.62e43471c5d96p-2},
        {"first beyond it, above zero", 0x1.a827ap-2, 0x1.62e43471c5d9ep-2},
        {"1 + x is a power of two", -0x1.8p-1, -0x1.62e42fefa39efp+0},
        {"1 + x is just above a power of two", -0x1.fffffep-2, -0x1.62e42defa39ffp-1},
        {"1 + x is just below a power of two", -0x1.000001p-1, -0x1.62e431efa39ffp-1},
        {"1 is lost in 1 + x", 0x1.8fd55c8b6b45p+53, 0x1.29761c50a19f7p+5},
        {"greatest finite number", 0x1.fffffffffffffp+1023, 0x1.62e42fefa39efp+9},
        {"zero", 0.0, 0.0},
        {"negative zero", -0.0, -0.0},
        {"end of the domain", -1.0, -INFINITY},
        {"infinity", INFINITY, INFINITY},
    };
    check_recorded(mfn__log1p, cases, LENGTH(cases));
    ck_assert(isnan(mfn__log1p(-0x1.0000000000001p+0)));
    ck_assert(isnan(mfn__log1p(-INFINITY)));
    ck_assert(isnan(mfn__log1p(NAN)));
}
END_TEST

START_TEST(exp_is_correctly_rounded)
{
    static const recorded cases[] = {
        {"exact", 0.0, 1.0},
        {"glibc is off by one", -0x1.4d9d68d3848a4p+2, 0x1.64f5a2e3db0d1p-8},
        {"glibc without fused multiply-add is off by one", -0x1.d9dcec364fa7p-5,
         0x1.e3394ed7ac981p-1},
        {"just above half a unit in the last place", 0x1.0000000000001p-53, 0x1.0000000000001p+0},
        {"lower end of the domain", -700.0, 0x1.14f2b0fb9307fp-1010},
        {"upper end of the domain", 700.0, 0x1.d945df4f8ec8ep+1009},
        {"almost halfway between two doubles", 0x1.fc4ee37f259a4p-1, 0x1.5970b30134287p+1},
        {"almost halfway between two doubles", 0x1.0711dbe03d596p+0, 0x1.65aecb04152f8p+1},
        {"almost halfway between two doubles", 0x1.fccf0a6788903p-1, 0x1.59c7344119613p+1},
    };
    check_recorded(mfn__exp, cases, LENGTH(cases));
}
END_TEST

START_TEST(log_is_correctly_rounded)
{
    static const recorded cases[] = {
        {"exact", 1.0, 0.0},
        {"glibc is off by one", 0x1.cb5c11c94b1c1p-1, -0x1.bc613ef4d17b5p-4},
        {"next below 1", 0x1.fffffffffffffp-1, -0x1p-53},
        {"next above 1", 0x1.0000000000001p+0, 0x1.fffffffffffffp-53},
        {"below the square root of 1/2", 0x1.6a09e667f3bccp-1, -0x1.62e42fefa39f1p-2},
        {"at the square root of 1/2", 0x1.6a09e667f3bcdp-1, -0x1.62e42fefa39eep-2},
        {"a third", 0x1.5555555555555p-2, -0x1.193ea7aad030bp+0},
        {"least positive number", 0x1p-1074, -0x1.74385446d71c3p+9},
        {"greatest finite number", 0x1.fffffffffffffp+1023, 0x1.62e42fefa39efp+9},
        {"almost halfway between two doubles", 0x1.dd40c880d5893p+0, 0x1.3ee8bde38b4d2p-1},
        {"almost halfway between two doubles", 0x1.671a8213d8ed1p+1, 0x1.0815a921df3c7p+0},
        {"almost halfway between two doubles", 0x1.6cb96a5c7519fp+2, 0x1.bd81962e69f6p+0},
    };
    check_recorded(mfn__log, cases, LENGTH(cases));
}
END_TEST

START_TEST(pow10_is_correctly_rounded)
{
    static const recorded cases[] = {
        {"exact", 0.0, 1.0},
        {"exact, greatest power of ten with 53 bits", 22.0, 1e22},
        {"nearest to a power of ten", -5.0, 1e-5},
        {"glibc is off by one", 0x1.68e2eca33a757p+0, 0x1.9afdc26d0016ap+4},
        {"lower end of the domain", -300.0, 1e-300},
        {"upper end of the domain", 300.0, 1e300},
        {"almost halfway between two doubles", 0x1.02f6e97ed78bbp+2, 0x1.5bac28ec82fcfp+13},
        {"almost halfway between two doubles", 0x1.0335bd5d09a5ap-2, 0x1.ca898b649cf25p+0},
        {"almost halfway between two doubles", 0x1.0a7e91e09c898p+0, 0x1.5fad460a29b17p+3},
    };
    check_recorded(mfn__pow10, cases, LENGTH(cases));
}
END_TEST

START_TEST(sin_and_cos_are_correctly_rounded)
{
    static const recorded sines[] = {
        {"zero", 0.0, 0.0},
        {"glibc is off by one", 0x1.5fc9669e13092p+2, -0x1.6a719c10b4543p-1},
        {"small", 0x1p-20, 0x1.ffffffffffaabp-21},
        {"next to pi", 0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53},
        {"next to pi, negative", -0x1.921fb54442d18p+1, -0x1.1a62633145c07p-53},
        {"second quadrant", 2.0, 0x1.d18f6ead1b446p-1},
        {"next to a great multiple of pi", 0x1.8683c2ec9653bp+16, 0x1.a24df9e9338a1p-45},
        {"upper end of the domain", 100000.0, 0x1.24daa9c527e96p-5},
        {"almost halfway between two doubles", 0x1.1398b2271821p+0, 0x1.c2ba1257c4d0ap-1},
        {"almost halfway between two doubles", 0x1.07d5978b896fcp+0, 0x1.b7188e4283d3ap-1},
    };
    static const recorded cosines[] = {
        {"zero", 0.0, 1.0},
        {"glibc is off by one", 0x1.1baea20809f47p+1, -0x1.34018ed6868f9p-1},
        {"next to pi / 2", 0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54},
        {"next to -pi / 2", -0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54},
        {"fourth quadrant", 5.0, 0x1.22785706b4ad9p-2},
        {"lower end of the domain", -100000.0, -0x1.ffac3841b3da7p-1},
        {"almost halfway between two doubles", 0x1.062a2f8ff7e5p+0, 0x1.0a2e3b8131c46p-1},
        {"almost halfway between two doubles", 0x1.30bed7646b2aep+0, 0x1.7c3020da2e006p-2},
    };
    check_recorded(mfn__sin, sines, LENGTH(sines));
    check_recorded(mfn__cos, cosines, LENGTH(cosines));
}
END_TEST

START_TEST(log10_has_the_bits_that_decide_box_sizes)
{
    static const recorded cases[] = {
        {"exact", 1.0, 0.0},
        {"correctly rounded", 2.0, 0x1.34413509f79ffp-2},
        {"not correctly rounded", 11.0, 0x1.0a98b6050c56ep+0},
        {"not correctly rounded", 40.0, 0x1.9a209a84fbdp+0},
        {"exact power of ten", 1000.0, 3.0},
        {"below 1", 0.5, -0x1.34413509f79ffp-2},
    };
    check_recorded(mfn__log10, cases, LENGTH(cases));
}
END_TEST

/* The sizes from 2 to 32 in five steps are 2, 4, 7, 16, 32. */
START_TEST(the_power_that_stands_for_8_falls_below_it)
{
    double first = mfn__log10(2.0);
    double step = (mfn__log10(32.0) - first) / 4.0;
    static const double expected[] = {2.0, 4.0, 0x1.fffffffffffffp+2, 16.0};
    for (int k = 0; k < 4; k++) {
        double power = mfn__pow10((double)k * step + first);
        ck_assert_msg(power == expected[k], "step %d: expected %a, got %a", k, expected[k], power);
    }
}
END_TEST

START_TEST(fingerprints_are_the_same_on_every_machine)
{
    static const struct {
        const char *name;
        function *f;
        double low, high;
        uint64_t count;
        uint64_t expected;
    } cases[] = {
        {"log1p of negated draws", log1p_of_negated, 0.0, 1.0, 400000,
         UINT64_C(0xf84218af97e19a14)},
        {"log1p", mfn__log1p, -1.0, 2.0, 100000, UINT64_C(0x991ea116e181094e)},
        {"exp", mfn__exp, -700.0, 700.0, 20000, UINT64_C(0x4109c81082f37863)},
        {"log", mfn__log, 0.0001, 100.0, 20000, UINT64_C(0x1a46e8f3747eae8e)},
        {"log10", mfn__log10, 0.0001, 65535.0, 20000, UINT64_C(0xa6b6a1fbdbb3e824)},
        {"pow10", mfn__pow10, -300.0, 300.0, 20000, UINT64_C(0x9bb2155c6f9ffd4a)},
        {"sin", mfn__sin, -1e5, 1e5, 20000, UINT64_C(0x0a8d26d67c57722d)},
        {"cos", mfn__cos, -1e5, 1e5, 20000, UINT64_C(0xa5c80b04fdea6df0)},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint64_t got = fingerprint(cases[i].f, cases[i].low, cases[i].high, cases[i].count);
        ck_assert_msg(got == cases[i].expected, "%s: expected %016llx, got %016llx", cases[i].name,
                      (unsigned long long)cases[i].expected, (unsigned long long)got);
    }
}
END_TEST

static void check_less_than_exp(double value, double x)
{
    bool expected = value < mfn__exp(x);
    ck_assert_msg(mfn__less_than_exp(value, x) == expected, "%a < exp(%a): expected %d", value, x,
                  expected);
}

START_TEST(less_than_exp_equals_the_comparison_with_exp)
{
    static const double relative_distances[] = {0.0,      0x1p-52, 1e-15, 0.9e-12, 1e-12,
                                                1.1e-12,  1e-6,    0.5,   -1e-15,  -0.9e-12,
                                                -1.1e-12, -1e-6,   -0.5,  -1.0,    -2.0};
    for (uint64_t i = 0; i < 2000; i++) {
        double x = -8.0 * spread(i);
        double power = mfn__exp(x);
        check_less_than_exp(nextafter(power, 0.0), x);
        check_less_than_exp(nextafter(power, 2.0), x);
        for (size_t d = 0; d < LENGTH(relative_distances); d++) {
            check_less_than_exp(power * (1.0 + relative_distances[d]), x);
        }
    }
    ck_assert(!mfn__less_than_exp(1.0, 0.0));
    ck_assert(mfn__less_than_exp(0x1.fffffffffffffp-1, 0.0));
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        log1p_has_the_bits_of_the_references_libm,
        exp_is_correctly_rounded,
        log_is_correctly_rounded,
        pow10_is_correctly_rounded,
        sin_and_cos_are_correctly_rounded,
        log10_has_the_bits_that_decide_box_sizes,
        the_power_that_stands_for_8_falls_below_it,
        fingerprints_are_the_same_on_every_machine,
        less_than_exp_equals_the_comparison_with_exp,
        NULL,
    };
    return mfn_test_run("exact_math", tests);
}
