/* SPDX-License-Identifier: MIT */
#include "server/websocket/protocol.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/option_table.h"
#include "server/operations/operations.h"
#include "server/request.h"

#define ANSWER_BYTES_MAX  ((size_t)16 << 10)
#define CLOCK_SKEW_MAX_MS 300000.0 /* between the client's clock and ours */
#define PROBLEM_MAX       1024

/* A message on its way out. */
typedef struct answer {
    mfn__ws_client *client;
    mfn__buffer text;
    mfn__json_writer json;
} answer;

static void begin(answer *self, mfn__ws_client *client, const char *type)
{
    self->client = client;
    mfn__buffer_init(&self->text, ANSWER_BYTES_MAX);
    mfn__json_start(&self->json, &self->text, 0);
    mfn__json_object_begin(&self->json);
    mfn__answer_text(&self->json, "type", type);
}

static void tell_time(answer *self)
{
    mfn__answer_real(&self->json, "timestamp",
                     mfn__stream_timestamp_ms(self->client->hub->service));
}

static void begin_payload(answer *self)
{
    mfn__json_key(&self->json, "payload");
    mfn__json_object_begin(&self->json);
}

static void end_payload(answer *self)
{
    mfn__json_object_end(&self->json);
}

static void end(answer *self)
{
    mfn__json_object_end(&self->json);
    if (self->text.status == MFN_OK) {
        mfn__ws_client_send(self->client, &self->text);
    } else { /* no memory: the client must not wait for what never comes */
        mfn__ws_client_close(self->client, MFN__WS_INTERNAL, "out of memory");
    }
    mfn__buffer_deinit(&self->text);
}

/* "subscribe_success" and its like; `stream_id` may be NULL. */
static void tell(mfn__ws_client *client, const char *type, const char *stream_id)
{
    answer self;
    begin(&self, client, type);
    if (stream_id != NULL) {
        mfn__answer_text(&self.json, "stream_id", stream_id);
    }
    tell_time(&self);
    end(&self);
}

static void tell_failure(mfn__ws_client *client, const char *type, const char *code,
                         const char *problem)
{
    answer self;
    begin(&self, client, type);
    begin_payload(&self);
    mfn__answer_text(&self.json, "error_code", code);
    mfn__answer_text(&self.json, "message", problem);
    tell_time(&self);
    end_payload(&self);
    end(&self);
}

void mfn__ws_protocol_tell_heartbeat(mfn__ws_client *client)
{
    tell(client, "heartbeat", NULL);
}

void mfn__ws_protocol_tell_stream_error(mfn__ws_client *client, const char *stream_id,
                                        const char *problem)
{
    answer self;
    begin(&self, client, "error");
    begin_payload(&self);
    mfn__answer_text(&self.json, "error_code", "STREAM_ERROR");
    mfn__answer_text(&self.json, "message", problem);
    mfn__answer_text(&self.json, "stream_id", stream_id);
    tell_time(&self);
    end_payload(&self);
    end(&self);
}

/* "steps: Input should be less than or equal to 1000; seed: ..." */
static void describe(const mfn__faults *faults, char ret[PROBLEM_MAX])
{
    size_t used = 0;
    ret[0] = '\0';
    for (size_t i = 0; i < faults->count && used < PROBLEM_MAX; i++) {
        const mfn__fault *fault = &faults->items[i];
        int size = snprintf(ret + used, PROBLEM_MAX - used, "%s%s%s%s", i > 0 ? "; " : "",
                            fault->where, fault->where[0] != '\0' ? ": " : "", fault->message);
        used += size > 0 ? (size_t)size : 0;
    }
}

/* The members of the payload; without one none is given. */
static mfn_status read_payload(mfn__ws_client *client, json_t *payload, const mfn_option *fields,
                               const char *const *others, void *request, char ret[PROBLEM_MAX])
{
    mfn__faults faults = {.count = 0};
    bool is_strict = client->hub->service->settings->strict_fields;
    if (payload != NULL && !json_is_object(payload)) {
        snprintf(ret, PROBLEM_MAX, "payload: Input should be an object");
        return MFN_INVALID;
    }
    mfn_status status = mfn__request_read(payload, fields, others, is_strict, request, &faults);
    if (status != MFN_OK) {
        describe(&faults, ret);
    }
    return status;
}

typedef struct init_request {
    const char *protocol_version, *client_info;
} init_request;

static const mfn_option init_fields[] = {
    MFN__TEXT(init_request, protocol_version, "", "that the client speaks"),
    MFN__TEXT(init_request, client_info, "", "who it is"),
    {0},
};

