/* SPDX-License-Identifier: MIT */
/* One WebSocket connection as messages in and out (RFC 6455); libwslay knows the frames. Never
 * blocks. Bounded in both directions: a client that does not read is not read from either. */
#ifndef MFN_SERVER_WEBSOCKET_WIRE_H
#define MFN_SERVER_WEBSOCKET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mfn/status.h"

#define MFN__WS_MESSAGE_BYTES_MAX ((size_t)64 << 10) /* of one that comes in */
#define MFN__WS_QUEUE_BYTES_MAX                                                                    \
    ((size_t)256 << 10) /* waiting to go out, before it counts as full */

/* Close codes (RFC 6455, section 7.4.1). */
enum {
    MFN__WS_NORMAL = 1000,
    MFN__WS_GOING_AWAY = 1001,
    MFN__WS_PROTOCOL_ERROR = 1002,
    MFN__WS_UNSUPPORTED_DATA = 1003,
    MFN__WS_POLICY = 1008,
    MFN__WS_INTERNAL = 1011,
};

/* What carries the bytes. */
typedef struct mfn__ws_carrier {
    int socket; /* does not block */
    void (*close)(void *handle);
    void *handle;
    const void *early; /* bytes that came right behind the handshake; copied */
    size_t early_size;
} mfn__ws_carrier;

typedef struct mfn__ws_wire mfn__ws_wire;

/* `on_text` gets each whole text message. On failure the carrier is still the caller's. */
mfn_status mfn__ws_wire_new(const mfn__ws_carrier *carrier,
                            void (*on_text)(void *owner, const char *text, size_t size),
                            void *owner, mfn__ws_wire **ret, mfn_error *err);
void mfn__ws_wire_free(mfn__ws_wire *wire); /* closes the carrier; NULL is allowed */

int mfn__ws_wire_socket(const mfn__ws_wire *wire);

/* Reads what is there, up to a share that is fair to other connections. True: something came. */
bool mfn__ws_wire_read(mfn__ws_wire *wire);

/* Queues a message; not after a close. */
void mfn__ws_wire_send(mfn__ws_wire *wire, const char *text, size_t size);

/* Queues a close; nothing is sent after it, and no more messages come in. */
void mfn__ws_wire_close(mfn__ws_wire *wire, unsigned code, const char *reason);

/* Sends what the socket takes now. */
void mfn__ws_wire_flush(mfn__ws_wire *wire);

bool mfn__ws_wire_is_full(const mfn__ws_wire *wire); /* the client reads too slowly */
bool mfn__ws_wire_wants_read(const mfn__ws_wire *wire);
bool mfn__ws_wire_wants_write(const mfn__ws_wire *wire);
bool mfn__ws_wire_is_closing(const mfn__ws_wire *wire); /* one side has said so */
bool mfn__ws_wire_is_over(const mfn__ws_wire *wire);    /* the connection is gone */

#endif
