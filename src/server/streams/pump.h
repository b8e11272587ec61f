/* SPDX-License-Identifier: MIT */
/* Computes the messages of many streams on the service's threads, in the order in which they were
 * asked for, a slice of time after the other: requests that wait get their turn in between. */
#ifndef MFN_SERVER_PUMP_H
#define MFN_SERVER_PUMP_H

#include "server/streams/stream.h"

/* A stream that is to have its next message. Belongs to the pump from `add` until `take` gives it
 * back; only `cancel` may be touched meanwhile. */
typedef struct mfn__pump_task {
    mfn__stream *stream;
    atomic_bool cancel;
    mfn__buffer message;
    mfn_status status;
    mfn_error err;
    struct mfn__pump_task *next;
} mfn__pump_task;

/* `add` and `take` are for one thread. */
typedef struct mfn__pump mfn__pump;

/* `wake` (an eventfd, borrowed) is written to when there is something to take. */
mfn_status mfn__pump_new(mfn__service *service, int wake, mfn__pump **ret, mfn_error *err);

/* Nothing may be with it any more. NULL is allowed. */
void mfn__pump_free(mfn__pump *pump);

void mfn__pump_add(mfn__pump *pump, mfn__pump_task *task);

/* What is done, oldest first, linked by `next`; or NULL. Also asks again for a thread when the
 * service had none: call it now and then. */
mfn__pump_task *mfn__pump_take(mfn__pump *pump);

#endif
