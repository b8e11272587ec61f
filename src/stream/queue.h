/* SPDX-License-Identifier: MIT */
/* Messages between threads, bounded in items and bytes: who adds to a full queue waits. */
#ifndef MFN_STREAM_QUEUE_H
#define MFN_STREAM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/message.h"

typedef struct mfn__queue mfn__queue;

/* A message larger than `max_bytes` is let in when the queue is empty. */
mfn_status mfn__queue_new(size_t max_items, size_t max_bytes, mfn__queue **ret, mfn_error *err);

/* Frees what is still inside. No thread may be using it. */
void mfn__queue_free(mfn__queue *queue); /* NULL is allowed */

/* Takes the message and waits for room; false (and the message stays the caller's) when the queue
 * was closed. Any thread. */
bool mfn__queue_add(mfn__queue *queue, mfn__message *message);

/* Waits for room for the message, at most until the deadline (monotonic); false when there is none
 * yet. Only for the one thread that adds: others could take the room. */
bool mfn__queue_wait_for_room(mfn__queue *queue, const mfn__message *message, int64_t deadline_ns);

/* Takes up to `max` messages: waits for the first one at most until the deadline (monotonic). 0
 * when it passed, or when the queue is closed and empty: see mfn__queue_is_over. Any thread. */
size_t mfn__queue_take(mfn__queue *queue, int64_t deadline_ns, mfn__message **ret, size_t max);

/* Nothing can be added any more; what is inside can be taken. Any thread. */
void mfn__queue_close(mfn__queue *queue);

/* Closed and empty. */
bool mfn__queue_is_over(mfn__queue *queue);

size_t mfn__queue_length(mfn__queue *queue);

#endif
