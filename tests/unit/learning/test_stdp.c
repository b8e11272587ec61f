/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

#include "mfn/plasticity.h"
#include "mfn/random.h"

#define SPIKES_MAX            400
#define TRAIN(times_s, count) (&(mfn_spike_train){(times_s), (count)})

/* The pair rule, straight from its formula; thousands of equal terms need the longer sum. */
static double pair_sum(const mfn_stdp_config *c, const double *pre, size_t n, const double *post,
                       size_t m, double *ret_magnitude)
{
    long double sum = 0.0L;
    *ret_magnitude = 0.0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < m; j++) {
            double d = post[j] - pre[i];
            double dw = d > 0   ? c->a_plus * exp(fmax(-d / c->tau_plus, -50.0))
                        : d < 0 ? -c->a_minus * exp(fmax(d / c->tau_minus, -50.0))
                                : 0.0;
            sum += (long double)dw;
            *ret_magnitude += fabs(dw);
        }
    }
    return (double)sum;
}

static int ascend(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Times with ties (multiples of 1 ms), bursts and gaps of many time constants. */
static size_t draw_train(mfn_random *random, double *ret)
{
    size_t count = (size_t)mfn_random_integer(random, 0, SPIKES_MAX);
    double start = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (mfn_random_uniform(random) < 0.02) {
            start += 20.0 * mfn_random_uniform(random);
        }
        double time = start + 0.3 * mfn_random_uniform(random);
        ret[i] = mfn_random_uniform(random) < 0.5 ? floor(time * 1000.0) / 1000.0 : time;
    }
    qsort(ret, count, sizeof *ret, ascend);
    return count;
}

START_TEST(trains_give_the_sum_over_all_pairs)
{
    static double pre[SPIKES_MAX];
    static double post[SPIKES_MAX];
    mfn_random *random = NULL;
    ck_assert_int_eq(mfn_random_new("7", &random, NULL), MFN_OK);
    for (int round = 0; round < 200; round++) {
        mfn_stdp_config config;
        mfn_stdp_config_init(&config);
        config.tau_plus = mfn_random_uniform_between(random, 0.005, 0.1);
        config.tau_minus = mfn_random_uniform_between(random, 0.005, 0.1);
        size_t n = draw_train(random, pre);
        size_t m = draw_train(random, post);
        double magnitude = 0.0;
        double expected = pair_sum(&config, pre, n, post, m, &magnitude);
        double got = 0.0;
        mfn_error err = {0};
        ck_assert_msg(mfn_stdp_trains(&config, TRAIN(pre, n), TRAIN(post, m), &got, &err) == MFN_OK,
                      "%s", err.text);
        ck_assert_msg(fabs(got - expected) <= 1e-12 * magnitude,
                      "round %d: expected %.17g, got %.17g", round, expected, got);
    }
    mfn_random_free(random);
}
END_TEST

START_TEST(spikes_far_apart_count_as_the_pair_rule_counts_them)
{
    const double pre[] = {0.0, 0.001, 100.0};
    const double post[] = {50.0, 50.002, 200.0};
    double magnitude = 0.0;
    mfn_stdp_config config;
    mfn_stdp_config_init(&config);
    double expected = pair_sum(&config, pre, 3, post, 3, &magnitude);
    double got = 0.0;
    ck_assert_int_eq(mfn_stdp_trains(NULL, TRAIN(pre, 3), TRAIN(post, 3), &got, NULL), MFN_OK);
    ck_assert_msg(fabs(got - expected) <= 1e-12 * magnitude, "expected %.17g, got %.17g", expected,
                  got);
    ck_assert(magnitude > 0.0 && magnitude < 1e-20);
}
END_TEST

