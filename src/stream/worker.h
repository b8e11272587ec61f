/* SPDX-License-Identifier: MIT */
/* From a job to its result: one worker per thread, with buffers that it keeps from job to job. */
#ifndef MFN_STREAM_WORKER_H
#define MFN_STREAM_WORKER_H

#include <stdatomic.h>

#include "codec/job.h"
#include "stream/message.h"

/* Not thread-safe: one thread per worker. */
typedef struct mfn__worker mfn__worker;

typedef struct mfn__worker_options {
    bool wants[MFN__CONTENT_COUNT]; /* content that some publisher needs */
    mfn__job_limits limits;
    const atomic_bool *abandon; /* a job under way stops between steps when this becomes true */
} mfn__worker_options;

mfn_status mfn__worker_new(const mfn__worker_options *options, mfn__worker **ret, mfn_error *err);
void mfn__worker_free(mfn__worker *worker); /* NULL is allowed */

/* Computes the message's payloads. MFN_OK: done, or the message has a `problem` and becomes a dead
 * letter. Any other status (out of memory, cancelled): the message is as before, try later. */
mfn_status mfn__worker_compute(mfn__worker *worker, mfn__message *message, mfn_error *err);

#endif
