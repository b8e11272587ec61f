/* SPDX-License-Identifier: MIT */
#include "kafka_place.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define FETCH_NS (50 * MFN__NS_PER_MS)

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

void place_make(place *self)
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
                                       .halt = &self->abandon,
                                       .timeout_s = 5,
                                       .name = "connector (kafka)"};
}

void place_end(place *self)
{
    rd_kafka_destroy(self->producer);
    rd_kafka_mock_cluster_destroy(self->cluster);
    rd_kafka_destroy(self->host);
}

void make_topic(place *self, const char *topic, int partitions)
{
    ck_assert_int_eq(rd_kafka_mock_topic_create(self->cluster, topic, partitions, 1), 0);
}

void produce(place *self, const char *topic, int32_t partition, void *value, size_t size)
{
    rd_kafka_resp_err_t code =
        rd_kafka_producev(self->producer, RD_KAFKA_VTYPE_TOPIC, topic, RD_KAFKA_VTYPE_PARTITION,
                          partition, RD_KAFKA_VTYPE_KEY, "key", (size_t)3, RD_KAFKA_VTYPE_HEADER,
                          "trace", "abc", (ssize_t)3, RD_KAFKA_VTYPE_VALUE, value, size,
                          RD_KAFKA_VTYPE_MSGFLAGS, RD_KAFKA_MSG_F_COPY, RD_KAFKA_VTYPE_END);
    ck_assert_int_eq(code, RD_KAFKA_RESP_ERR_NO_ERROR);
}

void produce_some(place *self, const char *topic, int32_t partition, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        char value[32];
        snprintf(value, sizeof value, "%d-%d", (int)partition, i);
        produce(self, topic, partition, value, strlen(value));
    }
    ck_assert_int_eq(rd_kafka_flush(self->producer, 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
}

int64_t committed(place *self, const char *group, const char *topic, int32_t partition)
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

void member_make(member *self, place *where, const char *group, const char *topic)
{
    memset(self, 0, sizeof *self);
    self->where = where;
    mfn_options_set_defaults(mfn__kafka_connector.options, &self->options);
    self->options.access.bootstrap_servers = (mfn_texts){.values = where->servers, .count = 1};
    self->topics[0] = topic;
    self->options.topics = (mfn_texts){.values = self->topics, .count = 1};
    self->options.group_id = group;
    /* The mock cluster waits 3 s for a first member, and for others a second less than this. */
    self->options.session_timeout = 4;
    self->options.access.properties = (mfn_texts){property_names, property_values, 1};
}

void member_open(member *self)
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

void member_close(member *self)
{
    mfn__kafka_connector.close(self->self);
    self->self = NULL;
    member_forget(self);
}

int64_t now_ns(void)
{
    return mfn__clock_monotonic_ns(mfn__clock_system());
}

mfn_status fetch_once(member *self, mfn__advice *ret_advice, mfn_error *err)
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

void fetch_count(member *self, size_t count)
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

mfn__advice fetch_until(member *self, mfn_status wanted, mfn_error *err)
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

mfn__receipt receipt_of(const mfn__message *message)
{
    return (mfn__receipt){message->source, message->index};
}

void settle(member *self, size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++) {
        mfn__receipt receipt = receipt_of(self->messages[i]);
        mfn__kafka_connector.settled(self->self, &receipt, 1);
    }
}
