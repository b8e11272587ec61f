/* SPDX-License-Identifier: MIT */
/* The service's cryptographic keys by name: AES for encryption, Ed25519 for signatures, X25519 for
 * key agreement. They survive restarts in a file that is encrypted with the master key. */
#ifndef MFN_SERVER_VAULT_H
#define MFN_SERVER_VAULT_H

#include <stdint.h>

#include "base/buffer.h"

#define MFN__KEY_ID_MAX 64 /* bytes, without the NUL */

typedef enum mfn__vault_kind {
    MFN__VAULT_AES,
    MFN__VAULT_ED25519,
    MFN__VAULT_X25519
} mfn__vault_kind;

/* Where random bytes come from; tests bring their own. */
typedef struct mfn__entropy {
    mfn_status (*fill)(void *context, void *ret, size_t size, mfn_error *err);
    void *context;
} mfn__entropy;

const mfn__entropy *mfn__entropy_system(void);

typedef struct mfn__vault_options {
    const char *path;       /* of the file; "" keeps the keys in memory alone */
    const char *master_key; /* its key, base64 of 32 bytes; must be given with a path */
    uint64_t aes_bits;      /* 128, 192 or 256, of new keys */
    const mfn__entropy *entropy;
} mfn__vault_options;

/* Thread-safe. */
typedef struct mfn__vault mfn__vault;

mfn_status mfn__vault_open(const mfn__vault_options *options, mfn__vault **ret, mfn_error *err);
void mfn__vault_close(mfn__vault *vault); /* wipes the keys; NULL is allowed */

/* `key_id` NULL or "": the default key of the kind, made at its first use ("key_" and 32 hex
 * digits). A name that does not exist: MFN_NOT_FOUND. The name used is written to
 * `ret_key_id`. */

/* Appends nonce (12) | ciphertext | tag (16) of AES-GCM. */
mfn_status mfn__vault_encrypt(mfn__vault *vault, const char *key_id, const void *plain, size_t size,
                              const void *associated, size_t associated_size,
                              char ret_key_id[MFN__KEY_ID_MAX + 1], mfn__buffer *ret,
                              mfn_error *err);
mfn_status mfn__vault_decrypt(mfn__vault *vault, const char *key_id, const void *sealed,
                              size_t size, const void *associated, size_t associated_size,
                              char ret_key_id[MFN__KEY_ID_MAX + 1], mfn__buffer *ret,
                              mfn_error *err);

/* Ed25519 (RFC 8032): 64 bytes. */
mfn_status mfn__vault_sign(mfn__vault *vault, const char *key_id, const void *message, size_t size,
                           char ret_key_id[MFN__KEY_ID_MAX + 1], uint8_t ret_signature[64],
                           mfn_error *err);

/* With `public_key` (32 bytes) that one, else the key `key_id`. Public keys of small order never
 * verify. */
mfn_status mfn__vault_verify(mfn__vault *vault, const char *key_id, const uint8_t *public_key,
                             const void *message, size_t size, const uint8_t signature[64],
                             char ret_key_id[MFN__KEY_ID_MAX + 1], bool *ret_valid, mfn_error *err);

/* Makes a key pair; `key_id` NULL: a new name. A name that exists: MFN_EXISTS. The first Ed25519
 * pair becomes the default. */
mfn_status mfn__vault_make_pair(mfn__vault *vault, mfn__vault_kind kind, const char *key_id,
                                char ret_key_id[MFN__KEY_ID_MAX + 1], uint8_t ret_public_key[32],
                                mfn_error *err);

#endif
