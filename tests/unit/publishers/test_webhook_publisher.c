/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "around.h"
#include "base/mem.h"
#include "codec/gzip.h"
#include "codec/sha256.h"
#include "codec/webhook_signature.h"
#include "folder.h"
#include "http_peer.h"
#include "publishers/webhook/webhook_publisher.h"
#include "suite.h"

#define SPOOL_BYTES (1 << 20)
#define URL_MAX     256

static const char key_a[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static const char key_b[] = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

typedef struct place {
    mfn_test_around around;
    http_peer *peer;
    char url[URL_MAX];
    mfn__webhook_publisher_options options;
    void *publisher;
    mfn__advice advice;
    mfn_error err;
} place;

static void place_make(place *self, const char *path)
{
    *self = (place){0};
    mfn_test_around_open(&self->around, mfn_test_folder(), SPOOL_BYTES);
    self->peer = http_peer_new();
    snprintf(self->url, sizeof self->url, "http://127.0.0.1:%d%s", http_peer_port(self->peer),
             path);
    mfn_options_set_defaults(mfn__webhook_publisher.options, &self->options);
    self->options.webhook_url = self->url;
    self->options.access.allow_internal_addresses = true;
}

static void place_open(place *self)
{
    ck_assert_msg(mfn__webhook_publisher.check(&self->options, &self->err) == MFN_OK, "%s",
                  self->err.text);
    ck_assert_msg(mfn__webhook_publisher.open(&self->options, &self->around.lent, &self->publisher,
                                              &self->err) == MFN_OK,
                  "%s", self->err.text);
}

static void place_drop(place *self)
{
    mfn__webhook_publisher.close(self->publisher);
    http_peer_free(self->peer);
    mfn_test_around_close(&self->around);
}

static mfn__parcel parcel(const char *id, const char *result_id, const char *bytes)
{
    return (mfn__parcel){.simulation_id = id,
                         .result_id = result_id,
                         .bytes = bytes,
                         .size = strlen(bytes),
                         .wall_ns = INT64_C(1700000000) * MFN__NS_PER_S};
}

static mfn_status publish(place *self, mfn__parcel *parcels, size_t count)
{
    self->advice = (mfn__advice){0};
    self->err = (mfn_error){0};
    return mfn__webhook_publisher.publish(self->publisher, parcels, count, &self->advice,
                                          &self->err);
}

static void publish_ok(place *self, mfn__parcel *parcels, size_t count)
{
    ck_assert_msg(publish(self, parcels, count) == MFN_OK, "%s", self->err.text);
}

START_TEST(a_result_is_one_post_with_its_bytes_as_they_are)
{
    place here;
    place_make(&here, "/hook?token=SECRET");
    place_open(&here);
    http_peer_say(here.peer, 202, "", "whatever");
    static const char body[] =
        "{\"event\": \"simulation_complete\", \"s\": \"\\u017c\", \"v\": 1.5}";
    mfn__parcel one = parcel("job-1", "r1", body);
    publish_ok(&here, &one, 1);
    ck_assert(one.is_done);
    ck_assert_uint_eq(http_peer_count(here.peer), 1);
    const http_peer_request *request = http_peer_seen(here.peer, 0);
    ck_assert_str_eq(request->method, "POST");
    ck_assert_str_eq(request->target, "/hook?token=SECRET");
    ck_assert_str_eq(request->body, body);
    ck_assert_str_eq(http_peer_header(request, "content-type"), "application/json");
    ck_assert_str_eq(http_peer_header(request, "webhook-id"), "r1");
    ck_assert_str_eq(http_peer_header(request, "idempotency-key"), "r1");
    ck_assert_str_eq(http_peer_header(request, "webhook-timestamp"), "1700000000");
    ck_assert_ptr_null(http_peer_header(request, "webhook-signature"));
    place_drop(&here);
}
END_TEST

START_TEST(each_answer_has_its_consequence)
{
    static const struct {
        const char *what;
        int status;
        const char *headers;
        bool is_done, has_problem;
        mfn__trouble trouble; /* of the advice, when neither done nor a problem */
        int64_t retry_after_s;
    } cases[] = {
        {"200 is success", 200, "", true, false, 0, 0},
        {"201 is success", 201, "", true, false, 0, 0},
        {"204 is success", 204, "", true, false, 0, 0},
        {"a status of successful_on is success", 409, "", true, false, 0, 0},
        {"400 can never pass", 400, "", false, true, 0, 0},
        {"413 can never pass", 413, "", false, true, 0, 0},
        {"415 can never pass", 415, "", false, true, 0, 0},
        {"422 can never pass", 422, "", false, true, 0, 0},
        {"501 can never pass", 501, "", false, true, 0, 0},
        {"another 4xx can never pass", 418, "", false, true, 0, 0},
        {"408 passes", 408, "", false, false, MFN__TROUBLE_PASSING, 0},
        {"425 passes", 425, "", false, false, MFN__TROUBLE_PASSING, 0},
        {"429 says when", 429, "Retry-After: 7\r\n", false, false, MFN__TROUBLE_PASSING, 7},
        {"500 passes", 500, "", false, false, MFN__TROUBLE_PASSING, 0},
        {"502 passes", 502, "", false, false, MFN__TROUBLE_PASSING, 0},
        {"503 says when", 503, "Retry-After: 120\r\n", false, false, MFN__TROUBLE_PASSING, 120},
        {"504 passes", 504, "", false, false, MFN__TROUBLE_PASSING, 0},
        {"401 must be mended", 401, "", false, false, MFN__TROUBLE_PAUSED, 0},
        {"403 must be mended", 403, "", false, false, MFN__TROUBLE_PAUSED, 0},
        {"404 must be mended", 404, "", false, false, MFN__TROUBLE_PAUSED, 0},
        {"407 must be mended", 407, "", false, false, MFN__TROUBLE_PAUSED, 0},
        {"a redirect that a POST does not follow must be mended", 302, "Location: /other\r\n",
         false, false, MFN__TROUBLE_PAUSED, 0},
        {"410 is final", 410, "", false, false, MFN__TROUBLE_GONE, 0},
    };
    static const char *const conflict[] = {"409"};
    place here;
    place_make(&here, "/hook");
    here.options.successful_on = (mfn_texts){NULL, conflict, 1};
    place_open(&here);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_peer_say(here.peer, cases[i].status, cases[i].headers, "says\nthe server");
        mfn__parcel one = parcel("job-1", "r1", "{}");
        mfn_status status = publish(&here, &one, 1);
        bool is_marked = cases[i].is_done || cases[i].has_problem;
        ck_assert_msg((status == MFN_OK) == is_marked, "%s: %d", cases[i].what, status);
        ck_assert_msg(one.is_done == cases[i].is_done, "%s: done is %d", cases[i].what,
                      one.is_done);
        ck_assert_msg((one.problem.status != MFN_OK) == cases[i].has_problem, "%s: %d",
                      cases[i].what, one.problem.status);
        ck_assert_msg(here.advice.trouble == cases[i].trouble, "%s: trouble %d", cases[i].what,
                      (int)here.advice.trouble);
        ck_assert_msg(here.advice.retry_after_ns == cases[i].retry_after_s * MFN__NS_PER_S,
                      "%s: %lld ns", cases[i].what, (long long)here.advice.retry_after_ns);
        const char *text = cases[i].has_problem ? one.problem.text : here.err.text;
        char number[16];
        snprintf(number, sizeof number, "%d", cases[i].status);
        ck_assert_msg(cases[i].is_done || (strstr(text, number) && strstr(text, "the server")),
                      "%s: %s", cases[i].what, text);
    }
    place_drop(&here);
}
END_TEST

