/* SPDX-License-Identifier: MIT */
/* Against librdkafka's mock cluster in this process: real connections on loopback, no disk. Its
 * transactions are the interface alone; what they mean is tested against a real broker. */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "folder.h"
#include "publishers/kafka/kafka_publisher.h"
#include "suite.h"

/* Protocol numbers of requests. */
#define PRODUCE           0
#define END_TXN           26
#define TXN_OFFSET_COMMIT 28

#define PARCELS           40
#define RECORDS_MAX       200

typedef struct place {
    rd_kafka_t *host;
    rd_kafka_mock_cluster_t *cluster;
    pthread_t waker;
    atomic_bool is_over;
    char server_list[256];
    const char *servers[1];
    const char *property_names[1];
    const char *property_values[1];
    atomic_bool abandon;
    int warnings;
    char warning[512];
    mfn__log log;
    mfn__surroundings around;
    mfn__kafka_publisher_options options;
    void *publisher;
    mfn__parcel parcels[PARCELS];
    char ids[PARCELS][32], result_ids[PARCELS][80], texts[PARCELS][64];
} place;

static void keep_warning(void *context, const char *line)
{
    place *self = context;
    self->warnings++;
    snprintf(self->warning, sizeof self->warning, "%s", line);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    ck_assert_int_eq(rd_kafka_conf_set(conf, name, value, NULL, 0), RD_KAFKA_CONF_OK);
}

/* The thread of a mock cluster can sleep for a second before it sees what its owner asks of it; a
 * connection wakes it. */
