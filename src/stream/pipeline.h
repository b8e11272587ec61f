/* SPDX-License-Identifier: MIT */
/* The pipeline: a connector's jobs through the engine to every publisher, with nothing lost.
 *
 * Threads: one takes jobs in, the workers compute, and the caller's delivers: it publishes batches,
 * writes dead letters and acknowledges. Between them stand bounded queues: when delivery stalls,
 * intake waits. */
#ifndef MFN_STREAM_PIPELINE_H
#define MFN_STREAM_PIPELINE_H

#include <stdatomic.h>

#include "stream/kinds.h"
#include "stream/metrics.h"
#include "stream/settings.h"

#define MFN__PUBLISHERS_MAX 16
#define MFN__TARGET_MAX     512

/* A pipeline file, read and checked. Nothing is open. */
typedef struct mfn__pipeline mfn__pipeline;

/* On MFN_INVALID the lines in `problems` say what is wrong where. */
mfn_status mfn__pipeline_load(const char *path, const mfn__kinds *kinds, mfn__problems *problems,
                              mfn__pipeline **ret, mfn_error *err);
void mfn__pipeline_free(mfn__pipeline *pipeline); /* NULL is allowed */

/* Every option with its value, defaults included, as YAML. */
void mfn__pipeline_write_effective(const mfn__pipeline *pipeline, mfn__buffer *text);

/* Where publisher number `index` puts results, for people: "out/results". Cut where it is long. */
void mfn__pipeline_target(const mfn__pipeline *pipeline, size_t index, char ret[MFN__TARGET_MAX]);

/* in = published + dead_lettered + in_flight, always. */
typedef struct mfn__run_counts {
    uint64_t read;          /* jobs taken in */
    uint64_t computed;      /* results */
    uint64_t published;     /* by every publisher, and acknowledged */
    uint64_t dead_lettered; /* and acknowledged */
    uint64_t in_flight;     /* taken in, but neither: they come again in the next run */
    uint64_t duplicates;    /* published results that were there before */
    uint64_t retries;
    uint64_t bytes_read, bytes_published;
} mfn__run_counts;

typedef struct mfn__run_summary {
    mfn__run_counts counts;
    uint64_t files_read, files_skipped;
    double seconds;
    bool is_unfinished; /* delivery gave up or work was abandoned */
    mfn_error failure;  /* why */
    const char *dead_letter_directory;
    size_t publisher_count;
    mfn__metrics connector;
    mfn__metrics publishers[MFN__PUBLISHERS_MAX];
} mfn__run_summary;

typedef struct mfn__run_options {
    bool once; /* end when the source is empty, and give up when retries are used up */
    const atomic_bool *stop; /* becomes true when the run shall end in good order */
    const mfn__clock *clock;
    mfn__log log;
    /* Called a few times a second by the caller's thread. May be NULL. */
    void (*progress)(void *context, const mfn__run_counts *counts, size_t waiting);
    void *progress_context;
} mfn__run_options;

/* Runs until the source is empty (once) or a stop is asked for. MFN_OK with a summary also when
 * something is unfinished; any other status when the run could not start. */
mfn_status mfn__pipeline_run(mfn__pipeline *pipeline, const mfn__run_options *options,
                             mfn__run_summary *ret, mfn_error *err);

#endif
