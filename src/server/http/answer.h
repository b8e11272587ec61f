/* SPDX-License-Identifier: MIT */
#ifndef MFN_SERVER_HTTP_ANSWER_H
#define MFN_SERVER_HTTP_ANSWER_H

#include "server/http/exchange.h"

/* Queues what the call, its refusal, the preflight or the redirection says, and notes the status in
 * the exchange. */
enum MHD_Result mfn__exchange_answer(mfn__exchange *exchange);

/* Queues the response, with the headers that all have, and lets go of it. `content_type` may be
 * NULL. A response that is NULL closes the connection. */
enum MHD_Result mfn__exchange_queue(mfn__exchange *exchange, unsigned status,
                                    const char *content_type, struct MHD_Response *response);

#endif
