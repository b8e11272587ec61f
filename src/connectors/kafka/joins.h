/* SPDX-License-Identifier: MIT */
/* Whether the member is joining its group at this moment. */
#ifndef MFN_CONNECTORS_KAFKA_JOINS_H
#define MFN_CONNECTORS_KAFKA_JOINS_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdbool.h>

/* `*is_joining` is kept up to date for as long as the consumer made from `conf` lives. */
void mfn__joins_watch(rd_kafka_conf_t *conf, atomic_bool *is_joining);

#endif
