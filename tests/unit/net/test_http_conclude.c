/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "http_place.h"
#include "suite.h"

#define SECONDS(n) ((n)*MFN__NS_PER_S)

/* Headers. */

START_TEST(retry_after_is_read_as_seconds_or_as_a_date)
{
    static const struct {
        const char *what, *header;
        double least_s, most_s;
    } cases[] = {
        {"seconds", "Retry-After: 7\r\n", 7, 7},
        {"none", "", 0, 0},
        {"zero", "Retry-After: 0\r\n", 0, 0},
        {"a date long ago", "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n", 0, 0},
        {"a far date", "Retry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\n", 1e8, 4e9},
        {"nonsense", "Retry-After: soon\r\n", 0, 0},
        {"a negative number", "Retry-After: -5\r\n", 0, 0},
        {"more than fits", "Retry-After: 99999999999999999999999\r\n", 0, 9.3e9},
    };
    http_place here;
    http_place_make(&here, 2, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_peer_say(here.peer, 503, cases[i].header, "");
        const mfn__http_exchange *exchange = http_place_get(&here, "/");
        http_place_expect(exchange, 503, "");
        double wait_s = (double)exchange->retry_after_ns / (double)MFN__NS_PER_S;
        ck_assert_msg(wait_s >= cases[i].least_s && wait_s <= cases[i].most_s, "%s: %g s",
                      cases[i].what, wait_s);
    }
    http_place_drop(&here);
}
END_TEST

