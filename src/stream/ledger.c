/* SPDX-License-Identifier: MIT */
/* SQLite with a write-ahead log and full synchronisation: a commit is on the disk when it returns,
 * and costs one fsync. A lazy one goes into the log without: the next fsync covers all of the log
 * before it. Statements are prepared once. A lock file beside the database keeps a
 * second process out for the whole run, which SQLite's own locks would let in between
 * transactions. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "stream/ledger_internal.h"

#define BUSY_TIMEOUT_MS 5000
#define LOCK_MODE       0666

mfn_status mfn__ledger_fail(mfn__ledger *ledger, const char *doing, mfn_error *err)
{
    int code = sqlite3_extended_errcode(ledger->database);
    const char *text = sqlite3_errmsg(ledger->database);
    if (sqlite3_system_errno(ledger->database) == ENOSPC) {
        code = SQLITE_FULL; /* which of its files was full decides what SQLite calls it */
    }
    switch (code & 0xff) {
    case SQLITE_FULL:
        return mfn__fail(err, MFN_NO_SPACE, "state", "cannot %s in '%s': the disk is full", doing,
                         ledger->path);
    case SQLITE_NOMEM:
        return mfn__fail_memory(err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return mfn__fail(err, MFN_BUSY, "state", "cannot %s in '%s': %s", doing, ledger->path,
                         text);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return mfn__fail(err, MFN_FORMAT, "state",
                         "'%s' is damaged or no state file of mfn (%s): restore it from a backup, "
                         "or move it away to process every input again",
                         ledger->path, text);
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return mfn__fail(err, MFN_ACCESS, "state", "cannot %s in '%s': %s", doing, ledger->path,
                         text);
    default:
        return mfn__fail(err, MFN_IO, "state", "cannot %s in '%s': %s", doing, ledger->path, text);
    }
}

static mfn_status execute(mfn__ledger *ledger, const char *sql, const char *doing, mfn_error *err)
{
    if (sqlite3_exec(ledger->database, sql, NULL, NULL, NULL) != SQLITE_OK) {
        return mfn__ledger_fail(ledger, doing, err);
    }
    return MFN_OK;
}

static mfn_status lock_file(mfn__ledger *ledger, mfn_error *err)
{
    char lock_path[4096];
    int length = snprintf(lock_path, sizeof lock_path, "%s.lock", ledger->path);
    if (length < 0 || (size_t)length >= sizeof lock_path) {
        return mfn__fail(err, MFN_INVALID, "state", "state: the path is too long");
    }
    ledger->lock_descriptor = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, LOCK_MODE);
    if (ledger->lock_descriptor < 0) {
        return mfn__fail_errno(err, errno, "state", "cannot open '%s'", lock_path);
    }
    if (flock(ledger->lock_descriptor, LOCK_EX | LOCK_NB) != 0) {
        return mfn__fail(err, MFN_BUSY, "state",
                         "'%s' is in use by another mfn: stop it, or give each pipeline a state "
                         "file of its own",
                         ledger->path);
    }
    return MFN_OK;
}

static mfn_status read_version(mfn__ledger *ledger, int *ret, mfn_error *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(ledger->database, "PRAGMA user_version", -1, &statement, NULL) !=
            SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        sqlite3_finalize(statement);
        return mfn__ledger_fail(ledger, "read the version", err);
    }
    *ret = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return MFN_OK;
}

static mfn_status prepare_schema(mfn__ledger *ledger, mfn_error *err)
{
    int version = 0;
    mfn_status status = read_version(ledger, &version, err);
    if (status != MFN_OK) {
        return status;
    }
    if (version > MFN__LEDGER_FORMAT) {
        return mfn__fail(
            err, MFN_UNSUPPORTED, "state",
            "'%s' has format %d, and this mfn reads formats up to %d: use the mfn that "
            "wrote it, or another state file",
            ledger->path, version, MFN__LEDGER_FORMAT);
    }
    if (version == MFN__LEDGER_FORMAT) {
        return MFN_OK;
    }
    status = execute(ledger, "BEGIN IMMEDIATE", "begin a transaction", err);
    for (int i = version; status == MFN_OK && i < MFN__LEDGER_FORMAT; i++) {
        status = execute(ledger, mfn__ledger_schema[i], "make the tables", err);
    }
    if (status == MFN_OK) {
        char sql[64];
        snprintf(sql, sizeof sql, "PRAGMA user_version = %d; COMMIT", MFN__LEDGER_FORMAT);
        status = execute(ledger, sql, "make the tables", err);
    }
    if (status != MFN_OK) {
        (void)sqlite3_exec(ledger->database, "ROLLBACK", NULL, NULL, NULL);
    }
    return status;
}

static mfn_status open_database(mfn__ledger *ledger, mfn_error *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(ledger->path, &ledger->database, flags, NULL) != SQLITE_OK) {
        return ledger->database != NULL ? mfn__ledger_fail(ledger, "open the database", err)
                                        : mfn__fail_memory(err);
    }
    sqlite3_extended_result_codes(ledger->database, 1);
    sqlite3_busy_timeout(ledger->database, BUSY_TIMEOUT_MS);
    mfn_status status = execute(ledger, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
                                "set the journal mode", err);
    if (status == MFN_OK) {
        status = prepare_schema(ledger, err);
    }
    for (size_t i = 0; status == MFN_OK && i < MFN__STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(ledger->database, mfn__ledger_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &ledger->statements[i], NULL) != SQLITE_OK) {
            status = mfn__ledger_fail(ledger, "prepare a statement", err);
        }
    }
    return status;
}

