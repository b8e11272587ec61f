/* SPDX-License-Identifier: MIT */
/* Letters become jobs of the inbox in one durable transaction per batch. The same transaction marks
 * their files as taken, by name, inode and time of change; then the files are removed, and when
 * that is durable the marks are. So a crash in between takes no letter twice: the next look finds a
 * marked file and only removes it. A mark that a crash leaves says nothing about another file of
 * the name, which has another time of change.
 *
 * A file that cannot be taken or removed is left alone until it changes, and told about once. */
#include "stream/replay.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "stream/dead_letter.h"

#define LOOK_INTERVAL_NS MFN__NS_PER_S
#define FILES_MAX        MFN__BATCH_MAX /* of one transaction */
#define MARK_BYTES_MAX   64

typedef struct letter_file {
    char *name;
    uint64_t inode;
    int64_t changed_ns;
    bool is_there; /* of those left alone: the look under way has come across it */
    bool is_taken; /* its job is in the inbox, durably */
    bool is_gone;  /* and it was removed */
} letter_file;

struct mfn__replay {
    mfn__ledger *ledger;
    mfn__spool *spool;
    const mfn__clock *clock;
    char *folder;
    uint64_t max_job_bytes; /* 0: no limit */
    uint64_t source;
    uint64_t position;  /* row of the inbox that was given last */
    bool may_have_jobs; /* there may be jobs after it */
    int64_t next_look_ns;
    letter_file *left; /* alone, by name */
    size_t left_count, left_capacity;
    mfn_error complaint; /* the first one that nobody was told yet */
    size_t complaints;   /* how many there are */
    bool is_unreadable;  /* the folder: it was complained about */
};

static mfn_status find_source(mfn__replay *self, mfn_error *err)
{
    mfn_status status = mfn__ledger_begin(self->ledger, err);
    if (status != MFN_OK) {
        return status;
    }
    status = mfn__ledger_target(self->ledger, "replay", &self->source, err);
    if (status != MFN_OK) {
        mfn__ledger_rollback(self->ledger);
        return status;
    }
    return mfn__ledger_commit(self->ledger, err);
}

mfn_status mfn__replay_open(const mfn__replay_options *options, mfn__ledger *ledger,
                            mfn__spool *spool, mfn__replay **ret, mfn_error *err)
{
    mfn__replay *self = mfn__mem_new(1, sizeof *self);
    if (self == NULL) {
        return mfn__fail_memory(err);
    }
    self->ledger = ledger;
    self->spool = spool;
    self->clock = options->clock;
    self->max_job_bytes = options->max_job_bytes;
    self->may_have_jobs = true;
    self->next_look_ns = mfn__clock_monotonic_ns(options->clock);
    self->folder = mfn__path_join(options->dead_letters, MFN__REPLAY_FOLDER);
    mfn_status status = self->folder != NULL ? find_source(self, err) : mfn__fail_memory(err);
    if (status != MFN_OK) {
        mfn__replay_close(self);
        return status;
    }
    *ret = self;
    return MFN_OK;
}

void mfn__replay_close(mfn__replay *replay)
{
    if (replay == NULL) {
        return;
    }
    for (size_t i = 0; i < replay->left_count; i++) {
        mfn__mem_free(replay->left[i].name);
    }
    mfn__mem_free(replay->left);
    mfn__mem_free(replay->folder);
    mfn__mem_free(replay);
}

/* Files that are left alone. */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const letter_file *)a)->name, ((const letter_file *)b)->name);
}

static bool is_left(mfn__replay *self, const letter_file *file)
{
    letter_file *found = self->left_count > 0
                             ? bsearch(file, self->left, self->left_count, sizeof *file, by_name)
                             : NULL;
    if (found == NULL || found->inode != file->inode || found->changed_ns != file->changed_ns) {
        return false;
    }
    found->is_there = true;
    return true;
}

static void complain(mfn__replay *self, const mfn_error *why)
{
    if (self->complaints == 0) {
        self->complaint = *why;
    }
    self->complaints++;
}

