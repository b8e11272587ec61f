/* SPDX-License-Identifier: MIT */
/* The publisher "kafka": results as records of a topic, in transactions when asked for. */
#ifndef MFN_PUBLISHERS_KAFKA_KAFKA_PUBLISHER_H
#define MFN_PUBLISHERS_KAFKA_KAFKA_PUBLISHER_H

#include "net/kafka.h"
#include "stream/kinds.h"

typedef enum mfn__kafka_envelope {
    MFN__KAFKA_PLAIN,
    MFN__KAFKA_STRUCTURED, /* a CloudEvent with the result inside */
    MFN__KAFKA_BINARY,     /* the attributes of the CloudEvent as headers */
} mfn__kafka_envelope;

typedef struct mfn__kafka_publisher_options {
    const char *topic;
    uint32_t compression;
    uint64_t batch_size;
    double linger;                 /* s */
    uint32_t envelope;             /* mfn__kafka_envelope */
    const char *dead_letter_topic; /* "": none; exactly once: "<topic of the job>.dlq" */
    bool exactly_once;
    const char *transactional_id; /* "": one that is drawn once and kept in the ledger */
    double transaction_timeout;   /* s */
    uint64_t max_message_bytes;
    mfn__kafka_access access;
} mfn__kafka_publisher_options;

extern const mfn__publisher_ops mfn__kafka_publisher;

#endif
