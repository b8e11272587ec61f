/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_place.h"
#include "suite.h"

#define LARGE (2 << 20) /* libcurl asks for permission from 1 MiB on, if it is let */

START_TEST(a_get_brings_status_body_and_validators)
{
    http_place here;
    http_place_make(&here, 4, 4);
    http_peer_say(here.peer, 200,
                  "ETag: \"v1\"\r\nLast-Modified: Mon, 23 Nov 2026 01:02:03 GMT\r\n"
                  "Content-Type: text/plain\r\n",
                  "hello");
    const mfn__http_exchange *exchange = http_place_get(&here, "/a?b=c");
    http_place_expect(exchange, 200, "hello");
    ck_assert_str_eq(exchange->etag, "\"v1\"");
    ck_assert_str_eq(exchange->last_modified, "Mon, 23 Nov 2026 01:02:03 GMT");
    ck_assert_str_eq(exchange->content_type, "text/plain");
    ck_assert_ptr_null(exchange->next_link);
    ck_assert(exchange->retry_after_ns == 0);
    ck_assert(exchange->used_new_connection);
    const http_peer_request *request = http_peer_seen(here.peer, 0);
    ck_assert_str_eq(request->method, "GET");
    ck_assert_str_eq(request->target, "/a?b=c");
    ck_assert_uint_eq(request->body_size, 0);
    ck_assert_str_eq(http_peer_header(request, "Accept"), "*/*");
    ck_assert(strncmp(http_peer_header(request, "User-Agent"), "mfn/", 4) == 0);
    static const char *const absent[] = {"Accept-Encoding", "Cookie", "Expect", "Authorization"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        ck_assert_msg(http_peer_header(request, absent[i]) == NULL, "%s", absent[i]);
    }
    http_place_drop(&here);
}
END_TEST

START_TEST(a_post_brings_headers_and_body_bit_by_bit)
{
    static const char body[] = "a\0b\xff";
    static const char *const headers[] = {"Content-Type: application/json", "X-Test: 1", "X-Empty;",
                                          NULL};
    http_place here;
    http_place_make(&here, 4, 4);
    here.access.bearer_token = "t0ken";
    http_peer_say(here.peer, 202, NULL, "");
    mfn__http_exchange *exchange = http_place_add(&here, "127.0.0.1", "/hook");
    exchange->method = "POST";
    exchange->headers = headers;
    exchange->body = body;
    exchange->body_size = sizeof body - 1;
    http_place_perform(&here);
    http_place_expect(exchange, 202, "");
    const http_peer_request *request = http_peer_seen(here.peer, 0);
    ck_assert_str_eq(request->method, "POST");
    ck_assert_uint_eq(request->body_size, sizeof body - 1);
    ck_assert_mem_eq(request->body, body, sizeof body - 1);
    ck_assert_str_eq(http_peer_header(request, "Content-Type"), "application/json");
    ck_assert_str_eq(http_peer_header(request, "X-Test"), "1");
    ck_assert_str_eq(http_peer_header(request, "X-Empty"), "");
    ck_assert_str_eq(http_peer_header(request, "Authorization"), "Bearer t0ken");
    ck_assert_ptr_null(http_peer_header(request, "Expect"));
    http_place_drop(&here);
}
END_TEST

START_TEST(a_large_post_does_not_wait_for_permission)
{
    static char body[LARGE];
    memset(body, 'x', sizeof body);
    http_place here;
    http_place_make(&here, 4, 4);
    http_peer_say(here.peer, 200, NULL, "");
    mfn__http_exchange *exchange = http_place_add(&here, "127.0.0.1", "/");
    exchange->method = "POST";
    exchange->body = body;
    exchange->body_size = sizeof body;
    http_place_perform(&here);
    http_place_expect(exchange, 200, "");
    ck_assert_uint_eq(http_peer_seen(here.peer, 0)->body_size, sizeof body);
    ck_assert_ptr_null(http_peer_header(http_peer_seen(here.peer, 0), "Expect"));
    http_place_drop(&here);
}
END_TEST

START_TEST(basic_authentication_goes_with_the_first_request)
{
    http_place here;
    http_place_make(&here, 4, 4);
    here.access.username = "me";
    here.access.password = "opensesame";
    http_peer_say(here.peer, 200, NULL, "");
    http_place_expect(http_place_get(&here, "/"), 200, "");
    ck_assert_str_eq(http_peer_header(http_peer_seen(here.peer, 0), "Authorization"),
                     "Basic bWU6b3BlbnNlc2FtZQ==");
    http_place_drop(&here);
}
END_TEST

