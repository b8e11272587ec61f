/* SPDX-License-Identifier: MIT */
/* Looks at the folder, opens one new file at a time and hands out its items. A file is known by its
 * identity in the ledger: a finished one is never read again, a half-done one is resumed at its
 * watermark, a rewritten one is new. Files are only deleted after the ledger has their end. */
#include "connectors/file/file_connector.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "codec/item_reader.h"
#include "connectors/file/folder.h"
#include "connectors/file/identity.h"
#include "connectors/file/seen.h"
#include "connectors/file/sources.h"
#include "connectors/file/watch.h"

#define JOB_BYTES_MIN  1024
#define JOB_BYTES_MAX  1073741824.0
#define SIZE_BYTES_MAX 9e18

/* Files that are not complete yet are looked at this often. */
#define WAITING_LOOK_NS (20 * MFN__NS_PER_MS)

static const char *const format_names[] = {"auto", "json", "ndjson", "csv", NULL};

/* clang-format off: one row per option */
static const mfn_option option_table[] = {
    MFN__TEXT(mfn__file_connector_options, directory, NULL, "folder to watch"),
    MFN__TEXT(mfn__file_connector_options, pattern, "*.json",
              "glob for file names; several with commas between them"),
    MFN__CHOICE(mfn__file_connector_options, format, format_names, "auto",
                "format of the files; auto goes by the name"),
    MFN__BOOL(mfn__file_connector_options, auto_delete, "false",
              "delete a file when all its jobs are published"),
    MFN__REAL(mfn__file_connector_options, poll_interval, 0.01, 86400, "1.0", "s",
              "time between looks at the folder when nothing is announced"),
    MFN__REAL(mfn__file_connector_options, settle_time, 0, 86400, "0.2", "s",
              "age at which a file counts as complete"),
    MFN__BOOL(mfn__file_connector_options, done_marker, "false",
              "take a file only when NAME.done is beside it"),
    MFN__WHOLE(mfn__file_connector_options, max_file_bytes, 1, SIZE_BYTES_MAX, "10GiB", "bytes",
               "larger files become dead letters"),
    MFN__WHOLE(mfn__file_connector_options, max_job_bytes, JOB_BYTES_MIN, JOB_BYTES_MAX, "1MiB",
               "bytes", "larger jobs become dead letters"),
    {0},
};
/* clang-format on */

typedef struct connector {
    mfn__file_connector_options options;
    mfn__surroundings around;
    mfn__watch watch;
    mfn__sources sources;
    mfn__folder_list list; /* candidates of the last look; those before `next` are dealt with */
    size_t next;
    int64_t look_at_ns; /* when the next look is due if nothing is announced */
    bool is_waiting;    /* the last look found files that are not ready */
    mfn__seen seen;
    mfn__source *current; /* being read; once at its end it belongs to delivery alone */
    mfn__item_reader *reader;
    bool is_too_large;                              /* `current` is handed out as one dead letter */
    atomic_uint_fast64_t files_read, files_skipped; /* intake counts, others look */
} connector;

static void warn(const connector *self, const char *path, const char *text)
{
    char line[1024];
    snprintf(line, sizeof line, "%s: %s", path, text);
    self->around.log->warn(self->around.log->context, line);
}

static bool is_known(void *context, const mfn__folder_file *file)
{
    return mfn__seen_has(context, file);
}

/* Forgets the candidates that are not ready. */
static void keep_ready(connector *self)
{
    mfn__folder_list *list = &self->list;
    size_t kept = 0;
    self->is_waiting = false;
    for (size_t i = 0; i < list->count; i++) {
        if (list->files[i].is_ready) {
            list->files[kept++] = list->files[i];
        } else {
            self->is_waiting = true;
            mfn__mem_free(list->files[i].name);
        }
    }
    list->count = kept;
}

