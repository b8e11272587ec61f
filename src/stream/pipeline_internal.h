/* SPDX-License-Identifier: MIT */
/* A loaded pipeline, shared by reading its file and running it. */
#ifndef MFN_STREAM_PIPELINE_INTERNAL_H
#define MFN_STREAM_PIPELINE_INTERNAL_H

#include "stream/breaker.h"
#include "stream/pipeline.h"
#include "stream/retry.h"

typedef struct mfn__engine_options {
    const char *workers; /* "auto": one per core, or a number */
    uint64_t max_cell_steps;
    uint64_t queue_items, queue_bytes;
} mfn__engine_options;

typedef struct mfn__general_options {
    const char *state;
    const char *metrics_file; /* "" for none */
    double grace_time;        /* s */
} mfn__general_options;

typedef struct mfn__dead_letter_options {
    const char *directory;
} mfn__dead_letter_options;

typedef struct mfn__spool_options {
    uint64_t max_bytes;
} mfn__spool_options;

/* What every publisher has beside its own options and those of retry and breaker. */
typedef struct mfn__publisher_options {
    const char *name; /* "" for one made from its kind */
} mfn__publisher_options;

typedef struct mfn__publisher_section {
    const mfn__publisher_ops *ops;
    void *options; /* owned, ops->options_size bytes */
    mfn__retry_options retry;
    mfn__breaker_options breaker;
    mfn__publisher_options common;
} mfn__publisher_section;

extern const mfn_option mfn__engine_table[], mfn__dead_letter_table[], mfn__spool_table[],
    mfn__general_table[], mfn__publisher_table[];

struct mfn__pipeline {
    mfn__yaml *yaml; /* owns the texts of all options */
    const mfn__connector_ops *connector;
    void *connector_options; /* owned */
    mfn__retry_options connector_retry;
    mfn__breaker_options connector_breaker;
    mfn__publisher_section publishers[MFN__PUBLISHERS_MAX];
    size_t publisher_count;
    mfn__engine_options engine;
    size_t worker_count;
    mfn__dead_letter_options dead_letter;
    mfn__spool_options spool;
    mfn__http_pool_options http;
    bool is_exactly_once;
    mfn__general_options general;
};

#endif
