/* SPDX-License-Identifier: MIT */
/* A lane brings results to one publisher, on a thread of its own, with its own bounded queue, retry
 * and circuit breaker, so that no destination waits for another.
 *
 * When the pipeline has several publishers and this one is down, its results are put into the spool
 * with the same transaction that settles them at their source, and the lane publishes them from
 * there when it is up again. With a single publisher there is nobody to hold up: results wait in
 * memory, unacknowledged, and intake slows down. */
#ifndef MFN_STREAM_LANE_H
#define MFN_STREAM_LANE_H

#include "stream/run.h"

typedef struct mfn__lane mfn__lane;

/* Opens publisher number `number` of the run's pipeline. No thread yet. */
mfn_status mfn__lane_new(mfn__run *run, size_t number, mfn__lane **ret, mfn_error *err);
void mfn__lane_free(mfn__lane *lane); /* NULL is allowed; after the thread has ended */

mfn_status mfn__lane_start(mfn__lane *lane, mfn_error *err);
void mfn__lane_close(mfn__lane *lane); /* nothing comes any more; the thread ends by itself */
void mfn__lane_join(mfn__lane *lane);

/* Hands a computed message to every lane that is meant, and waits where there is no room. The last
 * one to finish with it puts it into the run's `finished` queue. Thread: workers. */
void mfn__lanes_hand(mfn__run *run, mfn__message *message);

/* Tells the lane that so many of its results were put into the spool. Thread: settling. */
void mfn__lane_spooled(mfn__lane *lane, uint64_t count);

/* Tells the lane that one it meant for the spool is left to the next run after all. Any thread. */
void mfn__lane_count_returned(mfn__lane *lane);

mfn__content mfn__lane_content(const mfn__lane *lane);
uint64_t mfn__lane_target(const mfn__lane *lane);
const char *mfn__lane_name(const mfn__lane *lane); /* as dead letters have it */
mfn_status mfn__lane_put_dead_letter(mfn__lane *lane, const mfn__dead_letter *letter,
                                     mfn_error *err);

/* A copy of its counters at this moment. Any thread. */
void mfn__lane_report(mfn__lane *lane, mfn__publisher_report *ret);

/* Exactly once, for the thread that takes the lanes' place. */
void *mfn__lane_publisher(mfn__lane *lane);
void mfn__lane_count(mfn__lane *lane, uint64_t total, uint64_t published, uint64_t refused,
                     uint64_t bytes);
void mfn__lane_count_error(mfn__lane *lane, const mfn_error *err, bool is_retried);

#endif
