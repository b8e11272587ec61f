/* SPDX-License-Identifier: MIT */
/* What of an answer may be shown to people. */
#ifndef MFN_NET_HTTP_EXCERPT_H
#define MFN_NET_HTTP_EXCERPT_H

#include "net/http.h"

/* The beginning of the answer, cut to the size, with "…" for every secret of the request that the
 * server repeats: the credentials, words of headers, values of the query. "" without an answer, or
 * without the memory for looking. */
void mfn__http_excerpt(const mfn__http_exchange *exchange, char *ret, size_t size);

#endif
