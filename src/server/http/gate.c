/* SPDX-License-Identifier: MIT */
#include "server/http/gate.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "server/http/upgrade.h"
#include "server/uuid.h"

static mfn__service *service_of(const mfn__exchange *exchange)
{
    return exchange->context->service;
}

/* The client's own id when it is made of visible ASCII and not too long, else a random UUID. */
static void choose_request_id(mfn__exchange *exchange)
{
    const char *given = exchange->headers.request_id;
    size_t size = given != NULL ? strlen(given) : 0;
    bool is_fine = size > 0 && size <= MFN__REQUEST_ID_MAX;
    for (size_t i = 0; is_fine && i < size; i++) {
        is_fine = given[i] > ' ' && given[i] < 0x7f;
    }
    if (is_fine) {
        memcpy(exchange->request_id, given, size + 1);
        return;
    }
    if (mfn__uuid_make(mfn__entropy_system(), exchange->request_id, NULL) != MFN_OK) {
        snprintf(exchange->request_id, sizeof exchange->request_id, "%016llx",
                 (unsigned long long)exchange->started_ns);
    }
}

/* "/health" of "http://host/health", which a server has to take as well (RFC 9112, 3.2.2). */
static const char *path_of(const char *url)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t size = strlen(schemes[i]);
        if (strncasecmp(url, schemes[i], size) == 0) {
            const char *slash = strchr(url + size, '/');
            return slash != NULL ? slash : "/";
        }
    }
    return url;
}

static mfn_status check_key(mfn__exchange *exchange)
{
    const mfn__service *service = service_of(exchange);
    const char *key = exchange->headers.api_key;
    const mfn__operation *operation = exchange->route.of_path;
    const char *scope = operation != NULL ? operation->tag : NULL;
    mfn__key_verdict verdict =
        key == NULL ? MFN__KEY_UNKNOWN
                    : mfn__keyring_check(service->keyring, key, strlen(key), scope,
                                         mfn__clock_wall_ns(service->clock), &exchange->grant);
    if (verdict == MFN__KEY_FINE || !service->requires_key ||
        (operation != NULL && operation->is_public)) {
        return MFN_OK;
    }
    if (verdict == MFN__KEY_OUT_OF_SCOPE) {
        return mfn__call_refuse(&exchange->call, MHD_HTTP_FORBIDDEN, "forbidden",
                                "This API key is not allowed to do that: its scopes lack '%s'",
                                scope);
    }
    return mfn__call_refuse(&exchange->call, MHD_HTTP_UNAUTHORIZED, "authentication_required",
                            verdict == MFN__KEY_EXPIRED ? "The API key has expired"
                                                        : "Invalid or missing API key");
}

/* The bucket's name: a template for paths that hold an id, and one for all that nobody knows, so
 * that made-up paths do not make buckets. */
static const char *limited_path(const mfn__exchange *exchange)
{
    return exchange->route.of_path != NULL ? exchange->route.of_path->path : "/other";
}

static mfn_status check_rate(mfn__exchange *exchange)
{
    mfn__service *service = service_of(exchange);
    if (!service->limits_requests) {
        return MFN_OK;
    }
    /* A key with a limit of its own has it wherever it is used from. */
    uint64_t requests = exchange->grant.requests_per_window;
    char address[MFN__CLIENT_TEXT_MAX];
    mfn__proxies_limited_client(exchange->client, address);
    const char *client = requests > 0 ? exchange->grant.name : address;
    if (requests == 0) {
        requests = mfn__rate_limit_of_path(exchange->path, service->settings->rate_limit_requests);
    }
    mfn__rate_limit_take(service->rate_limit, client, limited_path(exchange), requests,
                         service->settings->rate_limit_window,
                         mfn__clock_monotonic_ns(service->clock), &exchange->rate);
    exchange->has_rate = true;
    if (exchange->rate.is_allowed) {
        return MFN_OK;
    }
    mfn_status status = mfn__call_refuse(&exchange->call, MHD_HTTP_TOO_MANY_REQUESTS,
                                         "rate_limit_exceeded", "Rate limit exceeded");
    exchange->call.refusal.retry_after_s = (double)exchange->rate.retry_after_s;
    return status;
}

