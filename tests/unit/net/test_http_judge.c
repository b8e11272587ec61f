/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/http.h"
#include "suite.h"

static const mfn__http_access plain = {.bearer_token = "",
                                       .username = "",
                                       .password = "",
                                       .ca_file = "",
                                       .client_certificate_file = "",
                                       .client_key_file = ""};

static mfn__http_exchange answered(int status, const char *answer)
{
    mfn__http_exchange exchange = {
        .method = "POST", .url = "http://h/p?key=hunter2", .access = &plain, .status = status};
    mfn__buffer_init(&exchange.answer, 1 << 20);
    mfn__buffer_append_text(&exchange.answer, answer);
    return exchange;
}

START_TEST(every_status_has_its_meaning)
{
    static const struct {
        int http;
        mfn_status status;
        mfn__trouble trouble;
    } cases[] = {
        {100, MFN_REFUSED, MFN__TROUBLE_PERMANENT},   {200, MFN_OK, MFN__TROUBLE_BY_STATUS},
        {201, MFN_OK, MFN__TROUBLE_BY_STATUS},        {204, MFN_OK, MFN__TROUBLE_BY_STATUS},
        {299, MFN_OK, MFN__TROUBLE_BY_STATUS},        {301, MFN_REFUSED, MFN__TROUBLE_PERMANENT},
        {304, MFN_REFUSED, MFN__TROUBLE_PERMANENT},   {400, MFN_REFUSED, MFN__TROUBLE_PERMANENT},
        {401, MFN_ACCESS, MFN__TROUBLE_PAUSED},       {403, MFN_ACCESS, MFN__TROUBLE_PAUSED},
        {404, MFN_NOT_FOUND, MFN__TROUBLE_PAUSED},    {405, MFN_REFUSED, MFN__TROUBLE_PERMANENT},
        {407, MFN_ACCESS, MFN__TROUBLE_PAUSED},       {408, MFN_TIMED_OUT, MFN__TROUBLE_PASSING},
        {409, MFN_REFUSED, MFN__TROUBLE_PERMANENT},   {410, MFN_NOT_FOUND, MFN__TROUBLE_GONE},
        {413, MFN_TOO_LARGE, MFN__TROUBLE_PERMANENT}, {415, MFN_REFUSED, MFN__TROUBLE_PERMANENT},
        {422, MFN_REFUSED, MFN__TROUBLE_PERMANENT},   {425, MFN_IO, MFN__TROUBLE_PASSING},
        {429, MFN_IO, MFN__TROUBLE_PASSING},          {500, MFN_IO, MFN__TROUBLE_PASSING},
        {501, MFN_REFUSED, MFN__TROUBLE_PERMANENT},   {502, MFN_IO, MFN__TROUBLE_PASSING},
        {503, MFN_IO, MFN__TROUBLE_PASSING},          {504, MFN_TIMED_OUT, MFN__TROUBLE_PASSING},
        {505, MFN_REFUSED, MFN__TROUBLE_PERMANENT},   {599, MFN_REFUSED, MFN__TROUBLE_PERMANENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn__http_exchange exchange = answered(cases[i].http, "");
        mfn__advice advice = {0};
        mfn_error err = {0};
        mfn_status status = mfn__http_judge(&exchange, NULL, &advice, &err);
        ck_assert_msg(status == cases[i].status && err.status == status, "%d: %s", cases[i].http,
                      mfn_status_name(status));
        ck_assert_msg(advice.trouble == cases[i].trouble, "%d: trouble %d", cases[i].http,
                      (int)advice.trouble);
        char text[64];
        snprintf(text, sizeof text, "POST http://h/p: HTTP status %d", cases[i].http);
        ck_assert_str_eq(err.text, status == MFN_OK ? "" : text);
        mfn__http_exchange_deinit(&exchange);
    }
}
END_TEST

START_TEST(further_statuses_can_be_successful)
{
    static const int also[] = {304, 409, 0};
    mfn__advice advice = {0};
    for (int http = 300; http < 600; http++) {
        mfn__http_exchange exchange = answered(http, "");
        mfn_status status = mfn__http_judge(&exchange, also, &advice, NULL);
        ck_assert_msg((status == MFN_OK) == (http == 304 || http == 409), "%d: %s", http,
                      mfn_status_name(status));
        mfn__http_exchange_deinit(&exchange);
    }
}
END_TEST

START_TEST(a_problem_is_judged_before_the_status)
{
    static const struct {
        const char *what;
        mfn_status problem;
        bool is_paused;
        mfn__trouble trouble;
    } cases[] = {
        {"no connection", MFN_IO, false, MFN__TROUBLE_PASSING},
        {"no answer in time", MFN_TIMED_OUT, false, MFN__TROUBLE_PASSING},
        {"given up", MFN_CANCELLED, false, MFN__TROUBLE_PASSING},
        {"no memory", MFN_NO_MEMORY, false, MFN__TROUBLE_PASSING},
        {"no trust", MFN_ACCESS, true, MFN__TROUBLE_PAUSED},
        {"a redirect that is not allowed", MFN_INVALID, true, MFN__TROUBLE_PAUSED},
        {"too large an answer", MFN_TOO_LARGE, false, MFN__TROUBLE_PERMANENT},
        {"a broken URL", MFN_INVALID, false, MFN__TROUBLE_PERMANENT},
    };
    static const int also[] = {200, 0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn__http_exchange exchange = answered(200, "");
        exchange.problem = (mfn_error){cases[i].problem, "a field", "it broke"};
        exchange.is_paused = cases[i].is_paused;
        mfn__advice advice = {0};
        mfn_error err = {0};
        mfn_status status = mfn__http_judge(&exchange, also, &advice, &err);
        ck_assert_msg(status == cases[i].problem && err.status == status, "%s: %s", cases[i].what,
                      mfn_status_name(status));
        ck_assert_msg(advice.trouble == cases[i].trouble, "%s: trouble %d", cases[i].what,
                      (int)advice.trouble);
        ck_assert_str_eq(err.text, "POST http://h/p: it broke");
        ck_assert_str_eq(err.field, "a field");
        mfn__http_exchange_deinit(&exchange);
    }
}
END_TEST

START_TEST(retry_after_is_passed_on_as_it_came)
{
    mfn__http_exchange exchange = answered(503, "");
    exchange.retry_after_ns = INT64_MAX;
    mfn__advice advice = {0};
    ck_assert_int_eq(mfn__http_judge(&exchange, NULL, &advice, NULL), MFN_IO);
    ck_assert(advice.retry_after_ns == INT64_MAX);
    mfn__http_exchange_deinit(&exchange);
}
END_TEST

START_TEST(the_error_ends_with_the_beginning_of_the_answer)
{
    static char answer[5000];
    memset(answer, 'x', sizeof answer - 1);
    memcpy(answer, "wrong\r\n\x01\xff end", 13);
    mfn__http_exchange exchange = answered(400, answer);
    mfn__advice advice = {0};
    mfn_error err = {0};
    ck_assert_int_eq(mfn__http_judge(&exchange, NULL, &advice, &err), MFN_REFUSED);
    const char *shown = strstr(err.text, "HTTP status 400: wrong");
    ck_assert_msg(shown != NULL, "%s", err.text);
    ck_assert_msg(mfn__text_is_utf8(err.text, strlen(err.text)), "%s", err.text);
    ck_assert_msg(strlen(shown) > 190 && strlen(shown) < 230, "%s", err.text);
    mfn__http_exchange_deinit(&exchange);
}
END_TEST

START_TEST(an_answer_that_repeats_secrets_is_shown_without_them)
{
    static const char *const headers[] = {"X-Api-Key: swordfish-1", "Content-Type: text/special",
                                          "X-Empty;", "X-Short: 42", NULL};
    static const mfn__http_access access = {
        .bearer_token = "t0ken", .username = "me", .password = "opensesame"};
    static const struct {
        const char *what, *answer, *shown;
    } cases[] = {
        {"a token", "token t0ken expired", "token … expired"},
        {"a token twice", "t0ken t0ken", "… …"},
        {"a password", "not opensesame.", "not …."},
        {"basic authentication", "Basic bWU6b3BlbnNlc2FtZQ== is wrong", "Basic … is wrong"},
        {"a header's value", "bad key swordfish-1", "bad key …"},
        {"the query", "no such page: /p?key=hunter2&n=1", "no such page: /p?key=…&n=1"},
        {"a value of the query", "unknown key 'hunter2'", "unknown key '…'"},
        {"a value of the query, decoded", "unknown cursor 'a/b/c/d'", "unknown cursor '…'"},
        {"a value that describes the body stays", "not text/special", "not text/special"},
        {"very short values stay: they are everywhere", "42 is 1", "42 is 1"},
        {"nothing secret", "plain", "plain"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn__http_exchange exchange = answered(400, cases[i].answer);
        exchange.url = "http://h/p?key=hunter2&n=1&cursor=a%2Fb%2Fc%2Fd";
        exchange.access = &access;
        exchange.headers = headers;
        mfn__advice advice = {0};
        mfn_error err = {0};
        ck_assert_int_eq(mfn__http_judge(&exchange, NULL, &advice, &err), MFN_REFUSED);
        char text[256];
        snprintf(text, sizeof text, "POST http://h/p: HTTP status 400: %s", cases[i].shown);
        ck_assert_msg(strcmp(err.text, text) == 0, "%s: %s", cases[i].what, err.text);
        mfn__http_exchange_deinit(&exchange);
    }
}
END_TEST

START_TEST(a_secret_across_the_end_of_what_is_shown_does_not_appear_in_part)
{
    static const mfn__http_access access = {
        .bearer_token = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", .username = "", .password = ""};
    for (size_t before = 150; before < 220; before++) {
        char answer[300];
        memset(answer, '-', sizeof answer);
        snprintf(answer + before, sizeof answer - before, "%s", access.bearer_token);
        mfn__http_exchange exchange = answered(400, answer);
        exchange.access = &access;
        mfn__advice advice = {0};
        mfn_error err = {0};
        ck_assert_int_eq(mfn__http_judge(&exchange, NULL, &advice, &err), MFN_REFUSED);
        ck_assert_msg(strstr(err.text, "ABC") == NULL, "%s", err.text);
        mfn__http_exchange_deinit(&exchange);
    }
}
END_TEST

START_TEST(without_memory_for_looking_no_answer_is_shown)
{
    static const mfn__http_access access = {
        .bearer_token = "t0ken", .username = "me", .password = "opensesame"};
    bool is_shown = false;
    for (int64_t i = 0; !is_shown; i++) {
        mfn__http_exchange exchange = answered(400, "t0ken opensesame hunter2 end");
        exchange.access = &access;
        mfn__advice advice = {0};
        mfn_error err = {0};
        mfn__mem_fail_after(i);
        ck_assert_int_eq(mfn__http_judge(&exchange, NULL, &advice, &err), MFN_REFUSED);
        mfn__mem_fail_after(-1);
        is_shown = strstr(err.text, ": … … … end") != NULL;
        ck_assert_msg(is_shown || mfn__text_ends_with(err.text, "HTTP status 400"), "%s", err.text);
        mfn__http_exchange_deinit(&exchange);
        ck_assert_int_lt(i, 20);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        every_status_has_its_meaning,
        further_statuses_can_be_successful,
        a_problem_is_judged_before_the_status,
        retry_after_is_passed_on_as_it_came,
        the_error_ends_with_the_beginning_of_the_answer,
        an_answer_that_repeats_secrets_is_shown_without_them,
        a_secret_across_the_end_of_what_is_shown_does_not_appear_in_part,
        without_memory_for_looking_no_answer_is_shown,
        NULL,
    };
    return mfn_test_run("http_judge", tests);
}
