/* SPDX-License-Identifier: MIT */
/* A folder that is missing will be made, with its parents, when the pipeline starts: then the
 * nearest parent that is there decides. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "publishers/file/file_publisher.h"

static mfn_status check_folder(const char *folder, const char *given, mfn_error *err)
{
    struct stat info;
    int reason = stat(folder, &info) != 0 ? errno : 0;
    if (reason == 0 && !S_ISDIR(info.st_mode)) {
        reason = ENOTDIR;
    }
    if (reason == 0 && faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0) {
        reason = errno;
    }
    if (reason == 0) {
        return MFN_OK;
    }
    if (strcmp(folder, given) == 0) {
        return mfn__fail_errno(err, reason, "directory", "cannot write to folder '%s'", given);
    }
    return mfn__fail_errno(err, reason, "directory", "cannot make folder '%s' in '%s'", given,
                           folder);
}

/* The folder itself, or its nearest parent that is there; NULL without memory. */
static char *nearest(const char *folder)
{
    struct stat info;
    char *path = mfn__mem_copy_text(folder);
    while (path != NULL && lstat(path, &info) != 0 && errno == ENOENT) {
        char *parent = mfn__path_folder(path);
        bool is_top = parent != NULL && strcmp(parent, path) == 0;
        mfn__mem_free(path);
        path = parent;
        if (is_top) {
            break;
        }
    }
    return path;
}

mfn_status mfn__file_publisher_probe(const void *options, const mfn__surroundings *surroundings,
                                     mfn_error *err)
{
    (void)surroundings;
    const char *folder = ((const mfn__file_publisher_options *)options)->directory;
    char *found = nearest(folder);
    if (found == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = check_folder(found, folder, err);
    mfn__mem_free(found);
    return status;
}
