/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "around.h"
#include "base/mem.h"
#include "connectors/rest/rest_connector.h"
#include "folder.h"
#include "http_peer.h"
#include "suite.h"

#define SPOOL_BYTES (1 << 20)
#define URL_MAX     256

typedef struct place {
    char folder[MFN_TEST_PATH_MAX];
    mfn_test_around around;
    http_peer *peer;
    char url[URL_MAX];
    mfn__rest_connector_options options;
    void *connector;
    mfn__advice advice;
    mfn_error err;
    char got[4096];    /* the items of all fetches, each with a line break after it */
    char origin[1024]; /* of the last item */
    uint64_t rows[64]; /* of the inbox, not settled */
    size_t row_count;
    mfn_status problem; /* of the last item */
} place;

static void place_open(place *self)
{
    ck_assert_msg(mfn__rest_connector.check(&self->options, &self->err) == MFN_OK, "%s",
                  self->err.text);
    ck_assert_msg(mfn__rest_connector.open(&self->options, &self->around.lent, &self->connector,
                                           &self->err) == MFN_OK,
                  "%s", self->err.text);
}

static void place_make_with_room(place *self, const char *path, uint64_t spool_bytes)
{
    *self = (place){0};
    snprintf(self->folder, sizeof self->folder, "%s", mfn_test_folder());
    mfn_test_around_open(&self->around, self->folder, spool_bytes);
    self->peer = http_peer_new();
    snprintf(self->url, sizeof self->url, "http://127.0.0.1:%d%s", http_peer_port(self->peer),
             path);
    mfn_options_set_defaults(mfn__rest_connector.options, &self->options);
    self->options.base_url = self->url;
    self->options.access.allow_internal_addresses = true;
}

static void place_make(place *self, const char *path)
{
    place_make_with_room(self, path, SPOOL_BYTES);
}

static void place_drop(place *self)
{
    mfn__rest_connector.close(self->connector);
    http_peer_free(self->peer);
    mfn_test_around_close(&self->around);
}

/* As after a crash: nothing was settled that settle() did not settle. */
static void place_reopen(place *self)
{
    mfn__rest_connector.close(self->connector);
    mfn_test_around_close(&self->around);
    mfn_test_around_open(&self->around, self->folder, SPOOL_BYTES);
    self->row_count = 0;
    self->got[0] = '\0';
    place_open(self);
}

static void keep(place *self, const mfn__message *message)
{
    size_t used = strlen(self->got);
    snprintf(self->got + used, sizeof self->got - used, "%.*s\n", (int)message->original_size,
             message->original);
    snprintf(self->origin, sizeof self->origin, "%s", message->origin);
    ck_assert_uint_ne(message->inbox_row, 0);
    ck_assert_uint_eq(message->line, 0);
    ck_assert_uint_lt(self->row_count, 64);
    self->rows[self->row_count++] = message->inbox_row;
    self->problem = message->problem.status;
}

static mfn_status fetch(place *self)
{
    mfn__batch batch = {.count = 0};
    self->advice = (mfn__advice){0};
    self->err = (mfn_error){0};
    mfn_status status = mfn__rest_connector.fetch(self->connector, self->around.monotonic_ns,
                                                  &batch, &self->advice, &self->err);
    ck_assert((status == MFN_OK) == (batch.count > 0));
    for (size_t i = 0; i < batch.count; i++) {
        keep(self, batch.messages[i]);
        mfn__message_free(batch.messages[i]);
    }
    return status;
}

/* Fetches until something else than items or a wait comes. */
static mfn_status drain(place *self)
{
    mfn_status status = fetch(self);
    while (status == MFN_OK || status == MFN_TIMED_OUT) {
        status = fetch(self);
    }
    return status;
}

static void drain_to_end(place *self)
{
    mfn_status status = drain(self);
    ck_assert_msg(status == MFN_NOT_FOUND, "%s: %s", mfn_status_name(status), self->err.text);
    ck_assert_int_eq(self->advice.trouble, MFN__TROUBLE_BY_STATUS);
}

/* What the stream does with settled messages. */
static void settle(place *self)
{
    ck_assert_int_eq(mfn__ledger_begin(self->around.lent.ledger, &self->err), MFN_OK);
    for (size_t i = 0; i < self->row_count; i++) {
        ck_assert_int_eq(mfn__inbox_remove(self->around.lent.spool, self->rows[i], &self->err),
                         MFN_OK);
    }
    ck_assert_int_eq(mfn__ledger_commit(self->around.lent.ledger, &self->err), MFN_OK);
    self->row_count = 0;
    self->got[0] = '\0';
}

static void wait_for_next_poll(place *self)
{
    self->around.monotonic_ns += (int64_t)(self->options.interval + 1) * MFN__NS_PER_S;
}

