/* SPDX-License-Identifier: MIT */
/* Against librdkafka's mock cluster in this process: real connections on loopback, no disk. */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "connectors/kafka/kafka_connector.h"
#include "suite.h"

/* Protocol numbers of requests. */
#define OFFSET_COMMIT 8

#define MESSAGES_MAX  600
#define PATIENCE_NS   (30 * MFN__NS_PER_S)
#define FETCH_NS      (50 * MFN__NS_PER_MS)

typedef struct place {
    rd_kafka_t *host, *producer;
    rd_kafka_mock_cluster_t *cluster;
    char server_list[256];
    const char *servers[1];
    char warnings[2048];
    mfn__log log;
    atomic_bool abandon;
    mfn__surroundings around;
} place;

/* One connector with what it has handed out. */
typedef struct member {
    place *where;
    const char *topics[1];
    mfn__kafka_connector_options options;
    void *self;
    mfn__message *messages[MESSAGES_MAX];
    size_t count;
} member;

static void keep_warning(void *context, const char *line)
{
    place *self = context;
    size_t used = strlen(self->warnings);
    snprintf(self->warnings + used, sizeof self->warnings - used, "%s\n", line);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    ck_assert_int_eq(rd_kafka_conf_set(conf, name, value, NULL, 0), RD_KAFKA_CONF_OK);
}

static void place_make(place *self)
{
    memset(self, 0, sizeof *self);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "log_level", "0"); /* it would tell that it has no servers */
    self->host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    ck_assert_ptr_nonnull(self->host);
    self->cluster = rd_kafka_mock_cluster_new(self->host, 1);
    ck_assert_ptr_nonnull(self->cluster);
    snprintf(self->server_list, sizeof self->server_list, "%s",
             rd_kafka_mock_cluster_bootstraps(self->cluster));
    self->servers[0] = self->server_list;
    conf = rd_kafka_conf_new();
    set(conf, "log_level", "0"); /* of brokers that are down on purpose */
    set(conf, "bootstrap.servers", self->server_list);
    set(conf, "linger.ms", "0");
    self->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    ck_assert_ptr_nonnull(self->producer);
    self->log = (mfn__log){keep_warning, self};
    self->around = (mfn__surroundings){.clock = mfn__clock_system(),
                                       .log = &self->log,
                                       .abandon = &self->abandon,
                                       .timeout_s = 5,
                                       .name = "connector (kafka)"};
}

static void place_end(place *self)
{
    rd_kafka_destroy(self->producer);
    rd_kafka_mock_cluster_destroy(self->cluster);
    rd_kafka_destroy(self->host);
}

static void make_topic(place *self, const char *topic, int partitions)
{
    ck_assert_int_eq(rd_kafka_mock_topic_create(self->cluster, topic, partitions, 1), 0);
}