START_TEST(nothing_of_one_exchange_is_left_for_the_next)
{
    static const char *const headers[] = {"X-Test: 1", NULL};
    const mfn__http_access bare = {.bearer_token = "",
                                   .username = "",
                                   .password = "",
                                   .ca_file = "",
                                   .client_certificate_file = "",
                                   .client_key_file = "",
                                   .allow_internal_addresses = true,
                                   .max_response_bytes = 1024};
    http_place here;
    http_place_make(&here, 1, 1);
    here.access.username = "me";
    here.access.password = "opensesame";
    http_peer_say(here.peer, 200, NULL, "");
    http_peer_say(here.peer, 200, NULL, "x");
    mfn__http_exchange *exchange = http_place_add(&here, "127.0.0.1", "/");
    exchange->method = "POST";
    exchange->headers = headers;
    exchange->body = "body";
    exchange->body_size = 4;
    http_place_perform(&here);
    http_place_expect(exchange, 200, "");
    http_place_clear(&here);
    exchange = http_place_add(&here, "127.0.0.1", "/");
    exchange->access = &bare;
    http_place_perform(&here);
    http_place_expect(exchange, 200, "x");
    const http_peer_request *request = http_peer_seen(here.peer, 1);
    ck_assert_uint_eq(request->connection, 0);
    ck_assert_str_eq(request->method, "GET");
    ck_assert_uint_eq(request->body_size, 0);
    ck_assert_ptr_null(http_peer_header(request, "Authorization"));
    ck_assert_ptr_null(http_peer_header(request, "X-Test"));
    ck_assert_ptr_null(http_peer_header(request, "Content-Type"));
    http_place_drop(&here);
}
END_TEST

START_TEST(an_interim_answer_is_passed_over)
{
    static const char answer[] = "HTTP/1.1 103 Early Hints\r\nETag: \"early\"\r\n\r\n"
                                 "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
    const http_peer_answer babble = {
        .body = answer, .body_size = sizeof answer - 1, .manner = HTTP_PEER_BABBLES};
    http_place here;
    http_place_make(&here, 1, 1);
    http_peer_add(here.peer, &babble);
    const mfn__http_exchange *exchange = http_place_get(&here, "/");
    http_place_expect(exchange, 200, "x");
    ck_assert_ptr_null(exchange->etag);
    http_place_drop(&here);
}
END_TEST

START_TEST(an_answer_in_chunks_with_a_trailer_is_put_together)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                 "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n";
    const http_peer_answer babble = {
        .body = answer, .body_size = sizeof answer - 1, .manner = HTTP_PEER_BABBLES};
    http_place here;
    http_place_make(&here, 1, 1);
    http_peer_add(here.peer, &babble);
    http_place_expect(http_place_get(&here, "/"), 200, "abcde");
    http_place_drop(&here);
}
END_TEST

START_TEST(credentials_that_would_break_a_header_are_refused)
{
    static const struct {
        const char *what, *token, *username, *field;
    } cases[] = {
        {"a line break in the token", "t0ken\r\nX: 1", "", "bearer_token"},
        {"a line feed at its end", "t0ken\n", "", "bearer_token"},
        {"a colon in the name", "", "t0ken:x", "username"},
    };
    http_place here;
    http_place_make(&here, 4, 4);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        here.access.bearer_token = cases[i].token;
        here.access.username = cases[i].username;
        const mfn__http_exchange *exchange = http_place_get(&here, "/");
        ck_assert_msg(exchange->problem.status == MFN_INVALID, "%s: %s", cases[i].what,
                      exchange->problem.text);
        ck_assert_msg(exchange->is_paused, "%s", cases[i].what);
        ck_assert_msg(strcmp(exchange->problem.field, cases[i].field) == 0, "%s: field %s",
                      cases[i].what, exchange->problem.field);
        ck_assert_msg(strstr(exchange->problem.text, "t0ken") == NULL, "%s", cases[i].what);
    }
    ck_assert_uint_eq(http_peer_count(here.peer), 0);
    http_place_drop(&here);
}
END_TEST

