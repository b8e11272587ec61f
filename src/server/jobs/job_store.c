/* SPDX-License-Identifier: MIT */
/* SQLite with a write-ahead log, full synchronisation and an exclusive lock for as long as the file
 * is open. Each call is one transaction. */
#include "server/jobs/job_store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#define FILE_NAME       "jobs.sqlite"
#define SCHEMA_VERSION  1
#define PRUNED_AT_ONCE  "1000"
#define TEXT_OF(number) TEXT_OF_(number)
#define TEXT_OF_(text)  #text

const char *const mfn__job_state_names[] = {"queued", "running", "done", "failed", NULL};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS job (number INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT "
    "NULL, id TEXT NOT NULL, text TEXT NOT NULL, state INTEGER NOT NULL, attempts INTEGER NOT NULL "
    "DEFAULT 0, accepted_ns INTEGER NOT NULL, started_ns INTEGER NOT NULL DEFAULT 0, finished_ns "
    "INTEGER NOT NULL DEFAULT 0, outcome TEXT, UNIQUE (owner, id)) STRICT;"
    "CREATE INDEX IF NOT EXISTS job_by_state ON job (state, number);"
    "CREATE INDEX IF NOT EXISTS job_by_end ON job (finished_ns) WHERE finished_ns > 0;"
    "PRAGMA user_version = " TEXT_OF(SCHEMA_VERSION) ";";

/* States: 0 queued, 1 running, 2 done, 3 failed. */
static const char recovery[] =
    "UPDATE job SET state = 3, finished_ns = started_ns, outcome = 'the service ended each time "
    "that it computed this job' WHERE state = 1 AND attempts >= " TEXT_OF(
        MFN__JOB_ATTEMPTS_MAX) ";"
                               "UPDATE job SET state = 0, started_ns = 0 WHERE state = 1;";

enum { PUT, LOOK, BEFORE, NEXT, TAKE, FINISH, GIVE_BACK, PRUNE, COUNT_STATE, STATEMENTS };

static const char *const statements[STATEMENTS] = {
    [PUT] = "INSERT INTO job (owner, id, text, state, accepted_ns) VALUES (?1, ?2, ?3, 0, ?4) "
            "ON CONFLICT DO NOTHING",
    [LOOK] = "SELECT state, accepted_ns, started_ns, finished_ns, outcome, number FROM job WHERE "
             "owner = ?1 AND id = ?2",
    [BEFORE] = "SELECT count(*) FROM job WHERE state = 0 AND number < ?1",
    [NEXT] = "SELECT number, text FROM job WHERE state = 0 ORDER BY number LIMIT 1",
    [TAKE] = "UPDATE job SET state = 1, started_ns = ?2, attempts = attempts + 1 WHERE number = ?1",
    [FINISH] = "UPDATE job SET state = ?2, outcome = ?3, finished_ns = ?4 WHERE number = ?1",
    [GIVE_BACK] = "UPDATE job SET state = 0, started_ns = 0, attempts = attempts - 1 WHERE number "
                  "= ?1",
    [PRUNE] = "DELETE FROM job WHERE number IN (SELECT number FROM job WHERE finished_ns > 0 AND "
              "finished_ns < ?1 ORDER BY finished_ns LIMIT " PRUNED_AT_ONCE ")",
    [COUNT_STATE] = "SELECT count(*) FROM job WHERE state = ?1",
};

struct mfn__job_store {
    pthread_mutex_t mutex; /* guards what follows */
    sqlite3 *database;
    char *path;
    sqlite3_stmt *prepared[STATEMENTS];
};

static mfn_status fail(const mfn__job_store *store, const char *doing, mfn_error *err)
{
    int code = sqlite3_errcode(store->database);
    const char *text = sqlite3_errmsg(store->database);
    switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return mfn__fail(err, MFN_BUSY, "state_dir",
                         "'%s' is in use by another mfn: stop it, or give this one a state_dir of "
                         "its own",
                         store->path);
    case SQLITE_FULL:
        return mfn__fail(err, MFN_NO_SPACE, "state_dir", "cannot %s: the disk is full", doing);
    case SQLITE_NOMEM:
        return mfn__fail_memory(err);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return mfn__fail(err, MFN_FORMAT, "state_dir",
                         "'%s' is damaged or no job file of mfn (%s): restore it from a backup, or "
                         "move it away",
                         store->path, text);
    default:
        return mfn__fail(err, MFN_IO, "state_dir", "cannot %s in '%s': %s", doing, store->path,
                         text);
    }
}

