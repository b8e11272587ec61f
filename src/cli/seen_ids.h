/* SPDX-License-Identifier: MIT */
/* Which deliveries were received before. */
#ifndef MFN_CLI_SEEN_IDS_H
#define MFN_CLI_SEEN_IDS_H

#include <stdbool.h>

#include "codec/sha256.h"

#include "mfn/status.h"

typedef struct mfn__seen_id {
    uint8_t id[MFN__SHA256_SIZE], body[MFN__SHA256_SIZE]; /* digests */
} mfn__seen_id;

/* A hash table that grows; start with {0}. */
typedef struct mfn__seen_ids {
    mfn__seen_id *entries;
    bool *is_used;
    size_t count, capacity; /* a power of two */
} mfn__seen_ids;

typedef enum mfn__seen {
    MFN__SEEN_NEW,
    MFN__SEEN_SAME,       /* the same id with the same body */
    MFN__SEEN_OTHER_BODY, /* the same id with another body */
} mfn__seen;

mfn__seen mfn__seen_ids_look(const mfn__seen_ids *seen, const mfn__seen_id *given);

/* Remembers an id that is new. */
mfn_status mfn__seen_ids_add(mfn__seen_ids *seen, const mfn__seen_id *given, mfn_error *err);
void mfn__seen_ids_deinit(mfn__seen_ids *seen);

#endif
