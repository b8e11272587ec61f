/* SPDX-License-Identifier: MIT */
/* How far a consumer group has come. */
#ifndef MFN_PUBLISHERS_KAFKA_COMMITTED_H
#define MFN_PUBLISHERS_KAFKA_COMMITTED_H

#include "publishers/kafka/producer.h"

typedef enum mfn__committed {
    MFN__COMMITTED_NOTHING,
    MFN__COMMITTED_SOME, /* some partitions, not the others */
    MFN__COMMITTED_ALL,
} mfn__committed;

/* How much of the position its group has committed, be it further or (if `is_exact`) just so. While
 * a transaction of anybody's has offsets of the group under way, it waits for its end, until the
 * deadline (monotonic) or abandoning. The producer has a handle. Anything but NO_ERROR: not known.
 */
rd_kafka_resp_err_t mfn__committed_ask(mfn__producer *producer, const mfn__kafka_position *position,
                                       bool is_exact, int64_t until_ns, mfn__committed *ret);

#endif
