/* SPDX-License-Identifier: MIT */
#include "connectors/file/seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define FIRST_CAPACITY 64

struct mfn__seen_version {
    uint64_t device, inode, size_bytes;
    int64_t modified_ns, changed_ns;
    bool is_there; /* the look under way found it */
};

static int by_version(const void *a, const void *b)
{
    return memcmp(a, b, offsetof(mfn__seen_version, is_there));
}

static mfn__seen_version version_of(const mfn__folder_file *file)
{
    return (mfn__seen_version){
        .device = file->device,
        .inode = file->inode,
        .size_bytes = file->size_bytes,
        .modified_ns = file->modified_ns,
        .changed_ns = file->changed_ns,
    };
}

void mfn__seen_deinit(mfn__seen *seen)
{
    mfn__mem_free(seen->versions);
    *seen = (mfn__seen){0};
}

mfn_status mfn__seen_add(mfn__seen *seen, const mfn__folder_file *file, mfn_error *err)
{
    if (seen->count == seen->capacity) {
        size_t capacity = seen->capacity > 0 ? 2 * seen->capacity : FIRST_CAPACITY;
        mfn__seen_version *grown = mfn__mem_resize(seen->versions, capacity, sizeof *grown);
        if (grown == NULL) {
            return mfn__fail_memory(err);
        }
        seen->versions = grown;
        seen->capacity = capacity;
    }
    seen->versions[seen->count++] = version_of(file);
    return MFN_OK;
}

void mfn__seen_begin(mfn__seen *seen)
{
    if (seen->count > 0) {
        qsort(seen->versions, seen->count, sizeof *seen->versions, by_version);
    }
    seen->sorted = seen->count;
    for (size_t i = 0; i < seen->count; i++) {
        seen->versions[i].is_there = false;
    }
}

bool mfn__seen_has(mfn__seen *seen, const mfn__folder_file *file)
{
    if (seen->sorted == 0) {
        return false;
    }
    mfn__seen_version version = version_of(file);
    mfn__seen_version *found =
        bsearch(&version, seen->versions, seen->sorted, sizeof version, by_version);
    if (found != NULL) {
        found->is_there = true;
    }
    return found != NULL;
}

void mfn__seen_end(mfn__seen *seen)
{
    size_t kept = 0;
    for (size_t i = 0; i < seen->count; i++) {
        if (seen->versions[i].is_there) {
            seen->versions[kept++] = seen->versions[i];
        }
    }
    seen->count = kept;
    seen->sorted = kept;
}
