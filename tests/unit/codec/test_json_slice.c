/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json_grammar.h"
#include "codec/json_slice.h"
#include "suite.h"

#define TEXT_MAX 1024

/* A literal with its size, so that it may hold NUL. */
#define BYTES(text) (text), sizeof(text) - 1

static mfn__json_slice whole(const char *text)
{
    mfn__json_slice slice;
    mfn_error err = {0};
    mfn_status status = mfn__json_slice_whole(text, strlen(text), &slice, &err);
    ck_assert_msg(status == MFN_OK, "%s: %s", text, err.text);
    return slice;
}

static void check_slice(const mfn__json_slice *slice, const char *expected, mfn__json_kind kind)
{
    ck_assert_msg(slice->size == strlen(expected) &&
                      memcmp(slice->bytes, expected, slice->size) == 0,
                  "%.*s, expected %s", (int)slice->size, slice->bytes, expected);
    ck_assert_int_eq(slice->kind, kind);
}

/* A copy without a final NUL, so that a sanitizer sees any byte that is read too far. */
static mfn_status check_exactly(const char *text, size_t size, mfn_error *err)
{
    char *copy = malloc(size > 0 ? size : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, size);
    mfn__json_slice slice;
    mfn_status status = mfn__json_slice_whole(copy, size, &slice, err);
    free(copy);
    return status;
}

