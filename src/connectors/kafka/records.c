/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "connectors/kafka/consumer.h"

#define ORIGIN_SIZE 320 /* a topic's name has at most 249 characters */

static mfn__kafka_record *make_record(const rd_kafka_message_t *source, mfn_error *err)
{
    mfn__kafka_record *record = mfn__mem_new(1, sizeof *record);
    if (record == NULL) {
        goto fail;
    }
    record->topic = mfn__mem_copy_text(rd_kafka_topic_name(source->rkt));
    record->partition = source->partition;
    record->offset = source->offset;
    if (source->key != NULL) {
        record->key = mfn__mem_new(source->key_len + 1, 1);
        record->key_size = source->key_len;
    }
    if (record->topic == NULL || (source->key != NULL && record->key == NULL)) {
        goto fail;
    }
    if (source->key != NULL) {
        memcpy(record->key, source->key, source->key_len);
    }
    rd_kafka_headers_t *headers = NULL;
    if (rd_kafka_message_headers(source, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        record->headers = rd_kafka_headers_copy(headers);
    }
    return record;
fail:
    mfn__kafka_record_free(record);
    mfn__fail_memory(err);
    return NULL;
}

static mfn_status make_message(const mfn__consumer *consumer, const rd_kafka_message_t *source,
                               mfn__message **ret, mfn_error *err)
{
    char origin[ORIGIN_SIZE];
    snprintf(origin, sizeof origin, "kafka:%s[%ld]@%lld", rd_kafka_topic_name(source->rkt),
             (long)source->partition, (long long)source->offset);
    const char *payload = source->payload != NULL ? source->payload : "";
    mfn__kafka_record *record = make_record(source, err);
    if (record == NULL) {
        return MFN_NO_MEMORY;
    }
    mfn__message *message = mfn__message_new(origin, payload, source->len);
    if (message == NULL) {
        mfn__kafka_record_free(record);
        return mfn__fail_memory(err);
    }
    message->index = (uint64_t)source->offset;
    message->extra = record;
    message->free_extra = mfn__kafka_record_free;
    if (source->len > consumer->options.max_job_bytes) {
        mfn__fail(&message->problem, MFN_TOO_LARGE, "max_job_bytes",
                  "the record has %zu bytes, more than max_job_bytes allows (%llu)", source->len,
                  (unsigned long long)consumer->options.max_job_bytes);
    }
    *ret = message;
    return MFN_OK;
}

static void hold(mfn__consumer *consumer, mfn__message *message)
{
    if (consumer->last_held == NULL) {
        consumer->first_held = message;
    } else {
        consumer->last_held->next = message;
    }
    consumer->last_held = message;
    consumer->held_count++;
}

/* Puts a record behind those that wait to be handed out, unless its partition is not ours. */
static mfn_status keep(mfn__consumer *consumer, const rd_kafka_message_t *source, mfn_error *err)
{
    mfn__message *message = NULL;
    mfn_status status = make_message(consumer, source, &message, err);
    if (status != MFN_OK) {
        return status;
    }
    status = mfn__partitions_take(&consumer->partitions, rd_kafka_topic_name(source->rkt),
                                  source->partition, source->offset, &message->source, err);
    if (status != MFN_OK) {
        mfn__message_free(message);
        return status == MFN_NOT_FOUND ? MFN_OK : status;
    }
    hold(consumer, message);
    return MFN_OK;
}

/* Something that librdkafka tells in the place of a record. */
static mfn_status judge(mfn__consumer *consumer, const rd_kafka_message_t *source,
                        mfn__advice *ret_advice, mfn_error *err)
{
    switch (source->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        mfn__partitions_end(&consumer->partitions, rd_kafka_topic_name(source->rkt),
                            source->partition, source->offset);
        return MFN_OK;
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
        mfn__consumer_warn(consumer, "was put out of the group, because it fetched nothing for "
                                     "max_poll_interval; it joins again");
        return MFN_OK;
    case RD_KAFKA_RESP_ERR__FATAL:
        mfn__consumer_note_fatal(consumer);
        return MFN_OK;
    default:
        mfn__kafka_complain(&consumer->complaint, source->err, rd_kafka_message_errstr(source));
        consumer->complaint.is_grave = true;
        return mfn__kafka_fail(source->err, "fetching records", rd_kafka_message_errstr(source),
                               ret_advice, err);
    }
}

mfn_status mfn__consumer_poll(mfn__consumer *consumer, int64_t wait_ns, bool *ret_has_come,
                              mfn__advice *ret_advice, mfn_error *err)
{
    rd_kafka_message_t *source = consumer->unread;
    consumer->unread = NULL;
    if (source == NULL) {
        int64_t wait_ms = (wait_ns + MFN__NS_PER_MS - 1) / MFN__NS_PER_MS;
        source = rd_kafka_consumer_poll(consumer->handle, (int)wait_ms);
    }
    *ret_has_come = source != NULL;
    if (source == NULL) {
        return MFN_OK;
    }
    mfn_status status = source->err == RD_KAFKA_RESP_ERR_NO_ERROR
                            ? keep(consumer, source, err)
                            : judge(consumer, source, ret_advice, err);
    if (status == MFN_NO_MEMORY) {
        consumer->unread = source; /* it is not taken: the next commit must not go beyond it */
        return status;
    }
    rd_kafka_message_destroy(source);
    return status;
}

void mfn__consumer_hand_out(mfn__consumer *consumer, size_t max, mfn__batch *ret)
{
    while (ret->count < max && consumer->first_held != NULL) {
        mfn__message *message = consumer->first_held;
        consumer->first_held = message->next;
        message->next = NULL;
        consumer->held_count--;
        ret->messages[ret->count++] = message;
    }
    if (consumer->first_held == NULL) {
        consumer->last_held = NULL;
    }
}

void mfn__consumer_drop_leaving(mfn__consumer *consumer)
{
    mfn__message *held = consumer->first_held;
    consumer->first_held = NULL;
    consumer->last_held = NULL;
    consumer->held_count = 0;
    while (held != NULL) {
        mfn__message *message = held;
        const mfn__kafka_record *record = message->extra;
        held = message->next;
        message->next = NULL;
        if (mfn__partitions_is_leaving(&consumer->partitions, record->topic, record->partition)) {
            mfn__partitions_untake(&consumer->partitions, message->source, record->offset);
            mfn__message_free(message);
        } else {
            hold(consumer, message);
        }
    }
    rd_kafka_message_t *unread = consumer->unread;
    if (unread != NULL && unread->rkt != NULL &&
        mfn__partitions_is_leaving(&consumer->partitions, rd_kafka_topic_name(unread->rkt),
                                   unread->partition)) {
        rd_kafka_message_destroy(unread);
        consumer->unread = NULL;
    }
}
