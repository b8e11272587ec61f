/* SPDX-License-Identifier: MIT */
/* Streams: simulations that are watched while they run, message by message. What carries the
 * messages (WebSockets) knows nothing of simulations, and a stream nothing of its carrier. */
#ifndef MFN_SERVER_STREAM_H
#define MFN_SERVER_STREAM_H

#include <jansson.h>

#include "server/faults.h"
#include "server/service.h"

#include "mfn/simulation.h"

#define MFN__STREAM_ID_MAX 128 /* bytes, without the NUL */

typedef struct mfn__stream mfn__stream;

typedef struct mfn__stream_kind {
    const char *name; /* "simulation_live": the stream_type */
    const char *path; /* "/ws/simulation_live" */
    const char *summary;
    const mfn_option *fields;                         /* of its parameters */
    size_t request_size;                              /* of the struct that they fill */
    const char *const *others, *const *other_schemas; /* as in an operation */
    mfn_status (*read)(json_t *parameters, void *request, mfn__faults *ret_faults);
    void (*configure)(const void *request, mfn_simulation_config *ret);
    /* Nanoseconds between messages; 0: each as soon as the one before was taken. */
    int64_t (*interval_ns)(const void *request);
    /* Computes the next message and writes it. */
    mfn_status (*next)(mfn__stream *stream, mfn__json_writer *json, mfn_error *err);
} mfn__stream_kind;

/* Of one thread at a time. */
struct mfn__stream {
    const mfn__stream_kind *kind;
    mfn__service *service;
    char id[MFN__STREAM_ID_MAX + 1];
    json_t *parameters; /* the request borrows from it */
    void *request;
    mfn_simulation *simulation; /* made by the first message */
    atomic_bool *cancel;        /* looked at between steps; may be NULL */
    uint64_t sequence;          /* messages so far */
    int64_t computed_ns;        /* time spent on them */
    bool is_complete;           /* there is no next message */
};

/* Ends with NULL. */
extern const mfn__stream_kind *const mfn__stream_kinds[];
extern const mfn__stream_kind mfn__stream_live;
extern const mfn__stream_kind mfn__stream_features;

const mfn__stream_kind *mfn__stream_kind_of_path(const char *path); /* or NULL */

/* What a client asks for. */
typedef struct mfn__stream_wish {
    const mfn__stream_kind *kind;
    const char *id;     /* at most MFN__STREAM_ID_MAX bytes */
    json_t *parameters; /* borrowed; may be NULL or JSON null */
} mfn__stream_wish;

/* MFN_INVALID with faults when the parameters are not valid. Must be opened and closed by one and
 * the same thread. */
mfn_status mfn__stream_open(mfn__service *service, const mfn__stream_wish *wish, mfn__stream **ret,
                            mfn__faults *ret_faults, mfn_error *err);
void mfn__stream_close(mfn__stream *stream); /* NULL is allowed */

int64_t mfn__stream_interval_ns(const mfn__stream *stream);

/* Appends the next message, one JSON text, to `ret`. MFN_CANCELLED when the flag was set. */
mfn_status mfn__stream_next(mfn__stream *stream, mfn__buffer *ret, mfn_error *err);

/* For `next`: runs so many steps; the begin and end of {"type": ..., "payload": {"stream_id": ...,
 * "timestamp": ...}}; the statistics of the potential. */
mfn_status mfn__stream_advance(mfn__stream *stream, uint64_t steps, mfn_error *err);
void mfn__stream_begin(const mfn__stream *stream, const char *type, mfn__json_writer *json);
void mfn__stream_end(const mfn__stream *stream, mfn__json_writer *json);

/* Milliseconds since 1970, as messages tell the time. */
double mfn__stream_timestamp_ms(const mfn__service *service);

#endif
