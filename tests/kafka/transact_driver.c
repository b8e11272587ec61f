/* SPDX-License-Identifier: MIT */
/* The Kafka publisher's transactions alone: copies the topic "in" to the topic "out" until all
 * partitions are at their end, the way a pipeline does. A batch that did not go through is tried
 * again as it is; one whose partitions were taken away is dropped; a refused record becomes a dead
 * letter.
 *
 *     transact_driver FOLDER SERVERS TIMEOUT_S BATCH [TRANSACTIONAL_ID [REPLAYS]]
 *
 * With a number of replays it publishes as many results that come from nowhere instead. Prints a
 * line for each batch, so that a test can interfere at chosen places. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "publishers/kafka/kafka_publisher.h"

#define GROUP          "copy"
#define BATCH_MAX      500
#define PARTITIONS_MAX 64
#define POLL_MS        100
#define FORGOTTEN_MS   30000 /* longer than the broker waits for a member */
#define NAME_MAX_      32

typedef struct item {
    rd_kafka_message_t *message;
    mfn__kafka_record record;
    char name[NAME_MAX_]; /* the key */
    mfn_error problem;
} item;

typedef struct driver {
    void *publisher;
    rd_kafka_t *consumer;
    const char *servers, *member;
    int idle_polls; /* one after the other, without partitions */
    bool is_at_end[PARTITIONS_MAX];
    int partitions;
    bool is_lost; /* the partitions were taken away */
    item items[BATCH_MAX];
    size_t count;
} driver;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "transact_driver: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void warn(void *context, const char *line)
{
    (void)context;
    printf("warning %s\n", line);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char reason[256];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK) {
        die(name, reason);
    }
}

static void on_rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    driver *self = opaque;
    bool is_assigned = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    rd_kafka_assign(consumer, is_assigned ? list : NULL);
    self->partitions = is_assigned ? list->cnt : 0;
    self->is_lost = true;
    memset(self->is_at_end, 0, sizeof self->is_at_end);
}

static void open_consumer(driver *self)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", self->servers);
    set(conf, "group.id", GROUP);
    set(conf, "group.instance.id", self->member); /* a restarted one takes its place at once */
    set(conf, "session.timeout.ms", "8000");
    set(conf, "heartbeat.interval.ms", "500");
    set(conf, "enable.auto.commit", "false");
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "isolation.level", "read_committed");
    set(conf, "enable.partition.eof", "true");
    set(conf, "log_level", "0");
    rd_kafka_conf_set_opaque(conf, self);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    char reason[256];
    self->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (self->consumer == NULL) {
        die("consumer", reason);
    }
    rd_kafka_poll_set_consumer(self->consumer);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, "in", RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(self->consumer, topics);
    rd_kafka_topic_partition_list_destroy(topics);
}

static void open_publisher(driver *self, mfn__kafka_publisher_options *options,
                           mfn__surroundings *around, const char *folder)
{
    mfn_error err = {0};
    char path[4096];
    snprintf(path, sizeof path, "%s/state.db", folder);
    if (mfn__ledger_open(path, &around->ledger, &err) != MFN_OK ||
        mfn__ledger_begin(around->ledger, &err) != MFN_OK ||
        mfn__ledger_target(around->ledger, "kafka", &around->target, &err) != MFN_OK ||
        mfn__ledger_commit(around->ledger, &err) != MFN_OK ||
        mfn__kafka_publisher.check(options, &err) != MFN_OK ||
        mfn__kafka_publisher.open(options, around, &self->publisher, &err) != MFN_OK) {
        die("publisher", err.text);
    }
}

static void drop_batch(driver *self)
{
    for (size_t i = 0; i < self->count; i++) {
        rd_kafka_message_destroy(self->items[i].message);
    }
    self->count = 0;
}

static void keep(driver *self, rd_kafka_message_t *message)
{
    item *kept = &self->items[self->count++];
    memset(kept, 0, sizeof *kept);
    kept->message = message;
    static char topic[] = "in";
    kept->record = (mfn__kafka_record){.topic = topic,
                                       .partition = message->partition,
                                       .offset = message->offset,
                                       .key = message->key,
                                       .key_size = message->key_len};
    snprintf(kept->name, sizeof kept->name, "%.*s", (int)message->key_len,
             (const char *)message->key);
    self->is_at_end[message->partition % PARTITIONS_MAX] = false;
}

