/* SPDX-License-Identifier: MIT */
/* One run of a pipeline, shared by its threads: intake takes jobs in, workers compute, one lane per
 * publisher publishes, and the caller's thread settles. */
#ifndef MFN_STREAM_RUN_H
#define MFN_STREAM_RUN_H

#include <pthread.h>

#include "stream/pipeline_internal.h"
#include "stream/queue.h"

struct mfn__lane;
struct mfn__sequence;

/* What became of every job that was taken in. At rest
 *     read = published + dead_lettered + spooled + returned + handed_back
 * where each is counted at a place of its own, and `alive`, counted with the messages themselves,
 * is 0. */
typedef struct mfn__account {
    atomic_uint_fast64_t read, bytes_read;
    atomic_uint_fast64_t computed;
    atomic_uint_fast64_t published;     /* by every publisher */
    atomic_uint_fast64_t dead_lettered; /* as a whole, or at one publisher at least */
    atomic_uint_fast64_t spooled;       /* settled, but the spool owes it to a publisher still; may
                                           be below 0 for a moment */
    atomic_uint_fast64_t returned;      /* given up with the run: the source has it still */
    atomic_uint_fast64_t handed_back;   /* its partition went to another member of the group */
    atomic_uint_fast64_t alive;         /* messages that exist */
    atomic_uint_fast64_t retries;
    atomic_int_fast64_t settled_ns; /* monotonic: when something was last settled */
} mfn__account;

typedef struct mfn__run {
    mfn__pipeline *pipeline;
    const mfn__run_options *options;
    mfn__ledger *ledger;
    mfn__spool *spool;
    mfn__http_pool *http;
    mfn__surroundings around; /* of the connector; those of publishers are their lanes' */
    void *connector;
    mfn__queue *jobs;     /* from intake to the workers */
    mfn__queue *finished; /* from the lanes to settling; bounded by what is in flight */
    struct mfn__lane *lanes[MFN__PUBLISHERS_MAX];
    size_t lane_count;
    struct mfn__sequence *sequence; /* exactly once: takes the place of the lanes; else NULL */
    mfn__account account;
    atomic_size_t busy_lanes;         /* the last one to end closes `finished` */
    atomic_bool abandon;              /* leave everything that is not settled for the next run */
    atomic_bool halt;                 /* take nothing in any more; also true when abandoned */
    atomic_int_fast64_t stop_seen_ns; /* when the stop was noticed; 0: not yet */

    pthread_mutex_t mutex; /* guards all below */
    mfn__metrics fetch_metrics;
    mfn__breaker_state fetch_breaker;
    mfn_error failure;            /* the first reason for giving up */
    pthread_mutex_t letter_mutex; /* one dead letter at a time */
    uint64_t jitter_state;
} mfn__run;

int64_t mfn__run_now_ns(const mfn__run *run);
void mfn__run_warn(const mfn__run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* True when what cannot succeed soon must be given up: the run shall end. */
bool mfn__run_must_end(const mfn__run *run);
bool mfn__run_is_abandoned(const mfn__run *run);

/* Leaves everything that is not settled for the next run. */
void mfn__run_abandon(mfn__run *run);

/* Notices that a stop was asked for: nothing more is taken in. Abandons the run when its grace time
 * is over. */
void mfn__run_watch_stop(mfn__run *run);

/* Remembers the first failure and abandons the run. */
void mfn__run_fail(mfn__run *run, const mfn_error *err);

/* Waits, in small steps, until the time has passed or the run is abandoned. */
void mfn__run_sleep(mfn__run *run, double duration_s);

/* The delay before the retry after attempt number `attempt`, with jitter, and at least what the
 * other side asked for (up to max_retry_delay). */
double mfn__run_delay_s(mfn__run *run, const mfn__retry_options *retry, uint64_t attempt,
                        const mfn__advice *advice);

/* What a failure means, advice first. */
mfn__trouble mfn__run_trouble(mfn_status status, const mfn__advice *advice);

/* Writes a dead letter, as often as it takes; false when the run was given up meanwhile. Any
 * thread. */
bool mfn__run_bury(mfn__run *run, const mfn__dead_letter *letter);

/* Frees a message that stays with its source. */
void mfn__run_return(mfn__run *run, mfn__message *message);

#endif