/* The place of the file of this name, or a new one. NULL without memory. */
static letter_file *place_of(mfn__replay *self, const char *name)
{
    for (size_t i = 0; i < self->left_count; i++) {
        if (strcmp(self->left[i].name, name) == 0) {
            mfn__mem_free(self->left[i].name);
            return &self->left[i];
        }
    }
    if (self->left_count == self->left_capacity) {
        size_t capacity = self->left_capacity * 2 + 8;
        letter_file *grown = mfn__mem_resize(self->left, capacity, sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        self->left = grown;
        self->left_capacity = capacity;
    }
    return &self->left[self->left_count++];
}

/* Takes the file's name on success. */
static mfn_status leave(mfn__replay *self, letter_file *file, const mfn_error *why, mfn_error *err)
{
    letter_file *place = place_of(self, file->name);
    if (place == NULL) {
        return mfn__fail_memory(err);
    }
    *place = *file;
    place->is_there = true;
    file->name = NULL;
    complain(self, why);
    return MFN_OK;
}

/* After a look at the whole folder: forgets files that went away or changed. */
static void forget_gone(mfn__replay *self)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->left_count; i++) {
        if (self->left[i].is_there) {
            self->left[kept++] = self->left[i];
        } else {
            mfn__mem_free(self->left[i].name);
        }
    }
    self->left_count = kept;
}

/* One look at the folder. */

struct look {
    letter_file files[FILES_MAX];
    size_t count;
    bool is_whole;   /* no more files are waiting */
    uint64_t bytes;  /* added to the spool */
    size_t new_jobs; /* likewise */
};

static void free_look(struct look *look)
{
    for (size_t i = 0; i < look->count; i++) {
        mfn__mem_free(look->files[i].name);
    }
}

static mfn_status add_file(mfn__replay *self, int folder, const char *name, struct look *look,
                           mfn_error *err)
{
    struct stat info;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        return MFN_OK; /* somebody took it back */
    }
    letter_file file = {
        .name = mfn__mem_copy_text(name),
        .inode = info.st_ino,
        .changed_ns = info.st_ctim.tv_sec * MFN__NS_PER_S + info.st_ctim.tv_nsec,
    };
    if (file.name == NULL) {
        return mfn__fail_memory(err);
    }
    if (is_left(self, &file)) {
        mfn__mem_free(file.name);
    } else {
        look->files[look->count++] = file;
    }
    return MFN_OK;
}

static mfn_status list_files(mfn__replay *self, struct look *look, mfn_error *err)
{
    DIR *listing = opendir(self->folder);
    if (listing == NULL) {
        int reason = errno;
        look->is_whole = true;
        if (reason != ENOENT && !self->is_unreadable) {
            mfn_error why = {0};
            mfn__fail_errno(&why, reason, NULL, "cannot open folder '%s'", self->folder);
            complain(self, &why);
        }
        self->is_unreadable = reason != ENOENT;
        return MFN_OK;
    }
    self->is_unreadable = false;
    for (size_t i = 0; i < self->left_count; i++) {
        self->left[i].is_there = false;
    }
    mfn_status status = MFN_OK;
    while (status == MFN_OK && look->count < FILES_MAX) {
        const struct dirent *entry = readdir(listing);
        if (entry == NULL) {
            look->is_whole = true;
            break;
        }
        if (entry->d_name[0] != '.' && mfn__text_ends_with(entry->d_name, ".json")) {
            status = add_file(self, dirfd(listing), entry->d_name, look, err);
        }
    }
    closedir(listing);
    return status;
}

static void write_mark(const letter_file *file, char ret[MARK_BYTES_MAX])
{
    snprintf(ret, MARK_BYTES_MAX, "%" PRIu64 " %" PRId64, file->inode, file->changed_ns);
}

