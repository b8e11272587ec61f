/* SPDX-License-Identifier: MIT */
/* A writer that renames a finished file into the folder is always safe. For those that write in
 * place, a read lease tells whether anybody still has the file open for writing: the kernel
 * refuses it then. */
#include "connectors/file/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

#define PATTERN_MAX 256

void mfn__folder_list_deinit(mfn__folder_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        mfn__mem_free(list->files[i].name);
    }
    mfn__mem_free(list->files);
    *list = (mfn__folder_list){0};
}

static bool matches(const char *patterns, const char *name)
{
    while (*patterns != '\0') {
        size_t length = strcspn(patterns, ",");
        char pattern[PATTERN_MAX];
        size_t blanks = strspn(patterns, " ");
        if (length - blanks < sizeof pattern) {
            snprintf(pattern, sizeof pattern, "%.*s", (int)(length - blanks), patterns + blanks);
            if (fnmatch(pattern, name, 0) == 0) {
                return true;
            }
        }
        patterns += length + (patterns[length] == ',' ? 1 : 0);
    }
    return false;
}

static bool is_candidate(const char *patterns, const char *name)
{
    return name[0] != '.' && !mfn__text_ends_with(name, ".tmp") &&
           !mfn__text_ends_with(name, ".part") && !mfn__text_ends_with(name, ".done") &&
           matches(patterns, name);
}

bool mfn__folder_is_closed(int descriptor)
{
    /* A writer that comes while the lease is held sends a signal: one that nobody minds. */
    (void)fcntl(descriptor, F_SETSIG, SIGURG);
    if (fcntl(descriptor, F_SETLEASE, F_RDLCK) == 0) {
        (void)fcntl(descriptor, F_SETLEASE, F_UNLCK);
        return true;
    }
    return errno != EAGAIN;
}

static bool nobody_writes(int folder, const char *name)
{
    int descriptor = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) {
        return true; /* opening it for real will say why */
    }
    bool is_closed = mfn__folder_is_closed(descriptor);
    close(descriptor);
    return is_closed;
}

static bool has_marker(int folder, const char *name)
{
    char marker[NAME_MAX + 8];
    struct stat info;
    snprintf(marker, sizeof marker, "%s.done", name);
    return fstatat(folder, marker, &info, 0) == 0;
}

static mfn__folder_file *add(mfn__folder_list *list)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity > 0 ? 2 * list->capacity : 64;
        mfn__folder_file *grown = mfn__mem_resize(list->files, capacity, sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        list->files = grown;
        list->capacity = capacity;
    }
    return &list->files[list->count];
}

static int64_t time_ns(const struct timespec *time)
{
    return (int64_t)time->tv_sec * MFN__NS_PER_S + time->tv_nsec;
}

static bool is_settled(const mfn__folder_file *file, const mfn__folder_rules *rules, int64_t now_ns)
{
    int64_t age_ns = now_ns - file->modified_ns;
    return age_ns < 0 || (double)age_ns >= rules->settle_time_s * (double)MFN__NS_PER_S;
}

static mfn_status take(int folder, const char *name, const mfn__folder_rules *rules, int64_t now_ns,
                       mfn__folder_list *list, mfn_error *err)
{
    struct stat info;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode)) {
        return MFN_OK; /* gone already, or nothing to read jobs from */
    }
    mfn__folder_file found = {
        .device = (uint64_t)info.st_dev,
        .inode = (uint64_t)info.st_ino,
        .size_bytes = (uint64_t)info.st_size,
        .modified_ns = time_ns(&info.st_mtim),
        .changed_ns = time_ns(&info.st_ctim),
    };
    if (rules->is_known(rules->context, &found)) {
        return MFN_OK;
    }
    found.is_ready = is_settled(&found, rules, now_ns) && nobody_writes(folder, name) &&
                     (!rules->needs_marker || has_marker(folder, name));
    mfn__folder_file *file = add(list);
    found.name = file != NULL ? mfn__mem_copy_text(name) : NULL;
    if (found.name == NULL) {
        return mfn__fail_memory(err);
    }
    *file = found;
    list->count++;
    return MFN_OK;
}

static int by_name(const void *a, const void *b)
{
    const mfn__folder_file *first = a;
    const mfn__folder_file *second = b;
    return strcmp(first->name, second->name);
}

mfn_status mfn__folder_scan(const char *directory, const mfn__folder_rules *rules,
                            const mfn__clock *clock, mfn__folder_list *ret, mfn_error *err)
{
    *ret = (mfn__folder_list){0};
    DIR *folder = opendir(directory);
    if (folder == NULL) {
        return mfn__fail_errno(err, errno, "directory", "cannot read folder '%s'", directory);
    }
    int64_t now_ns = mfn__clock_wall_ns(clock);
    mfn_status status = MFN_OK;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            if (errno != 0) {
                status =
                    mfn__fail_errno(err, errno, "directory", "cannot read folder '%s'", directory);
            }
            break;
        }
        if (is_candidate(rules->patterns, entry->d_name)) {
            status = take(dirfd(folder), entry->d_name, rules, now_ns, ret, err);
            if (status != MFN_OK) {
                break;
            }
        }
    }
    closedir(folder);
    if (status != MFN_OK) {
        mfn__folder_list_deinit(ret);
        return status;
    }
    if (ret->count > 0) {
        qsort(ret->files, ret->count, sizeof *ret->files, by_name);
    }
    return MFN_OK;
}
