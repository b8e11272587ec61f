/* SPDX-License-Identifier: MIT */
/* One request of the webhook publisher: some results as a body with its headers. */
#ifndef MFN_PUBLISHERS_WEBHOOK_REQUEST_H
#define MFN_PUBLISHERS_WEBHOOK_REQUEST_H

#include "codec/webhook_signature.h"
#include "net/http_headers.h"
#include "publishers/webhook/webhook_publisher.h"

typedef struct mfn__webhook_request {
    mfn__parcel *const *parcels; /* borrowed */
    size_t count;
    mfn__buffer body; /* unused when the body is the only parcel's bytes */
    mfn__http_headers headers;
} mfn__webhook_request;

/* Headers that the publisher sets itself; ends with NULL. */
extern const char *const mfn__webhook_reserved_headers[];

/* Makes the request for its parcels (at least one) and puts it into a zeroed exchange, which
 * borrows from it. The same parcels give the same id. `keys` may be NULL. Release with
 * mfn__webhook_request_deinit, also after a failure. */
mfn_status mfn__webhook_request_make(mfn__webhook_request *request,
                                     const mfn__webhook_publisher_options *options,
                                     const mfn__webhook_keys *keys, int64_t timestamp_s,
                                     mfn__http_exchange *ret, mfn_error *err);
void mfn__webhook_request_deinit(mfn__webhook_request *request);

#endif
