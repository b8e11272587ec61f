/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "kafka_place.h"

START_TEST(every_result_is_delivered_with_key_and_headers)
{
    place self;
    place_make(&self);
    place_open(&self);
    publish_all(&self, PARCELS);
    contents out;
    contents_read(&out, &self, "out");
    check_sequence(&out, 0, PARCELS - 1);
    for (int i = 0; i < PARCELS; i++) {
        ck_assert(self.parcels[i].is_done);
        check_key(out.records[i], self.ids[i]);
        ck_assert_str_eq(header(out.records[i], "mfn-result-id"), self.result_ids[i]);
        ck_assert_str_eq(header(out.records[i], "content-type"), "application/json");
    }
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(what_is_marked_is_not_published_again)
{
    place self;
    place_make(&self);
    place_open(&self);
    self.parcels[0].is_done = true;
    self.parcels[2].problem.status = MFN_TOO_LARGE;
    publish_all(&self, 3);
    contents out;
    contents_read(&out, &self, "out");
    check_sequence(&out, 1, 1);
    ck_assert(self.parcels[1].is_done && !self.parcels[2].is_done);
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(passing_errors_of_the_broker_lose_and_double_nothing)
{
    place self;
    place_make(&self);
    place_open(&self);
    rd_kafka_mock_push_request_errors(
        self.cluster, PRODUCE, 4, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
    publish_all(&self, PARCELS);
    contents out;
    contents_read(&out, &self, "out");
    check_sequence(&out, 0, PARCELS - 1);
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(a_full_queue_is_waited_for)
{
    place self;
    place_make(&self);
    set_property(&self, "queue.buffering.max.messages", "3");
    place_open(&self);
    publish_all(&self, PARCELS);
    contents out;
    contents_read(&out, &self, "out");
    check_sequence(&out, 0, PARCELS - 1);
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(a_result_that_is_too_large_is_refused_alone)
{
    place self;
    place_make(&self);
    self.options.max_message_bytes = 1000;
    place_open(&self);
    char large[2000];
    memset(large, ' ', sizeof large);
    self.parcels[1].bytes = large;
    self.parcels[1].size = sizeof large;
    publish_all(&self, 3);
    ck_assert(self.parcels[0].is_done && !self.parcels[1].is_done && self.parcels[2].is_done);
    ck_assert_int_eq(self.parcels[1].problem.status, MFN_TOO_LARGE);
    ck_assert_int_eq(self.parcels[0].problem.status, MFN_OK);
    contents out;
    contents_read(&out, &self, "out");
    ck_assert_uint_eq(out.count, 2);
    contents_free(&out);
    place_close(&self);
}
END_TEST

/* A broker refuses whole batches, so that those who only travelled with the one at fault must be
 * tried again without it. */
START_TEST(a_refused_batch_is_sorted_out_record_by_record)
{
    place self;
    place_make(&self);
    self.options.linger = 0.1; /* all in one batch */
    place_open(&self);
    rd_kafka_mock_push_request_errors(self.cluster, PRODUCE, 3,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 0,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    publish_all(&self, 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(self.parcels[i].is_done, i != 1);
        ck_assert_int_eq(self.parcels[i].problem.status, i != 1 ? MFN_OK : MFN_TOO_LARGE);
    }
    contents out;
    contents_read(&out, &self, "out");
    ck_assert_uint_eq(out.count, 3);
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(brokers_that_are_down_are_a_passing_trouble_within_the_time)
{
    place self;
    place_make(&self);
    self.around.timeout_s = 0.7;
    place_open(&self);
    rd_kafka_mock_broker_set_down(self.cluster, 1);
    mfn__advice advice = {0};
    mfn_error err = {0};
    double before_s = now_s();
    mfn_status status = publish(&self, 3, &advice, &err);
    double passed_s = now_s() - before_s;
    ck_assert_int_ne(status, MFN_OK);
    ck_assert_int_eq(advice.trouble, MFN__TROUBLE_PASSING);
    ck_assert_msg(passed_s < 1.5, "%f s", passed_s);
    for (int i = 0; i < 3; i++) {
        ck_assert(!self.parcels[i].is_done);
        ck_assert_int_eq(self.parcels[i].problem.status, MFN_OK);
    }
    rd_kafka_mock_broker_set_up(self.cluster, 1);
    self.around.timeout_s = 5;
    mfn__kafka_publisher.close(self.publisher);
    place_open(&self);
    publish_all(&self, 3);
    contents out;
    contents_read(&out, &self, "out");
    check_sequence(&out, 0, 2);
    contents_free(&out);
    place_close(&self);
}
END_TEST

/* The parcels are freed before the broker answers: whoever touched them then would be caught by the
 * address sanitizer. */
START_TEST(nothing_of_a_call_is_touched_after_it)
{
    place self;
    place_make(&self);
    self.around.timeout_s = 0.5;
    place_open(&self);
    rd_kafka_mock_broker_set_rtt(self.cluster, 1, 900);
    mfn__parcel *parcels = mfn__mem_new(3, sizeof *parcels);
    ck_assert_ptr_nonnull(parcels);
    memcpy(parcels, self.parcels, 3 * sizeof *parcels);
    mfn__advice advice = {0};
    mfn_error err = {0};
    ck_assert_int_ne(mfn__kafka_publisher.publish(self.publisher, parcels, 3, &advice, &err),
                     MFN_OK);
    mfn__mem_free(parcels);
    rd_kafka_mock_broker_set_rtt(self.cluster, 1, 0);
    for (int i = 0; i < 20; i++) {
        if (publish(&self, 3, &advice, &err) == MFN_OK) {
            break;
        }
    }
    ck_assert(self.parcels[0].is_done && self.parcels[1].is_done && self.parcels[2].is_done);
    place_close(&self);
}
END_TEST

START_TEST(an_abandoned_run_is_not_kept_waiting)
{
    place self;
    place_make(&self);
    self.around.timeout_s = 60;
    place_open(&self);
    rd_kafka_mock_broker_set_down(self.cluster, 1);
    atomic_store(&self.abandon, true);
    mfn__advice advice = {0};
    mfn_error err = {0};
    double before_s = now_s();
    ck_assert_int_eq(publish(&self, 3, &advice, &err), MFN_CANCELLED);
    ck_assert_int_eq(advice.trouble, MFN__TROUBLE_PASSING);
    ck_assert_msg(now_s() - before_s < 3, "%f s", now_s() - before_s);
    place_close(&self);
}
END_TEST

START_TEST(a_topic_that_is_not_allowed_pauses)
{
    place self;
    place_make(&self);
    place_open(&self);
    rd_kafka_mock_push_request_errors(self.cluster, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    mfn__advice advice = {0};
    mfn_error err = {0};
    ck_assert_int_eq(publish(&self, 1, &advice, &err), MFN_ACCESS);
    ck_assert_int_eq(advice.trouble, MFN__TROUBLE_PAUSED);
    ck_assert_int_eq(self.parcels[0].problem.status, MFN_OK);
    publish_all(&self, 1);
    place_close(&self);
}
END_TEST

/* What was delivered before the failure may stand there twice: the new producer cannot know. */
START_TEST(a_producer_that_failed_for_good_is_replaced)
{
    place self;
    place_make(&self);
    place_open(&self);
    publish_all(&self, 1);
    /* Nothing is in flight that could explain the gap: librdkafka calls that fatal. */
    rd_kafka_mock_push_request_errors(self.cluster, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    bool is_delivered = false;
    for (int i = 0; i < 5 && !is_delivered; i++) {
        mfn__advice advice = {0};
        mfn_error err = {0};
        mfn_status status = publish(&self, 3, &advice, &err);
        is_delivered = status == MFN_OK;
        ck_assert_msg(is_delivered || advice.trouble == MFN__TROUBLE_PASSING, "%s", err.text);
    }
    ck_assert(is_delivered);
    contents out;
    contents_read(&out, &self, "out");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_ge(count_of(&out, self.texts[i]), 1);
    }
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(options_are_judged)
{
    static const struct {
        const char *sentence;
        const char *topic, *letters, *id;
        bool exactly_once;
        const char *field; /* at fault; NULL: none */
    } cases[] = {
        {"a plain topic is fine", "out", "", "", false, NULL},
        {"all kinds of characters are fine", "A.b_c-9", "", "", false, NULL},
        {"a topic has a name", "", "", "", false, "topic"},
        {"a topic has no space", "a b", "", "", false, "topic"},
        {"a topic is no folder", "..", "", "", false, "topic"},
        {"letters have a topic of their own", "out", "out", "", false, "dead_letter_topic"},
        {"the topic of letters has a good name", "out", "a/b", "", false, "dead_letter_topic"},
        {"an id needs transactions", "out", "", "me", false, "transactional_id"},
        {"an id with transactions is fine", "out", "", "me", true, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn__kafka_publisher_options options = {0};
        mfn_options_set_defaults(mfn__kafka_publisher.options, &options);
        const char *servers[] = {"127.0.0.1:9092"};
        options.access.bootstrap_servers = (mfn_texts){.values = servers, .count = 1};
        options.topic = cases[i].topic;
        options.dead_letter_topic = cases[i].letters;
        options.transactional_id = cases[i].id;
        options.exactly_once = cases[i].exactly_once;
        mfn_error err = {0};
        mfn_status status = mfn__kafka_publisher.check(&options, &err);
        ck_assert_msg((status == MFN_OK) == (cases[i].field == NULL), "%s: %s", cases[i].sentence,
                      err.text);
        ck_assert_str_eq(err.field, cases[i].field == NULL ? "" : cases[i].field);
    }
}
END_TEST

START_TEST(the_destination_is_the_cluster_and_the_topic)
{
    mfn__kafka_publisher_options options = {0};
    mfn_options_set_defaults(mfn__kafka_publisher.options, &options);
    const char *servers[] = {"b:9092", "a:9093"};
    options.access.bootstrap_servers = (mfn_texts){.values = servers, .count = 2};
    options.topic = "out";
    char text[64];
    mfn__kafka_publisher.describe(&options, text, sizeof text);
    ck_assert_str_eq(text, "topic out at b:9092, a:9093");
    char cut[16];
    mfn__kafka_publisher.describe(&options, cut, sizeof cut);
    ck_assert_str_eq(cut, "topic out at b:");
    mfn__buffer key;
    mfn__buffer_init(&key, 1000);
    mfn__kafka_publisher.identify(&options, &key);
    ck_assert_str_eq(key.data, "kafka\na:9093,b:9092\nout");
    mfn__buffer_deinit(&key);
}
END_TEST

START_TEST(opening_survives_failure_of_every_allocation)
{
    place self;
    place_make(&self);
    mfn_status status = MFN_NO_MEMORY;
    for (int64_t successes = 0; status != MFN_OK; successes++) {
        ck_assert_int_lt(successes, 100);
        mfn_error err = {0};
        mfn__mem_fail_after(successes);
        status = mfn__kafka_publisher.open(&self.options, &self.around, &self.publisher, &err);
        mfn__mem_fail_after(-1);
        ck_assert(status == MFN_OK || status == MFN_NO_MEMORY);
    }
    place_close(&self);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        every_result_is_delivered_with_key_and_headers,
        what_is_marked_is_not_published_again,
        passing_errors_of_the_broker_lose_and_double_nothing,
        a_full_queue_is_waited_for,
        a_result_that_is_too_large_is_refused_alone,
        a_refused_batch_is_sorted_out_record_by_record,
        brokers_that_are_down_are_a_passing_trouble_within_the_time,
        nothing_of_a_call_is_touched_after_it,
        an_abandoned_run_is_not_kept_waiting,
        a_topic_that_is_not_allowed_pauses,
        a_producer_that_failed_for_good_is_replaced,
        options_are_judged,
        the_destination_is_the_cluster_and_the_topic,
        opening_survives_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("kafka_publisher", tests);
}