START_TEST(the_worst_of_several_failures_counts_and_each_result_stands_alone)
{
    place here;
    place_make(&here, "/hook");
    here.options.concurrency = 1; /* answers in the order of the results */
    place_open(&here);
    http_peer_say(here.peer, 503, "Retry-After: 9\r\n", "");
    http_peer_say(here.peer, 200, "", "");
    http_peer_say(here.peer, 401, "", "");
    http_peer_say(here.peer, 422, "", "");
    http_peer_say(here.peer, 429, "Retry-After: 3\r\n", "");
    mfn__parcel five[] = {parcel("a", "r1", "1"), parcel("b", "r2", "2"), parcel("c", "r3", "3"),
                          parcel("d", "r4", "4"), parcel("e", "r5", "5")};
    ck_assert_int_ne(publish(&here, five, 5), MFN_OK);
    ck_assert_int_eq(here.advice.trouble, MFN__TROUBLE_PAUSED);
    ck_assert_int_eq(here.advice.retry_after_ns, 9 * MFN__NS_PER_S);
    ck_assert_ptr_nonnull(strstr(here.err.text, "401"));
    ck_assert(!five[0].is_done && five[1].is_done && !five[2].is_done && !five[4].is_done);
    ck_assert_int_ne(five[3].problem.status, MFN_OK);

    http_peer_say(here.peer, 200, "", "");
    http_peer_say(here.peer, 200, "", "");
    http_peer_say(here.peer, 200, "", "");
    publish_ok(&here, five, 5);
    ck_assert_uint_eq(http_peer_count(here.peer), 8); /* the marked ones were left alone */
    ck_assert_str_eq(http_peer_header(http_peer_seen(here.peer, 5), "webhook-id"), "r1");
    ck_assert_str_eq(http_peer_header(http_peer_seen(here.peer, 6), "webhook-id"), "r3");
    ck_assert_str_eq(http_peer_header(http_peer_seen(here.peer, 7), "webhook-id"), "r5");
    place_drop(&here);
}
END_TEST

