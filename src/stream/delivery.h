/* SPDX-License-Identifier: MIT */
/* The last part of a message's life: published by everyone, or written as a dead letter, then
 * remembered as settled. All retrying of publishers happens here. */
#ifndef MFN_STREAM_DELIVERY_H
#define MFN_STREAM_DELIVERY_H

#include "stream/pipeline_internal.h"

typedef struct mfn__open_publisher {
    const mfn__publisher_section *section;
    void *self;
    mfn__content content;
} mfn__open_publisher;

typedef struct mfn__delivery {
    const mfn__pipeline *pipeline;
    const mfn__run_options *options;
    mfn__ledger *ledger;
    void *connector;
    mfn__open_publisher publishers[MFN__PUBLISHERS_MAX];
    size_t publisher_count;
    atomic_bool *abandon; /* give up: set here when retries are used up, or by the run's owner */
    void (*idle)(void *context); /* called while waiting for a retry */
    void *idle_context;
    mfn__run_summary *summary;
} mfn__delivery;

/* Messages that are delivered together, at most: one transaction settles them. */
#define MFN__DELIVER_MAX 500

/* Delivers up to MFN__DELIVER_MAX messages and frees them. False when delivery gave up: then none
 * of them, or only some, are settled, and nothing else can be delivered. */
bool mfn__deliver(mfn__delivery *delivery, mfn__message **messages, size_t count);

/* Stores what the connector knows beside receipts, if anything. False when delivery gave up. */
bool mfn__deliver_news(mfn__delivery *delivery);

#endif
