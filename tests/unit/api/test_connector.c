/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "folder.h"
#include "http_peer.h"
#include "suite.h"

#include "mfn/stream.h"

#define TEXT_MAX 1024

static mfn_connector *make(const char *kind, const char *options)
{
    mfn_error err = {0};
    mfn_connector *connector = NULL;
    ck_assert_msg(mfn_connector_new(kind, options, &connector, &err) == MFN_OK, "%s", err.text);
    return connector;
}

static mfn_connector *connected(const char *kind, const char *options)
{
    mfn_error err = {0};
    mfn_connector *connector = make(kind, options);
    ck_assert_msg(mfn_connector_connect(connector, &err) == MFN_OK, "%s", err.text);
    return connector;
}

/* A connector of the folder's jobs that remembers in the folder's state file. */
static mfn_connector *open_folder(const char *folder, bool has_state)
{
    char options[TEXT_MAX];
    snprintf(options, sizeof options, "directory: %s\nsettle_time: 0\n%s%s%s", folder,
             has_state ? "state: " : "", has_state ? folder : "", has_state ? "/state.db\n" : "");
    return connected("file", options);
}

/* Fetches until there is nothing more; appends each item to `ret`, with a space after it, and
 * acknowledges those that `wanted` names, or all when it is NULL. */
static void drain(mfn_connector *connector, const char *wanted, char ret[TEXT_MAX])
{
    const mfn_item *items = NULL;
    size_t count = 0;
    mfn_error err = {0};
    mfn_status status = MFN_OK;
    ret[0] = '\0';
    while (status == MFN_OK || status == MFN_TIMED_OUT) {
        status = mfn_connector_fetch(connector, 0.0, &items, &count, &err);
        for (size_t i = 0; status == MFN_OK && i < count; i++) {
            size_t used = strlen(ret);
            snprintf(ret + used, TEXT_MAX - used, "%s ", items[i].bytes);
            if (wanted == NULL || strstr(wanted, items[i].bytes) != NULL) {
                ck_assert_msg(mfn_connector_acknowledge(connector, &items[i], 1, &err) == MFN_OK,
                              "%s", err.text);
            }
        }
    }
    ck_assert_msg(status == MFN_NOT_FOUND, "%s", err.text);
}

static void expect_drained(mfn_connector *connector, const char *wanted, const char *expected)
{
    char got[TEXT_MAX];
    drain(connector, wanted, got);
    ck_assert_str_eq(got, expected);
}

