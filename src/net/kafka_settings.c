/* SPDX-License-Identifier: MIT */
/* Options as properties of librdkafka. Its own log goes nowhere, because its lines can hold what
 * nobody may see; what matters comes back as errors. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "net/kafka.h"

#define SERVERS_BYTES_MAX (1 << 16)
#define PORT_MAX          65535

enum { PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL };
const char *const mfn__kafka_security_protocols[] = {"plaintext", "ssl", "sasl_plaintext",
                                                     "sasl_ssl", NULL};

static const mfn_option option_table[] = {
    MFN__KAFKA_ACCESS_ROWS(mfn__kafka_access, ),
    {0},
};

const mfn_option *mfn__kafka_access_option_table(void)
{
    return option_table;
}

/* Properties that are not passed through. */
typedef struct forbidden {
    const char *name, *reason;
} forbidden;

#define OWN_OPTION "it has an option of its own"
#define OFFSETS    "offsets are committed when results are safe, not before"
#define SAFETY     "it is set so that nothing is lost or doubled"

static const forbidden forbidden_properties[] = {
    {"acks", SAFETY},
    {"auto.commit.enable", OFFSETS},
    {"auto.offset.reset", OWN_OPTION},
    {"bootstrap.servers", OWN_OPTION},
    {"compression.codec", OWN_OPTION},
    {"compression.type", OWN_OPTION},
    {"delivery.timeout.ms", "the time-out and the retries of the component decide"},
    {"enable.auto.commit", OFFSETS},
    {"enable.auto.offset.store", OFFSETS},
    {"enable.gapless.guarantee", SAFETY},
    {"enable.idempotence", SAFETY},
    {"enable.partition.eof", "it tells when everything is read"},
    {"group.id", OWN_OPTION},
    {"group.instance.id", OWN_OPTION},
    {"isolation.level", OWN_OPTION},
    {"linger.ms", OWN_OPTION},
    {"log.queue", "nobody would read it"},
    {"max.in.flight", SAFETY},
    {"max.in.flight.requests.per.connection", SAFETY},
    {"max.poll.interval.ms", OWN_OPTION},
    {"message.max.bytes", OWN_OPTION},
    {"message.send.max.retries", SAFETY},
    {"message.timeout.ms", "the time-out and the retries of the component decide"},
    {"metadata.broker.list", OWN_OPTION},
    {"offset.store.method", OFFSETS},
    {"offset.store.path", OFFSETS},
    {"partition.assignment.strategy", OWN_OPTION},
    {"plugin.library.paths", "it loads foreign code"},
    {"queue.buffering.max.ms", OWN_OPTION},
    {"request.required.acks", SAFETY},
    {"retries", SAFETY},
    {"sasl.mechanism", OWN_OPTION},
    {"sasl.mechanisms", OWN_OPTION},
    {"sasl.password", OWN_OPTION},
    {"sasl.username", OWN_OPTION},
    {"security.protocol", OWN_OPTION},
    {"session.timeout.ms", OWN_OPTION},
    {"ssl.ca.location", OWN_OPTION},
    {"ssl.certificate.location", OWN_OPTION},
    {"ssl.key.location", OWN_OPTION},
    {"statistics.interval.ms", "nobody would read them"},
    {"test.mock.num.brokers", "a mock cluster keeps nothing"},
    {"transaction.timeout.ms", OWN_OPTION},
    {"transactional.id", OWN_OPTION},
};

static const char *reason_against(const char *name)
{
    for (size_t i = 0; i < sizeof forbidden_properties / sizeof forbidden_properties[0]; i++) {
        if (strcmp(forbidden_properties[i].name, name) == 0) {
            return forbidden_properties[i].reason;
        }
    }
    return NULL;
}

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits] != '\0') {
        return false;
    }
    unsigned long port = strtoul(text, NULL, 10);
    return port >= 1 && port <= PORT_MAX;
}

