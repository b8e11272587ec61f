/* SPDX-License-Identifier: MIT */
/* One member of a consumer group. What it fetches is under way until it is settled; what is taken
 * away from it is handed back after that. */
#ifndef MFN_CONNECTORS_KAFKA_CONSUMER_H
#define MFN_CONNECTORS_KAFKA_CONSUMER_H

#include "connectors/kafka/commits.h"
#include "connectors/kafka/kafka_connector.h"
#include "connectors/kafka/partitions.h"

typedef struct mfn__consumer {
    mfn__kafka_connector_options options;
    mfn__surroundings around;
    rd_kafka_t *handle;
    atomic_bool is_joining;
    mfn__partitions partitions;
    mfn__commits commits;
    atomic_uint_fast64_t requests;

    /* Of the intake thread. */
    mfn__message *first_held, *last_held; /* fetched and not handed out: a list */
    size_t held_count;
    rd_kafka_message_t *unread;               /* a record for which there was no memory */
    mfn__kafka_complaint complaint;           /* why nothing comes, perhaps */
    mfn_error problem;                        /* it can never go on */
    rd_kafka_topic_partition_list_t *leaving; /* revoked and not handed back yet; NULL for none */
    int64_t leave_until_ns;
    bool has_assignment; /* at least one came, be it empty */
    bool is_paused, is_closing;
} mfn__consumer;

/* Joins the group in the background. */
mfn_status mfn__consumer_new(const mfn__kafka_connector_options *options,
                             const mfn__surroundings *around, mfn__consumer **ret, mfn_error *err);
void mfn__consumer_free(mfn__consumer *consumer); /* NULL is allowed */

/* membership.c. The callback of librdkafka for partitions that come and go. Thread: intake, inside
 * of a poll. */
void mfn__consumer_rebalance(rd_kafka_t *handle, rd_kafka_resp_err_t code,
                             rd_kafka_topic_partition_list_t *partitions, void *opaque);

/* Hands revoked partitions back when nothing of them is under way any more, or it takes too long.
 * Thread: intake. */
void mfn__consumer_leave_when_ready(mfn__consumer *consumer);

/* Stops what flows into the client, and lets it flow again. Thread: intake. */
void mfn__consumer_pause(mfn__consumer *consumer);
void mfn__consumer_resume(mfn__consumer *consumer);

void mfn__consumer_warn(const mfn__consumer *consumer, const char *text);

/* It can never go on: says why in `problem`. */
void mfn__consumer_note_fatal(mfn__consumer *consumer);

/* records.c. Waits for one record and keeps it. `*ret_has_come`: one came, or something that is
 * none. Thread: intake. */
mfn_status mfn__consumer_poll(mfn__consumer *consumer, int64_t wait_ns, bool *ret_has_come,
                              mfn__advice *ret_advice, mfn_error *err);

/* Moves up to `max` of the kept ones into the batch. */
void mfn__consumer_hand_out(mfn__consumer *consumer, size_t max, mfn__batch *ret);

/* Forgets the kept ones of leaving partitions. */
void mfn__consumer_drop_leaving(mfn__consumer *consumer);

#endif
