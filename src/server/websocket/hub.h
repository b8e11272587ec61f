/* SPDX-License-Identifier: MIT */
/* What all WebSocket clients share. Of one thread. */
#ifndef MFN_SERVER_WEBSOCKET_HUB_H
#define MFN_SERVER_WEBSOCKET_HUB_H

#include "server/service.h"
#include "server/streams/agenda.h"
#include "server/streams/pump.h"

#define MFN__WS_LOG "mfn.ws_manager"

typedef struct mfn__ws_hub {
    mfn__service *service;
    mfn__pump *pump;
    mfn__agenda agenda;     /* ticks of feeds */
    size_t computing;       /* feeds that are with the pump */
    mfn__series *received;  /* messages, counted */
    mfn__series *sent;      /* as well */
    mfn__series *connected; /* clients, now */
} mfn__ws_hub;

static inline int64_t mfn__ws_hub_now_ns(const mfn__ws_hub *hub)
{
    return mfn__clock_monotonic_ns(hub->service->clock);
}

#endif
