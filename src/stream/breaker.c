/* SPDX-License-Identifier: MIT */
#include "stream/breaker.h"

#include "base/clock.h"
#include "base/option_table.h"

#define THRESHOLD_MAX 1000000
#define SECONDS_MAX   86400

const mfn_option *mfn__breaker_option_table(void)
{
    /* clang-format off: one row per option */
    static const mfn_option table[] = {
        MFN__WHOLE(mfn__breaker_options, failure_threshold, 1, THRESHOLD_MAX, "5", "",
                   "failed calls in a row after which calls stop for a while"),
        MFN__REAL(mfn__breaker_options, recovery_timeout, 0, SECONDS_MAX, "60.0", "s",
                  "how long calls stop before one is tried"),
        MFN__WHOLE(mfn__breaker_options, half_open_max_calls, 1, THRESHOLD_MAX, "1", "",
                   "messages of that try"),
        {0},
    };
    /* clang-format on */
    return table;
}

void mfn__breaker_init(mfn__breaker *breaker, const mfn__breaker_options *options)
{
    *breaker = (mfn__breaker){.options = *options};
}

int64_t mfn__breaker_ready_ns(const mfn__breaker *breaker)
{
    if (breaker->state != MFN__BREAKER_OPEN) {
        return INT64_MIN;
    }
    return breaker->opened_ns +
           (int64_t)(breaker->options.recovery_timeout * (double)MFN__NS_PER_S);
}

mfn__breaker_state mfn__breaker_look(mfn__breaker *breaker, int64_t now_ns)
{
    if (breaker->state == MFN__BREAKER_OPEN && now_ns >= mfn__breaker_ready_ns(breaker)) {
        breaker->state = MFN__BREAKER_HALF_OPEN;
    }
    return breaker->state;
}

void mfn__breaker_success(mfn__breaker *breaker)
{
    breaker->state = MFN__BREAKER_CLOSED;
    breaker->failures = 0;
}

void mfn__breaker_failure(mfn__breaker *breaker, int64_t now_ns)
{
    breaker->failures++;
    if (breaker->state == MFN__BREAKER_HALF_OPEN ||
        breaker->failures >= breaker->options.failure_threshold) {
        mfn__breaker_trip(breaker, now_ns);
    }
}

void mfn__breaker_trip(mfn__breaker *breaker, int64_t now_ns)
{
    if (breaker->state != MFN__BREAKER_OPEN) {
        breaker->openings++;
    }
    breaker->state = MFN__BREAKER_OPEN;
    breaker->opened_ns = now_ns;
}

const char *mfn__breaker_state_name(mfn__breaker_state state)
{
    static const char *const names[] = {"closed", "open", "half_open"};
    return names[state];
}