static void produce(place *self, const char *topic, int32_t partition, const char *value,
                    size_t size)
{
    rd_kafka_resp_err_t code =
        rd_kafka_producev(self->producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_KEY("key", 3), RD_KAFKA_V_HEADER("trace", "abc", 3),
                          RD_KAFKA_V_VALUE((void *)(uintptr_t)value, size),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    ck_assert_int_eq(code, RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* `count` records "<partition>-<number>". */
static void produce_some(place *self, const char *topic, int32_t partition, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        char value[32];
        snprintf(value, sizeof value, "%d-%d", (int)partition, i);
        produce(self, topic, partition, value, strlen(value));
    }
    ck_assert_int_eq(rd_kafka_flush(self->producer, 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static int64_t committed(place *self, const char *group, const char *topic, int32_t partition)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", self->server_list);
    set(conf, "group.id", group);
    rd_kafka_t *asker = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
    ck_assert_ptr_nonnull(asker);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition);
    ck_assert_int_eq(rd_kafka_committed(asker, list, 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
    int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(asker);
    return offset;
}

static const char *const property_names[] = {"heartbeat.interval.ms"};
static const char *const property_values[] = {"200"};

static void member_make(member *self, place *where, const char *group, const char *topic)
{
    memset(self, 0, sizeof *self);
    self->where = where;
    mfn_options_set_defaults(mfn__kafka_connector.options, &self->options);
    self->options.access.bootstrap_servers = (mfn_texts){.values = where->servers, .count = 1};
    self->topics[0] = topic;
    self->options.topics = (mfn_texts){.values = self->topics, .count = 1};
    self->options.group_id = group;
    /* The cluster waits for its members for as long as their sessions last, or nearly. */
    self->options.session_timeout = 2;
    self->options.access.properties = (mfn_texts){property_names, property_values, 1};
}

static void member_open(member *self)
{
    mfn_error err = {0};
    mfn_status status = mfn__kafka_connector.check(&self->options, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    status = mfn__kafka_connector.open(&self->options, &self->where->around, &self->self, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
}

static void member_forget(member *self)
{
    for (size_t i = 0; i < self->count; i++) {
        mfn__message_free(self->messages[i]);
    }
    self->count = 0;
}

static void member_close(member *self)
{
    mfn__kafka_connector.close(self->self);
    self->self = NULL;
    member_forget(self);
}

static int64_t now_ns(void)
{
    return mfn__clock_monotonic_ns(mfn__clock_system());
}

static mfn_status fetch_once(member *self, mfn__advice *ret_advice, mfn_error *err)
{
    mfn__batch batch = {.count = 0};
    *ret_advice = (mfn__advice){0};
    mfn_status status =
        mfn__kafka_connector.fetch(self->self, now_ns() + FETCH_NS, &batch, ret_advice, err);
    ck_assert((status == MFN_OK) == (batch.count > 0));
    for (size_t i = 0; i < batch.count; i++) {
        ck_assert_uint_lt(self->count, MESSAGES_MAX);
        self->messages[self->count++] = batch.messages[i];
    }
    return status;
}

/* Fetches until `count` messages are there. */
static void fetch_count(member *self, size_t count)
{
    int64_t end_ns = now_ns() + PATIENCE_NS;
    while (self->count < count) {
        mfn__advice advice;
        mfn_error err = {0};
        mfn_status status = fetch_once(self, &advice, &err);
        ck_assert_msg(status == MFN_OK || status == MFN_TIMED_OUT || status == MFN_NOT_FOUND,
                      "%s: %s", mfn_status_name(status), err.text);
        ck_assert_int_eq(advice.trouble, MFN__TROUBLE_BY_STATUS);
        ck_assert_msg(now_ns() < end_ns, "%zu of %zu messages came", self->count, count);
    }
    ck_assert_uint_eq(self->count, count);
}

/* Fetches until a fetch ends with the status. */
static mfn__advice fetch_until(member *self, mfn_status wanted, mfn_error *err)
{
    int64_t end_ns = now_ns() + PATIENCE_NS;
    mfn__advice advice;
    mfn_status status = MFN_OK;
    do {
        *err = (mfn_error){0};
        status = fetch_once(self, &advice, err);
        ck_assert_msg(now_ns() < end_ns, "the last status was %s: %s", mfn_status_name(status),
                      err->text);
    } while (status != wanted);
    return advice;
}

static mfn__receipt receipt_of(const mfn__message *message)
{
    return (mfn__receipt){message->source, message->index};
}

static void settle(member *self, size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++) {
        mfn__receipt receipt = receipt_of(self->messages[i]);
        mfn__kafka_connector.settled(self->self, &receipt, 1);
    }
}

START_TEST(records_become_messages_and_a_restart_goes_on_after_the_settled_ones)
{
    static member self;
    place where;
    place_make(&where);
    make_topic(&where, "jobs", 1);
    produce_some(&where, "jobs", 0, 0, 10);
    member_make(&self, &where, "g", "jobs");
    member_open(&self);
    fetch_count(&self, 10);
    for (int i = 0; i < 10; i++) {
        const mfn__message *message = self.messages[i];
        const mfn__kafka_record *record = message->extra;
        char text[64];
        snprintf(text, sizeof text, "0-%d", i);
        ck_assert_str_eq(message->original, text);
        ck_assert_uint_eq(message->original_size, strlen(text));
        snprintf(text, sizeof text, "kafka:jobs[0]@%d", i);
        ck_assert_str_eq(message->origin, text);
        ck_assert_uint_eq(message->index, (uint64_t)i);
        ck_assert_str_eq(record->topic, "jobs");
        ck_assert_int_eq(record->offset, i);
        ck_assert_uint_eq(record->key_size, 3);
        ck_assert_mem_eq(record->key, "key", 3);
        ck_assert_uint_eq(rd_kafka_header_cnt(record->headers), 1);
    }
    mfn_error err = {0};
    fetch_until(&self, MFN_NOT_FOUND, &err);

    settle(&self, 1, 1); /* not the first: nothing may be committed */
    settle(&self, 3, 1);
    settle(&self, 0, 1);
    mfn__source_report report;
    mfn__kafka_connector.report(self.self, &report);
    ck_assert_int_eq(report.lag, 8);
    ck_assert_str_eq(report.text, "jobs[0] lag 8");
    member_close(&self);
    ck_assert_int_eq(committed(&where, "g", "jobs", 0), 2);

    produce(&where, "jobs", 0, NULL, 0); /* a tombstone */
    member_open(&self);
    fetch_count(&self, 9);
    ck_assert_str_eq(self.messages[0]->original, "0-2");
    ck_assert_str_eq(self.messages[7]->original, "0-9");
    ck_assert_uint_eq(self.messages[8]->original_size, 0);
    settle(&self, 0, 9);
    member_close(&self);
    ck_assert_int_eq(committed(&where, "g", "jobs", 0), 11);
    ck_assert_str_eq(where.warnings, "");
    place_end(&where);
}
END_TEST

/* Fetches with both members in turn until the second has `count` messages. */
static void fetch_beside(member *first, member *second, size_t count)
{
    int64_t end_ns = now_ns() + PATIENCE_NS;
    while (second->count < count) {
        mfn__advice advice;
        mfn_error err = {0};
        fetch_once(first, &advice, &err);
        fetch_once(second, &advice, &err);
        ck_assert_msg(now_ns() < end_ns, "%zu of %zu messages came", second->count, count);
    }
}

START_TEST(a_second_member_gets_a_partition_when_what_is_under_way_in_it_is_settled)
{
    static member first, second;
    place where;
    place_make(&where);
    make_topic(&where, "jobs", 2);
    produce_some(&where, "jobs", 0, 0, 5);
    produce_some(&where, "jobs", 1, 0, 5);
    member_make(&first, &where, "g", "jobs");
    first.options.drain_time = 20;
    member_open(&first);
    fetch_count(&first, 10);
    settle(&first, 0, 3);
    member_make(&second, &where, "g", "jobs");
    member_open(&second);

    /* Nothing can be handed over: so the second one gets nothing, however long that takes. */
    int64_t end_ns = now_ns() + 3 * MFN__NS_PER_S;
    while (now_ns() < end_ns) {
        mfn__advice advice;
        mfn_error err = {0};
        fetch_once(&first, &advice, &err);
        fetch_once(&second, &advice, &err);
    }
    ck_assert_uint_eq(first.count, 10);
    ck_assert_uint_eq(second.count, 0);
    settle(&first, 3, 7);
    produce_some(&where, "jobs", 0, 5, 1);
    produce_some(&where, "jobs", 1, 5, 1);
    fetch_beside(&first, &second, 1);
    fetch_count(&first, 11);
    ck_assert_str_eq(second.messages[0]->original + 1, "-5"); /* all before it was committed */
    ck_assert_str_eq(first.messages[10]->original + 1, "-5");
    ck_assert_int_ne(first.messages[10]->original[0], second.messages[0]->original[0]);
    mfn__receipt late = {first.messages[10]->source + 77, 5};
    ck_assert(!mfn__kafka_connector.owns(first.self, &late));
    mfn__kafka_connector.settled(first.self, &late, 1); /* of nobody: ignored */
    member_close(&second);
    member_close(&first);
    ck_assert_str_eq(where.warnings, "");
    place_end(&where);
}
END_TEST

START_TEST(what_is_not_settled_within_the_drain_time_goes_to_the_other_member_again)
{
    static member first, second;
    place where;
    place_make(&where);
    make_topic(&where, "jobs", 2);
    produce_some(&where, "jobs", 0, 0, 3);
    produce_some(&where, "jobs", 1, 0, 3);
    member_make(&first, &where, "g", "jobs");
    first.options.drain_time = 0.1;
    member_open(&first);
    fetch_count(&first, 6);
    member_make(&second, &where, "g", "jobs");
    member_open(&second);
    fetch_beside(&first, &second, 3);
    ck_assert_uint_eq(first.count, 6);
    size_t lost = 0;
    for (size_t i = 0; i < 6; i++) {
        mfn__receipt receipt = receipt_of(first.messages[i]);
        lost += mfn__kafka_connector.owns(first.self, &receipt) ? 0 : 1;
    }
    ck_assert_uint_eq(lost, 3);
    settle(&first, 0, 6); /* three of them too late */
    member_close(&first);
    int64_t offsets[2] = {committed(&where, "g", "jobs", 0), committed(&where, "g", "jobs", 1)};
    int there = second.messages[0]->original[0] - '0';
    ck_assert_int_lt(offsets[there], 0);
    ck_assert_int_eq(offsets[1 - there], 3);
    member_close(&second);
    place_end(&where);
}
END_TEST

START_TEST(signs_of_life_lose_nothing_and_keep_the_order)
{
    static member self;
    place where;
    place_make(&where);
    make_topic(&where, "jobs", 1);
    produce_some(&where, "jobs", 0, 0, 400);
    member_make(&self, &where, "g", "jobs");
    self.options.max_messages = 10;
    member_open(&self);
    mfn__advice advice;
    mfn_error err = {0};
    while (self.count == 0) {
        fetch_once(&self, &advice, &err);
    }
    size_t fetched = self.count;
    while (self.count < 400) {
        for (int i = 0; i < 100; i++) {
            mfn__kafka_connector.keep_alive(self.self);
        }
        fetch_once(&self, &advice, &err);
    }
    ck_assert_uint_gt(400, fetched);
    for (size_t i = 0; i < 400; i++) {
        char text[32];
        snprintf(text, sizeof text, "0-%zu", i);
        ck_assert_str_eq(self.messages[i]->original, text);
    }
    member_close(&self);
    place_end(&where);
}
END_TEST

START_TEST(failures_pass_or_wait_for_somebody_but_are_never_an_empty_source)
{
    static member self, uninvited;
    place where;
    place_make(&where);
    make_topic(&where, "jobs", 1);
    make_topic(&where, "private", 1);
    rd_kafka_mock_topic_set_error(where.cluster, "private",
                                  RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    mfn_error err = {0};
    member_make(&uninvited, &where, "h", "private");
    member_open(&uninvited);
    mfn__advice advice = fetch_until(&uninvited, MFN_ACCESS, &err);
    ck_assert_int_eq(advice.trouble, MFN__TROUBLE_PAUSED);
    rd_kafka_mock_topic_set_error(where.cluster, "private", RD_KAFKA_RESP_ERR_NO_ERROR);

    produce_some(&where, "jobs", 0, 0, 3);
    member_make(&self, &where, "g", "jobs");
    member_open(&self);
    fetch_count(&self, 3);
    ck_assert_int_eq(rd_kafka_mock_broker_set_down(where.cluster, 1), 0);
    advice = fetch_until(&self, MFN_IO, &err);
    ck_assert_int_eq(advice.trouble, MFN__TROUBLE_PASSING);
    ck_assert_msg(strstr(err.text, "reaching the cluster") != NULL, "%s", err.text);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(fetch_once(&self, &advice, &err), MFN_IO);
    }
    ck_assert_int_eq(rd_kafka_mock_broker_set_up(where.cluster, 1), 0);
    /* A commit that fails is asked for again. */
    rd_kafka_mock_push_request_errors(where.cluster, OFFSET_COMMIT, 1,
                                      RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    settle(&self, 0, 2);
    fetch_until(&self, MFN_NOT_FOUND, &err);
    settle(&self, 2, 1);
    while (strstr(where.warnings, "committing offsets") == NULL) {
        fetch_once(&self, &advice, &err);
    }
    member_close(&self);
    ck_assert_int_eq(committed(&where, "g", "jobs", 0), 3);
    member_close(&uninvited);
    place_end(&where);
}
END_TEST

START_TEST(a_position_is_the_offset_after_the_receipts_and_ends_our_own_commits)
{
    static member self;
    place where;
    place_make(&where);
    make_topic(&where, "jobs", 2);
    produce_some(&where, "jobs", 0, 0, 4);
    produce_some(&where, "jobs", 1, 0, 2);
    char *large = mfn__mem_new(3000, 1);
    ck_assert_ptr_nonnull(large);
    memset(large, 'x', 3000);
    produce(&where, "jobs", 1, large, 3000);
    ck_assert_int_eq(rd_kafka_flush(where.producer, 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
    member_make(&self, &where, "g", "jobs");
    self.options.max_job_bytes = 2999;
    member_open(&self);
    fetch_count(&self, 7);
    mfn__receipt receipts[7];
    size_t count = 0;
    for (size_t i = 0; i < 7; i++) {
        const mfn__message *message = self.messages[i];
        const mfn__kafka_record *record = message->extra;
        bool is_large = message->original_size == 3000;
        ck_assert_int_eq(message->problem.status, is_large ? MFN_TOO_LARGE : MFN_OK);
        ck_assert(!is_large || memcmp(message->original, large, 3000) == 0);
        if (record->partition == 1 || record->offset < 2) {
            receipts[count++] = receipt_of(message);
        }
    }
    mfn__kafka_position *position = NULL;
    mfn_error err = {0};
    ck_assert_int_eq(mfn__kafka_connector.position(self.self, receipts, count, &position, &err),
                     MFN_OK);
    ck_assert_int_eq(position->offsets->cnt, 2);
    for (int i = 0; i < 2; i++) {
        const rd_kafka_topic_partition_t *one = &position->offsets->elems[i];
        ck_assert_int_eq(one->offset, one->partition == 0 ? 2 : 3);
    }
    ck_assert_ptr_nonnull(position->group);
    ck_assert_str_eq(position->group_id, "g");
    mfn__kafka_position_free(position);
    receipts[0].source += 77;
    ck_assert_int_eq(mfn__kafka_connector.position(self.self, receipts, count, &position, &err),
                     MFN_CANCELLED);
    settle(&self, 0, 7);
    member_close(&self);
    ck_assert_int_lt(committed(&where, "g", "jobs", 0), 0);
    mfn__mem_free(large);
    place_end(&where);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        records_become_messages_and_a_restart_goes_on_after_the_settled_ones,
        a_second_member_gets_a_partition_when_what_is_under_way_in_it_is_settled,
        what_is_not_settled_within_the_drain_time_goes_to_the_other_member_again,
        signs_of_life_lose_nothing_and_keep_the_order,
        failures_pass_or_wait_for_somebody_but_are_never_an_empty_source,
        a_position_is_the_offset_after_the_receipts_and_ends_our_own_commits,
        NULL,
    };
    return mfn_test_run("kafka_connector", tests);
}
