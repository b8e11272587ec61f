/* SPDX-License-Identifier: MIT */
/* HTTP requests through one pool of connections: libcurl's multi interface on a thread of its own.
 * One DNS cache, keep-alive, HTTP/2 where the server offers it.
 *
 * Safety: only http and https; redirects are followed here, not by libcurl, at most
 * `max_redirects`, never to another scheme and, unless allowed, never to another host (credentials
 * go to the first host alone); the address is checked when the socket is opened, after DNS, so that
 * no name leads to an internal address unless that is allowed. */
#ifndef MFN_NET_HTTP_H
#define MFN_NET_HTTP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "net/advice.h"

#include "mfn/option.h"

typedef struct mfn__http_pool_options {
    uint64_t pool_size;          /* open connections in all */
    uint64_t pool_size_per_host; /* and to one host */
} mfn__http_pool_options;

const mfn_option *mfn__http_pool_option_table(void);

/* How a component may reach its server: option rows that every HTTP kind has. */
typedef struct mfn__http_access {
    const char *bearer_token;            /* "" for none; secret */
    const char *username, *password;     /* basic auth; "" for none; password is secret */
    bool verify_tls;                     /* default true */
    const char *ca_file;                 /* PEM; "" for the system's */
    const char *client_certificate_file; /* PEM; "" for none */
    const char *client_key_file;         /* PEM; "" for none */
    bool allow_internal_addresses;       /* loopback, private, link-local, ...; default false */
    uint64_t max_response_bytes;         /* default 16 MiB */
    uint64_t max_redirects;              /* default 5 */
    bool allow_other_hosts;              /* for redirects and next links; default false */
} mfn__http_access;

const mfn_option *mfn__http_access_option_table(void);

/* The token fits into a header and the user name into basic authentication. Every exchange is
 * checked; to call it earlier tells the user earlier. Errors name the option, never its value. */
mfn_status mfn__http_access_check(const mfn__http_access *access, mfn_error *err);

/* One request with its response. The caller fills the request and zeroes the rest. */
typedef struct mfn__http_exchange {
    const char *method;         /* "GET" or "POST" */
    const char *url;            /* complete, with query */
    const char *const *headers; /* "Name: value", ends with NULL; NULL for none */
    const void *body;           /* NULL for none */
    size_t body_size;
    const mfn__http_access *access;
    double timeout_s; /* of the whole exchange with its redirects; 0: 30 s */

    /* Response. Release with mfn__http_exchange_deinit. */
    mfn_error problem;  /* status MFN_OK when a whole response with any HTTP status came */
    bool is_paused;     /* with a problem that somebody must mend: TLS trust, host name mismatch */
    int status;         /* 200, 404, ...; also with a problem that came after it; else 0 */
    mfn__buffer answer; /* body; when longer than max_response_bytes the problem is MFN_TOO_LARGE */
    int64_t retry_after_ns; /* Retry-After as seconds or date, from now; 0 when absent */
    char *etag, *last_modified, *content_type; /* or NULL */
    char *next_link; /* Link header with rel="next", resolved against the URL; or NULL */
    bool used_new_connection;
} mfn__http_exchange;

void mfn__http_exchange_deinit(mfn__http_exchange *exchange);

typedef struct mfn__http_pool mfn__http_pool;

typedef struct mfn__http_counts {
    uint64_t requests, connections_opened, connections_reused, redirects;
} mfn__http_counts;

/* Starts the thread. */
mfn_status mfn__http_pool_new(const mfn__http_pool_options *options, mfn__http_pool **ret,
                              mfn_error *err);
void mfn__http_pool_free(mfn__http_pool *pool); /* NULL is allowed; nobody may be inside perform */

/* Performs all exchanges side by side, within the pool's bounds, and waits for the last. When
 * `*abandon` becomes true those under way end within about 100 ms with MFN_CANCELLED. Any thread,
 * several at a time. `abandon` may be NULL. */
void mfn__http_perform(mfn__http_pool *pool, mfn__http_exchange *exchanges, size_t count,
                       const atomic_bool *abandon);

mfn__http_counts mfn__http_pool_counts(mfn__http_pool *pool);

/* What a finished exchange means (DELIVERY: the retry contract): MFN_OK for 2xx and for statuses in
 * `also_successful` (ends with 0; may be NULL); else a status with an error that names method, the
 * redacted URL and the HTTP status, and the advice: 408 425 429 500 502 503 504 and connection
 * problems are passing, 401 403 404 407 and TLS trust paused, 410 gone, the rest permanent. The
 * error's text ends with up to the first 200 printable bytes of the answer, less the secrets of the
 * request that it repeats. */
mfn_status mfn__http_judge(const mfn__http_exchange *exchange, const int *also_successful,
                           mfn__advice *ret_advice, mfn_error *err);

#endif
