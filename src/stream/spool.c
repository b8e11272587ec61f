/* SPDX-License-Identifier: MIT */
/* Two tables of the ledger's database. The bytes that wait are counted in memory, from what the
 * tables hold at the start, so that asking for room costs no query. */
#include "stream/spool.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "stream/ledger_internal.h"

struct mfn__spool {
    mfn__ledger *ledger;
    uint64_t max_bytes;
    atomic_uint_fast64_t bytes;
    atomic_uint_fast64_t last_job; /* number that was given out */
    uint64_t first_job;            /* numbers up to this one are of earlier runs */
};

/* The first column of the statement's only row. Locks: inside the ledger's transaction. */
static mfn_status read_number(mfn__spool *spool, sqlite3_stmt *statement, const char *doing,
                              uint64_t *ret, mfn_error *err)
{
    bool found = false;
    mfn_status status = mfn__ledger_query(spool->ledger, statement, &found, doing, err);
    if (status == MFN_OK) {
        *ret = found ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
        sqlite3_reset(statement);
    }
    return status;
}

mfn_status mfn__spool_new(mfn__ledger *ledger, uint64_t max_bytes, mfn__spool **ret, mfn_error *err)
{
    mfn__spool *spool = mfn__mem_new(1, sizeof *spool);
    if (spool == NULL) {
        return mfn__fail_memory(err);
    }
    spool->ledger = ledger;
    spool->max_bytes = max_bytes;
    mfn_status status = mfn__ledger_begin_lazily(ledger, err);
    if (status == MFN_OK) {
        uint64_t bytes = 0;
        status = read_number(spool, mfn__ledger_fresh(ledger, MFN__SPOOL_BYTES),
                             "measure the spool", &bytes, err);
        if (status == MFN_OK) {
            status = read_number(spool, mfn__ledger_fresh(ledger, MFN__OUTBOX_LAST_JOB),
                                 "read the spool", &spool->first_job, err);
        }
        atomic_store(&spool->bytes, bytes);
        atomic_store(&spool->last_job, spool->first_job);
        mfn__ledger_rollback(ledger);
    }
    if (status != MFN_OK) {
        mfn__mem_free(spool);
        return status;
    }
    *ret = spool;
    return MFN_OK;
}

void mfn__spool_free(mfn__spool *spool)
{
    mfn__mem_free(spool);
}

bool mfn__spool_has_room(const mfn__spool *spool)
{
    return atomic_load(&spool->bytes) < spool->max_bytes;
}

uint64_t mfn__spool_bytes(const mfn__spool *spool)
{
    return atomic_load(&spool->bytes);
}

bool mfn__spool_reserve(mfn__spool *spool, uint64_t bytes)
{
    uint_fast64_t held = atomic_load(&spool->bytes);
    do {
        if (held >= spool->max_bytes || bytes > spool->max_bytes - held) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&spool->bytes, &held, held + bytes));
    return true;
}

void mfn__spool_give_back(mfn__spool *spool, uint64_t bytes)
{
    atomic_fetch_sub(&spool->bytes, bytes);
}

static void bind_blob(sqlite3_stmt *statement, int position, const char *bytes, size_t size)
{
    sqlite3_bind_blob64(statement, position, bytes, size, SQLITE_STATIC);
}

mfn_status mfn__inbox_add(mfn__spool *spool, uint64_t source, const mfn__spool_job *job,
                          mfn_error *err)
{
    sqlite3_stmt *add = mfn__ledger_fresh(spool->ledger, MFN__INBOX_ADD);
    mfn__bind_u64(add, 1, source);
    mfn__bind_text(add, 2, job->origin);
    mfn__bind_u64(add, 3, job->line);
    mfn__bind_u64(add, 4, job->index);
    bind_blob(add, 5, job->original, job->original_size);
    mfn__bind_text(add, 6, job->only_publisher);
    mfn_status status = mfn__ledger_change(spool->ledger, add, "keep a job", err);
    if (status == MFN_OK) {
        atomic_fetch_add(&spool->bytes, job->original_size);
    }
    return status;
}

/* A copy of the column's bytes with a NUL after them. */
static char *copy_column(sqlite3_stmt *row, int column, size_t *ret_size)
{
    size_t size = (size_t)sqlite3_column_bytes(row, column);
    const void *bytes = sqlite3_column_blob(row, column);
    char *copy = mfn__mem_new(size + 1, 1);
    if (copy != NULL && size > 0) {
        memcpy(copy, bytes, size);
    }
    if (ret_size != NULL) {
        *ret_size = size;
    }
    return copy;
}

/* The columns that both tables begin with: id, origin, line, item, original. */
static mfn__message *message_of(sqlite3_stmt *row)
{
    mfn__message *message = mfn__mem_new(1, sizeof *message);
    if (message == NULL) {
        return NULL;
    }
    message->inbox_row = (uint64_t)sqlite3_column_int64(row, 0);
    message->origin = copy_column(row, 1, NULL);
    message->line = (uint64_t)sqlite3_column_int64(row, 2);
    message->index = (uint64_t)sqlite3_column_int64(row, 3);
    message->original = copy_column(row, 4, &message->original_size);
    if (message->origin == NULL || message->original == NULL) {
        mfn__message_free(message);
        return NULL;
    }
    return message;
}

