/* SPDX-License-Identifier: MIT */
/* The vault's file: "MFNVAULT", a version, a check of the master key, and the sealed content. */
#ifndef MFN_SERVER_CRYPTO_VAULT_FILE_H
#define MFN_SERVER_CRYPTO_VAULT_FILE_H

#include "server/crypto/primitives.h"
#include "server/entropy.h"

#define MFN__MASTER_KEY_BYTES 32

typedef struct mfn__vault_file {
    char *path;
    int lock; /* a descriptor; -1: not locked */
    uint8_t master_key[MFN__MASTER_KEY_BYTES];
    const mfn__entropy *entropy;
} mfn__vault_file;

/* Locks the file `vault.mfn` of the folder, which need not exist yet. MFN_BUSY: another process has
 * it. On failure there is nothing to close. */
mfn_status mfn__vault_file_open(mfn__vault_file *file, const char *folder, const char *master_key,
                                const mfn__entropy *entropy, mfn_error *err);
void mfn__vault_file_close(mfn__vault_file *file); /* wipes the key */

/* Appends the content; nothing when there is no file yet. */
mfn_status mfn__vault_file_read(const mfn__vault_file *file, mfn__buffer *ret, mfn_error *err);

/* Replaces the content, whole or not at all, durably. */
mfn_status mfn__vault_file_write(const mfn__vault_file *file, mfn__span content, mfn_error *err);

#endif