START_TEST(proxies_of_the_environment_are_ignored)
{
    ck_assert_int_eq(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    ck_assert_int_eq(setenv("ALL_PROXY", "http://127.0.0.1:1", 1), 0);
    http_place here;
    http_place_make(&here, 4, 4);
    http_peer_say(here.peer, 200, NULL, "direct");
    http_place_expect(http_place_get(&here, "/"), 200, "direct");
    http_place_drop(&here);
}
END_TEST

START_TEST(a_peer_that_misbehaves_is_a_passing_problem)
{
    static char long_header[200000] = "HTTP/1.1 200 OK\r\nX: ";
    size_t used = strlen(long_header);
    memset(long_header + used, 'x', sizeof long_header - used - 1);
    const struct {
        const char *what;
        http_peer_answer answer;
    } cases[] = {
        {"no answer", {.manner = HTTP_PEER_DROPS}},
        {"half a body",
         {.status = 200, .body = "hunter2hunter2", .body_size = 14, .manner = HTTP_PEER_CUTS}},
        {"garbage", {.body = "hunter2\r\n\r\n", .body_size = 11, .manner = HTTP_PEER_BABBLES}},
        {"binary garbage",
         {.body = "\x16\x03\x01\x02\0\x01", .body_size = 6, .manner = HTTP_PEER_BABBLES}},
        {"half a head",
         {.body = "HTTP/1.1 200 OK\r\nX-A", .body_size = 20, .manner = HTTP_PEER_BABBLES}},
        {"half a head after an interim one",
         {.body = "HTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-A",
          .body_size = 55,
          .manner = HTTP_PEER_BABBLES}},
        {"another protocol",
         {.body = "SSH-2.0-OpenSSH_9.2\r\n", .body_size = 21, .manner = HTTP_PEER_BABBLES}},
        {"a length that is none",
         {.body = "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
          .body_size = 38,
          .manner = HTTP_PEER_BABBLES}},
        {"a broken chunk",
         {.body = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
          .body_size = 51,
          .manner = HTTP_PEER_BABBLES}},
        {"an endless header",
         {.body = long_header, .body_size = sizeof long_header - 1, .manner = HTTP_PEER_BABBLES}},
    };
    http_place here;
    http_place_make(&here, 2, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_peer_add(here.peer, &cases[i].answer);
        const mfn__http_exchange *exchange = http_place_get(&here, "/?key=hunter2");
        mfn__advice advice = {0};
        mfn_error err = {0};
        mfn_status status = mfn__http_judge(exchange, NULL, &advice, &err);
        ck_assert_msg(status == MFN_IO, "%s: %s: %s", cases[i].what, mfn_status_name(status),
                      err.text);
        ck_assert_msg(advice.trouble == MFN__TROUBLE_PASSING, "%s: %s", cases[i].what, err.text);
        ck_assert_msg(strstr(err.text, "hunter2") == NULL, "%s: %s", cases[i].what, err.text);
    }
    ck_assert_uint_eq(http_peer_count(here.peer), sizeof cases / sizeof *cases);
    http_place_drop(&here);
}
END_TEST

START_TEST(nobody_there_is_a_passing_problem_and_no_reuse)
{
    http_place here;
    http_place_make(&here, 2, 2);
    http_peer *closed = http_peer_new();
    mfn__http_exchange *exchange = http_place_add(&here, "127.0.0.1", "/");
    snprintf(here.urls[0], HTTP_PLACE_URL_MAX, "http://127.0.0.1:%d/", http_peer_port(closed));
    http_peer_free(closed);
    http_place_perform(&here);
    mfn__advice advice = {0};
    ck_assert_int_eq(mfn__http_judge(exchange, NULL, &advice, NULL), MFN_IO);
    ck_assert_int_eq(advice.trouble, MFN__TROUBLE_PASSING);
    ck_assert(!exchange->used_new_connection);
    ck_assert_uint_eq(mfn__http_pool_counts(here.pool).connections_reused, 0);
    http_place_drop(&here);
}
END_TEST

START_TEST(a_name_without_address_is_a_passing_problem)
{
    http_place here;
    http_place_make(&here, 2, 2);
    mfn__http_exchange *exchange = http_place_add(&here, "nowhere.invalid", "/?key=hunter2");
    http_place_perform(&here);
    mfn__advice advice = {0};
    mfn_error err = {0};
    ck_assert_int_eq(mfn__http_judge(exchange, NULL, &advice, &err), MFN_IO);
    ck_assert_int_eq(advice.trouble, MFN__TROUBLE_PASSING);
    ck_assert_ptr_nonnull(strstr(err.text, "nowhere.invalid"));
    ck_assert_ptr_null(strstr(err.text, "hunter2"));
    http_place_drop(&here);
}
END_TEST

START_TEST(an_answer_over_the_limit_is_too_large)
{
    static char body[4096];
    memset(body, 'x', sizeof body);
    static const struct {
        uint64_t limit;
        mfn_status status;
    } cases[] = {{4096, MFN_OK}, {4095, MFN_TOO_LARGE}, {1024, MFN_TOO_LARGE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_place here;
        http_place_make(&here, 2, 2);
        here.access.max_response_bytes = cases[i].limit;
        const http_peer_answer answer = {.status = 200, .body = body, .body_size = sizeof body};
        http_peer_add(here.peer, &answer);
        const mfn__http_exchange *exchange = http_place_get(&here, "/");
        ck_assert_int_eq(exchange->problem.status, cases[i].status);
        ck_assert_int_eq(exchange->status, 200);
        ck_assert_uint_le(exchange->answer.size, cases[i].limit);
        ck_assert_uint_eq(http_peer_count(here.peer), 1);
        http_place_drop(&here);
    }
}
END_TEST

START_TEST(internal_addresses_are_refused_after_the_name_is_known)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "public.test", "2130706433",
                                        "0x7f.1",    "0",         "[::1]",       "[::ffff:7f00:1]"};
    http_place here;
    http_place_make(&here, 4, 4);
    here.access.allow_internal_addresses = false;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        http_place_clear(&here);
        mfn__http_exchange *exchange = http_place_add(&here, hosts[i], "/?key=hunter2");
        http_place_perform(&here);
        ck_assert_msg(exchange->problem.status == MFN_ACCESS, "%s: %s", hosts[i],
                      exchange->problem.text);
        ck_assert_str_eq(exchange->problem.field, "allow_internal_addresses");
        ck_assert(exchange->is_paused);
        ck_assert_msg(strstr(exchange->problem.text, " is an internal address: set "
                                                     "allow_internal_addresses: true") != NULL,
                      "%s: %s", hosts[i], exchange->problem.text);
        ck_assert_ptr_null(strstr(exchange->problem.text, "hunter2"));
    }
    ck_assert_uint_eq(http_peer_count(here.peer), 0);
    ck_assert_uint_eq(mfn__http_pool_counts(here.pool).connections_opened, 0);
    http_place_drop(&here);
}
END_TEST

