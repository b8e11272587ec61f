/* SPDX-License-Identifier: MIT */
/* An HTTP server on a loopback port of the kernel's choice that gives the answers of a script, one
 * per request in the order in which they come, and remembers the requests. Connections are kept
 * alive, with a thread each. When the script is over it answers 500. */
#ifndef MFN_TEST_HTTP_PEER_H
#define MFN_TEST_HTTP_PEER_H

#include <stddef.h>

typedef struct http_peer http_peer;

http_peer *http_peer_new(void);
void http_peer_free(http_peer *peer); /* NULL is allowed; closes every connection */
int http_peer_port(const http_peer *peer);

/* A delay that ends with the peer. */
#define HTTP_PEER_NEVER_S 1e9

typedef enum http_peer_manner {
    HTTP_PEER_ANSWERS,
    HTTP_PEER_DROPS,   /* closes the connection without an answer */
    HTTP_PEER_CUTS,    /* announces the whole body, sends half of it and closes */
    HTTP_PEER_BABBLES, /* sends the bytes of `body` as they are and closes */
} http_peer_manner;

typedef struct http_peer_answer {
    int status;
    const char *headers; /* "Name: value\r\n" each; NULL for none */
    const void *body;    /* NULL for none */
    size_t body_size;
    double delay_s;  /* before the answer */
    size_t together; /* answers wait until so many of this kind are asked for */
    http_peer_manner manner;
} http_peer_answer;

/* Adds to the script; everything is copied. */
void http_peer_add(http_peer *peer, const http_peer_answer *answer);
void http_peer_say(http_peer *peer, int status, const char *headers, const char *body);

#define HTTP_PEER_HEADERS_MAX 64

/* Belongs to the peer. */
typedef struct http_peer_request {
    const char *method, *target;
    const char *names[HTTP_PEER_HEADERS_MAX], *values[HTTP_PEER_HEADERS_MAX];
    size_t header_count;
    const char *body; /* with a NUL after it */
    size_t body_size;
    size_t connection; /* 0 for the first that was accepted */
    char *bytes;       /* that the others point into */
} http_peer_request;

size_t http_peer_count(http_peer *peer);
const http_peer_request *http_peer_seen(http_peer *peer, size_t index); /* aborts without one */

/* NULL when the request has none of that name, whatever its case. */
const char *http_peer_header(const http_peer_request *request, const char *name);

#endif
