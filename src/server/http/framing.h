/* SPDX-License-Identifier: MIT */
/* Whether the headers of a request have one meaning only. libmicrohttpd is lenient where two
 * readers of the same bytes could disagree, which is what request smuggling lives on. */
#ifndef MFN_SERVER_HTTP_FRAMING_H
#define MFN_SERVER_HTTP_FRAMING_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

/* The headers that the service looks at; NULL: not there. Borrowed from the connection. */
typedef struct mfn__http_headers_in {
    const char *host, *content_length, *transfer_encoding, *content_type, *content_encoding;
    const char *accept, *api_key, *request_id, *forwarded_for;
    const char *origin, *cors_method, *cors_headers;
    const char *upgrade, *connection, *websocket_key, *websocket_version;
    uint64_t body_bytes; /* of Content-Length */
} mfn__http_headers_in;

/* Whether the target of a request, as libmicrohttpd passes it before it changes it, has no white
 * space and control characters, NUL among them, which would end it early. */
bool mfn__http_target_is_plain(const char *target);

/* As libmicrohttpd passes it with the headers. */
typedef struct mfn__http_request_line {
    const char *method, *target, *version;
} mfn__http_request_line;

/* Reads the headers. Returns NULL, or what is wrong with them or the first line: the request is
 * then refused with 400. */
const char *mfn__http_framing(struct MHD_Connection *connection, const mfn__http_request_line *line,
                              mfn__http_headers_in *ret);

#endif
