/* SPDX-License-Identifier: MIT */
/* The operations over HTTP/1.1: libmicrohttpd carries the bytes on a few event loops, and work that
 * takes long is computed elsewhere while its connection is suspended. */
#ifndef MFN_SERVER_HTTP_SERVER_H
#define MFN_SERVER_HTTP_SERVER_H

#include "server/service.h"

typedef struct mfn__http_server mfn__http_server;

/* Listens as the service's settings say. `service` must outlive the server. */
mfn_status mfn__http_server_start(mfn__service *service, mfn__http_server **ret, mfn_error *err);

/* "http://127.0.0.1:8000", with the port that was chosen. */
const char *mfn__http_server_url(const mfn__http_server *server);

/* No more connections, 503 for requests that come on those that are there; returns when all that
 * were accepted are answered, or after the service's grace time, and tells how many were not. */
size_t mfn__http_server_drain(mfn__http_server *server);

/* Closes all connections. NULL is allowed. */
void mfn__http_server_stop(mfn__http_server *server);

#endif
