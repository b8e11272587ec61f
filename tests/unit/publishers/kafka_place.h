/* SPDX-License-Identifier: MIT */
/* A Kafka publisher and librdkafka's mock cluster in this process: real connections on loopback, no
 * disk. Its transactions are the interface alone; what they mean is tested against a real broker.
 */
#ifndef MFN_TEST_KAFKA_PLACE_H
#define MFN_TEST_KAFKA_PLACE_H

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

static inline void keep_warning(void *context, const char *line)
{
    place *self = context;
    self->warnings++;
    snprintf(self->warning, sizeof self->warning, "%s", line);
}

static inline void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    ck_assert_int_eq(rd_kafka_conf_set(conf, name, value, NULL, 0), RD_KAFKA_CONF_OK);
}

/* The thread of a mock cluster can sleep for a second before it sees what its owner asks of it; a
 * connection wakes it. */
static inline void *keep_awake(void *opaque)
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
static inline void place_make(place *self)
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
                                       .halt = &self->abandon,
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

static inline void place_open(place *self)
{
    mfn_error err = {0};
    mfn_status status = mfn__kafka_publisher.check(&self->options, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    status = mfn__kafka_publisher.open(&self->options, &self->around, &self->publisher, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
}

static inline void place_close(place *self)
{
    mfn__kafka_publisher.close(self->publisher);
    mfn__ledger_close(self->around.ledger);
    rd_kafka_mock_cluster_destroy(self->cluster);
    atomic_store(&self->is_over, true);
    pthread_join(self->waker, NULL);
    rd_kafka_destroy(self->host);
}

static inline void set_property(place *self, const char *name, const char *value)
{
    self->property_names[0] = name;
    self->property_values[0] = value;
    self->options.access.properties = (mfn_texts){self->property_names, self->property_values, 1};
}

static inline mfn_status publish(place *self, size_t count, mfn__advice *ret_advice, mfn_error *err)
{
    return mfn__kafka_publisher.publish(self->publisher, self->parcels, count, ret_advice, err);
}

static inline void publish_all(place *self, size_t count)
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

static inline void contents_read(contents *self, const place *from, const char *topic)
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

static inline void contents_free(contents *self)
{
    for (size_t i = 0; i < self->count; i++) {
        rd_kafka_message_destroy(self->records[i]);
    }
    rd_kafka_consume_stop(self->topic, 0);
    rd_kafka_topic_destroy(self->topic);
    rd_kafka_destroy(self->consumer);
}

static inline void check_value(const rd_kafka_message_t *record, const char *value)
{
    ck_assert_uint_eq(record->len, strlen(value));
    ck_assert_mem_eq(record->payload, value, record->len);
}

static inline void check_key(const rd_kafka_message_t *record, const char *key)
{
    ck_assert_uint_eq(record->key_len, strlen(key));
    ck_assert_mem_eq(record->key, key, record->key_len);
}

/* "" when the record has no such header. */
static inline const char *header(const rd_kafka_message_t *record, const char *name)
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
static inline void check_sequence(const contents *out, int first, int last)
{
    ck_assert_uint_eq(out->count, (size_t)(last - first + 1));
    for (int i = first; i <= last; i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "{\"number\": %d}", i);
        check_value(out->records[i - first], expected);
    }
}

static inline int count_of(const contents *out, const char *value)
{
    int ret = 0;
    for (size_t i = 0; i < out->count; i++) {
        ret += out->records[i]->len == strlen(value) &&
               memcmp(out->records[i]->payload, value, strlen(value)) == 0;
    }
    return ret;
}

static inline double now_s(void)
{
    return (double)mfn__clock_monotonic_ns(mfn__clock_system()) / (double)MFN__NS_PER_S;
}

static const mfn_error bad_job = {MFN_INVALID, "alpha", "alpha: 7: expected a number in [0, 1]"};

static const mfn__dead_letter file_letter = {.problem = &bad_job,
                                             .origin = "jobs/a.ndjson",
                                             .line = 12,
                                             .attempts = 1,
                                             .original = "nonsense",
                                             .original_size = 8,
                                             .publisher = "kafka"};

#endif
