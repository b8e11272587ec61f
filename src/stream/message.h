/* SPDX-License-Identifier: MIT */
/* A message: one job on its way from a connector through a worker to every publisher. */
#ifndef MFN_STREAM_MESSAGE_H
#define MFN_STREAM_MESSAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mfn/status.h"

#define MFN__PUBLISHERS_MAX 16
#define MFN__BATCH_MAX      64

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

/* How it ended at one publisher. */
typedef enum mfn__fate {
    MFN__FATE_OPEN,      /* it has not, or the publisher is not meant */
    MFN__FATE_PUBLISHED, /* durable at the destination */
    MFN__FATE_REFUSED,   /* never: a dead letter */
    MFN__FATE_SPOOLED,   /* to be kept in the spool for better times */
    MFN__FATE_RETURNED,  /* given up in this run: the source has it still */
} mfn__fate;

/* Why a publisher can never have it. */
typedef struct mfn__rejection {
    mfn_error problem;
    int http_status; /* that the receiver answered; 0: another kind of receiver */
} mfn__rejection;

/* Owned by one thread at a time; while it is with the publishers each of them touches its own entry
 * of `fates` and `refusals` alone. */
typedef struct mfn__message {
    struct mfn__message *next; /* for whoever keeps it in a list */

    uint64_t order;  /* in which intake handed it over */
    uint64_t source; /* the connector's handle of where it came from */
    uint64_t index;  /* position among the items of that source */
    char *origin;    /* the source for people: "jobs/a.ndjson" */
    uint64_t line;   /* 1-based, of its first byte in the source; 0 when there are no lines */
    char *original;  /* as it came */
    size_t original_size;
    bool is_truncated;   /* `original` is only the beginning of what came */
    uint64_t whole_size; /* bytes of all of it; 0: not known */
    char *job;           /* the job as JSON; NULL when that is `original` itself */
    size_t job_size;
    uint64_t inbox_row;   /* of the spool, which is removed when it is settled; 0 for none */
    char *only_publisher; /* a replay for the publisher of this name; NULL for all */
    void *extra;          /* what the kind of its connector keeps beside it, such as a Kafka key */
    void (*free_extra)(void *extra);

    mfn_error problem; /* status is not MFN_OK when the job can never give a result */
    unsigned attempts;
    char *id;        /* simulation_id of the result */
    char *result_id; /* 64 hexadecimal digits */
    mfn__payload payloads[MFN__CONTENT_COUNT];
    int64_t computed_wall_ns;

    atomic_size_t holders; /* publishers that have not finished with it */
    mfn__fate fates[MFN__PUBLISHERS_MAX];
    mfn__rejection *refusals[MFN__PUBLISHERS_MAX]; /* owned; of those whose fate is REFUSED */
} mfn__message;

typedef struct mfn__batch {
    mfn__message *messages[MFN__BATCH_MAX];
    size_t count;
} mfn__batch;

/* What tells a connector that an item is settled: published everywhere, or a dead letter. */
typedef struct mfn__receipt {
    uint64_t source;
    uint64_t index;
} mfn__receipt;

/* A job or result that can never go on; everything is borrowed. */
typedef struct mfn__dead_letter {
    const mfn_error *problem;
    const char *origin;
    uint64_t line, index;
    unsigned attempts;
    const char *id;  /* simulation_id, when a result was computed; NULL: looked for in the job */
    int http_status; /* that the receiver answered; 0: none */
    const char *original; /* the job as it came */
    size_t original_size;
    bool is_truncated;
    uint64_t whole_size;
    const char *job; /* as JSON; NULL when that is `original` itself */
    size_t job_size;
    const char *publisher; /* that refused the result; NULL when there is no result */
    const void *extra;     /* the message's */
} mfn__dead_letter;

/* A message with copies of the texts; NULL without memory. */
mfn__message *mfn__message_new(const char *origin, const char *original, size_t size);
void mfn__message_free(mfn__message *message); /* NULL is allowed */

/* Bytes that it holds, for the bounds of queues. */
size_t mfn__message_bytes(const mfn__message *message);

#endif
