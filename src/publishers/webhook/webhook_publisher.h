/* SPDX-License-Identifier: MIT */
/* The publisher "webhook": results as HTTP POST requests, signed as Standard Webhooks wants. */
#ifndef MFN_PUBLISHERS_WEBHOOK_WEBHOOK_PUBLISHER_H
#define MFN_PUBLISHERS_WEBHOOK_WEBHOOK_PUBLISHER_H

#include "stream/kinds.h"

typedef enum mfn__webhook_envelope {
    MFN__WEBHOOK_NO_ENVELOPE,
    MFN__WEBHOOK_STRUCTURED, /* CloudEvents 1.0 in the body */
    MFN__WEBHOOK_BINARY,     /* CloudEvents 1.0 in headers */
} mfn__webhook_envelope;

typedef enum mfn__webhook_compression {
    MFN__WEBHOOK_PLAIN,
    MFN__WEBHOOK_GZIP,
} mfn__webhook_compression;

typedef struct mfn__webhook_publisher_options {
    const char *webhook_url;
    mfn_texts headers;
    uint64_t batch_size;
    uint64_t concurrency;
    mfn_texts signing_secrets;
    uint32_t envelope;    /* mfn__webhook_envelope */
    uint32_t compression; /* mfn__webhook_compression */
    mfn_texts successful_on;
    mfn__http_access access;
} mfn__webhook_publisher_options;

extern const mfn__publisher_ops mfn__webhook_publisher;

#endif
