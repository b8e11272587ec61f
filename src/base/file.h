/* SPDX-License-Identifier: MIT */
/* Files written whole or not at all, and read with a limit. */
#ifndef MFN_BASE_FILE_H
#define MFN_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#include "mfn/status.h"

/* Replaces `path` atomically: a temporary file beside it, fsync, rename, fsync of the folder. After
 * a failure or a crash `path` holds the old content or the new, never a part. */
mfn_status mfn__file_write_whole(const char *path, const void *bytes, size_t size, mfn_error *err);

/* The same in pieces: begin, write as often as needed, then commit. A failed begin needs nothing;
 * abort is for every other way out and does nothing after a commit, whether that one failed or
 * not. The temporary file is `.mfn-<random>.tmp` in the folder of `path`. */
typedef struct mfn__whole_file {
    int descriptor; /* -1 when nothing is under way */
    char *path, *folder, *temporary;
} mfn__whole_file;

mfn_status mfn__whole_file_begin(mfn__whole_file *file, const char *path, mfn_error *err);
mfn_status mfn__whole_file_write(mfn__whole_file *file, const void *bytes, size_t size,
                                 mfn_error *err);
mfn_status mfn__whole_file_commit(mfn__whole_file *file, mfn_error *err);
void mfn__whole_file_abort(mfn__whole_file *file);

/* Appends the file's content to `buffer`; MFN_TOO_LARGE when it would exceed the buffer's limit. */
mfn_status mfn__file_read_whole(const char *path, mfn__buffer *buffer, mfn_error *err);

/* Creates the folder and its missing parents (mode 0777 less the umask). */
mfn_status mfn__file_make_directory(const char *path, mfn_error *err);

/* Makes renames inside the folder durable. */
mfn_status mfn__file_sync_directory(const char *path, mfn_error *err);

/* Writes all bytes to the descriptor, continuing after interruptions. */
mfn_status mfn__file_write_all(int descriptor, const void *bytes, size_t size, const char *path,
                               mfn_error *err);

/* folder + "/" + name in fresh memory (mfn__mem_free), or NULL. */
char *mfn__path_join(const char *folder, const char *name);

/* The part after the last '/'; borrowed from `path`. */
const char *mfn__path_name(const char *path);

/* The folder part in fresh memory: "a/b" of "a/b/c", "." of "c". */
char *mfn__path_folder(const char *path);

#endif
