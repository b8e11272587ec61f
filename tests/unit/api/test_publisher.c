/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "folder.h"
#include "http_peer.h"
#include "suite.h"

#include "mfn/stream.h"

#define TEXT_MAX 1024
#define MANY     250

static mfn_publisher *make(const char *kind, const char *options)
{
    mfn_error err = {0};
    mfn_publisher *publisher = NULL;
    ck_assert_msg(mfn_publisher_new(kind, options, &publisher, &err) == MFN_OK, "%s", err.text);
    return publisher;
}

static mfn_publisher *connected(const char *kind, const char *options)
{
    mfn_error err = {0};
    mfn_publisher *publisher = make(kind, options);
    ck_assert_msg(mfn_publisher_connect(publisher, &err) == MFN_OK, "%s", err.text);
    return publisher;
}

static mfn_publisher *open_folder(const char *folder, const char *more)
{
    char options[TEXT_MAX];
    snprintf(options, sizeof options, "directory: %s/out\nstate: %s/state.db\n%s", folder, folder,
             more);
    return connected("file", options);
}

static mfn_event event(const char *id, const char *text)
{
    return (mfn_event){.id = id, .bytes = text, .size = strlen(text)};
}

static void publish(mfn_publisher *publisher, const char *id, const char *text)
{
    mfn_error err = {0};
    const mfn_event one = event(id, text);
    ck_assert_msg(mfn_publisher_publish(publisher, &one, 1, &err) == MFN_OK, "%s", err.text);
}

static void expect_metrics(const mfn_publisher *publisher, const char *expected)
{
    char got[TEXT_MAX];
    mfn_component_metrics metrics;
    mfn_publisher_metrics(publisher, &metrics);
    snprintf(got, sizeof got, "%llu = %llu + %llu, %llu retries, %llu bytes",
             (unsigned long long)metrics.total, (unsigned long long)metrics.successful,
             (unsigned long long)metrics.failed, (unsigned long long)metrics.retries,
             (unsigned long long)metrics.bytes);
    ck_assert_str_eq(got, expected);
}

