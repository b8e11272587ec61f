/* SPDX-License-Identifier: MIT */
/* A producer that has seen anything uncertain - a time-out, an error that is not about one record -
 * is never used again: a request of its that is still on its way could end the next transaction of
 * the same producer epoch. The new one has the same transactional id, and init_transactions waits
 * until the old one's transaction is either committed or aborted and shuts the old one out.
 *
 * After a commit without an answer the group's committed offsets tell what became of it, as they
 * were part of the transaction; but not before init_transactions, until when it may be under way.
 * Replayed jobs have no offsets. A transaction with such also commits a marker: a unique number as
 * the offset of a group that is nobody's, named as the transactional id. */
#include "publishers/kafka/transaction.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "publishers/kafka/committed.h"

#define PAUSE_MS 50 /* between tries of what failed at once */
#define SLICE_MS 200
/* Sending offsets does not go on in the background when its time is up. */
#define OFFSETS_SLICE_MS 5000
#define ABORT_NS         (5 * MFN__NS_PER_S)
/* What ends a transaction gets this long even when the run is abandoned. */
#define GRACE_NS (2 * MFN__NS_PER_S)

static int64_t now_ns(const mfn__transactor *self)
{
    return mfn__producer_now_ns(&self->producer);
}

static bool is_abandoned(const mfn__transactor *self)
{
    return mfn__producer_is_abandoned(&self->producer);
}

static int slice_ms(const mfn__transactor *self, int64_t until_ns, int max_ms)
{
    int64_t left_ms = (until_ns - now_ns(self)) / MFN__NS_PER_MS;
    if (left_ms < 1) {
        return 1;
    }
    return left_ms < max_ms ? (int)left_ms : max_ms;
}

/* One call of the transactional API that goes on in the background when its time is up. */
typedef rd_kafka_error_t *(*transaction_call)(rd_kafka_t *handle, int timeout_ms);

/* Repeats the call while that may help; when the run is abandoned, only for the grace. */
static rd_kafka_error_t *repeat(mfn__transactor *self, transaction_call call, int64_t until_ns,
                                int64_t grace_ns)
{
    int64_t grace_until_ns = now_ns(self) + grace_ns;
    for (;;) {
        rd_kafka_error_t *error = call(self->producer.handle, slice_ms(self, until_ns, SLICE_MS));
        if (error == NULL || !rd_kafka_error_is_retriable(error) || now_ns(self) >= until_ns ||
            (is_abandoned(self) && now_ns(self) >= grace_until_ns)) {
            return error;
        }
        rd_kafka_error_destroy(error);
        rd_kafka_poll(self->producer.handle, PAUSE_MS);
    }
}

/* What goes wrong with a transaction is never the fault of a result. */
static mfn_status fail(mfn__transactor *self, rd_kafka_resp_err_t code, const char *detail,
                       mfn__advice *ret_advice, mfn_error *err)
{
    if (is_abandoned(self)) {
        return mfn__producer_fail_abandoned(ret_advice, err);
    }
    mfn_status status = mfn__producer_fail(&self->producer, code, detail,
                                           "the Kafka transaction failed", ret_advice, err);
    if (ret_advice->trouble != MFN__TROUBLE_PAUSED) {
        ret_advice->trouble = MFN__TROUBLE_PASSING;
    }
    return status;
}

/* Takes the error. */
static mfn_status fail_by(mfn__transactor *self, rd_kafka_error_t *error, mfn__advice *ret_advice,
                          mfn_error *err)
{
    mfn_status status =
        fail(self, rd_kafka_error_code(error), rd_kafka_error_string(error), ret_advice, err);
    rd_kafka_error_destroy(error);
    return status;
}

/* A producer that does not know the topic yet would keep the first records for up to a second. What
 * goes wrong here comes back with them. */
static void learn_leaders(mfn__transactor *self, int64_t until_ns)
{
    double timeout_s = slice_ms(self, until_ns, OFFSETS_SLICE_MS) / 1000.0;
    (void)mfn__kafka_reach(self->producer.handle, self->producer.options->topic, timeout_s, NULL,
                           NULL);
}

/* Afterwards there is a handle that can begin a transaction, and whatever an earlier one left is
 * over. */
static mfn_status prepare(mfn__transactor *self, int64_t until_ns, mfn__advice *ret_advice,
                          mfn_error *err)
{
    mfn_status status = mfn__producer_ensure(&self->producer, err);
    if (status != MFN_OK || self->producer.is_initialized) {
        return status;
    }
    rd_kafka_error_t *error = repeat(self, rd_kafka_init_transactions, until_ns, 0);
    if (error == NULL) {
        self->producer.is_initialized = true;
        learn_leaders(self, until_ns);
        return MFN_OK;
    }
    bool goes_on = rd_kafka_error_is_retriable(error);
    status = fail_by(self, error, ret_advice, err);
    if (!goes_on) {
        mfn__producer_drop(&self->producer);
    }
    return status;
}

