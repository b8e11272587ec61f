/* SPDX-License-Identifier: MIT */
/* What a pipeline lends to its components, for tests of one component: a real ledger and spool in a
 * folder, an HTTP pool, a clock that stands still, and a log that is kept. */
#ifndef MFN_TEST_AROUND_H
#define MFN_TEST_AROUND_H

#include "stream/kinds.h"

typedef struct mfn_test_around {
    mfn__surroundings lent;
    mfn__log log;
    mfn__clock clock;
    int64_t monotonic_ns, wall_ns; /* the test moves them */
    atomic_bool abandon;
    char warnings[4096]; /* each with a line break after it */
} mfn_test_around;

/* Opens state.db in the folder, as a pipeline does at its start. */
void mfn_test_around_open(mfn_test_around *around, const char *folder, uint64_t spool_bytes);
void mfn_test_around_close(mfn_test_around *around);

#endif
