/* SPDX-License-Identifier: MIT */
#include "server/websocket/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <wslay/wslay.h>

#include "base/error.h"
#include "base/mem.h"

#define READ_SHARE_BYTES    ((size_t)64 << 10)
#define QUEUED_MESSAGES_MAX 1000

struct mfn__ws_wire {
    wslay_event_context_ptr frames;
    mfn__ws_carrier carrier;
    char *early; /* not read yet */
    size_t early_size, early_used;
    size_t read_bytes; /* in this turn */
    void (*on_text)(void *owner, const char *text, size_t size);
    void *owner;
    bool is_broken;    /* the connection is gone, or memory is */
    bool is_closing;   /* we have queued a close */
    bool is_lingering; /* both sides have closed: waits for the end of the connection */
};

static ssize_t read_early(mfn__ws_wire *wire, uint8_t *ret, size_t size)
{
    size_t left = wire->early_size - wire->early_used;
    size_t taken = left < size ? left : size;
    memcpy(ret, wire->early + wire->early_used, taken);
    wire->early_used += taken;
    return (ssize_t)taken;
}

static ssize_t receive(wslay_event_context_ptr frames, uint8_t *ret, size_t size, int flags,
                       void *context)
{
    (void)flags;
    mfn__ws_wire *wire = context;
    if (wire->early_used < wire->early_size) {
        return read_early(wire, ret, size);
    }
    if (wire->read_bytes >= READ_SHARE_BYTES) {
        wslay_event_set_error(frames, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    ssize_t got = 0;
    do {
        got = recv(wire->carrier.socket, ret, size, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        wire->read_bytes += (size_t)got;
        return got;
    }
    bool is_empty = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    wire->is_broken = wire->is_broken || !is_empty;
    wslay_event_set_error(frames, is_empty ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static ssize_t transmit(wslay_event_context_ptr frames, const uint8_t *bytes, size_t size,
                        int flags, void *context)
{
    mfn__ws_wire *wire = context;
    int options = MSG_NOSIGNAL | MSG_DONTWAIT | ((flags & WSLAY_MSG_MORE) != 0 ? MSG_MORE : 0);
    ssize_t sent = 0;
    do {
        sent = send(wire->carrier.socket, bytes, size, options);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        bool is_full = errno == EAGAIN || errno == EWOULDBLOCK;
        wire->is_broken = wire->is_broken || !is_full;
        wslay_event_set_error(frames, is_full ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
    }
    return sent;
}

/* The library takes a close that holds half a code for one without. */
static void on_frame(wslay_event_context_ptr frames,
                     const struct wslay_event_on_frame_recv_start_arg *frame, void *context)
{
    (void)frames;
    if (frame->opcode == WSLAY_CONNECTION_CLOSE && frame->payload_length == 1) {
        mfn__ws_wire_close(context, MFN__WS_PROTOCOL_ERROR, "a close code has two bytes");
    }
}

static void on_message(wslay_event_context_ptr frames,
                       const struct wslay_event_on_msg_recv_arg *message, void *context)
{
    (void)frames;
    mfn__ws_wire *wire = context;
    if (wire->is_closing || wslay_is_ctrl_frame(message->opcode)) {
        return; /* the library answers pings and closes */
    }
    if (message->opcode != WSLAY_TEXT_FRAME) {
        mfn__ws_wire_close(wire, MFN__WS_UNSUPPORTED_DATA, "expected text messages");
        return;
    }
    wire->on_text(wire->owner, (const char *)message->msg, message->msg_length);
}

static const struct wslay_event_callbacks callbacks = {
    .recv_callback = receive,
    .send_callback = transmit,
    .on_frame_recv_start_callback = on_frame,
    .on_msg_recv_callback = on_message,
};

mfn_status mfn__ws_wire_new(const mfn__ws_carrier *carrier,
                            void (*on_text)(void *owner, const char *text, size_t size),
                            void *owner, mfn__ws_wire **ret, mfn_error *err)
{
    mfn__ws_wire *wire = mfn__mem_new(1, sizeof *wire);
    char *early = mfn__mem_new(carrier->early_size + 1, 1);
    if (wire == NULL || early == NULL ||
        wslay_event_context_server_init(&wire->frames, &callbacks, wire) != 0) {
        mfn__mem_free(early);
        mfn__mem_free(wire);
        return mfn__fail_memory(err);
    }
    wslay_event_config_set_max_recv_msg_length(wire->frames, MFN__WS_MESSAGE_BYTES_MAX);
    if (carrier->early_size > 0) {
        memcpy(early, carrier->early, carrier->early_size);
    }
    wire->carrier = *carrier;
    wire->early = early;
    wire->early_size = carrier->early_size;
    wire->on_text = on_text;
    wire->owner = owner;
    *ret = wire;
    return MFN_OK;
}

void mfn__ws_wire_free(mfn__ws_wire *wire)
{
    if (wire == NULL) {
        return;
    }
    wslay_event_context_free(wire->frames);
    wire->carrier.close(wire->carrier.handle);
    mfn__mem_free(wire->early);
    mfn__mem_free(wire);
}

int mfn__ws_wire_socket(const mfn__ws_wire *wire)
{
    return wire->carrier.socket;
}

/* A socket that is closed with input unread resets the connection, and the client might lose the
 * last frames that it was sent. */
static void discard(mfn__ws_wire *wire)
{
    uint8_t unwanted[4096];
    ssize_t got = 1;
    while (got > 0 && wire->read_bytes < READ_SHARE_BYTES) {
        got = recv(wire->carrier.socket, unwanted, sizeof unwanted, MSG_DONTWAIT);
        wire->read_bytes += got > 0 ? (size_t)got : 0;
    }
    bool is_empty = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    wire->is_broken = got <= 0 && !is_empty;
}

bool mfn__ws_wire_read(mfn__ws_wire *wire)
{
    size_t early_used = wire->early_used;
    wire->read_bytes = 0;
    if (wire->is_lingering) {
        discard(wire);
    } else if (!wire->is_broken && wslay_event_recv(wire->frames) == WSLAY_ERR_NOMEM) {
        wire->is_broken = true;
    } /* after any other failure the library has stopped reading and queued a close */
    return wire->read_bytes > 0 || wire->early_used > early_used;
}

void mfn__ws_wire_send(mfn__ws_wire *wire, const char *text, size_t size)
{
    const struct wslay_event_msg message = {
        .opcode = WSLAY_TEXT_FRAME, .msg = (const uint8_t *)text, .msg_length = size};
    if (!mfn__ws_wire_is_closing(wire) && wslay_event_queue_msg(wire->frames, &message) != 0) {
        wire->is_broken = true; /* no memory: a gap in the messages would be worse than an end */
    }
}

void mfn__ws_wire_close(mfn__ws_wire *wire, unsigned code, const char *reason)
{
    if (mfn__ws_wire_is_closing(wire)) {
        return;
    }
    mfn__ws_wire_flush(wire); /* the library sends a close before what waits */
    wire->is_closing = true;
    if (wslay_event_queue_close(wire->frames, (uint16_t)code, (const uint8_t *)reason,
                                strlen(reason)) != 0) {
        wire->is_broken = true;
    }
}

void mfn__ws_wire_flush(mfn__ws_wire *wire)
{
    if (!wire->is_broken && wslay_event_send(wire->frames) != 0) {
        wire->is_broken = true;
    }
    if (!wire->is_broken && !wire->is_lingering && !wslay_event_want_read(wire->frames) &&
        !wslay_event_want_write(wire->frames)) {
        wire->is_lingering = true;
        shutdown(wire->carrier.socket, SHUT_WR);
    }
}

bool mfn__ws_wire_is_full(const mfn__ws_wire *wire)
{
    return wslay_event_get_queued_msg_length(wire->frames) > MFN__WS_QUEUE_BYTES_MAX ||
           wslay_event_get_queued_msg_count(wire->frames) > QUEUED_MESSAGES_MAX;
}

bool mfn__ws_wire_wants_read(const mfn__ws_wire *wire)
{
    return wire->is_lingering ||
           (wslay_event_want_read(wire->frames) && !mfn__ws_wire_is_full(wire));
}

bool mfn__ws_wire_wants_write(const mfn__ws_wire *wire)
{
    return wslay_event_want_write(wire->frames);
}

bool mfn__ws_wire_is_closing(const mfn__ws_wire *wire)
{
    return wire->is_closing || wire->is_broken || !wslay_event_get_read_enabled(wire->frames);
}

bool mfn__ws_wire_is_over(const mfn__ws_wire *wire)
{
    return wire->is_broken;
}
