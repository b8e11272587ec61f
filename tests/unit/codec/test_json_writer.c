/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "codec/json_writer.h"
#include "suite.h"

#define ROOM_BYTES 4096

/* {"a": 1, "b": [], "c": {}, "d": [1.5, -70.0, {"e": null}], "f": true, "g": "x"} */
static void write_sample(mfn__buffer *buffer, int indent)
{
    mfn__json_writer json;
    mfn__json_start(&json, buffer, indent);
    mfn__json_object_begin(&json);
    mfn__json_key(&json, "a");
    mfn__json_u64(&json, 1);
    mfn__json_key(&json, "b");
    mfn__json_array_begin(&json);
    mfn__json_array_end(&json);
    mfn__json_key(&json, "c");
    mfn__json_object_begin(&json);
    mfn__json_object_end(&json);
    mfn__json_key(&json, "d");
    mfn__json_array_begin(&json);
    mfn__json_real(&json, 1.5);
    mfn__json_real(&json, -70.0);
    mfn__json_object_begin(&json);
    mfn__json_key(&json, "e");
    mfn__json_null(&json);
    mfn__json_object_end(&json);
    mfn__json_array_end(&json);
    mfn__json_key(&json, "f");
    mfn__json_bool(&json, true);
    mfn__json_key(&json, "g");
    mfn__json_text(&json, "x");
    mfn__json_object_end(&json);
}