START_TEST(bad_options_give_the_first_problem_with_its_key)
{
    static const struct {
        const char *what, *kind, *options, *field, *text;
    } cases[] = {
        {"an unknown key suggests the nearest", "file", "directory: /tmp\npatern: '*'\n", "patern",
         "options:2:1: unknown key 'patern'; did you mean 'pattern'?"},
        {"a choice suggests the nearest", "file", "directory: /tmp\nretry_strategy: fixed_dealy\n",
         "retry_strategy", "did you mean 'fixed_delay'?"},
        {"a number out of range", "file", "directory: /tmp\nmax_retries: -1\n", "max_retries",
         "got '-1'"},
        {"what must be given", "file", "pattern: '*'\n", "directory", "'directory' is missing"},
        {"no options at all", "file", "", "directory", "'directory' is missing"},
        {"the first of several", "kafka", "topics: [a]\nmax_mesages: 3\ntimeout_ms: x\n",
         "max_mesages", "did you mean 'max_messages'?"},
        {"something that is no map", "file", "[1, 2]", "", "expected a map"},
        {"a retry option of the guide", "rest", "base_url: http://a\ntimeout: soon\n", "timeout",
         "got 'soon'"},
        {"a pattern that can match nothing", "file", "directory: /tmp\npattern: 'in/*.json'\n",
         "pattern", "names without '/'"},
        {"a URL that is none for HTTP", "rest", "base_url: ftp://a\n", "base_url", "http"},
        {"an unknown kind", "fil", "", "kind", "expected file, rest or kafka"},
        {"a kind of publishers", "webhook", "", "kind", "got 'webhook'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn_error err = {0};
        mfn_connector *connector = NULL;
        ck_assert_msg(mfn_connector_new(cases[i].kind, cases[i].options, &connector, &err) ==
                          MFN_INVALID,
                      "%s", cases[i].what);
        ck_assert_ptr_null(connector);
        ck_assert_msg(strcmp(err.field, cases[i].field) == 0, "%s: field '%s' of: %s",
                      cases[i].what, err.field, err.text);
        ck_assert_msg(strstr(err.text, cases[i].text) != NULL, "%s: %s", cases[i].what, err.text);
    }
}
END_TEST

START_TEST(text_that_is_no_yaml_is_refused_with_its_place)
{
    mfn_error err = {0};
    mfn_connector *connector = NULL;
    ck_assert_int_ne(mfn_connector_new("file", "directory: [\n", &connector, &err), MFN_OK);
    ck_assert_msg(strncmp(err.text, "options:", 8) == 0, "%s", err.text);
}
END_TEST

START_TEST(secrets_stay_out_of_errors)
{
    mfn_error err = {0};
    mfn_connector *connector = NULL;
    ck_assert_int_eq(mfn_connector_new("rest", "base_url: http://a\nbearer_token: [hunter2]\n",
                                       &connector, &err),
                     MFN_INVALID);
    ck_assert_ptr_null(strstr(err.text, "hunter2"));
}
END_TEST

START_TEST(items_come_with_bytes_origin_and_line)
{
    const char *folder = mfn_test_folder();
    mfn_test_write(mfn_test_path(folder, "a.json"), "{\"seed\": 1}");
    mfn_connector *connector = open_folder(folder, false);
    const mfn_item *items = NULL;
    size_t count = 0;
    mfn_error err = {0};
    ck_assert_int_eq(mfn_connector_fetch(connector, 5.0, &items, &count, &err), MFN_OK);
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(items[0].bytes, "{\"seed\": 1}");
    ck_assert_uint_eq(items[0].size, strlen(items[0].bytes));
    ck_assert_ptr_nonnull(strstr(items[0].origin, "a.json"));
    ck_assert_uint_eq(items[0].line, 1);
    ck_assert_int_eq(items[0].problem.status, MFN_OK);
    mfn_connector_free(connector);
}
END_TEST

START_TEST(broken_json_is_an_item_with_a_problem_and_blocks_nothing)
{
    const char *folder = mfn_test_folder();
    mfn_test_write(mfn_test_path(folder, "a.json"), "{bad");
    mfn_test_write(mfn_test_path(folder, "b.json"), "{\"seed\": 1}");
    mfn_connector *connector = open_folder(folder, false);
    const mfn_item *items = NULL;
    size_t count = 0;
    size_t bad = 0;
    size_t good = 0;
    mfn_error err = {0};
    while (mfn_connector_fetch(connector, 0.0, &items, &count, &err) == MFN_OK) {
        for (size_t i = 0; i < count; i++) {
            bool is_bad = items[i].problem.status != MFN_OK;
            ck_assert_str_eq(items[i].bytes, is_bad ? "{bad" : "{\"seed\": 1}");
            bad += is_bad ? 1 : 0;
            good += is_bad ? 0 : 1;
        }
    }
    ck_assert_uint_eq(bad, 1);
    ck_assert_uint_eq(good, 1);
    mfn_connector_free(connector);
}
END_TEST

START_TEST(bytes_that_are_no_utf8_are_an_item_with_a_problem)
{
    const char *folder = mfn_test_folder();
    mfn_test_write(mfn_test_path(folder, "a.json"), "{\"a\": \"\xFF\"}");
    mfn_connector *connector = open_folder(folder, false);
    const mfn_item *items = NULL;
    size_t count = 0;
    mfn_error err = {0};
    ck_assert_int_eq(mfn_connector_fetch(connector, 5.0, &items, &count, &err), MFN_OK);
    ck_assert_int_eq(items[0].problem.status, MFN_FORMAT);
    ck_assert_str_eq(items[0].bytes, "{\"a\": \"\xFF\"}");
    mfn_connector_free(connector);
}
END_TEST

START_TEST(the_state_file_remembers_what_was_acknowledged_and_nothing_else)
{
    const char *folder = mfn_test_folder();
    mfn_test_write(mfn_test_path(folder, "a.json"), "1");
    mfn_test_write(mfn_test_path(folder, "b.json"), "2");
    mfn_test_write(mfn_test_path(folder, "c.json"), "3");
    mfn_connector *connector = open_folder(folder, true);
    expect_drained(connector, "1 3", "1 2 3 ");
    mfn_connector_free(connector);
    connector = open_folder(folder, true);
    expect_drained(connector, NULL, "2 ");
    mfn_connector_free(connector);
    connector = open_folder(folder, true);
    expect_drained(connector, NULL, "");
    mfn_connector_free(connector);
}
END_TEST

START_TEST(without_a_state_file_a_handle_remembers_over_connections)
{
    const char *folder = mfn_test_folder();
    mfn_error err = {0};
    mfn_test_write(mfn_test_path(folder, "a.json"), "1");
    mfn_test_write(mfn_test_path(folder, "b.json"), "2");
    mfn_connector *connector = open_folder(folder, false);
    expect_drained(connector, "1", "1 2 ");
    mfn_connector_disconnect(connector);
    ck_assert_int_eq(mfn_connector_connect(connector, &err), MFN_OK);
    expect_drained(connector, "", "2 ");
    mfn_connector_free(connector);
    connector = open_folder(folder, false);
    expect_drained(connector, "", "1 2 ");
    mfn_connector_free(connector);
}
END_TEST

START_TEST(items_can_be_acknowledged_late_twice_and_in_any_order)
{
    const char *folder = mfn_test_folder();
    mfn_item kept[2];
    mfn_error err = {0};
    mfn_test_write(mfn_test_path(folder, "a.json"), "1");
    mfn_test_write(mfn_test_path(folder, "b.json"), "2");
    mfn_connector *connector = open_folder(folder, true);
    size_t have = 0;
    while (have < 2) {
        const mfn_item *items = NULL;
        size_t count = 0;
        ck_assert_int_eq(mfn_connector_fetch(connector, 5.0, &items, &count, &err), MFN_OK);
        for (size_t i = 0; i < count; i++) {
            kept[have++] = items[i];
        }
    }
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(mfn_connector_acknowledge(connector, &kept[1], 1, &err), MFN_OK);
        ck_assert_int_eq(mfn_connector_acknowledge(connector, &kept[0], 1, &err), MFN_OK);
    }
    mfn_connector_free(connector);
    connector = open_folder(folder, true);
    expect_drained(connector, NULL, "");
    mfn_connector_free(connector);
}
END_TEST

