/* SPDX-License-Identifier: MIT */
/* Exactly once, Kafka to Kafka: instead of the lanes, one thread that puts results, dead letters
 * and the consumer's offsets into transactions, in the order of intake. */
#ifndef MFN_STREAM_TRANSACT_H
#define MFN_STREAM_TRANSACT_H

#include "stream/run.h"

/* The body of the thread: ends when the run's sequence is over. */
void mfn__transact_until_over(mfn__run *run);

#endif
