/* SPDX-License-Identifier: MIT */
/* Files of API keys: YAML with one entry per key, which holds the key's hash and what it may do.
 *
 *   keys:
 *     - name: dashboard
 *       sha256: 64 hexadecimal digits
 *       scopes: [compute, jobs]
 *       expires: 2027-01-31T12:00:00Z
 *       requests_per_window: 500 */
#ifndef MFN_SERVER_KEY_FILE_H
#define MFN_SERVER_KEY_FILE_H

#include "codec/sha256.h"
#include "server/keyring.h"
#include "stream/settings.h"

#define MFN__KEY_NEVER_EXPIRES INT64_MAX

typedef struct mfn__key_entry {
    char name[MFN__KEY_NAME_MAX];
    uint8_t sha256[MFN__SHA256_SIZE]; /* of the key */
    uint32_t scopes;                  /* bits; 0: everything is allowed */
    uint64_t requests_per_window;     /* 0: the service's limits */
    int64_t expires_ns;               /* the first moment at which the key is refused */
} mfn__key_entry;

typedef struct mfn__key_list {
    mfn__key_entry *items;
    size_t count;
} mfn__key_list;

void mfn__key_list_deinit(mfn__key_list *list);

/* On failure `problems`, which may be NULL, has a line for each thing that is wrong with the
 * content, and the error the first one. Hashes are not shown: somebody may have put the key itself
 * in their place. */
mfn_status mfn__key_file_load(const char *path, mfn__problems *problems, mfn__key_list *ret,
                              mfn_error *err);

/* The same for text in memory; `path` is for messages. */
mfn_status mfn__key_file_parse(const char *text, size_t size, const char *path, mfn__key_list *ret,
                               mfn_error *err);

/* Puts the entry behind those of the file, or makes the file, for its owner alone. Written whole or
 * not at all; what else stands in the file stays. A name that is there already: MFN_EXISTS. */
mfn_status mfn__key_file_add(const char *path, const mfn__key_entry *entry, mfn_error *err);

/* The entry as it stands in a file, indented by so many spaces. */
void mfn__key_entry_write(const mfn__key_entry *entry, size_t indent, mfn__buffer *ret);

/* Letters, digits, '-', '_' and '.', a letter first. "env-" begins the names of keys from the
 * environment. */
mfn_status mfn__key_name_check(const char *name, mfn_error *err);

extern const char *const mfn__key_scope_names[]; /* of the bits, from the lowest; ends with NULL */

/* 0 when there is no such scope. */
uint32_t mfn__key_scope_bit(const char *name, size_t length);

/* "2027-01-31", which is its midnight, or a time of RFC 3339: both in UTC unless an offset is
 * there. Years 1970 to 2261. */
bool mfn__key_expiry_parse(const char *text, int64_t *ret_ns);

#endif
