/* SPDX-License-Identifier: MIT */
/* The connector "kafka": jobs from topics, as a member of a consumer group. */
#ifndef MFN_CONNECTORS_KAFKA_KAFKA_CONNECTOR_H
#define MFN_CONNECTORS_KAFKA_KAFKA_CONNECTOR_H

#include "net/kafka.h"
#include "stream/kinds.h"

typedef struct mfn__kafka_connector_options {
    mfn__kafka_access access;
    mfn_texts topics;
    const char *group_id;
    const char *group_instance_id; /* "": no static membership */
    uint64_t max_messages, timeout_ms;
    uint32_t auto_offset_reset;             /* earliest, latest */
    uint32_t partition_assignment_strategy; /* cooperative-sticky, range, roundrobin */
    double session_timeout, max_poll_interval, drain_time; /* s */
    bool read_committed;
    uint64_t max_job_bytes;
} mfn__kafka_connector_options;

extern const mfn__connector_ops mfn__kafka_connector;

#endif