/* Locks: inside the ledger's transaction. */
static mfn_status is_marked(mfn__replay *self, const letter_file *file, bool *ret, mfn_error *err)
{
    char mark[MARK_BYTES_MAX];
    mfn__buffer known;
    write_mark(file, mark);
    mfn__buffer_init(&known, MARK_BYTES_MAX);
    mfn_status status = mfn__ledger_text(self->ledger, self->source, file->name, &known, err);
    if (status == MFN_OK || status == MFN_NOT_FOUND) {
        *ret = status == MFN_OK && known.data != NULL && strcmp(known.data, mark) == 0;
        status = MFN_OK;
    }
    mfn__buffer_deinit(&known);
    return status;
}

static mfn_status add_job(mfn__replay *self, const letter_file *file,
                          const mfn__kept_letter *letter, struct look *look, mfn_error *err)
{
    char mark[MARK_BYTES_MAX];
    const mfn__spool_job job = {
        .origin = letter->origin,
        .line = letter->line,
        .index = letter->item,
        .original = letter->job != NULL ? letter->job : letter->original,
        .original_size = letter->job != NULL ? letter->job_size : letter->original_size,
        .only_publisher = letter->publisher,
    };
    mfn_status status = mfn__inbox_add(self->spool, self->source, &job, err);
    if (status != MFN_OK) {
        return status;
    }
    look->bytes += job.original_size;
    look->new_jobs++;
    write_mark(file, mark);
    return mfn__ledger_text_set(self->ledger, self->source, file->name, mark, err);
}

/* Whether its job can be tried again. */
static mfn_status judge(const mfn__replay *self, const letter_file *file,
                        const mfn__kept_letter *letter, mfn_error *err)
{
    size_t size = letter->job != NULL ? letter->job_size : letter->original_size;
    if (letter->is_truncated) {
        return mfn__fail(err, MFN_INVALID, "truncated",
                         "'%s/%s' holds only the beginning of its job: put the whole job back "
                         "where it came from, or drop the letter",
                         self->folder, file->name);
    }
    if (self->max_job_bytes > 0 && size > self->max_job_bytes) {
        return mfn__fail(err, MFN_TOO_LARGE, "max_job_bytes",
                         "the job in '%s/%s' has %zu bytes, more than max_job_bytes allows "
                         "(%" PRIu64 ")",
                         self->folder, file->name, size, self->max_job_bytes);
    }
    return MFN_OK;
}

/* Locks: inside the ledger's transaction. */
static mfn_status take_file(mfn__replay *self, letter_file *file, struct look *look, mfn_error *err)
{
    mfn_status status = is_marked(self, file, &file->is_taken, err);
    if (status != MFN_OK || file->is_taken) {
        return status;
    }
    char *path = mfn__path_join(self->folder, file->name);
    if (path == NULL) {
        return mfn__fail_memory(err);
    }
    mfn__kept_letter letter = {0};
    mfn_error why = {0};
    status = mfn__dead_letter_read(path, &letter, &why);
    mfn__mem_free(path);
    if (status == MFN_NO_MEMORY) {
        return mfn__fail_memory(err);
    }
    if (status == MFN_NOT_FOUND) {
        return MFN_OK; /* somebody took it back */
    }
    if (status != MFN_OK) {
        return leave(self, file, &why, err);
    }
    if (judge(self, file, &letter, &why) != MFN_OK) {
        status = leave(self, file, &why, err);
    } else {
        status = add_job(self, file, &letter, look, err);
        file->is_taken = status == MFN_OK;
    }
    mfn__kept_letter_deinit(&letter);
    return status;
}

static mfn_status take_files(mfn__replay *self, struct look *look, mfn_error *err)
{
    mfn_status status = mfn__ledger_begin(self->ledger, err);
    if (status != MFN_OK) {
        return status;
    }
    for (size_t i = 0; status == MFN_OK && i < look->count; i++) {
        if (mfn__spool_has_room(self->spool)) {
            status = take_file(self, &look->files[i], look, err);
        }
    }
    if (status == MFN_OK) {
        status = mfn__ledger_commit(self->ledger, err);
    } else {
        mfn__ledger_rollback(self->ledger);
    }
    if (status != MFN_OK) {
        mfn__spool_give_back(self->spool, look->bytes);
    }
    return status;
}

