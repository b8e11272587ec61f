/* SPDX-License-Identifier: MIT */
#include "connectors/file/identity.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "codec/sha256.h"

#define END_BYTES ((size_t)65536)

/* Reads up to `size` bytes at `offset`. False: errno says why. */
static bool read_at(int descriptor, char *bytes, size_t size, off_t offset, size_t *ret_size)
{
    size_t used = 0;
    while (used < size) {
        ssize_t got = pread(descriptor, bytes + used, size - used, offset + (off_t)used);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return false;
        }
        if (got == 0) {
            break;
        }
        used += (size_t)got;
    }
    *ret_size = used;
    return true;
}

mfn_status mfn__identity_of(int descriptor, const char *name, mfn__file_identity *ret,
                            mfn_error *err)
{
    struct stat info;
    if (fstat(descriptor, &info) != 0) {
        return mfn__fail_errno(err, errno, NULL, "cannot look at '%s'", name);
    }
    char *ends = mfn__mem_new(2, END_BYTES);
    if (ends == NULL) {
        return mfn__fail_memory(err);
    }
    size_t head = 0;
    size_t tail = 0;
    mfn_status status = MFN_OK;
    off_t tail_offset = info.st_size - (off_t)END_BYTES;
    if (!read_at(descriptor, ends, END_BYTES, 0, &head) ||
        (tail_offset > 0 && !read_at(descriptor, ends + head, END_BYTES, tail_offset, &tail))) {
        status = mfn__fail_errno(err, errno, NULL, "cannot read '%s'", name);
    } else {
        *ret = (mfn__file_identity){
            .device = (uint64_t)info.st_dev,
            .inode = (uint64_t)info.st_ino,
            .size_bytes = (uint64_t)info.st_size,
            .modified_ns = (int64_t)info.st_mtim.tv_sec * MFN__NS_PER_S + info.st_mtim.tv_nsec,
        };
        mfn__sha256_hex(ends, head + tail, ret->digest);
    }
    mfn__mem_free(ends);
    return status;
}

bool mfn__identity_is_same(const mfn__file_identity *a, const mfn__file_identity *b)
{
    return a->device == b->device && a->inode == b->inode && a->size_bytes == b->size_bytes &&
           a->modified_ns == b->modified_ns && strcmp(a->digest, b->digest) == 0;
}