static mfn_status execute(mfn__job_store *store, const char *sql, const char *doing, mfn_error *err)
{
    return sqlite3_exec(store->database, sql, NULL, NULL, NULL) == SQLITE_OK
               ? MFN_OK
               : fail(store, doing, err);
}

/* A file of a later version must not be written to. */
static mfn_status check_version(mfn__job_store *store, mfn_error *err)
{
    sqlite3_stmt *query = NULL;
    int version = 0;
    if (sqlite3_prepare_v2(store->database, "PRAGMA user_version", -1, &query, NULL) == SQLITE_OK &&
        sqlite3_step(query) == SQLITE_ROW) {
        version = sqlite3_column_int(query, 0);
    }
    sqlite3_finalize(query);
    if (version > SCHEMA_VERSION) {
        return mfn__fail(err, MFN_UNSUPPORTED, "state_dir",
                         "'%s' was written by a later mfn: use that one, or another state_dir",
                         store->path);
    }
    return MFN_OK;
}

static mfn_status open_database(mfn__job_store *store, mfn_error *err)
{
    int file = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) {
        return mfn__fail_errno(err, errno, NULL, "cannot open '%s'", store->path);
    }
    close(file); /* SQLite gives its other files the rights of this one */
    if (sqlite3_open_v2(store->path, &store->database,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK) {
        return fail(store, "open the jobs", err);
    }
    mfn_status status = execute(store,
                                "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; "
                                "PRAGMA synchronous = FULL;",
                                "open the jobs", err);
    if (status == MFN_OK) {
        status = check_version(store, err);
    }
    if (status == MFN_OK) {
        status = execute(store, "BEGIN IMMEDIATE", "open the jobs", err);
    }
    if (status == MFN_OK) {
        status = execute(store, schema, "make the tables", err);
    }
    if (status == MFN_OK) {
        status = execute(store, recovery, "look through the jobs", err);
    }
    if (status == MFN_OK) {
        status = execute(store, "COMMIT", "open the jobs", err);
    }
    for (size_t i = 0; status == MFN_OK && i < STATEMENTS; i++) {
        if (sqlite3_prepare_v3(store->database, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &store->prepared[i], NULL) != SQLITE_OK) {
            status = fail(store, "prepare", err);
        }
    }
    return status;
}

