/* SPDX-License-Identifier: MIT */
/* One exchange as libcurl sees it: prepared, and turned into a response when it is over. Thread:
 * the pool's. */
#ifndef MFN_NET_HTTP_TRANSFER_H
#define MFN_NET_HTTP_TRANSFER_H

#include <curl/curl.h>
#include <netinet/in.h>

#include "net/http.h"

struct mfn__http_group;

typedef struct mfn__http_transfer {
    struct mfn__http_transfer *next; /* for whoever keeps it in a list */
    mfn__http_exchange *exchange;
    const atomic_bool *abandon;    /* or NULL */
    struct mfn__http_group *group; /* those who wait for it */
    CURL *easy;                    /* lent by the pool while it is under way */
    struct curl_slist *headers;
    char *url; /* of this hop */
    uint64_t redirects_left;
    bool is_head_over;                      /* the answer's last line of headers came */
    bool is_elsewhere;                      /* a redirect led to another origin: no credentials */
    int64_t deadline_ns;                    /* monotonic */
    char refused_address[INET6_ADDRSTRLEN]; /* internal, and those are not allowed; or "" */
    char reason[CURL_ERROR_SIZE];
} mfn__http_transfer;

/* Sets everything on `easy`, which is fresh or reset. On failure the exchange has its problem. */
mfn_status mfn__http_transfer_prepare(mfn__http_transfer *transfer, CURL *easy);

/* Reads what came. True when a redirect must be followed: prepare again, after a reset of `easy`.
 */
bool mfn__http_transfer_conclude(mfn__http_transfer *transfer, CURLcode code);

/* True when at least a part of the request went out. */
bool mfn__http_transfer_was_sent(const mfn__http_transfer *transfer);

/* Releases what prepare made; not the exchange. */
void mfn__http_transfer_deinit(mfn__http_transfer *transfer);

#endif
