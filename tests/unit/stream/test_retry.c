/* SPDX-License-Identifier: MIT */

#include "stream/retry.h"
#include "suite.h"

START_TEST(delays_grow_as_the_strategy_says_and_stop_at_their_limit)
{
    static const struct {
        const char *meaning;
        uint32_t strategy;
        double initial_s, max_s;
        double delays_s[5]; /* after the attempts 0 to 4 */
    } cases[] = {
        {"exponential doubles", MFN__RETRY_EXPONENTIAL, 1, 60, {1, 2, 4, 8, 16}},
        {"exponential up to the limit", MFN__RETRY_EXPONENTIAL, 1, 5, {1, 2, 4, 5, 5}},
        {"exponential from 0 stays there", MFN__RETRY_EXPONENTIAL, 0, 60, {0, 0, 0, 0, 0}},
        {"linear adds", MFN__RETRY_LINEAR, 2, 60, {2, 4, 6, 8, 10}},
        {"linear up to the limit", MFN__RETRY_LINEAR, 2, 7, {2, 4, 6, 7, 7}},
        {"fixed is the same", MFN__RETRY_FIXED, 3, 60, {3, 3, 3, 3, 3}},
        {"fixed above the limit", MFN__RETRY_FIXED, 90, 60, {60, 60, 60, 60, 60}},
        {"no retry, no delay", MFN__RETRY_NONE, 1, 60, {0, 0, 0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const mfn__retry_options options = {
            .retry_strategy = cases[i].strategy,
            .initial_retry_delay = cases[i].initial_s,
            .max_retry_delay = cases[i].max_s,
        };
        for (uint64_t attempt = 0; attempt < 5; attempt++) {
            double delay_s = mfn__retry_delay_s(&options, attempt);
            ck_assert_msg(delay_s == cases[i].delays_s[attempt], "%s: attempt %d, %g s",
                          cases[i].meaning, (int)attempt, delay_s);
        }
    }
}
END_TEST

START_TEST(no_number_of_attempts_leads_out_of_the_limits)
{
    static const uint64_t attempts[] = {63, 64, 1024, 2100, 2101, UINT64_C(1) << 32, UINT64_MAX};
    static const double initials_s[] = {0, 5e-324, 1e-3, 1, 86400};
    for (uint32_t strategy = MFN__RETRY_EXPONENTIAL; strategy <= MFN__RETRY_NONE; strategy++) {
        for (size_t k = 0; k < sizeof initials_s / sizeof initials_s[0]; k++) {
            const mfn__retry_options options = {
                .retry_strategy = strategy,
                .initial_retry_delay = initials_s[k],
                .max_retry_delay = 60,
            };
            for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
                double delay_s = mfn__retry_delay_s(&options, attempts[i]);
                ck_assert_msg(delay_s >= 0 && delay_s <= 60, "strategy %u, initially %g s: %g s",
                              strategy, initials_s[k], delay_s);
            }
        }
    }
}
END_TEST

START_TEST(retries_are_those_after_the_first_attempt)
{
    static const struct {
        const char *meaning;
        uint32_t strategy;
        uint64_t max_retries, attempts; /* that are allowed */
    } cases[] = {
        {"three retries are four attempts", MFN__RETRY_EXPONENTIAL, 3, 4},
        {"the strategy does not matter", MFN__RETRY_FIXED, 3, 4},
        {"no retries", MFN__RETRY_LINEAR, 0, 1},
        {"no_retry wins over max_retries", MFN__RETRY_NONE, 3, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const mfn__retry_options options = {
            .retry_strategy = cases[i].strategy,
            .max_retries = cases[i].max_retries,
        };
        uint64_t attempt = 0;
        while (attempt < 10 && mfn__retry_allows(&options, attempt)) {
            attempt++;
        }
        ck_assert_msg(attempt == cases[i].attempts, "%s: %d attempts", cases[i].meaning,
                      (int)attempt);
    }
}
END_TEST

START_TEST(the_defaults_are_those_of_the_guide)
{
    mfn__retry_options options;
    mfn_options_set_defaults(mfn__retry_option_table(), &options);
    ck_assert(options.enabled);
    ck_assert_uint_eq(options.max_retries, 3);
    ck_assert_uint_eq(options.retry_strategy, MFN__RETRY_EXPONENTIAL);
    ck_assert_double_eq(options.initial_retry_delay, 1.0);
    ck_assert_double_eq(options.max_retry_delay, 60.0);
    ck_assert_double_eq(options.timeout, 30.0);
}
END_TEST

START_TEST(jitter_spreads_delays_and_never_lengthens_them)
{
    static const struct {
        mfn__retry_jitter jitter;
        double draw, expected_s;
    } cases[] = {
        {MFN__JITTER_NONE, 0.25, 8.0}, {MFN__JITTER_FULL, 0.0, 0.0},  {MFN__JITTER_FULL, 0.25, 2.0},
        {MFN__JITTER_EQUAL, 0.0, 4.0}, {MFN__JITTER_EQUAL, 0.5, 6.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const mfn__retry_options options = {.retry_jitter = cases[i].jitter};
        ck_assert(mfn__retry_jittered_s(&options, 8.0, cases[i].draw) == cases[i].expected_s);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        delays_grow_as_the_strategy_says_and_stop_at_their_limit,
        no_number_of_attempts_leads_out_of_the_limits,
        retries_are_those_after_the_first_attempt,
        the_defaults_are_those_of_the_guide,
        jitter_spreads_delays_and_never_lengthens_them,
        NULL,
    };
    return mfn_test_run("retry", tests);
}
