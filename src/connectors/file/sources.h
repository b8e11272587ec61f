/* SPDX-License-Identifier: MIT */
/* The files that are being read or still have items on their way. Shared by the thread that reads
 * and the one that acknowledges. */
#ifndef MFN_CONNECTORS_FILE_SOURCES_H
#define MFN_CONNECTORS_FILE_SOURCES_H

#include <pthread.h>
#include <stdbool.h>

#include "stream/ledger.h"
#include "stream/message.h"
#include "stream/watermark.h"

typedef struct mfn__source {
    struct mfn__source *next;
    char *path;
    mfn__file_identity identity;
    mfn__file_entry entry;
    mfn__watermark mark;
    uint64_t items_read;
    bool is_at_end;   /* no more items will be read */
    bool is_touched;  /* its watermark moved since it was last stored */
    bool is_finished; /* and the ledger has been told */
} mfn__source;

typedef struct mfn__sources {
    pthread_mutex_t mutex; /* guards the list and all fields but path and identity */
    mfn__source *first;
} mfn__sources;

void mfn__sources_init(mfn__sources *sources);
void mfn__sources_deinit(mfn__sources *sources);

/* Adds a file at its entry's watermark. The source stays valid until it is settled. */
mfn_status mfn__sources_add(mfn__sources *sources, const char *path,
                            const mfn__file_identity *identity, const mfn__file_entry *entry,
                            mfn__source **ret, mfn_error *err);

/* True while the file with this entry is being read or has items on their way. */
bool mfn__sources_have(mfn__sources *sources, uint64_t id);

/* Marks items as settled and stores the moved watermarks. Doing it again changes nothing.
 * Locks: inside the ledger's transaction. */
mfn_status mfn__sources_acknowledge(mfn__sources *sources, mfn__ledger *ledger,
                                    const mfn__receipt *receipts, size_t count, mfn_error *err);

/* True when a file came to its end after its last item was settled, so that only acknowledging
 * again (no receipts are needed) stores its end. */
bool mfn__sources_have_ended(mfn__sources *sources);

/* Takes out and returns the sources whose end is durable, as a list; the caller frees them. */
mfn__source *mfn__sources_take_finished(mfn__sources *sources);

void mfn__source_free(mfn__source *source);

#endif
