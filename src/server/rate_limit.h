/* SPDX-License-Identifier: MIT */
/* Token buckets per client and endpoint, in memory of a fixed size however many clients come. */
#ifndef MFN_SERVER_RATE_LIMIT_H
#define MFN_SERVER_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "mfn/status.h"

typedef struct mfn__rate_verdict {
    bool is_allowed;
    uint64_t limit;     /* of requests in a window */
    uint64_t remaining; /* whole tokens left */
    uint64_t window_s;
    uint64_t reset_s;       /* until the bucket is full again, rounded up */
    uint64_t retry_after_s; /* at least 1 when not allowed: trunc((1 - tokens) / rate) + 1 */
} mfn__rate_verdict;

/* Thread-safe: the table is split into sets of a few buckets, and a lock over some of them is held
 * for some instructions. A full set replaces the bucket that has been full of tokens for longest,
 * or else the one used least recently: a client that was forgotten starts with a full bucket. */
typedef struct mfn__rate_limit mfn__rate_limit;

/* `buckets_max` is at least 1 and rounded up to a power of two. */
mfn_status mfn__rate_limit_new(uint64_t buckets_max, mfn__rate_limit **ret, mfn_error *err);
void mfn__rate_limit_free(mfn__rate_limit *limit); /* NULL is allowed */

/* Takes a token of the bucket of `client` and `endpoint`, whose size is `requests` per `window_s`.
 * A bucket without size, or a window of nothing, lets nobody through. */
void mfn__rate_limit_take(mfn__rate_limit *limit, const char *client, const char *endpoint,
                          uint64_t requests, uint64_t window_s, int64_t monotonic_ns,
                          mfn__rate_verdict *ret);

/* The reference's limit for a path: /health 1000, /nernst 200, /validate, /simulate and
 * /federated/aggregate 50 by first prefix match, else `requests`. */
uint64_t mfn__rate_limit_of_path(const char *path, uint64_t requests);

#endif