mfn_status mfn__ledger_open(const char *path, mfn__ledger **ret, mfn_error *err)
{
    char *folder = mfn__path_folder(path);
    mfn__ledger *ledger = mfn__mem_new(1, sizeof *ledger);
    mfn_status status = MFN_OK;
    if (ledger != NULL) {
        ledger->lock_descriptor = -1;
        pthread_mutex_init(&ledger->mutex, NULL);
        ledger->path = mfn__mem_copy_text(path);
    }
    if (folder == NULL || ledger == NULL || ledger->path == NULL) {
        status = mfn__fail_memory(err);
        goto fail;
    }
    if (strcmp(path, MFN__LEDGER_MEMORY) != 0) {
        status = mfn__file_make_directory(folder, err);
        if (status == MFN_OK) {
            status = lock_file(ledger, err);
        }
    }
    if (status == MFN_OK) {
        status = open_database(ledger, err);
    }
    if (status != MFN_OK) {
        goto fail;
    }
    mfn__mem_free(folder);
    *ret = ledger;
    return MFN_OK;
fail:
    mfn__mem_free(folder);
    mfn__ledger_close(ledger);
    return status;
}

void mfn__ledger_close(mfn__ledger *ledger)
{
    if (ledger == NULL) {
        return;
    }
    for (size_t i = 0; i < MFN__STATEMENT_COUNT; i++) {
        sqlite3_finalize(ledger->statements[i]);
    }
    sqlite3_close(ledger->database);
    if (ledger->lock_descriptor >= 0) {
        close(ledger->lock_descriptor);
    }
    pthread_mutex_destroy(&ledger->mutex);
    mfn__mem_free(ledger->path);
    mfn__mem_free(ledger);
}

static mfn_status begin(mfn__ledger *ledger, bool lazily, mfn_error *err)
{
    pthread_mutex_lock(&ledger->mutex);
    mfn_status status = MFN_OK;
    if (lazily != ledger->is_lazy) {
        status =
            execute(ledger, lazily ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL",
                    "set the synchronisation", err);
    }
    if (status == MFN_OK) {
        ledger->is_lazy = lazily;
        status = execute(ledger, "BEGIN IMMEDIATE", "begin a transaction", err);
    }
    ledger->in_transaction = status == MFN_OK;
    if (status != MFN_OK) {
        pthread_mutex_unlock(&ledger->mutex);
    }
    return status;
}

mfn_status mfn__ledger_begin(mfn__ledger *ledger, mfn_error *err)
{
    return begin(ledger, false, err);
}

mfn_status mfn__ledger_begin_lazily(mfn__ledger *ledger, mfn_error *err)
{
    return begin(ledger, true, err);
}

mfn_status mfn__ledger_commit(mfn__ledger *ledger, mfn_error *err)
{
    mfn_status status = execute(ledger, "COMMIT", "commit", err);
    if (status != MFN_OK) {
        mfn__ledger_rollback(ledger);
        return status;
    }
    ledger->in_transaction = false;
    pthread_mutex_unlock(&ledger->mutex);
    return MFN_OK;
}

void mfn__ledger_rollback(mfn__ledger *ledger)
{
    /* SQLite may have undone the transaction itself; then this fails and nothing is lost. */
    (void)sqlite3_exec(ledger->database, "ROLLBACK", NULL, NULL, NULL);
    ledger->in_transaction = false;
    pthread_mutex_unlock(&ledger->mutex);
}

void mfn__bind_u64(sqlite3_stmt *statement, int position, uint64_t value)
{
    sqlite3_bind_int64(statement, position, (sqlite3_int64)value);
}

void mfn__bind_text(sqlite3_stmt *statement, int position, const char *text)
{
    sqlite3_bind_text(statement, position, text, -1, SQLITE_STATIC);
}

sqlite3_stmt *mfn__ledger_fresh(mfn__ledger *ledger, mfn__statement which)
{
    sqlite3_reset(ledger->statements[which]);
    return ledger->statements[which];
}

mfn_status mfn__ledger_change(mfn__ledger *ledger, sqlite3_stmt *statement, const char *doing,
                              mfn_error *err)
{
    int code = sqlite3_step(statement);
    mfn_status status = code == SQLITE_DONE ? MFN_OK : mfn__ledger_fail(ledger, doing, err);
    sqlite3_reset(statement);
    return status;
}

bool mfn__ledger_has_changed(const mfn__ledger *ledger)
{
    return sqlite3_changes(ledger->database) > 0;
}

mfn_status mfn__ledger_query(mfn__ledger *ledger, sqlite3_stmt *statement, bool *ret_found,
                             const char *doing, mfn_error *err)
{
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        mfn_status status = mfn__ledger_fail(ledger, doing, err);
        sqlite3_reset(statement);
        return status;
    }
    *ret_found = code == SQLITE_ROW;
    return MFN_OK;
}