static bool is_at_end(const driver *self)
{
    int ended = 0;
    for (int i = 0; i < PARTITIONS_MAX; i++) {
        ended += self->is_at_end[i] ? 1 : 0;
    }
    return self->partitions > 0 && ended == self->partitions;
}

/* librdkafka 2.0 sometimes loses its place in the group with the broker and never asks for another:
 * the broker sees no member, the member has no name. */
static void join_anew_when_forgotten(driver *self)
{
    self->idle_polls = self->partitions > 0 ? 0 : self->idle_polls + 1;
    if (self->idle_polls > FORGOTTEN_MS / POLL_MS) {
        printf("joins anew\n");
        rd_kafka_destroy_flags(self->consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        open_consumer(self);
        self->idle_polls = 0;
    }
}

/* Takes a batch; an empty one at the end. */
static void fetch(driver *self, size_t max)
{
    self->is_lost = false;
    while (self->count < max && !is_at_end(self)) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(self->consumer, POLL_MS);
        if (self->is_lost) {
            drop_batch(self);
            self->is_lost = false;
        }
        if (message == NULL && self->count > 0) {
            return;
        }
        if (message == NULL) {
            join_anew_when_forgotten(self);
            continue;
        }
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            keep(self, message);
            continue;
        }
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            self->is_at_end[message->partition % PARTITIONS_MAX] = true;
        }
        rd_kafka_message_destroy(message);
    }
}

/* Serves the group while no record is wanted. */
static void serve(driver *self)
{
    rd_kafka_topic_partition_list_t *all = NULL;
    rd_kafka_assignment(self->consumer, &all);
    rd_kafka_pause_partitions(self->consumer, all);
    for (int i = 0; i < 5 && !self->is_lost; i++) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(self->consumer, POLL_MS);
        if (message != NULL && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            die("fetching", "a record of a paused partition");
        }
        if (message != NULL) {
            rd_kafka_message_destroy(message);
        }
    }
    /* Also those that are lost: they would still be paused when they come back. */
    rd_kafka_resume_partitions(self->consumer, all);
    rd_kafka_topic_partition_list_destroy(all);
}

static mfn__kafka_position position_of(const driver *self)
{
    static char group[] = GROUP;
    mfn__kafka_position ret = {rd_kafka_topic_partition_list_new(4),
                               rd_kafka_consumer_group_metadata(self->consumer), group};
    for (size_t i = 0; i < self->count; i++) {
        const rd_kafka_message_t *message = self->items[i].message;
        rd_kafka_topic_partition_t *entry =
            rd_kafka_topic_partition_list_find(ret.offsets, "in", message->partition);
        if (entry == NULL) {
            entry = rd_kafka_topic_partition_list_add(ret.offsets, "in", message->partition);
        }
        entry->offset = message->offset + 1;
    }
    return ret;
}

/* One try; refused records become letters for the next. */
static mfn_status transact(driver *self, mfn__advice *advice, mfn_error *err)
{
    static mfn__parcel parcels[BATCH_MAX];
    static mfn__dead_letter letters[BATCH_MAX];
    static item *of_parcel[BATCH_MAX];
    size_t parcel_count = 0;
    size_t letter_count = 0;
    for (size_t i = 0; i < self->count; i++) {
        item *one = &self->items[i];
        if (one->problem.status != MFN_OK) {
            letters[letter_count++] = (mfn__dead_letter){.problem = &one->problem,
                                                         .origin = "in",
                                                         .original = one->message->payload,
                                                         .original_size = one->message->len,
                                                         .extra = &one->record};
        } else {
            of_parcel[parcel_count] = one;
            parcels[parcel_count++] = (mfn__parcel){.simulation_id = one->name,
                                                    .result_id = one->name,
                                                    .bytes = one->message->payload,
                                                    .size = one->message->len,
                                                    .extra = &one->record};
        }
    }
    mfn__kafka_position position = position_of(self);
    mfn_status status = mfn__kafka_publisher.transact(
        self->publisher, parcels, parcel_count, letters, letter_count, &position, advice, err);
    rd_kafka_topic_partition_list_destroy(position.offsets);
    rd_kafka_consumer_group_metadata_destroy(position.group);
    for (size_t i = 0; i < parcel_count; i++) {
        of_parcel[i]->problem = parcels[i].problem;
    }
    return status;
}

