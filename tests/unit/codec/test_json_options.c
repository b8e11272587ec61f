/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "codec/json_options.h"
#include "suite.h"

typedef struct sample {
    bool flag;
    uint64_t whole;
    double real;
    const char *text;
    const char *digits;
    uint32_t choice;
} sample;

#define FIELD(name) offsetof(sample, name)

static const char *const colours[] = {"red", "green", NULL};

static const mfn_option table[] = {
    {"flag", MFN_OPTION_BOOL, FIELD(flag), 0, 0, false, false, NULL, "false", "", "a flag", false},
    {"whole", MFN_OPTION_WHOLE, FIELD(whole), 0, 1000, false, false, NULL, "1", "", "a whole",
     false},
    {"real", MFN_OPTION_REAL, FIELD(real), -1, 1, false, true, NULL, "0", "", "a real", false},
    {"text", MFN_OPTION_TEXT, FIELD(text), 1, 8, false, false, NULL, "t", "", "a text", false},
    {"digits", MFN_OPTION_DIGITS, FIELD(digits), 0, 0, false, false, NULL, "42", "", "digits",
     false},
    {"choice", MFN_OPTION_CHOICE, FIELD(choice), 0, 0, false, false, colours, "red", "", "colour",
     false},
    {0},
};

static const char *const exact_keys[] = {"digits", NULL};

static json_t *parse(const char *text)
{
    json_t *object = NULL;
    mfn_error err = {.status = MFN_OK};
    mfn_status status = mfn__json_object_parse(text, strlen(text), exact_keys, &object, &err);
    ck_assert_msg(status == MFN_OK, "%s: %s", text, err.text);
    return object;
}

START_TEST(every_type_is_read)
{
    json_t *object =
        parse("{\"flag\": true, \"whole\": 64, \"real\": -0.5, \"text\": \"x\\u00e9\", "
              "\"digits\": \"0123\", \"choice\": \"green\"}");
    sample options = {0};
    ck_assert_int_eq(mfn__options_from_json(table, object, NULL, &options, NULL), MFN_OK);
    ck_assert(options.flag);
    ck_assert_uint_eq(options.whole, 64);
    ck_assert_double_eq(options.real, -0.5);
    ck_assert_str_eq(options.text, "x\xC3\xA9");
    ck_assert_str_eq(options.digits, "0123");
    ck_assert_uint_eq(options.choice, 1);
    json_decref(object);
}
END_TEST