static void *keep_awake(void *opaque)
{
    place *self = opaque;
    unsigned long port = strtoul(strchr(self->server_list, ':') + 1, NULL, 10);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    while (!atomic_load(&self->is_over)) {
        int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        (void)connect(probe, (struct sockaddr *)&address, sizeof address);
        close(probe);
        const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/* A cluster with the topics "out" and "out-letters" of one partition each. */
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
    ck_assert_int_eq(pthread_create(&self->waker, NULL, keep_awake, self), 0);
    ck_assert_int_eq(rd_kafka_mock_topic_create(self->cluster, "out", 1, 1), 0);
    ck_assert_int_eq(rd_kafka_mock_topic_create(self->cluster, "out-letters", 1, 1), 0);
    ck_assert_int_eq(rd_kafka_mock_topic_create(self->cluster, "in.dlq", 1, 1), 0);
    self->servers[0] = self->server_list;
    self->log = (mfn__log){keep_warning, self};
    self->around = (mfn__surroundings){.clock = mfn__clock_system(),
                                       .log = &self->log,
                                       .abandon = &self->abandon,
                                       .timeout_s = 5,
                                       .name = "publishers[0] (kafka)"};
    mfn_options_set_defaults(mfn__kafka_publisher.options, &self->options);
    self->options.topic = "out";
    self->options.compression = 0;
    self->options.access.bootstrap_servers = (mfn_texts){.values = self->servers, .count = 1};
    for (int i = 0; i < PARCELS; i++) {
        snprintf(self->ids[i], sizeof self->ids[i], "sim-%d", i);
        snprintf(self->result_ids[i], sizeof self->result_ids[i], "%064d", i);
        snprintf(self->texts[i], sizeof self->texts[i], "{\"number\": %d}", i);
        self->parcels[i] = (mfn__parcel){.simulation_id = self->ids[i],
                                         .result_id = self->result_ids[i],
                                         .bytes = self->texts[i],
                                         .size = strlen(self->texts[i]),
                                         .wall_ns = INT64_C(1767225600000000000)};
    }
}

static void place_open(place *self)
{
    mfn_error err = {0};
    mfn_status status = mfn__kafka_publisher.check(&self->options, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    status = mfn__kafka_publisher.open(&self->options, &self->around, &self->publisher, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
}

static void place_close(place *self)
{
    mfn__kafka_publisher.close(self->publisher);
    mfn__ledger_close(self->around.ledger);
    rd_kafka_mock_cluster_destroy(self->cluster);
    atomic_store(&self->is_over, true);
    pthread_join(self->waker, NULL);
    rd_kafka_destroy(self->host);
}

static void set_property(place *self, const char *name, const char *value)
{
    self->property_names[0] = name;
    self->property_values[0] = value;
    self->options.access.properties = (mfn_texts){self->property_names, self->property_values, 1};
}

static mfn_status publish(place *self, size_t count, mfn__advice *ret_advice, mfn_error *err)
{
    return mfn__kafka_publisher.publish(self->publisher, self->parcels, count, ret_advice, err);
}

static void publish_all(place *self, size_t count)
{
    mfn__advice advice = {0};
    mfn_error err = {0};
    mfn_status status = publish(self, count, &advice, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
}

/* What a topic's only partition has. */
typedef struct contents {
    rd_kafka_t *consumer;
    rd_kafka_topic_t *topic;
    rd_kafka_message_t *records[RECORDS_MAX];
    size_t count;
} contents;

static void contents_read(contents *self, const place *from, const char *topic)
{
    memset(self, 0, sizeof *self);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", from->server_list);
    set(conf, "enable.partition.eof", "true");
    set(conf, "fetch.wait.max.ms", "10");
    self->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
    ck_assert_ptr_nonnull(self->consumer);
    self->topic = rd_kafka_topic_new(self->consumer, topic, NULL);
    ck_assert_int_eq(rd_kafka_consume_start(self->topic, 0, 0), 0);
    for (;;) {
        rd_kafka_message_t *record = rd_kafka_consume(self->topic, 0, 5000);
        ck_assert_ptr_nonnull(record);
        if (record->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            rd_kafka_message_destroy(record);
            return;
        }
        ck_assert_int_eq(record->err, 0);
        ck_assert_uint_lt(self->count, RECORDS_MAX);
        self->records[self->count++] = record;
    }
}

static void contents_free(contents *self)
{
    for (size_t i = 0; i < self->count; i++) {
        rd_kafka_message_destroy(self->records[i]);
    }
    rd_kafka_consume_stop(self->topic, 0);
    rd_kafka_topic_destroy(self->topic);
    rd_kafka_destroy(self->consumer);
}

static void check_value(const rd_kafka_message_t *record, const char *value)
{
    ck_assert_uint_eq(record->len, strlen(value));
    ck_assert_mem_eq(record->payload, value, record->len);
}

static void check_key(const rd_kafka_message_t *record, const char *key)
{
    ck_assert_uint_eq(record->key_len, strlen(key));
    ck_assert_mem_eq(record->key, key, record->key_len);
}

/* "" when the record has no such header. */
static const char *header(const rd_kafka_message_t *record, const char *name)
{
    rd_kafka_headers_t *headers = NULL;
    const void *value = NULL;
    size_t size = 0;
    if (rd_kafka_message_headers(record, &headers) != 0 ||
        rd_kafka_header_get_last(headers, name, &value, &size) != 0) {
        return "";
    }
    return value; /* librdkafka ends it with a NUL */
}

/* The parcels `first` to `last` stand in the topic in order, each once. */
static void check_sequence(const contents *out, int first, int last)
{
    ck_assert_uint_eq(out->count, (size_t)(last - first + 1));
    for (int i = first; i <= last; i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "{\"number\": %d}", i);
        check_value(out->records[i - first], expected);
    }
}

static int count_of(const contents *out, const char *value)
{
    int ret = 0;
    for (size_t i = 0; i < out->count; i++) {
        ret += out->records[i]->len == strlen(value) &&
               memcmp(out->records[i]->payload, value, strlen(value)) == 0;
    }
    return ret;
}

START_TEST(every_result_is_delivered_with_key_and_headers)
{
    place self;
    place_make(&self);
    place_open(&self);
    publish_all(&self, PARCELS);
    contents out;
    contents_read(&out, &self, "out");
    check_sequence(&out, 0, PARCELS - 1);
    for (int i = 0; i < PARCELS; i++) {
        ck_assert(self.parcels[i].is_done);
        check_key(out.records[i], self.ids[i]);
        ck_assert_str_eq(header(out.records[i], "mfn-result-id"), self.result_ids[i]);
        ck_assert_str_eq(header(out.records[i], "content-type"), "application/json");
    }
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(what_is_marked_is_not_published_again)
{
    place self;
    place_make(&self);
    place_open(&self);
    self.parcels[0].is_done = true;
    self.parcels[2].problem.status = MFN_TOO_LARGE;
    publish_all(&self, 3);
    contents out;
    contents_read(&out, &self, "out");
    check_sequence(&out, 1, 1);
    ck_assert(self.parcels[1].is_done && !self.parcels[2].is_done);
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(passing_errors_of_the_broker_lose_and_double_nothing)
{
    place self;
    place_make(&self);
    place_open(&self);
    rd_kafka_mock_push_request_errors(
        self.cluster, PRODUCE, 4, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
    publish_all(&self, PARCELS);
    contents out;
    contents_read(&out, &self, "out");
    check_sequence(&out, 0, PARCELS - 1);
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(a_full_queue_is_waited_for)
{
    place self;
    place_make(&self);
    set_property(&self, "queue.buffering.max.messages", "3");
    place_open(&self);
    publish_all(&self, PARCELS);
    contents out;
    contents_read(&out, &self, "out");
    check_sequence(&out, 0, PARCELS - 1);
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(a_result_that_is_too_large_is_refused_alone)
{
    place self;
    place_make(&self);
    self.options.max_message_bytes = 1000;
    place_open(&self);
    char large[2000];
    memset(large, ' ', sizeof large);
    self.parcels[1].bytes = large;
    self.parcels[1].size = sizeof large;
    publish_all(&self, 3);
    ck_assert(self.parcels[0].is_done && !self.parcels[1].is_done && self.parcels[2].is_done);
    ck_assert_int_eq(self.parcels[1].problem.status, MFN_TOO_LARGE);
    ck_assert_int_eq(self.parcels[0].problem.status, MFN_OK);
    contents out;
    contents_read(&out, &self, "out");
    ck_assert_uint_eq(out.count, 2);
    contents_free(&out);
    place_close(&self);
}
END_TEST

/* A broker refuses whole batches, so that those who only travelled with the one at fault must be
 * tried again without it. */
START_TEST(a_refused_batch_is_sorted_out_record_by_record)
{
    place self;
    place_make(&self);
    self.options.linger = 0.1; /* all in one batch */
    place_open(&self);
    rd_kafka_mock_push_request_errors(self.cluster, PRODUCE, 3,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 0,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    publish_all(&self, 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(self.parcels[i].is_done, i != 1);
        ck_assert_int_eq(self.parcels[i].problem.status, i != 1 ? MFN_OK : MFN_TOO_LARGE);
    }
    contents out;
    contents_read(&out, &self, "out");
    ck_assert_uint_eq(out.count, 3);
    contents_free(&out);
    place_close(&self);
}
END_TEST

static double now_s(void)
{
    return (double)mfn__clock_monotonic_ns(mfn__clock_system()) / (double)MFN__NS_PER_S;
}

START_TEST(brokers_that_are_down_are_a_passing_trouble_within_the_time)
{
    place self;
    place_make(&self);
    self.around.timeout_s = 0.7;
    place_open(&self);
    rd_kafka_mock_broker_set_down(self.cluster, 1);
    mfn__advice advice = {0};
    mfn_error err = {0};
    double before_s = now_s();
    mfn_status status = publish(&self, 3, &advice, &err);
    double passed_s = now_s() - before_s;
    ck_assert_int_ne(status, MFN_OK);
    ck_assert_int_eq(advice.trouble, MFN__TROUBLE_PASSING);
    ck_assert_msg(passed_s < 1.5, "%f s", passed_s);
    for (int i = 0; i < 3; i++) {
        ck_assert(!self.parcels[i].is_done);
        ck_assert_int_eq(self.parcels[i].problem.status, MFN_OK);
    }
    rd_kafka_mock_broker_set_up(self.cluster, 1);
    self.around.timeout_s = 5;
    mfn__kafka_publisher.close(self.publisher);
    place_open(&self);
    publish_all(&self, 3);
    contents out;
    contents_read(&out, &self, "out");
    check_sequence(&out, 0, 2);
    contents_free(&out);
    place_close(&self);
}
END_TEST

/* The parcels are freed before the broker answers: whoever touched them then would be caught by the
 * address sanitizer. */
START_TEST(nothing_of_a_call_is_touched_after_it)
{
    place self;
    place_make(&self);
    self.around.timeout_s = 0.5;
    place_open(&self);
    rd_kafka_mock_broker_set_rtt(self.cluster, 1, 900);
    mfn__parcel *parcels = mfn__mem_new(3, sizeof *parcels);
    ck_assert_ptr_nonnull(parcels);
    memcpy(parcels, self.parcels, 3 * sizeof *parcels);
    mfn__advice advice = {0};
    mfn_error err = {0};
    ck_assert_int_ne(mfn__kafka_publisher.publish(self.publisher, parcels, 3, &advice, &err),
                     MFN_OK);
    mfn__mem_free(parcels);
    rd_kafka_mock_broker_set_rtt(self.cluster, 1, 0);
    for (int i = 0; i < 20; i++) {
        if (publish(&self, 3, &advice, &err) == MFN_OK) {
            break;
        }
    }
    ck_assert(self.parcels[0].is_done && self.parcels[1].is_done && self.parcels[2].is_done);
    place_close(&self);
}
END_TEST

START_TEST(an_abandoned_run_is_not_kept_waiting)
{
    place self;
    place_make(&self);
    self.around.timeout_s = 60;
    place_open(&self);
    rd_kafka_mock_broker_set_down(self.cluster, 1);
    atomic_store(&self.abandon, true);
    mfn__advice advice = {0};
    mfn_error err = {0};
    double before_s = now_s();
    ck_assert_int_eq(publish(&self, 3, &advice, &err), MFN_CANCELLED);
    ck_assert_int_eq(advice.trouble, MFN__TROUBLE_PASSING);
    ck_assert_msg(now_s() - before_s < 3, "%f s", now_s() - before_s);
    place_close(&self);
}
END_TEST

START_TEST(a_topic_that_is_not_allowed_pauses)
{
    place self;
    place_make(&self);
    place_open(&self);
    rd_kafka_mock_push_request_errors(self.cluster, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    mfn__advice advice = {0};
    mfn_error err = {0};
    ck_assert_int_eq(publish(&self, 1, &advice, &err), MFN_ACCESS);
    ck_assert_int_eq(advice.trouble, MFN__TROUBLE_PAUSED);
    ck_assert_int_eq(self.parcels[0].problem.status, MFN_OK);
    publish_all(&self, 1);
    place_close(&self);
}
END_TEST

/* What was delivered before the failure may stand there twice: the new producer cannot know. */
START_TEST(a_producer_that_failed_for_good_is_replaced)
{
    place self;
    place_make(&self);
    place_open(&self);
    publish_all(&self, 1);
    /* Nothing is in flight that could explain the gap: librdkafka calls that fatal. */
    rd_kafka_mock_push_request_errors(self.cluster, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    bool is_delivered = false;
    for (int i = 0; i < 5 && !is_delivered; i++) {
        mfn__advice advice = {0};
        mfn_error err = {0};
        mfn_status status = publish(&self, 3, &advice, &err);
        is_delivered = status == MFN_OK;
        ck_assert_msg(is_delivered || advice.trouble == MFN__TROUBLE_PASSING, "%s", err.text);
    }
    ck_assert(is_delivered);
    contents out;
    contents_read(&out, &self, "out");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_ge(count_of(&out, self.texts[i]), 1);
    }
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(a_cloud_event_is_around_the_result)
{
    place self;
    place_make(&self);
    self.options.envelope = MFN__KAFKA_STRUCTURED;
    place_open(&self);
    publish_all(&self, 1);
    contents out;
    contents_read(&out, &self, "out");
    ck_assert_uint_eq(out.count, 1);
    ck_assert_str_eq(header(out.records[0], "content-type"),
                     "application/cloudevents+json; charset=UTF-8");
    ck_assert_str_eq(header(out.records[0], "ce_id"), "");
    char text[1024];
    snprintf(text, sizeof text, "%.*s", (int)out.records[0]->len,
             (const char *)out.records[0]->payload);
    ck_assert_ptr_nonnull(strstr(text, "\"specversion\": \"1.0\""));
    ck_assert_ptr_nonnull(strstr(text, "\"data\": {\"number\": 0}"));
    ck_assert_ptr_nonnull(strstr(text, self.result_ids[0]));
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(a_cloud_event_is_in_the_headers)
{
    place self;
    place_make(&self);
    self.options.envelope = MFN__KAFKA_BINARY;
    place_open(&self);
    publish_all(&self, 1);
    contents out;
    contents_read(&out, &self, "out");
    check_sequence(&out, 0, 0);
    static const struct {
        const char *name, *value;
    } cases[] = {
        {"content-type", "application/json"},
        {"ce_specversion", "1.0"},
        {"ce_type", "io.mycelium-fractal-net.simulation.complete"},
        {"ce_source", "/mfn"},
        {"ce_subject", "sim-0"},
        {"ce_datacontenttype", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_str_eq(header(out.records[0], cases[i].name), cases[i].value);
    }
    ck_assert_str_eq(header(out.records[0], "ce_id"), self.result_ids[0]);
    contents_free(&out);
    place_close(&self);
}
END_TEST

static const mfn_error bad_job = {MFN_INVALID, "alpha", "alpha: 7: expected a number in [0, 1]"};

START_TEST(a_dead_letter_keeps_its_record_and_says_why)
{
    place self;
    place_make(&self);
    self.options.dead_letter_topic = "out-letters";
    place_open(&self);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(2);
    rd_kafka_header_add(headers, "trace", -1, "abc", 3);
    char topic[] = "in";
    char key[] = "k\0y";
    const mfn__kafka_record record = {.topic = topic,
                                      .partition = 3,
                                      .offset = 77,
                                      .key = key,
                                      .key_size = 3,
                                      .headers = headers};
    const mfn__dead_letter letter = {.problem = &bad_job,
                                     .origin = "in[3]",
                                     .attempts = 2,
                                     .original = "{\"alpha\": 7}",
                                     .original_size = 12,
                                     .extra = &record};
    mfn_error err = {0};
    ck_assert_msg(mfn__kafka_publisher.put_dead_letter(self.publisher, &letter, &err) == MFN_OK,
                  "%s", err.text);
    rd_kafka_headers_destroy(headers);
    contents out;
    contents_read(&out, &self, "out-letters");
    ck_assert_uint_eq(out.count, 1);
    check_value(out.records[0], "{\"alpha\": 7}");
    ck_assert_uint_eq(out.records[0]->key_len, 3);
    ck_assert_mem_eq(out.records[0]->key, key, 3);
    static const struct {
        const char *name, *value;
    } cases[] = {
        {"trace", "abc"},
        {"__connect.errors.topic", "in"},
        {"__connect.errors.partition", "3"},
        {"__connect.errors.offset", "77"},
        {"__connect.errors.stage", "TRANSFORMATION"},
        {"__connect.errors.exception.class.name", "MFN_INVALID"},
        {"__connect.errors.exception.message", "alpha: 7: expected a number in [0, 1]"},
        {"mfn-attempts", "2"},
        {"mfn-origin", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_str_eq(header(out.records[0], cases[i].name), cases[i].value);
    }
    contents_free(&out);
    place_close(&self);
}
END_TEST

static const mfn__dead_letter file_letter = {.problem = &bad_job,
                                             .origin = "jobs/a.ndjson",
                                             .line = 12,
                                             .attempts = 1,
                                             .original = "nonsense",
                                             .original_size = 8,
                                             .publisher = "kafka"};

START_TEST(a_dead_letter_of_a_file_says_where_it_stood)
{
    place self;
    place_make(&self);
    self.options.dead_letter_topic = "out-letters";
    place_open(&self);
    mfn_error err = {0};
    ck_assert_int_eq(mfn__kafka_publisher.put_dead_letter(self.publisher, &file_letter, &err),
                     MFN_OK);
    contents out;
    contents_read(&out, &self, "out-letters");
    ck_assert_uint_eq(out.count, 1);
    check_value(out.records[0], "nonsense");
    ck_assert_ptr_null(out.records[0]->key);
    ck_assert_str_eq(header(out.records[0], "mfn-origin"), "jobs/a.ndjson");
    ck_assert_str_eq(header(out.records[0], "mfn-line"), "12");
    ck_assert_str_eq(header(out.records[0], "__connect.errors.stage"), "TASK_PUT");
    ck_assert_str_eq(header(out.records[0], "__connect.errors.class.name"), "kafka");
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(without_a_topic_for_them_dead_letters_stay_in_the_folder)
{
    place self;
    place_make(&self);
    place_open(&self);
    mfn_error err = {0};
    ck_assert_int_eq(mfn__kafka_publisher.put_dead_letter(self.publisher, &file_letter, &err),
                     MFN_OK);
    place_close(&self);
}
END_TEST

START_TEST(a_dead_letter_that_its_topic_refuses_holds_nothing_up)
{
    place self;
    place_make(&self);
    self.options.dead_letter_topic = "out-letters";
    place_open(&self);
    rd_kafka_mock_push_request_errors(self.cluster, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    mfn_error err = {0};
    ck_assert_int_eq(mfn__kafka_publisher.put_dead_letter(self.publisher, &file_letter, &err),
                     MFN_OK);
    ck_assert_int_eq(self.warnings, 1);
    ck_assert_ptr_nonnull(strstr(self.warning, "out-letters"));
    place_close(&self);
}
END_TEST

START_TEST(options_are_judged)
{
    static const struct {
        const char *sentence;
        const char *topic, *letters, *id;
        bool exactly_once;
        const char *field; /* at fault; NULL: none */
    } cases[] = {
        {"a plain topic is fine", "out", "", "", false, NULL},
        {"all kinds of characters are fine", "A.b_c-9", "", "", false, NULL},
        {"a topic has a name", "", "", "", false, "topic"},
        {"a topic has no space", "a b", "", "", false, "topic"},
        {"a topic is no folder", "..", "", "", false, "topic"},
        {"letters have a topic of their own", "out", "out", "", false, "dead_letter_topic"},
        {"the topic of letters has a good name", "out", "a/b", "", false, "dead_letter_topic"},
        {"an id needs transactions", "out", "", "me", false, "transactional_id"},
        {"an id with transactions is fine", "out", "", "me", true, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn__kafka_publisher_options options = {0};
        mfn_options_set_defaults(mfn__kafka_publisher.options, &options);
        const char *servers[] = {"127.0.0.1:9092"};
        options.access.bootstrap_servers = (mfn_texts){.values = servers, .count = 1};
        options.topic = cases[i].topic;
        options.dead_letter_topic = cases[i].letters;
        options.transactional_id = cases[i].id;
        options.exactly_once = cases[i].exactly_once;
        mfn_error err = {0};
        mfn_status status = mfn__kafka_publisher.check(&options, &err);
        ck_assert_msg((status == MFN_OK) == (cases[i].field == NULL), "%s: %s", cases[i].sentence,
                      err.text);
        ck_assert_str_eq(err.field, cases[i].field == NULL ? "" : cases[i].field);
    }
}
END_TEST

START_TEST(the_destination_is_the_cluster_and_the_topic)
{
    mfn__kafka_publisher_options options = {0};
    mfn_options_set_defaults(mfn__kafka_publisher.options, &options);
    const char *servers[] = {"b:9092", "a:9093"};
    options.access.bootstrap_servers = (mfn_texts){.values = servers, .count = 2};
    options.topic = "out";
    char text[64];
    mfn__kafka_publisher.describe(&options, text, sizeof text);
    ck_assert_str_eq(text, "topic out at b:9092, a:9093");
    char cut[16];
    mfn__kafka_publisher.describe(&options, cut, sizeof cut);
    ck_assert_str_eq(cut, "topic out at b:");
    mfn__buffer key;
    mfn__buffer_init(&key, 1000);
    mfn__kafka_publisher.identify(&options, &key);
    ck_assert_str_eq(key.data, "kafka\na:9093,b:9092\nout");
    mfn__buffer_deinit(&key);
}
END_TEST

START_TEST(opening_survives_failure_of_every_allocation)
{
    place self;
    place_make(&self);
    mfn_status status = MFN_NO_MEMORY;
    for (int64_t successes = 0; status != MFN_OK; successes++) {
        ck_assert_int_lt(successes, 100);
        mfn_error err = {0};
        mfn__mem_fail_after(successes);
        status = mfn__kafka_publisher.open(&self.options, &self.around, &self.publisher, &err);
        mfn__mem_fail_after(-1);
        ck_assert(status == MFN_OK || status == MFN_NO_MEMORY);
    }
    place_close(&self);
}
END_TEST

/* Transactions. */

static void place_open_transactional(place *self)
{
    mfn_error err = {0};
    char path[MFN_TEST_PATH_MAX];
    snprintf(path, sizeof path, "%s", mfn_test_path(mfn_test_folder(), "state.db"));
    mfn_status status = mfn__ledger_open(path, &self->around.ledger, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    ck_assert_int_eq(mfn__ledger_begin(self->around.ledger, &err), MFN_OK);
    ck_assert_int_eq(mfn__ledger_target(self->around.ledger, "kafka", &self->around.target, &err),
                     MFN_OK);
    ck_assert_int_eq(mfn__ledger_commit(self->around.ledger, &err), MFN_OK);
    self->options.exactly_once = true;
    place_open(self);
}

static mfn_status transact(place *self, size_t count, const mfn__dead_letter *letters,
                           size_t letter_count, mfn__advice *ret_advice, mfn_error *err)
{
    char group[] = "workers";
    mfn__kafka_position position = {rd_kafka_topic_partition_list_new(1),
                                    rd_kafka_consumer_group_metadata_new(group), group};
    rd_kafka_topic_partition_list_add(position.offsets, "in", 0)->offset = 10;
    mfn_status status = mfn__kafka_publisher.transact(
        self->publisher, self->parcels, count, letters, letter_count, &position, ret_advice, err);
    rd_kafka_topic_partition_list_destroy(position.offsets);
    rd_kafka_consumer_group_metadata_destroy(position.group);
    return status;
}

START_TEST(a_transaction_carries_results_and_dead_letters)
{
    place self;
    place_make(&self);
    place_open_transactional(&self);
    char topic[] = "in";
    const mfn__kafka_record record = {.topic = topic, .partition = 0, .offset = 9};
    const mfn__dead_letter letter = {.problem = &bad_job,
                                     .origin = "in[0]",
                                     .original = "nonsense",
                                     .original_size = 8,
                                     .extra = &record};
    mfn__advice advice = {0};
    mfn_error err = {0};
    mfn_status status = transact(&self, 3, &letter, 1, &advice, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    contents out;
    contents_read(&out, &self, "out");
    check_sequence(&out, 0, 2);
    contents_free(&out);
    contents_read(&out, &self, "in.dlq");
    ck_assert_uint_eq(out.count, 1);
    check_value(out.records[0], "nonsense");
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(a_transaction_is_aborted_because_of_a_result_that_is_too_large)
{
    place self;
    place_make(&self);
    self.options.max_message_bytes = 1000;
    place_open_transactional(&self);
    char large[2000];
    memset(large, ' ', sizeof large);
    self.parcels[1].bytes = large;
    self.parcels[1].size = sizeof large;
    mfn__advice advice = {0};
    mfn_error err = {0};
    ck_assert_int_ne(transact(&self, 3, NULL, 0, &advice, &err), MFN_OK);
    ck_assert_int_eq(self.parcels[0].problem.status, MFN_OK);
    ck_assert_int_eq(self.parcels[1].problem.status, MFN_TOO_LARGE);
    ck_assert_int_eq(self.parcels[2].problem.status, MFN_OK);
    self.parcels[1] = self.parcels[2];
    mfn_status status = transact(&self, 2, NULL, 0, &advice, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    place_close(&self);
}
END_TEST

START_TEST(a_group_that_changes_ends_the_transaction)
{
    static const struct {
        rd_kafka_resp_err_t code;
        mfn_status status;
        mfn__trouble trouble;
    } cases[] = {
        {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, MFN_CANCELLED, MFN__TROUBLE_BY_STATUS},
        {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, MFN_CANCELLED, MFN__TROUBLE_BY_STATUS},
        {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, MFN_CANCELLED, MFN__TROUBLE_BY_STATUS},
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, MFN_ACCESS, MFN__TROUBLE_PAUSED},
    };
    place self;
    place_make(&self);
    place_open_transactional(&self);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn__advice advice = {0};
        mfn_error err = {0};
        rd_kafka_mock_push_request_errors(self.cluster, TXN_OFFSET_COMMIT, 1, cases[i].code);
        mfn_status status = transact(&self, 2, NULL, 0, &advice, &err);
        ck_assert_msg(status == cases[i].status, "%s: %s", rd_kafka_err2name(cases[i].code),
                      err.text);
        ck_assert_int_eq(advice.trouble, cases[i].trouble);
    }
    mfn__advice advice = {0};
    mfn_error err = {0};
    mfn_status status = transact(&self, 2, NULL, 0, &advice, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    place_close(&self);
}
END_TEST

/* "in.dlq" takes letters; those of no record have no topic there and stay in the folder. */
START_TEST(a_letter_without_topic_is_left_out_of_the_transaction)
{
    place self;
    place_make(&self);
    place_open_transactional(&self);
    mfn__advice advice = {0};
    mfn_error err = {0};
    mfn_status status = transact(&self, 1, &file_letter, 1, &advice, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    ck_assert_int_eq(self.warnings, 0);
    place_close(&self);
}
END_TEST

START_TEST(a_transaction_of_replays_alone_needs_no_position)
{
    place self;
    place_make(&self);
    place_open_transactional(&self);
    mfn__advice advice = {0};
    mfn_error err = {0};
    mfn_status status = mfn__kafka_publisher.transact(self.publisher, self.parcels, 3, NULL, 0,
                                                      NULL, &advice, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    contents out;
    contents_read(&out, &self, "out");
    check_sequence(&out, 0, 2);
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(the_transactional_id_is_kept)
{
    place self;
    place_make(&self);
    place_open_transactional(&self);
    int64_t first = 0;
    int64_t second = 0;
    mfn_error err = {0};
    mfn__ledger *ledger = self.around.ledger;
    ck_assert_int_eq(mfn__ledger_begin(ledger, &err), MFN_OK);
    ck_assert_int_eq(mfn__ledger_number(ledger, self.around.target, "token", &first, &err), MFN_OK);
    mfn__ledger_rollback(ledger);
    mfn__kafka_publisher.close(self.publisher);
    place_open(&self);
    ck_assert_int_eq(mfn__ledger_begin(ledger, &err), MFN_OK);
    ck_assert_int_eq(mfn__ledger_number(ledger, self.around.target, "token", &second, &err),
                     MFN_OK);
    mfn__ledger_rollback(ledger);
    ck_assert_int_ne(first, 0);
    ck_assert_int_eq(first, second);
    place_close(&self);
}
END_TEST

START_TEST(transactions_with_brokers_that_are_down_are_a_passing_trouble)
{
    place self;
    place_make(&self);
    self.around.timeout_s = 1;
    place_open_transactional(&self);
    mfn__advice advice = {0};
    mfn_error err = {0};
    rd_kafka_mock_broker_set_down(self.cluster, 1);
    double before_s = now_s();
    ck_assert_int_ne(transact(&self, 2, NULL, 0, &advice, &err), MFN_OK);
    ck_assert_int_eq(advice.trouble, MFN__TROUBLE_PASSING);
    ck_assert_msg(now_s() - before_s < 8, "%f s", now_s() - before_s);
    rd_kafka_mock_broker_set_up(self.cluster, 1);
    mfn_status status = MFN_IO;
    for (int i = 0; i < 10 && status != MFN_OK; i++) {
        status = transact(&self, 2, NULL, 0, &advice, &err);
    }
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    place_close(&self);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        every_result_is_delivered_with_key_and_headers,
        what_is_marked_is_not_published_again,
        passing_errors_of_the_broker_lose_and_double_nothing,
        a_full_queue_is_waited_for,
        a_result_that_is_too_large_is_refused_alone,
        a_refused_batch_is_sorted_out_record_by_record,
        brokers_that_are_down_are_a_passing_trouble_within_the_time,
        nothing_of_a_call_is_touched_after_it,
        an_abandoned_run_is_not_kept_waiting,
        a_topic_that_is_not_allowed_pauses,
        a_producer_that_failed_for_good_is_replaced,
        a_cloud_event_is_around_the_result,
        a_cloud_event_is_in_the_headers,
        a_dead_letter_keeps_its_record_and_says_why,
        a_dead_letter_of_a_file_says_where_it_stood,
        without_a_topic_for_them_dead_letters_stay_in_the_folder,
        a_dead_letter_that_its_topic_refuses_holds_nothing_up,
        options_are_judged,
        the_destination_is_the_cluster_and_the_topic,
        opening_survives_failure_of_every_allocation,
        a_transaction_carries_results_and_dead_letters,
        a_transaction_is_aborted_because_of_a_result_that_is_too_large,
        a_group_that_changes_ends_the_transaction,
        a_transaction_of_replays_alone_needs_no_position,
        a_letter_without_topic_is_left_out_of_the_transaction,
        the_transactional_id_is_kept,
        transactions_with_brokers_that_are_down_are_a_passing_trouble,
        NULL,
    };
    return mfn_test_run("kafka_publisher", tests);
}