/* Looks at the folder for files that are new. */
static mfn_status look(connector *self, mfn_error *err)
{
    const mfn__file_connector_options *options = &self->options;
    const mfn__folder_rules rules = {options->pattern, options->settle_time, options->done_marker,
                                     is_known, &self->seen};
    mfn__watch_keep(&self->watch, options->directory);
    mfn__seen_begin(&self->seen);
    mfn__folder_list list;
    mfn_status status =
        mfn__folder_scan(options->directory, &rules, self->around.clock, &list, err);
    if (status == MFN_NOT_FOUND) {
        /* It may come back, with a new watch; MFN_NOT_FOUND would mean that it is empty. */
        mfn__watch_deinit(&self->watch);
        status = mfn__fail(err, MFN_IO, "directory", "Directory not found: %s", options->directory);
    }
    if (status != MFN_OK) {
        self->look_at_ns = 0;
        return status;
    }
    mfn__seen_end(&self->seen);
    mfn__folder_list_deinit(&self->list);
    self->list = list;
    self->next = 0;
    keep_ready(self);
    int64_t pause_ns = (int64_t)(options->poll_interval * (double)MFN__NS_PER_S);
    if (self->is_waiting && pause_ns > WAITING_LOOK_NS) {
        pause_ns = WAITING_LOOK_NS;
    }
    self->look_at_ns = mfn__clock_monotonic_ns(self->around.clock) + pause_ns;
    return MFN_OK;
}

/* `*ret_is_under_way`: the run is reading the file already, or waits for its last items: it has a
 * second name, or was moved away and back. */
static mfn_status find_entry(connector *self, const mfn__file_identity *identity, const char *path,
                             mfn__file_entry *ret, bool *ret_is_under_way, mfn_error *err)
{
    /* A lost entry is made again: it says that nothing is done. */
    mfn_status status = mfn__ledger_begin_lazily(self->around.ledger, err);
    if (status != MFN_OK) {
        return status;
    }
    status = mfn__ledger_file(self->around.ledger, identity, path, ret, err);
    if (status != MFN_OK) {
        mfn__ledger_rollback(self->around.ledger);
        return status;
    }
    *ret_is_under_way = mfn__sources_have(&self->sources, ret->id);
    return mfn__ledger_commit(self->around.ledger, err);
}

static void remove_file(const connector *self, const char *path, const mfn__file_identity *identity)
{
    struct stat info;
    if (lstat(path, &info) != 0 || (uint64_t)info.st_ino != identity->inode ||
        (uint64_t)info.st_dev != identity->device ||
        (uint64_t)info.st_size != identity->size_bytes ||
        (int64_t)info.st_mtim.tv_sec * MFN__NS_PER_S + info.st_mtim.tv_nsec !=
            identity->modified_ns) {
        return; /* it is another file by now, or gone */
    }
    if (unlink(path) != 0) {
        char text[256];
        snprintf(text, sizeof text, "is done but cannot be deleted: %s", strerror(errno));
        warn(self, path, text);
    }
}

/* A finished file goes when the user wants it, unless a part of it is nowhere else. */
static void let_go(const connector *self, const char *path, const mfn__file_identity *identity,
                   const mfn__file_entry *entry)
{
    if (!self->options.auto_delete) {
        return;
    }
    if (entry->is_kept) {
        warn(self, path, "is done but not deleted: its dead letter holds only the beginning");
    } else {
        remove_file(self, path, identity);
    }
}

/* A reader that takes the descriptor and stands after the items that are done. MFN_NOT_FOUND: the
 * file has fewer. */
static mfn_status start_reader(connector *self, int descriptor, const char *path, uint64_t done,
                               mfn_error *err)
{
    mfn_status status = mfn__item_reader_new(
        descriptor, mfn__path_name(path), (mfn__item_format)self->options.format,
        (size_t)self->options.max_job_bytes, &self->reader, err);
    if (status != MFN_OK) {
        return status;
    }
    status = mfn__item_reader_skip(self->reader, done, err);
    if (status != MFN_OK && status != MFN_NOT_FOUND) {
        mfn__item_reader_free(self->reader);
        self->reader = NULL;
    }
    return status;
}

/* Makes an opened file the current source. */
static mfn_status start_source(connector *self, int descriptor, const char *path,
                               const mfn__file_identity *identity, const mfn__file_entry *entry,
                               mfn_error *err)
{
    mfn_status status = start_reader(self, descriptor, path, entry->items_done, err);
    if (status != MFN_OK && status != MFN_NOT_FOUND) {
        return status;
    }
    status = mfn__sources_add(&self->sources, path, identity, entry, &self->current, err);
    if (status != MFN_OK) {
        mfn__item_reader_free(self->reader);
        self->reader = NULL;
        return status;
    }
    self->is_too_large = identity->size_bytes > self->options.max_file_bytes;
    return MFN_OK;
}