/* "host:port" or "[IPv6 address]:port". */
static bool is_server(const char *server)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (server[0] == '[') {
        size_t address = strspn(server + 1, "0123456789abcdefABCDEF:.");
        const char *rest = server + 1 + address;
        return address > 0 && strncmp(rest, "]:", 2) == 0 && is_port(rest + 2);
    }
    size_t host = 0;
    while (server[host] != '\0' && (strchr(letters, server[host]) != NULL ||
                                    strchr("0123456789.-_", server[host]) != NULL)) {
        host++;
    }
    return host > 0 && server[host] == ':' && is_port(server + host + 1);
}

static mfn_status check_servers(const mfn__kafka_access *access, mfn_error *err)
{
    if (access->bootstrap_servers.count == 0) {
        return mfn__fail(err, MFN_INVALID, "bootstrap_servers",
                         "bootstrap_servers is empty: expected at least one host:port");
    }
    for (size_t i = 0; i < access->bootstrap_servers.count; i++) {
        const char *server = access->bootstrap_servers.values[i];
        if (!is_server(server)) {
            /* Not shown: it may be a URL with a password. */
            return mfn__fail(err, MFN_INVALID, "bootstrap_servers",
                             "bootstrap_servers[%zu] is not of the form host:port", i);
        }
    }
    return MFN_OK;
}

static bool is_mechanism(const char *name)
{
    return strcmp(name, "PLAIN") == 0 || strcmp(name, "SCRAM-SHA-256") == 0 ||
           strcmp(name, "SCRAM-SHA-512") == 0;
}

static mfn_status check_security(const mfn__kafka_access *access, mfn_error *err)
{
    const char *protocol = mfn__kafka_security_protocols[access->security_protocol];
    bool has_sasl =
        access->security_protocol == SASL_PLAINTEXT || access->security_protocol == SASL_SSL;
    bool has_tls = access->security_protocol == SSL || access->security_protocol == SASL_SSL;
    if (has_sasl && !is_mechanism(access->sasl_mechanism)) {
        return mfn__fail(err, MFN_INVALID, "sasl_mechanism",
                         "sasl_mechanism is '%s': with security_protocol %s it must be PLAIN, "
                         "SCRAM-SHA-256 or SCRAM-SHA-512",
                         access->sasl_mechanism, protocol);
    }
    if (has_sasl && (access->sasl_username[0] == '\0' || access->sasl_password[0] == '\0')) {
        return mfn__fail(err, MFN_INVALID, "sasl_username",
                         "security_protocol %s needs sasl_username and sasl_password", protocol);
    }
    if (!has_sasl && (access->sasl_mechanism[0] != '\0' || access->sasl_username[0] != '\0' ||
                      access->sasl_password[0] != '\0')) {
        return mfn__fail(err, MFN_INVALID, "security_protocol",
                         "security_protocol is %s: sasl_mechanism, sasl_username and sasl_password "
                         "need sasl_plaintext or sasl_ssl",
                         protocol);
    }
    if (!has_tls && (access->ca_file[0] != '\0' || access->client_certificate_file[0] != '\0' ||
                     access->client_key_file[0] != '\0')) {
        return mfn__fail(err, MFN_INVALID, "security_protocol",
                         "security_protocol is %s: ca_file, client_certificate_file and "
                         "client_key_file need ssl or sasl_ssl",
                         protocol);
    }
    if ((access->client_certificate_file[0] == '\0') != (access->client_key_file[0] == '\0')) {
        return mfn__fail(err, MFN_INVALID, "client_key_file",
                         "client_certificate_file and client_key_file are needed together");
    }
    return MFN_OK;
}

