/* SPDX-License-Identifier: MIT */
/* Requests that become WebSockets. */
#ifndef MFN_SERVER_HTTP_UPGRADE_H
#define MFN_SERVER_HTTP_UPGRADE_H

#include "server/http/exchange.h"

/* Whether the path is that of a stream, or one beside it that was asked for as a WebSocket. */
bool mfn__upgrade_concerns(const mfn__exchange *exchange);

/* Sets the exchange's `stream_kind`, or fills its refusal. Needs no key: the client shows it in its
 * first message, as the reference's clients do. */
mfn_status mfn__upgrade_judge(mfn__exchange *exchange, const char *version);

/* Queues the 101; behind it the connection belongs to the WebSocket server. */
enum MHD_Result mfn__upgrade_answer(mfn__exchange *exchange);

#endif