START_TEST(retry_after_as_a_date_counts_from_now)
{
    char header[128];
    time_t until = time(NULL) + 100;
    struct tm parts;
    gmtime_r(&until, &parts);
    strftime(header, sizeof header, "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    http_place here;
    http_place_make(&here, 2, 2);
    http_peer_say(here.peer, 429, header, "");
    const mfn__http_exchange *exchange = http_place_get(&here, "/");
    http_place_expect(exchange, 429, "");
    ck_assert(exchange->retry_after_ns <= SECONDS(100));
    ck_assert(exchange->retry_after_ns >= SECONDS(50));
    http_place_drop(&here);
}
END_TEST

START_TEST(the_next_link_is_resolved_against_the_url)
{
    static const struct {
        const char *what, *headers, *next; /* after the origin; NULL: none */
    } cases[] = {
        {"a path", "Link: </b?page=2>; rel=\"next\"\r\n", "/b?page=2"},
        {"a query", "Link: <?page=2>; rel=\"next\"\r\n", "/a/x?page=2"},
        {"a relative path", "Link: <../c>; rel=next\r\n", "/c"},
        {"in a second header", "Link: </1>; rel=prev\r\nLink: </3>; rel=next\r\n", "/3"},
        {"with a fragment", "Link: </b#part>; rel=next\r\n", "/b"},
        {"none", "Link: </1>; rel=prev\r\n", NULL},
        {"an empty one", "Link: <>; rel=next\r\n", NULL},
        {"one with a space", "Link: </a b>; rel=next\r\n", NULL},
    };
    http_place here;
    http_place_make(&here, 2, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_peer_say(here.peer, 200, cases[i].headers, "");
        const mfn__http_exchange *exchange = http_place_get(&here, "/a/x?q");
        http_place_expect(exchange, 200, "");
        ck_assert_msg((exchange->next_link != NULL) == (cases[i].next != NULL), "%s",
                      cases[i].what);
        if (cases[i].next != NULL) {
            char url[HTTP_PLACE_URL_MAX];
            snprintf(url, sizeof url, "http://127.0.0.1:%d%s", http_peer_port(here.peer),
                     cases[i].next);
            ck_assert_str_eq(exchange->next_link, url);
        }
    }
    http_place_drop(&here);
}
END_TEST

/* Redirects. */

START_TEST(redirects_to_the_same_origin_are_followed_as_the_method_allows)
{
    static const struct {
        const char *method;
        int status;
        bool is_followed;
    } cases[] = {
        {"GET", 301, true},   {"GET", 302, true},  {"GET", 303, true},      {"GET", 307, true},
        {"GET", 308, true},   {"GET", 300, false}, {"GET", 304, false},     {"GET", 305, false},
        {"POST", 307, true},  {"POST", 308, true}, {"POST", 301, false},    {"POST", 302, false},
        {"POST", 303, false}, {"GET", 201, false}, {"OPTIONS", 302, false}, {"OPTIONS", 308, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_place here;
        http_place_make(&here, 2, 2);
        here.access.bearer_token = "t0ken";
        http_peer_say(here.peer, cases[i].status, "Location: /b?c\r\n", "");
        http_peer_say(here.peer, 200, NULL, "there");
        mfn__http_exchange *exchange = http_place_add(&here, "127.0.0.1", "/a");
        exchange->method = cases[i].method;
        if (strcmp(exchange->method, "POST") == 0) {
            exchange->body = "body";
            exchange->body_size = 4;
        }
        http_place_perform(&here);
        ck_assert_uint_eq(http_peer_count(here.peer), cases[i].is_followed ? 2 : 1);
        ck_assert_uint_eq(mfn__http_pool_counts(here.pool).redirects, cases[i].is_followed ? 1 : 0);
        http_place_expect(exchange, cases[i].is_followed ? 200 : cases[i].status,
                          cases[i].is_followed ? "there" : "");
        if (cases[i].is_followed) {
            const http_peer_request *second = http_peer_seen(here.peer, 1);
            ck_assert_str_eq(second->method, cases[i].method);
            ck_assert_str_eq(second->target, "/b?c");
            ck_assert_str_eq(second->body, exchange->body != NULL ? "body" : "");
            ck_assert_str_eq(http_peer_header(second, "Authorization"), "Bearer t0ken");
        }
        http_place_drop(&here);
    }
}
END_TEST

START_TEST(what_came_with_a_redirect_is_forgotten)
{
    http_place here;
    http_place_make(&here, 2, 2);
    http_peer_say(here.peer, 302,
                  "Location: /b\r\nETag: \"old\"\r\nRetry-After: 9\r\nLink: </x>; rel=next\r\n",
                  "gone over there");
    http_peer_say(here.peer, 200, "ETag: \"new\"\r\nLink: <?p=2>; rel=next\r\n", "x");
    const mfn__http_exchange *exchange = http_place_get(&here, "/a");
    http_place_expect(exchange, 200, "x");
    ck_assert_str_eq(exchange->etag, "\"new\"");
    ck_assert(exchange->retry_after_ns == 0);
    ck_assert_ptr_nonnull(strstr(exchange->next_link, "/b?p=2"));
    http_place_drop(&here);
}
END_TEST

START_TEST(a_fragment_of_a_redirect_is_left_out)
{
    http_place here;
    http_place_make(&here, 2, 2);
    http_peer_say(here.peer, 302, "Location: /b#part\r\n", "");
    http_peer_say(here.peer, 200, NULL, "x");
    http_place_expect(http_place_get(&here, "/a"), 200, "x");
    ck_assert_str_eq(http_peer_seen(here.peer, 1)->target, "/b");
    http_place_drop(&here);
}
END_TEST

/* Judged so that somebody mends it, in words that have no secret of the target. */
static void expect_refused(const mfn__http_exchange *exchange, const char *why)
{
    mfn__advice advice = {0};
    mfn_error err = {0};
    ck_assert_int_eq(mfn__http_judge(exchange, NULL, &advice, &err), MFN_INVALID);
    ck_assert_int_eq(advice.trouble, MFN__TROUBLE_PAUSED);
    ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "hunter2") == NULL, "%s", err.text);
}

START_TEST(redirects_end_somewhere)
{
    http_place here;
    http_place_make(&here, 2, 2);
    here.access.max_redirects = 3;
    for (size_t i = 0; i < 10; i++) {
        http_peer_say(here.peer, 302, "Location: /a?key=hunter2\r\n", "");
    }
    expect_refused(http_place_get(&here, "/a"), "max_redirects");
    ck_assert_uint_eq(http_peer_count(here.peer), 4);
    here.access.max_redirects = 0;
    expect_refused(http_place_get(&here, "/a"), "max_redirects");
    ck_assert_uint_eq(http_peer_count(here.peer), 5);
    http_place_drop(&here);
}
END_TEST

