/* SPDX-License-Identifier: MIT */
/* kafka: the reference's KafkaConnectorAdapter and KafkaPublisherAdapter over a scripted client,
 * replayed with the kind "kafka" through the public API over a real client and a mock cluster in
 * this process. What the script answers lies in the cluster's topics; where it raises an error the
 * cluster is down, or refuses as many requests. What the reference's client would do in the end is
 * compared: what comes, and what lies in the topic. Delays between attempts are short here (they
 * are compared by retry_op). The reference connects when it is first used, ours when it is told to.
 */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "kinds.h"
#include "kinds/component.h"

#define GROUP       "g1"
#define PATIENCE_S  30.0
#define TEXT_MAX    512
#define PARTITIONS  2
#define PRODUCE_KEY 0 /* the number of the request in Kafka's protocol */

/* clang-format off: a row per record */
static const correction corrections[] = {
    {"065-consume", "a fetch that finds nothing is no request that failed", NULL, NULL,
     "[1, 1, 0, 0, 24]"},
    {"066-poison-message", "a message that is no JSON is an item with a problem; none is lost",
     "[[{\"a\": 1}, \"problem\", {\"a\": 1}], null]", NULL, "[1, 1, 0, 0, 20]"},
    {"067-poll-error", "an operation counts once, and a retry is not the last failure", NULL, NULL,
     "[1, 0, 1, 2, 0]"},
    {"070-publish-retry", "what the client tries again is sent once", NULL, NULL,
     "[1, 1, 0, 0, 8]"},
    {"071-publish-fail", "an operation counts once, and a retry is not the last failure", NULL,
     NULL, "[1, 0, 1, 1, 0]"},
    {NULL, NULL, NULL, NULL, NULL},
};
/* clang-format on */

typedef struct world {
    const record *rec;
    comparison *cmp;
    expected wanted;
    bool is_publisher;
    rd_kafka_t *host; /* of the mock cluster; also puts messages into it */
    rd_kafka_mock_cluster_t *cluster;
    char servers[TEXT_MAX];
    mfn_connector *connector;
    mfn_publisher *publisher;
    size_t further_fetches; /* that were needed for what the reference got in one */
    mfn_error err;
} world;

static rd_kafka_t *make_client(const world *self, rd_kafka_type_t type, const char *group)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", NULL, 0); /* clusters are down on purpose */
    rd_kafka_conf_set(conf, "bootstrap.servers", self->servers, NULL, 0);
    rd_kafka_conf_set(conf, "group.id", group, NULL, 0);
    rd_kafka_conf_set(conf, "auto.offset.reset", "earliest", NULL, 0);
    return rd_kafka_new(type, conf, NULL, 0);
}

static const char *topic_of(const world *self)
{
    return json_string_value(json_array_get(json_object_get(self->rec->in, "topics"), 0));
}

static void put_message(const world *self, rd_kafka_t *producer, int32_t partition,
                        const json_t *message)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, topic_of(self), NULL);
    char *text = strdup(json_string_value(message)); /* librdkafka frees it */
    (void)rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_FREE, text, strlen(text), NULL, 0,
                           NULL);
    rd_kafka_topic_destroy(topic);
}

/* The records of all polls, those of "p0" in partition 0. */
static void put_messages(world *self)
{
    rd_kafka_t *producer = make_client(self, RD_KAFKA_PRODUCER, "");
    size_t index = 0;
    size_t number = 0;
    json_t *poll = NULL;
    json_t *message = NULL;
    const char *partition = NULL;
    json_t *messages = NULL;
    json_array_foreach(json_object_get(self->rec->in, "script"), index, poll)
    {
        json_object_foreach(json_object_get(poll, "records"), partition, messages)
        {
            json_array_foreach(messages, number, message)
            {
                put_message(self, producer, partition[1] - '0', message);
            }
        }
    }
    if (rd_kafka_flush(producer, (int)(PATIENCE_S * 1000)) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        compare_differs(self->cmp, "script", "messages that the cluster takes", "others");
    }
    rd_kafka_destroy(producer);
}

/* How often the script raises, and whether it ever goes on after that. */
static size_t count_failures(const world *self, bool *ret_recovers)
{
    size_t failures = 0;
    size_t index = 0;
    json_t *answer = NULL;
    *ret_recovers = true;
    json_array_foreach(json_object_get(self->rec->in, "script"), index, answer)
    {
        *ret_recovers = json_object_get(answer, "raise") == NULL;
        failures += *ret_recovers ? 0 : 1;
    }
    return failures;
}

static void make_cluster(world *self)
{
    size_t index = 0;
    json_t *topic = NULL;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", NULL, 0); /* it would tell that it has no servers */
    self->host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    self->cluster = rd_kafka_mock_cluster_new(self->host, 1);
    snprintf(self->servers, sizeof self->servers, "%s",
             rd_kafka_mock_cluster_bootstraps(self->cluster));
    json_array_foreach(json_object_get(self->rec->in, "topics"), index, topic)
    {
        rd_kafka_mock_topic_create(self->cluster, json_string_value(topic), PARTITIONS, 1);
    }
    put_messages(self);
}

