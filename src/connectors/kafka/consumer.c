/* SPDX-License-Identifier: MIT */
#include "connectors/kafka/consumer.h"

#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "connectors/kafka/joins.h"

static const char *const offset_resets[] = {"earliest", "latest"};
static const char *const strategies[] = {"cooperative-sticky", "range", "roundrobin"};

static mfn_status set_whole(rd_kafka_conf_t *conf, const char *name, double value, mfn_error *err)
{
    char text[32];
    snprintf(text, sizeof text, "%.0f", value);
    return mfn__kafka_conf_set(conf, name, text, err);
}

static mfn_status set_group(const mfn__kafka_connector_options *options, rd_kafka_conf_t *conf,
                            mfn_error *err)
{
    const struct {
        const char *name, *value;
    } settings[] = {
        {"group.id", options->group_id},
        {"group.instance.id", options->group_instance_id},
        {"auto.offset.reset", offset_resets[options->auto_offset_reset]},
        {"partition.assignment.strategy", strategies[options->partition_assignment_strategy]},
        {"isolation.level", options->read_committed ? "read_committed" : "read_uncommitted"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"enable.partition.eof", "true"},
    };
    mfn_status status = set_whole(conf, "session.timeout.ms", options->session_timeout * 1e3, err);
    if (status == MFN_OK) {
        status = set_whole(conf, "max.poll.interval.ms", options->max_poll_interval * 1e3, err);
    }
    for (size_t i = 0; status == MFN_OK && i < sizeof settings / sizeof settings[0]; i++) {
        if (settings[i].value[0] != '\0') {
            status = mfn__kafka_conf_set(conf, settings[i].name, settings[i].value, err);
        }
    }
    return status;
}

void mfn__consumer_note_fatal(mfn__consumer *consumer)
{
    char text[320] = "";
    rd_kafka_resp_err_t cause = rd_kafka_fatal_error(consumer->handle, text, sizeof text);
    mfn__kafka_fail(cause, "the membership in the group ended", text, NULL, &consumer->problem);
}

/* Thread: intake, inside of a poll. */
static void note_error(rd_kafka_t *handle, int code, const char *reason, void *opaque)
{
    (void)handle;
    mfn__consumer *consumer = opaque;
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        mfn__consumer_note_fatal(consumer);
    } else {
        mfn__kafka_complain(&consumer->complaint, (rd_kafka_resp_err_t)code, reason);
    }
}

static mfn_status join(mfn__consumer *consumer, mfn_error *err)
{
    const mfn_texts *topics = &consumer->options.topics;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)topics->count);
    if (list == NULL) {
        return mfn__fail_memory(err);
    }
    for (size_t i = 0; i < topics->count; i++) {
        rd_kafka_topic_partition_list_add(list, topics->values[i], RD_KAFKA_PARTITION_UA);
    }
    rd_kafka_resp_err_t code = rd_kafka_subscribe(consumer->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? MFN_OK
               : mfn__kafka_fail(code, "subscribing to the topics", NULL, NULL, err);
}

static mfn_status make_handle(mfn__consumer *consumer, mfn_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    mfn_status status = mfn__kafka_conf_new(&consumer->options.access, &conf, err);
    if (status != MFN_OK) {
        return status;
    }
    status = set_group(&consumer->options, conf, err);
    if (status != MFN_OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    rd_kafka_conf_set_opaque(conf, consumer);
    rd_kafka_conf_set_error_cb(conf, note_error);
    rd_kafka_conf_set_rebalance_cb(conf, mfn__consumer_rebalance);
    mfn__joins_watch(conf, &consumer->is_joining);
    char reason[320];
    consumer->handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (consumer->handle == NULL) {
        rd_kafka_conf_destroy(conf);
        return mfn__fail(err, MFN_INVALID, NULL, "librdkafka does not take the settings: %s",
                         reason);
    }
    rd_kafka_poll_set_consumer(consumer->handle);
    return MFN_OK;
}

mfn_status mfn__consumer_new(const mfn__kafka_connector_options *options,
                             const mfn__surroundings *around, mfn__consumer **ret, mfn_error *err)
{
    mfn__consumer *consumer = mfn__mem_new(1, sizeof *consumer);
    if (consumer == NULL) {
        return mfn__fail_memory(err);
    }
    consumer->options = *options;
    consumer->around = *around;
    mfn_status status = mfn__partitions_init(&consumer->partitions, err);
    if (status != MFN_OK) {
        mfn__mem_free(consumer);
        return status;
    }
    status = make_handle(consumer, err);
    if (status == MFN_OK) {
        status = mfn__commits_init(&consumer->commits, consumer->handle, &consumer->partitions,
                                   &consumer->is_joining, &consumer->around, err);
    }
    if (status == MFN_OK) {
        status = join(consumer, err);
    }
    if (status != MFN_OK) {
        mfn__consumer_free(consumer);
        return status;
    }
    *ret = consumer;
    return MFN_OK;
}

/* Leaves the group, after the commit of what is settled. */
static void leave_group(mfn__consumer *consumer)
{
    if (consumer->unread != NULL) {
        rd_kafka_message_destroy(consumer->unread);
    }
    if (consumer->commits.handle != NULL) {
        if (!mfn__commits_finish(&consumer->commits, consumer->around.timeout_s)) {
            mfn__consumer_warn(consumer, "the last offsets are not committed: what they stand for "
                                         "will be done again");
        }
        consumer->is_closing = true;
        mfn__consumer_leave_when_ready(consumer);
        rd_kafka_consumer_close(consumer->handle);
    }
    mfn__commits_deinit(&consumer->commits);
    rd_kafka_destroy(consumer->handle);
}

void mfn__consumer_free(mfn__consumer *consumer)
{
    if (consumer == NULL) {
        return;
    }
    if (consumer->handle != NULL) {
        leave_group(consumer);
    }
    while (consumer->first_held != NULL) {
        mfn__message *next = consumer->first_held->next;
        mfn__message_free(consumer->first_held);
        consumer->first_held = next;
    }
    mfn__partitions_deinit(&consumer->partitions);
    mfn__mem_free(consumer);
}
