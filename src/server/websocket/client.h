/* SPDX-License-Identifier: MIT */
/* One WebSocket client: its connection, whether it has shown a key, and the streams it watches. */
#ifndef MFN_SERVER_WEBSOCKET_CLIENT_H
#define MFN_SERVER_WEBSOCKET_CLIENT_H

#include "server/proxies.h"
#include "server/uuid.h"
#include "server/websocket/feed.h"
#include "server/websocket/wire.h"

#define MFN__WS_REFUSED_KEYS_MAX 5

typedef struct mfn__ws_client {
    struct mfn__ws_client *previous, *next; /* in a ring of its server */
    struct mfn__ws_client *next_changed;
    bool is_changed; /* something is to be sent, or it ended: its server looks at it next */
    uint32_t watched_events;
    int64_t due_ns; /* of its next heartbeat, or of its end once it is closing */
    bool is_ending; /* in the ring of those that are closing */

    mfn__ws_hub *hub;
    mfn__ws_wire *wire;
    const mfn__stream_kind *kind; /* what its path streams */
    char id[MFN__UUID_TEXT_MAX];
    char address[MFN__CLIENT_TEXT_MAX];
    int64_t heard_ns; /* when the last bytes came */
    bool is_authenticated;
    unsigned refused_keys;
    mfn__ws_feed *feeds;
    size_t feed_count;
    struct mfn__ws_client **changed; /* the list of those that changed */
} mfn__ws_client;

/* A handshake that went well. */
typedef struct mfn__ws_arrival {
    const mfn__stream_kind *kind;
    const char *address;
    mfn__ws_carrier carrier;
} mfn__ws_arrival;

/* On failure the carrier is still the caller's. */
mfn_status mfn__ws_client_new(mfn__ws_hub *hub, const mfn__ws_arrival *arrival,
                              mfn__ws_client **changed, mfn__ws_client **ret, mfn_error *err);
void mfn__ws_client_free(mfn__ws_client *client); /* closes the connection */

/* Puts it on the list of those that changed. */
void mfn__ws_client_touch(mfn__ws_client *client);

/* Queues a message. */
void mfn__ws_client_send(mfn__ws_client *client, const mfn__buffer *message);
void mfn__ws_client_close(mfn__ws_client *client, unsigned code, const char *reason);
void mfn__ws_client_log(const mfn__ws_client *client, mfn__log_level level, const char *message);

bool mfn__ws_client_is_full(const mfn__ws_client *client);

mfn__ws_feed *mfn__ws_client_find(const mfn__ws_client *client, const char *stream_id);
void mfn__ws_client_add(mfn__ws_client *client, mfn__ws_feed *feed);
void mfn__ws_client_drop(mfn__ws_client *client, mfn__ws_feed *feed); /* stops it */
void mfn__ws_client_drop_all(mfn__ws_client *client);

/* The result of a feed: its message, or what went wrong. */
void mfn__ws_client_deliver(mfn__ws_client *client, mfn__ws_feed *feed);

#endif
