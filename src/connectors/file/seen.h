/* SPDX-License-Identifier: MIT */
/* The versions of files that a run has dealt with, so that a look at the folder passes them over
 * without opening them. */
#ifndef MFN_CONNECTORS_FILE_SEEN_H
#define MFN_CONNECTORS_FILE_SEEN_H

#include "connectors/file/folder.h"

typedef struct mfn__seen_version mfn__seen_version;

/* Starts as zeros. */
typedef struct mfn__seen {
    mfn__seen_version *versions;
    size_t count, sorted, capacity; /* the first `sorted` ones are in order */
} mfn__seen;

void mfn__seen_deinit(mfn__seen *seen);

mfn_status mfn__seen_add(mfn__seen *seen, const mfn__folder_file *file, mfn_error *err);

/* Around a look: begin, ask for every file of the folder, end. The end forgets what was not asked
 * for, so that memory is bounded by the folder. Without an end nothing is forgotten. */
void mfn__seen_begin(mfn__seen *seen);
bool mfn__seen_has(mfn__seen *seen, const mfn__folder_file *file);
void mfn__seen_end(mfn__seen *seen);

#endif
