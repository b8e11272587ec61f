/* SPDX-License-Identifier: MIT */
/* What results and dead letters are as Kafka records. */
#ifndef MFN_PUBLISHERS_KAFKA_RECORDS_H
#define MFN_PUBLISHERS_KAFKA_RECORDS_H

#include "publishers/kafka/kafka_publisher.h"

#define MFN__KAFKA_TOPIC_BYTES_MAX 249

/* Borrows what it was made of, and owns the rest; release with mfn__kafka_outgoing_deinit. */
typedef struct mfn__kafka_outgoing {
    char topic[MFN__KAFKA_TOPIC_BYTES_MAX + 1];
    const void *key; /* NULL: none */
    size_t key_size;
    const void *value;
    size_t size;
    rd_kafka_headers_t *headers;
    mfn__buffer envelope;
} mfn__kafka_outgoing;

/* Key: the simulation_id. Headers: mfn-result-id and content-type, and the attributes of the
 * CloudEvent when they do not stand in the value. */
mfn_status mfn__kafka_outgoing_result(const mfn__kafka_publisher_options *options,
                                      const mfn__parcel *parcel, mfn__kafka_outgoing *ret,
                                      mfn_error *err);

/* Key, value and headers of the job's record untouched, or the job alone when it was none; in both
 * cases with the reason in headers that are named as Kafka Connect names them. The topic is ""
 * when the options have none for it. */
mfn_status mfn__kafka_outgoing_letter(const mfn__kafka_publisher_options *options,
                                      const mfn__dead_letter *letter, mfn__kafka_outgoing *ret,
                                      mfn_error *err);

void mfn__kafka_outgoing_deinit(mfn__kafka_outgoing *outgoing); /* all zero is allowed */

#endif
