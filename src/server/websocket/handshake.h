/* SPDX-License-Identifier: MIT */
/* From an HTTP request to a WebSocket (RFC 6455, section 4.2). */
#ifndef MFN_SERVER_WEBSOCKET_HANDSHAKE_H
#define MFN_SERVER_WEBSOCKET_HANDSHAKE_H

#include <stdbool.h>

#include "mfn/status.h"

#define MFN__WS_VERSION    "13"
#define MFN__WS_ACCEPT_MAX 32

/* Headers of the request; NULL: not there. */
typedef struct mfn__ws_request {
    const char *method, *http_version;
    const char *upgrade, *connection, *key, *version;
} mfn__ws_request;

/* Whether the request asks for a WebSocket at all. */
bool mfn__ws_is_wanted(const mfn__ws_request *request);

/* 101, or the status that refuses it and, in `ret_problem`, why: 400, 405, or 426 (the client is to
 * ask for the protocol, or for another version of it). */
unsigned mfn__ws_judge(const mfn__ws_request *request, const char **ret_problem);

/* The value of Sec-WebSocket-Accept for a Sec-WebSocket-Key. */
mfn_status mfn__ws_accept(const char *key, char ret[MFN__WS_ACCEPT_MAX], mfn_error *err);

#endif
