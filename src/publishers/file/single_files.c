/* SPDX-License-Identifier: MIT */
/* One file per result, a batch at a time:
 *   1. names are chosen and stored as receipts in one durable transaction,
 *   2. all temporary files are written, then synchronised together (an fsync each would cost a
 *      flush of the disk's cache and a commit of its journal per file),
 *   3. each is renamed to its name, and the folder is synchronised once.
 * A crash before 1 leaves nothing; later, the replay finds the receipts, takes the same names, and
 * writes the same bytes again. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "publishers/file/file_names.h"
#include "publishers/file/writers.h"

#define FILE_MODE       0666
#define SUFFIX_DIGITS   12
#define TOGETHER_MIN    8
#define NAME_TRIES      1000
#define SEQUENCE_NUMBER "sequence"

typedef struct planned_file {
    char name[MFN__NAME_MAX];
    char temporary[MFN__NAME_MAX];
    bool is_repeated; /* the same result stands earlier in the batch */
    int descriptor;
} planned_file;

static mfn_status name_is_free(mfn__file_target *self, const char *name, bool *ret, mfn_error *err)
{
    bool is_taken = false;
    struct stat info;
    mfn_status status =
        mfn__ledger_name_is_taken(self->around.ledger, self->target, name, &is_taken, err);
    *ret = !is_taken && fstatat(self->folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0;
    return status;
}

static mfn_status next_sequence(mfn__file_target *self, uint64_t *ret, mfn_error *err)
{
    int64_t last = 0;
    mfn_status status =
        mfn__ledger_number(self->around.ledger, self->target, SEQUENCE_NUMBER, &last, err);
    if (status == MFN_OK) {
        *ret = (uint64_t)last + 1;
        status = mfn__ledger_number_set(self->around.ledger, self->target, SEQUENCE_NUMBER,
                                        last + 1, err);
    }
    return status;
}

/* A name that nobody has: the pattern's, else with a part of the result_id, else with a number. */
static mfn_status choose_name(mfn__file_target *self, const mfn__parcel *parcel,
                              char ret[MFN__NAME_MAX], mfn_error *err)
{
    mfn__name_parts parts = {
        .id = parcel->simulation_id,
        .result_id = parcel->result_id,
        .wall_ms = mfn__clock_wall_ns(self->around.clock) / MFN__NS_PER_MS,
    };
    mfn_status status = MFN_OK;
    if (strstr(self->options.filename_pattern, "{sequence}") != NULL) {
        status = next_sequence(self, &parts.sequence, err);
    }
    char plain[MFN__NAME_MAX];
    mfn__name_expand(self->options.filename_pattern, &parts, plain);
    snprintf(ret, MFN__NAME_MAX, "%s", plain);
    for (int i = 0; status == MFN_OK && i < NAME_TRIES; i++) {
        bool is_free = false;
        status = name_is_free(self, ret, &is_free, err);
        if (status != MFN_OK || is_free) {
            return status;
        }
        char suffix[32];
        snprintf(suffix, sizeof suffix, "%.*s", SUFFIX_DIGITS, parcel->result_id);
        if (i > 0) {
            snprintf(suffix, sizeof suffix, "%.*s-%d", SUFFIX_DIGITS, parcel->result_id, i);
        }
        mfn__name_with_suffix(plain, suffix, ret);
    }
    return status != MFN_OK ? status
                            : mfn__fail(err, MFN_EXISTS, "filename_pattern",
                                        "every name tried for '%s' is taken", plain);
}

static mfn_status plan_one(mfn__file_target *self, mfn__parcel *parcel, planned_file *ret,
                           mfn_error *err)
{
    mfn__ledger *ledger = self->around.ledger;
    mfn_status status =
        mfn__ledger_receipt(ledger, self->target, parcel->result_id, ret->name, err);
    if (status == MFN_OK) {
        parcel->was_known = true;
        return MFN_OK;
    }
    if (status != MFN_NOT_FOUND) {
        return status;
    }
    status = choose_name(self, parcel, ret->name, err);
    if (status == MFN_OK) {
        status = mfn__ledger_receipt_add(ledger, self->target, parcel->result_id, ret->name, err);
    }
    return status;
}

static mfn_status plan(mfn__file_target *self, mfn__parcel *const *parcels, size_t count,
                       planned_file *files, mfn_error *err)
{
    mfn_status status = mfn__ledger_begin(self->around.ledger, err);
    if (status != MFN_OK) {
        return status;
    }
    for (size_t i = 0; i < count && status == MFN_OK; i++) {
        status = plan_one(self, parcels[i], &files[i], err);
    }
    if (status != MFN_OK) {
        mfn__ledger_rollback(self->around.ledger);
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        mfn__temporary_name(self, (int)i, files[i].temporary);
        files[i].descriptor = -1;
        for (size_t k = 0; k < i && !files[i].is_repeated; k++) {
            files[i].is_repeated = strcmp(files[k].name, files[i].name) == 0;
        }
    }
    return mfn__ledger_commit(self->around.ledger, err);
}

static mfn_status write_temporary(mfn__file_target *self, const mfn__parcel *parcel,
                                  planned_file *file, mfn_error *err)
{
    file->descriptor = openat(self->folder, file->temporary,
                              O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (file->descriptor < 0) {
        return mfn__fail_errno(err, errno, "directory", "cannot create a file in '%s'",
                               self->options.directory);
    }
    return mfn__file_write_all(file->descriptor, parcel->bytes, parcel->size, file->name, err);
}

/* True where syncfs is known to put everything on the disk. A FUSE mount is not even told of it,
 * and for other file systems nobody here has checked. */
static bool syncs_together(int folder)
{
    struct statfs info;
    if (fstatfs(folder, &info) != 0) {
        return false;
    }
    return info.f_type == EXT4_SUPER_MAGIC || info.f_type == XFS_SUPER_MAGIC ||
           info.f_type == BTRFS_SUPER_MAGIC;
}

/* With few files, syncfs may wait for more of other programs' data than it is worth. */
static mfn_status sync_files(mfn__file_target *self, const planned_file *files, size_t count,
                             mfn_error *err)
{
    if (count >= TOGETHER_MIN && syncs_together(self->folder)) {
        if (syncfs(self->folder) != 0) {
            return mfn__fail_errno(err, errno, "directory", "cannot sync files in '%s'",
                                   self->options.directory);
        }
        return MFN_OK;
    }
    for (size_t i = 0; i < count; i++) {
        if (files[i].descriptor >= 0 && fsync(files[i].descriptor) != 0) {
            return mfn__fail_errno(err, errno, "directory", "cannot sync '%s/%s'",
                                   self->options.directory, files[i].name);
        }
    }
    return MFN_OK;
}

static mfn_status put_in_place(mfn__file_target *self, planned_file *file, mfn_error *err)
{
    int descriptor = file->descriptor;
    file->descriptor = -1;
    if (close(descriptor) != 0) {
        return mfn__fail_errno(err, errno, "directory", "cannot close '%s/%s'",
                               self->options.directory, file->name);
    }
    if (renameat(self->folder, file->temporary, self->folder, file->name) != 0) {
        return mfn__fail_errno(err, errno, "directory", "cannot rename to '%s/%s'",
                               self->options.directory, file->name);
    }
    file->temporary[0] = '\0';
    return MFN_OK;
}

static void clean_up(mfn__file_target *self, planned_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (files[i].descriptor >= 0) {
            close(files[i].descriptor);
        }
        if (files[i].temporary[0] != '\0') {
            (void)unlinkat(self->folder, files[i].temporary, 0);
        }
    }
    mfn__mem_free(files);
}

mfn_status mfn__write_single_files(mfn__file_target *self, mfn__parcel *const *parcels,
                                   size_t count, mfn_error *err)
{
    planned_file *files = mfn__mem_new(count, sizeof *files);
    if (files == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = plan(self, parcels, count, files, err);
    if (status != MFN_OK) {
        mfn__mem_free(files);
        return status;
    }
    for (size_t i = 0; i < count && status == MFN_OK; i++) {
        if (!files[i].is_repeated) {
            status = write_temporary(self, parcels[i], &files[i], err);
        }
    }
    if (status == MFN_OK) {
        status = sync_files(self, files, count, err);
    }
    for (size_t i = 0; i < count && status == MFN_OK; i++) {
        if (!files[i].is_repeated) {
            status = put_in_place(self, &files[i], err);
        }
    }
    if (status == MFN_OK && fsync(self->folder) != 0) {
        status = mfn__fail_errno(err, errno, "directory", "cannot sync folder '%s'",
                                 self->options.directory);
    }
    clean_up(self, files, count);
    return status;
}
