/* SPDX-License-Identifier: MIT */
/* What the files that keep something in the ledger's database share: its statements and how they
 * are run. All calls need the ledger's lock. */
#ifndef MFN_STREAM_LEDGER_INTERNAL_H
#define MFN_STREAM_LEDGER_INTERNAL_H

#include <pthread.h>
#include <sqlite3.h>

#include "stream/ledger.h"

typedef enum mfn__statement {
    MFN__FILE_FIND,
    MFN__FILE_ADD,
    MFN__FILE_UPDATE,
    MFN__TARGET_ADD,
    MFN__TARGET_FIND,
    MFN__RECEIPT_FIND,
    MFN__RECEIPT_ADD,
    MFN__NAME_FIND,
    MFN__NUMBER_FIND,
    MFN__NUMBER_SET,
    MFN__TEXT_FIND,
    MFN__TEXT_SET,
    MFN__TEXT_REMOVE,
    MFN__KNOWN_FIND,
    MFN__KNOWN_SET,
    MFN__KNOWN_FORGET,
    MFN__INBOX_ADD,
    MFN__INBOX_NEXT,
    MFN__INBOX_REMOVE,
    MFN__INBOX_COUNT,
    MFN__OUTBOX_ADD,
    MFN__OUTBOX_NEXT,
    MFN__OUTBOX_REMOVE,
    MFN__OUTBOX_COUNT,
    MFN__OUTBOX_OLDEST,
    MFN__OUTBOX_JOB,
    MFN__OUTBOX_OWES,
    MFN__OUTBOX_FORGET,
    MFN__OUTBOX_LAST_JOB,
    MFN__SPOOL_BYTES,
    MFN__STATEMENT_COUNT
} mfn__statement;

struct mfn__ledger {
    sqlite3 *database;
    sqlite3_stmt *statements[MFN__STATEMENT_COUNT];
    char *path;
    int lock_descriptor;
    pthread_mutex_t mutex; /* held from begin to commit or rollback; guards the two above */
    bool in_transaction;
    bool is_lazy; /* commits are not synchronised */
};

/* Tables are made in one transaction; those of a later format are added to an older file. */
extern const char *const mfn__ledger_schema[];
#define MFN__LEDGER_FORMAT 3
extern const char *const mfn__ledger_sql[MFN__STATEMENT_COUNT];

/* SQLite's last error as ours: "cannot <doing> in 'state.db': ...". */
mfn_status mfn__ledger_fail(mfn__ledger *ledger, const char *doing, mfn_error *err);

/* The statement, reset. */
sqlite3_stmt *mfn__ledger_fresh(mfn__ledger *ledger, mfn__statement which);

/* Runs a statement that gives no rows. */
mfn_status mfn__ledger_change(mfn__ledger *ledger, sqlite3_stmt *statement, const char *doing,
                              mfn_error *err);

/* Steps to the next row: `*ret_found` tells whether there is one. Reset the statement afterwards.
 */
mfn_status mfn__ledger_query(mfn__ledger *ledger, sqlite3_stmt *statement, bool *ret_found,
                             const char *doing, mfn_error *err);

/* Values travel through SQLite's signed 64-bit integers bit by bit. */
void mfn__bind_u64(sqlite3_stmt *statement, int position, uint64_t value);

/* The text outlives the step that uses it. NULL binds NULL. */
void mfn__bind_text(sqlite3_stmt *statement, int position, const char *text);

#endif
