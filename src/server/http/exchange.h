/* SPDX-License-Identifier: MIT */
/* One request over HTTP, from its headers to its answer. */
#ifndef MFN_SERVER_HTTP_EXCHANGE_H
#define MFN_SERVER_HTTP_EXCHANGE_H

#include <microhttpd.h>

#include "server/http/framing.h"
#include "server/http/watch.h"
#include "server/proxies.h"
#include "server/route.h"
#include "server/service.h"
#include "server/streams/stream.h"
#include "server/websocket/ws_server.h"

#define MFN__REQUEST_ID_MAX 128

/* What all exchanges of a server share. */
typedef struct mfn__http_context {
    mfn__service *service;
    mfn__watch *watch;
    mfn__proxies *proxies;
    mfn__ws_server *websockets;
    bool is_tls;
    atomic_size_t in_flight; /* requests that have begun and are not answered */
} mfn__http_context;

#define MFN__CLIENT_HAS_LEFT 499 /* as nginx counts it: no fault of the service */

typedef enum mfn__exchange_stage {
    MFN__COLLECTING, /* the body comes in */
    MFN__REFUSED,    /* the answer waits for the end of the request */
    MFN__COMPUTING,  /* suspended */
    MFN__COMPUTED,   /* resumed: the answer is there */
    MFN__ANSWERED,   /* the answer is queued */
} mfn__exchange_stage;

typedef struct mfn__exchange {
    mfn__http_context *context;
    struct MHD_Connection *connection;
    mfn__watched *watched; /* its connection */
    mfn__exchange_stage stage;
    mfn__http_headers_in headers;
    const char *method;
    const char *path;
    char request_id[MFN__REQUEST_ID_MAX + 1];
    char client[MFN__CLIENT_TEXT_MAX]; /* address */
    mfn__key_grant grant;              /* "" for none */
    mfn__rate_verdict rate;
    bool has_rate;
    mfn__cors_answer cors;
    mfn__route route;
    const mfn__stream_kind *stream_kind; /* it becomes a WebSocket for these; NULL: it does not */
    int64_t started_ns;
    mfn__buffer body;
    uint64_t discarded_bytes; /* of a body that is too large */
    bool is_json;             /* the body, by its type */
    json_t *document;
    mfn__faults faults;
    mfn__call call;
    atomic_bool cancel;
    unsigned status;   /* of the answer */
    bool is_malformed; /* where the next request begins is in doubt */
    bool is_settled;
} mfn__exchange;

/* The headers are there: answers at once, or begins to collect the body. NULL: no memory. */
mfn__exchange *mfn__exchange_begin(mfn__http_context *context, struct MHD_Connection *connection,
                                   mfn__watched *watched, const char *url, const char *method,
                                   const char *version);

/* The body is complete, or the answer is computed: goes on from there. */
enum MHD_Result mfn__exchange_continue(mfn__exchange *exchange);

/* The answer was sent, or the connection broke: counts and logs the request, once. */
void mfn__exchange_settle(mfn__exchange *exchange);

/* Settles and frees it. */
void mfn__exchange_end(mfn__exchange *exchange);

#endif