START_TEST(what_rfc_8259_allows_is_taken)
{
    static const struct {
        const char *text;
        size_t size;
        const char *why;
    } rows[] = {
        {BYTES("{}"), "an empty object"},
        {BYTES("[]"), "an empty array"},
        {BYTES(" \t\r\n[ \t\r\n] \t\r\n"), "white space around everything"},
        {BYTES("null"), "a word alone"},
        {BYTES("\"\""), "an empty string alone"},
        {BYTES("0"), "zero alone"},
        {BYTES("-0"), "minus zero"},
        {BYTES("-0.0e-0"), "minus zero with everything"},
        {BYTES("1E+9"), "a big E and a plus"},
        {BYTES("1e400"), "a number beyond every double: its text is what counts"},
        {BYTES("123456789012345678901234567890"), "a number beyond 64 bits"},
        {BYTES("{\"a\":1,\"a\":2}"), "equal keys"},
        {BYTES("{\"\":0}"), "an empty key"},
        {BYTES("[[],{},[{}],{\"a\":[]}]"), "empty brackets inside brackets"},
        {BYTES("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "every short escape"},
        {BYTES("\"\\u0000\\uFFFF\\uabcd\""), "escapes of NUL, of a non-character, in both cases"},
        {BYTES("\"\\ud83c\\udf44\""), "a pair of surrogates"},
        {BYTES("\"\\uDBFF\\uDFFF\""), "the last pair of surrogates"},
        {BYTES("\"\x7f\""), "DEL, which JSON does not count as a control character"},
        {BYTES("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x8d\x84\""), "UTF-8 of two, three and four bytes"},
        {BYTES("\"\xef\xbb\xbf\""), "a byte order mark inside a string"},
        {BYTES("[true,false,null]"), "the three words"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn_error err = {0};
        mfn_status status = check_exactly(rows[i].text, rows[i].size, &err);
        ck_assert_msg(status == MFN_OK, "%s: %s", rows[i].why, err.text);
    }
}
END_TEST

START_TEST(what_rfc_8259_forbids_is_refused_with_line_and_column)
{
    static const struct {
        const char *text;
        size_t size;
        const char *message;
    } rows[] = {
        {BYTES(""), "line 1, column 1: expected a value, but the text ends"},
        {BYTES(" \n "), "line 2, column 2: expected a value, but the text ends"},
        {BYTES("\xef\xbb\xbf{}"), "line 1, column 1: a byte order mark is not allowed"},
        {BYTES("NaN"), "line 1, column 1: expected a value"},
        {BYTES("Infinity"), "line 1, column 1: expected a value"},
        {BYTES("-Infinity"), "line 1, column 2: expected a digit"},
        {BYTES("True"), "line 1, column 1: expected a value"},
        {BYTES("tru"), "line 1, column 1: expected a value"},
        {BYTES("nulll"), "line 1, column 5: expected the end of the text"},
        {BYTES("01"), "line 1, column 2: a number does not begin with a needless zero"},
        {BYTES("-01"), "line 1, column 3: a number does not begin with a needless zero"},
        {BYTES("+1"), "line 1, column 1: expected a value"},
        {BYTES(".5"), "line 1, column 1: expected a value"},
        {BYTES("5."), "line 1, column 3: expected a digit, but the text ends"},
        {BYTES("[5.]"), "line 1, column 4: expected a digit"},
        {BYTES("1e"), "line 1, column 3: expected a digit, but the text ends"},
        {BYTES("1e+-1"), "line 1, column 4: expected a digit"},
        {BYTES("-"), "line 1, column 2: expected a digit, but the text ends"},
        {BYTES("0x10"), "line 1, column 2: expected the end of the text"},
        {BYTES("1 2"), "line 1, column 3: expected the end of the text"},
        {BYTES("[1,]"), "line 1, column 4: expected a value"},
        {BYTES("[,1]"), "line 1, column 2: expected a value"},
        {BYTES("[1 2]"), "line 1, column 4: expected ',' or ']'"},
        {BYTES("[1}"), "line 1, column 3: expected ',' or ']'"},
        {BYTES("[1"), "line 1, column 3: expected ',' or ']', but the text ends"},
        {BYTES("]"), "line 1, column 1: expected a value"},
        {BYTES("[]]"), "line 1, column 3: expected the end of the text"},
        {BYTES("{\"a\":1,}"), "line 1, column 8: expected a key in double quotes"},
        {BYTES("{a:1}"), "line 1, column 2: expected a key in double quotes"},
        {BYTES("{'a':1}"), "line 1, column 2: expected a key in double quotes"},
        {BYTES("{1:1}"), "line 1, column 2: expected a key in double quotes"},
        {BYTES("{\"a\" 1}"), "line 1, column 6: expected ':' after a key"},
        {BYTES("{\"a\"}"), "line 1, column 5: expected ':' after a key"},
        {BYTES("{\"a\":}"), "line 1, column 6: expected a value"},
        {BYTES("{\"a\":1 \"b\":2}"), "line 1, column 8: expected ',' or '}'"},
        {BYTES("{\"a\":1]"), "line 1, column 7: expected ',' or '}'"},
        {BYTES("// no\n1"), "line 1, column 1: expected a value"},
        {BYTES("[1] /* no */"), "line 1, column 5: expected the end of the text"},
        {BYTES("'a'"), "line 1, column 1: expected a value"},
        {BYTES("\"a"), "line 1, column 3: expected '\"' at the end of a string, but the text ends"},
        {BYTES("\"a\nb\""),
         "line 1, column 3: control characters in strings are written as escapes"},
        {BYTES("\"\t\""), "line 1, column 2: control characters in strings are written as escapes"},
        {BYTES("\"\0\""), "line 1, column 2: control characters in strings are written as escapes"},
        {BYTES("[1]\0"), "line 1, column 4: expected the end of the text"},
        {BYTES("\f[1]"), "line 1, column 1: expected a value"},
        {BYTES("\"\\x41\""), "line 1, column 3: expected one of \"\\/bfnrtu after a backslash"},
        {BYTES("\"\\"), "line 1, column 3: expected one of \"\\/bfnrtu after a backslash, "
                        "but the text ends"},
        {BYTES("\"\\u12G4\""), "line 1, column 6: expected four hexadecimal digits after \\u"},
        {BYTES("\"\\u+123\""), "line 1, column 4: expected four hexadecimal digits after \\u"},
        {BYTES("\"\\ud800\""), "line 1, column 2: half a surrogate pair"},
        {BYTES("\"a\\udc00\""), "line 1, column 3: half a surrogate pair"},
        {BYTES("\"\\ud800\\ud800\""), "line 1, column 2: half a surrogate pair"},
        {BYTES("\"\\ud800\\n\""), "line 1, column 2: half a surrogate pair"},
        {BYTES("\"\\ud800\\u00\""),
         "line 1, column 12: expected four hexadecimal digits after \\u"},
        {BYTES("\"\xff\""), "line 1, column 2: bytes that are not UTF-8"},
        {BYTES("\"\xc0\xaf\""), "line 1, column 2: bytes that are not UTF-8"},
        {BYTES("\"\xed\xa0\x80\""), "line 1, column 2: bytes that are not UTF-8"},
        {BYTES("\"\xf4\x90\x80\x80\""), "line 1, column 2: bytes that are not UTF-8"},
        {BYTES("\"\xe2\x82"), "line 1, column 2: bytes that are not UTF-8"},
        {BYTES("[\n \"\xc3\xa9\",\n  \"\xe2\x82\xac\" x]"),
         "line 3, column 7: expected ',' or ']'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn_error err = {0};
        mfn_status status = check_exactly(rows[i].text, rows[i].size, &err);
        ck_assert_msg(status == MFN_FORMAT, "%s was taken: %s", rows[i].text, rows[i].message);
        ck_assert_str_eq(err.text, rows[i].message);
    }
}
END_TEST

START_TEST(sixty_four_levels_are_taken_and_not_one_more)
{
    char text[2 * (MFN__JSON_LEVELS_MAX + 1) + 1] = "";
    for (size_t levels = MFN__JSON_LEVELS_MAX; levels <= MFN__JSON_LEVELS_MAX + 1; levels++) {
        memset(text, '[', levels);
        memset(text + levels, ']', levels);
        mfn_error err = {0};
        mfn_status status = check_exactly(text, 2 * levels, &err);
        ck_assert_int_eq(status, levels == MFN__JSON_LEVELS_MAX ? MFN_OK : MFN_FORMAT);
    }
    mfn_error err = {0};
    ck_assert_int_eq(check_exactly(text, MFN__JSON_LEVELS_MAX + 1, &err), MFN_FORMAT);
    ck_assert_str_eq(err.text, "line 1, column 65: more than 64 levels of brackets");
}
END_TEST

START_TEST(a_whole_value_comes_without_the_space_around_it)
{
    static const struct {
        const char *text, *value;
        mfn__json_kind kind;
    } rows[] = {
        {" {\"a\": 1} \n", "{\"a\": 1}", MFN__JSON_OBJECT},
        {"\t[1, 2]", "[1, 2]", MFN__JSON_ARRAY},
        {"\" a \" ", "\" a \"", MFN__JSON_STRING},
        {" -70.100\n", "-70.100", MFN__JSON_NUMBER},
        {"true", "true", MFN__JSON_BOOL},
        {" false", "false", MFN__JSON_BOOL},
        {"null\r\n", "null", MFN__JSON_NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const mfn__json_slice slice = whole(rows[i].text);
        check_slice(&slice, rows[i].value, rows[i].kind);
    }
}
END_TEST

START_TEST(a_pointer_finds_the_bytes_as_they_are)
{
    static const char text[] =
        "{\"foo\": [\"bar\", \"baz\"], \"\": 0, \"a/b\": 1, \"c%d\": 2, \"m~n\": 8, "
        "\"deep\" :{\"list\":[ {\"x\":1.50},\n{\"x\":2e0 } ,[3]]}, \"twice\": 1, \"twice\": 2,"
        "\"esc\\u0061\\/\\ud83c\\udf44\": \"]},\\\"\", \"01\": \"key\", \"none\": null}";
    static const struct {
        const char *pointer, *value;
        mfn__json_kind kind;
    } rows[] = {
        {"", text, MFN__JSON_OBJECT},
        {"/foo", "[\"bar\", \"baz\"]", MFN__JSON_ARRAY},
        {"/foo/0", "\"bar\"", MFN__JSON_STRING},
        {"/foo/1", "\"baz\"", MFN__JSON_STRING},
        {"/", "0", MFN__JSON_NUMBER},
        {"/a~1b", "1", MFN__JSON_NUMBER},
        {"/c%d", "2", MFN__JSON_NUMBER},
        {"/m~0n", "8", MFN__JSON_NUMBER},
        {"/deep/list/0/x", "1.50", MFN__JSON_NUMBER},
        {"/deep/list/1/x", "2e0", MFN__JSON_NUMBER},
        {"/deep/list/2/0", "3", MFN__JSON_NUMBER},
        {"/twice", "2", MFN__JSON_NUMBER},
        {"/esca~1\xf0\x9f\x8d\x84", "\"]},\\\"\"", MFN__JSON_STRING},
        {"/01", "\"key\"", MFN__JSON_STRING},
        {"/none", "null", MFN__JSON_NULL},
    };
    const mfn__json_slice value = whole(text);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn__json_slice found;
        mfn_error err = {0};
        mfn_status status = mfn__json_slice_at(&value, rows[i].pointer, &found, &err);
        ck_assert_msg(status == MFN_OK, "%s: %s", rows[i].pointer, err.text);
        check_slice(&found, rows[i].value, rows[i].kind);
    }
}
END_TEST

START_TEST(a_pointer_to_nothing_leaves_the_output_alone)
{
    static const struct {
        const char *pointer, *why;
    } rows[] = {
        {"/b", "there is no such key"},
        {"/a/2", "the array ends before"},
        {"/a/-", "the element after the last is none"},
        {"/a/00", "an index has no leading zeros"},
        {"/a/01", "an index has no leading zeros"},
        {"/a/+1", "an index has no sign"},
        {"/a/", "an empty text is no index"},
        {"/a/0/x", "a number has no members"},
        {"/a/18446744073709551616", "an index beyond 64 bits is not one below it"},
        {"/a/99999999999999999999999999", "an index of any length"},
        {"/ab", "a longer key"},
        {"/", "an empty key"},
        {"/long/", "an empty key inside"},
        {"/lon", "a shorter key"},
    };
    const mfn__json_slice value = whole("{\"a\": [1, 2], \"long\": {}}");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn__json_slice found = {NULL, 7, MFN__JSON_NULL};
        mfn_error err = {0};
        ck_assert_msg(mfn__json_slice_at(&value, rows[i].pointer, &found, &err) == MFN_NOT_FOUND,
                      "%s", rows[i].why);
        ck_assert_msg(found.bytes == NULL && found.size == 7, "%s", rows[i].why);
        ck_assert_ptr_nonnull(strstr(err.text, rows[i].pointer));
    }
}
END_TEST

START_TEST(malformed_pointers_are_refused_with_the_field)
{
    static const char *const malformed[] = {"a", "a/b", " ", "~0", "/~", "/a~2", "/~/b", "/a/b~"};
    static const char *const good[] = {"", "/", "//", "/a/b~1c", "/~01", "/\xc3\xa9"};
    const mfn__json_slice value = whole("{}");
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        mfn_error err = {0};
        mfn__json_slice found;
        ck_assert_int_eq(mfn__json_pointer_check(malformed[i], "items", &err), MFN_INVALID);
        ck_assert_str_eq(err.field, "items");
        ck_assert_ptr_nonnull(strstr(err.text, malformed[i]));
        ck_assert_int_eq(mfn__json_slice_at(&value, malformed[i], &found, NULL), MFN_INVALID);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_int_eq(mfn__json_pointer_check(good[i], "items", NULL), MFN_OK);
    }
}
END_TEST

START_TEST(a_walk_gives_every_element_in_order)
{
    static const char *const expected[] = {"1.0",  "\"a,]\\\\\"", "[2,[3]]", "{\"k\":\"}\"}",
                                           "null", "false",       "-1e-5",   NULL};
    const mfn__json_slice array =
        whole("[1.0 , \"a,]\\\\\",[2,[3]]\n,{\"k\":\"}\"},null,false , -1e-5 ]");
    size_t position = 0;
    mfn__json_slice element;
    for (size_t i = 0; expected[i] != NULL; i++) {
        ck_assert(mfn__json_slice_next(&array, &position, &element));
        check_slice(&element, expected[i], element.kind);
    }
    ck_assert(!mfn__json_slice_next(&array, &position, &element));
    ck_assert(!mfn__json_slice_next(&array, &position, &element));
}
END_TEST

START_TEST(a_walk_over_nothing_ends_at_once)
{
    static const char *const texts[] = {"[]", "[ \n ]", "{\"a\": 1}", "\"[1]\"", "5", "null"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const mfn__json_slice value = whole(texts[i]);
        size_t position = 0;
        mfn__json_slice element;
        ck_assert_msg(!mfn__json_slice_next(&value, &position, &element), "%s", texts[i]);
    }
}
END_TEST

START_TEST(the_text_of_a_string_has_its_escapes_resolved)
{
    static const struct {
        const char *json, *text;
        size_t size;
    } rows[] = {
        {"\"plain\"", BYTES("plain")},
        {"\"\"", BYTES("")},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", BYTES("\"\\/\b\f\n\r\t")},
        {"\"a\\u0000b\"", BYTES("a\0b")},
        {"\"\\u0041\\u00e9\\u20AC\\ud83c\\udf44!\"",
         BYTES("A\xc3\xa9\xe2\x82\xac\xf0\x9f\x8d\x84!")},
        {"\"\\uDBFF\\uDFFF\\u07FF\\u0800\"", BYTES("\xf4\x8f\xbf\xbf\xdf\xbf\xe0\xa0\x80")},
        {"12.50", BYTES("12.50")},
        {"true", BYTES("true")},
        {"{\"a\": \"\\n\"}", BYTES("{\"a\": \"\\n\"}")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const mfn__json_slice value = whole(rows[i].json);
        mfn__buffer text;
        mfn__buffer_init(&text, TEXT_MAX);
        mfn__buffer_append_text(&text, ">");
        mfn__json_slice_text(&value, &text);
        ck_assert_int_eq(text.status, MFN_OK);
        ck_assert_msg(text.size == rows[i].size + 1 &&
                          memcmp(text.data + 1, rows[i].text, rows[i].size) == 0,
                      "%s gave %s", rows[i].json, text.data);
        mfn__buffer_deinit(&text);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        what_rfc_8259_allows_is_taken,
        what_rfc_8259_forbids_is_refused_with_line_and_column,
        sixty_four_levels_are_taken_and_not_one_more,
        a_whole_value_comes_without_the_space_around_it,
        a_pointer_finds_the_bytes_as_they_are,
        a_pointer_to_nothing_leaves_the_output_alone,
        malformed_pointers_are_refused_with_the_field,
        a_walk_gives_every_element_in_order,
        a_walk_over_nothing_ends_at_once,
        the_text_of_a_string_has_its_escapes_resolved,
        NULL,
    };
    return mfn_test_run("json_slice", tests);
}