static mfn_status set_properties(const mfn__kafka_access *access, rd_kafka_conf_t *conf,
                                 mfn_error *err)
{
    const mfn_texts *properties = &access->properties;
    for (size_t i = 0; i < properties->count; i++) {
        const char *name = properties->keys[i];
        const char *reason = reason_against(name);
        if (reason != NULL) {
            return mfn__fail(err, MFN_INVALID, "properties", "properties.%s cannot be set: %s",
                             name, reason);
        }
        mfn_status status = mfn__kafka_conf_set(conf, name, properties->values[i], err);
        if (status != MFN_OK) {
            return status;
        }
    }
    return MFN_OK;
}

mfn_status mfn__kafka_access_check(const mfn__kafka_access *access, mfn_error *err)
{
    mfn_status status = check_servers(access, err);
    if (status == MFN_OK) {
        status = check_security(access, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    rd_kafka_conf_t *conf = NULL;
    status = mfn__kafka_conf_new(access, &conf, err);
    if (status == MFN_OK) {
        rd_kafka_conf_destroy(conf);
    }
    return status;
}

mfn_status mfn__kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value,
                               mfn_error *err)
{
    /* What librdkafka says about a wrong value shows the value, which may be secret. */
    char reason[256];
    char shown[96];
    mfn__text_printable(name, strlen(name), shown, sizeof shown);
    switch (rd_kafka_conf_set(conf, name, value, reason, sizeof reason)) {
    case RD_KAFKA_CONF_OK:
        return MFN_OK;
    case RD_KAFKA_CONF_UNKNOWN:
        return mfn__fail(err, MFN_INVALID, "properties",
                         "properties.%s is no property that librdkafka %s knows", shown,
                         rd_kafka_version_str());
    default:
        return mfn__fail(err, MFN_INVALID, "properties",
                         "properties.%s has a value that librdkafka %s does not take", shown,
                         rd_kafka_version_str());
    }
}

static void drop_log(const rd_kafka_t *handle, int level, const char *facility, const char *line)
{
    (void)handle;
    (void)level;
    (void)facility;
    (void)line;
}

static mfn_status set_servers(const mfn__kafka_access *access, rd_kafka_conf_t *conf,
                              mfn_error *err)
{
    mfn__buffer list;
    mfn__buffer_init(&list, SERVERS_BYTES_MAX);
    for (size_t i = 0; i < access->bootstrap_servers.count; i++) {
        mfn__buffer_append_text(&list, i > 0 ? "," : "");
        mfn__buffer_append_text(&list, access->bootstrap_servers.values[i]);
    }
    mfn_status status = mfn__buffer_check(&list, "bootstrap_servers", err);
    if (status == MFN_OK && list.size > 0) {
        status = mfn__kafka_conf_set(conf, "bootstrap.servers", list.data, err);
    }
    mfn__buffer_deinit(&list);
    return status;
}

mfn_status mfn__kafka_conf_new(const mfn__kafka_access *access, rd_kafka_conf_t **ret,
                               mfn_error *err)
{
    const struct {
        const char *name, *value;
    } settings[] = {
        {"client.id", "mfn"},
        {"security.protocol", mfn__kafka_security_protocols[access->security_protocol]},
        {"sasl.mechanism", access->sasl_mechanism},
        {"sasl.username", access->sasl_username},
        {"sasl.password", access->sasl_password},
        {"ssl.ca.location", access->ca_file},
        {"ssl.certificate.location", access->client_certificate_file},
        {"ssl.key.location", access->client_key_file},
    };
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (conf == NULL) {
        return mfn__fail_memory(err);
    }
    rd_kafka_conf_set_log_cb(conf, drop_log);
    mfn_status status = set_servers(access, conf, err);
    for (size_t i = 0; status == MFN_OK && i < sizeof settings / sizeof settings[0]; i++) {
        if (settings[i].value[0] != '\0') {
            status = mfn__kafka_conf_set(conf, settings[i].name, settings[i].value, err);
        }
    }
    if (status == MFN_OK) {
        status = set_properties(access, conf, err);
    }
    if (status != MFN_OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    *ret = conf;
    return MFN_OK;
}
