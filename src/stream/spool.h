/* SPDX-License-Identifier: MIT */
/* What waits on the disk, in the state file: jobs whose source cannot give them again (inbox), and
 * results whose publisher is down while others go on (outbox). One budget of bytes bounds both. */
#ifndef MFN_STREAM_SPOOL_H
#define MFN_STREAM_SPOOL_H

#include "stream/ledger.h"
#include "stream/message.h"

typedef struct mfn__spool mfn__spool;

/* Counts what the ledger holds already. */
mfn_status mfn__spool_new(mfn__ledger *ledger, uint64_t max_bytes, mfn__spool **ret,
                          mfn_error *err);
void mfn__spool_free(mfn__spool *spool); /* NULL is allowed */

/* Any thread. */
bool mfn__spool_has_room(const mfn__spool *spool);
uint64_t mfn__spool_bytes(const mfn__spool *spool);

/* Makes room for bytes that will be added; false when the budget is used up. Give back what is not
 * added after all. Any thread. */
bool mfn__spool_reserve(mfn__spool *spool, uint64_t bytes);
void mfn__spool_give_back(mfn__spool *spool, uint64_t bytes);

/* A job to be kept; everything is borrowed. */
typedef struct mfn__spool_job {
    const char *origin;
    uint64_t line, index;
    const char *original;
    size_t original_size;
    const char *only_publisher; /* or NULL */
} mfn__spool_job;

/* Adds a job of the source (a target of the ledger); its bytes are counted whether the budget has
 * room or not: ask before taking. Locks: inside the ledger's transaction; on rollback give back the
 * same bytes. */
mfn_status mfn__inbox_add(mfn__spool *spool, uint64_t source, const mfn__spool_job *job,
                          mfn_error *err);

/* The next jobs of the source after row `*position`, at most a batch, as messages with `inbox_row`
 * set; `*position` moves to the last. An empty batch when there are none. Takes the ledger's lock
 * itself. */
mfn_status mfn__inbox_take(mfn__spool *spool, uint64_t source, uint64_t *position, mfn__batch *ret,
                           mfn_error *err);

/* Jobs of the source that wait or are under way. Any thread. Takes the ledger's lock itself. */
mfn_status mfn__inbox_count(mfn__spool *spool, uint64_t source, uint64_t *ret, mfn_error *err);

/* Removes settled jobs. Locks: inside the ledger's transaction. The caller gives the bytes back
 * after the commit. */
mfn_status mfn__inbox_remove(mfn__spool *spool, uint64_t row, mfn_error *err);

/* A number for a job whose results go into the outbox; they share it. Any thread. */
uint64_t mfn__outbox_number(mfn__spool *spool);

/* Keeps a message's result for a publisher (its target in the ledger), and the job that it came
 * from, as JSON. Room must have been reserved with mfn__outbox_bytes. `job` is its number; 0: what
 * becomes of it is not to be told. Locks: inside the ledger's transaction. */
uint64_t mfn__outbox_bytes(const mfn__message *message, mfn__content content);
mfn_status mfn__outbox_add(mfn__spool *spool, uint64_t target, const mfn__message *message,
                           mfn__content content, uint64_t job, mfn_error *err);

/* The oldest results kept for the target, as messages with `inbox_row` set to their row and the
 * content in payloads[content]. Takes the ledger's lock itself. */
mfn_status mfn__outbox_take(mfn__spool *spool, uint64_t target, mfn__content content, size_t max,
                            mfn__batch *ret, mfn_error *err);

/* Jobs with a number of this spool (not of one that was open before) whose fate a removal decided:
 * nobody is owed their result any more, or somebody refused it. */
typedef struct mfn__outbox_ended {
    uint64_t published, refused;
} mfn__outbox_ended;

/* Removes results that were published, or became dead letters: those whose `problem` is set. Takes
 * the ledger's lock itself, and gives the bytes back. */
mfn_status mfn__outbox_remove(mfn__spool *spool, uint64_t target, const mfn__batch *batch,
                              mfn__content content, mfn__outbox_ended *ret, mfn_error *err);

/* Both take the ledger's lock themselves. The oldest one's time is when it was computed; 0 when
 * there is none. */
mfn_status mfn__outbox_count(mfn__spool *spool, uint64_t target, uint64_t *ret, mfn_error *err);
mfn_status mfn__outbox_oldest(mfn__spool *spool, uint64_t target, int64_t *ret_wall_ns,
                              mfn_error *err);

#endif