START_TEST(a_batch_is_an_array_and_has_the_same_id_when_it_is_sent_again)
{
    place here;
    place_make(&here, "/hook");
    here.options.batch_size = 2;
    here.options.concurrency = 1;
    place_open(&here);
    http_peer_say(here.peer, 200, "", "");
    http_peer_say(here.peer, 503, "", "");
    mfn__parcel three[] = {parcel("a", "r1", "{\"n\": 1}"), parcel("b", "r2", "{\"n\": 2}"),
                           parcel("c", "r3", "{\"n\": 3}")};
    ck_assert_int_ne(publish(&here, three, 3), MFN_OK);
    ck_assert(three[0].is_done && three[1].is_done && !three[2].is_done);
    here.around.wall_ns += 60 * MFN__NS_PER_S;
    http_peer_say(here.peer, 200, "", "");
    publish_ok(&here, three, 3);
    char id[MFN__SHA256_HEX_SIZE];
    mfn__sha256_hex("r1r2", 4, id);
    ck_assert_str_eq(http_peer_seen(here.peer, 0)->body, "[{\"n\": 1}, {\"n\": 2}]");
    ck_assert_str_eq(http_peer_header(http_peer_seen(here.peer, 0), "webhook-id"), id);
    ck_assert_str_eq(http_peer_seen(here.peer, 1)->body, "[{\"n\": 3}]");
    ck_assert_str_eq(http_peer_seen(here.peer, 2)->body, "[{\"n\": 3}]");
    ck_assert_str_eq(http_peer_header(http_peer_seen(here.peer, 1), "webhook-id"),
                     http_peer_header(http_peer_seen(here.peer, 2), "webhook-id"));
    ck_assert_str_eq(http_peer_header(http_peer_seen(here.peer, 1), "webhook-timestamp"),
                     "1700000000");
    ck_assert_str_eq(http_peer_header(http_peer_seen(here.peer, 2), "webhook-timestamp"),
                     "1700000060");
    place_drop(&here);
}
END_TEST

