/* SPDX-License-Identifier: MIT */
/* A commit that is sent while the group still collects its members carries the number of the old
 * generation; it is answered after the new one began, with an error that librdkafka up to 2.9 takes
 * for a lost assignment (confluentinc/librdkafka#4059): everything under way would be done again.
 * The library does not tell when it joins, but it shows its requests: JoinGroup begins it and the
 * answer to SyncGroup ends it. */
#include "connectors/kafka/joins.h"

#include <stdbool.h>

/* Numbers of requests in Kafka's protocol. */
#define JOIN_GROUP 11
#define SYNC_GROUP 14

#define NAME       "mfn"

/* Thread: librdkafka's, one for each broker. */
/* NOLINTNEXTLINE(readability-function-size): the parameters are librdkafka's */
static rd_kafka_resp_err_t note_request(rd_kafka_t *handle, int socket, const char *broker,
                                        int32_t broker_id, int16_t request, int16_t version,
                                        int32_t correlation, size_t size, void *is_joining)
{
    (void)handle;
    (void)socket;
    (void)broker;
    (void)broker_id;
    (void)version;
    (void)correlation;
    (void)size;
    if (request == JOIN_GROUP) {
        atomic_store((atomic_bool *)is_joining, true);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Thread: as above. */
/* NOLINTNEXTLINE(readability-function-size): the parameters are librdkafka's */
static rd_kafka_resp_err_t note_answer(rd_kafka_t *handle, int socket, const char *broker,
                                       int32_t broker_id, int16_t request, int16_t version,
                                       int32_t correlation, size_t size, int64_t rtt_us,
                                       rd_kafka_resp_err_t code, void *is_joining)
{
    (void)handle;
    (void)socket;
    (void)broker;
    (void)broker_id;
    (void)version;
    (void)correlation;
    (void)size;
    (void)rtt_us;
    if (request == SYNC_GROUP && code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        atomic_store((atomic_bool *)is_joining, false);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t begin(rd_kafka_t *handle, const rd_kafka_conf_t *conf, void *is_joining,
                                 char *reason, size_t reason_size)
{
    (void)conf;
    (void)reason;
    (void)reason_size;
    rd_kafka_interceptor_add_on_request_sent(handle, NAME, note_request, is_joining);
    rd_kafka_interceptor_add_on_response_received(handle, NAME, note_answer, is_joining);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void mfn__joins_watch(rd_kafka_conf_t *conf, atomic_bool *is_joining)
{
    rd_kafka_conf_interceptor_add_on_new(conf, NAME, begin, is_joining);
}
