/* SPDX-License-Identifier: MIT */
/* What the ledger remembers: files, targets, receipts, numbers, texts and known items. */
#include <stdio.h>

#include "base/error.h"
#include "stream/ledger_internal.h"

static void bind_identity(sqlite3_stmt *statement, const mfn__file_identity *identity)
{
    mfn__bind_u64(statement, 1, identity->device);
    mfn__bind_u64(statement, 2, identity->inode);
    mfn__bind_u64(statement, 3, identity->size_bytes);
    sqlite3_bind_int64(statement, 4, identity->modified_ns);
    mfn__bind_text(statement, 5, identity->digest);
}

mfn_status mfn__ledger_file(mfn__ledger *ledger, const mfn__file_identity *identity,
                            const char *path, mfn__file_entry *ret, mfn_error *err)
{
    sqlite3_stmt *find = mfn__ledger_fresh(ledger, MFN__FILE_FIND);
    bind_identity(find, identity);
    bool found = false;
    mfn_status status = mfn__ledger_query(ledger, find, &found, "look up a file", err);
    if (status != MFN_OK) {
        return status;
    }
    if (found) {
        *ret = (mfn__file_entry){
            .id = (uint64_t)sqlite3_column_int64(find, 0),
            .items_done = (uint64_t)sqlite3_column_int64(find, 1),
            .is_finished = sqlite3_column_int(find, 2) != 0,
            .is_kept = sqlite3_column_int(find, 3) != 0,
        };
        sqlite3_reset(find);
        return MFN_OK;
    }
    sqlite3_reset(find);
    sqlite3_stmt *add = mfn__ledger_fresh(ledger, MFN__FILE_ADD);
    bind_identity(add, identity);
    mfn__bind_text(add, 6, path);
    status = mfn__ledger_change(ledger, add, "add a file", err);
    if (status == MFN_OK) {
        *ret = (mfn__file_entry){.id = (uint64_t)sqlite3_last_insert_rowid(ledger->database)};
    }
    return status;
}

mfn_status mfn__ledger_file_update(mfn__ledger *ledger, const mfn__file_entry *entry,
                                   mfn_error *err)
{
    sqlite3_stmt *update = mfn__ledger_fresh(ledger, MFN__FILE_UPDATE);
    mfn__bind_u64(update, 1, entry->id);
    mfn__bind_u64(update, 2, entry->items_done);
    sqlite3_bind_int(update, 3, entry->is_finished ? 1 : 0);
    sqlite3_bind_int(update, 4, entry->is_kept ? 1 : 0);
    return mfn__ledger_change(ledger, update, "update a file", err);
}

mfn_status mfn__ledger_target(mfn__ledger *ledger, const char *key, uint64_t *ret, mfn_error *err)
{
    sqlite3_stmt *add = mfn__ledger_fresh(ledger, MFN__TARGET_ADD);
    mfn__bind_text(add, 1, key);
    mfn_status status = mfn__ledger_change(ledger, add, "add a target", err);
    if (status != MFN_OK) {
        return status;
    }
    sqlite3_stmt *find = mfn__ledger_fresh(ledger, MFN__TARGET_FIND);
    mfn__bind_text(find, 1, key);
    bool found = false;
    status = mfn__ledger_query(ledger, find, &found, "look up a target", err);
    if (status == MFN_OK) {
        *ret = (uint64_t)sqlite3_column_int64(find, 0);
        sqlite3_reset(find);
    }
    return status;
}

mfn_status mfn__ledger_receipt(mfn__ledger *ledger, uint64_t target, const char *result_id,
                               char ret_name[MFN__NAME_MAX], mfn_error *err)
{
    sqlite3_stmt *find = mfn__ledger_fresh(ledger, MFN__RECEIPT_FIND);
    mfn__bind_u64(find, 1, target);
    mfn__bind_text(find, 2, result_id);
    bool found = false;
    mfn_status status = mfn__ledger_query(ledger, find, &found, "look up a receipt", err);
    if (status != MFN_OK) {
        return status;
    }
    if (found) {
        snprintf(ret_name, MFN__NAME_MAX, "%s", (const char *)sqlite3_column_text(find, 0));
    }
    sqlite3_reset(find);
    return found ? MFN_OK : MFN_NOT_FOUND;
}

mfn_status mfn__ledger_receipt_add(mfn__ledger *ledger, uint64_t target, const char *result_id,
                                   const char *name, mfn_error *err)
{
    sqlite3_stmt *add = mfn__ledger_fresh(ledger, MFN__RECEIPT_ADD);
    mfn__bind_u64(add, 1, target);
    mfn__bind_text(add, 2, result_id);
    mfn__bind_text(add, 3, name);
    return mfn__ledger_change(ledger, add, "add a receipt", err);
}

