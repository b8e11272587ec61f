/* SPDX-License-Identifier: MIT */
/* Commits of offsets: one at a time, in the background, and waited for only at the end. */
#ifndef MFN_CONNECTORS_KAFKA_COMMITS_H
#define MFN_CONNECTORS_KAFKA_COMMITS_H

#include <stdatomic.h>

#include "connectors/kafka/partitions.h"
#include "stream/kinds.h"

typedef struct mfn__commits {
    rd_kafka_t *handle;
    rd_kafka_queue_t *answers;
    mfn__partitions *partitions;
    const mfn__surroundings *around;
    const atomic_bool *is_joining; /* then commits must wait, see joins.c */
    atomic_bool is_off;            /* the offsets travel in transactions */

    pthread_mutex_t mutex; /* guards what follows */
    bool is_under_way;
    bool has_failed; /* the last one did, and people know */
    int64_t last_ns;
} mfn__commits;

mfn_status mfn__commits_init(mfn__commits *commits, rd_kafka_t *handle, mfn__partitions *partitions,
                             const atomic_bool *is_joining, const mfn__surroundings *around,
                             mfn_error *err);
void mfn__commits_deinit(mfn__commits *commits); /* one that is all zero is allowed */

/* Takes answers in, and asks for the next commit when there is something new and the last one was
 * some time ago. A failed one is asked for again. Any thread. */
void mfn__commits_go_on(mfn__commits *commits);

/* Commits what is left and waits for the answers, at most `timeout_s`, and shortly when the run is
 * abandoned. False when some failed. Thread: intake, or at the end. */
bool mfn__commits_finish(mfn__commits *commits, double timeout_s);

#endif