START_TEST(redirects_never_change_the_scheme)
{
    static const char *const targets[] = {
        "https://127.0.0.1/?key=hunter2",     "https://127.0.0.1:%d/?key=hunter2",
        "ftp://127.0.0.1/?key=hunter2",       "file:///etc/passwd?key=hunter2",
        "gopher://127.0.0.1:%d/?key=hunter2",
    };
    http_place here;
    http_place_make(&here, 2, 2);
    here.access.allow_other_hosts = true;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        char target[HTTP_PLACE_URL_MAX];
        char header[HTTP_PLACE_URL_MAX + 32];
        const char *port = strstr(targets[i], "%d");
        int before = (int)(port != NULL ? (size_t)(port - targets[i]) : strlen(targets[i]));
        snprintf(target, sizeof target, "%.*s", before, targets[i]);
        if (port != NULL) {
            snprintf(target + before, sizeof target - (size_t)before, "%d%s",
                     http_peer_port(here.peer), port + 2);
        }
        snprintf(header, sizeof header, "Location: %s\r\n", target);
        http_peer_say(here.peer, 302, header, "");
        expect_refused(http_place_get(&here, "/a"), i < 2 ? "changes the scheme" : "is no plain");
    }
    ck_assert_uint_eq(http_peer_count(here.peer), sizeof targets / sizeof *targets);
    http_place_drop(&here);
}
END_TEST

START_TEST(redirects_with_a_user_in_the_url_are_refused)
{
    http_place here;
    http_place_make(&here, 2, 2);
    char header[HTTP_PLACE_URL_MAX];
    snprintf(header, sizeof header, "Location: http://me:hunter2@127.0.0.1:%d/\r\n",
             http_peer_port(here.peer));
    http_peer_say(here.peer, 302, header, "");
    expect_refused(http_place_get(&here, "/a"), "is no plain");
    http_place_drop(&here);
}
END_TEST

typedef struct two_places {
    http_place here;
    http_peer *other;
} two_places;

static const char *const secret_headers[] = {"X-Api-Key: hunter2", "Authorization: hunter2",
                                             "Cookie: hunter2",    "Content-Type: text/plain",
                                             "Accept: text/plain", NULL};

/* The peer sends a POST with every kind of credential to `host` at the other peer. */
static mfn__http_exchange *redirect_to_other(two_places *self, const char *host)
{
    char header[HTTP_PLACE_URL_MAX];
    snprintf(header, sizeof header, "Location: http://%s:%d/b?key=hunter2\r\n", host,
             http_peer_port(self->other));
    http_peer_say(self->here.peer, 307, header, "");
    http_place_clear(&self->here);
    mfn__http_exchange *exchange = http_place_add(&self->here, "127.0.0.1", "/a");
    exchange->method = "POST";
    exchange->headers = secret_headers;
    exchange->body = "body";
    exchange->body_size = 4;
    http_place_perform(&self->here);
    return exchange;
}

static void two_places_make(two_places *self)
{
    http_place_make(&self->here, 4, 4);
    self->other = http_peer_new();
    self->here.access.username = "me";
    self->here.access.password = "hunter2";
}

static void two_places_drop(two_places *self)
{
    http_peer_free(self->other);
    http_place_drop(&self->here);
}

START_TEST(redirects_to_another_host_or_port_are_refused)
{
    static const char *const hosts[] = {"127.0.0.1", "other.test"};
    two_places both;
    two_places_make(&both);
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        expect_refused(redirect_to_other(&both, hosts[i]), "allow_other_hosts");
    }
    ck_assert_uint_eq(http_peer_count(both.other), 0);
    two_places_drop(&both);
}
END_TEST