static void let_cluster_fail(world *self)
{
    bool recovers = true;
    size_t failures = count_failures(self, &recovers);
    if (!recovers) {
        rd_kafka_mock_broker_set_down(self->cluster, 1);
        return;
    }
    for (; failures > 0; failures--) {
        rd_kafka_mock_push_request_errors(self->cluster, PRODUCE_KEY, 1,
                                          RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
    }
}

static void make_component(world *self)
{
    json_t *options = json_pack("{s: [s], s: f}", "bootstrap_servers", self->servers,
                                "initial_retry_delay", 0.001);
    if (self->is_publisher) {
        json_object_set_new(options, "topic", json_string(topic_of(self)));
    } else {
        json_object_set(options, "topics", json_object_get(self->rec->in, "topics"));
        json_object_set_new(options, "group_id", json_string(GROUP));
        /* The mock cluster lets others wait a second less than this. */
        json_object_set_new(options, "session_timeout", json_integer(4));
        json_object_set_new(options, "properties",
                            json_pack("{s: s}", "heartbeat.interval.ms", "200"));
    }
    bool recovers = true;
    if (count_failures(self, &recovers) > 0) {
        json_object_set_new(options, "timeout", json_real(recovers ? 10 : 1));
    }
    char *text = expected_options(self->rec, options);
    mfn_status status = self->is_publisher
                            ? mfn_publisher_new("kafka", text, &self->publisher, &self->err)
                            : mfn_connector_new("kafka", text, &self->connector, &self->err);
    (void)compare_success(self->cmp, "new", status, &self->err);
    free(text);
}

static mfn_status connect_component(world *self)
{
    return self->is_publisher ? mfn_publisher_connect(self->publisher, &self->err)
                              : mfn_connector_connect(self->connector, &self->err);
}

static int64_t committed_offset(const world *self)
{
    rd_kafka_t *asker = make_client(self, RD_KAFKA_CONSUMER, GROUP);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic_of(self), 0);
    (void)rd_kafka_committed(asker, list, (int)(PATIENCE_S * 1000));
    int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(asker);
    return offset;
}

/* By partition, whose number stands in the origin: "kafka:topic[1]@0". */
static void append_items(json_t *const lists[PARTITIONS], const mfn_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *bracket = strchr(items[i].origin, '[');
        json_array_append_new(
            lists[bracket != NULL && bracket[1] == '1' ? 1 : 0],
            items[i].problem.status != MFN_OK
                ? json_string("problem")
                : json_loadb(items[i].bytes, items[i].size, JSON_DECODE_ANY, NULL));
    }
}

static void compare_uncommitted(world *self, bool is_first)
{
    if (is_first && committed_offset(self) != RD_KAFKA_OFFSET_INVALID) {
        compare_differs(self->cmp, "offset", "nothing committed before it is acknowledged", "%s",
                        "an offset");
    }
}

/* Fetches once, and on to the number of items that is wanted: how the client shares them out among
 * fetches is its own affair. Nothing is committed before it is acknowledged. */
static json_t *fetch(world *self, size_t wanted_count)
{
    const mfn_item *items = NULL;
    size_t count = 0;
    const mfn__clock *clock = mfn__clock_system();
    int64_t end_ns = mfn__clock_monotonic_ns(clock) + (int64_t)(PATIENCE_S * (double)MFN__NS_PER_S);
    json_t *lists[PARTITIONS] = {json_array(), json_array()};
    size_t got_count = 0;
    size_t fetches = 0;
    bool is_wanted = true;
    mfn_status status = connect_component(self);
    while (status == MFN_OK && is_wanted) {
        status = mfn_connector_fetch(self->connector, 0.2, &items, &count, &self->err);
        bool is_quiet = status == MFN_TIMED_OUT || status == MFN_NOT_FOUND;
        if (status == MFN_OK) {
            append_items(lists, items, count);
            got_count += count;
            fetches++;
            compare_uncommitted(self, got_count == count);
            status = mfn_connector_acknowledge(self->connector, items, count, &self->err);
        }
        status = is_quiet ? MFN_OK : status;
        is_wanted = got_count < wanted_count && mfn__clock_monotonic_ns(clock) < end_ns;
    }
    self->further_fetches += fetches > 1 ? fetches - 1 : 0;
    json_array_extend(lists[0], lists[1]);
    json_decref(lists[1]);
    if (status != MFN_OK) {
        json_decref(lists[0]);
        return json_string("failure");
    }
    return lists[0];
}

/* What the reference sent first in its operation number `index`, of all "send" calls those with a
 * new text. */