START_TEST(a_state_file_belongs_to_one_at_a_time)
{
    const char *folder = mfn_test_folder();
    mfn_error err = {0};
    char options[TEXT_MAX];
    snprintf(options, sizeof options, "directory: %s\nstate: %s/state.db\n", folder, folder);
    mfn_connector *first = connected("file", options);
    mfn_connector *second = make("file", options);
    ck_assert_int_eq(mfn_connector_connect(second, &err), MFN_BUSY);
    ck_assert_int_eq(mfn_connector_state(second), MFN_STATE_ERROR);
    ck_assert_msg(mfn_connector_check_health(second, &err) == MFN_OK, "%s", err.text);
    mfn_connector_disconnect(first);
    ck_assert_int_eq(mfn_connector_connect(second, &err), MFN_OK);
    mfn_connector_free(first);
    mfn_connector_free(second);
}
END_TEST

START_TEST(health_needs_no_connection_and_leaves_nothing_behind)
{
    const char *folder = mfn_test_folder();
    mfn_error err = {0};
    char options[TEXT_MAX];
    snprintf(options, sizeof options, "directory: %s/in\nstate: %s/state.db\n", folder, folder);
    mfn_connector *connector = make("file", options);
    ck_assert_int_ne(mfn_connector_check_health(connector, &err), MFN_OK);
    ck_assert_ptr_nonnull(strstr(err.text, "/in"));
    ck_assert_uint_eq(mfn_test_count(folder), 0);
    ck_assert_int_eq(mfn_connector_state(connector), MFN_STATE_IDLE);
    mfn_connector_free(connector);
}
END_TEST

START_TEST(a_disabled_connector_does_not_connect)
{
    mfn_error err = {0};
    mfn_connector *connector = make("file", "directory: /tmp\nenabled: false\n");
    ck_assert_int_eq(mfn_connector_connect(connector, &err), MFN_INVALID);
    ck_assert_str_eq(err.text, "Connector is disabled");
    ck_assert_str_eq(err.field, "enabled");
    ck_assert_int_eq(mfn_connector_state(connector), MFN_STATE_IDLE);
    mfn_connector_free(connector);
}
END_TEST

