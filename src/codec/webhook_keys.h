/* SPDX-License-Identifier: MIT */
/* What is inside the keys of webhooks; for webhook_signature.c alone. */
#ifndef MFN_CODEC_WEBHOOK_KEYS_H
#define MFN_CODEC_WEBHOOK_KEYS_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "codec/webhook_signature.h"

#define MFN__WEBHOOK_SECRET_MAX 64

typedef struct mfn__webhook_key {
    EVP_PKEY *ed25519; /* NULL: an HMAC secret */
    bool can_sign;
    uint8_t secret[MFN__WEBHOOK_SECRET_MAX];
    size_t secret_size;
} mfn__webhook_key;

struct mfn__webhook_keys {
    mfn__webhook_key keys[MFN__WEBHOOK_KEYS_MAX];
    size_t count;
};

#endif
