/* SPDX-License-Identifier: MIT */
/* A pipeline that runs inside the service, on threads of its own, as `mfn run` runs it. */
#ifndef MFN_SERVER_HOSTED_PIPELINE_H
#define MFN_SERVER_HOSTED_PIPELINE_H

#include "observe/logger.h"
#include "stream/pipeline.h"

/* Thread-safe. */
typedef struct mfn__hosted_pipeline mfn__hosted_pipeline;

/* Begins to run it. `pipeline` and `logger` must outlive it. */
mfn_status mfn__hosted_pipeline_start(mfn__pipeline *pipeline, mfn__logger *logger,
                                      mfn__hosted_pipeline **ret, mfn_error *err);

/* Nothing more is taken in; what is under way is finished. */
void mfn__hosted_pipeline_ask_to_stop(mfn__hosted_pipeline *hosted);

/* Waits for the end. True: nothing is unfinished. */
bool mfn__hosted_pipeline_finish(mfn__hosted_pipeline *hosted);

/* After `finish`, or instead of it. NULL is allowed. */
void mfn__hosted_pipeline_free(mfn__hosted_pipeline *hosted);

void mfn__hosted_pipeline_write_metrics(mfn__hosted_pipeline *hosted, mfn__buffer *ret);

/* {"status": ..., "failure": ..., "connector": {...}, "publishers": [...]}. True: every component
 * works, or has not been needed yet. */
bool mfn__hosted_pipeline_write_health(mfn__hosted_pipeline *hosted, mfn__json_writer *json);

#endif
