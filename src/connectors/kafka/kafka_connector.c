/* SPDX-License-Identifier: MIT */
/* Reads topics as a member of a consumer group. An offset is committed when everything before it is
 * settled; how partitions come and go is told in membership.c. */
#include "connectors/kafka/kafka_connector.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "connectors/kafka/consumer.h"

#define JOB_BYTES_MIN  1024
#define JOB_BYTES_MAX  1073741824.0
#define TEXT_MAX       4096
#define TOPIC_NAME_MAX 249

/* A poll does not wait longer without a look at what else is to do. */
#define POLL_WAIT_NS (100 * MFN__NS_PER_MS)

/* How long a cluster that seemed to be gone is asked whether it is there. */
#define REACH_S 1.0

static const char *const offset_reset_names[] = {"earliest", "latest", NULL};
static const char *const strategy_names[] = {"cooperative-sticky", "range", "roundrobin", NULL};

/* clang-format off: one row per option */
static const mfn_option option_table[] = {
    MFN__KAFKA_ACCESS_ROWS(mfn__kafka_connector_options, access.),
    MFN__LIST(mfn__kafka_connector_options, topics, NULL, false, "topics to read"),
    MFN__TEXT(mfn__kafka_connector_options, group_id, NULL,
              "consumer group that shares the topics"),
    MFN__TEXT(mfn__kafka_connector_options, group_instance_id, "",
              "name that keeps the partitions over a restart: static membership"),
    MFN__WHOLE(mfn__kafka_connector_options, max_messages, 1, 1e6, "100", "",
               "jobs of one fetch at most"),
    MFN__WHOLE(mfn__kafka_connector_options, timeout_ms, 1, 600000, "1000", "ms",
               "a fetch waits at most this long"),
    MFN__CHOICE(mfn__kafka_connector_options, auto_offset_reset, offset_reset_names, "earliest",
                "where a group without a committed offset begins"),
    MFN__CHOICE(mfn__kafka_connector_options, partition_assignment_strategy, strategy_names,
                "cooperative-sticky", "how the group shares its partitions"),
    MFN__REAL(mfn__kafka_connector_options, session_timeout, 1, 3600, "45", "s",
              "a member that is silent this long is out of the group"),
    MFN__REAL(mfn__kafka_connector_options, max_poll_interval, 1, 86400, "300", "s",
              "so is one that asks for nothing this long"),
    MFN__REAL(mfn__kafka_connector_options, drain_time, 0, 3600, "5", "s",
              "a revoked partition is kept this long until its jobs are settled"),
    MFN__BOOL(mfn__kafka_connector_options, read_committed, "true",
              "leave out what belongs to no committed transaction"),
    MFN__WHOLE(mfn__kafka_connector_options, max_job_bytes, JOB_BYTES_MIN, JOB_BYTES_MAX, "1MiB",
               "bytes", "larger jobs become dead letters"),
    {0},
};
/* clang-format on */

static void append_list(mfn__buffer *text, const mfn_texts *list)
{
    for (size_t i = 0; i < list->count; i++) {
        mfn__buffer_append_text(text, i > 0 ? ", " : "");
        mfn__buffer_append_text(text, list->values[i]);
    }
}

static void describe(const void *given, char *ret, size_t size)
{
    const mfn__kafka_connector_options *options = given;
    mfn__buffer text;
    mfn__buffer_init(&text, TEXT_MAX);
    append_list(&text, &options->topics);
    mfn__buffer_append_text(&text, " at ");
    append_list(&text, &options->access.bootstrap_servers);
    snprintf(ret, size, "%s", text.data != NULL ? text.data : "");
    mfn__buffer_deinit(&text);
}

static bool is_topic_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-";
    size_t length = strlen(name);
    return length > 0 && length <= TOPIC_NAME_MAX && strspn(name, allowed) == length &&
           strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static mfn_status check_topics(const mfn_texts *topics, mfn_error *err)
{
    if (topics->count == 0) {
        return mfn__fail(err, MFN_INVALID, "topics", "topics is empty: expected at least one name");
    }
    for (size_t i = 0; i < topics->count; i++) {
        if (!is_topic_name(topics->values[i])) {
            return mfn__fail(err, MFN_INVALID, "topics",
                             "topics[%zu] is '%.80s': expected 1 to %d of the characters a-z, A-Z, "
                             "0-9, '.', '_' and '-'",
                             i, topics->values[i], TOPIC_NAME_MAX);
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(topics->values[i], topics->values[j]) == 0) {
                return mfn__fail(err, MFN_INVALID, "topics", "topics has '%s' twice",
                                 topics->values[i]);
            }
        }
    }
    return MFN_OK;
}

