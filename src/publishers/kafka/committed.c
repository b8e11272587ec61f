/* SPDX-License-Identifier: MIT */
/* Asked through the producer's own connections: listing the offsets of a group needs no consumer.
 */
#include "publishers/kafka/committed.h"

#define SLICE_MS 100 /* abandoning is noticed this soon */

static bool is_over(const mfn__producer *producer, int64_t until_ns)
{
    return mfn__producer_now_ns(producer) >= until_ns || mfn__producer_is_abandoned(producer);
}

static mfn__committed compare(const rd_kafka_topic_partition_list_t *offsets,
                              const rd_kafka_topic_partition_list_t *committed, bool is_exact)
{
    int reached = 0;
    for (int i = 0; i < offsets->cnt; i++) {
        const rd_kafka_topic_partition_t *ours = &offsets->elems[i];
        const rd_kafka_topic_partition_t *theirs =
            rd_kafka_topic_partition_list_find(committed, ours->topic, ours->partition);
        if (theirs != NULL &&
            (theirs->offset == ours->offset || (theirs->offset > ours->offset && !is_exact))) {
            reached++;
        }
    }
    if (reached == 0) {
        return MFN__COMMITTED_NOTHING;
    }
    return reached == offsets->cnt ? MFN__COMMITTED_ALL : MFN__COMMITTED_SOME;
}

static rd_kafka_resp_err_t read_answer(rd_kafka_event_t *event,
                                       const rd_kafka_topic_partition_list_t *offsets,
                                       bool is_exact, mfn__committed *ret)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return code;
    }
    size_t count = 0;
    const rd_kafka_group_result_t **groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
    if (count != 1) {
        return RD_KAFKA_RESP_ERR__BAD_MSG;
    }
    const rd_kafka_error_t *error = rd_kafka_group_result_error(groups[0]);
    const rd_kafka_topic_partition_list_t *committed = rd_kafka_group_result_partitions(groups[0]);
    if (error != NULL) {
        return rd_kafka_error_code(error);
    }
    for (int i = 0; i < committed->cnt; i++) {
        if (committed->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return committed->elems[i].err;
        }
    }
    *ret = compare(offsets, committed, is_exact);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t ask_once(mfn__producer *producer, const mfn__kafka_position *position,
                                    bool is_exact, int64_t until_ns, mfn__committed *ret)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(producer->handle);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(producer->handle, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    rd_kafka_ListConsumerGroupOffsets_t *request =
        rd_kafka_ListConsumerGroupOffsets_new(position->group_id, position->offsets);
    rd_kafka_error_destroy(rd_kafka_AdminOptions_set_require_stable_offsets(options, 1));
    rd_kafka_ListConsumerGroupOffsets(producer->handle, &request, 1, options, queue);
    rd_kafka_event_t *event = NULL;
    do {
        event = rd_kafka_queue_poll(queue, SLICE_MS);
    } while (event == NULL && !is_over(producer, until_ns));
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (event != NULL) {
        code = read_answer(event, position->offsets, is_exact, ret);
        rd_kafka_event_destroy(event);
    }
    rd_kafka_ListConsumerGroupOffsets_destroy(request);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    return code;
}

rd_kafka_resp_err_t mfn__committed_ask(mfn__producer *producer, const mfn__kafka_position *position,
                                       bool is_exact, int64_t until_ns, mfn__committed *ret)
{
    rd_kafka_resp_err_t code = ask_once(producer, position, is_exact, until_ns, ret);
    while (code == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT && !is_over(producer, until_ns)) {
        rd_kafka_poll(producer->handle, SLICE_MS);
        code = ask_once(producer, position, is_exact, until_ns, ret);
    }
    return code;
}
