/* SPDX-License-Identifier: MIT */
/* A file replaced by rename is whole at every instant; the fsync before the rename makes its
 * content durable first, the fsync of the folder afterwards makes the name durable. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

#define READ_CHUNK_BYTES 65536
#define FILE_MODE        0666
#define DIRECTORY_MODE   0777

mfn_status mfn__file_write_all(int descriptor, const void *bytes, size_t size, const char *path,
                               mfn_error *err)
{
    const char *next = bytes;
    while (size > 0) {
        ssize_t written = write(descriptor, next, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return mfn__fail_errno(err, errno, NULL, "cannot write '%s'", path);
        }
        next += written;
        size -= (size_t)written;
    }
    return MFN_OK;
}

mfn_status mfn__file_sync_directory(const char *path, mfn_error *err)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return mfn__fail_errno(err, errno, NULL, "cannot open folder '%s'", path);
    }
    mfn_status status = MFN_OK;
    if (fsync(descriptor) != 0) {
        status = mfn__fail_errno(err, errno, NULL, "cannot sync folder '%s'", path);
    }
    close(descriptor);
    return status;
}

/* A name of its own in `folder`, so that writers of the same path do not meet. */
static mfn_status make_temporary(mfn__whole_file *file, mfn_error *err)
{
    uint64_t nonce = 0;
    if (getrandom(&nonce, sizeof nonce, 0) != (ssize_t)sizeof nonce) {
        return mfn__fail_errno(err, errno, NULL, "cannot draw a random file name");
    }
    char name[64];
    snprintf(name, sizeof name, ".mfn-%016" PRIx64 ".tmp", nonce);
    file->temporary = mfn__path_join(file->folder, name);
    if (file->temporary == NULL) {
        return mfn__fail_memory(err);
    }
    file->descriptor =
        open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (file->descriptor < 0) {
        mfn_status status = mfn__fail_errno(
            err, errno, NULL, "cannot create a file for '%s' in '%s'", file->path, file->folder);
        mfn__mem_free(file->temporary); /* not ours: abort must not delete it */
        file->temporary = NULL;
        return status;
    }
    return MFN_OK;
}

mfn_status mfn__whole_file_begin(mfn__whole_file *file, const char *path, mfn_error *err)
{
    *file = (mfn__whole_file){.descriptor = -1};
    mfn_status status = MFN_OK;
    file->path = mfn__mem_copy_text(path);
    file->folder = mfn__path_folder(path);
    if (file->path == NULL || file->folder == NULL) {
        status = mfn__fail_memory(err);
        goto fail;
    }
    status = make_temporary(file, err);
    if (status != MFN_OK) {
        goto fail;
    }
    return MFN_OK;
fail:
    mfn__whole_file_abort(file);
    return status;
}

mfn_status mfn__whole_file_write(mfn__whole_file *file, const void *bytes, size_t size,
                                 mfn_error *err)
{
    return mfn__file_write_all(file->descriptor, bytes, size, file->path, err);
}

mfn_status mfn__whole_file_commit(mfn__whole_file *file, mfn_error *err)
{
    mfn_status status = MFN_OK;
    if (fsync(file->descriptor) != 0) {
        status = mfn__fail_errno(err, errno, NULL, "cannot sync '%s'", file->path);
    }
    if (close(file->descriptor) != 0 && status == MFN_OK) {
        status = mfn__fail_errno(err, errno, NULL, "cannot close '%s'", file->path);
    }
    file->descriptor = -1;
    if (status == MFN_OK && rename(file->temporary, file->path) != 0) {
        status = mfn__fail_errno(err, errno, NULL, "cannot rename '%s' to '%s'", file->temporary,
                                 file->path);
    }
    if (status == MFN_OK) {
        mfn__mem_free(file->temporary);
        file->temporary = NULL;
        status = mfn__file_sync_directory(file->folder, err);
    }
    mfn__whole_file_abort(file);
    return status;
}

void mfn__whole_file_abort(mfn__whole_file *file)
{
    if (file->descriptor >= 0) {
        close(file->descriptor);
    }
    if (file->temporary != NULL) {
        unlink(file->temporary);
    }
    mfn__mem_free(file->temporary);
    mfn__mem_free(file->folder);
    mfn__mem_free(file->path);
    *file = (mfn__whole_file){.descriptor = -1};
}

mfn_status mfn__file_write_whole(const char *path, const void *bytes, size_t size, mfn_error *err)
{
    mfn__whole_file file;
    mfn_status status = mfn__whole_file_begin(&file, path, err);
    if (status != MFN_OK) {
        return status;
    }
    status = mfn__whole_file_write(&file, bytes, size, err);
    if (status != MFN_OK) {
        mfn__whole_file_abort(&file);
        return status;
    }
    return mfn__whole_file_commit(&file, err);
}

mfn_status mfn__file_read_whole(const char *path, mfn__buffer *buffer, mfn_error *err)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return mfn__fail_errno(err, errno, NULL, "cannot open '%s'", path);
    }
    mfn_status status = MFN_OK;
    for (;;) {
        size_t left = buffer->max - buffer->size;
        size_t want = left < READ_CHUNK_BYTES ? left + 1 : READ_CHUNK_BYTES;
        char chunk[READ_CHUNK_BYTES];
        ssize_t got = read(descriptor, chunk, want);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            status = mfn__fail_errno(err, errno, NULL, "cannot read '%s'", path);
            break;
        }
        if (got == 0) {
            break;
        }
        mfn__buffer_append(buffer, chunk, (size_t)got);
        status = mfn__buffer_check(buffer, path, err);
        if (status != MFN_OK) {
            break;
        }
    }
    close(descriptor);
    return status;
}

mfn_status mfn__file_make_directory(const char *path, mfn_error *err)
{
    char *partial = mfn__mem_copy_text(path);
    if (partial == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = MFN_OK;
    for (char *next = partial; status == MFN_OK && next != NULL;) {
        next = strchr(next + 1, '/');
        if (next != NULL) {
            *next = '\0';
        }
        struct stat info;
        if (mkdir(partial, DIRECTORY_MODE) != 0) {
            int reason = errno;
            if (stat(partial, &info) != 0 || !S_ISDIR(info.st_mode)) {
                status = mfn__fail_errno(err, reason, NULL, "cannot create folder '%s'", partial);
            }
        }
        if (next != NULL) {
            *next = '/';
        }
    }
    mfn__mem_free(partial);
    return status;
}

char *mfn__path_join(const char *folder, const char *name)
{
    size_t folder_length = strlen(folder);
    size_t size = folder_length + strlen(name) + 2;
    char *joined = mfn__mem_new(size, 1);
    if (joined != NULL) {
        bool has_slash = folder_length > 0 && folder[folder_length - 1] == '/';
        snprintf(joined, size, "%s%s%s", folder, has_slash ? "" : "/", name);
    }
    return joined;
}

const char *mfn__path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

char *mfn__path_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = mfn__mem_copy_text(slash != NULL ? path : ".");
    if (folder != NULL && slash != NULL) {
        folder[slash == path ? 1 : slash - path] = '\0';
    }
    return folder;
}
