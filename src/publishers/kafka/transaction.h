/* SPDX-License-Identifier: MIT */
/* One batch of results, dead letters and consumer offsets as one Kafka transaction. */
#ifndef MFN_PUBLISHERS_KAFKA_TRANSACTION_H
#define MFN_PUBLISHERS_KAFKA_TRANSACTION_H

#include "publishers/kafka/producer.h"

typedef struct mfn__transactor {
    mfn__producer producer;      /* with a transactional_id */
    bool is_in_doubt;            /* a commit was asked for, and nobody knows what became of it */
    mfn__kafka_position *marker; /* of the last transaction; NULL when it needed none */
    int64_t marker_number;       /* the last one */
    mfn__shipment shipments[2 * MFN__PARCELS_MAX]; /* parcels, then letters */
    bool is_left_out[MFN__PARCELS_MAX];            /* letters that the topic does not take */
} mfn__transactor;

/* Begins, in the background, what must come before the first transaction. It ends one that a crash
 * left open, for which the consumer would have to wait. */
mfn_status mfn__transactor_start(mfn__transactor *self, mfn_error *err);

void mfn__transactor_free(mfn__transactor *self); /* NULL is allowed */

/* Borrowed for the call. */
typedef struct mfn__bundle {
    mfn__parcel *parcels;
    size_t count;
    const mfn__dead_letter *letters;
    size_t letter_count;
    const mfn__kafka_position *position; /* NULL: nothing came from the source */
} mfn__bundle;

/* The contract of `transact` in stream/kinds.h. */
mfn_status mfn__transactor_run(mfn__transactor *self, const mfn__bundle *bundle,
                               mfn__advice *ret_advice, mfn_error *err);

#endif