mfn_status mfn__transactor_start(mfn__transactor *self, mfn_error *err)
{
    mfn_status status = mfn__producer_ensure(&self->producer, err);
    if (status != MFN_OK) {
        return status;
    }
    rd_kafka_error_t *error = rd_kafka_init_transactions(self->producer.handle, 1);
    self->producer.is_initialized = error == NULL;
    if (error != NULL) {
        if (!rd_kafka_error_is_retriable(error)) {
            mfn__producer_drop(&self->producer); /* the first transaction will say why */
        }
        rd_kafka_error_destroy(error);
    }
    return MFN_OK;
}

void mfn__transactor_free(mfn__transactor *self)
{
    if (self != NULL) {
        mfn__producer_drop(&self->producer);
        mfn__kafka_position_free(self->marker);
        mfn__mem_free(self);
    }
}

/* One try to carry a bundle. */
typedef struct attempt {
    const mfn__bundle *bundle;
    int64_t until_ns;
    bool is_one_by_one; /* each record is waited for, so that a refusal is meant for it alone */
    bool is_refused;    /* something was: abort, and see what is marked */
} attempt;

static mfn_status make_record(const mfn__transactor *self, const mfn__bundle *bundle, size_t i,
                              mfn__kafka_outgoing *ret, mfn_error *err)
{
    const mfn__kafka_publisher_options *options = self->producer.options;
    return i < bundle->count
               ? mfn__kafka_outgoing_result(options, &bundle->parcels[i], ret, err)
               : mfn__kafka_outgoing_letter(options, &bundle->letters[i - bundle->count], ret, err);
}

/* Marks what can never be published: a parcel with its problem, a letter to be left out. */
static void refuse(mfn__transactor *self, const mfn__bundle *bundle, size_t i, const char *topic,
                   rd_kafka_resp_err_t code)
{
    if (i < bundle->count) {
        mfn__advice advice = {0};
        (void)mfn__kafka_fail(code, "Kafka refuses the result", rd_kafka_err2str(code), &advice,
                              &bundle->parcels[i].problem);
    } else {
        self->is_left_out[i - bundle->count] = true;
        mfn__producer_warn_letter(&self->producer, topic, code);
    }
}

/* The code of the report when that is waited for. */
static rd_kafka_resp_err_t ship(mfn__transactor *self, const attempt *try,
                                mfn__kafka_outgoing *record, mfn__shipment *shipment)
{
    rd_kafka_resp_err_t code = mfn__producer_send(&self->producer, record, try->until_ns, shipment);
    bool is_sent = code == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (is_sent && try->is_one_by_one && mfn__producer_wait(&self->producer, try->until_ns)) {
        code = shipment->code;
    }
    return code;
}

static mfn_status send_record(mfn__transactor *self, attempt *try, size_t i,
                              mfn__advice *ret_advice, mfn_error *err)
{
    mfn__kafka_outgoing record;
    mfn_status status = make_record(self, try->bundle, i, &record, err);
    if (status != MFN_OK) {
        return status;
    }
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (record.topic[0] != '\0') {
        code = ship(self, try, &record, &self->shipments[i]);
    }
    if (mfn__producer_is_refusal(code)) {
        refuse(self, try->bundle, i, record.topic, code);
        try->is_refused = true;
    } else if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        status = fail(self, code, NULL, ret_advice, err);
    }
    mfn__kafka_outgoing_deinit(&record);
    return status;
}

/* Waits for the reports on all that was sent. */
static mfn_status settle(mfn__transactor *self, attempt *try, mfn__advice *ret_advice,
                         mfn_error *err)
{
    if (!mfn__producer_wait(&self->producer, try->until_ns)) {
        return fail(self, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, ret_advice, err);
    }
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (size_t i = 0; i < try->bundle->count + try->bundle->letter_count; i++) {
        const mfn__shipment *shipment = &self->shipments[i];
        if (mfn__producer_is_refusal(shipment->code)) {
            try->is_refused = true; /* what comes after it fails with it */
        } else if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            code = shipment->code;
        }
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || try->is_refused
               ? MFN_OK
               : fail(self, code, NULL, ret_advice, err);
}

static mfn_status send_records(mfn__transactor *self, attempt *try, mfn__advice *ret_advice,
                               mfn_error *err)
{
    const mfn__bundle *bundle = try->bundle;
    mfn_status status = MFN_OK;
    memset(self->shipments, 0, sizeof self->shipments);
    for (size_t i = 0; status == MFN_OK && i < bundle->count + bundle->letter_count; i++) {
        if (try->is_refused && try->is_one_by_one) {
            return MFN_OK;
        }
        if (i < bundle->count || !self->is_left_out[i - bundle->count]) {
            status = send_record(self, try, i, ret_advice, err);
        }
    }
    return status == MFN_OK && !try->is_refused ? settle(self, try, ret_advice, err) : status;
}