static mfn_status check(const void *given, mfn_error *err)
{
    const mfn__kafka_connector_options *options = given;
    mfn_status status = mfn__kafka_access_check(&options->access, err);
    if (status == MFN_OK) {
        status = check_topics(&options->topics, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    if (options->group_id[0] == '\0') {
        return mfn__fail(err, MFN_INVALID, "group_id", "group_id is empty: expected a name");
    }
    if (options->max_poll_interval < options->session_timeout) {
        return mfn__fail(err, MFN_INVALID, "max_poll_interval",
                         "max_poll_interval is %g s: expected at least session_timeout (%g s)",
                         options->max_poll_interval, options->session_timeout);
    }
    if (options->drain_time >= options->max_poll_interval) {
        return mfn__fail(err, MFN_INVALID, "drain_time",
                         "drain_time is %g s: expected less than max_poll_interval (%g s), after "
                         "which the group goes on without this member",
                         options->drain_time, options->max_poll_interval);
    }
    return MFN_OK;
}

static mfn_status probe(const void *given, const mfn__surroundings *surroundings, mfn_error *err)
{
    const mfn__kafka_connector_options *options = given;
    mfn_status status = MFN_OK;
    for (size_t i = 0; status == MFN_OK && i < options->topics.count; i++) {
        status = mfn__kafka_probe(&options->access, options->topics.values[i],
                                  surroundings->timeout_s, err);
    }
    return status;
}

static mfn_status open_connector(const void *given, const mfn__surroundings *surroundings,
                                 void **ret_self, mfn_error *err)
{
    mfn__consumer *consumer = NULL;
    mfn_status status = mfn__consumer_new(given, surroundings, &consumer, err);
    if (status == MFN_OK) {
        *ret_self = consumer;
    }
    return status;
}

/* What is to be done now and then, whatever is fetched. */
static void tend(mfn__consumer *consumer)
{
    mfn__consumer_leave_when_ready(consumer);
    mfn__commits_go_on(&consumer->commits);
}

/* Polls until enough is there, the deadline has passed with or without, or something failed. */
static mfn_status collect(mfn__consumer *consumer, int64_t deadline_ns, size_t max,
                          mfn__advice *ret_advice, mfn_error *err)
{
    bool has_come = true;
    bool may_wait = true;
    while (consumer->held_count < max && (has_come || may_wait)) {
        int64_t left_ns = deadline_ns - mfn__clock_monotonic_ns(consumer->around.clock);
        may_wait =
            consumer->held_count == 0 && left_ns > 0 && !atomic_load(consumer->around.abandon);
        if (consumer->held_count == 0) {
            tend(consumer);
        }
        int64_t wait_ns = left_ns < POLL_WAIT_NS ? left_ns : POLL_WAIT_NS;
        mfn_status status =
            mfn__consumer_poll(consumer, may_wait ? wait_ns : 0, &has_come, ret_advice, err);
        if (status != MFN_OK) {
            return status;
        }
    }
    return MFN_OK;
}

/* The cluster seemed to be gone, or a topic: is it? */
static mfn_status look_into_complaint(mfn__consumer *consumer, mfn__advice *ret_advice,
                                      mfn_error *err)
{
    const mfn__kafka_complaint *complaint = &consumer->complaint;
    const mfn_texts *topics = &consumer->options.topics;
    for (size_t i = 0; i < topics->count; i++) {
        mfn_status status =
            mfn__kafka_reach(consumer->handle, topics->values[i], REACH_S, ret_advice, err);
        bool is_told_better = status == MFN_IO || status == MFN_TIMED_OUT;
        if (is_told_better && complaint->reason[0] != '\0') {
            return mfn__kafka_fail(complaint->code, "reaching the cluster", complaint->reason,
                                   ret_advice, err);
        }
        if (status != MFN_OK) {
            return status;
        }
    }
    consumer->complaint = (mfn__kafka_complaint){0};
    return mfn__fail(err, MFN_TIMED_OUT, NULL, "the cluster is back");
}

/* Nothing is there to hand out: because there is nothing, or not yet. */
static mfn_status explain_nothing(mfn__consumer *consumer, mfn__advice *ret_advice, mfn_error *err)
{
    if (consumer->problem.status != MFN_OK) {
        ret_advice->trouble = MFN__TROUBLE_PERMANENT;
        return mfn__fail(err, consumer->problem.status, NULL, "%s", consumer->problem.text);
    }
    if (consumer->complaint.is_grave) {
        return look_into_complaint(consumer, ret_advice, err);
    }
    if (!consumer->has_assignment || consumer->leaving != NULL) {
        return mfn__fail(err, MFN_TIMED_OUT, NULL, "group '%s' is sharing out its partitions",
                         consumer->options.group_id);
    }
    if (mfn__partitions_are_at_end(&consumer->partitions)) {
        return MFN_NOT_FOUND;
    }
    return mfn__fail(err, MFN_TIMED_OUT, NULL, "a partition has not been read to its end");
}

static mfn_status fetch(void *opaque, int64_t deadline_ns, mfn__batch *ret, mfn__advice *ret_advice,
                        mfn_error *err)
{
    mfn__consumer *consumer = opaque;
    const mfn__kafka_connector_options *options = &consumer->options;
    size_t max =
        options->max_messages < MFN__BATCH_MAX ? (size_t)options->max_messages : MFN__BATCH_MAX;
    int64_t end_ns = mfn__clock_monotonic_ns(consumer->around.clock) +
                     (int64_t)options->timeout_ms * MFN__NS_PER_MS;
    atomic_fetch_add(&consumer->requests, 1);
    ret->count = 0;
    mfn__consumer_resume(consumer);
    mfn_status status =
        collect(consumer, deadline_ns < end_ns ? deadline_ns : end_ns, max, ret_advice, err);
    mfn__consumer_hand_out(consumer, max, ret);
    if (ret->count > 0) {
        *ret_advice = (mfn__advice){0}; /* what failed is looked into when nothing comes */
        return MFN_OK;
    }
    return status != MFN_OK ? status : explain_nothing(consumer, ret_advice, err);
}

/* The group must see polls. What comes is kept for the next fetch; enough of it stops the flow. */
static void keep_alive(void *opaque)
{
    mfn__consumer *consumer = opaque;
    mfn__advice advice = {0};
    mfn_error err = {0};
    bool has_come = false;
    if (!consumer->is_paused && consumer->held_count >= MFN__BATCH_MAX) {
        mfn__consumer_pause(consumer);
    }
    tend(consumer);
    /* A failure is remembered as a complaint. */
    (void)mfn__consumer_poll(consumer, 0, &has_come, &advice, &err);
}

static void settled(void *opaque, const mfn__receipt *receipts, size_t count)
{
    mfn__consumer *consumer = opaque;
    mfn__partitions_settle(&consumer->partitions, receipts, count);
    mfn__commits_go_on(&consumer->commits);
}

/* The membership is read under the lock that partitions go away under: it is never newer than our
 * right to them. After a loss it can be empty, which no broker would refuse. Locks: the caller
 * holds the partitions' mutex. */
static mfn_status fill_position(mfn__consumer *consumer, const mfn__receipt *receipts, size_t count,
                                mfn__kafka_position *position, mfn_error *err)
{
    position->offsets = rd_kafka_topic_partition_list_new(1);
    position->group_id = mfn__mem_copy_text(consumer->options.group_id);
    if (position->offsets == NULL || position->group_id == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status =
        mfn__partitions_next(&consumer->partitions, receipts, count, position->offsets, err);
    if (status != MFN_OK) {
        return status;
    }
    position->group = rd_kafka_consumer_group_metadata(consumer->handle);
    if (position->group == NULL || rd_kafka_assignment_lost(consumer->handle)) {
        return mfn__fail(err, MFN_CANCELLED, NULL, "the partitions belong to somebody else by now");
    }
    return MFN_OK;
}

static mfn_status position_after(void *opaque, const mfn__receipt *receipts, size_t count,
                                 mfn__kafka_position **ret, mfn_error *err)
{
    mfn__consumer *consumer = opaque;
    atomic_store(&consumer->commits.is_off, true);
    mfn__kafka_position *position = mfn__mem_new(1, sizeof *position);
    if (position == NULL) {
        return mfn__fail_memory(err);
    }
    pthread_mutex_lock(&consumer->partitions.mutex);
    mfn_status status = fill_position(consumer, receipts, count, position, err);
    pthread_mutex_unlock(&consumer->partitions.mutex);
    if (status != MFN_OK) {
        mfn__kafka_position_free(position);
        return status;
    }
    *ret = position;
    return MFN_OK;
}

static bool owns(void *opaque, const mfn__receipt *receipt)
{
    mfn__consumer *consumer = opaque;
    return mfn__partitions_own(&consumer->partitions, receipt->source) &&
           !rd_kafka_assignment_lost(consumer->handle);
}

/* Records from the next offset to the end that librdkafka saw last; -1: not known. */
static int64_t lag_of(const mfn__consumer *consumer, const mfn__partition *partition)
{
    int64_t low = -1;
    int64_t high = -1;
    int64_t next = mfn__partition_next_offset(partition);
    if (next < 0 ||
        rd_kafka_get_watermark_offsets(consumer->handle, partition->topic, partition->number, &low,
                                       &high) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        high < 0) {
        return -1;
    }
    return high > next ? high - next : 0;
}

static void note_lag(const mfn__partition *partition, int64_t lag, mfn__source_report *ret)
{
    if (ret->lag_count < MFN__LAGS_MAX) {
        mfn__partition_lag *noted = &ret->lags[ret->lag_count++];
        snprintf(noted->topic, sizeof noted->topic, "%s", partition->topic);
        noted->partition = partition->number;
        noted->lag = lag;
    }
}

static void report(void *opaque, mfn__source_report *ret)
{
    mfn__consumer *consumer = opaque;
    mfn__buffer text;
    mfn__buffer_init(&text, sizeof ret->text - 1);
    *ret = (mfn__source_report){.requests = atomic_load(&consumer->requests), .lag = -1};
    size_t count = 0;
    pthread_mutex_lock(&consumer->partitions.mutex);
    for (const mfn__partition *at = consumer->partitions.first; at != NULL; at = at->next) {
        int64_t lag = lag_of(consumer, at);
        mfn__buffer_append_format(&text, "%s%s[%ld] lag ", count > 0 ? ", " : "", at->topic,
                                  (long)at->number);
        if (lag < 0) {
            mfn__buffer_append_text(&text, "unknown");
        } else {
            mfn__buffer_append_format(&text, "%lld", (long long)lag);
        }
        count++;
        if (lag >= 0) {
            ret->lag = (ret->lag < 0 ? 0 : ret->lag) + lag;
            note_lag(at, lag, ret);
        }
    }
    pthread_mutex_unlock(&consumer->partitions.mutex);
    if (count > 0 && text.status == MFN_OK) {
        snprintf(ret->text, sizeof ret->text, "%s", text.data);
    } else if (ret->lag < 0) {
        snprintf(ret->text, sizeof ret->text, "%zu partitions", count);
    } else {
        snprintf(ret->text, sizeof ret->text, "%zu partitions, lag %lld", count,
                 (long long)ret->lag);
    }
    mfn__buffer_deinit(&text);
}

static void close_connector(void *opaque)
{
    mfn__consumer_free(opaque);
}

const mfn__connector_ops mfn__kafka_connector = {
    .kind = "kafka",
    .help = "jobs from topics, as a member of a consumer group",
    .options = option_table,
    .options_size = sizeof(mfn__kafka_connector_options),
    .describe = describe,
    .check = check,
    .probe = probe,
    .open = open_connector,
    .fetch = fetch,
    .keep_alive = keep_alive,
    .settled = settled,
    .position = position_after,
    .owns = owns,
    .report = report,
    .close = close_connector,
};