mfn_status mfn__job_store_open(const char *folder, mfn__job_store **ret, mfn_error *err)
{
    mfn_status status = mfn__file_make_directory(folder, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__job_store *store = mfn__mem_new(1, sizeof *store);
    if (store == NULL) {
        return mfn__fail_memory(err);
    }
    pthread_mutex_init(&store->mutex, NULL);
    store->path = mfn__path_join(folder, FILE_NAME);
    status = store->path != NULL ? open_database(store, err) : mfn__fail_memory(err);
    if (status != MFN_OK) {
        mfn__job_store_close(store);
        return status;
    }
    *ret = store;
    return MFN_OK;
}

void mfn__job_store_close(mfn__job_store *store)
{
    if (store == NULL) {
        return;
    }
    for (size_t i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(store->prepared[i]);
    }
    sqlite3_close(store->database);
    mfn__mem_free(store->path);
    pthread_mutex_destroy(&store->mutex);
    mfn__mem_free(store);
}

/* Locks; the caller binds, steps and then calls `end`. */
static sqlite3_stmt *begin(mfn__job_store *store, size_t which)
{
    pthread_mutex_lock(&store->mutex);
    return store->prepared[which];
}

static void end(mfn__job_store *store, sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    pthread_mutex_unlock(&store->mutex);
}

/* Runs a bound statement without rows and ends it. */
static mfn_status finish(mfn__job_store *store, sqlite3_stmt *statement, const char *doing,
                         mfn_error *err)
{
    mfn_status status = sqlite3_step(statement) == SQLITE_DONE ? MFN_OK : fail(store, doing, err);
    end(store, statement);
    return status;
}

static void bind_text(sqlite3_stmt *statement, int place, const char *text)
{
    sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}

/* The first column of the first row. The caller holds the mutex. */
static mfn_status one_number(mfn__job_store *store, sqlite3_stmt *query, uint64_t *ret,
                             mfn_error *err)
{
    mfn_status status = MFN_OK;
    if (sqlite3_step(query) == SQLITE_ROW) {
        *ret = (uint64_t)sqlite3_column_int64(query, 0);
    } else {
        status = fail(store, "count the jobs", err);
    }
    sqlite3_reset(query);
    return status;
}

static mfn_status count_state(mfn__job_store *store, mfn__job_state state, uint64_t *ret,
                              mfn_error *err)
{
    sqlite3_stmt *query = begin(store, COUNT_STATE);
    sqlite3_bind_int(query, 1, (int)state);
    mfn_status status = one_number(store, query, ret, err);
    end(store, query);
    return status;
}

mfn_status mfn__job_store_count(mfn__job_store *store, uint64_t *ret_waiting, uint64_t *ret_running,
                                mfn_error *err)
{
    mfn_status status = count_state(store, MFN__JOB_QUEUED, ret_waiting, err);
    return status == MFN_OK ? count_state(store, MFN__JOB_RUNNING, ret_running, err) : status;
}

mfn_status mfn__job_store_put(mfn__job_store *store, const mfn__job_name *name, const char *text,
                              int64_t now_ns, uint64_t waiting_max, mfn_error *err)
{
    mfn__job_view view = {.outcome = NULL};
    uint64_t waiting = 0;
    mfn_status status = mfn__job_store_look(store, name, &view, err);
    if (status != MFN_NOT_FOUND) {
        if (status == MFN_OK) {
            mfn__job_view_deinit(&view);
        }
        return status; /* it is there */
    }
    status = count_state(store, MFN__JOB_QUEUED, &waiting, err);
    if (status != MFN_OK) {
        return status;
    }
    if (waiting >= waiting_max) {
        return mfn__fail(err, MFN_BUSY, NULL, "%llu jobs wait already",
                         (unsigned long long)waiting);
    }
    sqlite3_stmt *insert = begin(store, PUT);
    bind_text(insert, 1, name->owner);
    bind_text(insert, 2, name->id);
    bind_text(insert, 3, text);
    sqlite3_bind_int64(insert, 4, now_ns);
    return finish(store, insert, "accept a job", err);
}

void mfn__job_view_deinit(mfn__job_view *view)
{
    mfn__mem_free(view->outcome);
    view->outcome = NULL;
}

/* The caller holds the mutex. */
static mfn_status read_view(mfn__job_store *store, sqlite3_stmt *row, mfn__job_view *ret,
                            mfn_error *err)
{
    const char *outcome = (const char *)sqlite3_column_text(row, 4);
    mfn__job_view view = {.state = (mfn__job_state)sqlite3_column_int(row, 0),
                          .accepted_ns = sqlite3_column_int64(row, 1),
                          .started_ns = sqlite3_column_int64(row, 2),
                          .finished_ns = sqlite3_column_int64(row, 3)};
    if (outcome != NULL) {
        view.outcome = mfn__mem_copy_text(outcome);
        if (view.outcome == NULL) {
            return mfn__fail_memory(err);
        }
    }
    if (view.state == MFN__JOB_QUEUED) {
        sqlite3_stmt *before = store->prepared[BEFORE];
        sqlite3_bind_int64(before, 1, sqlite3_column_int64(row, 5));
        mfn_status status = one_number(store, before, &view.waiting_before, err);
        if (status != MFN_OK) {
            mfn__job_view_deinit(&view);
            return status;
        }
    }
    *ret = view;
    return MFN_OK;
}

mfn_status mfn__job_store_look(mfn__job_store *store, const mfn__job_name *name, mfn__job_view *ret,
                               mfn_error *err)
{
    sqlite3_stmt *query = begin(store, LOOK);
    bind_text(query, 1, name->owner);
    bind_text(query, 2, name->id);
    int code = sqlite3_step(query);
    mfn_status status = code == SQLITE_ROW ? read_view(store, query, ret, err)
                        : code == SQLITE_DONE
                            ? mfn__fail(err, MFN_NOT_FOUND, "id", "There is no such job")
                            : fail(store, "look for a job", err);
    end(store, query);
    return status;
}

/* The caller holds the mutex. */
static mfn_status mark_running(mfn__job_store *store, int64_t number, int64_t now_ns,
                               mfn_error *err)
{
    sqlite3_stmt *update = store->prepared[TAKE];
    sqlite3_bind_int64(update, 1, number);
    sqlite3_bind_int64(update, 2, now_ns);
    mfn_status status =
        sqlite3_step(update) == SQLITE_DONE ? MFN_OK : fail(store, "begin a job", err);
    sqlite3_reset(update);
    return status;
}

mfn_status mfn__job_store_take(mfn__job_store *store, int64_t now_ns, mfn__job_task *ret,
                               mfn_error *err)
{
    mfn__job_task task = {0};
    sqlite3_stmt *query = begin(store, NEXT);
    int code = sqlite3_step(query);
    mfn_status status = code == SQLITE_ROW    ? MFN_OK
                        : code == SQLITE_DONE ? MFN_NOT_FOUND
                                              : fail(store, "find a job", err);
    if (status == MFN_OK) {
        task.number = sqlite3_column_int64(query, 0);
        task.size = (size_t)sqlite3_column_bytes(query, 1);
        task.text = mfn__mem_copy_text((const char *)sqlite3_column_text(query, 1));
        sqlite3_reset(query);
        status = task.text != NULL ? mark_running(store, task.number, now_ns, err)
                                   : mfn__fail_memory(err);
    }
    end(store, query);
    if (status != MFN_OK) {
        mfn__mem_free(task.text);
        return status;
    }
    *ret = task;
    return MFN_OK;
}

mfn_status mfn__job_store_finish(mfn__job_store *store, int64_t number, bool is_done,
                                 const char *outcome, int64_t now_ns, mfn_error *err)
{
    sqlite3_stmt *update = begin(store, FINISH);
    sqlite3_bind_int64(update, 1, number);
    sqlite3_bind_int(update, 2, is_done ? MFN__JOB_DONE : MFN__JOB_FAILED);
    bind_text(update, 3, outcome);
    sqlite3_bind_int64(update, 4, now_ns);
    return finish(store, update, "keep a result", err);
}

mfn_status mfn__job_store_give_back(mfn__job_store *store, int64_t number, mfn_error *err)
{
    sqlite3_stmt *update = begin(store, GIVE_BACK);
    sqlite3_bind_int64(update, 1, number);
    return finish(store, update, "give a job back", err);
}

mfn_status mfn__job_store_prune(mfn__job_store *store, int64_t before_ns, mfn_error *err)
{
    sqlite3_stmt *removal = begin(store, PRUNE);
    sqlite3_bind_int64(removal, 1, before_ns);
    return finish(store, removal, "forget old jobs", err);
}