START_TEST(items_are_the_elements_byte_for_byte)
{
    static const struct {
        const char *what, *items, *body, *expected;
    } cases[] = {
        {"the whole array", "", " [ {\"a\": 1.50},{\"b\":12345678901234567890} ] ",
         "{\"a\": 1.50}\n{\"b\":12345678901234567890}\n"},
        {"an array inside", "/data/0/jobs", "{\"data\": [{\"jobs\": [1e2, \"x\"]}]}",
         "1e2\n\"x\"\n"},
        {"the whole object", "", "{\"id\": \"j\"}", "{\"id\": \"j\"}\n"},
        {"an object inside", "/job", "{\"job\": {\"id\": \"j\"}}", "{\"id\": \"j\"}\n"},
        {"an empty array", "", "[]", ""},
        {"null for an empty array", "/jobs", "{\"jobs\": null}", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        place here;
        place_make(&here, "/");
        here.options.items = cases[i].items;
        place_open(&here);
        http_peer_say(here.peer, 200, "", cases[i].body);
        drain_to_end(&here);
        ck_assert_msg(strcmp(here.got, cases[i].expected) == 0, "%s: %s", cases[i].what, here.got);
        ck_assert_uint_eq(http_peer_count(here.peer), 1);
        place_drop(&here);
    }
}
END_TEST

START_TEST(the_request_is_made_of_all_that_was_given)
{
    static const char *const header_names[] = {"X-Test"};
    static const char *const header_values[] = {"v"};
    static const char *const names[] = {"limit", "q"};
    static const char *const values[] = {"5", "a b&c"};
    place here;
    place_make(&here, "/base//");
    here.options.endpoint = "/x";
    here.options.method = MFN__REST_POST;
    here.options.body = "{\"k\": [1, 2.5]}";
    here.options.params = (mfn_texts){names, values, 2};
    here.options.headers = (mfn_texts){header_names, header_values, 1};
    here.options.access.bearer_token = "T0P";
    place_open(&here);
    http_peer_say(here.peer, 204, "", "");
    drain_to_end(&here);
    const http_peer_request *request = http_peer_seen(here.peer, 0);
    ck_assert_str_eq(request->method, "POST");
    ck_assert_str_eq(request->target, "/base/x?limit=5&q=a%20b%26c");
    ck_assert_str_eq(request->body, "{\"k\": [1, 2.5]}");
    ck_assert_str_eq(http_peer_header(request, "content-type"), "application/json");
    ck_assert_str_eq(http_peer_header(request, "x-test"), "v");
    ck_assert_str_eq(http_peer_header(request, "authorization"), "Bearer T0P");
    place_drop(&here);
}
END_TEST

START_TEST(polls_come_at_intervals)
{
    place here;
    place_make(&here, "/");
    place_open(&here);
    http_peer_say(here.peer, 200, "", "[1]");
    drain_to_end(&here);
    ck_assert_int_eq(fetch(&here), MFN_NOT_FOUND);
    here.around.monotonic_ns += 59 * MFN__NS_PER_S;
    ck_assert_int_eq(fetch(&here), MFN_NOT_FOUND);
    ck_assert_uint_eq(http_peer_count(here.peer), 1);
    here.around.monotonic_ns += 1 * MFN__NS_PER_S;
    http_peer_say(here.peer, 200, "", "[2]");
    ck_assert_int_eq(fetch(&here), MFN_OK);
    ck_assert_str_eq(here.got, "1\n2\n");
    place_drop(&here);
}
END_TEST

START_TEST(link_headers_lead_from_page_to_page)
{
    place here;
    place_make(&here, "/jobs");
    here.options.pagination = MFN__REST_LINK;
    place_open(&here);
    http_peer_say(here.peer, 200, "Link: </jobs?p=2&token=SECRET>; rel=\"next\"\r\n", "[1, 2]");
    http_peer_say(here.peer, 200, "Link: </jobs?p=1>; rel=\"prev\"\r\n", "[3]");
    drain_to_end(&here);
    ck_assert_str_eq(here.got, "1\n2\n3\n");
    ck_assert_str_eq(http_peer_seen(here.peer, 1)->target, "/jobs?p=2&token=SECRET");
    char origin[512];
    snprintf(origin, sizeof origin, "%s#2-1", here.url);
    ck_assert_str_eq(here.origin, origin);
    place_drop(&here);
}
END_TEST

START_TEST(a_pointer_leads_from_page_to_page)
{
    place here;
    place_make(&here, "/v1/jobs");
    here.options.pagination = MFN__REST_NEXT;
    here.options.items = "/jobs";
    here.options.next_pointer = "/meta/next";
    place_open(&here);
    char absolute[512];
    snprintf(absolute, sizeof absolute, "{\"jobs\": [3], \"meta\": {\"next\": \"%s?p=4\"}}",
             here.url);
    http_peer_say(here.peer, 200, "", "{\"jobs\": [1], \"meta\": {\"next\": \"/v2/jobs?p=2\"}}");
    http_peer_say(here.peer, 200, "", "{\"jobs\": [2], \"meta\": {\"next\": \"more?p=3\"}}");
    http_peer_say(here.peer, 200, "", absolute);
    http_peer_say(here.peer, 200, "", "{\"jobs\": [4], \"meta\": {\"next\": null}}");
    drain_to_end(&here);
    ck_assert_str_eq(here.got, "1\n2\n3\n4\n");
    ck_assert_str_eq(http_peer_seen(here.peer, 1)->target, "/v2/jobs?p=2");
    ck_assert_str_eq(http_peer_seen(here.peer, 2)->target, "/v2/more?p=3");
    ck_assert_str_eq(http_peer_seen(here.peer, 3)->target, "/v1/jobs?p=4");
    place_drop(&here);
}
END_TEST

START_TEST(page_numbers_go_on_to_an_empty_or_short_page)
{
    static const struct {
        const char *what;
        uint64_t page_size;
        const char *last;
        const char *got;
    } cases[] = {
        {"to an empty page", 0, "[]", "1\n2\n3\n4\n"},
        {"to a short page", 2, "[5]", "1\n2\n3\n4\n5\n"},
    };
    static const char *const names[] = {"limit"};
    static const char *const values[] = {"2"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        place here;
        place_make(&here, "/");
        here.options.pagination = MFN__REST_NUMBER;
        here.options.page_start = 0;
        here.options.page_size = cases[i].page_size;
        here.options.params = (mfn_texts){names, values, 1};
        place_open(&here);
        http_peer_say(here.peer, 200, "", "[1, 2]");
        http_peer_say(here.peer, 200, "", "[3, 4]");
        http_peer_say(here.peer, 200, "", cases[i].last);
        drain_to_end(&here);
        ck_assert_msg(strcmp(here.got, cases[i].got) == 0, "%s: %s", cases[i].what, here.got);
        ck_assert_uint_eq(http_peer_count(here.peer), 3);
        ck_assert_ptr_nonnull(strstr(http_peer_seen(here.peer, 0)->target, "?limit=2&page=0"));
        ck_assert_ptr_nonnull(strstr(http_peer_seen(here.peer, 2)->target, "?limit=2&page=2"));
        place_drop(&here);
    }
}
END_TEST

START_TEST(a_page_that_comes_again_ends_the_poll)
{
    place here;
    place_make(&here, "/");
    here.options.pagination = MFN__REST_NUMBER;
    place_open(&here);
    http_peer_say(here.peer, 200, "", "[1, 2]");
    http_peer_say(here.peer, 200, "", "[3, 4]");
    http_peer_say(here.peer, 200, "", "[3, 4]");
    drain_to_end(&here);
    ck_assert_str_eq(here.got, "1\n2\n3\n4\n");
    ck_assert_uint_eq(http_peer_count(here.peer), 3);
    place_drop(&here);
}
END_TEST

static void use_cursors(place *self)
{
    self->options.pagination = MFN__REST_CURSOR;
    self->options.items = "/jobs";
    self->options.cursor_pointer = "/next";
}

START_TEST(a_cursor_leads_on_and_survives_the_end_of_the_process)
{
    place here;
    place_make(&here, "/j");
    use_cursors(&here);
    place_open(&here);
    http_peer_say(here.peer, 200, "", "{\"jobs\": [1], \"next\": \"a+b=\"}");
    http_peer_say(here.peer, 200, "", "{\"jobs\": [2], \"next\": 17}");
    http_peer_say(here.peer, 200, "", "{\"jobs\": [3], \"next\": \"\"}");
    drain_to_end(&here);
    ck_assert_str_eq(here.got, "1\n2\n3\n");
    ck_assert_str_eq(http_peer_seen(here.peer, 0)->target, "/j");
    ck_assert_str_eq(http_peer_seen(here.peer, 1)->target, "/j?cursor=a%2Bb%3D");
    ck_assert_str_eq(http_peer_seen(here.peer, 2)->target, "/j?cursor=17");
    settle(&here);

    place_reopen(&here);
    http_peer_say(here.peer, 200, "", "{\"jobs\": [3, 4]}");
    drain_to_end(&here);
    ck_assert_str_eq(http_peer_seen(here.peer, 3)->target, "/j?cursor=17");
    ck_assert_str_eq(here.got, "4\n"); /* the poll before gave 3 */
    settle(&here);

    here.options.save_cursor = false;
    place_reopen(&here);
    http_peer_say(here.peer, 200, "", "{\"jobs\": []}");
    drain_to_end(&here);
    ck_assert_str_eq(http_peer_seen(here.peer, 4)->target, "/j");

    here.options.save_cursor = true;
    here.options.endpoint = "/other";
    place_reopen(&here);
    http_peer_say(here.peer, 200, "", "{\"jobs\": []}");
    drain_to_end(&here);
    ck_assert_str_eq(http_peer_seen(here.peer, 5)->target, "/j/other");
    place_drop(&here);
}
END_TEST

START_TEST(a_cursor_that_stays_means_ask_later)
{
    place here;
    place_make(&here, "/j");
    use_cursors(&here);
    place_open(&here);
    http_peer_say(here.peer, 200, "", "{\"jobs\": [1], \"next\": \"a\"}");
    http_peer_say(here.peer, 200, "", "{\"jobs\": [], \"next\": \"a\"}");
    drain_to_end(&here);
    ck_assert_uint_eq(http_peer_count(here.peer), 2);
    place_drop(&here);
}
END_TEST

START_TEST(a_crash_in_the_middle_loses_nothing)
{
    place here;
    place_make(&here, "/j");
    use_cursors(&here);
    place_open(&here);
    http_peer_say(here.peer, 200, "", "{\"jobs\": [1, 2], \"next\": \"a\"}");
    ck_assert_int_eq(fetch(&here), MFN_OK);
    ck_assert_str_eq(here.got, "1\n2\n");

    place_reopen(&here);
    ck_assert_int_eq(fetch(&here), MFN_OK);
    ck_assert_str_eq(here.got, "1\n2\n");
    ck_assert_uint_eq(http_peer_count(here.peer), 1); /* what waits comes before any request */
    settle(&here);
    http_peer_say(here.peer, 200, "", "{\"jobs\": [3]}");
    drain_to_end(&here);
    ck_assert_str_eq(here.got, "3\n");
    ck_assert_str_eq(http_peer_seen(here.peer, 1)->target, "/j?cursor=a");
    place_drop(&here);
}
END_TEST

START_TEST(items_of_the_poll_before_are_not_taken_again)
{
    place here;
    place_make(&here, "/");
    place_open(&here);
    static const struct {
        const char *body, *got;
    } polls[] = {
        {"[1, 2]", "1\n2\n"}, {"[2, 3]", "3\n"}, {"[2, 3]", ""},
        {"[1, 3]", "1\n"},    {"[]", ""},        {"[3]", "3\n"}, /* the poll before gave nothing */
    };
    for (size_t i = 0; i < sizeof polls / sizeof *polls; i++) {
        http_peer_say(here.peer, 200, "", polls[i].body);
        drain_to_end(&here);
        ck_assert_msg(strcmp(here.got, polls[i].got) == 0, "poll %zu: %s", i, here.got);
        settle(&here);
        wait_for_next_poll(&here);
    }
    mfn__source_report report;
    mfn__rest_connector.report(here.connector, &report);
    ck_assert_uint_eq(report.requests, 6);
    ck_assert_uint_eq(report.known_skipped, 4);
    ck_assert_int_eq(report.lag, -1);
    ck_assert_str_eq(report.text, "6 requests");
    place_drop(&here);
}
END_TEST

START_TEST(known_items_are_taken_again_when_that_is_wanted)
{
    place here;
    place_make(&here, "/");
    here.options.skip_known = false;
    place_open(&here);
    for (int i = 0; i < 2; i++) {
        http_peer_say(here.peer, 200, "", "[1, 1]");
        drain_to_end(&here);
        wait_for_next_poll(&here);
    }
    ck_assert_str_eq(here.got, "1\n1\n1\n1\n");
    place_drop(&here);
}
END_TEST

START_TEST(an_unchanged_first_page_is_not_read_again)
{
    place here;
    place_make(&here, "/");
    place_open(&here);
    http_peer_say(here.peer, 200,
                  "ETag: \"v1\"\r\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n", "[1]");
    drain_to_end(&here);
    ck_assert_ptr_null(http_peer_header(http_peer_seen(here.peer, 0), "if-none-match"));
    settle(&here);
    place_reopen(&here);
    http_peer_say(here.peer, 304, "", "");
    drain_to_end(&here);
    ck_assert_str_eq(http_peer_header(http_peer_seen(here.peer, 1), "if-none-match"), "\"v1\"");
    ck_assert_str_eq(http_peer_header(http_peer_seen(here.peer, 1), "if-modified-since"),
                     "Tue, 14 Nov 2023 22:13:20 GMT");
    ck_assert_str_eq(here.got, "");
    wait_for_next_poll(&here);
    http_peer_say(here.peer, 200, "", "[1, 2]"); /* without a version of its own */
    drain_to_end(&here);
    ck_assert_str_eq(here.got, "2\n");
    wait_for_next_poll(&here);
    http_peer_say(here.peer, 200, "", "[1, 2]");
    drain_to_end(&here);
    ck_assert_ptr_null(http_peer_header(http_peer_seen(here.peer, 3), "if-none-match"));
    place_drop(&here);
}
END_TEST

START_TEST(a_version_belongs_to_its_request)
{
    place here;
    place_make(&here, "/");
    here.options.items = "/a";
    place_open(&here);
    http_peer_say(here.peer, 200, "ETag: \"v1\"\r\n", "{\"a\": [], \"b\": []}");
    drain_to_end(&here);
    here.options.items = "/b";
    place_reopen(&here);
    http_peer_say(here.peer, 200, "", "{\"a\": [], \"b\": [1]}");
    drain_to_end(&here);
    ck_assert_ptr_null(http_peer_header(http_peer_seen(here.peer, 1), "if-none-match"));
    ck_assert_str_eq(here.got, "1\n");
    place_drop(&here);
}
END_TEST

START_TEST(a_version_is_kept_only_when_all_pages_are)
{
    place here;
    place_make(&here, "/j");
    here.options.pagination = MFN__REST_LINK;
    place_open(&here);
    http_peer_say(here.peer, 200, "ETag: \"v1\"\r\nLink: </j?p=2>; rel=\"next\"\r\n", "[1]");
    http_peer_say(here.peer, 503, "Retry-After: 4\r\n", "");
    ck_assert_int_ne(drain(&here), MFN_NOT_FOUND);
    ck_assert_int_eq(here.advice.trouble, MFN__TROUBLE_PASSING);
    ck_assert_int_eq(here.advice.retry_after_ns, 4 * MFN__NS_PER_S);
    place_reopen(&here);
    http_peer_say(here.peer, 200, "ETag: \"v1\"\r\nLink: </j?p=2>; rel=\"next\"\r\n", "[1]");
    http_peer_say(here.peer, 200, "", "[2]");
    drain_to_end(&here);
    ck_assert_ptr_null(http_peer_header(http_peer_seen(here.peer, 2), "if-none-match"));
    ck_assert_str_eq(here.got, "1\n2\n");
    wait_for_next_poll(&here);
    http_peer_say(here.peer, 304, "", "");
    drain_to_end(&here);
    ck_assert_str_eq(http_peer_header(http_peer_seen(here.peer, 4), "if-none-match"), "\"v1\"");
    place_drop(&here);
}
END_TEST

START_TEST(a_page_that_failed_is_asked_for_again)
{
    place here;
    place_make(&here, "/j");
    here.options.pagination = MFN__REST_LINK;
    place_open(&here);
    http_peer_say(here.peer, 200, "Link: </j?p=2>; rel=\"next\"\r\n", "[1]");
    http_peer_say(here.peer, 200, "", "[2,\n }");
    ck_assert_int_eq(drain(&here), MFN_FORMAT);
    ck_assert_int_eq(here.advice.trouble, MFN__TROUBLE_PASSING);
    ck_assert_ptr_nonnull(strstr(here.err.text, "line 2"));
    http_peer_say(here.peer, 200, "", "[2]");
    drain_to_end(&here);
    ck_assert_str_eq(here.got, "1\n2\n");
    ck_assert_str_eq(http_peer_seen(here.peer, 2)->target, "/j?p=2");
    place_drop(&here);
}
END_TEST

START_TEST(a_poll_whose_way_was_refused_begins_anew)
{
    place here;
    place_make(&here, "/j");
    here.options.pagination = MFN__REST_LINK;
    place_open(&here);
    http_peer_say(here.peer, 200, "Link: </j?p=old>; rel=\"next\"\r\n", "[1]");
    http_peer_say(here.peer, 400, "", "the page is too old");
    ck_assert_int_ne(drain(&here), MFN_NOT_FOUND);
    ck_assert_int_eq(here.advice.trouble, MFN__TROUBLE_PAUSED);
    http_peer_say(here.peer, 200, "", "[1, 2]");
    drain_to_end(&here);
    ck_assert_str_eq(http_peer_seen(here.peer, 2)->target, "/j");
    ck_assert_str_eq(here.got, "1\n2\n");
    place_drop(&here);
}
END_TEST

START_TEST(each_failure_says_whether_to_try_again)
{
    static const struct {
        const char *what;
        int status;
        const char *body;
        mfn__trouble trouble;
    } cases[] = {
        {"no JSON", 200, "<html>", MFN__TROUBLE_PASSING},
        {"nothing at all", 200, "", MFN__TROUBLE_PASSING},
        {"no UTF-8", 200, "{\"jobs\": [\"\xff\"]}", MFN__TROUBLE_PASSING},
        {"nothing at the pointer", 200, "{\"data\": []}", MFN__TROUBLE_PASSING},
        {"a text at the pointer", 200, "{\"jobs\": \"none\"}", MFN__TROUBLE_PASSING},
        {"an overloaded server", 503, "", MFN__TROUBLE_PASSING},
        {"a wrong key", 401, "", MFN__TROUBLE_PAUSED},
        {"a wrong address", 404, "", MFN__TROUBLE_PAUSED},
        {"a request that the server does not understand", 400, "", MFN__TROUBLE_PAUSED},
        {"a version that was not asked for", 304, "", MFN__TROUBLE_PAUSED},
        {"a server that went away for good", 410, "", MFN__TROUBLE_GONE},
    };
    place here;
    place_make(&here, "/jobs");
    here.options.items = "/jobs";
    place_open(&here);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_peer_say(here.peer, cases[i].status, "", cases[i].body);
        mfn_status status = fetch(&here);
        ck_assert_msg(status != MFN_OK, "%s", cases[i].what);
        ck_assert_msg(here.advice.trouble == cases[i].trouble, "%s: trouble %d", cases[i].what,
                      (int)here.advice.trouble);
        ck_assert_msg(strstr(here.err.text, "GET http://127.0.0.1") != NULL, "%s: %s",
                      cases[i].what, here.err.text);
    }
    http_peer_say(here.peer, 200, "", "{\"jobs\": [1]}");
    drain_to_end(&here);
    ck_assert_str_eq(here.got, "1\n");
    place_drop(&here);
}
END_TEST

