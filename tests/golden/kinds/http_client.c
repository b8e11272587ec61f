/* SPDX-License-Identifier: MIT */
/* http_client: the reference's RESTConnector and WebhookPublisher against a scripted peer. What the
 * peer sees and what comes of it is replayed with the connector "rest" and the publisher "webhook",
 * each failed call repeated as the retry options say. Texts of errors, log lines and counters are
 * the reference's own. `differences` lists the records in which the reference breaks its own
 * documentation, or ours does better on purpose; and one header differs: the reference loses its
 * "Content-Type: application/json" when other headers are given, ours does not. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "around.h"
#include "base/mem.h"
#include "base/text.h"
#include "codec/base64.h"
#include "connectors/rest/rest_connector.h"
#include "http_peer.h"
#include "kinds.h"
#include "kinds/options.h"
#include "publishers/webhook/webhook_publisher.h"
#include "stream/retry.h"

#define SPOOL_BYTES (1 << 20)
#define TEXT_MAX    512
#define PAIRS_MAX   8

typedef enum outcome { AS_RECORDED, FAILS, GIVES_NOTHING } outcome;

static const struct {
    const char *id; /* its end */
    size_t requests;
    outcome outcome;
    const char *why;
} differences[] = {
    {"404-is-retried", 1, FAILS, "a 404 must be mended: asking again at once is no use"},
    {"no-retry-strategy", 1, FAILS, "no_retry makes one attempt"},
    {"redirect-and-204", 1, GIVES_NOTHING, "204 says that there is nothing, which is no failure"},
    {"webhook-400x2-200", 1, FAILS, "a 400 is permanent: the result becomes a dead letter"},
};

typedef struct map {
    const char *keys[PAIRS_MAX], *values[PAIRS_MAX];
    char numbers[PAIRS_MAX][RECORD_WHOLE_MAX];
    size_t count;
} map;

typedef struct world {
    const record *rec;
    comparison *cmp;
    size_t requests; /* expected */
    outcome outcome; /* expected */
    const char *why; /* that differs from what was recorded */
    mfn_test_around around;
    http_peer *peer;
    mfn__retry_options retry;
    char url[TEXT_MAX];
    map headers, params;
    size_t sleeps;
    mfn_error err;
} world;

/* A flat JSON object as keys and values. */
static mfn_texts read_map(map *self, json_t *object)
{
    const char *key = NULL;
    json_t *value = NULL;
    *self = (map){.count = 0};
    json_object_foreach(object, key, value)
    {
        if (self->count < PAIRS_MAX) {
            const char *number = record_whole(value, self->numbers[self->count]);
            self->keys[self->count] = key;
            self->values[self->count] = json_is_integer(value) ? number : json_string_value(value);
            self->count++;
        }
    }
    return (mfn_texts){self->keys, self->values, self->count};
}

/* How often the peer is asked, and how it ends. */
static void expect(world *self)
{
    self->requests = json_array_size(json_object_get(self->rec->out, "peer_saw"));
    self->outcome = AS_RECORDED;
    self->why = "as recorded";
    for (size_t i = 0; i < sizeof differences / sizeof *differences; i++) {
        if (mfn__text_ends_with(self->rec->id, differences[i].id)) {
            self->requests = differences[i].requests;
            self->outcome = differences[i].outcome;
            self->why = differences[i].why;
            self->cmp->corrected = self->why;
        }
    }
}

static const char *recorded_body(const world *self)
{
    const json_t *first = json_array_get(json_object_get(self->rec->out, "peer_saw"), 0);
    const char *body = json_string_value(json_object_get(first, "body"));
    return body != NULL ? body : "";
}