START_TEST(numbers_may_be_written_in_several_ways)
{
    static const struct {
        const char *text;
        uint64_t whole;
        double real;
        const char *digits;
    } cases[] = {
        {"{\"whole\": 64.0}", 64, 0, "42"},
        {"{\"whole\": 1e2}", 100, 0, "42"},
        {"{\"whole\": -0.0}", 0, 0, "42"},
        {"{\"real\": -1}", 1, -1, "42"},
        {"{\"real\": 0.99999999999999989}", 1, 0.99999999999999989, "42"},
        {"{\"real\": 5e-324}", 1, 5e-324, "42"},
        {"{\"digits\": 7}", 1, 0, "7"},
        {"{\"digits\": 7.0}", 1, 0, "7"},
        {"{\"digits\": null}", 1, 0, "42"},
        {"{\"digits\": 9223372036854775807}", 1, 0, "9223372036854775807"},
        {"{\"digits\": 9223372036854775808}", 1, 0, "9223372036854775808"},
        {"{\"digits\": 18446744073709551616, \"whole\": 2}", 2, 0, "18446744073709551616"},
        {"{\"whole\": 2, \"digits\" :\n 10000000000000000000000000000000000000000 }", 2, 0,
         "10000000000000000000000000000000000000000"},
        {"{\"\\u0064igits\": 10000000000000000000000000000000000000000}", 1, 0,
         "10000000000000000000000000000000000000000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *object = parse(cases[i].text);
        sample options = {0};
        mfn_error err = {.status = MFN_OK};
        mfn_options_set_defaults(table, &options);
        mfn_status status = mfn__options_from_json(table, object, NULL, &options, &err);
        ck_assert_msg(status == MFN_OK, "%s: %s", cases[i].text, err.text);
        ck_assert_msg(options.whole == cases[i].whole, "%s", cases[i].text);
        ck_assert_msg(memcmp(&options.real, &cases[i].real, sizeof options.real) == 0, "%s: %g",
                      cases[i].text, options.real);
        ck_assert_msg(strcmp(options.digits, cases[i].digits) == 0, "%s: %s", cases[i].text,
                      options.digits);
        json_decref(object);
    }
}
END_TEST

START_TEST(a_wrong_value_is_refused_with_field_value_and_range)
{
    static const struct {
        const char *text, *field, *expected;
    } cases[] = {
        {"{\"whole\": 1001}", "whole", "whole: expected a whole number in [0, 1000], got 1001"},
        {"{\"whole\": -1}", "whole", "whole: expected a whole number in [0, 1000], got -1"},
        {"{\"whole\": 0.5}", "whole", "whole: expected a whole number in [0, 1000], got 0.5"},
        {"{\"whole\": \"64\"}", "whole",
         "whole: expected a whole number in [0, 1000], got the text \"64\""},
        {"{\"whole\": true}", "whole", "whole: expected a whole number in [0, 1000], got true"},
        {"{\"whole\": null}", "whole", "whole: expected a whole number in [0, 1000], got null"},
        {"{\"whole\": [1]}", "whole", "whole: expected a whole number in [0, 1000], got an array"},
        {"{\"whole\": 10000000000000000000000}", "whole",
         "whole: expected a whole number in [0, 1000], got 1e+22"},
        {"{\"real\": 1}", "real", "real: expected a number in [-1, 1), got 1"},
        {"{\"real\": \"0.5\"}", "real", "real: expected a number in [-1, 1), got the text \"0.5\""},
        {"{\"flag\": 1}", "flag", "flag: expected true or false, got 1"},
        {"{\"flag\": \"true\"}", "flag", "flag: expected true or false, got the text \"true\""},
        {"{\"text\": 5}", "text", "text: expected "},
        {"{\"text\": \"\"}", "text", "text: expected "},
        {"{\"text\": \"123456789\"}", "text", "text: expected "},
        {"{\"choice\": \"blue\"}", "choice", "choice: expected one of red, green, got "},
        {"{\"choice\": {}}", "choice", "choice: expected one of red, green, got an object"},
        {"{\"digits\": -1}", "digits", "digits: expected "},
        {"{\"digits\": 1.5}", "digits", "digits: expected "},
        {"{\"digits\": \"x\"}", "digits", "digits: expected "},
        {"{\"digits\": -10000000000000000000000}", "digits", "digits: expected "},
        {"{\"wohle\": 1}", "wohle", "unknown field 'wohle'; did you mean 'whole'?"},
        {"{\"mime\": 1}", "mime", "unknown field 'mime'; did you mean 'mine'?"},
        {"{\"zzzzzzzz\": 1}", "zzzzzzzz",
         "unknown field 'zzzzzzzz'; known fields: mine, flag, whole, real, text, digits, choice"},
        {"{\"a\\nb\": 1}", "a?b", "unknown field 'a?b'; known fields: mine, flag,"},
    };
    static const char *const other_keys[] = {"mine", NULL};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *object = parse(cases[i].text);
        sample options = {0};
        mfn_error err = {.status = MFN_OK};
        ck_assert_int_eq(mfn__options_from_json(table, object, other_keys, &options, &err),
                         MFN_INVALID);
        ck_assert_str_eq(err.field, cases[i].field);
        ck_assert_msg(strncmp(err.text, cases[i].expected, strlen(cases[i].expected)) == 0,
                      "%s: %s", cases[i].text, err.text);
        json_decref(object);
    }
}
END_TEST

START_TEST(keys_of_somebody_else_are_left_alone)
{
    static const char *const other_keys[] = {"mine", NULL};
    json_t *object = parse("{\"mine\": {\"x\": [1]}, \"whole\": 3}");
    sample options = {0};
    ck_assert_int_eq(mfn__options_from_json(table, object, other_keys, &options, NULL), MFN_OK);
    ck_assert_uint_eq(options.whole, 3);
    json_decref(object);
}
END_TEST