START_TEST(an_item_that_is_too_large_says_so_even_after_a_crash)
{
    place here;
    place_make(&here, "/");
    here.options.max_job_bytes = 1024;
    place_open(&here);
    char body[1200];
    snprintf(body, sizeof body, "[\"%01100d\"]", 0);
    http_peer_say(here.peer, 200, "", body);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(fetch(&here), MFN_OK);
        ck_assert_int_eq(here.problem, MFN_TOO_LARGE);
        ck_assert_uint_eq(strlen(here.got), 1103); /* all of it, for the dead letter */
        place_reopen(&here);
    }
    place_drop(&here);
}
END_TEST

START_TEST(a_full_spool_keeps_the_source_from_being_asked)
{
    place here;
    place_make_with_room(&here, "/", 4);
    place_open(&here);
    http_peer_say(here.peer, 200, "", "[1234, 5678]");
    ck_assert_int_eq(fetch(&here), MFN_OK); /* what was asked for is kept even so */
    ck_assert_str_eq(here.got, "1234\n5678\n");
    wait_for_next_poll(&here);
    ck_assert_int_eq(fetch(&here), MFN_TIMED_OUT);
    ck_assert_int_eq(fetch(&here), MFN_TIMED_OUT);
    ck_assert_uint_eq(http_peer_count(here.peer), 1);
    ck_assert_str_eq(here.around.warnings,
                     "component: the spool is full: the source is not asked until there is room "
                     "again\n");
    settle(&here);
    mfn__spool_give_back(here.around.lent.spool, 8);
    http_peer_say(here.peer, 200, "", "[9]");
    ck_assert_int_eq(fetch(&here), MFN_OK);
    ck_assert_str_eq(here.got, "9\n");
    place_drop(&here);
}
END_TEST

