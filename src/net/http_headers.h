/* SPDX-License-Identifier: MIT */
/* Request headers: those that the user gave, checked, and those that a component adds. */
#ifndef MFN_NET_HTTP_HEADERS_H
#define MFN_NET_HTTP_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

#include "mfn/option.h"

/* MFN_OK when every name is a token (RFC 9110, section 5.6.2), no value has control characters, no
 * name comes twice, and none is in `reserved` (ends with NULL), which the component sets itself.
 * Errors name the header, never its value. */
mfn_status mfn__http_headers_check(const mfn_texts *headers, const char *const *reserved,
                                   mfn_error *err);

/* True when the user gave a header of that name, whatever its case. */
bool mfn__http_headers_have(const mfn_texts *headers, const char *name);

/* The lines of one request. */
typedef struct mfn__http_headers {
    mfn__buffer text; /* "Name: value" lines, each with a NUL after it */
    const char **lines;
    size_t count;
} mfn__http_headers;

void mfn__http_headers_init(mfn__http_headers *headers);
void mfn__http_headers_deinit(mfn__http_headers *headers);

/* Failures are remembered until mfn__http_headers_end. */
void mfn__http_headers_add(mfn__http_headers *headers, const char *name, const char *value);
void mfn__http_headers_add_all(mfn__http_headers *headers, const mfn_texts *given);

/* The lines for mfn__http_exchange, ended by NULL: valid until the next add or deinit. */
mfn_status mfn__http_headers_end(mfn__http_headers *headers, const char *const **ret,
                                 mfn_error *err);

#endif
