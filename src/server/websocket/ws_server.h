/* SPDX-License-Identifier: MIT */
/* All WebSocket clients, on one thread: it waits for their sockets, gives the streams their time,
 * sends heartbeats and closes who has gone silent. It never computes. */
#ifndef MFN_SERVER_WEBSOCKET_WS_SERVER_H
#define MFN_SERVER_WEBSOCKET_WS_SERVER_H

#include "server/websocket/client.h"

typedef struct mfn__ws_server mfn__ws_server;

mfn_status mfn__ws_server_start(mfn__service *service, mfn__ws_server **ret, mfn_error *err);

/* Takes over a connection whose handshake was answered, and closes it at once when the server ends
 * or memory is short. Any thread. */
void mfn__ws_server_take(mfn__ws_server *server, const mfn__ws_arrival *arrival);

/* Closes all connections with 1001 and returns when they are gone, or after that many seconds has
 * cut them off; takes no more. Again: does nothing. */
void mfn__ws_server_end(mfn__ws_server *server, double seconds);

void mfn__ws_server_free(mfn__ws_server *server); /* NULL is allowed */

#endif
