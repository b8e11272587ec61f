/* SPDX-License-Identifier: MIT */
#include "publishers/file/file_publisher.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "publishers/file/file_names.h"
#include "publishers/file/writers.h"

#define ROTATE_MAX 9e18

static const char *const content_names[] = {"result", "image", "field", NULL};

/* clang-format off: one row per option */
static const mfn_option option_table[] = {
    MFN__TEXT(mfn__file_publisher_options, directory, NULL,
              "folder to write to; made when missing"),
    MFN__TEXT(mfn__file_publisher_options, filename_pattern, "output_{timestamp}.json",
              "file name with {timestamp} {id} {result_id} {sequence}"),
    MFN__BOOL(mfn__file_publisher_options, append_mode, "false",
              "append one line per result to one file"),
    MFN__CHOICE(mfn__file_publisher_options, content, content_names, "result",
                "what to write: the result as JSON, the field as PNG or as .npy"),
    MFN__WHOLE(mfn__file_publisher_options, rotate_bytes, 0, ROTATE_MAX, "0", "bytes",
               "append mode: begin a new file at this size; 0: never"),
    MFN__WHOLE(mfn__file_publisher_options, rotate_count, 0, ROTATE_MAX, "0", "",
               "append mode: begin a new file after so many results; 0: never"),
    MFN__WHOLE(mfn__file_publisher_options, batch_size, 1, MFN__PARCELS_MAX, "100", "",
               "results written and synchronised together"),
    {0},
};
/* clang-format on */

static mfn__content content(const void *options)
{
    const mfn__file_publisher_options *given = options;
    return given->append_mode ? MFN__CONTENT_LINE : (mfn__content)given->content;
}

static mfn_status check(const void *given, mfn_error *err)
{
    const mfn__file_publisher_options *options = given;
    if (options->append_mode && options->content != MFN__CONTENT_RESULT) {
        return mfn__fail(err, MFN_INVALID, "append_mode",
                         "append_mode: expected false with content '%s': only results are lines",
                         content_names[options->content]);
    }
    return mfn__name_pattern_check(options->filename_pattern, err);
}

void mfn__temporary_name(const mfn__file_target *self, int index, char ret[MFN__NAME_MAX])
{
    int used = snprintf(ret, MFN__NAME_MAX, ".mfn-%016llx-", (unsigned long long)self->token);
    if (index >= 0 && used > 0) {
        snprintf(ret + used, MFN__NAME_MAX - (size_t)used, "%d.tmp", index);
    }
}

