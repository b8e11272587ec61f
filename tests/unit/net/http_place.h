/* SPDX-License-Identifier: MIT */
/* A pool, a scripted peer, and exchanges between them. */
#ifndef MFN_TEST_HTTP_PLACE_H
#define MFN_TEST_HTTP_PLACE_H

#include "http_peer.h"
#include "net/http.h"

#define HTTP_PLACE_EXCHANGES_MAX 32
#define HTTP_PLACE_URL_MAX       256

typedef struct http_place {
    http_peer *peer;
    mfn__http_pool *pool;
    mfn__http_access access; /* the defaults, but with internal addresses allowed */
    mfn__http_exchange exchanges[HTTP_PLACE_EXCHANGES_MAX];
    char urls[HTTP_PLACE_EXCHANGES_MAX][HTTP_PLACE_URL_MAX];
    size_t count;
} http_place;

void http_place_make(http_place *place, uint64_t pool_size, uint64_t pool_size_per_host);
void http_place_drop(http_place *place);
void http_place_clear(http_place *place); /* forgets the exchanges */

/* A GET of `path` from the peer under the name `host`, to be changed as the test needs. */
mfn__http_exchange *http_place_add(http_place *place, const char *host, const char *path);
void http_place_perform(http_place *place);

/* One GET from 127.0.0.1, whose exchange stays until the place is cleared. */
mfn__http_exchange *http_place_get(http_place *place, const char *path);

/* Fails the test unless the whole answer came, with this status and body. */
void http_place_expect(const mfn__http_exchange *exchange, int status, const char *answer);

/* No test asks a name server: "localhost" and "*.test" are 127.0.0.1, and no other name exists.
 * "slow.test" is looked up for as long as the test wants. */
void http_place_answer_slow_name(void);

#endif