START_TEST(calls_without_a_connection_are_refused)
{
    const mfn_item *items = NULL;
    size_t count = 0;
    mfn_error err = {0};
    mfn_connector *connector = make("file", "directory: /tmp\n");
    ck_assert_int_eq(mfn_connector_fetch(connector, 0, &items, &count, &err), MFN_INVALID);
    ck_assert_int_eq(mfn_connector_acknowledge(connector, NULL, 0, &err), MFN_INVALID);
    mfn_connector_disconnect(connector);
    ck_assert_int_eq(mfn_connector_state(connector), MFN_STATE_IDLE);
    mfn_connector_free(connector);
    mfn_connector_free(NULL);
}
END_TEST

START_TEST(states_follow_the_calls)
{
    const char *folder = mfn_test_folder();
    mfn_error err = {0};
    const mfn_item *items = NULL;
    size_t count = 0;
    char options[TEXT_MAX];
    snprintf(options, sizeof options, "directory: %s/in\nsettle_time: 0\nmax_retries: 0\n", folder);
    mfn_connector *connector = make("file", options);
    ck_assert_str_eq(mfn_component_state_name(mfn_connector_state(connector)), "idle");
    ck_assert_int_ne(mfn_connector_connect(connector, &err), MFN_OK);
    ck_assert_str_eq(mfn_component_state_name(mfn_connector_state(connector)), "error");
    ck_assert_int_eq(mkdir(mfn_test_path(folder, "in"), 0755), 0);
    ck_assert_msg(mfn_connector_connect(connector, &err) == MFN_OK, "%s", err.text);
    ck_assert_str_eq(mfn_component_state_name(mfn_connector_state(connector)), "connected");
    ck_assert_int_eq(mfn_connector_connect(connector, &err), MFN_OK);
    ck_assert_int_eq(mfn_connector_fetch(connector, 0, &items, &count, &err), MFN_NOT_FOUND);
    ck_assert_str_eq(mfn_component_state_name(mfn_connector_state(connector)), "connected");
    mfn_connector_disconnect(connector);
    ck_assert_str_eq(mfn_component_state_name(mfn_connector_state(connector)), "disconnected");
    mfn_connector_free(connector);
}
END_TEST

START_TEST(metrics_count_operations_and_bytes)
{
    const char *folder = mfn_test_folder();
    mfn_component_metrics metrics;
    mfn_connector *connector = open_folder(folder, false);
    mfn_connector_metrics(connector, &metrics);
    ck_assert_uint_eq(metrics.total, 0);
    ck_assert_double_eq(metrics.success_rate, 0.0);
    ck_assert_double_eq(metrics.last_timestamp, 0.0);
    ck_assert_str_eq(metrics.last_error, "");
    mfn_test_write(mfn_test_path(folder, "a.json"), "{\"seed\": \"\xC3\xA9\"}");
    expect_drained(connector, NULL, "{\"seed\": \"\xC3\xA9\"} ");
    mfn_connector_metrics(connector, &metrics);
    ck_assert_uint_eq(metrics.total, 1);
    ck_assert_uint_eq(metrics.successful, 1);
    ck_assert_uint_eq(metrics.failed, 0);
    ck_assert_uint_eq(metrics.retries, 0);
    ck_assert_uint_eq(metrics.bytes, 14);
    ck_assert_double_eq(metrics.success_rate, 1.0);
    ck_assert_double_gt(metrics.last_timestamp, 1.6e9);
    mfn_connector_free(connector);
}
END_TEST

static mfn_connector *open_peer(const http_peer *peer, const char *more)
{
    char options[TEXT_MAX];
    snprintf(options, sizeof options,
             "base_url: http://127.0.0.1:%d\nallow_internal_addresses: true\n"
             "initial_retry_delay: 1ms\ninterval: 3600\n%s",
             http_peer_port(peer), more);
    return connected("rest", options);
}

