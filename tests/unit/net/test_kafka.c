/* SPDX-License-Identifier: MIT */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <string.h>

#include "base/mem.h"
#include "net/kafka.h"
#include "suite.h"

static const char *one_server[] = {"localhost:9092"};

static mfn__kafka_access make_access(const char *const *servers, size_t count)
{
    mfn__kafka_access access = {0};
    mfn_options_set_defaults(mfn__kafka_access_option_table(), &access);
    access.bootstrap_servers = (mfn_texts){.values = servers, .count = count};
    return access;
}

START_TEST(only_hosts_with_ports_are_servers)
{
    static const struct {
        const char *server;
        bool is_good;
    } cases[] = {
        {"localhost:9092", true},
        {"kafka-1.example.com:1", true},
        {"10.0.0.1:65535", true},
        {"[::1]:9092", true},
        {"localhost", false},
        {"localhost:", false},
        {":9092", false},
        {"localhost:0", false},
        {"localhost:65536", false},
        {"localhost:9092,other:9092", false},
        {"ssl://localhost:9092", false},
        {"user:secret@localhost:9092", false},
        {"local host:9092", false},
        {"::1:9092", false},
        {"[::1]9092", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *servers[] = {"localhost:9092", cases[i].server};
        mfn__kafka_access access = make_access(servers, 2);
        mfn_error err = {0};
        mfn_status status = mfn__kafka_access_check(&access, &err);
        ck_assert_msg((status == MFN_OK) == cases[i].is_good, "'%s': %s", cases[i].server,
                      err.text);
        ck_assert(strstr(err.text, "secret") == NULL);
    }
    mfn__kafka_access none = make_access(one_server, 0);
    mfn_error err = {0};
    ck_assert_int_eq(mfn__kafka_access_check(&none, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "bootstrap_servers");
}
END_TEST

START_TEST(settings_that_contradict_each_other_are_refused)
{
    enum { PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL };
    static const struct {
        const char *what;
        uint32_t protocol;
        const char *mechanism, *username, *password, *ca, *certificate, *key;
        const char *field; /* NULL: fine */
    } cases[] = {
        {"nothing", PLAINTEXT, "", "", "", "", "", "", NULL},
        {"encryption", SSL, "", "", "", "", "", "", NULL},
        {"both", SASL_SSL, "SCRAM-SHA-256", "u", "p", "", "", "", NULL},
        {"no mechanism", SASL_SSL, "", "u", "p", "", "", "", "sasl_mechanism"},
        {"a strange one", SASL_SSL, "MAGIC", "u", "p", "", "", "", "sasl_mechanism"},
        {"no password", SASL_PLAINTEXT, "PLAIN", "u", "", "", "", "", "sasl_username"},
        {"a password for nothing", SSL, "", "", "p", "", "", "", "security_protocol"},
        {"a certificate for nothing", SASL_PLAINTEXT, "PLAIN", "u", "p", "ca.pem", "", "",
         "security_protocol"},
        {"a certificate without its key", SSL, "", "", "", "", "c.pem", "", "client_key_file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn__kafka_access access = make_access(one_server, 1);
        access.security_protocol = cases[i].protocol;
        access.sasl_mechanism = cases[i].mechanism;
        access.sasl_username = cases[i].username;
        access.sasl_password = cases[i].password;
        access.ca_file = cases[i].ca;
        access.client_certificate_file = cases[i].certificate;
        access.client_key_file = cases[i].key;
        mfn_error err = {0};
        mfn_status status = mfn__kafka_access_check(&access, &err);
        ck_assert_msg((status == MFN_OK) == (cases[i].field == NULL), "%s: %s", cases[i].what,
                      err.text);
        ck_assert_str_eq(err.field, cases[i].field != NULL ? cases[i].field : "");
    }
}
END_TEST

START_TEST(properties_pass_through_unless_they_break_a_promise)
{
    static const struct {
        const char *name, *value;
        bool is_good;
    } cases[] = {
        {"fetch.min.bytes", "10", true},
        {"client.id", "me", true},
        {"socket.keepalive.enable", "true", true},
        {"compression.codec", "lz4", false},
        {"enable.auto.commit", "true", false},
        {"enable.auto.commit", "false", false},
        {"enable.idempotence", "false", false},
        {"acks", "1", false},
        {"group.id", "other", false},
        {"transactional.id", "other", false},
        {"test.mock.num.brokers", "1", false},
        {"fetch.min.bytes", "hunter2", false},
        {"no.such.property", "hunter2", false},
        {"error_cb", "hunter2", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn__kafka_access access = make_access(one_server, 1);
        access.properties = (mfn_texts){&cases[i].name, &cases[i].value, 1};
        mfn_error err = {0};
        mfn_status status = mfn__kafka_access_check(&access, &err);
        ck_assert_msg((status == MFN_OK) == cases[i].is_good, "%s: %s", cases[i].name, err.text);
        ck_assert(cases[i].is_good || strstr(err.text, cases[i].name) != NULL);
        ck_assert(strstr(err.text, "hunter2") == NULL); /* values are secret */
    }
}
END_TEST

START_TEST(a_configuration_has_what_the_access_says)
{
    static const char *servers[] = {"a:1", "b:2"};
    mfn__kafka_access access = make_access(servers, 2);
    access.security_protocol = 3;
    access.sasl_mechanism = "PLAIN";
    access.sasl_username = "me";
    access.sasl_password = "hunter2";
    mfn_error err = {0};
    rd_kafka_conf_t *conf = NULL;
    ck_assert_int_eq(mfn__kafka_conf_new(&access, &conf, &err), MFN_OK);
    static const struct {
        const char *name, *value;
    } expected[] = {
        {"bootstrap.servers", "a:1,b:2"}, {"security.protocol", "sasl_ssl"},
        {"sasl.mechanisms", "PLAIN"},     {"sasl.username", "me"},
        {"sasl.password", "hunter2"},     {"client.id", "mfn"},
        {"statistics.interval.ms", "0"},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        char value[256];
        size_t size = sizeof value;
        ck_assert_int_eq(rd_kafka_conf_get(conf, expected[i].name, value, &size), RD_KAFKA_CONF_OK);
        ck_assert_str_eq(value, expected[i].value);
    }
    rd_kafka_conf_destroy(conf);

    for (int64_t allowed = 0; allowed < 3; allowed++) {
        mfn__mem_fail_after(allowed);
        mfn_status status = mfn__kafka_conf_new(&access, &conf, &err);
        mfn__mem_fail_after(-1);
        ck_assert(status == MFN_OK || status == MFN_NO_MEMORY || status == MFN_TOO_LARGE);
        if (status == MFN_OK) {
            rd_kafka_conf_destroy(conf);
        }
    }
}
END_TEST

START_TEST(an_error_means_try_again_mend_it_or_never)
{
    static const struct {
        rd_kafka_resp_err_t code;
        mfn_status status;
        mfn__trouble trouble;
    } cases[] = {
        {RD_KAFKA_RESP_ERR__TRANSPORT, MFN_IO, MFN__TROUBLE_PASSING},
        {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, MFN_IO, MFN__TROUBLE_PASSING},
        {RD_KAFKA_RESP_ERR__TIMED_OUT, MFN_TIMED_OUT, MFN__TROUBLE_PASSING},
        {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, MFN_NOT_FOUND, MFN__TROUBLE_PASSING},
        {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, MFN_IO, MFN__TROUBLE_PASSING},
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, MFN_ACCESS, MFN__TROUBLE_PAUSED},
        {RD_KAFKA_RESP_ERR__AUTHENTICATION, MFN_ACCESS, MFN__TROUBLE_PAUSED},
        {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, MFN_ACCESS, MFN__TROUBLE_PAUSED},
        {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, MFN_TOO_LARGE, MFN__TROUBLE_PERMANENT},
        {RD_KAFKA_RESP_ERR_INVALID_RECORD, MFN_REFUSED, MFN__TROUBLE_PERMANENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn_error err = {0};
        mfn__advice advice = {0};
        mfn_status status = mfn__kafka_fail(cases[i].code, "doing it", NULL, &advice, &err);
        const char *name = rd_kafka_err2name(cases[i].code);
        ck_assert_msg(status == cases[i].status, "%s: %s", name, mfn_status_name(status));
        ck_assert_msg(advice.trouble == cases[i].trouble, "%s: %d", name, (int)advice.trouble);
        ck_assert_int_eq(err.status, status);
        ck_assert(strncmp(err.text, "doing it: ", 10) == 0);
        ck_assert_ptr_nonnull(strstr(err.text, name));
    }
    mfn_error err = {0};
    (void)mfn__kafka_fail(RD_KAFKA_RESP_ERR__TRANSPORT, "doing it", "two\nlines", NULL, &err);
    ck_assert_str_eq(err.text, "doing it: two?lines (_TRANSPORT)");
}
END_TEST

START_TEST(the_gravest_complaint_is_the_one_that_is_kept)
{
    mfn__kafka_complaint complaint = {0};
    mfn__kafka_complain(&complaint, RD_KAFKA_RESP_ERR__TRANSPORT, "connection refused");
    ck_assert(!complaint.is_grave);
    mfn__kafka_complain(&complaint, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down");
    ck_assert(complaint.is_grave);
    ck_assert_str_eq(complaint.reason, "connection refused");
    mfn__kafka_complain(&complaint, RD_KAFKA_RESP_ERR__AUTHENTICATION, "wrong password");
    mfn__kafka_complain(&complaint, RD_KAFKA_RESP_ERR__TRANSPORT, "disconnected");
    ck_assert_str_eq(complaint.reason, "wrong password");
    ck_assert_int_eq(complaint.code, RD_KAFKA_RESP_ERR__AUTHENTICATION);
}
END_TEST

START_TEST(a_probe_finds_the_cluster_and_its_topics_or_says_why_not)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    ck_assert_int_eq(rd_kafka_conf_set(conf, "log_level", "0", NULL, 0), RD_KAFKA_CONF_OK);
    rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(host, 1);
    ck_assert_ptr_nonnull(cluster);
    ck_assert_int_eq(rd_kafka_mock_topic_create(cluster, "there", 1, 1), 0);
    ck_assert_int_eq(rd_kafka_mock_topic_create(cluster, "private", 1, 1), 0);
    rd_kafka_mock_topic_set_error(cluster, "private", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    rd_kafka_mock_topic_set_error(cluster, "absent", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    const char *servers[] = {rd_kafka_mock_cluster_bootstraps(cluster)};
    mfn__kafka_access access = make_access(servers, 1);
    mfn_error err = {0};
    ck_assert_msg(mfn__kafka_probe(&access, NULL, 10, &err) == MFN_OK, "%s", err.text);
    ck_assert_msg(mfn__kafka_probe(&access, "there", 10, &err) == MFN_OK, "%s", err.text);
    ck_assert_int_eq(mfn__kafka_probe(&access, "private", 10, &err), MFN_ACCESS);
    ck_assert_ptr_nonnull(strstr(err.text, "'private'"));

    ck_assert_int_eq(rd_kafka_mock_broker_set_down(cluster, 1), 0);
    ck_assert_int_eq(mfn__kafka_probe(&access, "there", 10, &err), MFN_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "reaching the cluster"));
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        only_hosts_with_ports_are_servers,
        settings_that_contradict_each_other_are_refused,
        properties_pass_through_unless_they_break_a_promise,
        a_configuration_has_what_the_access_says,
        an_error_means_try_again_mend_it_or_never,
        the_gravest_complaint_is_the_one_that_is_kept,
        a_probe_finds_the_cluster_and_its_topics_or_says_why_not,
        NULL,
    };
    return mfn_test_run("kafka", tests);
}
