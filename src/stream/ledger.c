/* SPDX-License-Identifier: MIT */
/* SQLite with a write-ahead log and full synchronisation: a commit is on the disk when it returns,
 * and costs one fsync. A lazy one goes into the log without: the next fsync covers all of the log
 * before it. Statements are prepared once. A lock file beside the database keeps a
 * second process out for the whole run, which SQLite's own locks would let in between
 * transactions. */
#include "stream/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#define SCHEMA_VERSION  1
#define BUSY_TIMEOUT_MS 5000
#define LOCK_MODE       0666

enum {
    FILE_FIND,
    FILE_ADD,
    FILE_UPDATE,
    TARGET_ADD,
    TARGET_FIND,
    RECEIPT_FIND,
    RECEIPT_ADD,
    NAME_FIND,
    NUMBER_FIND,
    NUMBER_SET,
    STATEMENT_COUNT
};

static const char *const statements_sql[STATEMENT_COUNT] = {
    [FILE_FIND] =
        "SELECT id, items_done, finished, kept FROM files WHERE device = ?1 AND inode = ?2 "
        "AND size_bytes = ?3 AND modified_ns = ?4 AND digest = ?5",
    [FILE_ADD] = "INSERT INTO files (device, inode, size_bytes, modified_ns, digest, path) "
                 "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [FILE_UPDATE] = "UPDATE files SET items_done = ?2, finished = ?3, kept = ?4 WHERE id = ?1",
    [TARGET_ADD] = "INSERT OR IGNORE INTO targets (key) VALUES (?1)",
    [TARGET_FIND] = "SELECT id FROM targets WHERE key = ?1",
    [RECEIPT_FIND] = "SELECT name FROM receipts WHERE target = ?1 AND result_id = ?2",
    [RECEIPT_ADD] = "INSERT OR REPLACE INTO receipts (target, result_id, name) VALUES (?1, ?2, ?3)",
    [NAME_FIND] = "SELECT 1 FROM receipts WHERE target = ?1 AND name = ?2 LIMIT 1",
    [NUMBER_FIND] = "SELECT value FROM numbers WHERE target = ?1 AND key = ?2",
    [NUMBER_SET] = "INSERT OR REPLACE INTO numbers (target, key, value) VALUES (?1, ?2, ?3)",
};

static const char schema_sql[] =
    "BEGIN;"
    "CREATE TABLE files (id INTEGER PRIMARY KEY, device INTEGER, inode INTEGER,"
    " size_bytes INTEGER, modified_ns INTEGER, digest TEXT, path TEXT,"
    " items_done INTEGER NOT NULL DEFAULT 0, finished INTEGER NOT NULL DEFAULT 0,"
    " kept INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE (device, inode, size_bytes, modified_ns, digest));"
    "CREATE TABLE targets (id INTEGER PRIMARY KEY, key TEXT UNIQUE);"
    "CREATE TABLE receipts (target INTEGER, result_id TEXT, name TEXT,"
    " PRIMARY KEY (target, result_id)) WITHOUT ROWID;"
    "CREATE INDEX receipts_by_name ON receipts (target, name);"
    "CREATE TABLE numbers (target INTEGER, key TEXT, value INTEGER,"
    " PRIMARY KEY (target, key)) WITHOUT ROWID;"
    "PRAGMA user_version = 1;"
    "COMMIT;";

struct mfn__ledger {
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    char *path;
    int lock_descriptor;
    pthread_mutex_t mutex; /* held from begin to commit or rollback; guards the two above */
    bool in_transaction;
    bool is_lazy; /* commits are not synchronised */
};

static mfn_status fail(mfn__ledger *ledger, const char *doing, mfn_error *err)
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
        return fail(ledger, doing, err);
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
        return fail(ledger, "read the version", err);
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
    if (version == 0) {
        return execute(ledger, schema_sql, "make the tables", err);
    }
    if (version != SCHEMA_VERSION) {
        return mfn__fail(err, MFN_UNSUPPORTED, "state",
                         "'%s' has format %d, and this mfn reads format %d: use the mfn that wrote "
                         "it, or another state file",
                         ledger->path, version, SCHEMA_VERSION);
    }
    return MFN_OK;
}

