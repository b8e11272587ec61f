/* SPDX-License-Identifier: MIT */
/* What the Kafka kinds share: settings for librdkafka, a record's key and headers on their way
 * through the pipeline, and positions for exactly-once. */
#ifndef MFN_NET_KAFKA_H
#define MFN_NET_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>

#include "net/advice.h"

#include "mfn/option.h"

/* Option rows that both Kafka kinds have. */
typedef struct mfn__kafka_access {
    mfn_texts bootstrap_servers; /* host:port each */
    uint32_t security_protocol;  /* plaintext (default), ssl, sasl_plaintext, sasl_ssl */
    const char *sasl_mechanism;  /* "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"; "" for none */
    const char *sasl_username;
    const char *sasl_password;                                       /* secret */
    const char *ca_file, *client_certificate_file, *client_key_file; /* PEM; "" for none */
    mfn_texts properties; /* further librdkafka properties, passed through; secret values */
} mfn__kafka_access;

/* clang-format off: one row per option */
#define MFN__KAFKA_TEXT(owner, inner, field, secret, text)                                         \
    {                                                                                              \
        .name = #field, .type = MFN_OPTION_TEXT, .offset = offsetof(owner, inner field),           \
        .default_text = "", .unit = "", .help = (text), .is_secret = (secret)                      \
    }

/* The option rows of mfn__kafka_access for the table of any struct that has one inside. `inner` is
 * that member of `owner` with a dot after it ("access."), or nothing for the access itself. */
#define MFN__KAFKA_ACCESS_ROWS(owner, inner)                                                       \
    {.name = "bootstrap_servers",                                                                  \
     .type = MFN_OPTION_LIST,                                                                      \
     .offset = offsetof(owner, inner bootstrap_servers),                                           \
     .default_text = NULL,                                                                         \
     .unit = "",                                                                                   \
     .help = "brokers to ask first, host:port each"},                                              \
        {.name = "security_protocol",                                                              \
         .type = MFN_OPTION_CHOICE,                                                                \
         .offset = offsetof(owner, inner security_protocol),                                       \
         .choices = mfn__kafka_security_protocols,                                                 \
         .default_text = "plaintext",                                                              \
         .unit = "",                                                                               \
         .help = "encryption and authentication of the connections"},                              \
        MFN__KAFKA_TEXT(owner, inner, sasl_mechanism, false,                                       \
                        "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; needed for sasl_..."),             \
        MFN__KAFKA_TEXT(owner, inner, sasl_username, false, "user name for SASL"),                 \
        MFN__KAFKA_TEXT(owner, inner, sasl_password, true, "password for SASL"),                   \
        MFN__KAFKA_TEXT(owner, inner, ca_file, false,                                              \
                        "PEM file of trusted authorities; empty: the system's"),                   \
        MFN__KAFKA_TEXT(owner, inner, client_certificate_file, false,                              \
                        "PEM file of the client's certificate"),                                   \
        MFN__KAFKA_TEXT(owner, inner, client_key_file, false,                                      \
                        "PEM file of the key of the client's certificate"),                        \
    {                                                                                              \
        .name = "properties", .type = MFN_OPTION_MAP, .offset = offsetof(owner, inner properties), \
        .default_text = "", .unit = "", .help = "further properties of librdkafka",                \
        .is_secret = true                                                                          \
    }
/* clang-format on */

extern const char *const mfn__kafka_security_protocols[];

const mfn_option *mfn__kafka_access_option_table(void);

/* Hosts and ports well-formed; no property that would break the guarantees (enable.auto.commit,
 * enable.idempotence, transactional.id, ...: the list is in the .c with reasons). */
mfn_status mfn__kafka_access_check(const mfn__kafka_access *access, mfn_error *err);

/* A configuration with the access set, ours to destroy or to give to rd_kafka_new. */
mfn_status mfn__kafka_conf_new(const mfn__kafka_access *access, rd_kafka_conf_t **ret,
                               mfn_error *err);
mfn_status mfn__kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value,
                               mfn_error *err);

/* What a librdkafka error means: status, text that begins with `doing`, advice (authentication and
 * authorisation are paused; too large, invalid record permanent; the rest passing). */
mfn_status mfn__kafka_fail(rd_kafka_resp_err_t code, const char *doing, const char *detail,
                           mfn__advice *ret_advice, mfn_error *err);

/* What librdkafka's error callback told last; the caller zeroes it, or forgets it that way. */
typedef struct mfn__kafka_complaint {
    rd_kafka_resp_err_t code;
    char reason[320]; /* "" for none */
    bool is_grave;    /* nothing works, or somebody must mend it; not just one connection */
} mfn__kafka_complaint;

void mfn__kafka_complain(mfn__kafka_complaint *complaint, rd_kafka_resp_err_t code,
                         const char *reason);

/* Metadata of the cluster (and of `topic` unless NULL) comes through `handle` within the time-out,
 * or it says why not. Creates no topic on a consumer. */
mfn_status mfn__kafka_reach(rd_kafka_t *handle, const char *topic, double timeout_s,
                            mfn__advice *ret_advice, mfn_error *err);

/* Metadata of the cluster (and of `topic` unless NULL) arrives within the time-out, or says why
 * not. For probes: with a connection of its own. */
mfn_status mfn__kafka_probe(const mfn__kafka_access *access, const char *topic, double timeout_s,
                            mfn_error *err);

/* `extra` of a message that came from Kafka: what a dead letter must carry on untouched. */
typedef struct mfn__kafka_record {
    char *topic;
    int32_t partition;
    int64_t offset;
    void *key; /* NULL: none */
    size_t key_size;
    rd_kafka_headers_t *headers; /* NULL: none */
} mfn__kafka_record;

void mfn__kafka_record_free(void *record);

/* The consumer's next offsets and its membership, to be put into a transaction. */
typedef struct mfn__kafka_position {
    rd_kafka_topic_partition_list_t *offsets;
    rd_kafka_consumer_group_metadata_t *group;
    char *group_id; /* the group's name, for asking what it has committed */
} mfn__kafka_position;

void mfn__kafka_position_free(mfn__kafka_position *position); /* NULL is allowed */

#endif
