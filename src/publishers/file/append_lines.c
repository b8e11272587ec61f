/* SPDX-License-Identifier: MIT */
/* Results as lines of one file (NDJSON). The ledger knows how many bytes of it are settled; what
 * stood in it before the first line counts as settled, so that nobody else's lines are cut off.
 *   1. the file is cut back to that length (a crash may have left more),
 *   2. the new lines are written and synchronised,
 *   3. one transaction stores the receipts of their results and the new length.
 * A crash before 3 is undone by the next 1; after 3 the replay finds the receipts. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "publishers/file/file_names.h"
#include "publishers/file/writers.h"

#define FILE_MODE       0666
#define BATCH_BYTES_MAX ((size_t)1 << 30)

/* Keys of the ledger's numbers: which file of the rotation is current, what is in it, and when its
 * name was made. */
#define ROTATION "rotation"
#define LENGTH   "length"
#define LINES    "lines"
#define STARTED  "started_ms"

typedef struct stream_state {
    int64_t rotation, length, lines, started_ms;
} stream_state;

typedef struct line_batch {
    mfn__parcel *const *parcels;
    size_t count;
    size_t done;       /* messages that are settled: a file may become full before all are */
    mfn__buffer lines; /* of those that were not there yet */
    size_t added;      /* how many these are */
} line_batch;

static mfn_status load(mfn__file_target *self, stream_state *ret, mfn_error *err)
{
    mfn__ledger *ledger = self->around.ledger;
    mfn_status status = mfn__ledger_number(ledger, self->target, ROTATION, &ret->rotation, err);
    if (status == MFN_OK) {
        status = mfn__ledger_number(ledger, self->target, LENGTH, &ret->length, err);
    }
    if (status == MFN_OK) {
        status = mfn__ledger_number(ledger, self->target, LINES, &ret->lines, err);
    }
    if (status == MFN_OK) {
        status = mfn__ledger_number(ledger, self->target, STARTED, &ret->started_ms, err);
    }
    return status;
}

static mfn_status store(mfn__file_target *self, const stream_state *state, mfn_error *err)
{
    mfn__ledger *ledger = self->around.ledger;
    mfn_status status =
        mfn__ledger_number_set(ledger, self->target, ROTATION, state->rotation, err);
    if (status == MFN_OK) {
        status = mfn__ledger_number_set(ledger, self->target, LENGTH, state->length, err);
    }
    if (status == MFN_OK) {
        status = mfn__ledger_number_set(ledger, self->target, LINES, state->lines, err);
    }
    if (status == MFN_OK) {
        status = mfn__ledger_number_set(ledger, self->target, STARTED, state->started_ms, err);
    }
    return status;
}

/* "results.ndjson", then "results-1.ndjson", "results-2.ndjson". */
static void stream_name(const mfn__file_target *self, const stream_state *state,
                        char ret[MFN__NAME_MAX])
{
    const mfn__name_parts parts = {
        .id = "results",
        .result_id = "",
        .wall_ms = state->started_ms,
        .sequence = (uint64_t)state->rotation,
    };
    char plain[MFN__NAME_MAX];
    mfn__name_expand(self->options.filename_pattern, &parts, plain);
    if (state->rotation == 0 || strstr(self->options.filename_pattern, "{sequence}") != NULL) {
        snprintf(ret, MFN__NAME_MAX, "%s", plain);
        return;
    }
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)state->rotation);
    mfn__name_with_suffix(plain, number, ret);
}

/* True when the file has all that it may have, `more_bytes` beyond its length included. */
static bool is_full(const mfn__file_target *self, const stream_state *state, size_t more_bytes)
{
    const mfn__file_publisher_options *options = &self->options;
    uint64_t bytes = (uint64_t)state->length + more_bytes;
    return (options->rotate_bytes > 0 && bytes >= options->rotate_bytes) ||
           (options->rotate_count > 0 && (uint64_t)state->lines >= options->rotate_count);
}

static void close_stream(mfn__file_target *self)
{
    if (self->stream >= 0) {
        close(self->stream);
    }
    self->stream = -1;
}

