/* SPDX-License-Identifier: MIT */
#include "server/http/exchange.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "server/http/answer.h"
#include "server/http/gate.h"
#include "server/http/upgrade.h"
#include "server/request.h"

#define ANSWER_BYTES_MAX ((size_t)256 << 20)
#define JSON             "application/json"

static mfn__service *service_of(const mfn__exchange *exchange)
{
    return exchange->context->service;
}

static void log_line(mfn__exchange *exchange, mfn__log_level level, const char *message,
                     double duration_ms)
{
    mfn__log_record record = mfn__log_record_of(level, "mfn.api", message);
    record.request_id = exchange->request_id;
    record.endpoint = exchange->path;
    record.method = exchange->method;
    record.client_ip = exchange->client;
    record.status = exchange->status > 0 ? (int)exchange->status : -1;
    record.duration_ms = duration_ms;
    const mfn__log_extra key = {"key", exchange->grant.name};
    if (key.value[0] != '\0') {
        record.extras = &key;
        record.extra_count = 1;
    }
    mfn__logger_write(service_of(exchange)->logger, &record);
}

/* Clients make methods up, and every label makes a series. */
static const char *method_label(const char *method)
{
    static const char *const known[] = {"GET",    "HEAD",    "POST",    "PUT",  "PATCH",
                                        "DELETE", "OPTIONS", "CONNECT", "TRACE"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i], method) == 0) {
            return known[i];
        }
    }
    return "other";
}

static mfn__series *in_progress(const mfn__exchange *exchange)
{
    const char *const labels[] = {mfn__endpoint_of_path(exchange->path),
                                  method_label(exchange->method)};
    return mfn__registry_series(service_of(exchange)->registry, &mfn__http_in_progress, labels);
}

/* The error becomes the refusal, unless the operation has chosen its own. */
static void refuse_by_status(mfn__exchange *exchange, mfn_status status, const mfn_error *err)
{
    static const struct {
        mfn_status status;
        unsigned http;
        const char *code;
    } table[] = {
        {MFN_INVALID, MHD_HTTP_BAD_REQUEST, "invalid_request"},
        {MFN_FORMAT, MHD_HTTP_BAD_REQUEST, "invalid_request"},
        {MFN_UNSTABLE, MHD_HTTP_UNPROCESSABLE_CONTENT, "numerical_instability"},
        {MFN_TOO_LARGE, MHD_HTTP_CONTENT_TOO_LARGE, "payload_too_large"},
        {MFN_NOT_FOUND, MHD_HTTP_NOT_FOUND, "not_found"},
        {MFN_EXISTS, MHD_HTTP_CONFLICT, "already_exists"},
        {MFN_NO_MEMORY, MHD_HTTP_SERVICE_UNAVAILABLE, "out_of_memory"},
        {MFN_BUSY, MHD_HTTP_SERVICE_UNAVAILABLE, "busy"},
        {MFN_CANCELLED, MFN__CLIENT_HAS_LEFT, "client_has_left"}, /* nobody reads this answer */
        {MFN_TIMED_OUT, MHD_HTTP_GATEWAY_TIMEOUT, "timed_out"},
        {MFN_NO_SPACE, MHD_HTTP_INSUFFICIENT_STORAGE, "insufficient_storage"},
    };
    if (exchange->call.refusal.status != 0) {
        return;
    }
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].status == status) {
            mfn__call_refuse(&exchange->call, table[i].http, table[i].code, "%s", err->text);
            return;
        }
    }
    mfn__logger_say(service_of(exchange)->logger, MFN__LOG_ERROR, "mfn.api", "%s failed: %s",
                    exchange->route.operation->name, err->text);
    mfn__call_refuse(&exchange->call, MHD_HTTP_INTERNAL_SERVER_ERROR, "internal_error",
                     "Internal Server Error");
}

/* On a thread that computes, or on the event loop for what costs little. */
static void run_operation(mfn__exchange *exchange)
{
    mfn_error err = {0};
    mfn_status status = exchange->route.operation->run(&exchange->call, &err);
    if (status == MFN_OK) {
        status = mfn__buffer_check(&exchange->call.answer, "the answer", &err);
    }
    if (status != MFN_OK) {
        refuse_by_status(exchange, status, &err);
    }
}

static void compute(void *argument)
{
    mfn__exchange *exchange = argument;
    run_operation(exchange);
    mfn__watch_set_flag(exchange->context->watch, exchange->watched, NULL);
    exchange->stage = MFN__COMPUTED;
    MHD_resume_connection(exchange->connection); /* hands the exchange back to its event loop */
}