static void take_init(mfn__ws_client *client, json_t *payload)
{
    init_request wanted;
    char problem[PROBLEM_MAX];
    if (read_payload(client, payload, init_fields, NULL, &wanted, problem) != MFN_OK) {
        tell_failure(client, "error", "INIT_FAILED", problem);
        return;
    }
    answer self;
    begin(&self, client, "init");
    tell_time(&self);
    begin_payload(&self);
    mfn__answer_text(&self.json, "protocol_version", MFN__WS_PROTOCOL_VERSION);
    end_payload(&self);
    end(&self);
}

typedef struct auth_request {
    const char *api_key, *signature;
    double timestamp;
} auth_request;

static const mfn_option auth_fields[] = {
    MFN__SECRET(auth_request, api_key, NULL, "as in the header X-API-Key"),
    MFN__REAL(auth_request, timestamp, -1e300, 1e300, NULL, "ms", "since 1970, now"),
    MFN__SECRET(auth_request, signature, "", "taken for the sake of older clients"),
    {0},
};

static bool is_ascii(const char *text)
{
    while (*text != '\0' && (unsigned char)*text < 0x80) {
        text++;
    }
    return *text == '\0';
}

static bool is_key_fine(const mfn__service *service, const char *key)
{
    mfn__key_grant grant;
    return !service->requires_key ||
           mfn__keyring_check(service->keyring, key, strlen(key), MFN__TAG_COMPUTE,
                              mfn__clock_wall_ns(service->clock), &grant) == MFN__KEY_FINE;
}

/* Whoever guesses keys has to connect again and again, which connection limits hold up. */
static void count_refusal(mfn__ws_client *client)
{
    client->refused_keys++;
    if (client->refused_keys >= MFN__WS_REFUSED_KEYS_MAX) {
        mfn__ws_client_close(client, MFN__WS_POLICY, "too many refused keys");
    }
}

static void refuse_key(mfn__ws_client *client, const char *why)
{
    mfn__ws_client_log(client, MFN__LOG_WARNING, why);
    answer self;
    begin(&self, client, "auth_failed");
    tell_time(&self);
    begin_payload(&self);
    mfn__answer_text(&self.json, "error_code", "AUTH_FAILED");
    mfn__answer_text(&self.json, "message", "Invalid API key or timestamp");
    end_payload(&self);
    end(&self);
}

static void take_auth(mfn__ws_client *client, json_t *payload)
{
    const mfn__service *service = client->hub->service;
    auth_request wanted = {0};
    char problem[PROBLEM_MAX];
    client->is_authenticated = false;
    mfn_status status = read_payload(client, payload, auth_fields, NULL, &wanted, problem);
    if (status == MFN_OK && !is_ascii(wanted.api_key)) {
        snprintf(problem, sizeof problem, "api_key: Input should be ASCII");
        status = MFN_INVALID;
    }
    if (status != MFN_OK) {
        tell_failure(client, "auth_failed", "AUTH_ERROR", problem);
        return;
    }
    if (!(fabs(mfn__stream_timestamp_ms(service) - wanted.timestamp) <= CLOCK_SKEW_MAX_MS)) {
        refuse_key(client, "Authentication failed: timestamp out of range");
        return;
    }
    if (!is_key_fine(service, wanted.api_key)) {
        refuse_key(client, "Authentication failed: invalid API key");
        count_refusal(client);
        return;
    }
    client->is_authenticated = true;
    char message[96];
    snprintf(message, sizeof message, "WebSocket authenticated: %s", client->id);
    mfn__ws_client_log(client, MFN__LOG_INFO, message);
    tell(client, "auth_success", NULL);
}

typedef struct subscribe_request {
    uint32_t stream_type;
    const char *stream_id;
} subscribe_request;

/* In the order of mfn__stream_kinds. */
static const char *const stream_types[] = {"stream_features", "simulation_live", NULL};

static const mfn_option subscribe_fields[] = {
    MFN__CHOICE(subscribe_request, stream_type, stream_types, NULL, "what the path streams"),
    {.name = "stream_id",
     .type = MFN_OPTION_TEXT,
     .offset = offsetof(subscribe_request, stream_id),
     .max = MFN__STREAM_ID_MAX,
     .unit = "",
     .help = "the client's name for the stream"},
    {0},
};

static const char *const subscribe_others[] = {"params", NULL};