mfn_status mfn__ledger_name_is_taken(mfn__ledger *ledger, uint64_t target, const char *name,
                                     bool *ret, mfn_error *err)
{
    sqlite3_stmt *find = mfn__ledger_fresh(ledger, MFN__NAME_FIND);
    mfn__bind_u64(find, 1, target);
    mfn__bind_text(find, 2, name);
    bool found = false;
    mfn_status status = mfn__ledger_query(ledger, find, &found, "look up a name", err);
    if (status == MFN_OK) {
        *ret = found;
        sqlite3_reset(find);
    }
    return status;
}

mfn_status mfn__ledger_number(mfn__ledger *ledger, uint64_t target, const char *key, int64_t *ret,
                              mfn_error *err)
{
    sqlite3_stmt *find = mfn__ledger_fresh(ledger, MFN__NUMBER_FIND);
    mfn__bind_u64(find, 1, target);
    mfn__bind_text(find, 2, key);
    bool found = false;
    mfn_status status = mfn__ledger_query(ledger, find, &found, "look up a number", err);
    if (status == MFN_OK) {
        *ret = found ? sqlite3_column_int64(find, 0) : 0;
        sqlite3_reset(find);
    }
    return status;
}

mfn_status mfn__ledger_number_set(mfn__ledger *ledger, uint64_t target, const char *key,
                                  int64_t value, mfn_error *err)
{
    sqlite3_stmt *set = mfn__ledger_fresh(ledger, MFN__NUMBER_SET);
    mfn__bind_u64(set, 1, target);
    mfn__bind_text(set, 2, key);
    sqlite3_bind_int64(set, 3, value);
    return mfn__ledger_change(ledger, set, "set a number", err);
}

mfn_status mfn__ledger_text(mfn__ledger *ledger, uint64_t target, const char *key, mfn__buffer *ret,
                            mfn_error *err)
{
    sqlite3_stmt *find = mfn__ledger_fresh(ledger, MFN__TEXT_FIND);
    mfn__bind_u64(find, 1, target);
    mfn__bind_text(find, 2, key);
    bool found = false;
    mfn_status status = mfn__ledger_query(ledger, find, &found, "look up a text", err);
    if (status != MFN_OK) {
        return status;
    }
    if (found) {
        mfn__buffer_append(ret, sqlite3_column_text(find, 0),
                           (size_t)sqlite3_column_bytes(find, 0));
        status = mfn__buffer_check(ret, "the text", err);
    }
    sqlite3_reset(find);
    return found ? status : MFN_NOT_FOUND;
}

mfn_status mfn__ledger_text_set(mfn__ledger *ledger, uint64_t target, const char *key,
                                const char *value, mfn_error *err)
{
    sqlite3_stmt *set = mfn__ledger_fresh(ledger, MFN__TEXT_SET);
    mfn__bind_u64(set, 1, target);
    mfn__bind_text(set, 2, key);
    mfn__bind_text(set, 3, value);
    return mfn__ledger_change(ledger, set, "set a text", err);
}

mfn_status mfn__ledger_text_remove(mfn__ledger *ledger, uint64_t target, const char *key,
                                   mfn_error *err)
{
    sqlite3_stmt *remove = mfn__ledger_fresh(ledger, MFN__TEXT_REMOVE);
    mfn__bind_u64(remove, 1, target);
    mfn__bind_text(remove, 2, key);
    return mfn__ledger_change(ledger, remove, "remove a text", err);
}

mfn_status mfn__ledger_known_add(mfn__ledger *ledger, uint64_t target, const char *digest,
                                 int64_t generation, bool *ret_was_known, mfn_error *err)
{
    sqlite3_stmt *find = mfn__ledger_fresh(ledger, MFN__KNOWN_FIND);
    mfn__bind_u64(find, 1, target);
    mfn__bind_text(find, 2, digest);
    bool found = false;
    mfn_status status = mfn__ledger_query(ledger, find, &found, "look up an item", err);
    if (status != MFN_OK) {
        return status;
    }
    sqlite3_reset(find);
    sqlite3_stmt *set = mfn__ledger_fresh(ledger, MFN__KNOWN_SET);
    mfn__bind_u64(set, 1, target);
    mfn__bind_text(set, 2, digest);
    sqlite3_bind_int64(set, 3, generation);
    status = mfn__ledger_change(ledger, set, "remember an item", err);
    if (status == MFN_OK) {
        *ret_was_known = found;
    }
    return status;
}

mfn_status mfn__ledger_known_forget(mfn__ledger *ledger, uint64_t target, int64_t generation,
                                    mfn_error *err)
{
    sqlite3_stmt *forget = mfn__ledger_fresh(ledger, MFN__KNOWN_FORGET);
    mfn__bind_u64(forget, 1, target);
    sqlite3_bind_int64(forget, 2, generation);
    return mfn__ledger_change(ledger, forget, "forget items", err);
}