static mfn_status remove_file(mfn__replay *self, letter_file *file, mfn_error *err)
{
    char *path = mfn__path_join(self->folder, file->name);
    if (path == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = MFN_OK;
    file->is_gone = unlink(path) == 0 || errno == ENOENT;
    if (!file->is_gone) {
        mfn_error why = {0};
        mfn__fail_errno(&why, errno, NULL, "cannot remove '%s', which is being tried again", path);
        status = leave(self, file, &why, err);
    }
    mfn__mem_free(path);
    return status;
}

static mfn_status remove_files(mfn__replay *self, struct look *look, mfn_error *err)
{
    mfn_status status = MFN_OK;
    for (size_t i = 0; status == MFN_OK && i < look->count; i++) {
        if (look->files[i].is_taken) {
            status = remove_file(self, &look->files[i], err);
        }
    }
    return status;
}

/* Marks that stay because this fails do no harm. */
static void remove_marks(mfn__replay *self, const struct look *look)
{
    if (mfn__file_sync_directory(self->folder, NULL) != MFN_OK ||
        mfn__ledger_begin_lazily(self->ledger, NULL) != MFN_OK) {
        return;
    }
    mfn_status status = MFN_OK;
    for (size_t i = 0; status == MFN_OK && i < look->count; i++) {
        const letter_file *file = &look->files[i];
        if (file->is_gone) {
            status = mfn__ledger_text_remove(self->ledger, self->source, file->name, NULL);
        }
    }
    if (status == MFN_OK) {
        (void)mfn__ledger_commit(self->ledger, NULL);
    } else {
        mfn__ledger_rollback(self->ledger);
    }
}

static mfn_status look_at_folder(mfn__replay *self, mfn_error *err)
{
    struct look look = {.count = 0};
    mfn_status status = list_files(self, &look, err);
    if (status == MFN_OK && look.count > 0) {
        status = take_files(self, &look, err);
        if (status == MFN_OK) {
            self->may_have_jobs = look.new_jobs > 0;
            status = remove_files(self, &look, err);
            remove_marks(self, &look);
        }
    }
    if (status == MFN_OK && look.is_whole) {
        forget_gone(self);
    }
    if (self->left_count > 0) {
        qsort(self->left, self->left_count, sizeof *self->left, by_name);
    }
    if (status != MFN_OK || look.is_whole) {
        self->next_look_ns = mfn__clock_monotonic_ns(self->clock) + LOOK_INTERVAL_NS;
    }
    free_look(&look);
    return status;
}

/* Giving. */

static mfn_status give_jobs(mfn__replay *self, mfn__batch *ret, mfn_error *err)
{
    if (!self->may_have_jobs) {
        return MFN_OK;
    }
    mfn_status status = mfn__inbox_take(self->spool, self->source, &self->position, ret, err);
    if (status == MFN_OK) {
        self->may_have_jobs = ret->count > 0;
    }
    return status;
}

static mfn_status tell_complaints(mfn__replay *self, mfn_error *err)
{
    size_t others = self->complaints - 1;
    self->complaints = 0;
    if (others == 0) {
        return mfn__fail(err, self->complaint.status, self->complaint.field, "%s",
                         self->complaint.text);
    }
    return mfn__fail(err, self->complaint.status, self->complaint.field, "%s (and %zu more files)",
                     self->complaint.text, others);
}

static bool is_due(const mfn__replay *self)
{
    return mfn__spool_has_room(self->spool) &&
           mfn__clock_monotonic_ns(self->clock) >= self->next_look_ns;
}

mfn_status mfn__replay_fetch(mfn__replay *replay, mfn__batch *ret, mfn_error *err)
{
    ret->count = 0;
    mfn_status status = give_jobs(replay, ret, err);
    while (status == MFN_OK && ret->count == 0 && is_due(replay)) {
        status = look_at_folder(replay, err);
        if (status == MFN_OK) {
            status = give_jobs(replay, ret, err);
        }
    }
    if (status == MFN_OK && ret->count == 0 && replay->complaints > 0) {
        status = tell_complaints(replay, err);
    }
    return status;
}