/* What does not come from the source has no offset there. */
static bool has_replays(const mfn__bundle *bundle)
{
    for (size_t i = 0; i < bundle->count; i++) {
        if (bundle->parcels[i].extra == NULL) {
            return true;
        }
    }
    for (size_t i = 0; i < bundle->letter_count; i++) {
        if (bundle->letters[i].extra == NULL) {
            return true;
        }
    }
    return false;
}

/* A marker for the next transaction, or none. */
static mfn_status set_marker(mfn__transactor *self, const mfn__bundle *bundle, mfn_error *err)
{
    mfn__kafka_position_free(self->marker);
    self->marker = NULL;
    if (!has_replays(bundle)) {
        return MFN_OK;
    }
    mfn__kafka_position *marker = mfn__mem_new(1, sizeof *marker);
    if (marker == NULL) {
        return mfn__fail_memory(err);
    }
    marker->group_id = mfn__mem_copy_text(self->producer.transactional_id);
    if (marker->group_id == NULL) {
        mfn__kafka_position_free(marker);
        return mfn__fail_memory(err);
    }
    int64_t wall_ns = mfn__clock_wall_ns(self->producer.around->clock);
    self->marker_number = wall_ns > self->marker_number ? wall_ns : self->marker_number + 1;
    marker->group = rd_kafka_consumer_group_metadata_new(marker->group_id);
    marker->offsets = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(marker->offsets, self->producer.options->topic, 0)->offset =
        self->marker_number;
    self->marker = marker;
    return MFN_OK;
}

static bool is_membership_lost(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
           code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID ||
           code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
           code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS;
}

/* Adds the offsets to the transaction. `position` may be NULL. */
static mfn_status send_position(mfn__transactor *self, const mfn__kafka_position *position,
                                int64_t until_ns, mfn__advice *ret_advice, mfn_error *err)
{
    while (position != NULL) {
        rd_kafka_error_t *error = rd_kafka_send_offsets_to_transaction(
            self->producer.handle, position->offsets, position->group,
            slice_ms(self, until_ns, OFFSETS_SLICE_MS));
        if (error == NULL) {
            return MFN_OK;
        }
        if (is_membership_lost(rd_kafka_error_code(error))) {
            rd_kafka_error_destroy(error);
            return mfn__fail(err, MFN_CANCELLED, NULL,
                             "partitions of group '%s' are being given to other members",
                             position->group_id);
        }
        if (!rd_kafka_error_is_retriable(error) || now_ns(self) >= until_ns || is_abandoned(self)) {
            return fail_by(self, error, ret_advice, err);
        }
        rd_kafka_error_destroy(error);
        rd_kafka_poll(self->producer.handle, PAUSE_MS);
    }
    return MFN_OK;
}

static mfn_status commit(mfn__transactor *self, const attempt *try, mfn__advice *ret_advice,
                         mfn_error *err)
{
    self->is_in_doubt = true;
    rd_kafka_error_t *error =
        repeat(self, rd_kafka_commit_transaction, try->until_ns + GRACE_NS, GRACE_NS);
    if (error == NULL) {
        self->is_in_doubt = false;
        return MFN_OK;
    }
    mfn_status status = fail_by(self, error, ret_advice, err);
    mfn__producer_drop(&self->producer);
    return status;
}

/* A record that the broker refused leaves a gap in the producer's sequence, after which librdkafka
 * can purge records of the next transaction. */
static bool has_gap(const mfn__transactor *self, const mfn__bundle *bundle)
{
    for (size_t i = 0; i < bundle->count + bundle->letter_count; i++) {
        if (self->shipments[i].code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return true;
        }
    }
    return false;
}

/* Readers wait for the end of a transaction, so it is aborted even if its producer ends anyway. */
static void abort_transaction(mfn__transactor *self, bool is_certain)
{
    if (self->producer.handle == NULL) {
        return;
    }
    rd_kafka_error_t *error =
        repeat(self, rd_kafka_abort_transaction, now_ns(self) + ABORT_NS, GRACE_NS);
    if (error != NULL || !is_certain || self->producer.unreported > 0) {
        mfn__producer_drop(&self->producer);
    }
    rd_kafka_error_destroy(error);
}

