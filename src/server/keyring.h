/* SPDX-License-Identifier: MIT */
/* API keys: who they belong to, what they may do and until when. Keys are held as SHA-256 hashes
 * and compared in constant time; their texts are never shown. */
#ifndef MFN_SERVER_KEYRING_H
#define MFN_SERVER_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mfn/status.h"

#define MFN__KEY_NAME_MAX 64

/* Whose key it is. What it may do goes by the tag of an operation (key_file.h); a key without
 * scopes may do everything. */
typedef struct mfn__key_grant {
    char name[MFN__KEY_NAME_MAX]; /* for logs and limits: never the key */
    uint64_t requests_per_window; /* 0: the service's limits */
} mfn__key_grant;

typedef enum mfn__key_verdict {
    MFN__KEY_FINE,
    MFN__KEY_UNKNOWN,
    MFN__KEY_EXPIRED,
    MFN__KEY_OUT_OF_SCOPE,
} mfn__key_verdict;

/* Thread-safe. */
typedef struct mfn__keyring mfn__keyring;

/* Keys given as they are: from `single` (one key, spaces kept) and `list` (separated by commas,
 * trimmed, empty ones dropped); both may be "" or NULL. They are called "env-1", "env-2" and so on,
 * and may do everything. `path` names a key file (key_file.h) or is "" or NULL; a key that is also
 * given as it is may do what the file says. */
mfn_status mfn__keyring_new(const char *single, const char *list, const char *path,
                            mfn__keyring **ret, mfn_error *err);
void mfn__keyring_free(mfn__keyring *keyring); /* NULL is allowed */

size_t mfn__keyring_count(const mfn__keyring *keyring);

/* Reads the key file again; on failure the keys stay as they were. */
mfn_status mfn__keyring_reload(mfn__keyring *keyring, mfn_error *err);

/* `key` is `size` bytes from a header, or NULL; more than 512 are never a key. The time taken does
 * not depend on how much of it is right. `scope` may be NULL. `ret` is written when it is fine. */
mfn__key_verdict mfn__keyring_check(const mfn__keyring *keyring, const char *key, size_t size,
                                    const char *scope, int64_t wall_ns, mfn__key_grant *ret);

/* A new key: "mfn_" + 40 random characters + 6 of a CRC-32, in base 62, so that scanners find
 * leaked ones and typing errors are told from unknown keys. */
#define MFN__KEY_TEXT_MAX 56
mfn_status mfn__key_make(char ret[MFN__KEY_TEXT_MAX], mfn_error *err);

/* False for a text that begins like such a key but whose checksum is wrong. */
bool mfn__key_is_plausible(const char *key, size_t size);

#endif
