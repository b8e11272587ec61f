/* SPDX-License-Identifier: MIT */
/* Partitions come and go in a callback inside of a poll. A revoked one is not handed back there but
 * at a later turn of the intake thread: so what it has fetched can still reach the workers, the
 * results settle, the other partitions go on, and the group waits at most `drain_time`. */
#include <stdio.h>
#include <string.h>

#include "connectors/kafka/consumer.h"

#define WARNING_SIZE 640

void mfn__consumer_warn(const mfn__consumer *consumer, const char *text)
{
    char line[WARNING_SIZE];
    snprintf(line, sizeof line, "%s: %s", consumer->around.name, text);
    consumer->around.log->warn(consumer->around.log->context, line);
}

static bool is_cooperative(const mfn__consumer *consumer)
{
    const char *protocol = rd_kafka_rebalance_protocol(consumer->handle);
    return protocol != NULL && strcmp(protocol, "COOPERATIVE") == 0;
}

/* Tells librdkafka the partitions that are ours now (or, cooperative, in addition). */
static void accept_partitions(mfn__consumer *consumer,
                              const rd_kafka_topic_partition_list_t *partitions)
{
    if (is_cooperative(consumer)) {
        rd_kafka_error_t *failure = rd_kafka_incremental_assign(consumer->handle, partitions);
        if (failure != NULL) {
            mfn__kafka_complain(&consumer->complaint, rd_kafka_error_code(failure),
                                rd_kafka_error_string(failure));
            rd_kafka_error_destroy(failure);
        }
    } else {
        rd_kafka_assign(consumer->handle, partitions);
    }
}

static void give_up_partitions(mfn__consumer *consumer,
                               const rd_kafka_topic_partition_list_t *partitions)
{
    mfn__partitions_remove_leaving(&consumer->partitions);
    if (is_cooperative(consumer)) {
        /* It fails when the assignment was lost meanwhile: then there is nothing to give up. */
        rd_kafka_error_destroy(rd_kafka_incremental_unassign(consumer->handle, partitions));
    } else {
        rd_kafka_assign(consumer->handle, NULL);
    }
}

static void begin(mfn__consumer *consumer, rd_kafka_topic_partition_list_t *partitions)
{
    for (int i = 0; i < partitions->cnt; i++) {
        mfn_error err = {0};
        if (mfn__partitions_add(&consumer->partitions, partitions->elems[i].topic,
                                partitions->elems[i].partition, &err) != MFN_OK) {
            consumer->problem = err; /* its records are not taken, so nothing of it is lost */
        }
    }
    consumer->has_assignment = true;
    accept_partitions(consumer, partitions);
    if (consumer->is_paused) {
        mfn__consumer_pause(consumer);
    } else {
        /* librdkafka remembers over assignments that we paused a partition when it left. */
        rd_kafka_resume_partitions(consumer->handle, partitions);
    }
}

/* Hands back what is leaving; commits before, while that still is our right. */
static void leave(mfn__consumer *consumer, const rd_kafka_topic_partition_list_t *partitions)
{
    if (rd_kafka_assignment_lost(consumer->handle)) {
        mfn__consumer_warn(consumer, "lost its partitions, because the group did not hear of it in "
                                     "time; what is not committed is done again");
    } else if (!consumer->is_closing &&
               !mfn__commits_finish(&consumer->commits, consumer->around.timeout_s)) {
        mfn__consumer_warn(consumer, "hands partitions on before what is settled in them could be "
                                     "committed; that is done again");
    }
    give_up_partitions(consumer, partitions);
}

static void begin_to_leave(mfn__consumer *consumer,
                           const rd_kafka_topic_partition_list_t *partitions)
{
    for (int i = 0; i < partitions->cnt; i++) {
        mfn__partitions_leave(&consumer->partitions, partitions->elems[i].topic,
                              partitions->elems[i].partition);
    }
    mfn__consumer_drop_leaving(consumer);
    if (!consumer->is_closing) {
        consumer->leaving = rd_kafka_topic_partition_list_copy(partitions);
    }
    if (consumer->leaving == NULL) {
        leave(consumer, partitions);
        return;
    }
    consumer->leave_until_ns = mfn__clock_monotonic_ns(consumer->around.clock) +
                               (int64_t)(consumer->options.drain_time * (double)MFN__NS_PER_S);
    rd_kafka_pause_partitions(consumer->handle, consumer->leaving);
    mfn__consumer_leave_when_ready(consumer);
}

void mfn__consumer_leave_when_ready(mfn__consumer *consumer)
{
    if (consumer->leaving == NULL) {
        return;
    }
    bool may_wait = mfn__clock_monotonic_ns(consumer->around.clock) < consumer->leave_until_ns &&
                    !atomic_load(consumer->around.abandon) && !consumer->is_closing &&
                    !rd_kafka_assignment_lost(consumer->handle);
    if (may_wait && !mfn__partitions_are_drained(&consumer->partitions)) {
        return;
    }
    leave(consumer, consumer->leaving);
    rd_kafka_topic_partition_list_destroy(consumer->leaving);
    consumer->leaving = NULL;
}

void mfn__consumer_rebalance(rd_kafka_t *handle, rd_kafka_resp_err_t code,
                             rd_kafka_topic_partition_list_t *partitions, void *opaque)
{
    mfn__consumer *consumer = opaque;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        begin(consumer, partitions);
    } else if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        begin_to_leave(consumer, partitions);
    } else {
        mfn__kafka_complain(&consumer->complaint, code, rd_kafka_err2str(code));
        rd_kafka_assign(handle, NULL);
    }
}

static void flow(mfn__consumer *consumer, bool is_on)
{
    rd_kafka_topic_partition_list_t *assigned = NULL;
    if (rd_kafka_assignment(consumer->handle, &assigned) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    for (int i = 0; consumer->leaving != NULL && i < consumer->leaving->cnt; i++) {
        rd_kafka_topic_partition_list_del(assigned, consumer->leaving->elems[i].topic,
                                          consumer->leaving->elems[i].partition);
    }
    if (is_on) {
        rd_kafka_resume_partitions(consumer->handle, assigned);
    } else {
        rd_kafka_pause_partitions(consumer->handle, assigned);
    }
    rd_kafka_topic_partition_list_destroy(assigned);
}

void mfn__consumer_pause(mfn__consumer *consumer)
{
    flow(consumer, false);
    consumer->is_paused = true;
}

void mfn__consumer_resume(mfn__consumer *consumer)
{
    if (consumer->is_paused) {
        consumer->is_paused = false;
        flow(consumer, true);
    }
}
