/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "net/http_headers.h"
#include "suite.h"

static const char *const reserved[] = {"webhook-id", NULL};

START_TEST(given_headers_are_checked_without_showing_values)
{
    static const struct {
        const char *what, *name, *value;
        bool is_allowed;
    } cases[] = {
        {"an ordinary one", "X-Test", "a b; c=\"d\"", true},
        {"an empty value", "X-Test", "", true},
        {"a tab", "X-Test", "a\tb", true},
        {"UTF-8", "X-Test", "\xc5\xbc", true},
        {"no name", "", "hunter2", false},
        {"a space in the name", "X Test", "hunter2", false},
        {"a colon in the name", "X:Y", "hunter2", false},
        {"a line break in the name", "X\r\nY", "hunter2", false},
        {"a line break in the value", "X-Test", "hunter2\r\nX-Other: 1", false},
        {"a DEL in the value", "X-Test", "hunter2\x7f", false},
        {"a reserved name in other letters", "Webhook-ID", "hunter2", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const mfn_texts given = {&cases[i].name, &cases[i].value, 1};
        mfn_error err = {0};
        mfn_status status = mfn__http_headers_check(&given, reserved, &err);
        ck_assert_msg(status == (cases[i].is_allowed ? MFN_OK : MFN_INVALID), "%s: %s",
                      cases[i].what, err.text);
        ck_assert_msg(cases[i].is_allowed || strcmp(err.field, "headers") == 0, "%s: field '%s'",
                      cases[i].what, err.field);
        ck_assert_msg(strstr(err.text, "hunter2") == NULL, "%s: %s", cases[i].what, err.text);
    }
}
END_TEST

START_TEST(a_header_comes_once)
{
    static const char *const names[] = {"X-Test", "X-Other", "x-test"};
    static const char *const values[] = {"1", "2", "3"};
    const mfn_texts given = {names, values, 3};
    mfn_error err = {0};
    ck_assert_int_eq(mfn__http_headers_check(&given, reserved, &err), MFN_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "x-test comes twice"));
}
END_TEST

START_TEST(names_are_found_whatever_their_case)
{
    static const char *const names[] = {"Content-Type"};
    static const char *const values[] = {"text/plain"};
    const mfn_texts given = {names, values, 1};
    const mfn_texts none = {NULL, NULL, 0};
    ck_assert(mfn__http_headers_have(&given, "content-TYPE"));
    ck_assert(!mfn__http_headers_have(&given, "content"));
    ck_assert(!mfn__http_headers_have(&none, "content-type"));
}
END_TEST

START_TEST(lines_stay_in_order_and_an_empty_value_is_sent_as_such)
{
    static const char *const names[] = {"A", "B"};
    static const char *const values[] = {"1", ""};
    const mfn_texts given = {names, values, 2};
    mfn__http_headers headers;
    mfn__http_headers_init(&headers);
    const char *const *lines = NULL;
    ck_assert_int_eq(mfn__http_headers_end(&headers, &lines, NULL), MFN_OK);
    ck_assert_ptr_null(lines[0]);
    mfn__http_headers_add_all(&headers, &given);
    mfn__http_headers_add(&headers, "C", "3");
    ck_assert_int_eq(mfn__http_headers_end(&headers, &lines, NULL), MFN_OK);
    ck_assert_str_eq(lines[0], "A: 1");
    ck_assert_str_eq(lines[1], "B;");
    ck_assert_str_eq(lines[2], "C: 3");
    ck_assert_ptr_null(lines[3]);
    mfn__http_headers_deinit(&headers);
}
END_TEST

START_TEST(making_lines_survives_the_failure_of_every_allocation)
{
    mfn_status status = MFN_NO_MEMORY;
    for (int64_t i = 0; status != MFN_OK; i++) {
        mfn__mem_fail_after(i);
        mfn__http_headers headers;
        mfn__http_headers_init(&headers);
        const char *const *lines = NULL;
        mfn_error err = {0};
        mfn__http_headers_add(&headers, "A", "1");
        mfn__http_headers_add(&headers, "B", "2");
        status = mfn__http_headers_end(&headers, &lines, &err);
        ck_assert(status == MFN_OK || (status == MFN_NO_MEMORY && err.status == MFN_NO_MEMORY));
        mfn__http_headers_deinit(&headers);
        ck_assert_int_lt(i, 10);
    }
    mfn__mem_fail_after(-1);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        given_headers_are_checked_without_showing_values,
        a_header_comes_once,
        names_are_found_whatever_their_case,
        lines_stay_in_order_and_an_empty_value_is_sent_as_such,
        making_lines_survives_the_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("http_headers", tests);
}
