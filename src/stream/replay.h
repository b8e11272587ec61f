/* SPDX-License-Identifier: MIT */
/* Dead letters that somebody wants tried again: files that `mfn dlq replay` moved into the folder
 * "replay" inside the dead letters' own. Each becomes a job of the inbox, durably, and only then
 * its file is removed. */
#ifndef MFN_STREAM_REPLAY_H
#define MFN_STREAM_REPLAY_H

#include "base/clock.h"
#include "stream/spool.h"

typedef struct mfn__replay mfn__replay;

typedef struct mfn__replay_options {
    const char *dead_letters; /* their folder */
    uint64_t max_job_bytes;   /* larger ones are left; 0: no limit */
    const mfn__clock *clock;
} mfn__replay_options;

mfn_status mfn__replay_open(const mfn__replay_options *options, mfn__ledger *ledger,
                            mfn__spool *spool, mfn__replay **ret, mfn_error *err);
void mfn__replay_close(mfn__replay *replay); /* NULL is allowed */

/* Jobs to try again; an empty batch when there are none. Looks at the folder at most once a second
 * (the first call always does). A file that is no dead letter, or whose job is not whole or too
 * large, is left and reported by the error, once. Thread: intake. */
mfn_status mfn__replay_fetch(mfn__replay *replay, mfn__batch *ret, mfn_error *err);

#endif