static void subscribe(mfn__ws_client *client, const char *stream_id, json_t *parameters)
{
    mfn__faults faults = {.count = 0};
    mfn_error err = {0};
    char problem[PROBLEM_MAX] = "";
    mfn__stream *stream = NULL;
    mfn__ws_feed *feed = NULL;
    const mfn__stream_wish wish = {client->kind, stream_id, parameters};
    if (mfn__stream_open(client->hub->service, &wish, &stream, &faults, &err) != MFN_OK) {
        describe(&faults, problem);
        tell_failure(client, "subscribe_failed", "SUBSCRIBE_ERROR",
                     faults.count > 0 ? problem : err.text);
        return;
    }
    if (mfn__ws_feed_start(client->hub, client, stream, &feed, &err) != MFN_OK) {
        tell_failure(client, "subscribe_failed", "SUBSCRIBE_FAILED", err.text);
        return;
    }
    mfn__ws_client_add(client, feed);
    tell(client, "subscribe_success", stream_id);
}

static void take_subscribe(mfn__ws_client *client, json_t *payload)
{
    static const char type[] = "subscribe_failed";
    uint64_t streams_max = client->hub->service->settings->ws_max_streams;
    subscribe_request wanted = {0};
    char problem[PROBLEM_MAX];
    if (!client->is_authenticated) {
        tell_failure(client, type, "NOT_AUTHENTICATED", "Must authenticate before subscribing");
        return;
    }
    json_t *parameters = json_object_get(payload, "params");
    if (read_payload(client, payload, subscribe_fields, subscribe_others, &wanted, problem) !=
        MFN_OK) {
        tell_failure(client, type, "SUBSCRIBE_ERROR", problem);
    } else if (mfn__stream_kinds[wanted.stream_type] != client->kind) {
        snprintf(problem, sizeof problem, "stream_type: this path streams '%s'; '%s' is at %s",
                 client->kind->name, stream_types[wanted.stream_type],
                 mfn__stream_kinds[wanted.stream_type]->path);
        tell_failure(client, type, "SUBSCRIBE_ERROR", problem);
    } else if (parameters != NULL && !json_is_null(parameters) && !json_is_object(parameters)) {
        tell_failure(client, type, "SUBSCRIBE_ERROR", "params: Input should be an object");
    } else if (mfn__ws_client_find(client, wanted.stream_id) != NULL) {
        snprintf(problem, sizeof problem, "stream_id: '%s' is running on this connection",
                 wanted.stream_id);
        tell_failure(client, type, "SUBSCRIBE_FAILED", problem);
    } else if (client->feed_count >= streams_max) {
        snprintf(problem, sizeof problem,
                 "This connection has %llu streams, the most that it may have: unsubscribe one",
                 (unsigned long long)streams_max);
        tell_failure(client, type, "SUBSCRIBE_FAILED", problem);
    } else {
        subscribe(client, wanted.stream_id, parameters);
    }
}

/* Also for a stream that is not there, or not any more: its end may have crossed the message. */
static void take_unsubscribe(mfn__ws_client *client, json_t *payload)
{
    const char *stream_id = json_string_value(json_object_get(payload, "stream_id"));
    if (stream_id == NULL || strlen(stream_id) > MFN__STREAM_ID_MAX) {
        return;
    }
    mfn__ws_feed *feed = mfn__ws_client_find(client, stream_id);
    if (feed != NULL) {
        mfn__ws_client_drop(client, feed);
    }
    tell(client, "unsubscribe", stream_id);
}

static void take_close(mfn__ws_client *client, json_t *payload)
{
    (void)payload;
    mfn__ws_client_close(client, MFN__WS_NORMAL, "");
}

static const struct {
    const char *type;
    void (*take)(mfn__ws_client *client, json_t *payload);
} messages[] = {
    {"init", take_init},           {"auth", take_auth},
    {"subscribe", take_subscribe}, {"unsubscribe", take_unsubscribe},
    {"close", take_close},
};

/* Messages of other types (a "pong" among them) ask for nothing: that they came is a sign of life.
 * The client's mistakes do not cost it its connection. */
void mfn__ws_protocol_take(mfn__ws_client *client, const char *text, size_t size)
{
    mfn__faults faults = {.count = 0};
    json_t *document = NULL;
    if (mfn__request_parse(text, size, client->kind->fields, &document, &faults) != MFN_OK) {
        char problem[PROBLEM_MAX];
        const mfn__fault *fault = &faults.items[0];
        snprintf(problem, sizeof problem, "%s%s%s", fault->message,
                 fault->context[0] != '\0' ? " " : "", fault->context);
        tell_failure(client, "error", "INVALID_MESSAGE", problem);
        return;
    }
    const char *type = json_string_value(json_object_get(document, "type"));
    json_t *payload = json_object_get(document, "payload");
    for (size_t i = 0; type != NULL && i < sizeof messages / sizeof *messages; i++) {
        if (strcmp(type, messages[i].type) == 0) {
            messages[i].take(client, json_is_null(payload) ? NULL : payload);
            break;
        }
    }
    json_decref(document);
}
