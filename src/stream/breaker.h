/* SPDX-License-Identifier: MIT */
/* The circuit breaker of one target: after enough failures in a row it stops the calls, and lets a
 * few through now and then to see whether the target is back. Time is the caller's. */
#ifndef MFN_STREAM_BREAKER_H
#define MFN_STREAM_BREAKER_H

#include <stdint.h>

#include "mfn/option.h"

typedef enum mfn__breaker_state {
    MFN__BREAKER_CLOSED,    /* calls pass */
    MFN__BREAKER_OPEN,      /* none does until the recovery time is over */
    MFN__BREAKER_HALF_OPEN, /* half_open_max_calls may pass; the first outcome decides */
} mfn__breaker_state;

typedef struct mfn__breaker_options {
    uint64_t failure_threshold;   /* failures in a row that open it */
    double recovery_timeout;      /* s from opening to the first call that may pass */
    uint64_t half_open_max_calls; /* messages of that call */
} mfn__breaker_options;

/* The rows that every connector and publisher has. Static. */
const mfn_option *mfn__breaker_option_table(void);

/* Not thread-safe: one owner. */
typedef struct mfn__breaker {
    mfn__breaker_options options;
    mfn__breaker_state state;
    uint64_t failures; /* in a row */
    int64_t opened_ns; /* monotonic */
    uint64_t openings;
} mfn__breaker;

void mfn__breaker_init(mfn__breaker *breaker, const mfn__breaker_options *options);

/* The state at this moment: an open one becomes half-open when its time is over. */
mfn__breaker_state mfn__breaker_look(mfn__breaker *breaker, int64_t now_ns);

/* When the next call may pass: in the past unless it is open. */
int64_t mfn__breaker_ready_ns(const mfn__breaker *breaker);

void mfn__breaker_success(mfn__breaker *breaker);
void mfn__breaker_failure(mfn__breaker *breaker, int64_t now_ns);
void mfn__breaker_trip(mfn__breaker *breaker, int64_t now_ns); /* opens it at once */

const char *mfn__breaker_state_name(mfn__breaker_state state); /* "closed", "open", "half_open" */

#endif