START_TEST(failed_requests_are_retried_as_the_options_say)
{
    static const struct {
        const char *what, *options;
        int answers[5]; /* the last one again and again */
        size_t requests;
        uint64_t retries;
        bool succeeds;
    } cases[] = {
        {"twice wrong, then right", "", {500, 503, 200}, 3, 2, true},
        {"never right", "max_retries: 2", {500, 500, 500, 500}, 3, 2, false},
        {"no retries allowed", "max_retries: 0", {500, 200}, 1, 0, false},
        {"no_retry makes one attempt", "retry_strategy: no_retry", {500, 200}, 1, 0, false},
        {"what must be mended is not retried", "", {401, 200}, 1, 0, false},
        {"no time is left", "max_retry_time: 1e-9", {500, 500, 200}, 1, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_peer *peer = http_peer_new();
        for (size_t k = 0; k < 5 && cases[i].answers[k] != 0; k++) {
            http_peer_say(peer, cases[i].answers[k], NULL, "{\"seed\": 1}");
        }
        mfn_connector *connector = open_peer(peer, cases[i].options);
        const mfn_item *items = NULL;
        size_t count = 0;
        mfn_error err = {0};
        mfn_component_metrics metrics;
        mfn_status status = mfn_connector_fetch(connector, 5.0, &items, &count, &err);
        ck_assert_msg((status == MFN_OK) == cases[i].succeeds, "%s: %s", cases[i].what, err.text);
        ck_assert_msg(http_peer_count(peer) == cases[i].requests, "%s: %zu requests", cases[i].what,
                      http_peer_count(peer));
        mfn_connector_metrics(connector, &metrics);
        ck_assert_msg(metrics.retries == cases[i].retries && metrics.total == 1 &&
                          metrics.failed == (cases[i].succeeds ? 0 : 1),
                      "%s: %llu retries", cases[i].what, (unsigned long long)metrics.retries);
        ck_assert_msg((metrics.last_error[0] != '\0') == (cases[i].answers[0] != 200), "%s: %s",
                      cases[i].what, metrics.last_error);
        ck_assert_msg(mfn_connector_state(connector) ==
                          (cases[i].succeeds ? MFN_STATE_CONNECTED : MFN_STATE_ERROR),
                      "%s", cases[i].what);
        mfn_connector_free(connector);
        http_peer_free(peer);
    }
}
END_TEST

START_TEST(acknowledging_what_a_request_gave_twice_changes_nothing)
{
    http_peer *peer = http_peer_new();
    http_peer_say(peer, 200, NULL, "[{\"seed\": 1}, {\"seed\": 2}]");
    char state[TEXT_MAX / 2];
    snprintf(state, sizeof state, "state: %s/state.db\n", mfn_test_folder());
    mfn_connector *connector = open_peer(peer, state);
    const mfn_item *items = NULL;
    size_t count = 0;
    mfn_error err = {0};
    ck_assert_int_eq(mfn_connector_fetch(connector, 5.0, &items, &count, &err), MFN_OK);
    ck_assert_uint_eq(count, 2);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(mfn_connector_acknowledge(connector, items, 1, &err), MFN_OK);
    }
    mfn_connector_free(connector);
    http_peer_say(peer, 204, NULL, "");
    connector = open_peer(peer, state);
    expect_drained(connector, NULL, "{\"seed\": 2} ");
    http_peer_say(peer, 200, NULL, "[{\"seed\": 3}]");
    mfn_connector_free(connector);
    connector = open_peer(peer, state);
    expect_drained(connector, NULL, "{\"seed\": 3} ");
    mfn_connector_free(connector);
    http_peer_free(peer);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        bad_options_give_the_first_problem_with_its_key,
        text_that_is_no_yaml_is_refused_with_its_place,
        secrets_stay_out_of_errors,
        items_come_with_bytes_origin_and_line,
        broken_json_is_an_item_with_a_problem_and_blocks_nothing,
        bytes_that_are_no_utf8_are_an_item_with_a_problem,
        the_state_file_remembers_what_was_acknowledged_and_nothing_else,
        without_a_state_file_a_handle_remembers_over_connections,
        items_can_be_acknowledged_late_twice_and_in_any_order,
        a_state_file_belongs_to_one_at_a_time,
        health_needs_no_connection_and_leaves_nothing_behind,
        a_disabled_connector_does_not_connect,
        calls_without_a_connection_are_refused,
        states_follow_the_calls,
        metrics_count_operations_and_bytes,
        failed_requests_are_retried_as_the_options_say,
        acknowledging_what_a_request_gave_twice_changes_nothing,
        NULL,
    };
    return mfn_test_run("connector", tests);
}