/* Opens a regular file. MFN_OK with `*ret` -1: there is none that can be read by us, ever. */
static mfn_status open_file(const connector *self, const char *path, int *ret, mfn_error *err)
{
    struct stat info;
    int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0 && (errno == EACCES || errno == EPERM)) {
        char text[256];
        snprintf(text, sizeof text, "cannot be opened (%s) and is left until it changes",
                 strerror(errno));
        warn(self, path, text);
    } else if (descriptor < 0 && errno != ENOENT && errno != ELOOP) {
        return mfn__fail_errno(err, errno, NULL, "cannot open '%s'", path);
    } else if (descriptor >= 0 && (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode))) {
        close(descriptor);
        descriptor = -1;
    }
    *ret = descriptor;
    return MFN_OK;
}

/* Opens one candidate. MFN_OK without a current source means that there was nothing to do. */
static mfn_status open_candidate(connector *self, const char *path, mfn_error *err)
{
    int descriptor = -1;
    mfn_status status = open_file(self, path, &descriptor, err);
    if (status != MFN_OK || descriptor < 0) {
        return status;
    }
    mfn__file_identity identity;
    mfn__file_entry entry;
    bool is_under_way = false;
    status = mfn__identity_of(descriptor, path, &identity, err);
    if (status == MFN_OK) {
        status = find_entry(self, &identity, path, &entry, &is_under_way, err);
    }
    if (status == MFN_OK && !entry.is_finished && !is_under_way) {
        return start_source(self, descriptor, path, &identity, &entry, err);
    }
    close(descriptor);
    if (status == MFN_OK && !is_under_way) {
        atomic_fetch_add(&self->files_skipped, 1);
        let_go(self, path, &identity, &entry); /* a crash came before the deletion */
    }
    return status;
}

/* Opens the next file that has something to do. MFN_NOT_FOUND when there is none: then the folder
 * may have others by now. */
static mfn_status open_next(connector *self, mfn_error *err)
{
    while (self->next < self->list.count) {
        const mfn__folder_file *file = &self->list.files[self->next];
        char *path = mfn__path_join(self->options.directory, file->name);
        if (path == NULL) {
            return mfn__fail_memory(err);
        }
        mfn_status status = open_candidate(self, path, err);
        mfn__mem_free(path);
        if (status == MFN_OK) {
            status = mfn__seen_add(&self->seen, file, err);
            self->next++;
            self->look_at_ns = 0;
        }
        if (status != MFN_OK || self->current != NULL) {
            return status;
        }
    }
    return MFN_NOT_FOUND;
}

static char *copy_bytes(const char *bytes, size_t size)
{
    char *copy = mfn__mem_new(size + 1, 1);
    if (copy != NULL && size > 0) {
        memcpy(copy, bytes, size);
    }
    return copy;
}

static mfn_status make_message(const connector *self, const mfn__item *item, mfn__message **ret,
                               mfn_error *err)
{
    mfn__message *message = mfn__mem_new(1, sizeof *message);
    if (message == NULL) {
        return mfn__fail_memory(err);
    }
    message->source = self->current->entry.id;
    message->index = item->index;
    message->line = item->line;
    message->origin = mfn__mem_copy_text(self->current->path);
    message->original = copy_bytes(item->bytes, item->size);
    message->original_size = item->size;
    bool is_made = item->job != NULL && item->job != item->bytes;
    if (is_made) {
        message->job = copy_bytes(item->job, item->job_size);
        message->job_size = item->job_size;
    }
    if (message->origin == NULL || message->original == NULL || (is_made && message->job == NULL)) {
        mfn__message_free(message);
        return mfn__fail_memory(err);
    }
    *ret = message;
    return MFN_OK;
}

