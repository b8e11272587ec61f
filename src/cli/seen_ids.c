/* SPDX-License-Identifier: MIT */
/* Open addressing with steps of one. A digest is as good as random, so its first bytes say where
 * to begin. */
#include "cli/seen_ids.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define FIRST_CAPACITY 1024

/* Where the id is, or where it belongs. The table is never full. */
static size_t find(const mfn__seen_ids *seen, const uint8_t id[MFN__SHA256_SIZE])
{
    size_t at = 0;
    memcpy(&at, id, sizeof at);
    at &= seen->capacity - 1;
    while (seen->is_used[at] && memcmp(seen->entries[at].id, id, MFN__SHA256_SIZE) != 0) {
        at = (at + 1) & (seen->capacity - 1);
    }
    return at;
}

mfn__seen mfn__seen_ids_look(const mfn__seen_ids *seen, const mfn__seen_id *given)
{
    if (seen->capacity == 0) {
        return MFN__SEEN_NEW;
    }
    size_t at = find(seen, given->id);
    if (!seen->is_used[at]) {
        return MFN__SEEN_NEW;
    }
    return memcmp(seen->entries[at].body, given->body, sizeof given->body) == 0
               ? MFN__SEEN_SAME
               : MFN__SEEN_OTHER_BODY;
}

static void put(mfn__seen_ids *seen, const mfn__seen_id *given)
{
    size_t at = find(seen, given->id);
    seen->count += !seen->is_used[at];
    seen->entries[at] = *given;
    seen->is_used[at] = true;
}

static mfn_status grow(mfn__seen_ids *seen, mfn_error *err)
{
    mfn__seen_ids grown = {.capacity = seen->capacity > 0 ? 2 * seen->capacity : FIRST_CAPACITY};
    grown.entries = mfn__mem_new(grown.capacity, sizeof *grown.entries);
    grown.is_used = mfn__mem_new(grown.capacity, sizeof *grown.is_used);
    if (grown.entries == NULL || grown.is_used == NULL) {
        mfn__seen_ids_deinit(&grown);
        return mfn__fail_memory(err);
    }
    for (size_t i = 0; i < seen->capacity; i++) {
        if (seen->is_used[i]) {
            put(&grown, &seen->entries[i]);
        }
    }
    mfn__seen_ids_deinit(seen);
    *seen = grown;
    return MFN_OK;
}

mfn_status mfn__seen_ids_add(mfn__seen_ids *seen, const mfn__seen_id *given, mfn_error *err)
{
    if (2 * seen->count >= seen->capacity) {
        mfn_status status = grow(seen, err);
        if (status != MFN_OK) {
            return status;
        }
    }
    put(seen, given);
    return MFN_OK;
}

void mfn__seen_ids_deinit(mfn__seen_ids *seen)
{
    mfn__mem_free(seen->entries);
    mfn__mem_free(seen->is_used);
    *seen = (mfn__seen_ids){0};
}