static mfn_status open_database(mfn__ledger *ledger, mfn_error *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(ledger->path, &ledger->database, flags, NULL) != SQLITE_OK) {
        return ledger->database != NULL ? fail(ledger, "open the database", err)
                                        : mfn__fail_memory(err);
    }
    sqlite3_extended_result_codes(ledger->database, 1);
    sqlite3_busy_timeout(ledger->database, BUSY_TIMEOUT_MS);
    mfn_status status = execute(ledger, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
                                "set the journal mode", err);
    if (status == MFN_OK) {
        status = prepare_schema(ledger, err);
    }
    for (size_t i = 0; status == MFN_OK && i < STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(ledger->database, statements_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &ledger->statements[i], NULL) != SQLITE_OK) {
            status = fail(ledger, "prepare a statement", err);
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
    status = mfn__file_make_directory(folder, err);
    if (status == MFN_OK) {
        status = lock_file(ledger, err);
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
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
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

/* Values travel through SQLite's signed 64-bit integers bit by bit. */
static void bind_u64(sqlite3_stmt *statement, int position, uint64_t value)
{
    sqlite3_bind_int64(statement, position, (sqlite3_int64)value);
}

/* Texts outlive the step that uses them. */
static void bind_text(sqlite3_stmt *statement, int position, const char *text)
{
    sqlite3_bind_text(statement, position, text, -1, SQLITE_STATIC);
}

static sqlite3_stmt *fresh(mfn__ledger *ledger, int which)
{
    sqlite3_reset(ledger->statements[which]);
    return ledger->statements[which];
}

static mfn_status change(mfn__ledger *ledger, sqlite3_stmt *statement, const char *doing,
                         mfn_error *err)
{
    int code = sqlite3_step(statement);
    mfn_status status = code == SQLITE_DONE ? MFN_OK : fail(ledger, doing, err);
    sqlite3_reset(statement);
    return status;
}

/* Steps to the only row: `*ret_found` tells whether there is one. Reset the statement afterwards.
 */
static mfn_status query(mfn__ledger *ledger, sqlite3_stmt *statement, bool *ret_found,
                        const char *doing, mfn_error *err)
{
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        mfn_status status = fail(ledger, doing, err);
        sqlite3_reset(statement);
        return status;
    }
    *ret_found = code == SQLITE_ROW;
    return MFN_OK;
}

static void bind_identity(sqlite3_stmt *statement, const mfn__file_identity *identity)
{
    bind_u64(statement, 1, identity->device);
    bind_u64(statement, 2, identity->inode);
    bind_u64(statement, 3, identity->size_bytes);
    sqlite3_bind_int64(statement, 4, identity->modified_ns);
    bind_text(statement, 5, identity->digest);
}

mfn_status mfn__ledger_file(mfn__ledger *ledger, const mfn__file_identity *identity,
                            const char *path, mfn__file_entry *ret, mfn_error *err)
{
    sqlite3_stmt *find = fresh(ledger, FILE_FIND);
    bind_identity(find, identity);
    bool found = false;
    mfn_status status = query(ledger, find, &found, "look up a file", err);
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
    sqlite3_stmt *add = fresh(ledger, FILE_ADD);
    bind_identity(add, identity);
    bind_text(add, 6, path);
    status = change(ledger, add, "add a file", err);
    if (status == MFN_OK) {
        *ret = (mfn__file_entry){.id = (uint64_t)sqlite3_last_insert_rowid(ledger->database)};
    }
    return status;
}

mfn_status mfn__ledger_file_update(mfn__ledger *ledger, const mfn__file_entry *entry,
                                   mfn_error *err)
{
    sqlite3_stmt *update = fresh(ledger, FILE_UPDATE);
    bind_u64(update, 1, entry->id);
    bind_u64(update, 2, entry->items_done);
    sqlite3_bind_int(update, 3, entry->is_finished ? 1 : 0);
    sqlite3_bind_int(update, 4, entry->is_kept ? 1 : 0);
    return change(ledger, update, "update a file", err);
}

mfn_status mfn__ledger_target(mfn__ledger *ledger, const char *key, uint64_t *ret, mfn_error *err)
{
    sqlite3_stmt *add = fresh(ledger, TARGET_ADD);
    bind_text(add, 1, key);
    mfn_status status = change(ledger, add, "add a target", err);
    if (status != MFN_OK) {
        return status;
    }
    sqlite3_stmt *find = fresh(ledger, TARGET_FIND);
    bind_text(find, 1, key);
    bool found = false;
    status = query(ledger, find, &found, "look up a target", err);
    if (status == MFN_OK) {
        *ret = (uint64_t)sqlite3_column_int64(find, 0);
        sqlite3_reset(find);
    }
    return status;
}

mfn_status mfn__ledger_receipt(mfn__ledger *ledger, uint64_t target, const char *result_id,
                               char ret_name[MFN__NAME_MAX], mfn_error *err)
{
    sqlite3_stmt *find = fresh(ledger, RECEIPT_FIND);
    bind_u64(find, 1, target);
    bind_text(find, 2, result_id);
    bool found = false;
    mfn_status status = query(ledger, find, &found, "look up a receipt", err);
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
    sqlite3_stmt *add = fresh(ledger, RECEIPT_ADD);
    bind_u64(add, 1, target);
    bind_text(add, 2, result_id);
    bind_text(add, 3, name);
    return change(ledger, add, "add a receipt", err);
}

mfn_status mfn__ledger_name_is_taken(mfn__ledger *ledger, uint64_t target, const char *name,
                                     bool *ret, mfn_error *err)
{
    sqlite3_stmt *find = fresh(ledger, NAME_FIND);
    bind_u64(find, 1, target);
    bind_text(find, 2, name);
    bool found = false;
    mfn_status status = query(ledger, find, &found, "look up a name", err);
    if (status == MFN_OK) {
        *ret = found;
        sqlite3_reset(find);
    }
    return status;
}

mfn_status mfn__ledger_number(mfn__ledger *ledger, uint64_t target, const char *key, int64_t *ret,
                              mfn_error *err)
{
    sqlite3_stmt *find = fresh(ledger, NUMBER_FIND);
    bind_u64(find, 1, target);
    bind_text(find, 2, key);
    bool found = false;
    mfn_status status = query(ledger, find, &found, "look up a number", err);
    if (status == MFN_OK) {
        *ret = found ? sqlite3_column_int64(find, 0) : 0;
        sqlite3_reset(find);
    }
    return status;
}

mfn_status mfn__ledger_number_set(mfn__ledger *ledger, uint64_t target, const char *key,
                                  int64_t value, mfn_error *err)
{
    sqlite3_stmt *set = fresh(ledger, NUMBER_SET);
    bind_u64(set, 1, target);
    bind_text(set, 2, key);
    sqlite3_bind_int64(set, 3, value);
    return change(ledger, set, "set a number", err);
}