START_TEST(bad_options_give_the_first_problem_with_its_key)
{
    static const struct {
        const char *what, *kind, *options, *field, *text;
    } cases[] = {
        {"an unknown key suggests the nearest", "file", "directory: /tmp\nfilename_patern: a\n",
         "filename_patern", "did you mean 'filename_pattern'?"},
        {"a pattern that leaves the folder", "file",
         "directory: /tmp\nfilename_pattern: ../{id}.json\n", "filename_pattern", ".."},
        {"what must be given", "webhook", "max_retries: 1\n", "webhook_url", "is missing"},
        {"a number out of range", "kafka", "bootstrap_servers: [a]\ntopic: t\nmax_retries: no\n",
         "max_retries", "got 'no'"},
        {"an unknown kind", "rest", "", "kind", "expected file, webhook or kafka"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn_error err = {0};
        mfn_publisher *publisher = NULL;
        ck_assert_msg(mfn_publisher_new(cases[i].kind, cases[i].options, &publisher, &err) ==
                          MFN_INVALID,
                      "%s", cases[i].what);
        ck_assert_ptr_null(publisher);
        ck_assert_msg(strcmp(err.field, cases[i].field) == 0, "%s: field '%s' of: %s",
                      cases[i].what, err.field, err.text);
        ck_assert_msg(strstr(err.text, cases[i].text) != NULL, "%s: %s", cases[i].what, err.text);
    }
}
END_TEST

START_TEST(a_published_event_is_a_file_with_its_bytes)
{
    const char *folder = mfn_test_folder();
    char text[TEXT_MAX];
    mfn_publisher *publisher = open_folder(folder, "filename_pattern: r_{id}.json\n");
    publish(publisher, "sim-1", "{\"D\": 1.5}");
    mfn_test_read(mfn_test_path(folder, "out/r_sim-1.json"), text, sizeof text);
    ck_assert_str_eq(text, "{\"D\": 1.5}");
    expect_metrics(publisher, "1 = 1 + 0, 0 retries, 10 bytes");
    mfn_publisher_free(publisher);
}
END_TEST

START_TEST(an_event_without_an_id_is_named_after_its_content)
{
    const char *folder = mfn_test_folder();
    mfn_publisher *publisher = open_folder(folder, "filename_pattern: '{id}.json'\n");
    publish(publisher, NULL, "{}");
    ck_assert(mfn_test_exists(mfn_test_path(
        folder, "out/44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a.json")));
    mfn_publisher_free(publisher);
}
END_TEST

START_TEST(publishing_the_same_again_changes_nothing)
{
    static const char *const patterns[] = {
        "filename_pattern: '{timestamp}_{sequence}.json'\n",
        "filename_pattern: all.ndjson\nappend_mode: true\n",
    };
    for (size_t i = 0; i < 2; i++) {
        char before[TEXT_MAX] = "";
        char after[TEXT_MAX] = "";
        const char *folder = mfn_test_folder();
        const char *out = mfn_test_path(folder, "out");
        for (size_t life = 0; life < 3; life++) {
            mfn_publisher *publisher = open_folder(folder, patterns[i]);
            publish(publisher, "a", "{\"n\": 1}");
            publish(publisher, "a", "{\"n\": 1}");
            publish(publisher, "b", "{\"n\": 2}");
            expect_metrics(publisher, "3 = 3 + 0, 0 retries, 24 bytes");
            mfn_publisher_free(publisher);
            ck_assert_uint_eq(mfn_test_count(out), i == 0 ? 2 : 1);
        }
        if (i == 1) {
            mfn_test_read(mfn_test_path(folder, "out/all.ndjson"), after, sizeof after);
            snprintf(before, sizeof before, "{\"n\": 1}\n{\"n\": 2}\n");
            ck_assert_str_eq(after, before);
        }
    }
}
END_TEST

START_TEST(more_events_than_a_batch_takes_are_all_published)
{
    const char *folder = mfn_test_folder();
    static char texts[MANY][32];
    mfn_event events[MANY];
    mfn_error err = {0};
    for (size_t i = 0; i < MANY; i++) {
        snprintf(texts[i], sizeof texts[i], "{\"n\": %zu}", i);
        events[i] = event(NULL, texts[i]);
    }
    mfn_publisher *publisher =
        open_folder(folder, "filename_pattern: '{id}.json'\nbatch_size: 100\n");
    ck_assert_msg(mfn_publisher_publish(publisher, events, MANY, &err) == MFN_OK, "%s", err.text);
    ck_assert_uint_eq(mfn_test_count(mfn_test_path(folder, "out")), MANY);
    ck_assert_int_eq(mfn_publisher_publish(publisher, NULL, 0, &err), MFN_OK);
    mfn_publisher_free(publisher);
}
END_TEST

START_TEST(disabled_unconnected_and_unhealthy_publishers_say_so)
{
    const char *folder = mfn_test_folder();
    const mfn_event one = event("a", "{}");
    char options[TEXT_MAX];
    mfn_error err = {0};
    mfn_publisher *publisher = make("file", "directory: /tmp\nenabled: false\n");
    ck_assert_int_eq(mfn_publisher_connect(publisher, &err), MFN_INVALID);
    ck_assert_str_eq(err.text, "Publisher is disabled");
    ck_assert_int_eq(mfn_publisher_publish(publisher, &one, 1, &err), MFN_INVALID);
    ck_assert_int_eq(mfn_publisher_state(publisher), MFN_STATE_IDLE);
    mfn_publisher_free(publisher);
    mfn_test_write(mfn_test_path(folder, "file"), "");
    snprintf(options, sizeof options, "directory: %s/file/out\nstate: %s/state.db\n", folder,
             folder);
    publisher = make("file", options);
    ck_assert_int_ne(mfn_publisher_check_health(publisher, &err), MFN_OK);
    ck_assert_uint_eq(mfn_test_count(folder), 1);
    ck_assert_int_ne(mfn_publisher_connect(publisher, &err), MFN_OK);
    ck_assert_int_eq(mfn_publisher_state(publisher), MFN_STATE_ERROR);
    mfn_publisher_free(publisher);
    mfn_publisher_free(NULL);
}
END_TEST

START_TEST(states_follow_the_calls)
{
    const char *folder = mfn_test_folder();
    mfn_error err = {0};
    mfn_publisher *publisher = open_folder(folder, "");
    ck_assert_int_eq(mfn_publisher_state(publisher), MFN_STATE_CONNECTED);
    ck_assert_msg(mfn_publisher_check_health(publisher, &err) == MFN_OK, "%s", err.text);
    publish(publisher, "a", "{}");
    mfn_publisher_disconnect(publisher);
    ck_assert_int_eq(mfn_publisher_state(publisher), MFN_STATE_DISCONNECTED);
    ck_assert_int_eq(mfn_publisher_connect(publisher, &err), MFN_OK);
    ck_assert_int_eq(mfn_publisher_state(publisher), MFN_STATE_CONNECTED);
    mfn_publisher_free(publisher);
}
END_TEST

static mfn_publisher *open_peer(const http_peer *peer, const char *more)
{
    char options[TEXT_MAX];
    snprintf(options, sizeof options,
             "webhook_url: http://127.0.0.1:%d/hook?token=hunter2\nallow_internal_addresses: true\n"
             "initial_retry_delay: 1ms\nconcurrency: 1\n%s",
             http_peer_port(peer), more);
    return connected("webhook", options);
}

START_TEST(failed_posts_are_retried_as_the_options_say)
{
    static const struct {
        const char *what, *options;
        int answers[6];
        size_t requests;
        const char *metrics; /* of three events */
        bool succeeds;
    } cases[] = {
        {"all right", "", {200, 201, 204}, 3, "3 = 3 + 0, 0 retries, 24 bytes", true},
        {"one is tried again", "", {503, 200, 200, 200}, 4, "3 = 3 + 0, 1 retries, 24 bytes", true},
        {"a refused one stops no other",
         "",
         {400, 200, 200},
         3,
         "3 = 2 + 1, 0 retries, 16 bytes",
         false},
        {"what is blocked stops all",
         "max_retries: 1",
         {200, 500, 500, 200},
         3,
         "3 = 1 + 2, 1 retries, 8 bytes",
         false},
        {"no_retry makes one attempt",
         "retry_strategy: no_retry",
         {500, 200, 200},
         1,
         "3 = 0 + 3, 0 retries, 0 bytes",
         false},
        {"what must be mended is not retried",
         "",
         {401, 200},
         1,
         "3 = 0 + 3, 0 retries, 0 bytes",
         false},
    };
    const mfn_event events[] = {event("a", "{\"n\": 1}"), event("b", "{\"n\": 2}"),
                                event("c", "{\"n\": 3}")};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_peer *peer = http_peer_new();
        for (size_t k = 0; k < 6 && cases[i].answers[k] != 0; k++) {
            http_peer_say(peer, cases[i].answers[k], NULL, "");
        }
        mfn_publisher *publisher = open_peer(peer, cases[i].options);
        mfn_error err = {0};
        mfn_component_metrics metrics;
        mfn_status status = mfn_publisher_publish(publisher, events, 3, &err);
        ck_assert_msg((status == MFN_OK) == cases[i].succeeds, "%s: %s", cases[i].what, err.text);
        ck_assert_int_eq(status, err.status);
        ck_assert_msg(http_peer_count(peer) == cases[i].requests, "%s: %zu requests", cases[i].what,
                      http_peer_count(peer));
        expect_metrics(publisher, cases[i].metrics);
        mfn_publisher_metrics(publisher, &metrics);
        ck_assert_msg(strstr(err.text, "hunter2") == NULL &&
                          strstr(metrics.last_error, "hunter2") == NULL,
                      "%s: a secret is told", cases[i].what);
        ck_assert_int_eq(mfn_publisher_state(publisher),
                         cases[i].succeeds ? MFN_STATE_CONNECTED : MFN_STATE_ERROR);
        mfn_publisher_free(publisher);
        http_peer_free(peer);
    }
}
END_TEST

START_TEST(what_the_receiver_asks_to_wait_is_bounded_by_max_retry_delay)
{
    http_peer *peer = http_peer_new();
    http_peer_say(peer, 429, "Retry-After: 3600\r\n", "");
    http_peer_say(peer, 200, NULL, "");
    mfn_publisher *publisher = open_peer(peer, "max_retry_delay: 10ms\n");
    publish(publisher, "a", "{}");
    expect_metrics(publisher, "1 = 1 + 0, 1 retries, 2 bytes");
    mfn_publisher_free(publisher);
    http_peer_free(peer);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        bad_options_give_the_first_problem_with_its_key,
        a_published_event_is_a_file_with_its_bytes,
        an_event_without_an_id_is_named_after_its_content,
        publishing_the_same_again_changes_nothing,
        more_events_than_a_batch_takes_are_all_published,
        disabled_unconnected_and_unhealthy_publishers_say_so,
        states_follow_the_calls,
        failed_posts_are_retried_as_the_options_say,
        what_the_receiver_asks_to_wait_is_bounded_by_max_retry_delay,
        NULL,
    };
    return mfn_test_run("publisher", tests);
}
