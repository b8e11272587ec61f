/* SPDX-License-Identifier: MIT */
/* The service's cryptographic keys by name: AES for encryption, Ed25519 for signatures, X25519 for
 * key agreement; each kind has names of its own. With a file they survive restarts, encrypted with
 * the master key: a key is in the file before it is used for the first time. */
#ifndef MFN_SERVER_CRYPTO_VAULT_H
#define MFN_SERVER_CRYPTO_VAULT_H

#include "server/crypto/primitives.h"
#include "server/entropy.h"

#define MFN__KEY_ID_MAX 64 /* bytes, without the NUL */

typedef enum mfn__vault_kind {
    MFN__VAULT_AES,
    MFN__VAULT_ED25519,
    MFN__VAULT_X25519,
    MFN__VAULT_KINDS
} mfn__vault_kind;

typedef struct mfn__vault_options {
    const char *folder;     /* of the file; "" keeps the keys in memory alone */
    const char *master_key; /* Base64 of 32 bytes; needed with a folder */
    uint64_t aes_bits;      /* 128, 192 or 256, of new keys */
    const mfn__entropy *entropy;
} mfn__vault_options;

/* Thread-safe. */
typedef struct mfn__vault mfn__vault;

/* Creates folder and file where they are missing. MFN_BUSY: another process has it open.
 * MFN_ACCESS: the master key is another one than the file's. MFN_FORMAT: the file is damaged. */
mfn_status mfn__vault_open(const mfn__vault_options *options, mfn__vault **ret, mfn_error *err);
void mfn__vault_close(mfn__vault *vault); /* wipes the keys; NULL is allowed */

/* A copy of one key; wipe it with mfn__vault_key_wipe. */
typedef struct mfn__vault_key {
    char id[MFN__KEY_ID_MAX + 1];
    uint8_t secret[MFN__SECRET_MAX];
    size_t size; /* of the secret */
} mfn__vault_key;

void mfn__vault_key_wipe(mfn__vault_key *key);

/* The key of that name, or the default of its kind with `id` NULL or "". MFN_NOT_FOUND: there is no
 * such key, or no default yet. */
mfn_status mfn__vault_find(mfn__vault *vault, mfn__vault_kind kind, const char *id,
                           mfn__vault_key *ret, mfn_error *err);

/* As above, but makes the default ("key_" and 32 hex digits) where there is none. */
mfn_status mfn__vault_find_or_make(mfn__vault *vault, mfn__vault_kind kind, const char *id,
                                   mfn__vault_key *ret, mfn_error *err);

/* Makes a key; `id` NULL or "": a new name. The first of its kind is the default. MFN_EXISTS: the
 * name is taken. */
mfn_status mfn__vault_make(mfn__vault *vault, mfn__vault_kind kind, const char *id,
                           mfn__vault_key *ret, mfn_error *err);

/* For logs: where the keys are. */
bool mfn__vault_is_durable(const mfn__vault *vault);

#endif
