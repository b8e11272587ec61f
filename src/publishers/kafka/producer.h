/* SPDX-License-Identifier: MIT */
/* One producing handle of librdkafka, which is made when it is needed and made anew when it has
 * become useless. Thread: one at a time. */
#ifndef MFN_PUBLISHERS_KAFKA_PRODUCER_H
#define MFN_PUBLISHERS_KAFKA_PRODUCER_H

#include "publishers/kafka/records.h"

typedef struct mfn__producer {
    const mfn__kafka_publisher_options *options;
    const mfn__surroundings *around;
    const char *transactional_id; /* NULL: no transactions */
    rd_kafka_t *handle;           /* NULL: there is none now */
    bool is_initialized;          /* its transactions are */
    size_t unreported;            /* records that were sent and not reported on */
    rd_kafka_resp_err_t trouble;  /* what it last complained of, and that in words */
    char trouble_text[256];
} mfn__producer;

/* What became of one record. */
typedef struct mfn__shipment {
    bool is_reported;
    rd_kafka_resp_err_t code;
} mfn__shipment;

/* Makes the handle when there is none. */
mfn_status mfn__producer_ensure(mfn__producer *producer, mfn_error *err);

/* Ends the handle, if there is one: no shipment is written to afterwards. */
void mfn__producer_drop(mfn__producer *producer);

/* Hands a record over, whose headers it takes. The shipment is written to by later calls of this
 * file until it is reported or the handle ends. Any code but NO_ERROR: nothing was handed over. */
rd_kafka_resp_err_t mfn__producer_send(mfn__producer *producer, mfn__kafka_outgoing *record,
                                       int64_t deadline_ns, mfn__shipment *ret);

/* Waits until all is reported; false when the deadline (monotonic) or abandoning came first. */
bool mfn__producer_wait(mfn__producer *producer, int64_t deadline_ns);

/* True when the code is a fault of the record itself. From a broker it may be meant for another
 * record of the same batch. */
bool mfn__producer_is_refusal(rd_kafka_resp_err_t code);

/* As mfn__kafka_fail, with what lies behind a mere time-out or the like; `detail` may be NULL.
 * Drops a handle that would go on failing. */
mfn_status mfn__producer_fail(mfn__producer *producer, rd_kafka_resp_err_t code, const char *detail,
                              const char *doing, mfn__advice *ret_advice, mfn_error *err);

/* Nobody refused anything: the run is ending. */
mfn_status mfn__producer_fail_abandoned(mfn__advice *ret_advice, mfn_error *err);

/* Tells people that a topic does not take a dead letter. */
void mfn__producer_warn_letter(const mfn__producer *producer, const char *topic,
                               rd_kafka_resp_err_t code);

int64_t mfn__producer_now_ns(const mfn__producer *producer);
bool mfn__producer_is_abandoned(const mfn__producer *producer);

#endif
