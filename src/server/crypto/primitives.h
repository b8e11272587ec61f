/* SPDX-License-Identifier: MIT */
/* The cryptography that the service uses, from OpenSSL: nothing here is our own. Thread-safe. */
#ifndef MFN_SERVER_CRYPTO_PRIMITIVES_H
#define MFN_SERVER_CRYPTO_PRIMITIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define MFN__NONCE_BYTES     12
#define MFN__TAG_BYTES       16
#define MFN__SECRET_MAX      32 /* of any key here */
#define MFN__PUBLIC_BYTES    32
#define MFN__SIGNATURE_BYTES 64

/* Bytes that belong to somebody else. */
typedef struct mfn__span {
    const void *bytes;
    size_t size;
} mfn__span;

/* AES-GCM (NIST SP 800-38D) with a key of 16, 24 or 32 bytes: appends nonce | ciphertext | tag. A
 * nonce must never be used twice with one key. */
mfn_status mfn__aes_gcm_seal(mfn__span key, const uint8_t nonce[MFN__NONCE_BYTES], mfn__span plain,
                             mfn__span associated, mfn__buffer *ret, mfn_error *err);

/* Appends the plain bytes of such a text. MFN_FORMAT when it is too short, or when key, text or
 * associated bytes are not those that it was sealed with. */
mfn_status mfn__aes_gcm_open(mfn__span key, mfn__span sealed, mfn__span associated,
                             mfn__buffer *ret, mfn_error *err);

/* Ed25519 (RFC 8032). */
mfn_status mfn__ed25519_public(const uint8_t seed[MFN__SECRET_MAX],
                               uint8_t ret_public[MFN__PUBLIC_BYTES], mfn_error *err);
mfn_status mfn__ed25519_sign(const uint8_t seed[MFN__SECRET_MAX], mfn__span message,
                             uint8_t ret_signature[MFN__SIGNATURE_BYTES], mfn_error *err);

/* False also for keys and signatures of the wrong size, and for public keys of small order, which
 * sign anything. */
bool mfn__ed25519_verify(mfn__span public_key, mfn__span message, mfn__span signature);

/* X25519 (RFC 7748). */
mfn_status mfn__x25519_public(const uint8_t secret[MFN__SECRET_MAX],
                              uint8_t ret_public[MFN__PUBLIC_BYTES], mfn_error *err);

#endif
