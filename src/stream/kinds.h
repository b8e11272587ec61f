/* SPDX-License-Identifier: MIT */
/* What a kind of connector or publisher is: a const table of few functions and an option table.
 * Only `stream` calls them; retry, breaker, counters and limits live there, never in a kind. A call
 * has three outcomes: MFN_OK, try later, or never. Which of the last two a status means is said by
 * mfn_status_is_transient, unless the call gives other advice. */
#ifndef MFN_STREAM_KINDS_H
#define MFN_STREAM_KINDS_H

#include <stdatomic.h>

#include "base/clock.h"
#include "net/advice.h"
#include "net/http.h"
#include "stream/ledger.h"
#include "stream/message.h"
#include "stream/spool.h"

#include "mfn/option.h"

/* Kafka to Kafka: what a transaction must carry beside the results (net/kafka.h). */
struct mfn__kafka_position;

/* Tells people something; one line without a line break. Any thread. */
typedef struct mfn__log {
    void (*warn)(void *context, const char *line);
    void *context;
} mfn__log;

/* Lent to every component while it is open. */
typedef struct mfn__surroundings {
    mfn__ledger *ledger;
    mfn__spool *spool;
    mfn__http_pool *http; /* shared by all HTTP kinds */
    const mfn__clock *clock;
    const mfn__log *log;
    const atomic_bool *abandon; /* when it becomes true, calls that wait end soon. Never NULL */
    const atomic_bool *halt;    /* likewise for calls that wait for new jobs: the rest goes on */
    double timeout_s;           /* of one call to another machine; the component's `timeout` */
    const char *name;           /* of the component, for messages: "publishers[0] (webhook)" */
    uint64_t target;            /* its number in the ledger: numbers, texts, receipts, spool rows */
} mfn__surroundings;

#define MFN__LAGS_MAX        64
#define MFN__TOPIC_BYTES_MAX 250

/* Records that wait in one partition. */
typedef struct mfn__partition_lag {
    char topic[MFN__TOPIC_BYTES_MAX];
    int32_t partition;
    int64_t lag;
} mfn__partition_lag;

/* What a connector tells about its source, for summaries and metrics. Zero where it has no such
 * thing. */
typedef struct mfn__source_report {
    uint64_t files_read, files_skipped;
    uint64_t requests;                      /* asked of the source: polls, pages */
    int64_t lag;                            /* items known to wait at the source; -1: unknown */
    mfn__partition_lag lags[MFN__LAGS_MAX]; /* of the first so many partitions */
    size_t lag_count;
    uint64_t known_skipped; /* items that the source gave before */
    char text[128];         /* one line for people: "3 files", "2 partitions"; "" for none */
} mfn__source_report;

typedef struct mfn__connector_ops {
    const char *kind; /* key in the pipeline file: "file" */
    const char *help; /* one line */
    const mfn_option *options;
    size_t options_size; /* of the struct that the options describe */
    /* The text for people that says where jobs come from, without secrets. */
    void (*describe)(const void *options, char *ret, size_t size);
    /* Judges options beyond what the table says; NULL when the table says all. */
    mfn_status (*check)(const void *options, mfn_error *err);
    /* Tries to reach the source without taking anything; `surroundings` has no ledger. */
    mfn_status (*probe)(const void *options, const mfn__surroundings *surroundings, mfn_error *err);
    mfn_status (*open)(const void *options, const mfn__surroundings *surroundings, void **ret_self,
                       mfn_error *err);
    /* Waits until there is something, at most to the deadline (monotonic). MFN_OK: a batch of at
     * least one message. MFN_TIMED_OUT without advice: nothing yet. MFN_NOT_FOUND without advice:
     * the source is empty. MFN_CANCELLED: it was halted. Any other: it failed. Thread: intake. */
    mfn_status (*fetch)(void *self, int64_t deadline_ns, mfn__batch *ret, mfn__advice *ret_advice,
                        mfn_error *err);
    /* Called several times a second while there is no room for another fetch; NULL when the source
     * needs no sign of life. Thread: intake. */
    void (*keep_alive)(void *self);
    /* Remembers settled items in the ledger; NULL for kinds that keep nothing there. Locks: inside
     * the ledger's transaction. Thread: settling. */
    mfn_status (*acknowledge)(void *self, const mfn__receipt *receipts, size_t count,
                              mfn_error *err);
    /* True when acknowledging nothing would still store something: a source that ended after its
     * last item was settled. NULL: never. Thread: settling. */
    bool (*has_news)(void *self);
    /* After they are durable: commits offsets, removes what is not needed. NULL for none. Thread:
     * settling. */
    void (*settled)(void *self, const mfn__receipt *receipts, size_t count);
    /* Exactly once: the position at the source after all the receipts' items, which are the next
     * ones in the order of fetching. The caller frees it with mfn__kafka_position_free. NULL for
     * kinds without transactions. In this mode `settled` commits nothing. Thread: the publisher's.
     */
    mfn_status (*position)(void *self, const mfn__receipt *receipts, size_t count,
                           struct mfn__kafka_position **ret, mfn_error *err);
    /* Exactly once: true while the item may still be published: its partition is ours. */
    bool (*owns)(void *self, const mfn__receipt *receipt);
    void (*report)(void *self, mfn__source_report *ret); /* Any thread */
    void (*close)(void *self);                           /* NULL is allowed */
} mfn__connector_ops;

