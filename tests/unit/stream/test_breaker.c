/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "stream/breaker.h"
#include "suite.h"

#define S MFN__NS_PER_S

static mfn__breaker make(void)
{
    mfn__breaker_options options;
    mfn_options_set_defaults(mfn__breaker_option_table(), &options);
    mfn__breaker breaker;
    mfn__breaker_init(&breaker, &options);
    return breaker;
}

START_TEST(the_defaults_are_five_failures_a_minute_and_one_call)
{
    mfn__breaker breaker = make();
    ck_assert_uint_eq(breaker.options.failure_threshold, 5);
    ck_assert(breaker.options.recovery_timeout == 60.0);
    ck_assert_uint_eq(breaker.options.half_open_max_calls, 1);
}
END_TEST

/* One character per event: f failure, s success, t trip, and digits that wait 10 s each. */
START_TEST(states_follow_failures_successes_and_time)
{
    static const struct {
        const char *events;
        mfn__breaker_state state;
        uint64_t openings;
    } cases[] = {
        {"", MFN__BREAKER_CLOSED, 0},         {"ffff", MFN__BREAKER_CLOSED, 0},
        {"fffff", MFN__BREAKER_OPEN, 1},      {"ffffsffff", MFN__BREAKER_CLOSED, 0},
        {"fffff5", MFN__BREAKER_OPEN, 1},     {"fffff6", MFN__BREAKER_HALF_OPEN, 1},
        {"fffff6s", MFN__BREAKER_CLOSED, 1},  {"fffff6f", MFN__BREAKER_OPEN, 2},
        {"fffff6f5", MFN__BREAKER_OPEN, 2},   {"fffff6f6", MFN__BREAKER_HALF_OPEN, 2},
        {"fffff6sf", MFN__BREAKER_CLOSED, 1}, {"t", MFN__BREAKER_OPEN, 1},
        {"t6s", MFN__BREAKER_CLOSED, 1},      {"tt", MFN__BREAKER_OPEN, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn__breaker breaker = make();
        int64_t now_ns = 1000 * S;
        for (const char *event = cases[i].events; *event != '\0'; event++) {
            if (*event == 'f') {
                mfn__breaker_failure(&breaker, now_ns);
            } else if (*event == 's') {
                mfn__breaker_success(&breaker);
            } else if (*event == 't') {
                mfn__breaker_trip(&breaker, now_ns);
            } else {
                now_ns += (*event - '0') * 10 * S;
            }
            (void)mfn__breaker_look(&breaker, now_ns);
        }
        ck_assert_msg(mfn__breaker_look(&breaker, now_ns) == cases[i].state, "after '%s'",
                      cases[i].events);
        ck_assert_msg(breaker.openings == cases[i].openings, "after '%s'", cases[i].events);
    }
}
END_TEST

START_TEST(an_open_one_says_when_it_may_be_tried)
{
    mfn__breaker breaker = make();
    ck_assert_int_eq(mfn__breaker_ready_ns(&breaker), INT64_MIN);
    mfn__breaker_trip(&breaker, 7 * S);
    ck_assert_int_eq(mfn__breaker_ready_ns(&breaker), 67 * S);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        the_defaults_are_five_failures_a_minute_and_one_call,
        states_follow_failures_successes_and_time,
        an_open_one_says_when_it_may_be_tried,
        NULL,
    };
    return mfn_test_run("breaker", tests);
}