START_TEST(a_refused_batch_blames_no_result)
{
    place here;
    place_make(&here, "/hook");
    here.options.batch_size = 3;
    place_open(&here);
    http_peer_say(here.peer, 400, "", "");
    mfn__parcel two[] = {parcel("a", "r1", "{}"), parcel("b", "r2", "{}")};
    ck_assert(!mfn_status_is_transient(publish(&here, two, 2)));
    ck_assert_int_eq(here.advice.trouble, MFN__TROUBLE_PERMANENT);
    for (size_t i = 0; i < 2; i++) {
        ck_assert(!two[i].is_done && two[i].problem.status == MFN_OK);
    }
    http_peer_say(here.peer, 400, "", "");
    publish_ok(&here, &two[0], 1);
    ck_assert_int_ne(two[0].problem.status, MFN_OK);
    place_drop(&here);
}
END_TEST

START_TEST(requests_are_under_way_side_by_side)
{
    enum { COUNT = 6 };
    place here;
    place_make(&here, "/hook");
    here.options.concurrency = COUNT;
    place_open(&here);
    mfn__parcel parcels[COUNT];
    char ids[COUNT][16];
    for (int i = 0; i < COUNT; i++) {
        snprintf(ids[i], sizeof ids[i], "r%d", i);
        parcels[i] = parcel("a", ids[i], "{}");
        const http_peer_answer together = {.status = 200, .together = COUNT};
        http_peer_add(here.peer, &together);
    }
    publish_ok(&here, parcels, COUNT);
    ck_assert_uint_eq(http_peer_count(here.peer), COUNT);
    place_drop(&here);
}
END_TEST

static mfn__webhook_delivery delivery_of(const http_peer_request *request)
{
    return (mfn__webhook_delivery){.id = http_peer_header(request, "webhook-id"),
                                   .timestamp = http_peer_header(request, "webhook-timestamp"),
                                   .signature = http_peer_header(request, "webhook-signature"),
                                   .body = request->body,
                                   .size = request->body_size};
}

START_TEST(signatures_verify_with_each_key_and_over_the_bytes_that_were_sent)
{
    static const char *const secrets[] = {key_a, key_b};
    for (uint32_t compression = 0; compression < 2; compression++) {
        place here;
        place_make(&here, "/hook");
        here.options.signing_secrets = (mfn_texts){NULL, secrets, 2};
        here.options.compression = compression;
        place_open(&here);
        http_peer_say(here.peer, 200, "", "");
        mfn__parcel one = parcel("a", "r1", "{\"n\": 1}");
        publish_ok(&here, &one, 1);
        for (size_t i = 0; i < 2; i++) {
            mfn__webhook_keys *keys = NULL;
            ck_assert_int_eq(mfn__webhook_keys_new(&secrets[i], 1, &keys, NULL), MFN_OK);
            mfn__webhook_delivery got = delivery_of(http_peer_seen(here.peer, 0));
            ck_assert_msg(mfn__webhook_verify(keys, &got, 1700000000, 300, &here.err) == MFN_OK,
                          "key %zu: %s", i, here.err.text);
            got.id = "r2";
            ck_assert_int_ne(mfn__webhook_verify(keys, &got, 1700000000, 300, NULL), MFN_OK);
            mfn__webhook_keys_free(keys);
        }
        place_drop(&here);
    }
}
END_TEST

