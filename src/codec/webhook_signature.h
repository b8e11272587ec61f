/* SPDX-License-Identifier: MIT */
/* Signatures of Standard Webhooks 1.0.0: "v1" (HMAC-SHA256) and "v1a" (Ed25519) over
 * "id.timestamp.body". Several keys at once make rotation possible. */
#ifndef MFN_CODEC_WEBHOOK_SIGNATURE_H
#define MFN_CODEC_WEBHOOK_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define MFN__WEBHOOK_KEYS_MAX 8

/* Keys for signing or verifying; wiped when freed. Immutable, so any thread may use it. */
typedef struct mfn__webhook_keys mfn__webhook_keys;

/* Each text: "whsec_" + base64 of 16 to 64 bytes (v1, both sides; the standard wants 24 or more,
 * but its own published example has 18), "whsk_" + base64 of an Ed25519 private key (32-byte seed,
 * or 64 bytes seed and public key; v1a, both sides), "whpk_" + base64 of a public key of 32 bytes
 * (verifies v1a). Errors say which key, counted from 1, is wrong and how, never its content. */
mfn_status mfn__webhook_keys_new(const char *const *texts, size_t count, mfn__webhook_keys **ret,
                                 mfn_error *err);
void mfn__webhook_keys_free(mfn__webhook_keys *keys); /* NULL is allowed */

/* Appends the value of the header webhook-signature: "v1,<base64> v1a,<base64>". MFN_INVALID when
 * no key can sign, and for an id that is empty or has a full stop: that would make the signed
 * content ambiguous. */
mfn_status mfn__webhook_sign(const mfn__webhook_keys *keys, const char *id, int64_t timestamp_s,
                             const void *body, size_t size, mfn__buffer *ret, mfn_error *err);

/* What a receiver got. */
typedef struct mfn__webhook_delivery {
    const char *id, *timestamp, *signature; /* header values; NULL when missing */
    const void *body;
    size_t size;
} mfn__webhook_delivery;

/* MFN_OK when any signature of any key matches (compared in constant time) and the timestamp is at
 * most `tolerance_s` away from `now_s`; MFN_INVALID names the header that is wrong and why. */
mfn_status mfn__webhook_verify(const mfn__webhook_keys *keys, const mfn__webhook_delivery *delivery,
                               int64_t now_s, int64_t tolerance_s, mfn_error *err);

#endif