static const json_t *sent_text(const world *self, size_t number)
{
    const json_t *last = NULL;
    size_t index = 0;
    json_t *call = NULL;
    json_array_foreach(json_object_get(json_object_get(self->rec->out, "client"), "calls"), index,
                       call)
    {
        const json_t *bytes = json_object_get(json_object_get(call, "send"), "bytes");
        if (bytes == NULL || (last != NULL && json_equal(bytes, last))) {
            continue;
        }
        last = bytes;
        if (number-- == 0) {
            return bytes;
        }
    }
    return NULL;
}

static json_t *publish(world *self, size_t number)
{
    const json_t *text = sent_text(self, number);
    mfn_status status = connect_component(self);
    if (status == MFN_OK && text != NULL) {
        const mfn_event event = {.bytes = json_string_value(text),
                                 .size = json_string_length(text)};
        status = mfn_publisher_publish(self->publisher, &event, 1, &self->err);
    }
    return status == MFN_OK ? json_null() : json_string("failure");
}

static void replay_ops(world *self)
{
    size_t index = 0;
    size_t published = 0;
    json_t *op = NULL;
    json_array_foreach(json_object_get(self->rec->in, "ops"), index, op)
    {
        const char *name = json_string_value(json_array_get(op, 0));
        json_t *got = json_null();
        if (strcmp(name, "connect") == 0) {
            got = connect_component(self) == MFN_OK ? json_null() : json_string("failure");
        } else if (strcmp(name, "fetch") == 0) {
            got = fetch(self, json_array_size(json_array_get(self->wanted.results, index)));
        } else if (strcmp(name, "publish") == 0) {
            got = publish(self, published++);
        } else if (self->is_publisher) {
            mfn_publisher_disconnect(self->publisher);
        } else {
            mfn_connector_disconnect(self->connector);
        }
        expected_compare_result(&self->wanted, index, got, self->cmp);
        expected_compare_state(&self->wanted, self->rec, index,
                               self->is_publisher ? mfn_publisher_state(self->publisher)
                                                  : mfn_connector_state(self->connector),
                               self->cmp);
    }
}

/* Each text that the reference sent lies in the topic, once. */
static void compare_topic(world *self)
{
    size_t wanted_count = 0;
    while (sent_text(self, wanted_count) != NULL) {
        wanted_count++;
    }
    rd_kafka_t *reader = make_client(self, RD_KAFKA_CONSUMER, "reader");
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int32_t partition = 0; partition < PARTITIONS; partition++) {
        rd_kafka_topic_partition_list_add(list, topic_of(self), partition)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_assign(reader, list);
    rd_kafka_topic_partition_list_destroy(list);
    size_t got_count = 0;
    for (int waits = 0; waits < (got_count < wanted_count ? 300 : 5);) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(reader, 100);
        if (message == NULL || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            waits++;
        } else {
            got_count++;
            bool is_wanted = false;
            for (size_t i = 0; i < wanted_count; i++) {
                const json_t *text = sent_text(self, i);
                is_wanted |= json_string_length(text) == message->len &&
                             memcmp(json_string_value(text), message->payload, message->len) == 0;
            }
            if (!is_wanted) {
                compare_differs(self->cmp, "topic", "a recorded text", "%.*s", (int)message->len,
                                (const char *)message->payload);
            }
        }
        if (message != NULL) {
            rd_kafka_message_destroy(message);
        }
    }
    rd_kafka_consumer_close(reader);
    rd_kafka_destroy(reader);
    if (got_count != wanted_count) {
        compare_differs(self->cmp, "topic", "each text once", "%zu messages", got_count);
    }
}

static void replay(world *self)
{
    mfn_component_metrics got = {0};
    make_cluster(self);
    let_cluster_fail(self);
    make_component(self);
    if (self->cmp->verdict == COMPARE_PASSED) {
        replay_ops(self);
        if (self->is_publisher) {
            mfn_publisher_metrics(self->publisher, &got);
        } else {
            mfn_connector_metrics(self->connector, &got);
            got.total -= self->further_fetches;
            got.successful -= self->further_fetches;
        }
        expected_compare_counts(&self->wanted, &got, self->cmp);
    }
    bool recovers = true;
    (void)count_failures(self, &recovers);
    if (self->is_publisher && recovers) {
        compare_topic(self);
    }
    mfn_connector_free(self->connector);
    mfn_publisher_free(self->publisher);
    rd_kafka_mock_cluster_destroy(self->cluster);
    rd_kafka_destroy(self->host);
}

void kind_kafka(const record *rec, comparison *cmp)
{
    const char *class = json_string_value(json_object_get(rec->in, "class"));
    world self = {.rec = rec,
                  .cmp = cmp,
                  .is_publisher = class != NULL && strcmp(class, "KafkaPublisherAdapter") == 0};
    expected_init(&self.wanted, rec, corrections, cmp);
    replay(&self);
    expected_deinit(&self.wanted);
}