START_TEST(internal_addresses_can_be_allowed)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "public.test", "2130706433"};
    http_place here;
    http_place_make(&here, 4, 4);
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        http_place_clear(&here);
        http_peer_say(here.peer, 200, NULL, "x");
        mfn__http_exchange *exchange = http_place_add(&here, hosts[i], "/");
        http_place_perform(&here);
        http_place_expect(exchange, 200, "x");
    }
    http_place_drop(&here);
}
END_TEST

START_TEST(a_connection_of_one_who_may_does_not_serve_one_who_may_not)
{
    http_place here;
    http_place_make(&here, 4, 4);
    http_peer_say(here.peer, 200, NULL, "x");
    http_peer_say(here.peer, 200, NULL, "y");
    http_place_expect(http_place_get(&here, "/"), 200, "x");
    here.access.allow_internal_addresses = false;
    const mfn__http_exchange *exchange = http_place_get(&here, "/");
    ck_assert_int_eq(exchange->problem.status, MFN_ACCESS);
    ck_assert_ptr_nonnull(strstr(exchange->problem.text, "127.0.0.1 is an internal address"));
    ck_assert_uint_eq(http_peer_count(here.peer), 1);
    http_place_drop(&here);
}
END_TEST

START_TEST(other_schemes_are_refused)
{
    static const char *const urls[] = {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://h/",
                                       "telnet://127.0.0.1/"};
    http_place here;
    http_place_make(&here, 4, 4);
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        http_place_clear(&here);
        mfn__http_exchange *exchange = http_place_add(&here, "127.0.0.1", "/");
        exchange->url = urls[i];
        http_place_perform(&here);
        ck_assert_msg(exchange->problem.status == MFN_INVALID, "%s: %s", urls[i],
                      exchange->problem.text);
        ck_assert_str_eq(exchange->problem.field, "url");
    }
    http_place_drop(&here);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_get_brings_status_body_and_validators,
        a_post_brings_headers_and_body_bit_by_bit,
        a_large_post_does_not_wait_for_permission,
        basic_authentication_goes_with_the_first_request,
        nothing_of_one_exchange_is_left_for_the_next,
        an_interim_answer_is_passed_over,
        an_answer_in_chunks_with_a_trailer_is_put_together,
        credentials_that_would_break_a_header_are_refused,
        proxies_of_the_environment_are_ignored,
        a_peer_that_misbehaves_is_a_passing_problem,
        nobody_there_is_a_passing_problem_and_no_reuse,
        a_name_without_address_is_a_passing_problem,
        an_answer_over_the_limit_is_too_large,
        internal_addresses_are_refused_after_the_name_is_known,
        internal_addresses_can_be_allowed,
        a_connection_of_one_who_may_does_not_serve_one_who_may_not,
        other_schemes_are_refused,
        NULL,
    };
    return mfn_test_run("http_transfer", tests);
}