/* MFN_OK: committed, or `try->is_refused` and aborted. */
static mfn_status carry(mfn__transactor *self, attempt *try, mfn__advice *ret_advice,
                        mfn_error *err)
{
    mfn_status status = set_marker(self, try->bundle, err);
    if (status != MFN_OK) {
        return status;
    }
    rd_kafka_error_t *error = rd_kafka_begin_transaction(self->producer.handle);
    if (error != NULL) {
        status = fail_by(self, error, ret_advice, err);
        mfn__producer_drop(&self->producer);
        return status;
    }
    status = send_records(self, try, ret_advice, err);
    if (status == MFN_OK && !try->is_refused) {
        status = send_position(self, try->bundle->position, try->until_ns, ret_advice, err);
        if (status == MFN_OK) {
            status = send_position(self, self->marker, try->until_ns, ret_advice, err);
        }
        if (status == MFN_OK) {
            return commit(self, try, ret_advice, err);
        }
    }
    abort_transaction(self, status == MFN_OK && !has_gap(self, try->bundle));
    return status;
}

/* Ends the doubt; `*ret_is_committed` when the bundle is done. Needs a prepared handle. The bundle
 * is what the caller still has of the one in doubt. If it has nothing of it any more, that one had
 * no replays, as those are not dropped, and the offsets of this one speak for themselves. */
static mfn_status resolve(mfn__transactor *self, const mfn__bundle *bundle, int64_t until_ns,
                          bool *ret_is_committed, mfn__advice *ret_advice, mfn_error *err)
{
    const mfn__kafka_position *evidence = self->marker != NULL ? self->marker : bundle->position;
    mfn__committed committed = MFN__COMMITTED_NOTHING;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (evidence != NULL) {
        code = mfn__committed_ask(&self->producer, evidence, self->marker != NULL, until_ns,
                                  &committed);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return fail(self, code, NULL, ret_advice, err);
    }
    self->is_in_doubt = false;
    bool is_elsewhere =
        committed == MFN__COMMITTED_SOME ||
        (committed == MFN__COMMITTED_ALL && self->marker == NULL && has_replays(bundle));
    if (is_elsewhere) {
        /* Ours is all or nothing, so it was not ours that committed these. */
        return mfn__fail(err, MFN_CANCELLED, NULL,
                         "partitions of group '%s' were given to other members",
                         evidence->group_id);
    }
    *ret_is_committed = committed == MFN__COMMITTED_ALL;
    return MFN_OK;
}

static bool has_refused(const mfn__bundle *bundle)
{
    for (size_t i = 0; i < bundle->count; i++) {
        if (bundle->parcels[i].problem.status != MFN_OK) {
            return true;
        }
    }
    return false;
}

/* Tries until the bundle is committed, something that is not a refusal stands in the way, or it is
 * known which parcels are refused. */
static mfn_status run_attempts(mfn__transactor *self, const mfn__bundle *bundle, int64_t until_ns,
                               mfn__advice *ret_advice, mfn_error *err)
{
    attempt try = {.bundle = bundle, .until_ns = until_ns};
    for (;;) {
        mfn_status status = prepare(self, until_ns, ret_advice, err);
        bool is_committed = false;
        if (status == MFN_OK && self->is_in_doubt) {
            status = resolve(self, bundle, until_ns, &is_committed, ret_advice, err);
        }
        if (status != MFN_OK || is_committed) {
            return status;
        }
        status = carry(self, &try, ret_advice, err);
        if (status != MFN_OK || !try.is_refused) {
            return status;
        }
        if (has_refused(bundle)) {
            return mfn__fail(err, MFN_TOO_LARGE, NULL,
                             "the Kafka transaction was aborted: a result in it was refused");
        }
        try.is_refused = false;
        try.is_one_by_one = true;
    }
}

/* After a failed commit there may be time to find out what became of it. */
static bool was_committed_after_all(mfn__transactor *self, const mfn__bundle *bundle,
                                    int64_t until_ns)
{
    bool ret = false;
    mfn__advice advice = {0};
    return self->is_in_doubt && now_ns(self) < until_ns && !is_abandoned(self) &&
           prepare(self, until_ns, &advice, NULL) == MFN_OK &&
           resolve(self, bundle, until_ns, &ret, &advice, NULL) == MFN_OK && ret;
}

mfn_status mfn__transactor_run(mfn__transactor *self, const mfn__bundle *bundle,
                               mfn__advice *ret_advice, mfn_error *err)
{
    int64_t until_ns =
        now_ns(self) + (int64_t)(self->producer.around->timeout_s * (double)MFN__NS_PER_S);
    memset(self->is_left_out, 0, sizeof self->is_left_out);
    mfn_status status = run_attempts(self, bundle, until_ns, ret_advice, err);
    if (status != MFN_OK && was_committed_after_all(self, bundle, until_ns)) {
        status = MFN_OK;
    }
    if (self->producer.handle == NULL && !is_abandoned(self)) {
        /* The consumer may get nothing to publish before the transaction that was left is over. */
        (void)mfn__transactor_start(self, NULL);
    }
    return status;
}
