/* SPDX-License-Identifier: MIT */
#include "kafka_place.h"

START_TEST(a_cloud_event_is_around_the_result)
{
    place self;
    place_make(&self);
    self.options.envelope = MFN__KAFKA_STRUCTURED;
    place_open(&self);
    publish_all(&self, 1);
    contents out;
    contents_read(&out, &self, "out");
    ck_assert_uint_eq(out.count, 1);
    ck_assert_str_eq(header(out.records[0], "content-type"),
                     "application/cloudevents+json; charset=UTF-8");
    ck_assert_str_eq(header(out.records[0], "ce_id"), "");
    char text[1024];
    snprintf(text, sizeof text, "%.*s", (int)out.records[0]->len,
             (const char *)out.records[0]->payload);
    ck_assert_ptr_nonnull(strstr(text, "\"specversion\": \"1.0\""));
    ck_assert_ptr_nonnull(strstr(text, "\"data\": {\"number\": 0}"));
    ck_assert_ptr_nonnull(strstr(text, self.result_ids[0]));
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(a_cloud_event_is_in_the_headers)
{
    place self;
    place_make(&self);
    self.options.envelope = MFN__KAFKA_BINARY;
    place_open(&self);
    publish_all(&self, 1);
    contents out;
    contents_read(&out, &self, "out");
    check_sequence(&out, 0, 0);
    static const struct {
        const char *name, *value;
    } cases[] = {
        {"content-type", "application/json"},
        {"ce_specversion", "1.0"},
        {"ce_type", "io.mycelium-fractal-net.simulation.complete"},
        {"ce_source", "/mfn"},
        {"ce_subject", "sim-0"},
        {"ce_datacontenttype", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_str_eq(header(out.records[0], cases[i].name), cases[i].value);
    }
    ck_assert_str_eq(header(out.records[0], "ce_id"), self.result_ids[0]);
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(a_dead_letter_keeps_its_record_and_says_why)
{
    place self;
    place_make(&self);
    self.options.dead_letter_topic = "out-letters";
    place_open(&self);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(2);
    rd_kafka_header_add(headers, "trace", -1, "abc", 3);
    char topic[] = "in";
    char key[] = "k\0y";
    const mfn__kafka_record record = {.topic = topic,
                                      .partition = 3,
                                      .offset = 77,
                                      .key = key,
                                      .key_size = 3,
                                      .headers = headers};
    const mfn__dead_letter letter = {.problem = &bad_job,
                                     .origin = "in[3]",
                                     .attempts = 2,
                                     .original = "{\"alpha\": 7}",
                                     .original_size = 12,
                                     .extra = &record};
    mfn_error err = {0};
    ck_assert_msg(mfn__kafka_publisher.put_dead_letter(self.publisher, &letter, &err) == MFN_OK,
                  "%s", err.text);
    rd_kafka_headers_destroy(headers);
    contents out;
    contents_read(&out, &self, "out-letters");
    ck_assert_uint_eq(out.count, 1);
    check_value(out.records[0], "{\"alpha\": 7}");
    ck_assert_uint_eq(out.records[0]->key_len, 3);
    ck_assert_mem_eq(out.records[0]->key, key, 3);
    static const struct {
        const char *name, *value;
    } cases[] = {
        {"trace", "abc"},
        {"__connect.errors.topic", "in"},
        {"__connect.errors.partition", "3"},
        {"__connect.errors.offset", "77"},
        {"__connect.errors.stage", "TRANSFORMATION"},
        {"__connect.errors.exception.class.name", "MFN_INVALID"},
        {"__connect.errors.exception.message", "alpha: 7: expected a number in [0, 1]"},
        {"mfn-attempts", "2"},
        {"mfn-origin", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_str_eq(header(out.records[0], cases[i].name), cases[i].value);
    }
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(a_dead_letter_of_a_file_says_where_it_stood)
{
    place self;
    place_make(&self);
    self.options.dead_letter_topic = "out-letters";
    place_open(&self);
    mfn_error err = {0};
    ck_assert_int_eq(mfn__kafka_publisher.put_dead_letter(self.publisher, &file_letter, &err),
                     MFN_OK);
    contents out;
    contents_read(&out, &self, "out-letters");
    ck_assert_uint_eq(out.count, 1);
    check_value(out.records[0], "nonsense");
    ck_assert_ptr_null(out.records[0]->key);
    ck_assert_str_eq(header(out.records[0], "mfn-origin"), "jobs/a.ndjson");
    ck_assert_str_eq(header(out.records[0], "mfn-line"), "12");
    ck_assert_str_eq(header(out.records[0], "__connect.errors.stage"), "TASK_PUT");
    ck_assert_str_eq(header(out.records[0], "__connect.errors.class.name"), "kafka");
    contents_free(&out);
    place_close(&self);
}
END_TEST

START_TEST(without_a_topic_for_them_dead_letters_stay_in_the_folder)
{
    place self;
    place_make(&self);
    place_open(&self);
    mfn_error err = {0};
    ck_assert_int_eq(mfn__kafka_publisher.put_dead_letter(self.publisher, &file_letter, &err),
                     MFN_OK);
    place_close(&self);
}
END_TEST

START_TEST(a_dead_letter_that_its_topic_refuses_holds_nothing_up)
{
    place self;
    place_make(&self);
    self.options.dead_letter_topic = "out-letters";
    place_open(&self);
    rd_kafka_mock_push_request_errors(self.cluster, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    mfn_error err = {0};
    ck_assert_int_eq(mfn__kafka_publisher.put_dead_letter(self.publisher, &file_letter, &err),
                     MFN_OK);
    ck_assert_int_eq(self.warnings, 1);
    ck_assert_ptr_nonnull(strstr(self.warning, "out-letters"));
    place_close(&self);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_cloud_event_is_around_the_result,
        a_cloud_event_is_in_the_headers,
        a_dead_letter_keeps_its_record_and_says_why,
        a_dead_letter_of_a_file_says_where_it_stood,
        without_a_topic_for_them_dead_letters_stay_in_the_folder,
        a_dead_letter_that_its_topic_refuses_holds_nothing_up,
        NULL,
    };
    return mfn_test_run("kafka_records", tests);
}