/* The next item of the current file, as a message. MFN_NOT_FOUND at its end. */
static mfn_status next_message(connector *self, mfn__message **ret, mfn_error *err)
{
    mfn__item item = {0};
    mfn_error problem = {0};
    mfn_status found = MFN_OK;
    if (self->is_too_large) {
        if (self->current->items_read > 0) {
            return MFN_NOT_FOUND;
        }
        item.line = 1;
        item.bytes = "";
        found = mfn__fail(&problem, MFN_TOO_LARGE, "max_file_bytes",
                          "the file has %llu bytes, more than max_file_bytes allows (%llu); it "
                          "stays where it is",
                          (unsigned long long)self->current->identity.size_bytes,
                          (unsigned long long)self->options.max_file_bytes);
    } else {
        found = mfn__item_reader_next(self->reader, &item, &problem);
    }
    if (found == MFN_NOT_FOUND) {
        return found;
    }
    bool is_poison = found == MFN_FORMAT || found == MFN_TOO_LARGE;
    if (found != MFN_OK && !is_poison) {
        if (err != NULL) {
            *err = problem;
        }
        return found;
    }
    mfn_status status = make_message(self, &item, ret, err);
    if (status == MFN_OK && is_poison) {
        (*ret)->problem = problem;
        (*ret)->is_truncated = found == MFN_TOO_LARGE || item.size >= self->options.max_job_bytes;
        (*ret)->whole_size = self->is_too_large ? self->current->identity.size_bytes : 0;
    }
    return status;
}

static void end_current(connector *self)
{
    mfn__item_reader_free(self->reader);
    self->reader = NULL;
    pthread_mutex_lock(&self->sources.mutex);
    self->current->is_at_end = true;
    pthread_mutex_unlock(&self->sources.mutex);
    self->current = NULL;
}

/* After a failed read the reader is of no use: the rest of the file is read by another one. */
static void reopen_later(connector *self, const char *why)
{
    warn(self, self->current->path, why);
    mfn__item_reader_free(self->reader);
    self->reader = NULL;
}

