/* SPDX-License-Identifier: MIT */
#include "server/http/answer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "server/websocket/handshake.h"

#define JSON            "application/json"
#define PROBLEM         "application/problem+json"
#define REFUSAL_MAX     ((size_t)1 << 16)
#define LOCATION_MAX    1024
#define NUMBER_MAX      32
#define KEY_CHALLENGE   "API-Key header=\"X-API-Key\""
#define WRITE_TIMEOUT_S 60.0

static void add(struct MHD_Response *response, const char *name, const char *value)
{
    MHD_add_response_header(response, name, value);
}

static void add_number(struct MHD_Response *response, const char *name, uint64_t number)
{
    char text[NUMBER_MAX];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    add(response, name, text);
}

/* The reference's headers, and beside them those of the IETF draft "RateLimit header fields for
 * HTTP". */
static void add_rate(struct MHD_Response *response, const mfn__rate_verdict *rate)
{
    add_number(response, "X-RateLimit-Limit", rate->limit);
    add_number(response, "X-RateLimit-Remaining", rate->remaining);
    char text[96];
    snprintf(text, sizeof text, "\"default\";q=%llu;w=%llu", (unsigned long long)rate->limit,
             (unsigned long long)rate->window_s);
    add(response, "RateLimit-Policy", text);
    snprintf(text, sizeof text, "\"default\";r=%llu;t=%llu", (unsigned long long)rate->remaining,
             (unsigned long long)rate->reset_s);
    add(response, "RateLimit", text);
}

static void add_headers(const mfn__exchange *exchange, struct MHD_Response *response)
{
    add(response, "X-Request-ID", exchange->request_id);
    add(response, "X-Content-Type-Options", "nosniff");
    if (exchange->has_rate) {
        add_rate(response, &exchange->rate);
    }
    for (size_t i = 0; i < exchange->cors.count; i++) {
        add(response, exchange->cors.headers[i].name, exchange->cors.headers[i].value);
    }
    if (exchange->call.location[0] != '\0') {
        add(response, MHD_HTTP_HEADER_LOCATION, exchange->call.location);
    }
    const mfn__refusal *refusal = &exchange->call.refusal;
    if (refusal->retry_after_s > 0.0) {
        add_number(response, MHD_HTTP_HEADER_RETRY_AFTER, (uint64_t)ceil(refusal->retry_after_s));
    }
    if (refusal->status == MHD_HTTP_UNAUTHORIZED) {
        add(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, KEY_CHALLENGE);
    }
    if (refusal->status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        add(response, MHD_HTTP_HEADER_ALLOW, exchange->route.allow);
    }
    if (refusal->status == MHD_HTTP_UPGRADE_REQUIRED) {
        add(response, MHD_HTTP_HEADER_UPGRADE, "websocket");
        add(response, MHD_HTTP_HEADER_SEC_WEBSOCKET_VERSION, MFN__WS_VERSION);
    }
    if (atomic_load(&exchange->context->service->is_stopping)) {
        add(response, MHD_HTTP_HEADER_CONNECTION, "close");
    }
}

enum MHD_Result mfn__exchange_queue(mfn__exchange *exchange, unsigned status,
                                    const char *content_type, struct MHD_Response *response)
{
    if (response == NULL) {
        return MHD_NO; /* the connection is closed */
    }
    if (content_type != NULL) {
        add(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    }
    add_headers(exchange, response);
    exchange->status = status;
    exchange->stage = MFN__ANSWERED;
    mfn__watch_set_deadline(exchange->context->watch, exchange->watched, WRITE_TIMEOUT_S);
    enum MHD_Result result = MHD_queue_response(exchange->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* Moves the text into a response. */
static struct MHD_Response *response_of(mfn__buffer *text)
{
    size_t size = 0;
    char *bytes = mfn__buffer_take(text, &size);
    if (bytes == NULL) {
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback(size, bytes, mfn__mem_free);
    if (response == NULL) {
        mfn__mem_free(bytes);
    }
    return response;
}

static enum MHD_Result refuse(mfn__exchange *exchange)
{
    const mfn__refusal *refusal = &exchange->call.refusal;
    const char *accept = exchange->headers.accept;
    bool as_problem = accept != NULL && strstr(accept, PROBLEM) != NULL;
    mfn__buffer text;
    mfn__json_writer json;
    mfn__buffer_init(&text, REFUSAL_MAX);
    mfn__json_start(&json, &text, 0);
    mfn__refusal_write_json(refusal, exchange->request_id,
                            mfn__clock_wall_ns(exchange->context->service->clock), exchange->path,
                            as_problem, &json);
    struct MHD_Response *response = text.status == MFN_OK ? response_of(&text) : NULL;
    mfn__buffer_deinit(&text);
    return mfn__exchange_queue(exchange, refusal->status, as_problem ? PROBLEM : JSON, response);
}

/* To the path without its last slash, on the host that the client named. */
static enum MHD_Result redirect(mfn__exchange *exchange)
{
    char location[LOCATION_MAX];
    const char *host = exchange->headers.host;
    int size = snprintf(location, sizeof location, "%s%s%.*s",
                        host == NULL                ? ""
                        : exchange->context->is_tls ? "https://"
                                                    : "http://",
                        host == NULL ? "" : host, (int)exchange->route.path_size, exchange->path);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (response != NULL && size > 0 && (size_t)size < sizeof location) {
        add(response, MHD_HTTP_HEADER_LOCATION, location);
    }
    return mfn__exchange_queue(exchange, MHD_HTTP_TEMPORARY_REDIRECT, NULL, response);
}

static enum MHD_Result answer_preflight(mfn__exchange *exchange)
{
    const char *body = exchange->cors.body != NULL ? exchange->cors.body : "";
    char text[64];
    int size = snprintf(text, sizeof text, "%s", body);
    return mfn__exchange_queue(
        exchange, exchange->cors.status, "text/plain; charset=utf-8",
        MHD_create_response_from_buffer((size_t)size, text, MHD_RESPMEM_MUST_COPY));
}

enum MHD_Result mfn__exchange_answer(mfn__exchange *exchange)
{
    if (exchange->call.refusal.status != 0) {
        return refuse(exchange);
    }
    if (exchange->cors.status != 0) {
        return answer_preflight(exchange);
    }
    if (exchange->route.status == MHD_HTTP_TEMPORARY_REDIRECT) {
        return redirect(exchange);
    }
    return mfn__exchange_queue(exchange, exchange->call.status, exchange->call.content_type,
                               response_of(&exchange->call.answer));
}