START_TEST(bad_syntax_is_refused_with_line_column_and_a_hint)
{
    static const struct {
        const char *what, *text, *expected, *hint;
    } cases[] = {
        {"nothing", "", "line 1, column 0: '[' or '{' expected", "too early"},
        {"an array", "[{}]", "expected one JSON object {...}, got an array", ""},
        {"a number", "5", "line 1, column 1: '[' or '{' expected", ""},
        {"a comma before the brace", "{\"a\": 1,\n}", "line 2, column 1: ", "remove the comma"},
        {"single quotes", "{'a': 1}", "line 1, column 2: ", "double quotes"},
        {"NaN", "{\"a\": NaN}", "line 1, column 9: ", "NaN is not allowed"},
        {"Infinity", "{\"a\": Infinity}", "line 1, column 14: ", "infinity is not allowed"},
        {"True", "{\"a\": True}", "line 1, column 10: ", "write true"},
        {"a comment", "{\"a\": 1 // x\n}", "line 1, column ", "comments"},
        {"no closing brace", "{\"a\": 1", "line 1, column ", "too early"},
        {"a key twice", "{\"a\": 1, \"a\": 2}", "line 1, column 12: duplicate object key", ""},
        {"text behind the object", "{} x", "line 1, column ", ""},
        {"two objects", "{}{}", "line 1, column ", ""},
        {"a leading zero", "{\"a\": 01}", "line 1, column ", ""},
        {"a long number with a leading zero", "{\"a\": 0123456789012345678901}", "line 1, column ",
         ""},
        {"a number too large for a double", "{\"a\": 1e999}",
         "line 1, column 11: real number "
         "overflow",
         ""},
        {"a NUL in a text", "{\"a\": \"\\u0000\"}", "line 1, column ", ""},
        {"a lone surrogate", "{\"a\": \"\\ud800\"}", "line 1, column ", ""},
        {"a byte that is not UTF-8", "{\"a\": \"\xff\"}", "line 1, column ", ""},
        {"a raw line break in a text", "{\"a\": \"x\ny\"}", "line 1, column ", ""},
        {"17 levels", "{\"a\":\n[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}",
         "line 2, column 16: more than 16 levels of brackets", ""},
        {"a place after a long number stays where it is",
         "{\"digits\": 100000000000000000000, \"a\": NaN}", "line 1, column 42: ", "NaN"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *object = NULL;
        mfn_error err = {.status = MFN_OK};
        mfn_status status =
            mfn__json_object_parse(cases[i].text, strlen(cases[i].text), exact_keys, &object, &err);
        ck_assert_msg(status == MFN_FORMAT, "%s: %s", cases[i].what, mfn_status_name(status));
        ck_assert_ptr_null(object);
        ck_assert_msg(strncmp(err.text, cases[i].expected, strlen(cases[i].expected)) == 0,
                      "%s: %s", cases[i].what, err.text);
        ck_assert_msg(strstr(err.text, cases[i].hint) != NULL, "%s: %s", cases[i].what, err.text);
    }
}
END_TEST

START_TEST(nothing_may_hide_behind_a_nul)
{
    static const char text[] = "{}\0{\"more\": 1}";
    json_t *object = NULL;
    mfn_error err = {0};
    ck_assert_int_eq(mfn__json_object_parse(text, sizeof text - 1, NULL, &object, &err),
                     MFN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "NUL"));
}
END_TEST

START_TEST(a_number_beyond_every_double_is_refused_where_no_digits_are_taken)
{
    mfn__buffer text;
    mfn__buffer_init(&text, SIZE_MAX);
    mfn__buffer_append_text(&text, "{\"whole\": 1");
    for (int i = 0; i < 400; i++) {
        mfn__buffer_append_char(&text, '0');
    }
    mfn__buffer_append_char(&text, '}');
    json_t *object = NULL;
    mfn_error err = {.status = MFN_OK};
    ck_assert_int_eq(mfn__json_object_parse(text.data, text.size, exact_keys, &object, &err),
                     MFN_INVALID);
    ck_assert_str_eq(err.field, "whole");
    ck_assert_str_eq(err.text, "whole: a number of 401 digits is too large");
    mfn__buffer_deinit(&text);
}
END_TEST

START_TEST(parsing_survives_failure_of_every_allocation)
{
    static const char text[] = "{\"digits\": 100000000000000000000, \"real\": 0.5}";
    for (int64_t i = 0;; i++) {
        json_t *object = NULL;
        mfn_error err = {.status = MFN_OK};
        mfn__mem_fail_after(i);
        mfn_status status = mfn__json_object_parse(text, strlen(text), exact_keys, &object, &err);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            ck_assert_int_eq(i, 2);
            json_decref(object);
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        ck_assert_ptr_null(object);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {every_type_is_read,
                            numbers_may_be_written_in_several_ways,
                            a_wrong_value_is_refused_with_field_value_and_range,
                            keys_of_somebody_else_are_left_alone,
                            bad_syntax_is_refused_with_line_column_and_a_hint,
                            nothing_may_hide_behind_a_nul,
                            a_number_beyond_every_double_is_refused_where_no_digits_are_taken,
                            parsing_survives_failure_of_every_allocation,
                            NULL};
    return mfn_test_run("json_options", tests);
}