START_TEST(a_poll_has_at_most_max_pages_and_a_cursor_goes_on_from_there)
{
    place here;
    place_make(&here, "/j");
    use_cursors(&here);
    here.options.max_pages = 2;
    place_open(&here);
    http_peer_say(here.peer, 200, "", "{\"jobs\": [1], \"next\": \"a\"}");
    http_peer_say(here.peer, 200, "", "{\"jobs\": [2], \"next\": \"b\"}");
    drain_to_end(&here);
    ck_assert_str_eq(here.got, "1\n2\n");
    ck_assert_ptr_nonnull(strstr(here.around.warnings, "max_pages"));
    wait_for_next_poll(&here);
    http_peer_say(here.peer, 200, "", "{\"jobs\": [3]}");
    drain_to_end(&here);
    ck_assert_str_eq(http_peer_seen(here.peer, 2)->target, "/j?cursor=b");
    place_drop(&here);
}
END_TEST

START_TEST(another_server_is_asked_only_if_allowed_and_gets_no_secrets)
{
    static const char *const names[] = {"X-Api-Key"};
    static const char *const values[] = {"HEADERSECRET"};
    for (int is_allowed = 0; is_allowed < 2; is_allowed++) {
        place here;
        place_make(&here, "/j");
        http_peer *other = http_peer_new();
        here.options.pagination = MFN__REST_LINK;
        here.options.headers = (mfn_texts){names, values, 1};
        here.options.access.bearer_token = "BEARERSECRET";
        here.options.access.allow_other_hosts = is_allowed != 0;
        place_open(&here);
        char link[256];
        snprintf(link, sizeof link, "Link: <http://127.0.0.1:%d/k?QUERYSECRET>; rel=next\r\n",
                 http_peer_port(other));
        http_peer_say(here.peer, 200, link, "[1]");
        http_peer_say(other, 200, "", "[2]");
        mfn_status status = drain(&here);
        if (is_allowed != 0) {
            ck_assert_int_eq(status, MFN_NOT_FOUND);
            ck_assert_str_eq(here.got, "1\n2\n");
            ck_assert_ptr_null(http_peer_header(http_peer_seen(other, 0), "x-api-key"));
            ck_assert_ptr_null(http_peer_header(http_peer_seen(other, 0), "authorization"));
        } else {
            ck_assert_int_eq(status, MFN_FORMAT);
            ck_assert_uint_eq(http_peer_count(other), 0);
            ck_assert_ptr_nonnull(strstr(here.err.text, "allow_other_hosts"));
            ck_assert_ptr_null(strstr(here.err.text, "SECRET"));
        }
        http_peer_free(other);
        place_drop(&here);
    }
}
END_TEST

