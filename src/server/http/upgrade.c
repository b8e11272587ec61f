/* SPDX-License-Identifier: MIT */
#include "server/http/upgrade.h"

#include <stdio.h>
#include <string.h>

#include "server/http/answer.h"
#include "server/websocket/handshake.h"

#define FOLDER "/ws/"

static mfn__ws_request request_of(const mfn__exchange *exchange, const char *version)
{
    const mfn__http_headers_in *headers = &exchange->headers;
    return (mfn__ws_request){.method = exchange->method,
                             .http_version = version,
                             .upgrade = headers->upgrade,
                             .connection = headers->connection,
                             .key = headers->websocket_key,
                             .version = headers->websocket_version};
}

bool mfn__upgrade_concerns(const mfn__exchange *exchange)
{
    const mfn__ws_request request = request_of(exchange, "");
    return mfn__stream_kind_of_path(exchange->path) != NULL ||
           (strncmp(exchange->path, FOLDER, sizeof FOLDER - 1) == 0 && mfn__ws_is_wanted(&request));
}

mfn_status mfn__upgrade_judge(mfn__exchange *exchange, const char *version)
{
    const mfn__ws_request request = request_of(exchange, version);
    const mfn__stream_kind *kind = mfn__stream_kind_of_path(exchange->path);
    if (kind == NULL) {
        return mfn__call_refuse(&exchange->call, MHD_HTTP_FORBIDDEN, "forbidden",
                                "There is no WebSocket at this path");
    }
    const char *problem = NULL;
    unsigned status = mfn__ws_judge(&request, &problem);
    if (status == MHD_HTTP_SWITCHING_PROTOCOLS &&
        atomic_load(&exchange->context->service->is_stopping)) {
        status = MHD_HTTP_SERVICE_UNAVAILABLE;
        problem = "The service is about to end: try another instance";
        exchange->call.refusal.retry_after_s = 1.0;
    }
    if (status == MHD_HTTP_SWITCHING_PROTOCOLS) {
        exchange->stream_kind = kind;
        return MFN_OK;
    }
    snprintf(exchange->route.allow, sizeof exchange->route.allow, "GET");
    const char *code = status == MHD_HTTP_METHOD_NOT_ALLOWED    ? "method_not_allowed"
                       : status == MHD_HTTP_UPGRADE_REQUIRED    ? "upgrade_required"
                       : status == MHD_HTTP_SERVICE_UNAVAILABLE ? "stopping"
                                                                : "bad_request";
    return mfn__call_refuse(&exchange->call, status, code, "%s", problem);
}

static void close_carrier(void *handle)
{
    MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's */
static void on_upgrade(void *argument, struct MHD_Connection *connection, void *request_context,
                       const char *early, size_t early_size, MHD_socket socket,
                       struct MHD_UpgradeResponseHandle *handle)
{
    (void)connection;
    (void)request_context;
    mfn__exchange *exchange = argument;
    mfn__http_context *context = exchange->context;
    const mfn__ws_arrival arrival = {.kind = exchange->stream_kind,
                                     .address = exchange->client,
                                     .carrier = {.socket = socket,
                                                 .close = close_carrier,
                                                 .handle = handle,
                                                 .early = early,
                                                 .early_size = early_size}};
    mfn__watch_set_deadline(context->watch, exchange->watched, -1.0);
    mfn__exchange_settle(exchange);
    mfn__ws_server_take(context->websockets, &arrival); /* the exchange may end at any moment now */
}

enum MHD_Result mfn__upgrade_answer(mfn__exchange *exchange)
{
    char accept[MFN__WS_ACCEPT_MAX];
    if (mfn__ws_accept(exchange->headers.websocket_key, accept, NULL) != MFN_OK) {
        mfn__call_refuse(&exchange->call, MHD_HTTP_INTERNAL_SERVER_ERROR, "internal_error",
                         "Internal Server Error");
        return mfn__exchange_answer(exchange);
    }
    struct MHD_Response *response = MHD_create_response_for_upgrade(on_upgrade, exchange);
    if (response != NULL) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_UPGRADE, "websocket");
        MHD_add_response_header(response, MHD_HTTP_HEADER_SEC_WEBSOCKET_ACCEPT, accept);
    }
    return mfn__exchange_queue(exchange, MHD_HTTP_SWITCHING_PROTOCOLS, NULL, response);
}