static void deliver(driver *self)
{
    while (self->count > 0) {
        mfn__advice advice = {0};
        mfn_error err = {0};
        mfn_status status = transact(self, &advice, &err);
        printf("batch of %zu: %s %s\n", self->count, mfn_status_name(status), err.text);
        if (status == MFN_OK) {
            drop_batch(self);
            return;
        }
        serve(self); /* what is still ours must not be dropped */
        if (self->is_lost) {
            printf("the partitions are lost\n");
            drop_batch(self);
        }
    }
}

/* As the pipeline does with jobs that are tried again: nothing says where they stood. */
static void replay(driver *self, size_t total, size_t max)
{
    static mfn__parcel parcels[BATCH_MAX];
    for (size_t first = 0; first < total; first += max) {
        size_t count = total - first < max ? total - first : max;
        for (size_t i = 0; i < count; i++) {
            snprintf(self->items[i].name, NAME_MAX_, "key %zu", first + i);
            parcels[i] = (mfn__parcel){.simulation_id = self->items[i].name,
                                       .result_id = self->items[i].name,
                                       .bytes = self->items[i].name,
                                       .size = strlen(self->items[i].name)};
        }
        mfn_status status = MFN_IO;
        while (status != MFN_OK) {
            mfn__advice advice = {0};
            mfn_error err = {0};
            status = mfn__kafka_publisher.transact(self->publisher, parcels, count, NULL, 0, NULL,
                                                   &advice, &err);
            printf("batch of %zu: %s %s\n", count, mfn_status_name(status), err.text);
        }
    }
}

static void copy(driver *self, size_t max)
{
    for (fetch(self, max); self->count > 0 || !is_at_end(self); fetch(self, max)) {
        deliver(self);
    }
    rd_kafka_consumer_close(self->consumer);
    rd_kafka_destroy(self->consumer);
}

int main(int argc, char **argv)
{
    if (argc < 5 || argc > 7) {
        die("arguments", "expected FOLDER SERVERS TIMEOUT_S BATCH [TRANSACTIONAL_ID [REPLAYS]]");
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    driver *self = mfn__mem_new(1, sizeof *self);
    const char *servers[] = {argv[2]};
    mfn__kafka_publisher_options options = {0};
    mfn_options_set_defaults(mfn__kafka_publisher.options, &options);
    options.access.bootstrap_servers = (mfn_texts){.values = servers, .count = 1};
    options.topic = "out";
    options.exactly_once = true;
    options.transactional_id = argc > 5 ? argv[5] : "";
    options.max_message_bytes = 100000;
    options.transaction_timeout = 20; /* what one that was killed leaves open is hidden so long */
    const mfn__log log = {warn, NULL};
    atomic_bool abandon = false;
    mfn__surroundings around = {.clock = mfn__clock_system(),
                                .log = &log,
                                .abandon = &abandon,
                                .timeout_s = strtod(argv[3], NULL),
                                .name = "publishers[0] (kafka)"};
    open_publisher(self, &options, &around, argv[1]);
    size_t max = strtoul(argv[4], NULL, 10);
    max = max < BATCH_MAX ? max : BATCH_MAX;
    if (argc > 6) {
        replay(self, strtoul(argv[6], NULL, 10), max);
    } else {
        self->servers = argv[2];
        self->member = argv[1];
        open_consumer(self);
        copy(self, max);
    }
    printf("end\n");
    mfn__kafka_publisher.close(self->publisher);
    mfn__ledger_close(around.ledger);
    mfn__mem_free(self);
    return EXIT_SUCCESS;
}
