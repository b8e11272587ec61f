/* SPDX-License-Identifier: MIT */
#include "stream/watermark.h"

#include "base/error.h"
#include "base/mem.h"

#define FIRST_CAPACITY 64

void mfn__watermark_init(mfn__watermark *mark, uint64_t first)
{
    *mark = (mfn__watermark){.low = first};
}

void mfn__watermark_deinit(mfn__watermark *mark)
{
    mfn__mem_free(mark->finished);
    mfn__watermark_init(mark, mark->low);
}

static size_t slot(const mfn__watermark *mark, uint64_t item)
{
    return (size_t)item & (mark->capacity - 1);
}

static mfn_status reach(mfn__watermark *mark, uint64_t item, mfn_error *err)
{
    uint64_t distance = item - mark->low;
    if (distance < mark->capacity) {
        return MFN_OK;
    }
    size_t capacity = mark->capacity > 0 ? mark->capacity : FIRST_CAPACITY;
    while (capacity <= distance && capacity <= SIZE_MAX / 2) {
        capacity *= 2;
    }
    mfn__watermark grown = {.low = mark->low, .capacity = capacity};
    grown.finished = distance < capacity ? mfn__mem_new(capacity, 1) : NULL;
    if (grown.finished == NULL) {
        return mfn__fail_memory(err);
    }
    for (uint64_t i = 0; i < mark->capacity; i++) {
        grown.finished[slot(&grown, mark->low + i)] = mark->finished[slot(mark, mark->low + i)];
    }
    mfn__mem_free(mark->finished);
    *mark = grown;
    return MFN_OK;
}

mfn_status mfn__watermark_finish(mfn__watermark *mark, uint64_t item, mfn_error *err)
{
    if (item < mark->low) {
        return MFN_OK;
    }
    mfn_status status = reach(mark, item, err);
    if (status != MFN_OK) {
        return status;
    }
    mark->finished[slot(mark, item)] = 1;
    while (mark->finished[slot(mark, mark->low)] != 0) {
        mark->finished[slot(mark, mark->low)] = 0;
        mark->low++;
    }
    return MFN_OK;
}
