/* SPDX-License-Identifier: MIT */
/* What is to happen when: a binary heap by time, entries embedded in what they belong to. */
#ifndef MFN_SERVER_AGENDA_H
#define MFN_SERVER_AGENDA_H

#include <stddef.h>
#include <stdint.h>

#include "mfn/status.h"

typedef struct mfn__agenda_entry {
    int64_t due_ns;
    size_t place; /* in the heap, from 1; 0: not in it */
} mfn__agenda_entry;

typedef struct mfn__agenda {
    mfn__agenda_entry **heap; /* heap[0] is not used */
    size_t count, capacity;
} mfn__agenda;

void mfn__agenda_deinit(mfn__agenda *agenda);

/* Puts an entry in that is not in it. MFN_NO_MEMORY. */
mfn_status mfn__agenda_add(mfn__agenda *agenda, mfn__agenda_entry *entry);
void mfn__agenda_remove(mfn__agenda *agenda, mfn__agenda_entry *entry); /* if it is in it */

/* The earliest, or NULL. */
mfn__agenda_entry *mfn__agenda_first(const mfn__agenda *agenda);

#endif