/* What a crash left. The state file is ours alone, so nobody else uses names with our token. */
static void remove_leftovers(const mfn__file_target *self)
{
    int again = openat(self->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = again >= 0 ? fdopendir(again) : NULL;
    if (listing == NULL) {
        return;
    }
    char beginning[MFN__NAME_MAX];
    mfn__temporary_name(self, -1, beginning);
    for (const struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
        if (strncmp(entry->d_name, beginning, strlen(beginning)) == 0) {
            (void)unlinkat(self->folder, entry->d_name, 0);
        }
    }
    closedir(listing);
}

/* The token is drawn once and kept in the ledger. */
static mfn_status find_token(mfn__file_target *self, mfn_error *err)
{
    int64_t token = 0;
    mfn_status status = mfn__ledger_number(self->around.ledger, self->target, "token", &token, err);
    if (status == MFN_OK && token == 0) {
        if (getrandom(&token, sizeof token, 0) != (ssize_t)sizeof token) {
            return mfn__fail_errno(err, errno, NULL, "cannot draw a random number");
        }
        token |= 1;
        status = mfn__ledger_number_set(self->around.ledger, self->target, "token", token, err);
    }
    self->token = (uint64_t)token;
    return status;
}

/* What tells this destination from others, as state files have it. */
static void identify(const void *given, mfn__buffer *ret)
{
    const mfn__file_publisher_options *options = given;
    mfn__buffer_append_format(ret, "file\n%s\n%s\n%s\n%s", options->directory,
                              options->filename_pattern, content_names[options->content],
                              options->append_mode ? "append" : "single");
}

static void describe(const void *given, char *ret, size_t size)
{
    const mfn__file_publisher_options *options = given;
    snprintf(ret, size, "%s", options->directory);
}

static size_t capacity(const void *given)
{
    const mfn__file_publisher_options *options = given;
    return (size_t)options->batch_size;
}

static mfn_status prepare_token(mfn__file_target *self, mfn_error *err)
{
    mfn_status status = mfn__ledger_begin(self->around.ledger, err);
    if (status != MFN_OK) {
        return status;
    }
    status = find_token(self, err);
    if (status != MFN_OK) {
        mfn__ledger_rollback(self->around.ledger);
        return status;
    }
    return mfn__ledger_commit(self->around.ledger, err);
}

static void close_folder(mfn__file_target *self)
{
    if (self->stream >= 0) {
        close(self->stream);
    }
    if (self->folder >= 0) {
        close(self->folder);
    }
    self->stream = -1;
    self->folder = -1;
}

/* True while the open folder is still what its name stands for. */
static bool is_in_place(const mfn__file_target *self)
{
    struct stat opened;
    struct stat named;
    return fstat(self->folder, &opened) == 0 && stat(self->options.directory, &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* Makes the folder when it is missing, also when it went away during the run. */
static mfn_status open_folder(mfn__file_target *self, mfn_error *err)
{
    if (self->folder >= 0 && is_in_place(self)) {
        return MFN_OK;
    }
    close_folder(self);
    mfn_status status = mfn__file_make_directory(self->options.directory, err);
    if (status != MFN_OK) {
        return status;
    }
    self->folder = open(self->options.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (self->folder < 0) {
        return mfn__fail_errno(err, errno, "directory", "cannot open folder '%s'",
                               self->options.directory);
    }
    return MFN_OK;
}

static void close_publisher(void *opaque)
{
    mfn__file_target *self = opaque;
    if (self == NULL) {
        return;
    }
    close_folder(self);
    mfn__mem_free(self);
}

static mfn_status open_publisher(const void *options, const mfn__surroundings *surroundings,
                                 void **ret_self, mfn_error *err)
{
    const mfn__file_publisher_options *given = options;
    mfn__file_target *self = mfn__mem_new(1, sizeof *self);
    if (self == NULL) {
        return mfn__fail_memory(err);
    }
    self->options = *given;
    self->around = *surroundings;
    self->target = surroundings->target;
    self->stream = -1;
    self->folder = -1;
    mfn_status status = open_folder(self, err);
    if (status == MFN_OK) {
        status = prepare_token(self, err);
    }
    if (status == MFN_OK) {
        remove_leftovers(self);
    }
    if (status != MFN_OK) {
        close_publisher(self);
        return status;
    }
    *ret_self = self;
    return MFN_OK;
}

static mfn_status write_parcels(mfn__file_target *self, mfn__parcel *const *parcels, size_t count,
                                mfn_error *err)
{
    mfn_status status = open_folder(self, err);
    if (status != MFN_OK) {
        return status;
    }
    return self->options.append_mode ? mfn__append_lines(self, parcels, count, err)
                                     : mfn__write_single_files(self, parcels, count, err);
}

static mfn_status publish(void *opaque, mfn__parcel *parcels, size_t count, mfn__advice *ret_advice,
                          mfn_error *err)
{
    (void)ret_advice;
    mfn__file_target *self = opaque;
    mfn__parcel *open[MFN__PARCELS_MAX];
    size_t open_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!parcels[i].is_done && parcels[i].problem.status == MFN_OK) {
            open[open_count++] = &parcels[i];
        }
    }
    mfn_status status = write_parcels(self, open, open_count, err);
    if (status == MFN_NOT_FOUND || status == MFN_EXISTS) {
        /* The folder was moved or replaced: no fault of the results, so try again later. */
        status = mfn__fail(err, MFN_IO, "directory", "'%s' is gone or no folder any more",
                           self->options.directory);
    }
    if (status != MFN_OK) {
        close_folder(self);
        return status;
    }
    for (size_t i = 0; i < open_count; i++) {
        open[i]->is_done = true;
    }
    return MFN_OK;
}

const mfn__publisher_ops mfn__file_publisher = {
    .kind = "file",
    .help = "results as files of a folder",
    .options = option_table,
    .options_size = sizeof(mfn__file_publisher_options),
    .describe = describe,
    .identify = identify,
    .check = check,
    .probe = mfn__file_publisher_probe,
    .content = content,
    .capacity = capacity,
    .open = open_publisher,
    .publish = publish,
    .close = close_publisher,
};
