/* SPDX-License-Identifier: MIT */
/* The pipeline: a connector's jobs through the engine to every publisher, with nothing lost.
 *
 * Threads: one takes jobs in, the workers compute, each publisher has a lane of its own, and the
 * caller's settles: it writes dead letters and acknowledges. Between them stand bounded queues:
 * when something stalls, intake waits. */
#ifndef MFN_STREAM_PIPELINE_H
#define MFN_STREAM_PIPELINE_H

#include <stdatomic.h>

#include "stream/breaker.h"
#include "stream/kinds.h"
#include "stream/metrics.h"
#include "stream/settings.h"

#define MFN__TARGET_MAX 512

/* A pipeline file, read and checked. Nothing is open. */
typedef struct mfn__pipeline mfn__pipeline;

/* On MFN_INVALID the lines in `problems` say what is wrong where. */
mfn_status mfn__pipeline_load(const char *path, const mfn__kinds *kinds, mfn__problems *problems,
                              mfn__pipeline **ret, mfn_error *err);
void mfn__pipeline_free(mfn__pipeline *pipeline); /* NULL is allowed */

/* Whether the files that options name (ca_file and the like) can be read; adds a problem for each
 * that cannot. Not part of loading: a pipeline may be looked at where they are not. */
void mfn__pipeline_check_files(const mfn__pipeline *pipeline, mfn__problems *problems);

/* Every option with its value, defaults included, as YAML. */
void mfn__pipeline_write_effective(const mfn__pipeline *pipeline, mfn__buffer *text);

/* Where publisher number `index` puts results, for people and without secrets: "out/results". Cut
 * where it is long. */
void mfn__pipeline_target(const mfn__pipeline *pipeline, size_t index, char ret[MFN__TARGET_MAX]);

/* Where jobs come from, likewise. */
void mfn__pipeline_source(const mfn__pipeline *pipeline, char ret[MFN__TARGET_MAX]);

/* The kind of the connector: "rest". Static. */
const char *mfn__pipeline_connector_kind(const mfn__pipeline *pipeline);

/* The name of publisher number `index`: given, or its kind and a number where kinds repeat. */
void mfn__pipeline_publisher_name(const mfn__pipeline *pipeline, size_t index, char *ret,
                                  size_t size);

/* The sizes of its HTTP pool. */
const mfn__http_pool_options *mfn__pipeline_http(const mfn__pipeline *pipeline);

/* The folder of its dead letters. */
const char *mfn__pipeline_dead_letters(const mfn__pipeline *pipeline);

/* Tries to reach component number `index`: 0 is the connector, then the publishers in order. */
size_t mfn__pipeline_component_count(const mfn__pipeline *pipeline);
mfn_status mfn__pipeline_probe(const mfn__pipeline *pipeline, size_t index,
                               const mfn__surroundings *surroundings, mfn_error *err);

/* read = published + dead_lettered + spooled + in_flight + handed_back, always: `unaccounted` is
 * the difference, from counts that are kept at different places. */
typedef struct mfn__run_counts {
    uint64_t read;          /* jobs taken in */
    uint64_t computed;      /* results */
    uint64_t published;     /* by every publisher, some of them perhaps later from the spool */
    uint64_t dead_lettered; /* and acknowledged */
    uint64_t spooled;       /* acknowledged; the spool owes their result to a publisher still */
    uint64_t in_flight;     /* taken in, but none of these: they come again in the next run */
    uint64_t handed_back;   /* their partition went away meanwhile: whoever has it does them */
    int64_t unaccounted;    /* 0, or there is a bug */
    uint64_t duplicates;    /* published results that were there before */
    uint64_t retries;
    uint64_t bytes_read, bytes_published;
} mfn__run_counts;

/* A publisher at one moment. At rest handed + from_spool = metrics.total + into_spool + returned.
 */
typedef struct mfn__publisher_report {
    uint64_t handed;   /* results that the workers gave it */
    uint64_t returned; /* of these, left to the next run */
    mfn__metrics metrics;
    mfn__breaker_state breaker;
    uint64_t breaker_openings;
    uint64_t waiting; /* results in its queue */
    uint64_t backlog; /* results in the spool */
    double
        backlog_age_s;   /* since the oldest of them was computed; set at the end and for metrics */
    uint64_t into_spool; /* put there by this run, */
    uint64_t from_spool; /* and taken from there */
    uint64_t duplicates; /* published results that were there before */
} mfn__publisher_report;

/* The connector at one moment. */
typedef struct mfn__connector_report {
    mfn__metrics metrics;
    mfn__breaker_state breaker;
    mfn__source_report source;
} mfn__connector_report;

/* How its last operation ended; an open breaker is an error. */
typedef enum mfn__report_state {
    MFN__REPORT_IDLE,
    MFN__REPORT_CONNECTED,
    MFN__REPORT_ERROR
} mfn__report_state;

mfn__report_state mfn__report_state_of(const mfn__metrics *metrics, mfn__breaker_state breaker);

/* An object each, with the guide's metrics inside. */
void mfn__connector_report_write_json(const mfn__pipeline *pipeline,
                                      const mfn__connector_report *report, mfn__json_writer *json);
void mfn__publisher_report_write_json(const mfn__pipeline *pipeline, size_t index,
                                      const mfn__publisher_report *report, mfn__json_writer *json);

typedef struct mfn__run_summary {
    mfn__run_counts counts;
    double seconds;
    bool is_unfinished; /* something is in flight or in the spool, or the run was given up */
    mfn_error failure;  /* why */
    const char *dead_letter_directory;
    mfn__connector_report connector;
    size_t publisher_count;
    mfn__publisher_report publishers[MFN__PUBLISHERS_MAX];
    uint64_t spool_bytes;
    size_t jobs_waiting; /* in the queue before the workers */
    mfn__http_counts http;
} mfn__run_summary;

/* The summary as metrics in Prometheus' text format, as promtool wants it. */
void mfn__run_summary_write_prometheus(const mfn__pipeline *pipeline,
                                       const mfn__run_summary *summary, mfn__buffer *text);

typedef struct mfn__run_options {
    bool once; /* end when the source is empty, and give up when retries are used up */
    const atomic_bool *stop; /* becomes true when the run shall end in good order */
    const mfn__clock *clock;
    mfn__log log;
    /* Called a few times a second by the caller's thread. May be NULL. */
    void (*progress)(void *context, const mfn__run_summary *so_far);
    void *progress_context;
} mfn__run_options;

/* Runs until the source is empty (once) or a stop is asked for. MFN_OK with a summary also when
 * something is unfinished; any other status when the run could not start. */
mfn_status mfn__pipeline_run(mfn__pipeline *pipeline, const mfn__run_options *options,
                             mfn__run_summary *ret, mfn_error *err);

#endif
