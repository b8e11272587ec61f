/* SPDX-License-Identifier: MIT */
/* A small HTTP server for webhooks, on libmicrohttpd. Everything happens in the caller's thread,
 * inside mfn__webhook_receiver_serve. */
#ifndef MFN_CLI_WEBHOOK_RECEIVER_H
#define MFN_CLI_WEBHOOK_RECEIVER_H

#include "codec/webhook_signature.h"

#define MFN__WEBHOOK_REASON_MAX 512

typedef struct mfn__webhook_receiver mfn__webhook_receiver;

typedef struct mfn__webhook_request {
    mfn__webhook_delivery delivery; /* the body as it was sent */
    const char *encoding;           /* Content-Encoding, or NULL */
} mfn__webhook_request;

typedef struct mfn__webhook_receiver_options {
    const char *address; /* an IP address */
    uint16_t port;       /* 0: the system chooses */
    size_t body_bytes_max;
    int64_t request_ns_max; /* for one request, from its first byte to its answer */
    void *context;
    /* Judges a complete request: writes one line of text and returns the HTTP status. */
    unsigned (*receive)(void *context, const mfn__webhook_request *request,
                        char reason[MFN__WEBHOOK_REASON_MAX]);
    /* Hears of a request that was refused before. */
    void (*refused)(void *context, unsigned status, const char *reason);
} mfn__webhook_receiver_options;

mfn_status mfn__webhook_receiver_open(const mfn__webhook_receiver_options *options,
                                      mfn__webhook_receiver **ret, mfn_error *err);

/* "http://127.0.0.1:8088/"; borrowed. */
const char *mfn__webhook_receiver_url(const mfn__webhook_receiver *receiver);

/* Serves what comes within about `wait_ms`. */
mfn_status mfn__webhook_receiver_serve(mfn__webhook_receiver *receiver, int wait_ms,
                                       mfn_error *err);

/* Takes no more connections and requests, and finishes those under way for `grace_ns` at most. */
void mfn__webhook_receiver_finish(mfn__webhook_receiver *receiver, int64_t grace_ns);
void mfn__webhook_receiver_free(mfn__webhook_receiver *receiver); /* NULL is allowed */

#endif