/* Suspends the connection while the operation is computed elsewhere, or refuses it when too much
 * is waiting. */
static enum MHD_Result admit(mfn__exchange *exchange, uint64_t cost)
{
    mfn__watched *watched = exchange->watched;
    exchange->stage = MFN__COMPUTING;
    mfn__watch_set_deadline(exchange->context->watch, watched, -1.0);
    mfn__watch_set_flag(exchange->context->watch, watched, &exchange->cancel);
    MHD_suspend_connection(exchange->connection);
    double retry_after_s = 0.0;
    if (mfn__admission_enter(service_of(exchange)->admission, cost, compute, exchange,
                             &retry_after_s)) {
        return MHD_YES; /* the exchange is the other thread's until it resumes the connection */
    }
    mfn__watch_set_flag(exchange->context->watch, watched, NULL);
    mfn__call_refuse(&exchange->call, MHD_HTTP_SERVICE_UNAVAILABLE, "overloaded",
                     "The service has too much to compute: try again in %.0f s", retry_after_s);
    exchange->call.refusal.retry_after_s = retry_after_s;
    exchange->stage = MFN__COMPUTED;
    MHD_resume_connection(exchange->connection);
    return MHD_YES;
}

static mfn_status refuse_faults(mfn__exchange *exchange)
{
    mfn_status status = mfn__call_refuse(&exchange->call, MHD_HTTP_UNPROCESSABLE_CONTENT,
                                         "validation_error", "The request is not valid");
    exchange->call.refusal.faults = &exchange->faults;
    return status;
}

/* From the body's text to the operation's request. */
static mfn_status read_request(mfn__exchange *exchange)
{
    const mfn__operation *operation = exchange->route.operation;
    const mfn_option *fields = mfn__operation_fields(operation);
    if (operation->request_size == 0) {
        return MFN_OK;
    }
    mfn_error err = {0};
    mfn_status status = mfn__buffer_check(&exchange->body, "the body", &err);
    if (status != MFN_OK) {
        refuse_by_status(exchange, status, &err);
        return status;
    }
    exchange->call.request = mfn__mem_new(1, operation->request_size);
    if (exchange->call.request == NULL) {
        refuse_by_status(exchange, MFN_NO_MEMORY, &(mfn_error){.text = "out of memory"});
        return MFN_NO_MEMORY;
    }
    if (operation->read_raw != NULL && !exchange->is_json) {
        status =
            operation->read_raw(exchange->headers.content_type, exchange->body.data,
                                exchange->body.size, exchange->call.request, &exchange->faults);
        return status == MFN_OK ? MFN_OK : refuse_faults(exchange);
    }
    if (!exchange->is_json) {
        mfn__fault *fault = mfn__faults_add(&exchange->faults, "model_attributes_type", "");
        snprintf(fault->message, sizeof fault->message,
                 "Input should be a valid dictionary or object to extract fields from: expected "
                 "the Content-Type application/json");
        return refuse_faults(exchange);
    }
    if (!mfn__text_is_utf8(exchange->body.data, exchange->body.size)) {
        return mfn__call_refuse(&exchange->call, MHD_HTTP_BAD_REQUEST, "invalid_request",
                                "There was an error parsing the body");
    }
    status = mfn__request_parse(exchange->body.data, exchange->body.size, fields,
                                &exchange->document, &exchange->faults);
    if (status == MFN_OK) {
        status = mfn__request_read(exchange->document, fields, operation->others,
                                   service_of(exchange)->settings->strict_fields ||
                                       operation->refuses_unknown,
                                   exchange->call.request, &exchange->faults);
    }
    if (status == MFN_OK && operation->read != NULL) {
        status = operation->read(exchange->document, exchange->call.request, &exchange->faults);
    }
    return status == MFN_OK ? MFN_OK : refuse_faults(exchange);
}

enum MHD_Result mfn__exchange_continue(mfn__exchange *exchange)
{
    if (exchange->stream_kind != NULL) {
        return mfn__upgrade_answer(exchange);
    }
    if (exchange->stage == MFN__COLLECTING && read_request(exchange) == MFN_OK) {
        const mfn__operation *operation = exchange->route.operation;
        if (operation->cost != NULL) {
            return admit(exchange, operation->cost(exchange->call.request));
        }
        run_operation(exchange);
    }
    return exchange->stage == MFN__COMPUTING ? MHD_YES : mfn__exchange_answer(exchange);
}