START_TEST(gzip_holds_the_same_body)
{
    place here;
    place_make(&here, "/hook");
    here.options.compression = MFN__WEBHOOK_GZIP;
    place_open(&here);
    http_peer_say(here.peer, 200, "", "");
    mfn__parcel one = parcel("a", "r1", "{\"event\": \"simulation_complete\"}");
    publish_ok(&here, &one, 1);
    const http_peer_request *request = http_peer_seen(here.peer, 0);
    ck_assert_str_eq(http_peer_header(request, "content-encoding"), "gzip");
    ck_assert_str_eq(http_peer_header(request, "content-type"), "application/json");
    mfn__buffer plain;
    mfn__buffer_init(&plain, 4096);
    ck_assert_int_eq(mfn__gzip_decode(request->body, request->body_size, &plain, NULL), MFN_OK);
    ck_assert_str_eq(plain.data, "{\"event\": \"simulation_complete\"}");
    mfn__buffer_deinit(&plain);
    place_drop(&here);
}
END_TEST

START_TEST(cloud_events_go_into_the_body_or_into_headers)
{
    static const struct {
        const char *what;
        uint32_t envelope;
        uint64_t batch_size;
        const char *type, *start; /* Content-Type, and how the body begins */
    } cases[] = {
        {"structured", MFN__WEBHOOK_STRUCTURED, 1, "application/cloudevents+json", "{"},
        {"a batch", MFN__WEBHOOK_STRUCTURED, 9, "application/cloudevents-batch+json", "[{"},
        {"binary", MFN__WEBHOOK_BINARY, 1, "application/json", "{\"n\": 1}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        place here;
        place_make(&here, "/hook");
        here.options.envelope = cases[i].envelope;
        here.options.batch_size = cases[i].batch_size;
        place_open(&here);
        http_peer_say(here.peer, 200, "", "");
        mfn__parcel one = parcel("job \"\xc5\xbc\" 1%", "r1", "{\"n\": 1}");
        publish_ok(&here, &one, 1);
        const http_peer_request *request = http_peer_seen(here.peer, 0);
        const char *what = cases[i].what;
        ck_assert_msg(strcmp(http_peer_header(request, "content-type"), cases[i].type) == 0,
                      "%s: %s", what, http_peer_header(request, "content-type"));
        ck_assert_msg(strncmp(request->body, cases[i].start, strlen(cases[i].start)) == 0, "%s: %s",
                      what, request->body);
        if (cases[i].envelope == MFN__WEBHOOK_BINARY) {
            ck_assert_str_eq(request->body, "{\"n\": 1}");
            ck_assert_str_eq(http_peer_header(request, "ce-id"), "r1");
            ck_assert_str_eq(http_peer_header(request, "ce-specversion"), "1.0");
            ck_assert_str_eq(http_peer_header(request, "ce-subject"), "job%20%22%C5%BC%22%201%25");
            ck_assert_str_eq(http_peer_header(request, "ce-time"), "2023-11-14T22:13:20.000Z");
            ck_assert_ptr_null(http_peer_header(request, "ce-datacontenttype"));
        } else {
            ck_assert_msg(strstr(request->body, "\"id\": \"r1\"") != NULL, "%s: %s", what,
                          request->body);
            ck_assert_msg(strstr(request->body, "\"data\": {\"n\": 1}") != NULL, "%s: %s", what,
                          request->body);
        }
        place_drop(&here);
    }
}
END_TEST

START_TEST(given_headers_win_and_the_content_type_stays)
{
    static const char *const names[] = {"Authorization", "X-Empty"};
    static const char *const values[] = {"Bearer X", ""};
    place here;
    place_make(&here, "/hook");
    here.options.headers = (mfn_texts){names, values, 2};
    place_open(&here);
    http_peer_say(here.peer, 200, "", "");
    mfn__parcel one = parcel("a", "r1", "{}");
    publish_ok(&here, &one, 1);
    const http_peer_request *request = http_peer_seen(here.peer, 0);
    ck_assert_str_eq(http_peer_header(request, "authorization"), "Bearer X");
    ck_assert_str_eq(http_peer_header(request, "x-empty"), "");
    ck_assert_str_eq(http_peer_header(request, "content-type"), "application/json");
    place_drop(&here);

    static const char *const type_name[] = {"content-type"};
    static const char *const type[] = {"application/vnd.mfn+json"};
    place_make(&here, "/hook");
    here.options.headers = (mfn_texts){type_name, type, 1};
    place_open(&here);
    http_peer_say(here.peer, 200, "", "");
    one = parcel("a", "r1", "{}");
    publish_ok(&here, &one, 1);
    ck_assert_str_eq(http_peer_header(http_peer_seen(here.peer, 0), "content-type"), type[0]);
    place_drop(&here);
}
END_TEST

START_TEST(no_text_shows_a_secret)
{
    static const char *const names[] = {"X-Api-Key"};
    static const char *const values[] = {"HEADERSECRET"};
    static const char *const secrets[] = {key_a};
    place here;
    place_make(&here, "/hook/T0A1B2C3D4E5F6G7H8?token=QUERYSECRET");
    here.options.headers = (mfn_texts){names, values, 1};
    here.options.signing_secrets = (mfn_texts){NULL, secrets, 1};
    here.options.access.bearer_token = "BEARERSECRET";
    place_open(&here);
    char texts[5][1024] = {{0}};
    mfn__webhook_publisher.describe(&here.options, texts[0], sizeof texts[0]);
    mfn__buffer identity;
    mfn__buffer_init(&identity, 1024);
    mfn__webhook_publisher.identify(&here.options, &identity);
    snprintf(texts[1], sizeof texts[1], "%s", identity.data);
    mfn__buffer_deinit(&identity);
    static const int statuses[] = {400, 401, 503};
    for (size_t i = 0; i < 3; i++) {
        http_peer_say(here.peer, statuses[i], "", "no");
        mfn__parcel one = parcel("a", "r1", "{}");
        (void)publish(&here, &one, 1);
        snprintf(texts[2 + i], sizeof texts[2 + i], "%.500s%.500s", here.err.text,
                 one.problem.text);
        ck_assert_ptr_nonnull(strstr(texts[2 + i], "127.0.0.1"));
    }
    for (size_t i = 0; i < 5; i++) {
        ck_assert_msg(strstr(texts[i], "SECRET") == NULL && strstr(texts[i], "T0A1B2") == NULL &&
                          strstr(texts[i], "MfKQ9") == NULL,
                      "%s", texts[i]);
    }
    place_drop(&here);
}
END_TEST

START_TEST(destinations_differ_by_path_and_keep_their_name_when_a_key_changes)
{
    static const char *const urls[] = {
        "https://example.com/hook/T0A1B2C3D4E5F6G7H8?key=one",
        "https://example.com/hook/T0A1B2C3D4E5F6G7H8?key=two",
        "https://example.com/hook/X9Y8Z7W6V5U4T3S2R1?key=one",
    };
    mfn__buffer names[3];
    for (size_t i = 0; i < 3; i++) {
        const mfn__webhook_publisher_options options = {.webhook_url = urls[i]};
        mfn__buffer_init(&names[i], 1024);
        mfn__webhook_publisher.identify(&options, &names[i]);
    }
    ck_assert_str_eq(names[0].data, names[1].data);
    ck_assert_str_ne(names[0].data, names[2].data);
    for (size_t i = 0; i < 3; i++) {
        mfn__buffer_deinit(&names[i]);
    }
}
END_TEST

START_TEST(a_server_that_is_not_there_may_come_back)
{
    place here;
    place_make(&here, "/hook");
    place_open(&here);
    http_peer_free(here.peer);
    here.peer = NULL;
    mfn__parcel one = parcel("a", "r1", "{}");
    ck_assert_int_ne(publish(&here, &one, 1), MFN_OK);
    ck_assert_int_eq(here.advice.trouble, MFN__TROUBLE_PASSING);
    ck_assert(!one.is_done && one.problem.status == MFN_OK);
    place_drop(&here);
}
END_TEST

START_TEST(stopping_blames_no_result)
{
    place here;
    place_make(&here, "/hook");
    place_open(&here);
    atomic_store(&here.around.abandon, true);
    mfn__parcel one = parcel("a", "r1", "{}");
    ck_assert_int_eq(publish(&here, &one, 1), MFN_CANCELLED);
    ck_assert_int_eq(here.advice.trouble, MFN__TROUBLE_PASSING);
    ck_assert(!one.is_done && one.problem.status == MFN_OK);
    place_drop(&here);
}
END_TEST

START_TEST(a_long_answer_does_not_undo_success)
{
    place here;
    place_make(&here, "/hook");
    here.options.access.max_response_bytes = 1024;
    place_open(&here);
    char answer[4096];
    memset(answer, 'x', sizeof answer - 1);
    answer[sizeof answer - 1] = '\0';
    http_peer_say(here.peer, 200, "", answer);
    mfn__parcel one = parcel("a", "r1", "{}");
    publish_ok(&here, &one, 1);
    ck_assert(one.is_done);
    http_peer_say(here.peer, 422, "", answer);
    one = parcel("a", "r1", "{}");
    publish_ok(&here, &one, 1);
    ck_assert_int_ne(one.problem.status, MFN_OK);
    place_drop(&here);
}
END_TEST

START_TEST(probing_sends_no_result_and_wants_to_be_let_in)
{
    static const struct {
        int status;
        bool is_signed, is_reached;
    } cases[] = {
        {200, false, true}, {204, false, true},  {404, false, true},  {405, false, true},
        {503, false, true}, {401, false, false}, {403, false, false}, {407, false, false},
        {401, true, true}, /* it may be the signature that is missed */
        {407, true, false},
    };
    static const char *const secret[] = {"whsec_plJ3nmyCDGBKInavdOK15jsl"};
    place here;
    place_make(&here, "/hook");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        here.options.signing_secrets = (mfn_texts){NULL, secret, cases[i].is_signed ? 1 : 0};
        http_peer_say(here.peer, cases[i].status, "", "");
        mfn_status status =
            mfn__webhook_publisher.probe(&here.options, &here.around.lent, &here.err);
        ck_assert_msg((status == MFN_OK) == cases[i].is_reached, "%d gives %s", cases[i].status,
                      mfn_status_name(status));
        const http_peer_request *request = http_peer_seen(here.peer, i);
        ck_assert_str_eq(request->method, "OPTIONS");
        ck_assert_uint_eq(request->body_size, 0);
    }
    http_peer_free(here.peer);
    here.peer = NULL;
    ck_assert_int_ne(mfn__webhook_publisher.probe(&here.options, &here.around.lent, NULL), MFN_OK);
    place_drop(&here);
}
END_TEST

