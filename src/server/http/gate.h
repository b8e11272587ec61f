/* SPDX-License-Identifier: MIT */
/* What a request has to pass before its body is read: well-formed headers, the rules for other
 * sites' pages, a key, the rate limit, the route, the body's size and type. */
#ifndef MFN_SERVER_HTTP_GATE_H
#define MFN_SERVER_HTTP_GATE_H

#include "server/http/exchange.h"

/* MFN_OK: go on. Otherwise the exchange's refusal is filled, or its `cors.status` answers a
 * preflight, or its `route.status` is 307. */
mfn_status mfn__gate_pass(mfn__exchange *exchange, const char *url, const char *version);

#endif
