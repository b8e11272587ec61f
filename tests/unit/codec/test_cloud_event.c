/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "codec/cloud_event.h"
#include "codec/json_slice.h"
#include "suite.h"

#define ROOM 4096

static const mfn__cloud_event event = {
    .id = "0123abcd",
    .source = "/mfn",
    .type = "io.mycelium-fractal-net.simulation.complete",
    .subject = "job \"1\"",
    .wall_ns = INT64_C(1731705121250000000),
    .data = "{\"fractal_dimension\": 1.50}, not this",
    .data_size = 27,
};

START_TEST(structured_mode_is_one_json_object_with_the_data_as_it_is)
{
    mfn__buffer text;
    mfn__json_writer json;
    mfn__buffer_init(&text, ROOM);
    mfn__json_start(&json, &text, 0);
    mfn__cloud_event_write(&event, &json);
    ck_assert_str_eq(text.data,
                     "{\"specversion\": \"1.0\", \"id\": \"0123abcd\", \"source\": \"/mfn\", "
                     "\"type\": \"io.mycelium-fractal-net.simulation.complete\", "
                     "\"subject\": \"job \\\"1\\\"\", \"time\": \"2024-11-15T21:12:01.250Z\", "
                     "\"datacontenttype\": \"application/json\", "
                     "\"data\": {\"fractal_dimension\": 1.50}}");
    mfn__json_slice whole;
    ck_assert_int_eq(mfn__json_slice_whole(text.data, text.size, &whole, NULL), MFN_OK);
    mfn__buffer_deinit(&text);
}
END_TEST

START_TEST(events_can_stand_in_an_array)
{
    mfn__buffer text;
    mfn__json_writer json;
    mfn__json_slice whole;
    mfn__buffer_init(&text, ROOM);
    mfn__json_start(&json, &text, 0);
    mfn__json_array_begin(&json);
    mfn__cloud_event_write(&event, &json);
    mfn__cloud_event_write(&event, &json);
    mfn__json_array_end(&json);
    ck_assert_int_eq(mfn__json_slice_whole(text.data, text.size, &whole, NULL), MFN_OK);
    ck_assert_int_eq(mfn__json_slice_at(&whole, "/1/data/fractal_dimension", &whole, NULL), MFN_OK);
    mfn__buffer_deinit(&text);
}
END_TEST

static void append_line(void *context, const char *name, const char *value)
{
    mfn__buffer_append_format(context, "%s=%s\n", name, value);
}

START_TEST(binary_mode_gives_each_attribute_without_its_prefix)
{
    mfn__buffer lines;
    mfn__buffer_init(&lines, ROOM);
    mfn__cloud_event_attributes(&event, append_line, &lines);
    ck_assert_str_eq(lines.data, "specversion=1.0\n"
                                 "id=0123abcd\n"
                                 "source=/mfn\n"
                                 "type=io.mycelium-fractal-net.simulation.complete\n"
                                 "subject=job \"1\"\n"
                                 "time=2024-11-15T21:12:01.250Z\n"
                                 "datacontenttype=application/json\n");
    mfn__buffer_deinit(&lines);
}
END_TEST

START_TEST(a_subject_is_left_out_when_there_is_none)
{
    static const char *const none[] = {NULL, ""};
    for (size_t i = 0; i < 2; i++) {
        mfn__cloud_event without = event;
        without.subject = none[i];
        mfn__buffer lines;
        mfn__buffer_init(&lines, ROOM);
        mfn__cloud_event_attributes(&without, append_line, &lines);
        ck_assert_ptr_null(strstr(lines.data, "subject"));
        ck_assert_ptr_nonnull(strstr(lines.data, "complete\ntime="));
        mfn__buffer_deinit(&lines);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        structured_mode_is_one_json_object_with_the_data_as_it_is,
        events_can_stand_in_an_array,
        binary_mode_gives_each_attribute_without_its_prefix,
        a_subject_is_left_out_when_there_is_none,
        NULL,
    };
    return mfn_test_run("cloud_event", tests);
}
