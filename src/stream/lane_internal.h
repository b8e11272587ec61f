/* SPDX-License-Identifier: MIT */
/* What the two halves of a lane share: its queue (lane.c) and its publishing (lane_publish.c). */
#ifndef MFN_STREAM_LANE_INTERNAL_H
#define MFN_STREAM_LANE_INTERNAL_H

#include "stream/lane.h"

#define MFN__LANE_NAME_MAX 64

struct mfn__lane {
    mfn__run *run;
    size_t number;
    const mfn__publisher_section *section;
    mfn__surroundings around;
    void *self;
    mfn__content content;
    size_t capacity; /* parcels of one call */
    bool may_spool;
    char name[MFN__LANE_NAME_MAX];
    char label[MFN__LANE_NAME_MAX + 32]; /* for messages: "publishers[0] (webhook)" */
    pthread_t thread;
    bool is_started;
    mfn__parcel *parcels; /* `capacity` of them; of the thread */
    mfn__message **taken; /* likewise */
    mfn__breaker breaker; /* of the thread; others see `report` */

    atomic_uint_fast64_t returned; /* results given up with the run */

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t not_empty, not_full;
    mfn__message **ring;
    size_t ring_size, first, count, bytes, max_bytes;
    bool is_closed;
    bool is_in_trouble; /* its last call failed */
    bool is_gone;
    mfn__publisher_report report;
};

/* Takes up to `max` messages into `taken`; waits a moment when there is nothing and `may_wait`. */
size_t mfn__lane_take(mfn__lane *lane, size_t max, bool may_wait, bool *ret_is_over);

/* The message has met its fate at this publisher; after the last one it goes on to settling. */
void mfn__lane_end_message(mfn__lane *lane, mfn__message *message, mfn__fate fate);

/* Decides that the message's result goes to the spool; false when that is full. */
bool mfn__lane_put_off(mfn__lane *lane, mfn__message *message);

/* The body of the thread. */
void mfn__lane_publish_until_over(mfn__lane *lane);

/* What settling spooled may arrive after the lane's queue is closed: publishes that, when nothing
 * can come any more. */
void mfn__lane_drain_rest(mfn__lane *lane);

#endif
