/* SPDX-License-Identifier: MIT */
/* Preloaded into a program, this ends it at a chosen moment or makes its disk full:
 *   MFN_TEST_CRASH_AT=k   the k-th call that changes the disk is not made: the process is gone
 *   MFN_TEST_FULL_AT=k    from the k-th call on, nothing can be written any more (ENOSPC)
 * Calls are counted over the whole process; standard streams do not count. */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#define LAST_STANDARD_STREAM 2
#define KILLED_EXIT_CODE     137

static atomic_long calls;

static long moment(const char *name)
{
    const char *text = getenv(name);
    return text != NULL ? strtol(text, NULL, 10) : 0;
}

/* Counts a call; true when the disk is full by now. */
static int is_full(void)
{
    long number = atomic_fetch_add(&calls, 1) + 1;
    long crash_at = moment("MFN_TEST_CRASH_AT");
    long full_at = moment("MFN_TEST_FULL_AT");
    if (crash_at > 0 && number >= crash_at) {
        _exit(KILLED_EXIT_CODE);
    }
    return full_at > 0 && number >= full_at;
}

#define NEXT(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

ssize_t write(int descriptor, const void *bytes, size_t size)
{
    if (descriptor > LAST_STANDARD_STREAM && is_full()) {
        errno = ENOSPC;
        return -1;
    }
    return NEXT(write)(descriptor, bytes, size);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t offset)
{
    if (is_full()) {
        errno = ENOSPC;
        return -1;
    }
    return NEXT(pwrite64)(descriptor, bytes, size, offset);
}

int fsync(int descriptor)
{
    (void)is_full();
    return NEXT(fsync)(descriptor);
}

int fdatasync(int descriptor)
{
    (void)is_full();
    return NEXT(fdatasync)(descriptor);
}

int syncfs(int descriptor)
{
    (void)is_full();
    return NEXT(syncfs)(descriptor);
}

int rename(const char *from, const char *to)
{
    (void)is_full();
    return NEXT(rename)(from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    (void)is_full();
    return NEXT(renameat)(from_folder, from, to_folder, to);
}

int unlink(const char *path)
{
    (void)is_full();
    return NEXT(unlink)(path);
}

int unlinkat(int folder, const char *path, int flags)
{
    (void)is_full();
    return NEXT(unlinkat)(folder, path, flags);
}

int ftruncate64(int descriptor, off64_t length)
{
    (void)is_full();
    return NEXT(ftruncate64)(descriptor, length);
}