static void drop_batch(mfn__batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        mfn__message_free(batch->messages[i]);
    }
    batch->count = 0;
}

typedef mfn__message *(*row_reader)(sqlite3_stmt *row, mfn__content content);

static mfn__message *read_inbox_row(sqlite3_stmt *row, mfn__content content)
{
    (void)content;
    mfn__message *message = message_of(row);
    if (message != NULL && sqlite3_column_type(row, 5) != SQLITE_NULL) {
        message->only_publisher = copy_column(row, 5, NULL);
        if (message->only_publisher == NULL) {
            mfn__message_free(message);
            return NULL;
        }
    }
    return message;
}

static mfn__message *read_outbox_row(sqlite3_stmt *row, mfn__content content)
{
    mfn__message *message = message_of(row);
    if (message == NULL) {
        return NULL;
    }
    message->id = copy_column(row, 5, NULL);
    message->result_id = copy_column(row, 6, NULL);
    message->computed_wall_ns = sqlite3_column_int64(row, 7);
    message->payloads[content].bytes = copy_column(row, 8, &message->payloads[content].size);
    if (message->id == NULL || message->result_id == NULL ||
        message->payloads[content].bytes == NULL) {
        mfn__message_free(message);
        return NULL;
    }
    return message;
}

/* Which rows to read, and how. */
struct wanted {
    mfn__statement statement;
    uint64_t owner, after;
    size_t max;
    row_reader read;
    mfn__content content;
};

static mfn_status take_rows(mfn__spool *spool, const struct wanted *wanted, mfn__batch *ret,
                            mfn_error *err)
{
    mfn_status status = mfn__ledger_begin_lazily(spool->ledger, err);
    if (status != MFN_OK) {
        return status;
    }
    sqlite3_stmt *next = mfn__ledger_fresh(spool->ledger, wanted->statement);
    mfn__bind_u64(next, 1, wanted->owner);
    mfn__bind_u64(next, 2, wanted->after);
    mfn__bind_u64(next, 3, wanted->max < MFN__BATCH_MAX ? wanted->max : MFN__BATCH_MAX);
    ret->count = 0;
    for (bool found = true; found && status == MFN_OK;) {
        status = mfn__ledger_query(spool->ledger, next, &found, "read the spool", err);
        if (status == MFN_OK && found) {
            mfn__message *message = wanted->read(next, wanted->content);
            if (message == NULL) {
                status = mfn__fail_memory(err);
            } else {
                ret->messages[ret->count++] = message;
            }
        }
    }
    sqlite3_reset(next);
    mfn__ledger_rollback(spool->ledger);
    if (status != MFN_OK) {
        drop_batch(ret);
    }
    return status;
}

mfn_status mfn__inbox_take(mfn__spool *spool, uint64_t source, uint64_t *position, mfn__batch *ret,
                           mfn_error *err)
{
    const struct wanted wanted = {MFN__INBOX_NEXT, source,         *position,
                                  MFN__BATCH_MAX,  read_inbox_row, MFN__CONTENT_RESULT};
    mfn_status status = take_rows(spool, &wanted, ret, err);
    if (status == MFN_OK && ret->count > 0) {
        *position = ret->messages[ret->count - 1]->inbox_row;
    }
    return status;
}

mfn_status mfn__inbox_remove(mfn__spool *spool, uint64_t row, mfn_error *err)
{
    sqlite3_stmt *remove = mfn__ledger_fresh(spool->ledger, MFN__INBOX_REMOVE);
    mfn__bind_u64(remove, 1, row);
    return mfn__ledger_change(spool->ledger, remove, "remove a job", err);
}

uint64_t mfn__outbox_bytes(const mfn__message *message, mfn__content content)
{
    return (message->job != NULL ? message->job_size : message->original_size) +
           message->payloads[content].size;
}

uint64_t mfn__outbox_number(mfn__spool *spool)
{
    return atomic_fetch_add(&spool->last_job, 1) + 1;
}

mfn_status mfn__outbox_add(mfn__spool *spool, uint64_t target, const mfn__message *message,
                           mfn__content content, uint64_t job, mfn_error *err)
{
    sqlite3_stmt *add = mfn__ledger_fresh(spool->ledger, MFN__OUTBOX_ADD);
    mfn__bind_u64(add, 1, target);
    mfn__bind_text(add, 2, message->origin);
    mfn__bind_u64(add, 3, message->line);
    mfn__bind_u64(add, 4, message->index);
    if (message->job != NULL) {
        bind_blob(add, 5, message->job, message->job_size);
    } else {
        bind_blob(add, 5, message->original, message->original_size);
    }
    mfn__bind_text(add, 6, message->id);
    mfn__bind_text(add, 7, message->result_id);
    sqlite3_bind_int64(add, 8, message->computed_wall_ns);
    bind_blob(add, 9, message->payloads[content].bytes, message->payloads[content].size);
    mfn__bind_u64(add, 10, job);
    return mfn__ledger_change(spool->ledger, add, "keep a result", err);
}