/* True when another attempt follows; its delay must be the recorded one. */
static bool tries_again(world *self, uint64_t attempt, const mfn__advice *advice)
{
    if (advice->trouble != MFN__TROUBLE_PASSING || !mfn__retry_allows(&self->retry, attempt + 1)) {
        return false;
    }
    compare_real_value(self->cmp, "sleeps_s",
                       json_array_get(json_object_get(self->rec->out, "sleeps_s"), self->sleeps++),
                       mfn__retry_delay_s(&self->retry, attempt), TOLERANCE_NONE);
    return true;
}

static void compare_outcome(world *self, const json_t *op, bool is_done, bool has_given)
{
    bool must_fail = self->outcome == FAILS ||
                     (self->outcome == AS_RECORDED && json_object_get(op, "err") != NULL);
    if (is_done == must_fail) {
        compare_differs(self->cmp, "result", must_fail ? "a failure" : "success", "%s",
                        is_done ? "success" : self->err.text);
    } else if (self->outcome == GIVES_NOTHING && has_given) {
        compare_differs(self->cmp, "result", "nothing", "something");
    } else if (!is_done && strstr(self->err.text, "SECRET") != NULL) {
        compare_differs(self->cmp, "error", "no secret in it", "%s", self->err.text);
    }
}

/* Appends the batch's items; between them is a comma. */
static void collect(mfn__buffer *items, mfn__batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        mfn__message *message = batch->messages[i];
        mfn__buffer_append_text(items, items->size > 0 ? ", " : "");
        mfn__buffer_append(items, message->original, message->original_size);
        mfn__message_free(message);
    }
    batch->count = 0;
}

static void compare_items(world *self, const json_t *result, const mfn__buffer *items)
{
    mfn__buffer text;
    mfn__buffer_init(&text, SPOOL_BYTES);
    mfn__buffer_append_format(&text, json_is_array(result) ? "[%s]" : "%s",
                              items->size > 0 ? items->data : "");
    json_t *got = json_loads(text.data, JSON_DECODE_ANY, NULL);
    if (got == NULL || !json_equal(got, result)) {
        compare_differs(self->cmp, "result", "the recorded answer", "%s", text.data);
    }
    json_decref(got);
    mfn__buffer_deinit(&text);
}

/* Fetches as intake does, until the source is empty or no retry is left. */
static bool fetch_all(world *self, void *connector, mfn__buffer *items)
{
    for (uint64_t attempt = 0;;) {
        mfn__batch batch = {.count = 0};
        mfn__advice advice = {0};
        mfn_status status = mfn__rest_connector.fetch(connector, self->around.monotonic_ns, &batch,
                                                      &advice, &self->err);
        collect(items, &batch);
        if (status == MFN_NOT_FOUND && advice.trouble == MFN__TROUBLE_BY_STATUS) {
            return true;
        }
        if (status != MFN_OK && !tries_again(self, attempt++, &advice)) {
            return false;
        }
    }
}

static void replay_fetch(world *self, json_t *call, const json_t *op)
{
    const mfn__connector_ops *ops = &mfn__rest_connector;
    mfn__rest_connector_options options = {0};
    mfn_options_set_defaults(ops->options, &options);
    const char *method = json_string_value(json_object_get(call, "method"));
    options.base_url = self->url;
    options.endpoint = json_string_value(json_object_get(call, "endpoint"));
    options.method = method != NULL && strcmp(method, "POST") == 0 ? MFN__REST_POST : MFN__REST_GET;
    options.params = read_map(&self->params, json_object_get(call, "params"));
    options.headers = read_map(&self->headers, json_object_get(self->rec->in, "headers"));
    options.body = json_object_get(call, "data") != NULL ? recorded_body(self) : "";
    options.access.allow_internal_addresses = true;
    void *connector = NULL;
    mfn_status status = ops->check(&options, &self->err);
    if (status == MFN_OK) {
        status = ops->open(&options, &self->around.lent, &connector, &self->err);
    }
    if (!compare_success(self->cmp, "open", status, &self->err)) {
        return;
    }
    mfn__buffer items;
    mfn__buffer_init(&items, SPOOL_BYTES);
    bool is_done = fetch_all(self, connector, &items);
    compare_outcome(self, op, is_done, items.size > 0);
    if (is_done && self->outcome == AS_RECORDED) {
        compare_items(self, json_object_get(op, "result"), &items);
    }
    mfn__buffer_deinit(&items);
    ops->close(connector);
}

