/* SPDX-License-Identifier: MIT */
/* One member of a group, on librdkafka's mock cluster: real connections on loopback, no disk. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "kafka_place.h"

/* The number of a request in Kafka's protocol. */
#define OFFSET_COMMIT 8

START_TEST(records_become_messages_and_a_restart_goes_on_after_the_settled_ones)
{
    static member self;
    place where;
    place_make(&where);
    make_topic(&where, "jobs", 1);
    produce_some(&where, "jobs", 0, 0, 10);
    member_make(&self, &where, "g", "jobs");
    member_open(&self);
    fetch_count(&self, 10);
    for (int i = 0; i < 10; i++) {
        const mfn__message *message = self.messages[i];
        const mfn__kafka_record *record = message->extra;
        char text[64];
        snprintf(text, sizeof text, "0-%d", i);
        ck_assert_str_eq(message->original, text);
        ck_assert_uint_eq(message->original_size, strlen(text));
        snprintf(text, sizeof text, "kafka:jobs[0]@%d", i);
        ck_assert_str_eq(message->origin, text);
        ck_assert_uint_eq(message->index, (uint64_t)i);
        ck_assert_str_eq(record->topic, "jobs");
        ck_assert_int_eq(record->offset, i);
        ck_assert_uint_eq(record->key_size, 3);
        ck_assert_mem_eq(record->key, "key", 3);
        ck_assert_uint_eq(rd_kafka_header_cnt(record->headers), 1);
    }
    mfn_error err = {0};
    fetch_until(&self, MFN_NOT_FOUND, &err);

    settle(&self, 1, 1); /* not the first: nothing may be committed */
    settle(&self, 3, 1);
    settle(&self, 0, 1);
    mfn__source_report report;
    mfn__kafka_connector.report(self.self, &report);
    ck_assert_int_eq(report.lag, 8);
    ck_assert_uint_eq(report.lag_count, 1);
    ck_assert_str_eq(report.lags[0].topic, "jobs");
    ck_assert_int_eq(report.lags[0].partition, 0);
    ck_assert_int_eq(report.lags[0].lag, 8);
    ck_assert_str_eq(report.text, "jobs[0] lag 8");
    member_close(&self);
    ck_assert_int_eq(committed(&where, "g", "jobs", 0), 2);

    produce(&where, "jobs", 0, NULL, 0); /* a tombstone */
    member_open(&self);
    fetch_count(&self, 9);
    ck_assert_str_eq(self.messages[0]->original, "0-2");
    ck_assert_str_eq(self.messages[7]->original, "0-9");
    ck_assert_uint_eq(self.messages[8]->original_size, 0);
    settle(&self, 0, 9);
    member_close(&self);
    ck_assert_int_eq(committed(&where, "g", "jobs", 0), 11);
    ck_assert_str_eq(where.warnings, "");
    place_end(&where);
}
END_TEST

typedef struct settler {
    member *from;
    sem_t news;
    atomic_size_t fetched; /* as far as the messages may be looked at */
    size_t wanted;
} settler;

/* Settles from the last to the first of what there is, while the other thread fetches. */
static void *settle_beside(void *opaque)
{
    settler *self = opaque;
    size_t done = 0;
    while (done < self->wanted) {
        ck_assert_int_eq(sem_wait(&self->news), 0);
        size_t fetched = atomic_load(&self->fetched);
        for (size_t i = fetched; i > done; i--) {
            settle(self->from, i - 1, 1);
        }
        done = fetched;
        mfn__source_report report;
        mfn__kafka_connector.report(self->from->self, &report);
        ck_assert_int_ge(report.lag, -1);
    }
    return NULL;
}

