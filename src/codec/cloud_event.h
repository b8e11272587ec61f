/* SPDX-License-Identifier: MIT */
/* The envelope of CloudEvents 1.0 around a result. */
#ifndef MFN_CODEC_CLOUD_EVENT_H
#define MFN_CODEC_CLOUD_EVENT_H

#include <stdint.h>

#include "codec/json_writer.h"

typedef struct mfn__cloud_event {
    const char *id;      /* result_id: the same result is the same event */
    const char *source;  /* URI reference: "/mfn" */
    const char *type;    /* "io.mycelium-fractal-net.simulation.complete" */
    const char *subject; /* simulation_id */
    int64_t wall_ns;     /* when it was computed */
    const char *data;    /* JSON text */
    size_t data_size;
} mfn__cloud_event;

/* Structured mode: one JSON object with the data inside ("datacontenttype": "application/json"). */
void mfn__cloud_event_write(const mfn__cloud_event *event, mfn__json_writer *json);

/* Binary mode: calls `put` with each attribute's name without prefix ("id", "specversion", ...) and
 * value; the caller adds "ce-" (HTTP) or "ce_" (Kafka) and escapes as its protocol wants. */
void mfn__cloud_event_attributes(const mfn__cloud_event *event,
                                 void (*put)(void *context, const char *name, const char *value),
                                 void *context);

#endif