/* One result on its way to one publisher. Borrowed by the publisher for the call. */
typedef struct mfn__parcel {
    const char *simulation_id, *result_id;
    const char *bytes; /* the content that the publisher asked for */
    size_t size;
    int64_t wall_ns;   /* when it was computed */
    bool is_done;      /* set by publish: durable at the destination */
    bool was_known;    /* set by publish: its result was published there before */
    mfn_error problem; /* set by publish: it can never be published there */
    int http_status;   /* set by publish beside `problem`: what the receiver answered */
    const void *extra; /* the message's, see mfn__message; NULL when it was spooled */
} mfn__parcel;

typedef struct mfn__publisher_ops {
    const char *kind;
    const char *help;
    const mfn_option *options;
    size_t options_size;
    void (*describe)(const void *options, char *ret, size_t size); /* where results go */
    /* The key of its destination in the ledger, from options that say where, without secrets. */
    void (*identify)(const void *options, mfn__buffer *ret);
    mfn_status (*check)(const void *options, mfn_error *err); /* NULL: the table says all */
    mfn_status (*probe)(const void *options, const mfn__surroundings *surroundings, mfn_error *err);
    /* Which content it needs, and how many parcels one call may have at most (up to
     * MFN__PARCELS_MAX). */
    mfn__content (*content)(const void *options);
    size_t (*capacity)(const void *options);
    mfn_status (*open)(const void *options, const mfn__surroundings *surroundings, void **ret_self,
                       mfn_error *err);
    /* Publishes the parcels that are neither done nor have a problem, and marks them so. MFN_OK:
     * all are marked. Otherwise something stands in the way of the rest, which the caller tries
     * again later; a permanent status without a marked problem makes the caller try them one by
     * one. After a failure any unmarked one may have been published: again is harmless. Thread:
     * the publisher's own. */
    mfn_status (*publish)(void *self, mfn__parcel *parcels, size_t count, mfn__advice *ret_advice,
                          mfn_error *err);
    /* Exactly once: publishes the parcels, the dead letters and the position (NULL when none of
     * them came from the source: replays) in one transaction. MFN_OK: committed. A parcel with a
     * problem means that the transaction was aborted because of it. MFN_CANCELLED: it was aborted
     * because some of it belongs to somebody else by now: the caller drops that and tries again
     * with what it still owns. NULL for kinds without transactions, and `is_exactly_once` tells
     * whether the options ask for it. */
    mfn_status (*transact)(void *self, mfn__parcel *parcels, size_t count,
                           const mfn__dead_letter *letters, size_t letter_count,
                           const struct mfn__kafka_position *position, mfn__advice *ret_advice,
                           mfn_error *err);
    bool (*is_exactly_once)(const void *options);
    /* Copies a dead letter to a place of the publisher's (a topic) beside the folder; NULL for
     * kinds that have none. Thread: settling. */
    mfn_status (*put_dead_letter)(void *self, const mfn__dead_letter *letter, mfn_error *err);
    void (*close)(void *self); /* NULL is allowed */
} mfn__publisher_ops;

#define MFN__PARCELS_MAX 500

/* All kinds of a program; both arrays end with NULL. */
typedef struct mfn__kinds {
    const mfn__connector_ops *const *connectors;
    const mfn__publisher_ops *const *publishers;
} mfn__kinds;

#endif