static mfn_status check_route(mfn__exchange *exchange)
{
    switch (exchange->route.status) {
    case MHD_HTTP_OK:
        return MFN_OK;
    case MHD_HTTP_METHOD_NOT_ALLOWED:
        return mfn__call_refuse(&exchange->call, MHD_HTTP_METHOD_NOT_ALLOWED, "method_not_allowed",
                                "Method Not Allowed");
    case MHD_HTTP_NOT_FOUND:
        return mfn__call_refuse(&exchange->call, MHD_HTTP_NOT_FOUND, "not_found", "Not Found");
    default:
        return MFN_INVALID; /* a redirection has no refusal */
    }
}

static bool takes_json(const char *content_type)
{
    if (content_type == NULL) {
        return true;
    }
    size_t size = strcspn(content_type, "; \t");
    return (size == 16 && strncasecmp(content_type, "application/json", size) == 0) ||
           (size > 17 && strncasecmp(content_type, "application/", 12) == 0 &&
            strncasecmp(content_type + size - 5, "+json", 5) == 0);
}

static mfn_status check_body(mfn__exchange *exchange)
{
    const mfn__operation *operation = exchange->route.operation;
    uint64_t max = operation->body_bytes_max > 0 ? operation->body_bytes_max
                                                 : service_of(exchange)->settings->max_body_bytes;
    mfn__buffer_init(&exchange->body, max);
    if (exchange->headers.body_bytes > max) {
        return mfn__call_refuse(&exchange->call, MHD_HTTP_CONTENT_TOO_LARGE, "payload_too_large",
                                "The body has %llu bytes; at most %llu are taken",
                                (unsigned long long)exchange->headers.body_bytes,
                                (unsigned long long)max);
    }
    if (exchange->headers.content_encoding != NULL &&
        strcasecmp(exchange->headers.content_encoding, "identity") != 0) {
        return mfn__call_refuse(&exchange->call, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
                                "unsupported_media_type",
                                "Content-Encoding: bodies are taken as they are, not compressed");
    }
    exchange->is_json = takes_json(exchange->headers.content_type);
    return MFN_OK;
}

mfn_status mfn__gate_pass(mfn__exchange *exchange, const char *url, const char *version)
{
    mfn__service *service = service_of(exchange);
    const char *problem = mfn__http_framing(
        exchange->connection, &(mfn__http_request_line){exchange->method, url, version},
        &exchange->headers);
    choose_request_id(exchange);
    exchange->path = path_of(url);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    mfn__proxies_find_client(exchange->context->proxies, info != NULL ? info->client_addr : NULL,
                             exchange->headers.forwarded_for, exchange->client);
    if (problem != NULL) {
        exchange->is_malformed = true;
        return mfn__call_refuse(&exchange->call, MHD_HTTP_BAD_REQUEST, "bad_request", "%s",
                                problem);
    }
    mfn__cors_judge(service->cors, exchange->method, exchange->headers.origin,
                    exchange->headers.cors_method, exchange->headers.cors_headers, &exchange->cors);
    if (exchange->cors.status != 0) {
        return MFN_INVALID;
    }
    if (mfn__upgrade_concerns(exchange)) {
        return mfn__upgrade_judge(exchange, version);
    }
    mfn__route_find(mfn__operations, exchange->method, exchange->path, &exchange->route);
    mfn_status status = check_key(exchange);
    if (status == MFN_OK) {
        status = check_rate(exchange);
    }
    if (status == MFN_OK) {
        status = check_route(exchange);
    }
    if (status == MFN_OK && atomic_load(&service->is_stopping) &&
        !exchange->route.operation->is_public) {
        status = mfn__call_refuse(&exchange->call, MHD_HTTP_SERVICE_UNAVAILABLE, "stopping",
                                  "The service is about to end: try another instance");
        exchange->call.refusal.retry_after_s = 1.0;
    }
    return status == MFN_OK ? check_body(exchange) : status;
}