START_TEST(allowed_redirects_to_another_host_go_without_credentials)
{
    static const char *const hosts[] = {"127.0.0.1", "other.test"};
    two_places both;
    two_places_make(&both);
    both.here.access.allow_other_hosts = true;
    for (size_t i = 0; i < 4; i++) {
        bool is_basic = i < 2;
        both.here.access.username = is_basic ? "me" : "";
        both.here.access.bearer_token = is_basic ? "" : "hunter2";
        http_peer_say(both.other, 200, NULL, "there");
        http_place_expect(redirect_to_other(&both, hosts[i % 2]), 200, "there");
        const http_peer_request *request = http_peer_seen(both.other, i);
        ck_assert_str_eq(request->method, "POST");
        ck_assert_str_eq(request->body, "body");
        ck_assert_str_eq(http_peer_header(request, "Content-Type"), "text/plain");
        ck_assert_str_eq(http_peer_header(request, "Accept"), "text/plain");
        ck_assert_ptr_null(http_peer_header(request, "Authorization"));
        ck_assert_ptr_null(http_peer_header(request, "X-Api-Key"));
        ck_assert_ptr_null(http_peer_header(request, "Cookie"));
        ck_assert_ptr_nonnull(http_peer_header(http_peer_seen(both.here.peer, i), "X-Api-Key"));
    }
    two_places_drop(&both);
}
END_TEST

START_TEST(a_way_back_does_not_bring_the_credentials_back)
{
    two_places both;
    two_places_make(&both);
    both.here.access.allow_other_hosts = true;
    char header[HTTP_PLACE_URL_MAX];
    snprintf(header, sizeof header, "Location: http://127.0.0.1:%d/stolen\r\n",
             http_peer_port(both.here.peer));
    http_peer_say(both.other, 307, header, "");
    const mfn__http_exchange *exchange = redirect_to_other(&both, "other.test");
    ck_assert_int_eq(exchange->status, 500); /* the script of the first peer is over */
    const http_peer_request *back = http_peer_seen(both.here.peer, 1);
    ck_assert_str_eq(back->target, "/stolen");
    ck_assert_ptr_null(http_peer_header(back, "Authorization"));
    ck_assert_ptr_null(http_peer_header(back, "X-Api-Key"));
    two_places_drop(&both);
}
END_TEST

START_TEST(a_scheme_in_capitals_is_the_same_scheme)
{
    two_places both;
    two_places_make(&both);
    both.here.access.allow_other_hosts = true;
    char header[HTTP_PLACE_URL_MAX];
    snprintf(header, sizeof header, "Location: HTTP://127.0.0.1:%d/b\r\n",
             http_peer_port(both.other));
    http_peer_say(both.here.peer, 302, header, "");
    http_peer_say(both.other, 200, NULL, "there");
    mfn__http_exchange *exchange = http_place_add(&both.here, "127.0.0.1", "/a");
    memcpy(both.here.urls[0], "HTTP", 4);
    http_place_perform(&both.here);
    http_place_expect(exchange, 200, "there");
    two_places_drop(&both);
}
END_TEST

START_TEST(the_timeout_covers_all_redirects)
{
    http_place here;
    http_place_make(&here, 2, 2);
    here.access.max_redirects = 20;
    const http_peer_answer slow = {.status = 302, .headers = "Location: /\r\n", .delay_s = 0.05};
    for (size_t i = 0; i < 20; i++) {
        http_peer_add(here.peer, &slow);
    }
    mfn__http_exchange *exchange = http_place_add(&here, "127.0.0.1", "/");
    exchange->timeout_s = 0.3;
    http_place_perform(&here);
    ck_assert_int_eq(exchange->problem.status, MFN_TIMED_OUT);
    ck_assert_uint_lt(http_peer_count(here.peer), 10);
    http_place_drop(&here);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        retry_after_is_read_as_seconds_or_as_a_date,
        retry_after_as_a_date_counts_from_now,
        the_next_link_is_resolved_against_the_url,
        redirects_to_the_same_origin_are_followed_as_the_method_allows,
        what_came_with_a_redirect_is_forgotten,
        a_fragment_of_a_redirect_is_left_out,
        redirects_end_somewhere,
        redirects_never_change_the_scheme,
        redirects_with_a_user_in_the_url_are_refused,
        redirects_to_another_host_or_port_are_refused,
        allowed_redirects_to_another_host_go_without_credentials,
        a_way_back_does_not_bring_the_credentials_back,
        a_scheme_in_capitals_is_the_same_scheme,
        the_timeout_covers_all_redirects,
        NULL,
    };
    return mfn_test_run("http_conclude", tests);
}