/* An answer before the end of the request ends the connection, which spares reading a body that is
 * not wanted; without a body there is no reason to. */
static bool may_wait(const mfn__exchange *exchange)
{
    const mfn__http_headers_in *headers = &exchange->headers;
    return !exchange->is_malformed && headers->body_bytes == 0 &&
           headers->transfer_encoding == NULL;
}

mfn__exchange *mfn__exchange_begin(mfn__http_context *context, struct MHD_Connection *connection,
                                   mfn__watched *watched, const char *url, const char *method,
                                   const char *version)
{
    mfn__exchange *exchange = mfn__mem_new(1, sizeof *exchange);
    if (exchange == NULL) {
        return NULL;
    }
    mfn__service *service = context->service;
    atomic_fetch_add(&context->in_flight, 1);
    exchange->context = context;
    exchange->connection = connection;
    exchange->watched = watched;
    exchange->method = method;
    exchange->path = url;
    exchange->started_ns = mfn__clock_monotonic_ns(service->clock);
    exchange->call = (mfn__call){.service = service,
                                 .request_id = exchange->request_id,
                                 .status = MHD_HTTP_OK,
                                 .content_type = JSON,
                                 .argument = exchange->route.argument,
                                 .cancel = &exchange->cancel};
    mfn__buffer_init(&exchange->call.answer, ANSWER_BYTES_MAX);
    mfn_status status = mfn__gate_pass(exchange, url, version);
    exchange->call.client =
        exchange->grant.name[0] != '\0' ? exchange->grant.name : exchange->client;
    exchange->call.key = exchange->grant.name;
    mfn__series_add(in_progress(exchange), 1.0);
    if (mfn__logger_wants(service->logger, MFN__LOG_DEBUG)) {
        char message[256];
        snprintf(message, sizeof message, "Request started: %s %s", method, exchange->path);
        log_line(exchange, MFN__LOG_DEBUG, message, -1.0);
    }
    mfn__watch_set_deadline(context->watch, watched, service->settings->request_timeout);
    if (status != MFN_OK && may_wait(exchange)) {
        exchange->stage = MFN__REFUSED;
    } else if (status != MFN_OK && mfn__exchange_answer(exchange) != MHD_YES) {
        mfn__exchange_end(exchange);
        return NULL;
    }
    return exchange;
}

static void count(mfn__exchange *exchange, double seconds)
{
    mfn__registry *registry = service_of(exchange)->registry;
    char status[16];
    snprintf(status, sizeof status, "%u", exchange->status);
    const char *const labels[] = {mfn__endpoint_of_path(exchange->path),
                                  method_label(exchange->method), status};
    mfn__series_add(in_progress(exchange), -1.0);
    mfn__series_add(mfn__registry_series(registry, &mfn__http_requests_total, labels), 1.0);
    mfn__series_observe(mfn__registry_series(registry, &mfn__http_request_duration, labels),
                        seconds);
}

void mfn__exchange_settle(mfn__exchange *exchange)
{
    if (exchange->is_settled) {
        return;
    }
    exchange->is_settled = true;
    mfn__service *service = service_of(exchange);
    double seconds = (double)(mfn__clock_monotonic_ns(service->clock) - exchange->started_ns) / 1e9;
    count(exchange, seconds);
    mfn__log_level level =
        exchange->status >= 500 || exchange->status == 0 ? MFN__LOG_ERROR : MFN__LOG_INFO;
    if (mfn__logger_wants(service->logger, level)) {
        char message[256];
        if (exchange->status == 0) {
            snprintf(message, sizeof message, "Request failed: %s %s - the client left",
                     exchange->method, exchange->path);
            level = MFN__LOG_WARNING;
        } else {
            snprintf(message, sizeof message, "Request completed: %s %s -> %u", exchange->method,
                     exchange->path, exchange->status);
        }
        log_line(exchange, level, message, seconds * 1e3);
    }
    atomic_fetch_sub(&exchange->context->in_flight, 1);
}

void mfn__exchange_end(mfn__exchange *exchange)
{
    mfn__exchange_settle(exchange);
    if (exchange->call.request != NULL && exchange->route.operation->release != NULL) {
        exchange->route.operation->release(exchange->call.request);
    }
    mfn__mem_free(exchange->call.request);
    json_decref(exchange->document);
    mfn__buffer_deinit(&exchange->body);
    mfn__buffer_deinit(&exchange->call.answer);
    mfn__watch_set_deadline(exchange->context->watch, exchange->watched,
                            service_of(exchange)->settings->idle_timeout);
    mfn__mem_free(exchange);
}
