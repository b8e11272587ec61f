/* SPDX-License-Identifier: MIT */
/* Messages back in the order in which intake handed them over, for exactly-once: a transaction may
 * only carry an offset when everything before it is in this or an earlier transaction. */
#ifndef MFN_STREAM_SEQUENCE_H
#define MFN_STREAM_SEQUENCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/message.h"

typedef struct mfn__sequence mfn__sequence;

/* Orders count from 0 without gaps. `size` bounds how far ahead of the next one a message may be.
 */
mfn_status mfn__sequence_new(size_t size, mfn__sequence **ret, mfn_error *err);

/* Frees what is still inside. No thread may be using it. */
void mfn__sequence_free(mfn__sequence *sequence); /* NULL is allowed */

/* Waits while the message is too far ahead; false (and it stays the caller's) when `*abandon`
 * became true. Any thread. */
bool mfn__sequence_put(mfn__sequence *sequence, mfn__message *message, const atomic_bool *abandon);

/* Takes the next messages in order; waits a moment for the first. */
size_t mfn__sequence_take(mfn__sequence *sequence, mfn__message **ret, size_t max);

void mfn__sequence_close(mfn__sequence *sequence);
bool mfn__sequence_is_over(mfn__sequence *sequence); /* closed, and the next one will not come */

#endif
