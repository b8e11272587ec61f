/* SPDX-License-Identifier: MIT */
/* A message: one job on its way from a connector through a worker to every publisher. */
#ifndef MFN_STREAM_MESSAGE_H
#define MFN_STREAM_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "mfn/status.h"

/* What a publisher can ask for; the workers make each content that somebody wants. */
typedef enum mfn__content {
    MFN__CONTENT_RESULT, /* the result as indented JSON */
    MFN__CONTENT_IMAGE,  /* the field as PNG */
    MFN__CONTENT_FIELD,  /* the field as .npy */
    MFN__CONTENT_LINE,   /* the result as JSON on one line, without its end */
    MFN__CONTENT_COUNT
} mfn__content;

typedef struct mfn__payload {
    char *bytes; /* NULL when nobody asked for it */
    size_t size;
} mfn__payload;

/* Owned by one thread at a time. */
typedef struct mfn__message {
    struct mfn__message *next; /* for whoever keeps it in a list */

    uint64_t source; /* the connector's handle of where it came from */
    uint64_t index;  /* position among the items of that source */
    char *origin;    /* the source for people: "jobs/a.ndjson" */
    uint64_t line;   /* 1-based, of its first byte in the source */
    char *original;  /* as it came */
    size_t original_size;
    char *job; /* the job as JSON; NULL when that is `original` itself */
    size_t job_size;

    mfn_error problem; /* status is not MFN_OK when the job can never give a result */
    unsigned attempts;
    char *id;        /* simulation_id of the result */
    char *result_id; /* 64 hexadecimal digits */
    mfn__payload payloads[MFN__CONTENT_COUNT];
} mfn__message;

/* What tells a connector that an item is settled: published everywhere, or a dead letter. */
typedef struct mfn__receipt {
    uint64_t source;
    uint64_t index;
} mfn__receipt;

void mfn__message_free(mfn__message *message); /* NULL is allowed */

/* Bytes that it holds, for the bounds of queues. */
size_t mfn__message_bytes(const mfn__message *message);

#endif