START_TEST(no_text_shows_a_secret)
{
    static const char *const names[] = {"X-Api-Key"};
    static const char *const values[] = {"HEADERSECRET"};
    static const char *const params[] = {"key"};
    static const char *const param_values[] = {"QUERYSECRET"};
    place here;
    place_make(&here, "/j");
    here.options.headers = (mfn_texts){names, values, 1};
    here.options.params = (mfn_texts){params, param_values, 1};
    here.options.access.bearer_token = "BEARERSECRET";
    place_open(&here);
    static const int statuses[] = {400, 401, 503, 200};
    for (size_t i = 0; i < 4; i++) {
        http_peer_say(here.peer, statuses[i], "", "no");
        ck_assert_int_ne(fetch(&here), MFN_OK);
        ck_assert_msg(strstr(here.err.text, "SECRET") == NULL, "%s", here.err.text);
    }
    http_peer_say(here.peer, 200, "", "[1]");
    ck_assert_int_eq(fetch(&here), MFN_OK);
    ck_assert_ptr_null(strstr(here.origin, "SECRET"));
    char shown[512];
    mfn__rest_connector.describe(&here.options, shown, sizeof shown);
    ck_assert_str_eq(shown, here.url);
    place_drop(&here);
}
END_TEST

START_TEST(stopping_is_no_refusal)
{
    place here;
    place_make(&here, "/");
    place_open(&here);
    atomic_store(&here.around.abandon, true);
    ck_assert_int_eq(fetch(&here), MFN_TIMED_OUT);
    ck_assert_uint_eq(http_peer_count(here.peer), 0);
    place_drop(&here);
}
END_TEST

