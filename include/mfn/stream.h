/* SPDX-License-Identifier: MIT */
/* The connectors and publishers of pipelines for programs of their own: connect, fetch or publish,
 * acknowledge, look at metrics, disconnect. Link with libmfn_stream.
 *
 * Kinds and options are those of pipeline files (docs/connectors.md): "file", "rest" and "kafka"
 * bring work, "file", "webhook" and "kafka" take results. Options come as YAML text, the same that
 * would stand in the file:
 *
 *     mfn_connector *source = NULL;
 *     mfn_status status = mfn_connector_new("rest",
 *         "base_url: https://api.example.com\n"
 *         "endpoint: /data/latest\n"
 *         "bearer_token: ${API_TOKEN}\n", &source, &err);
 *
 * Beside them stands `state`, the file that remembers what was acknowledged ("": it is
 * remembered until the handle is freed).
 *
 * A handle belongs to one thread at a time; different handles are independent. Calls that reach
 * another machine retry as the options say (max_retries, retry_strategy, ...), and return the last
 * error when that is used up. The options of the circuit breaker are checked and have no effect: it
 * serves pipelines, which have to go on. */
#ifndef MFN_STREAM_H
#define MFN_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "mfn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mfn_component_state {
    MFN_STATE_IDLE,         /* never connected */
    MFN_STATE_CONNECTED,    /* and nothing wrong */
    MFN_STATE_ERROR,        /* the last call failed */
    MFN_STATE_DISCONNECTED, /* it was connected before */
} mfn_component_state;

/* "idle", "connected", "error", "disconnected". Static text. */
MFN_API const char *mfn_component_state_name(mfn_component_state state);

/* Counters of a connector (requests) or publisher (publishes). An operation counts once, however
 * many attempts it took; retries are the attempts after its first. */
typedef struct mfn_component_metrics {
    uint64_t total, successful, failed;
    uint64_t retries;
    uint64_t bytes;
    double last_timestamp; /* s since 1970 of the last success; 0: never */
    char last_error[256];  /* "" for none; never holds a secret */
    double last_error_timestamp;
    double success_rate; /* successful / total; 0 before the first */
} mfn_component_metrics;

/* Connectors. */

typedef struct mfn_connector mfn_connector;

/* One thing that was fetched. Borrowed from the connector until the next fetch. */
typedef struct mfn_item {
    const char *bytes; /* as it came, followed by a NUL that `size` does not count */
    size_t size;
    const char *origin;  /* for people: "jobs/a.ndjson", "kafka:jobs[0]@17" */
    uint64_t line;       /* 1-based; 0 where there are no lines */
    mfn_error problem;   /* status is not MFN_OK when it cannot be a job: broken JSON, too large */
    uint64_t receipt[3]; /* for mfn_connector_acknowledge; opaque */
} mfn_item;

/* MFN_INVALID: the error names the first thing that is wrong with kind or options. No connection
 * yet. */
MFN_CHECKED MFN_API mfn_status mfn_connector_new(const char *kind, const char *options,
                                                 mfn_connector **ret, mfn_error *err);
MFN_API void mfn_connector_free(mfn_connector *connector); /* NULL is allowed */

MFN_CHECKED MFN_API mfn_status mfn_connector_connect(mfn_connector *connector, mfn_error *err);

/* Waits up to `timeout_s` for items. MFN_OK: `*ret` has `*ret_count` of them, at least one.
 * MFN_NOT_FOUND: the source has nothing now. MFN_TIMED_OUT: something is on its way, ask again.
 * Any other: it failed, after all retries. */
MFN_CHECKED MFN_API mfn_status mfn_connector_fetch(mfn_connector *connector, double timeout_s,
                                                   const mfn_item **ret, size_t *ret_count,
                                                   mfn_error *err);

/* Settles items, in any order: they will not be fetched again, also not after a restart. Items that
 * are never acknowledged come again when the connector is opened next time. */
MFN_CHECKED MFN_API mfn_status mfn_connector_acknowledge(mfn_connector *connector,
                                                         const mfn_item *items, size_t count,
                                                         mfn_error *err);

/* Whether the source can be reached, and why not. Moves no data; works without a connection. */
MFN_CHECKED MFN_API mfn_status mfn_connector_check_health(mfn_connector *connector, mfn_error *err);
MFN_API mfn_component_state mfn_connector_state(const mfn_connector *connector);
MFN_API void mfn_connector_metrics(const mfn_connector *connector, mfn_component_metrics *ret);
MFN_API void mfn_connector_disconnect(mfn_connector *connector);

/* Publishers. */

typedef struct mfn_publisher mfn_publisher;

/* One thing to publish. Borrowed for the call. */
typedef struct mfn_event {
    const char *id;        /* simulation_id: key, name; NULL: made from the content */
    const char *result_id; /* what makes two events the same; NULL: SHA-256 of the content */
    const char *bytes;     /* JSON; on one line where append_mode makes lines of it */
    size_t size;
} mfn_event;

MFN_CHECKED MFN_API mfn_status mfn_publisher_new(const char *kind, const char *options,
                                                 mfn_publisher **ret, mfn_error *err);
MFN_API void mfn_publisher_free(mfn_publisher *publisher); /* NULL is allowed */
MFN_CHECKED MFN_API mfn_status mfn_publisher_connect(mfn_publisher *publisher, mfn_error *err);

/* MFN_OK: all are durable at the destination. Otherwise the error is that of the first event that
 * was refused, or of what stands in the way of the rest; publishing all of them again is harmless,
 * as equal ones keep their identity. */
MFN_CHECKED MFN_API mfn_status mfn_publisher_publish(mfn_publisher *publisher,
                                                     const mfn_event *events, size_t count,
                                                     mfn_error *err);
MFN_CHECKED MFN_API mfn_status mfn_publisher_check_health(mfn_publisher *publisher, mfn_error *err);
MFN_API mfn_component_state mfn_publisher_state(const mfn_publisher *publisher);
MFN_API void mfn_publisher_metrics(const mfn_publisher *publisher, mfn_component_metrics *ret);
MFN_API void mfn_publisher_disconnect(mfn_publisher *publisher);

#ifdef __cplusplus
}
#endif

#endif