/* True while the open stream is still what its name stands for. */
static bool is_in_place(const mfn__file_target *self)
{
    struct stat opened;
    struct stat named;
    return fstat(self->stream, &opened) == 0 &&
           fstatat(self->folder, self->stream_name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

static mfn_status fail_gone(const mfn__file_target *self, const char *name, int64_t size,
                            int64_t expected, mfn_error *err)
{
    return mfn__fail(err, MFN_IO, "directory",
                     "'%s/%s' has %lld bytes, but %lld were written and acknowledged: somebody "
                     "shortened it; restore it, or move it away together with the state file",
                     self->options.directory, name, (long long)size, (long long)expected);
}

/* Opens the current file; `*ret_size` is what it has. It is made only when nothing is in it. */
static mfn_status open_stream(mfn__file_target *self, const stream_state *state, int64_t *ret_size,
                              mfn_error *err)
{
    char name[MFN__NAME_MAX];
    struct stat info;
    stream_name(self, state, name);
    if (self->stream < 0 || strcmp(name, self->stream_name) != 0 || !is_in_place(self)) {
        close_stream(self);
        int flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | (state->length == 0 ? O_CREAT : 0);
        self->stream = openat(self->folder, name, flags, FILE_MODE);
        if (self->stream < 0 && errno == ENOENT && state->length > 0) {
            return fail_gone(self, name, 0, state->length, err);
        }
        if (self->stream < 0) {
            return mfn__fail_errno(err, errno, "directory", "cannot open '%s/%s'",
                                   self->options.directory, name);
        }
        snprintf(self->stream_name, sizeof self->stream_name, "%s", name);
        if (flock(self->stream, LOCK_EX | LOCK_NB) != 0) {
            return mfn__fail(err, MFN_BUSY, "directory", "another publisher writes to '%s/%s'",
                             self->options.directory, name);
        }
        if (fsync(self->folder) != 0) {
            return mfn__fail_errno(err, errno, "directory", "cannot sync folder '%s'",
                                   self->options.directory);
        }
    }
    if (fstat(self->stream, &info) != 0) {
        return mfn__fail_errno(err, errno, "directory", "cannot look at '%s/%s'",
                               self->options.directory, name);
    }
    *ret_size = (int64_t)info.st_size;
    return MFN_OK;
}

/* Cuts the open file back to its settled length. When that ends in half of somebody's line, the
 * next one shall begin on a new one. */
static mfn_status cut_back(mfn__file_target *self, const stream_state *state, int64_t size,
                           mfn__buffer *lines, mfn_error *err)
{
    char last = '\n';
    if (size < state->length) {
        return fail_gone(self, self->stream_name, size, state->length, err);
    }
    if ((size > state->length && ftruncate(self->stream, state->length) != 0) ||
        lseek(self->stream, state->length, SEEK_SET) < 0 ||
        (state->length > 0 && pread(self->stream, &last, 1, state->length - 1) < 0)) {
        return mfn__fail_errno(err, errno, "directory", "cannot write '%s/%s'",
                               self->options.directory, self->stream_name);
    }
    if (last != '\n') {
        mfn__buffer_append_char(lines, '\n');
    }
    return MFN_OK;
}

/* Begins the first file or the next of the rotation when it is time: what it holds by now is not
 * ours and stays. Locks: inside a transaction. */
static mfn_status begin_file(mfn__file_target *self, mfn_error *err)
{
    stream_state state;
    mfn_status status = load(self, &state, err);
    if (status != MFN_OK || (state.started_ms != 0 && !is_full(self, &state, 0))) {
        return status;
    }
    if (state.started_ms != 0) {
        state = (stream_state){.rotation = state.rotation + 1};
    }
    state.started_ms = mfn__clock_wall_ns(self->around.clock) / MFN__NS_PER_MS;
    status = open_stream(self, &state, &state.length, err);
    return status == MFN_OK ? store(self, &state, err) : status;
}

/* Adds the lines of results that have no receipt yet, and their receipts, until the file is full.
 */
static mfn_status collect(mfn__file_target *self, line_batch *batch, stream_state *state,
                          mfn_error *err)
{
    for (; batch->done < batch->count && !is_full(self, state, batch->lines.size); batch->done++) {
        char name[MFN__NAME_MAX];
        mfn__parcel *parcel = batch->parcels[batch->done];
        mfn_status status =
            mfn__ledger_receipt(self->around.ledger, self->target, parcel->result_id, name, err);
        if (status == MFN_OK) {
            parcel->was_known = true;
            continue;
        }
        if (status != MFN_NOT_FOUND) {
            return status;
        }
        mfn__buffer_append(&batch->lines, parcel->bytes, parcel->size);
        mfn__buffer_append_char(&batch->lines, '\n');
        batch->added++;
        state->lines++;
        status = mfn__ledger_receipt_add(self->around.ledger, self->target, parcel->result_id,
                                         self->stream_name, err);
        if (status != MFN_OK) {
            return status;
        }
    }
    return mfn__buffer_check(&batch->lines, "the batch", err);
}

/* Locks: inside a transaction. */
static mfn_status append_batch(mfn__file_target *self, line_batch *batch, mfn_error *err)
{
    const mfn__buffer *lines = &batch->lines;
    stream_state state;
    int64_t size = 0;
    mfn__buffer_clear(&batch->lines);
    batch->added = 0;
    mfn_status status = load(self, &state, err);
    if (status == MFN_OK) {
        status = open_stream(self, &state, &size, err);
    }
    if (status == MFN_OK) {
        status = cut_back(self, &state, size, &batch->lines, err);
    }
    if (status == MFN_OK) {
        status = collect(self, batch, &state, err);
    }
    if (status == MFN_OK && batch->added > 0) {
        status =
            mfn__file_write_all(self->stream, lines->data, lines->size, self->stream_name, err);
        if (status == MFN_OK && fsync(self->stream) != 0) {
            status = mfn__fail_errno(err, errno, "directory", "cannot sync '%s/%s'",
                                     self->options.directory, self->stream_name);
        }
        state.length += (int64_t)lines->size;
        status = status == MFN_OK ? store(self, &state, err) : status;
    }
    return status;
}

static mfn_status end_transaction(const mfn__file_target *self, mfn_status status, mfn_error *err)
{
    if (status == MFN_OK) {
        return mfn__ledger_commit(self->around.ledger, err);
    }
    mfn__ledger_rollback(self->around.ledger);
    return status;
}

mfn_status mfn__append_lines(mfn__file_target *self, mfn__parcel *const *parcels, size_t count,
                             mfn_error *err)
{
    line_batch batch = {.parcels = parcels, .count = count};
    mfn__buffer_init(&batch.lines, BATCH_BYTES_MAX);
    mfn_status status = MFN_OK;
    while (status == MFN_OK && batch.done < count) {
        status = mfn__ledger_begin(self->around.ledger, err);
        if (status == MFN_OK) {
            status = end_transaction(self, begin_file(self, err), err);
        }
        if (status == MFN_OK) {
            status = mfn__ledger_begin(self->around.ledger, err);
        }
        if (status == MFN_OK) {
            status = end_transaction(self, append_batch(self, &batch, err), err);
        }
    }
    mfn__buffer_deinit(&batch.lines);
    return status;
}
