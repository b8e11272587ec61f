/* SPDX-License-Identifier: MIT */
/* One stream on its way to one client: asks for its next message when it is due and the client has
 * read what came before. */
#ifndef MFN_SERVER_WEBSOCKET_FEED_H
#define MFN_SERVER_WEBSOCKET_FEED_H

#include "server/websocket/hub.h"

struct mfn__ws_client;

typedef struct mfn__ws_feed {
    mfn__pump_task task;    /* first: a finished task is its feed */
    mfn__agenda_entry tick; /* of a stream with fixed times */
    mfn__ws_hub *hub;
    struct mfn__ws_client *client; /* NULL: stopped while it was computed */
    int64_t interval_ns;           /* 0: each message as soon as the last one has left */
    bool is_computing;
    bool is_waiting; /* for the client to read */
    struct mfn__ws_feed *next;
    mfn__series *running, *skipped;
} mfn__ws_feed;

/* Takes the stream over, also on failure. */
mfn_status mfn__ws_feed_start(mfn__ws_hub *hub, struct mfn__ws_client *client, mfn__stream *stream,
                              mfn__ws_feed **ret, mfn_error *err);

/* Frees it, at once or when the message that is being computed has come back. */
void mfn__ws_feed_stop(mfn__ws_feed *feed);

/* Its time has come. */
void mfn__ws_feed_tick(mfn__ws_feed *feed, int64_t now_ns);
mfn__ws_feed *mfn__ws_feed_of_tick(mfn__agenda_entry *tick);

/* The client has read what was waiting. */
void mfn__ws_feed_resume(mfn__ws_feed *feed);

/* The message is there: the client gets it. */
void mfn__ws_feed_deliver(mfn__ws_feed *feed);

#endif
