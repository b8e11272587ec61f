/* SPDX-License-Identifier: MIT */
/* The durable memory of a pipeline, in one SQLite file: how far each input file was processed,
 * which result was published under which name, and a few numbers.
 *
 * Every change happens between begin and commit, which is durable when commit returns. One
 * process at a time: the file is locked while it is open. */
#ifndef MFN_STREAM_LEDGER_H
#define MFN_STREAM_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#include "mfn/status.h"

typedef struct mfn__ledger mfn__ledger;

/* In place of a path: a ledger that is gone when it is closed. */
#define MFN__LEDGER_MEMORY ":memory:"

/* Creates the file and its folder when they are missing. MFN_BUSY: another process has it. */
mfn_status mfn__ledger_open(const char *path, mfn__ledger **ret, mfn_error *err);
void mfn__ledger_close(mfn__ledger *ledger); /* NULL is allowed; an open transaction is undone */

/* Begin takes the ledger's lock, commit and rollback give it back. Locks: take it before any lock
 * of a component. All calls below need it. */
mfn_status mfn__ledger_begin(mfn__ledger *ledger, mfn_error *err);

/* As begin, for what may be lost in a power cut: the change becomes durable with the next one that
 * was begun without "lazily", and never without the ones before it. */
mfn_status mfn__ledger_begin_lazily(mfn__ledger *ledger, mfn_error *err);

mfn_status mfn__ledger_commit(mfn__ledger *ledger, mfn_error *err); /* on failure: undone */
void mfn__ledger_rollback(mfn__ledger *ledger);

/* Whether the last change changed anything. */
bool mfn__ledger_has_changed(const mfn__ledger *ledger);

/* What a file is, beyond its name: a rewritten file is another one, a renamed one is not. */
typedef struct mfn__file_identity {
    uint64_t device, inode, size_bytes;
    int64_t modified_ns;
    char digest[65]; /* SHA-256 of its first and last bytes */
} mfn__file_identity;

typedef struct mfn__file_entry {
    uint64_t id;
    uint64_t items_done; /* all items before this one are settled */
    bool is_finished;
    bool is_kept; /* it has bytes that were kept nowhere else, so it must never be deleted */
} mfn__file_entry;

/* The entry of the file, made when there is none. */
mfn_status mfn__ledger_file(mfn__ledger *ledger, const mfn__file_identity *identity,
                            const char *path, mfn__file_entry *ret, mfn_error *err);
mfn_status mfn__ledger_file_update(mfn__ledger *ledger, const mfn__file_entry *entry,
                                   mfn_error *err);

/* A target is one publisher's destination: its key comes from the destination alone. */
mfn_status mfn__ledger_target(mfn__ledger *ledger, const char *key, uint64_t *ret, mfn_error *err);

#define MFN__NAME_MAX 256

/* The name under which the result was published at the target; MFN_NOT_FOUND when it was not. */
mfn_status mfn__ledger_receipt(mfn__ledger *ledger, uint64_t target, const char *result_id,
                               char ret_name[MFN__NAME_MAX], mfn_error *err);
mfn_status mfn__ledger_receipt_add(mfn__ledger *ledger, uint64_t target, const char *result_id,
                                   const char *name, mfn_error *err);
mfn_status mfn__ledger_name_is_taken(mfn__ledger *ledger, uint64_t target, const char *name,
                                     bool *ret, mfn_error *err);

/* A number of the target under a key; 0 when it was never set. */
mfn_status mfn__ledger_number(mfn__ledger *ledger, uint64_t target, const char *key, int64_t *ret,
                              mfn_error *err);
mfn_status mfn__ledger_number_set(mfn__ledger *ledger, uint64_t target, const char *key,
                                  int64_t value, mfn_error *err);

/* A text of the target under a key, such as a cursor, appended; MFN_NOT_FOUND when there is none.
 */
mfn_status mfn__ledger_text(mfn__ledger *ledger, uint64_t target, const char *key, mfn__buffer *ret,
                            mfn_error *err);
mfn_status mfn__ledger_text_set(mfn__ledger *ledger, uint64_t target, const char *key,
                                const char *value, mfn_error *err);
mfn_status mfn__ledger_text_remove(mfn__ledger *ledger, uint64_t target, const char *key,
                                   mfn_error *err);

/* Items that a source gave before, by their SHA-256, as a set per target. mfn__ledger_known_add
 * says in `*ret_was_known` whether it was there, and marks it with the generation;
 * mfn__ledger_known_forget drops those whose mark is older than `generation`. */
mfn_status mfn__ledger_known_add(mfn__ledger *ledger, uint64_t target, const char *digest,
                                 int64_t generation, bool *ret_was_known, mfn_error *err);
mfn_status mfn__ledger_known_forget(mfn__ledger *ledger, uint64_t target, int64_t generation,
                                    mfn_error *err);

#endif
