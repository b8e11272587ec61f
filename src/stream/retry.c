/* SPDX-License-Identifier: MIT */
#include "stream/retry.h"

#include <math.h>

#include "base/option_table.h"

static const char *const strategy_names[] = {"exponential_backoff", "linear_backoff", "fixed_delay",
                                             "no_retry", NULL};

static const char *const jitter_names[] = {"none", "full", "equal", NULL};

#define RETRIES_MAX 1000000
#define SECONDS_MAX 86400

const mfn_option *mfn__retry_option_table(void)
{
    /* clang-format off: one row per option */
    static const mfn_option table[] = {
        MFN__BOOL(mfn__retry_options, enabled, "true", "use this component"),
        MFN__WHOLE(mfn__retry_options, max_retries, 0, RETRIES_MAX, "3", "",
                   "attempts after the first one"),
        MFN__CHOICE(mfn__retry_options, retry_strategy, strategy_names, "exponential_backoff",
                    "how the delay grows from attempt to attempt"),
        MFN__REAL(mfn__retry_options, initial_retry_delay, 0, SECONDS_MAX, "1.0", "s",
                  "delay before the first retry"),
        MFN__REAL(mfn__retry_options, max_retry_delay, 0, SECONDS_MAX, "60.0", "s",
                  "no delay is longer"),
        MFN__REAL(mfn__retry_options, timeout, 0.001, SECONDS_MAX, "30.0", "s",
                  "limit of one call to another machine"),
        MFN__CHOICE(mfn__retry_options, retry_jitter, jitter_names, "none",
                    "spread delays at random: not, from 0, or from their half"),
        MFN__REAL(mfn__retry_options, max_retry_time, 0, SECONDS_MAX, "0", "s",
                  "no retry begins later than this after the first attempt; 0: no limit"),
        {0},
    };
    /* clang-format on */
    return table;
}

double mfn__retry_delay_s(const mfn__retry_options *options, uint64_t attempt)
{
    double delay_s = 0.0;
    switch ((mfn__retry_strategy)options->retry_strategy) {
    case MFN__RETRY_EXPONENTIAL:
        /* Beyond this exponent any delay but 0 is infinite, and ldexp keeps 0. */
        delay_s = ldexp(options->initial_retry_delay, attempt < 2100 ? (int)attempt : 2100);
        break;
    case MFN__RETRY_LINEAR:
        delay_s = options->initial_retry_delay * ((double)attempt + 1.0);
        break;
    case MFN__RETRY_FIXED:
        delay_s = options->initial_retry_delay;
        break;
    case MFN__RETRY_NONE:
        break;
    }
    return delay_s < options->max_retry_delay ? delay_s : options->max_retry_delay;
}

double mfn__retry_jittered_s(const mfn__retry_options *options, double delay_s, double draw)
{
    switch ((mfn__retry_jitter)options->retry_jitter) {
    case MFN__JITTER_FULL:
        return delay_s * draw;
    case MFN__JITTER_EQUAL:
        return delay_s / 2.0 + delay_s / 2.0 * draw;
    case MFN__JITTER_NONE:
        break;
    }
    return delay_s;
}

bool mfn__retry_allows(const mfn__retry_options *options, uint64_t attempt)
{
    return attempt == 0 ||
           (options->retry_strategy != MFN__RETRY_NONE && attempt <= options->max_retries);
}