static void *halt_soon(void *context)
{
    place *here = context;
    while (http_peer_count(here->peer) == 0) {
        sched_yield();
    }
    atomic_store(&here->around.abandon, true);
    return NULL;
}

START_TEST(a_halt_gives_up_the_request_under_way)
{
    place here;
    place_make(&here, "/");
    place_open(&here);
    const http_peer_answer never = {.status = 200, .delay_s = HTTP_PEER_NEVER_S};
    http_peer_add(here.peer, &never);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, halt_soon, &here), 0);
    ck_assert_int_eq(fetch(&here), MFN_CANCELLED);
    pthread_join(thread, NULL);
    ck_assert_str_eq(here.got, "");
    place_drop(&here);
}
END_TEST

START_TEST(probing_takes_nothing)
{
    static const struct {
        const char *what;
        uint32_t method;
        int status;
        const char *body;
        bool is_reached;
    } cases[] = {
        {"a page", MFN__REST_GET, 200, "[1]", true},
        {"an empty answer", MFN__REST_GET, 204, "", true},
        {"no JSON", MFN__REST_GET, 200, "<html>", false},
        {"a wrong address", MFN__REST_GET, 404, "", false},
        {"a wrong key", MFN__REST_GET, 401, "", false},
        {"a POST that is not made", MFN__REST_POST, 405, "", true},
        {"a POST with a wrong key", MFN__REST_POST, 403, "", false},
    };
    place here;
    place_make(&here, "/j");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        here.options.method = cases[i].method;
        http_peer_say(here.peer, cases[i].status, "", cases[i].body);
        mfn__surroundings lent = here.around.lent;
        lent.ledger = NULL;
        lent.spool = NULL;
        mfn_status status = mfn__rest_connector.probe(&here.options, &lent, &here.err);
        ck_assert_msg((status == MFN_OK) == cases[i].is_reached, "%s: %s", cases[i].what,
                      mfn_status_name(status));
        ck_assert_str_eq(http_peer_seen(here.peer, i)->method,
                         cases[i].method == MFN__REST_POST ? "OPTIONS" : "GET");
    }
    place_drop(&here);
}
END_TEST