START_TEST(order_decides_the_sign)
{
    static const struct {
        const char *why;
        double pre, post, expected;
    } cases[] = {
        {"cause before effect", 0.010, 0.030, 0.01 * 0.36787944117144233},
        {"effect before cause", 0.030, 0.010, -0.012 * 0.36787944117144233},
        {"at the same time", 0.02, 0.02, 0.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const mfn_stdp_batch batch = {&cases[i].pre, &cases[i].post, 1, 1, 1};
        double pair = 7.0;
        double train = 7.0;
        ck_assert_int_eq(mfn_stdp_pairs(NULL, &batch, &pair, NULL), MFN_OK);
        ck_assert_int_eq(
            mfn_stdp_trains(NULL, TRAIN(&cases[i].pre, 1), TRAIN(&cases[i].post, 1), &train, NULL),
            MFN_OK);
        ck_assert_msg(fabs(pair - cases[i].expected) < 1e-16, "%s: %.17g", cases[i].why, pair);
        ck_assert(fabs(train - pair) < 1e-16);
    }
}
END_TEST

START_TEST(a_batch_is_averaged_pair_by_pair)
{
    const double pre[] = {0.00, 0.05, 0.01, 0.05};
    const double post[] = {0.02, 0.04};
    const mfn_stdp_batch batch = {pre, post, 2, 2, 1};
    double got[2];
    ck_assert_int_eq(mfn_stdp_pairs(NULL, &batch, got, NULL), MFN_OK);
    ck_assert(fabs(got[0] - 0.01 * (exp(-1.0) + exp(-1.5)) / 2.0) < 1e-16);
    ck_assert(fabs(got[1] - -0.012 * (exp(-1.5) + exp(-0.5)) / 2.0) < 1e-16);
}
END_TEST

START_TEST(empty_trains_change_nothing)
{
    const double spike = 1.0;
    double got = 7.0;
    ck_assert_int_eq(mfn_stdp_trains(NULL, TRAIN(NULL, 0), TRAIN(&spike, 1), &got, NULL), MFN_OK);
    ck_assert(got == 0.0);
    ck_assert_int_eq(mfn_stdp_trains(NULL, TRAIN(&spike, 1), TRAIN(NULL, 0), &got, NULL), MFN_OK);
    ck_assert(got == 0.0);
}
END_TEST

START_TEST(what_cannot_be_is_refused_by_name)
{
    const double falling[] = {1.0, 0.5};
    const double wrong[] = {1.0, (double)NAN};
    const double fine[] = {1.0, 2.0};
    double got = 7.0;
    mfn_error err = {0};
    ck_assert_int_eq(mfn_stdp_trains(NULL, TRAIN(falling, 2), TRAIN(fine, 2), &got, &err),
                     MFN_INVALID);
    ck_assert_str_eq(err.field, "pre");
    ck_assert_ptr_nonnull(strstr(err.text, "position 1"));
    ck_assert_int_eq(mfn_stdp_trains(NULL, TRAIN(fine, 2), TRAIN(wrong, 2), &got, &err),
                     MFN_INVALID);
    ck_assert_str_eq(err.field, "post");
    const mfn_stdp_batch empty = {fine, fine, 0, 1, 1};
    ck_assert_int_eq(mfn_stdp_pairs(NULL, &empty, &got, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "batch");
    const mfn_stdp_batch wraps = {fine, fine, UINT64_C(1) << 63, 2, 2};
    ck_assert_int_eq(mfn_stdp_pairs(NULL, &wraps, &got, &err), MFN_TOO_LARGE);
    const mfn_stdp_batch huge = {fine, fine, 1, UINT64_C(1) << 33, UINT64_C(1) << 33};
    ck_assert_int_eq(mfn_stdp_pairs(NULL, &huge, &got, &err), MFN_TOO_LARGE);
    const mfn_stdp_batch not_finite = {wrong, fine, 1, 2, 2};
    ck_assert_int_eq(mfn_stdp_pairs(NULL, &not_finite, &got, &err), MFN_INVALID);
    mfn_stdp_config config;
    mfn_stdp_config_init(&config);
    config.tau_plus = 0.004;
    ck_assert_int_eq(mfn_stdp_trains(&config, TRAIN(fine, 2), TRAIN(fine, 2), &got, &err),
                     MFN_INVALID);
    ck_assert_str_eq(err.field, "tau_plus");
    ck_assert(got == 7.0);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {trains_give_the_sum_over_all_pairs,
                            spikes_far_apart_count_as_the_pair_rule_counts_them,
                            order_decides_the_sign,
                            a_batch_is_averaged_pair_by_pair,
                            empty_trains_change_nothing,
                            what_cannot_be_is_refused_by_name,
                            NULL};
    return mfn_test_run("stdp", tests);
}