START_TEST(signs_of_life_lose_nothing_and_keep_the_order)
{
    static member self;
    place where;
    place_make(&where);
    make_topic(&where, "jobs", 1);
    produce_some(&where, "jobs", 0, 0, 300);
    member_make(&self, &where, "g", "jobs");
    self.options.max_messages = 50;
    member_open(&self);
    settler beside = {.from = &self, .wanted = 300};
    ck_assert_int_eq(sem_init(&beside.news, 0, 0), 0);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, settle_beside, &beside), 0);
    mfn_error err = {0};
    while (self.count < 300) {
        mfn__advice advice;
        size_t before = self.count;
        mfn_status status = fetch_once(&self, &advice, &err);
        ck_assert(status == MFN_OK || status == MFN_TIMED_OUT);
        ck_assert_uint_le(self.count, before + 50);
        atomic_store(&beside.fetched, self.count);
        ck_assert_int_eq(sem_post(&beside.news), 0);
        for (int i = 0; i < 100; i++) {
            mfn__kafka_connector.keep_alive(self.self);
        }
    }
    for (int i = 0; i < 300; i++) {
        char text[32];
        snprintf(text, sizeof text, "0-%d", i);
        ck_assert_str_eq(self.messages[i]->original, text);
    }
    fetch_until(&self, MFN_NOT_FOUND, &err);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    member_close(&self);
    ck_assert_int_eq(committed(&where, "g", "jobs", 0), 300);
    place_end(&where);
}
END_TEST

