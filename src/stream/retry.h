/* SPDX-License-Identifier: MIT */
/* How long to wait before trying again: the strategies, options and defaults of the connectors
 * guide. Pure arithmetic; whoever waits brings the clock. */
#ifndef MFN_STREAM_RETRY_H
#define MFN_STREAM_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "mfn/option.h"

typedef enum mfn__retry_strategy {
    MFN__RETRY_EXPONENTIAL, /* initial * 2^attempt */
    MFN__RETRY_LINEAR,      /* initial * (attempt + 1) */
    MFN__RETRY_FIXED,       /* initial */
    MFN__RETRY_NONE,        /* one attempt, no retry */
} mfn__retry_strategy;

typedef enum mfn__retry_jitter {
    MFN__JITTER_NONE,  /* the strategy's exact delay */
    MFN__JITTER_FULL,  /* anything from 0 to it */
    MFN__JITTER_EQUAL, /* anything from its half to it */
} mfn__retry_jitter;

typedef struct mfn__retry_options {
    bool enabled; /* of the component itself */
    uint64_t max_retries;
    uint32_t retry_strategy;                     /* mfn__retry_strategy */
    double initial_retry_delay, max_retry_delay; /* s */
    double timeout;                              /* s, of one call to another machine */
    uint32_t retry_jitter;                       /* mfn__retry_jitter */
    double max_retry_time;                       /* s for all attempts of one thing; 0: no limit */
} mfn__retry_options;

/* The rows that every connector and publisher has beside its own. Static. */
const mfn_option *mfn__retry_option_table(void);

/* Seconds to wait after the failed attempt number `attempt` (from 0); at most max_retry_delay. */
double mfn__retry_delay_s(const mfn__retry_options *options, uint64_t attempt);

/* The delay with jitter; `draw` is uniform in [0, 1). */
double mfn__retry_jittered_s(const mfn__retry_options *options, double delay_s, double draw);

/* True when attempt number `attempt` may follow the ones before it: 0 always may. */
bool mfn__retry_allows(const mfn__retry_options *options, uint64_t attempt);

#endif