START_TEST(structure_is_laid_out_as_python_json_dumps_does)
{
    static const struct {
        int indent;
        const char *text;
    } rows[] = {
        {0, "{\"a\": 1, \"b\": [], \"c\": {}, \"d\": [1.5, -70.0, {\"e\": null}], \"f\": true, "
            "\"g\": \"x\"}"},
        {2, "{\n  \"a\": 1,\n  \"b\": [],\n  \"c\": {},\n  \"d\": [\n    1.5,\n    -70.0,\n    {\n"
            "      \"e\": null\n    }\n  ],\n  \"f\": true,\n  \"g\": \"x\"\n}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn__buffer buffer;
        mfn__buffer_init(&buffer, ROOM_BYTES);
        write_sample(&buffer, rows[i].indent);
        ck_assert_int_eq(buffer.status, MFN_OK);
        ck_assert_str_eq(buffer.data, rows[i].text);
        mfn__buffer_deinit(&buffer);
    }
}
END_TEST

START_TEST(texts_are_escaped_to_ascii_as_python_json_dumps_does)
{
    static const struct {
        const char *sentence, *text, *json;
        size_t size;
    } rows[] = {
        {"nothing", "", "\"\"", 0},
        {"plain text", "plain", "\"plain\"", 5},
        {"quote, backslash and slash", "\" \\ /", "\"\\\" \\\\ /\"", 5},
        {"controls with a name", "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"", 5},
        {"controls without one", "\0\1\x1f\x7f", "\"\\u0000\\u0001\\u001f\\u007f\"", 4},
        {"two and three bytes", "caf\xc3\xa9 \xe2\x82\xac", "\"caf\\u00e9 \\u20ac\"", 9},
        {"four bytes become a surrogate pair", "\xf0\x9f\x8d\x84", "\"\\ud83c\\udf44\"", 4},
        {"the last character", "\xf4\x8f\xbf\xbf", "\"\\udbff\\udfff\"", 4},
        {"the last one without a pair", "\xef\xbf\xbf", "\"\\uffff\"", 3},
        {"a stray continuation", "a\x80z", "\"a\\ufffdz\"", 3},
        {"a sequence cut off", "\xe2\x82", "\"\\ufffd\\ufffd\"", 2},
        {"an overlong slash", "\xc0\xaf", "\"\\ufffd\\ufffd\"", 2},
        {"half a surrogate pair", "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"", 3},
        {"above U+10FFFF", "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"", 4},
        {"a byte that never occurs", "\xff", "\"\\ufffd\"", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn__buffer buffer;
        mfn__buffer_init(&buffer, ROOM_BYTES);
        mfn__json_writer json;
        mfn__json_start(&json, &buffer, 0);
        mfn__json_text_sized(&json, rows[i].text, rows[i].size);
        ck_assert_msg(strcmp(buffer.data, rows[i].json) == 0, "%s: %s, expected %s",
                      rows[i].sentence, buffer.data, rows[i].json);
        mfn__buffer_deinit(&buffer);
    }
}
END_TEST

START_TEST(keys_are_escaped_too)
{
    mfn__buffer buffer;
    mfn__buffer_init(&buffer, ROOM_BYTES);
    mfn__json_writer json;
    mfn__json_start(&json, &buffer, 0);
    mfn__json_object_begin(&json);
    mfn__json_key(&json, "a\"\xc3\xa9");
    mfn__json_raw(&json, "123456789012345678901234567890");
    mfn__json_object_end(&json);
    ck_assert_str_eq(buffer.data, "{\"a\\\"\\u00e9\": 123456789012345678901234567890}");
    mfn__buffer_deinit(&buffer);
}
END_TEST

START_TEST(numbers_are_exact_and_what_json_lacks_becomes_null)
{
    mfn__buffer buffer;
    mfn__buffer_init(&buffer, ROOM_BYTES);
    mfn__json_writer json;
    mfn__json_start(&json, &buffer, 0);
    mfn__json_array_begin(&json);
    mfn__json_real(&json, 0.1);
    mfn__json_real(&json, -0.0);
    mfn__json_real(&json, 1e22);
    mfn__json_real(&json, (double)NAN);
    mfn__json_real(&json, (double)-INFINITY);
    mfn__json_u64(&json, UINT64_MAX);
    mfn__json_i64(&json, INT64_MIN);
    mfn__json_bool(&json, false);
    mfn__json_array_end(&json);
    ck_assert_str_eq(buffer.data, "[0.1, -0.0, 1e+22, null, null, 18446744073709551615, "
                                  "-9223372036854775808, false]");
    mfn__buffer_deinit(&buffer);
}
END_TEST

START_TEST(a_buffer_of_exactly_the_right_size_is_enough_and_a_smaller_one_says_so)
{
    mfn__buffer buffer;
    mfn__buffer_init(&buffer, ROOM_BYTES);
    write_sample(&buffer, 0);
    size_t size = buffer.size;
    mfn__buffer_deinit(&buffer);
    for (size_t max = 0; max <= size; max++) {
        mfn__buffer_init(&buffer, max);
        write_sample(&buffer, 0);
        ck_assert_int_eq(buffer.status, max == size ? MFN_OK : MFN_TOO_LARGE);
        mfn__buffer_deinit(&buffer);
    }
}
END_TEST

START_TEST(writing_survives_failure_of_every_allocation)
{
    mfn_status status = MFN_NO_MEMORY;
    int64_t successes = 0;
    for (; status != MFN_OK; successes++) {
        mfn__buffer buffer;
        mfn__buffer_init(&buffer, ROOM_BYTES);
        mfn__mem_fail_after(successes);
        for (int i = 0; i < 10; i++) {
            write_sample(&buffer, 2);
        }
        mfn__mem_fail_after(-1);
        status = buffer.status;
        ck_assert(status == MFN_OK || status == MFN_NO_MEMORY);
        mfn__buffer_deinit(&buffer);
    }
    ck_assert_int_gt(successes, 1);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        structure_is_laid_out_as_python_json_dumps_does,
        texts_are_escaped_to_ascii_as_python_json_dumps_does,
        keys_are_escaped_too,
        numbers_are_exact_and_what_json_lacks_becomes_null,
        a_buffer_of_exactly_the_right_size_is_enough_and_a_smaller_one_says_so,
        writing_survives_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("json_writer", tests);
}