static mfn_status reopen(connector *self, mfn_error *err)
{
    const mfn__source *source = self->current;
    int descriptor = -1;
    mfn_status status = open_file(self, source->path, &descriptor, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__file_identity identity = {0};
    if (descriptor >= 0) {
        status = mfn__identity_of(descriptor, source->path, &identity, err);
        if (status != MFN_OK) {
            close(descriptor);
            return status;
        }
    }
    if (!mfn__identity_is_same(&identity, &source->identity)) {
        warn(self, source->path, "is gone or changed while it was read: its rest is not read");
        if (descriptor >= 0) {
            close(descriptor);
        }
        end_current(self);
        return MFN_OK;
    }
    status = start_reader(self, descriptor, source->path, source->items_read, err);
    return status == MFN_NOT_FOUND ? MFN_OK : status; /* reading on finds the end */
}

/* Fills the batch from the current file; at its end the batch may stay empty. */
static mfn_status read_current(connector *self, mfn__batch *batch, mfn_error *err)
{
    while (batch->count < MFN__BATCH_MAX) {
        mfn__message *message = NULL;
        mfn_status status = next_message(self, &message, err);
        if (status == MFN_NOT_FOUND) {
            atomic_fetch_add(&self->files_read, 1);
            end_current(self);
            return MFN_OK;
        }
        if (status != MFN_OK) {
            reopen_later(self, err->text);
            return batch->count > 0 ? MFN_OK : status;
        }
        pthread_mutex_lock(&self->sources.mutex);
        self->current->items_read++;
        self->current->entry.is_kept |= message->is_truncated;
        pthread_mutex_unlock(&self->sources.mutex);
        batch->messages[batch->count++] = message;
    }
    return MFN_OK;
}

static void settled(void *opaque, const mfn__receipt *receipts, size_t count)
{
    (void)receipts;
    (void)count;
    connector *self = opaque;
    mfn__source *source = mfn__sources_take_finished(&self->sources);
    while (source != NULL) {
        mfn__source *next = source->next;
        let_go(self, source->path, &source->identity, &source->entry);
        mfn__source_free(source);
        source = next;
    }
}

static bool has_news(void *opaque)
{
    connector *self = opaque;
    return mfn__sources_have_ended(&self->sources);
}

static bool must_look(connector *self)
{
    bool is_announced = mfn__watch_wait(&self->watch, 0);
    return is_announced || mfn__clock_monotonic_ns(self->around.clock) >= self->look_at_ns;
}

/* Moves on in the current file, or to the next one. MFN_NOT_FOUND: nothing is ready. */
static mfn_status advance(connector *self, mfn__batch *batch, mfn_error *err)
{
    if (self->current != NULL && self->reader == NULL) {
        return reopen(self, err);
    }
    if (self->current != NULL) {
        return read_current(self, batch, err);
    }
    mfn_status status = open_next(self, err);
    if (status == MFN_NOT_FOUND && must_look(self)) {
        status = look(self, err);
        status = status == MFN_OK ? open_next(self, err) : status;
    }
    return status;
}

static mfn_status fetch(void *opaque, int64_t deadline_ns, mfn__batch *ret, mfn__advice *ret_advice,
                        mfn_error *err)
{
    (void)ret_advice;
    connector *self = opaque;
    ret->count = 0;
    for (;;) {
        mfn_status status = advance(self, ret, err);
        if (ret->count > 0) {
            return MFN_OK;
        }
        if (status == MFN_OK) {
            continue;
        }
        if (status != MFN_NOT_FOUND) {
            return status;
        }
        int64_t now_ns = mfn__clock_monotonic_ns(self->around.clock);
        if (now_ns >= deadline_ns) {
            return self->is_waiting
                       ? mfn__fail(err, MFN_TIMED_OUT, "directory",
                                   "a file that somebody still writes, or one without its marker")
                       : MFN_NOT_FOUND;
        }
        int64_t until_ns = self->look_at_ns < deadline_ns ? self->look_at_ns : deadline_ns;
        if (mfn__watch_wait(&self->watch, until_ns - now_ns)) {
            self->look_at_ns = 0;
        }
    }
}

static mfn_status acknowledge(void *opaque, const mfn__receipt *receipts, size_t count,
                              mfn_error *err)
{
    connector *self = opaque;
    return mfn__sources_acknowledge(&self->sources, self->around.ledger, receipts, count, err);
}

static void report(void *opaque, mfn__source_report *ret)
{
    connector *self = opaque;
    *ret = (mfn__source_report){
        .files_read = atomic_load(&self->files_read),
        .files_skipped = atomic_load(&self->files_skipped),
        .lag = -1,
    };
    snprintf(ret->text, sizeof ret->text, "%llu file%s", (unsigned long long)ret->files_read,
             ret->files_read == 1 ? "" : "s");
}

static void describe(const void *given, char *ret, size_t size)
{
    const mfn__file_connector_options *options = given;
    snprintf(ret, size, "%s", options->directory);
}

static void close_connector(void *opaque)
{
    connector *self = opaque;
    if (self == NULL) {
        return;
    }
    mfn__item_reader_free(self->reader);
    mfn__watch_deinit(&self->watch);
    mfn__sources_deinit(&self->sources);
    mfn__folder_list_deinit(&self->list);
    mfn__seen_deinit(&self->seen);
    mfn__mem_free(self);
}

static mfn_status open_connector(const void *options, const mfn__surroundings *surroundings,
                                 void **ret_self, mfn_error *err)
{
    const mfn__file_connector_options *given = options;
    struct stat info;
    if (stat(given->directory, &info) != 0) {
        return mfn__fail_errno(err, errno, "directory", "Directory not found: %s",
                               given->directory);
    }
    if (!S_ISDIR(info.st_mode)) {
        return mfn__fail(err, MFN_INVALID, "directory", "Not a directory: %s", given->directory);
    }
    connector *self = mfn__mem_new(1, sizeof *self);
    if (self == NULL) {
        return mfn__fail_memory(err);
    }
    self->options = *given;
    self->around = *surroundings;
    mfn__sources_init(&self->sources);
    mfn__watch_init(&self->watch);
    *ret_self = self;
    return MFN_OK;
}

const mfn__connector_ops mfn__file_connector = {
    .kind = "file",
    .help = "jobs from the files of a folder",
    .options = option_table,
    .options_size = sizeof(mfn__file_connector_options),
    .describe = describe,
    .check = mfn__file_connector_check,
    .probe = mfn__file_connector_probe,
    .open = open_connector,
    .fetch = fetch,
    .acknowledge = acknowledge,
    .has_news = has_news,
    .settled = settled,
    .report = report,
    .close = close_connector,
};