mfn_status mfn__outbox_take(mfn__spool *spool, uint64_t target, mfn__content content, size_t max,
                            mfn__batch *ret, mfn_error *err)
{
    const struct wanted wanted = {MFN__OUTBOX_NEXT, target, 0, max, read_outbox_row, content};
    return take_rows(spool, &wanted, ret, err);
}

/* The first refusal decides a job's fate, else its last result. */
static mfn_status end_job(mfn__spool *spool, uint64_t job, bool is_refused, mfn__outbox_ended *ret,
                          mfn_error *err)
{
    if (is_refused) {
        ret->refused++;
        sqlite3_stmt *forget = mfn__ledger_fresh(spool->ledger, MFN__OUTBOX_FORGET);
        mfn__bind_u64(forget, 1, job);
        return mfn__ledger_change(spool->ledger, forget, "forget a job", err);
    }
    uint64_t owes = 0;
    sqlite3_stmt *more = mfn__ledger_fresh(spool->ledger, MFN__OUTBOX_OWES);
    mfn__bind_u64(more, 1, job);
    mfn_status status = read_number(spool, more, "read the spool", &owes, err);
    ret->published += status == MFN_OK && owes == 0 ? 1 : 0;
    return status;
}

static mfn_status remove_result(mfn__spool *spool, uint64_t target, const mfn__message *message,
                                mfn__outbox_ended *ret, mfn_error *err)
{
    uint64_t job = 0;
    sqlite3_stmt *find = mfn__ledger_fresh(spool->ledger, MFN__OUTBOX_JOB);
    mfn__bind_u64(find, 1, message->inbox_row);
    mfn__bind_u64(find, 2, target);
    mfn_status status = read_number(spool, find, "read the spool", &job, err);
    if (status == MFN_OK) {
        sqlite3_stmt *remove = mfn__ledger_fresh(spool->ledger, MFN__OUTBOX_REMOVE);
        mfn__bind_u64(remove, 1, message->inbox_row);
        mfn__bind_u64(remove, 2, target);
        status = mfn__ledger_change(spool->ledger, remove, "remove a result", err);
    }
    return status == MFN_OK && job > spool->first_job
               ? end_job(spool, job, message->problem.status != MFN_OK, ret, err)
               : status;
}

mfn_status mfn__outbox_remove(mfn__spool *spool, uint64_t target, const mfn__batch *batch,
                              mfn__content content, mfn__outbox_ended *ret, mfn_error *err)
{
    /* A removal that a power cut undoes makes the result go out once more, with the same id. */
    mfn_status status = mfn__ledger_begin_lazily(spool->ledger, err);
    if (status != MFN_OK) {
        return status;
    }
    uint64_t bytes = 0;
    mfn__outbox_ended ended = {0};
    for (size_t i = 0; status == MFN_OK && i < batch->count; i++) {
        status = remove_result(spool, target, batch->messages[i], &ended, err);
        bytes += mfn__outbox_bytes(batch->messages[i], content);
    }
    if (status != MFN_OK) {
        mfn__ledger_rollback(spool->ledger);
        return status;
    }
    status = mfn__ledger_commit(spool->ledger, err);
    if (status == MFN_OK) {
        mfn__spool_give_back(spool, bytes);
        *ret = ended;
    }
    return status;
}

/* A number that a statement tells of an owner. */
static mfn_status ask_number(mfn__spool *spool, mfn__statement statement, uint64_t owner,
                             uint64_t *ret, mfn_error *err)
{
    mfn_status status = mfn__ledger_begin_lazily(spool->ledger, err);
    if (status != MFN_OK) {
        return status;
    }
    sqlite3_stmt *count = mfn__ledger_fresh(spool->ledger, statement);
    mfn__bind_u64(count, 1, owner);
    status = read_number(spool, count, "read the spool", ret, err);
    mfn__ledger_rollback(spool->ledger);
    return status;
}

mfn_status mfn__inbox_count(mfn__spool *spool, uint64_t source, uint64_t *ret, mfn_error *err)
{
    return ask_number(spool, MFN__INBOX_COUNT, source, ret, err);
}

mfn_status mfn__outbox_count(mfn__spool *spool, uint64_t target, uint64_t *ret, mfn_error *err)
{
    return ask_number(spool, MFN__OUTBOX_COUNT, target, ret, err);
}

mfn_status mfn__outbox_oldest(mfn__spool *spool, uint64_t target, int64_t *ret_wall_ns,
                              mfn_error *err)
{
    uint64_t wall_ns = 0;
    mfn_status status = ask_number(spool, MFN__OUTBOX_OLDEST, target, &wall_ns, err);
    if (status == MFN_OK) {
        *ret_wall_ns = (int64_t)wall_ns;
    }
    return status;
}