/* Publishes as a lane does, until the result is settled or no retry is left. */
static bool publish_one(world *self, void *publisher)
{
    mfn__parcel parcel = {.simulation_id = "job", .result_id = "id", .bytes = recorded_body(self)};
    parcel.size = strlen(parcel.bytes);
    for (uint64_t attempt = 0;; attempt++) {
        mfn__advice advice = {0};
        mfn_status status =
            mfn__webhook_publisher.publish(publisher, &parcel, 1, &advice, &self->err);
        if (status == MFN_OK) {
            self->err = parcel.is_done ? self->err : parcel.problem;
            return parcel.is_done;
        }
        if (!tries_again(self, attempt, &advice)) {
            return false;
        }
    }
}

static void replay_publish(world *self, const json_t *op)
{
    const mfn__publisher_ops *ops = &mfn__webhook_publisher;
    mfn__webhook_publisher_options options = {0};
    mfn_options_set_defaults(ops->options, &options);
    options.webhook_url = self->url;
    options.headers = read_map(&self->headers, json_object_get(self->rec->in, "headers"));
    options.access.allow_internal_addresses = true;
    void *publisher = NULL;
    mfn_status status = ops->check(&options, &self->err);
    if (status == MFN_OK) {
        status = ops->open(&options, &self->around.lent, &publisher, &self->err);
    }
    if (compare_success(self->cmp, "open", status, &self->err)) {
        bool is_done = publish_one(self, publisher);
        compare_outcome(self, op, is_done, true);
        ops->close(publisher);
    }
}

/* %41 and the like become characters, as the records have them in part. */
static void decode(const char *text, char ret[TEXT_MAX])
{
    size_t used = 0;
    for (; *text != '\0' && used < TEXT_MAX - 1; text++) {
        const char digits[] = {text[0] == '%' ? text[1] : '\0', text[0] == '%' ? text[2] : '\0', 0};
        bool is_encoded = strlen(digits) == 2;
        ret[used++] = is_encoded ? (char)strtol(digits, NULL, 16) : *text;
        text += is_encoded ? 2 : 0;
    }
    ret[used] = '\0';
}

static void compare_headers(world *self, const http_peer_request *got, json_t *recorded)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(recorded, name, value)
    {
        bool is_type = strcmp(name, "content-type") == 0;
        const char *seen = http_peer_header(got, name);
        compare_text(self->cmp, name, is_type ? "application/json" : json_string_value(value),
                     seen != NULL ? seen : "(nothing)");
    }
}

static void compare_request(world *self, size_t number)
{
    const json_t *recorded = json_array_get(json_object_get(self->rec->out, "peer_saw"), number);
    const http_peer_request *got = http_peer_seen(self->peer, number);
    const char *path = json_string_value(json_object_get(recorded, "path"));
    const char *query = json_string_value(json_object_get(recorded, "query"));
    char expected[TEXT_MAX];
    char target[TEXT_MAX];
    char text[TEXT_MAX];
    snprintf(text, sizeof text, "%s%s%s", path, query[0] != '\0' ? "?" : "", query);
    decode(text, expected);
    decode(got->target, target);
    compare_text(self->cmp, "method", json_string_value(json_object_get(recorded, "method")),
                 got->method);
    compare_text(self->cmp, "path and query", expected, target);
    compare_text(self->cmp, "body", json_string_value(json_object_get(recorded, "body")),
                 got->body);
    compare_headers(self, got, json_object_get(recorded, "headers"));
}

