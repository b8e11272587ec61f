/* SPDX-License-Identifier: MIT */
/* What a kind of connector or publisher is: a const table of few functions and an option table.
 * Only `stream` calls them; retry, counters and limits live there, never in a kind. A call has
 * three outcomes: MFN_OK, a transient status (try later, see mfn_status_is_transient), or any
 * other (never). */
#ifndef MFN_STREAM_KINDS_H
#define MFN_STREAM_KINDS_H

#include "base/clock.h"
#include "stream/ledger.h"
#include "stream/message.h"

#include "mfn/option.h"

/* Tells people something; one line without a line break. Any thread. */
typedef struct mfn__log {
    void (*warn)(void *context, const char *line);
    void *context;
} mfn__log;

/* Lent to every component while it is open. */
typedef struct mfn__surroundings {
    mfn__ledger *ledger;
    const mfn__clock *clock;
    const mfn__log *log;
} mfn__surroundings;

#define MFN__BATCH_MAX 64

typedef struct mfn__batch {
    mfn__message *messages[MFN__BATCH_MAX];
    size_t count;
} mfn__batch;

typedef struct mfn__connector_ops {
    const char *kind; /* key in the pipeline file: "file" */
    const char *help; /* one line */
    const mfn_option *options;
    size_t options_size; /* of the struct that the options describe */
    mfn_status (*open)(const void *options, const mfn__surroundings *surroundings, void **ret_self,
                       mfn_error *err);
    /* Waits until there is something, at most to the deadline (monotonic). MFN_OK: a batch of at
     * least one message. MFN_TIMED_OUT: nothing yet. MFN_NOT_FOUND: the source is empty.
     * Thread: intake. */
    mfn_status (*fetch)(void *self, int64_t deadline_ns, mfn__batch *ret, mfn_error *err);
    /* Remembers settled items. Locks: inside the ledger's transaction. Thread: delivery. */
    mfn_status (*acknowledge)(void *self, const mfn__receipt *receipts, size_t count,
                              mfn_error *err);
    /* True when acknowledging nothing would still store something: a source that ended after its
     * last item was settled. Thread: delivery. */
    bool (*has_news)(void *self);
    /* After the transaction is durable: may remove what is not needed any more. Thread: delivery.
     */
    void (*settled)(void *self);
    void (*count_sources)(void *self, uint64_t *ret_read, uint64_t *ret_skipped);
    void (*close)(void *self); /* NULL is allowed */
} mfn__connector_ops;

typedef struct mfn__publisher_ops {
    const char *kind;
    const char *help;
    const mfn_option *options;
    size_t options_size;
    const char *target; /* name of the text option that says where results go: "directory" */
    /* Judges options beyond what the table says; NULL when the table says all. */
    mfn_status (*check)(const void *options, mfn_error *err);
    /* Which content it needs, from its options. */
    mfn__content (*content)(const void *options);
    mfn_status (*open)(const void *options, const mfn__surroundings *surroundings, void **ret_self,
                       mfn_error *err);
    /* All messages are durable on MFN_OK; after a failure any of them may be, and publishing them
     * again is harmless. Counts in `*ret_duplicates` those whose result was published before.
     * Thread: delivery. */
    mfn_status (*publish)(void *self, mfn__message *const *messages, size_t count,
                          uint64_t *ret_duplicates, mfn_error *err);
    void (*close)(void *self); /* NULL is allowed */
} mfn__publisher_ops;

/* All kinds of a program; both arrays end with NULL. */
typedef struct mfn__kinds {
    const mfn__connector_ops *const *connectors;
    const mfn__publisher_ops *const *publishers;
} mfn__kinds;

#endif
