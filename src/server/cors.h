/* SPDX-License-Identifier: MIT */
/* Which other sites' pages may call the service (Fetch standard, CORS protocol), as the reference
 * answers: GET, POST and OPTIONS, any header, 600 s. */
#ifndef MFN_SERVER_CORS_H
#define MFN_SERVER_CORS_H

#include <stdbool.h>
#include <stddef.h>

#include "mfn/status.h"

typedef struct mfn__cors mfn__cors; /* constant once made: any thread */

/* `origins` is a comma list; "*" in it allows all, without credentials; "" turns CORS off. */
mfn_status mfn__cors_new(const char *origins, mfn__cors **ret, mfn_error *err);
void mfn__cors_free(mfn__cors *cors); /* NULL is allowed */

bool mfn__cors_is_on(const mfn__cors *cors);

#define MFN__CORS_HEADERS_MAX 8

typedef struct mfn__cors_header {
    const char *name, *value; /* static or borrowed from the request */
} mfn__cors_header;

typedef struct mfn__cors_answer {
    mfn__cors_header headers[MFN__CORS_HEADERS_MAX];
    size_t count;
    unsigned status;  /* of a preflight: 200 or 400; 0: not a preflight, carry on */
    const char *body; /* of a preflight, text/plain */
} mfn__cors_answer;

/* What to answer to a request with these headers; NULL for those that it lacks. */
void mfn__cors_judge(const mfn__cors *cors, const char *method, const char *origin,
                     const char *request_method, const char *request_headers,
                     mfn__cors_answer *ret);

#endif
