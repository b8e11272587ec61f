/* SPDX-License-Identifier: MIT */
/* A mock cluster in this process, and members of consumer groups that take records from it. */
#ifndef MFN_TEST_KAFKA_PLACE_H
#define MFN_TEST_KAFKA_PLACE_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "connectors/kafka/kafka_connector.h"
#include "suite.h"

#define MESSAGES_MAX 600
#define PATIENCE_NS  (30 * MFN__NS_PER_S)

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

void place_make(place *self);
void place_end(place *self);

void make_topic(place *self, const char *topic, int partitions);
void produce(place *self, const char *topic, int32_t partition, void *value, size_t size);

/* `count` records "<partition>-<number>". */
void produce_some(place *self, const char *topic, int32_t partition, int first, int count);
int64_t committed(place *self, const char *group, const char *topic, int32_t partition);

/* The options may be changed before it is opened. */
void member_make(member *self, place *where, const char *group, const char *topic);
void member_open(member *self);
void member_close(member *self); /* it may be opened again */

/* One short fetch; what comes is added to the messages. */
mfn_status fetch_once(member *self, mfn__advice *ret_advice, mfn_error *err);

/* Fetches until `count` messages are there. */
void fetch_count(member *self, size_t count);

/* Fetches until a fetch ends with the status. */
mfn__advice fetch_until(member *self, mfn_status wanted, mfn_error *err);

mfn__receipt receipt_of(const mfn__message *message);

/* Settles messages from number `first` on, one by one. */
void settle(member *self, size_t first, size_t count);

int64_t now_ns(void);

#endif