START_TEST(failures_pass_or_wait_for_somebody_but_are_never_an_empty_source)
{
    static member self, uninvited;
    place where;
    place_make(&where);
    make_topic(&where, "jobs", 1);
    make_topic(&where, "private", 1);
    rd_kafka_mock_topic_set_error(where.cluster, "private",
                                  RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    produce_some(&where, "jobs", 0, 0, 3);
    member_make(&self, &where, "g", "jobs");
    self.options.session_timeout = 60; /* it lasts while the broker is away */
    member_open(&self);

    mfn_error err = {0};
    member_make(&uninvited, &where, "h", "private");
    member_open(&uninvited);
    mfn__advice advice = fetch_until(&uninvited, MFN_ACCESS, &err);
    ck_assert_int_eq(advice.trouble, MFN__TROUBLE_PAUSED);
    rd_kafka_mock_topic_set_error(where.cluster, "private", RD_KAFKA_RESP_ERR_NO_ERROR);
    fetch_until(&uninvited, MFN_TIMED_OUT, &err); /* somebody mended it */
    ck_assert_int_eq(fetch_once(&uninvited, &advice, &err), MFN_TIMED_OUT);
    member_close(&uninvited);

    fetch_count(&self, 3);
    ck_assert_int_eq(rd_kafka_mock_broker_set_down(where.cluster, 1), 0);
    advice = fetch_until(&self, MFN_IO, &err);
    ck_assert_int_eq(advice.trouble, MFN__TROUBLE_PASSING);
    ck_assert_msg(strstr(err.text, "reaching the cluster") != NULL, "%s", err.text);
    ck_assert_int_eq(fetch_once(&self, &advice, &err), MFN_IO);
    ck_assert_int_eq(rd_kafka_mock_broker_set_up(where.cluster, 1), 0);
    /* A commit that fails is asked for again. */
    rd_kafka_mock_push_request_errors(where.cluster, OFFSET_COMMIT, 1,
                                      RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    settle(&self, 0, 2);
    fetch_until(&self, MFN_NOT_FOUND, &err);
    settle(&self, 2, 1);
    while (strstr(where.warnings, "committing offsets") == NULL) {
        fetch_once(&self, &advice, &err);
    }
    member_close(&self);
    ck_assert_int_eq(committed(&where, "g", "jobs", 0), 3);
    place_end(&where);
}
END_TEST

START_TEST(a_position_is_the_offset_after_the_receipts_and_ends_our_own_commits)
{
    static member self;
    place where;
    place_make(&where);
    make_topic(&where, "jobs", 2);
    produce_some(&where, "jobs", 0, 0, 4);
    produce_some(&where, "jobs", 1, 0, 2);
    char *large = mfn__mem_new(3000, 1);
    ck_assert_ptr_nonnull(large);
    memset(large, 'x', 3000);
    produce(&where, "jobs", 1, large, 3000);
    ck_assert_int_eq(rd_kafka_flush(where.producer, 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
    member_make(&self, &where, "g", "jobs");
    self.options.max_job_bytes = 2999;
    member_open(&self);
    fetch_count(&self, 7);
    mfn__receipt receipts[7];
    size_t count = 0;
    for (size_t i = 0; i < 7; i++) {
        const mfn__message *message = self.messages[i];
        const mfn__kafka_record *record = message->extra;
        bool is_large = message->original_size == 3000;
        ck_assert_int_eq(message->problem.status, is_large ? MFN_TOO_LARGE : MFN_OK);
        ck_assert(!is_large || memcmp(message->original, large, 3000) == 0);
        if (record->partition == 1 || record->offset < 2) {
            receipts[count++] = receipt_of(message);
        }
    }
    mfn__kafka_position *position = NULL;
    mfn_error err = {0};
    ck_assert_int_eq(mfn__kafka_connector.position(self.self, receipts, count, &position, &err),
                     MFN_OK);
    ck_assert_int_eq(position->offsets->cnt, 2);
    for (int i = 0; i < 2; i++) {
        const rd_kafka_topic_partition_t *one = &position->offsets->elems[i];
        ck_assert_int_eq(one->offset, one->partition == 0 ? 2 : 3);
    }
    ck_assert_ptr_nonnull(position->group);
    ck_assert_str_eq(position->group_id, "g");
    mfn__kafka_position_free(position);
    receipts[0].source += 77;
    ck_assert_int_eq(mfn__kafka_connector.position(self.self, receipts, count, &position, &err),
                     MFN_CANCELLED);
    settle(&self, 0, 7);
    member_close(&self);
    ck_assert_int_lt(committed(&where, "g", "jobs", 0), 0);
    mfn__mem_free(large);
    place_end(&where);
}
END_TEST

START_TEST(options_that_cannot_work_are_refused)
{
    static const struct {
        const char *what, *topic, *group;
        double session, poll, drain;
        const char *field; /* NULL: fine */
    } cases[] = {
        {"defaults", "jobs.v1_a-b", "g", 45, 300, 5, NULL},
        {"an empty name", "", "g", 45, 300, 5, "topics"},
        {"a pattern", "^jobs.*", "g", 45, 300, 5, "topics"},
        {"a folder", "..", "g", 45, 300, 5, "topics"},
        {"no group", "jobs", "", 45, 300, 5, "group_id"},
        {"polls that may be slower than sessions", "jobs", "g", 45, 44, 5, "max_poll_interval"},
        {"a drain that outlasts the group's patience", "jobs", "g", 6, 10, 10, "drain_time"},
    };
    static const char *const servers[] = {"127.0.0.1:9"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn__kafka_connector_options options = {0};
        mfn_options_set_defaults(mfn__kafka_connector.options, &options);
        options.access.bootstrap_servers = (mfn_texts){.values = servers, .count = 1};
        options.topics = (mfn_texts){.values = &cases[i].topic, .count = 1};
        options.group_id = cases[i].group;
        options.session_timeout = cases[i].session;
        options.max_poll_interval = cases[i].poll;
        options.drain_time = cases[i].drain;
        mfn_error err = {0};
        mfn_status status = mfn__kafka_connector.check(&options, &err);
        ck_assert_msg((status == MFN_OK) == (cases[i].field == NULL), "%s: %s", cases[i].what,
                      err.text);
        ck_assert_str_eq(err.field, cases[i].field != NULL ? cases[i].field : "");
    }
    static const char *const twice[] = {"jobs", "more", "jobs"};
    mfn__kafka_connector_options options = {0};
    mfn_options_set_defaults(mfn__kafka_connector.options, &options);
    options.access.bootstrap_servers = (mfn_texts){.values = servers, .count = 1};
    options.topics = (mfn_texts){.values = twice, .count = 3};
    options.group_id = "g";
    mfn_error err = {0};
    ck_assert_int_eq(mfn__kafka_connector.check(&options, &err), MFN_INVALID);
    ck_assert_str_eq(err.text, "topics has 'jobs' twice");
    char text[128];
    options.topics.count = 2;
    mfn__kafka_connector.describe(&options, text, sizeof text);
    ck_assert_str_eq(text, "jobs, more at 127.0.0.1:9");
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        options_that_cannot_work_are_refused,
        records_become_messages_and_a_restart_goes_on_after_the_settled_ones,
        signs_of_life_lose_nothing_and_keep_the_order,
        failures_pass_or_wait_for_somebody_but_are_never_an_empty_source,
        a_position_is_the_offset_after_the_receipts_and_ends_our_own_commits,
        NULL,
    };
    return mfn_test_run("kafka_connector", tests);
}