START_TEST(wrong_options_are_refused_by_name)
{
    static const struct {
        const char *what, *field;
        const char *url, *header, *value, *secret, *status;
        uint32_t envelope;
        uint64_t batch_size;
    } cases[] = {
        {"no URL", "webhook_url", "example.com", NULL, NULL, NULL, NULL, 0, 1},
        {"another scheme", "webhook_url", "ftp://example.com", NULL, NULL, NULL, NULL, 0, 1},
        {"a password in the URL", "webhook_url", "https://a:b@example.com", NULL, NULL, NULL, NULL,
         0, 1},
        {"a header that is no token", "headers", NULL, "X Y", "1", NULL, NULL, 0, 1},
        {"a header with a line break", "headers", NULL, "X", "1\r\nY: 2", NULL, NULL, 0, 1},
        {"our own id", "headers", NULL, "Webhook-Id", "1", NULL, NULL, 0, 1},
        {"our own signature", "headers", NULL, "WEBHOOK-SIGNATURE", "1", NULL, NULL, 0, 1},
        {"a length", "headers", NULL, "Content-Length", "1", NULL, NULL, 0, 1},
        {"a type against the envelope", "headers", NULL, "Content-Type", "text/plain", NULL, NULL,
         MFN__WEBHOOK_STRUCTURED, 1},
        {"no key", "signing_secrets", NULL, NULL, NULL, "hunter2", NULL, 0, 1},
        {"a public key", "signing_secrets", NULL, NULL, NULL,
         "whpk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", NULL, 0, 1},
        {"no status", "successful_on", NULL, NULL, NULL, NULL, "ok", 0, 1},
        {"an informational status", "successful_on", NULL, NULL, NULL, NULL, "100", 0, 1},
        {"a binary batch", "batch_size", NULL, NULL, NULL, NULL, NULL, MFN__WEBHOOK_BINARY, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn__webhook_publisher_options options = {0};
        mfn_options_set_defaults(mfn__webhook_publisher.options, &options);
        options.webhook_url = cases[i].url != NULL ? cases[i].url : "https://example.com/hook";
        options.headers = (mfn_texts){&cases[i].header, &cases[i].value, cases[i].header != NULL};
        options.signing_secrets = (mfn_texts){NULL, &cases[i].secret, cases[i].secret != NULL};
        options.successful_on = (mfn_texts){NULL, &cases[i].status, cases[i].status != NULL};
        options.envelope = cases[i].envelope;
        options.batch_size = cases[i].batch_size;
        mfn_error err = {0};
        ck_assert_msg(mfn__webhook_publisher.check(&options, &err) == MFN_INVALID, "%s",
                      cases[i].what);
        ck_assert_msg(strcmp(err.field, cases[i].field) == 0, "%s: field '%s'", cases[i].what,
                      err.field);
        ck_assert_msg(strstr(err.text, "hunter2") == NULL, "%s", err.text);
    }
}
END_TEST

START_TEST(a_call_has_at_most_the_parcels_that_go_side_by_side)
{
    mfn__webhook_publisher_options options = {.batch_size = 1, .concurrency = 8};
    ck_assert_uint_eq(mfn__webhook_publisher.capacity(&options), 8);
    options.batch_size = 20;
    ck_assert_uint_eq(mfn__webhook_publisher.capacity(&options), 160);
    options.batch_size = 500;
    ck_assert_uint_eq(mfn__webhook_publisher.capacity(&options), MFN__PARCELS_MAX);
}
END_TEST

START_TEST(opening_survives_the_failure_of_every_allocation)
{
    static const char *const secrets[] = {key_a};
    place here;
    place_make(&here, "/hook");
    here.options.signing_secrets = (mfn_texts){NULL, secrets, 1};
    mfn_status status = MFN_NO_MEMORY;
    for (int64_t i = 0; status != MFN_OK; i++) {
        mfn__mem_fail_after(i);
        status = mfn__webhook_publisher.open(&here.options, &here.around.lent, &here.publisher,
                                             &here.err);
        ck_assert(status == MFN_OK || status == MFN_NO_MEMORY);
        ck_assert_int_lt(i, 100);
    }
    mfn__mem_fail_after(-1);
    place_drop(&here);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_result_is_one_post_with_its_bytes_as_they_are,
        each_answer_has_its_consequence,
        the_worst_of_several_failures_counts_and_each_result_stands_alone,
        a_batch_is_an_array_and_has_the_same_id_when_it_is_sent_again,
        a_refused_batch_blames_no_result,
        requests_are_under_way_side_by_side,
        signatures_verify_with_each_key_and_over_the_bytes_that_were_sent,
        gzip_holds_the_same_body,
        cloud_events_go_into_the_body_or_into_headers,
        given_headers_win_and_the_content_type_stays,
        no_text_shows_a_secret,
        destinations_differ_by_path_and_keep_their_name_when_a_key_changes,
        a_server_that_is_not_there_may_come_back,
        stopping_blames_no_result,
        a_long_answer_does_not_undo_success,
        probing_sends_no_result_and_wants_to_be_let_in,
        wrong_options_are_refused_by_name,
        a_call_has_at_most_the_parcels_that_go_side_by_side,
        opening_survives_the_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("webhook_publisher", tests);
}