START_TEST(wrong_options_are_refused_by_name)
{
    static const struct {
        const char *what, *field;
        const char *base_url, *endpoint, *body, *items, *next_pointer, *cursor_pointer, *page_param;
        uint32_t method, pagination;
    } cases[] = {
        {"no URL", "base_url", "example.com", "", "", "", "", "", "page", 0, 0},
        {"a query in base_url", "base_url", "https://e.com/?k=hunter2", "", "", "", "", "", "page",
         0, 0},
        {"a query in endpoint", "endpoint", "https://e.com", "/?k=hunter2", "", "", "", "", "page",
         0, 0},
        {"an endpoint that would change the host", "endpoint", "https://e.com", ".org", "", "", "",
         "", "page", 0, 0},
        {"a body without POST", "body", "https://e.com", "", "{}", "", "", "", "page", 0, 0},
        {"a body that is no JSON", "body", "https://e.com", "", "{", "", "", "", "page", 1, 0},
        {"a malformed pointer", "items", "https://e.com", "", "", "jobs", "", "", "page", 0, 0},
        {"no pointer to the next page", "next_pointer", "https://e.com", "", "", "", "", "", "page",
         0, MFN__REST_NEXT},
        {"no pointer to the cursor", "cursor_pointer", "https://e.com", "", "", "", "", "", "page",
         0, MFN__REST_CURSOR},
        {"no name of the page's parameter", "page_param", "https://e.com", "", "", "", "", "", "",
         0, MFN__REST_NUMBER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn__rest_connector_options options = {0};
        mfn_options_set_defaults(mfn__rest_connector.options, &options);
        options.base_url = cases[i].base_url;
        options.endpoint = cases[i].endpoint;
        options.body = cases[i].body;
        options.items = cases[i].items;
        options.next_pointer = cases[i].next_pointer;
        options.cursor_pointer = cases[i].cursor_pointer;
        options.page_param = cases[i].page_param;
        options.method = cases[i].method;
        options.pagination = cases[i].pagination;
        mfn_error err = {0};
        ck_assert_msg(mfn__rest_connector.check(&options, &err) == MFN_INVALID, "%s",
                      cases[i].what);
        ck_assert_msg(strcmp(err.field, cases[i].field) == 0, "%s: field '%s'", cases[i].what,
                      err.field);
        ck_assert_msg(strstr(err.text, "hunter2") == NULL, "%s", err.text);
    }
}
END_TEST

START_TEST(a_fetch_survives_the_failure_of_every_allocation)
{
    place here;
    place_make(&here, "/j");
    use_cursors(&here);
    place_open(&here);
    mfn_status status = MFN_NO_MEMORY;
    for (int64_t i = 0; status != MFN_OK; i++) {
        http_peer_say(here.peer, 200, "ETag: \"v\"\r\n", "{\"jobs\": [1], \"next\": \"a\"}");
        mfn__mem_fail_after(i);
        status = fetch(&here);
        mfn__mem_fail_after(-1);
        ck_assert_msg(status != MFN_NOT_FOUND && status != MFN_TIMED_OUT, "allocation %lld",
                      (long long)i);
        ck_assert_int_lt(i, 1000);
    }
    ck_assert_str_eq(here.got, "1\n");
    place_drop(&here);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        items_are_the_elements_byte_for_byte,
        the_request_is_made_of_all_that_was_given,
        polls_come_at_intervals,
        link_headers_lead_from_page_to_page,
        a_pointer_leads_from_page_to_page,
        page_numbers_go_on_to_an_empty_or_short_page,
        a_page_that_comes_again_ends_the_poll,
        a_cursor_leads_on_and_survives_the_end_of_the_process,
        a_cursor_that_stays_means_ask_later,
        a_crash_in_the_middle_loses_nothing,
        items_of_the_poll_before_are_not_taken_again,
        known_items_are_taken_again_when_that_is_wanted,
        an_unchanged_first_page_is_not_read_again,
        a_version_belongs_to_its_request,
        a_version_is_kept_only_when_all_pages_are,
        a_page_that_failed_is_asked_for_again,
        a_poll_whose_way_was_refused_begins_anew,
        each_failure_says_whether_to_try_again,
        an_item_that_is_too_large_says_so_even_after_a_crash,
        a_full_spool_keeps_the_source_from_being_asked,
        a_poll_has_at_most_max_pages_and_a_cursor_goes_on_from_there,
        another_server_is_asked_only_if_allowed_and_gets_no_secrets,
        no_text_shows_a_secret,
        stopping_is_no_refusal,
        a_halt_gives_up_the_request_under_way,
        probing_takes_nothing,
        wrong_options_are_refused_by_name,
        a_fetch_survives_the_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("rest_connector", tests);
}
