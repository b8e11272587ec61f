/* SPDX-License-Identifier: MIT */
#ifndef MFN_SERVER_HTTP_ANSWER_H
#define MFN_SERVER_HTTP_ANSWER_H

#include "server/http/exchange.h"

/* Queues what the call, its refusal, the preflight or the redirection says, and notes the status in
 * the exchange. */
enum MHD_Result mfn__exchange_answer(mfn__exchange *exchange);

#endif
