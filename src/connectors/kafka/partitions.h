/* SPDX-License-Identifier: MIT */
/* The partitions that are assigned to us, with the offsets that are under way in each. Results end
 * in any order; what may be committed is the offset before which everything is settled. */
#ifndef MFN_CONNECTORS_KAFKA_PARTITIONS_H
#define MFN_CONNECTORS_KAFKA_PARTITIONS_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>

#include "stream/message.h"

/* A record that was fetched and is not settled, or that waits for an earlier one. */
typedef struct mfn__flight {
    int64_t offset;
    bool is_done;
} mfn__flight;

typedef struct mfn__partition {
    struct mfn__partition *next;
    uint64_t source; /* of this assignment alone: receipts of an earlier one do not match */
    char *topic;
    int32_t number;
    int64_t position;              /* after everything fetched; -1: nothing was */
    int64_t sent, committed;       /* offsets: of the last commit, and of the last that succeeded */
    mfn__flight *flights;          /* a ring in the order of offsets, which have gaps */
    size_t first, count, capacity; /* capacity is a power of two, or 0 */
    bool is_at_end;                /* nothing more was there to fetch */
    bool is_leaving;               /* revoked: nothing more is taken from it */
} mfn__partition;

/* Every function may be called from any thread. */
typedef struct mfn__partitions {
    pthread_mutex_t mutex;
    mfn__partition *first; /* by topic and number */
    uint64_t last_source;
} mfn__partitions;

mfn_status mfn__partitions_init(mfn__partitions *set, mfn_error *err);
void mfn__partitions_deinit(mfn__partitions *set);

/* Assigned. One that is there already begins anew. */
mfn_status mfn__partitions_add(mfn__partitions *set, const char *topic, int32_t number,
                               mfn_error *err);

/* Revoked: nothing more can be taken from it. */
void mfn__partitions_leave(mfn__partitions *set, const char *topic, int32_t number);
bool mfn__partitions_is_leaving(mfn__partitions *set, const char *topic, int32_t number);

/* True when nothing of the leaving ones is under way. */
bool mfn__partitions_are_drained(mfn__partitions *set);

void mfn__partitions_remove_leaving(mfn__partitions *set);

/* A record was fetched: it is under way from now on. MFN_NOT_FOUND: it is not ours. An offset lower
 * than the last one means that the topic was made anew: the partition begins anew, too. */
mfn_status mfn__partitions_take(mfn__partitions *set, const char *topic, int32_t number,
                                int64_t offset, uint64_t *ret_source, mfn_error *err);

/* A record that was taken is not handed out, nor is any later one of its partition. */
void mfn__partitions_untake(mfn__partitions *set, uint64_t source, int64_t offset);

/* The end was reached; `offset` is the next one, behind markers that are no records. */
void mfn__partitions_end(mfn__partitions *set, const char *topic, int32_t number, int64_t offset);
bool mfn__partitions_are_at_end(mfn__partitions *set); /* true when there are none */

/* Receipts of other assignments are ignored. */
void mfn__partitions_settle(mfn__partitions *set, const mfn__receipt *receipts, size_t count);

/* True when something is settled that no commit was asked for. */
bool mfn__partitions_are_due(mfn__partitions *set);

/* What should be committed and has not been asked for yet; NULL for nothing (or without memory).
 * The caller asks for it, says how it ended, and destroys it. */
rd_kafka_topic_partition_list_t *mfn__partitions_due(mfn__partitions *set);
void mfn__partitions_committed(mfn__partitions *set, rd_kafka_resp_err_t code,
                               const rd_kafka_topic_partition_list_t *offsets);

bool mfn__partitions_own(mfn__partitions *set, uint64_t source);

/* The next offsets after the receipts. MFN_CANCELLED: one of them is not ours any more. Locks: the
 * caller holds the mutex. */
mfn_status mfn__partitions_next(const mfn__partitions *set, const mfn__receipt *receipts,
                                size_t count, rd_kafka_topic_partition_list_t *ret, mfn_error *err);

/* Locks: the caller holds the mutex. -1: not known. */
int64_t mfn__partition_next_offset(const mfn__partition *partition);

#endif