static void compare_peer(world *self)
{
    if (http_peer_count(self->peer) != self->requests) {
        char expected[TEXT_MAX];
        snprintf(expected, sizeof expected, "%zu requests (%s)", self->requests, self->why);
        compare_differs(self->cmp, "peer_saw", expected, "%zu", http_peer_count(self->peer));
        return;
    }
    for (size_t i = 0; i < self->requests; i++) {
        compare_request(self, i);
    }
}

/* What the peer answers, in order. */
static void script(world *self)
{
    size_t index = 0;
    json_t *reply = NULL;
    json_array_foreach(json_object_get(self->rec->in, "server"), index, reply)
    {
        const char *body = json_string_value(json_object_get(reply, "body"));
        const char *encoded = json_string_value(json_object_get(reply, "body_b64"));
        mfn__buffer bytes;
        mfn__buffer_init(&bytes, SPOOL_BYTES);
        if (encoded != NULL) {
            (void)mfn__base64_decode(encoded, strlen(encoded), &bytes, NULL);
        } else {
            mfn__buffer_append_text(&bytes, body != NULL ? body : "");
        }
        const http_peer_answer answer = {
            .status = (int)json_integer_value(json_object_get(reply, "status")),
            .body = bytes.data,
            .body_size = bytes.size,
            .delay_s = json_real_value(json_object_get(reply, "delay")),
        };
        http_peer_add(self->peer, &answer);
        mfn__buffer_deinit(&bytes);
    }
}

static void replay_ops(world *self)
{
    const json_t *expected = json_object_get(self->rec->out, "ops");
    size_t index = 0;
    json_t *op = NULL;
    json_array_foreach(json_object_get(self->rec->in, "ops"), index, op)
    {
        const char *name = json_string_value(json_array_get(op, 0));
        if (strcmp(name, "fetch") == 0) {
            replay_fetch(self, json_array_get(op, 1), json_array_get(expected, index));
        } else if (strcmp(name, "publish") == 0) {
            replay_publish(self, json_array_get(expected, index));
        }
    }
}

static void replay_in(world *self, const char *folder)
{
    bool is_rest =
        strcmp(json_string_value(json_object_get(self->rec->in, "class")), "RESTConnector") == 0;
    const char *path =
        json_string_value(json_object_get(self->rec->in, is_rest ? "base_path" : "path"));
    const char *usual = is_rest ? "" : "/hook";
    mfn_test_around_open(&self->around, folder, SPOOL_BYTES);
    self->around.lent.timeout_s = self->retry.timeout;
    self->peer = http_peer_new();
    snprintf(self->url, sizeof self->url, "http://127.0.0.1:%d%s", http_peer_port(self->peer),
             path != NULL ? path : usual);
    script(self);
    if (self->retry.enabled) { /* a pipeline leaves out what is disabled */
        replay_ops(self);
    }
    compare_peer(self);
    http_peer_free(self->peer);
    mfn_test_around_close(&self->around);
}

static void replay(world *self)
{
    char folder[] = "/tmp/mfn-replay-XXXXXX";
    if (mkdtemp(folder) == NULL) {
        compare_differs(self->cmp, "the state file", "a folder for it", "%s", strerror(errno));
        return;
    }
    replay_in(self, folder);
    static const char *const names[] = {"state.db", "state.db-wal", "state.db-shm",
                                        "state.db.lock"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[TEXT_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

void kind_http_client(const record *rec, comparison *cmp)
{
    world *self = mfn__mem_new(1, sizeof *self);
    if (self == NULL) {
        compare_malformed(cmp, "in", "a record that fits into memory");
        return;
    }
    *self = (world){.rec = rec, .cmp = cmp};
    expect(self);
    const mfn_option *table = mfn__retry_option_table();
    mfn_options_set_defaults(table, &self->retry);
    mfn_status status =
        options_set_all(table, &self->retry, json_object_get(rec->in, "config"), &self->err);
    if (compare_success(cmp, "in.config", status, &self->err)) {
        replay(self);
    }
    mfn__mem_free(self);
}
