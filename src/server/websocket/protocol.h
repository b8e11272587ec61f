/* SPDX-License-Identifier: MIT */
/* The messages between client and service: JSON objects {"type", "payload"}. What went well is told
 * with the time beside the payload, what failed with the time in it: the clients know it so. */
#ifndef MFN_SERVER_WEBSOCKET_PROTOCOL_H
#define MFN_SERVER_WEBSOCKET_PROTOCOL_H

#include "server/websocket/client.h"

#define MFN__WS_PROTOCOL_VERSION "1.0"

/* Does what a message of the client asks for. */
void mfn__ws_protocol_take(mfn__ws_client *client, const char *text, size_t size);

void mfn__ws_protocol_tell_heartbeat(mfn__ws_client *client);
void mfn__ws_protocol_tell_stream_error(mfn__ws_client *client, const char *stream_id,
                                        const char *problem);

#endif
