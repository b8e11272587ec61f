/* SPDX-License-Identifier: MIT */
/* A batch is tried until its transaction is committed: an aborted one leaves nothing behind, so the
 * same messages go into the next. Messages whose partition was taken away meanwhile are dropped:
 * their offsets were not committed, and whoever has the partition now computes them again. */
#include "stream/transact.h"

#include "base/error.h"
#include "base/mem.h"
#include "net/kafka.h"
#include "stream/dead_letter.h"
#include "stream/lane.h"
#include "stream/sequence.h"

#define SIFT_WAIT_S 0.1

/* The messages of one transaction: in the order of intake, results and dead letters mixed. */
typedef struct bundle {
    mfn__message *messages[MFN__PARCELS_MAX];
    size_t count;
    mfn__parcel parcels[MFN__PARCELS_MAX];
    mfn__message *of_parcel[MFN__PARCELS_MAX];
    size_t parcel_count;
    mfn__dead_letter letters[MFN__PARCELS_MAX];
    size_t letter_count;
    mfn__receipt receipts[MFN__PARCELS_MAX];
    size_t receipt_count;
} bundle;

static void end_message(mfn__run *run, mfn__message *message, mfn__fate fate)
{
    message->fates[0] = fate;
    if (!mfn__queue_add(run->finished, message)) {
        mfn__run_return(run, message);
    }
}

static void drop_all(mfn__run *run, bundle *self)
{
    for (size_t i = 0; i < self->count; i++) {
        end_message(run, self->messages[i], MFN__FATE_RETURNED);
    }
    self->count = 0;
}

/* Keeps what is still ours; the rest is dropped, and counted. */
static size_t keep_owned(mfn__run *run, bundle *self)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->count; i++) {
        const mfn__receipt receipt = {self->messages[i]->source, self->messages[i]->index};
        if (self->messages[i]->inbox_row != 0 ||
            run->pipeline->connector->owns(run->connector, &receipt)) {
            self->messages[kept++] = self->messages[i];
        } else {
            end_message(run, self->messages[i], MFN__FATE_RETURNED);
        }
    }
    size_t dropped = self->count - kept;
    self->count = kept;
    return dropped;
}

static void sort_out(const mfn__run *run, bundle *self)
{
    mfn__content content = mfn__lane_content(run->lanes[0]);
    self->parcel_count = 0;
    self->letter_count = 0;
    self->receipt_count = 0;
    for (size_t i = 0; i < self->count; i++) {
        mfn__message *message = self->messages[i];
        if (message->inbox_row == 0) { /* a replay has no offset */
            self->receipts[self->receipt_count++] = (mfn__receipt){message->source, message->index};
        }
        if (message->problem.status != MFN_OK) {
            self->letters[self->letter_count++] = mfn__dead_letter_of(message);
            continue;
        }
        self->of_parcel[self->parcel_count] = message;
        self->parcels[self->parcel_count++] = (mfn__parcel){
            .simulation_id = message->id,
            .result_id = message->result_id,
            .bytes = message->payloads[content].bytes,
            .size = message->payloads[content].size,
            .wall_ns = message->computed_wall_ns,
            .extra = message->extra,
        };
    }
}

static mfn_status transact_once(mfn__run *run, bundle *self, mfn__advice *advice, mfn_error *err)
{
    const mfn__publisher_ops *ops = run->pipeline->publishers[0].ops;
    mfn__kafka_position *position = NULL;
    mfn_status status = MFN_OK;
    if (self->receipt_count > 0) {
        status = run->pipeline->connector->position(run->connector, self->receipts,
                                                    self->receipt_count, &position, err);
    }
    if (status == MFN_OK) {
        status =
            ops->transact(mfn__lane_publisher(run->lanes[0]), self->parcels, self->parcel_count,
                          self->letters, self->letter_count, position, advice, err);
    }
    mfn__kafka_position_free(position);
    return status;
}

/* Refused results become jobs that can never give one. True when there was any. */
static bool take_refusals(bundle *self)
{
    bool any = false;
    for (size_t i = 0; i < self->parcel_count; i++) {
        if (self->parcels[i].problem.status != MFN_OK) {
            self->of_parcel[i]->problem = self->parcels[i].problem;
            any = true;
        }
    }
    return any;
}

static void end_committed(mfn__run *run, bundle *self)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < self->parcel_count; i++) {
        bytes += self->parcels[i].size;
    }
    mfn__lane_count(run->lanes[0], self->count, self->parcel_count, self->letter_count, bytes);
    for (size_t i = 0; i < self->count; i++) {
        end_message(run, self->messages[i],
                    self->messages[i]->problem.status == MFN_OK ? MFN__FATE_PUBLISHED
                                                                : MFN__FATE_REFUSED);
    }
    self->count = 0;
}

/* The folder has its copy before the transaction, under a name that depends on the letter alone. */
static bool bury_all(mfn__run *run, const bundle *self)
{
    for (size_t i = 0; i < self->letter_count; i++) {
        if (!mfn__run_bury(run, &self->letters[i])) {
            return false;
        }
    }
    return true;
}

/* Waits before the next attempt. False when it is time to give up. */
static bool wait_for_retry(mfn__run *run, uint64_t tried, const mfn__advice *advice,
                           const mfn_error *err)
{
    const mfn__retry_options *retry = &run->pipeline->publishers[0].retry;
    bool may_retry = mfn__retry_allows(retry, tried + 1);
    bool gives_up = mfn__run_is_abandoned(run) || (!may_retry && mfn__run_must_end(run)) ||
                    mfn__run_trouble(err->status, advice) == MFN__TROUBLE_PERMANENT;
    mfn__lane_count_error(run->lanes[0], err, !gives_up);
    if (gives_up) {
        mfn__run_warn(run,
                      "the transaction failed after %llu attempt%s: %s. Nothing is lost: mend "
                      "it and run again",
                      (unsigned long long)tried + 1, tried == 0 ? "" : "s", err->text);
        mfn__run_fail(run, err);
        return false;
    }
    double delay_s =
        may_retry ? mfn__run_delay_s(run, retry, tried, advice) : retry->max_retry_delay;
    mfn__run_warn(run, "the transaction failed, retrying in %.2fs (attempt %llu): %s", delay_s,
                  (unsigned long long)tried + 1, err->text);
    mfn__run_sleep(run, delay_s);
    return true;
}

static void commit_bundle(mfn__run *run, bundle *self)
{
    uint64_t tried = 0;
    bool was_cancelled = false;
    while (self->count > 0) {
        size_t dropped = keep_owned(run, self);
        if (was_cancelled && dropped == 0) {
            mfn__run_sleep(run, SIFT_WAIT_S); /* the rebalance has not come through yet */
        }
        sort_out(run, self);
        if (self->count == 0) {
            return;
        }
        if (mfn__run_is_abandoned(run) || !bury_all(run, self)) {
            drop_all(run, self);
            return;
        }
        mfn__advice advice = {0};
        mfn_error err = {0};
        mfn_status status = transact_once(run, self, &advice, &err);
        if (status == MFN_OK) {
            end_committed(run, self);
        } else if (status == MFN_CANCELLED) {
            was_cancelled = true; /* what is still ours must not be dropped: go round */
        } else if (!take_refusals(self)) {
            err.status = status;
            if (!wait_for_retry(run, tried++, &advice, &err)) {
                drop_all(run, self);
            }
        }
    }
}

void mfn__transact_until_over(mfn__run *run)
{
    bundle *self = mfn__mem_new(1, sizeof *self);
    if (self == NULL) {
        mfn_error err = {0};
        mfn__fail_memory(&err);
        mfn__run_fail(run, &err);
        mfn__queue_close(run->finished);
        return;
    }
    size_t max = run->pipeline->publishers[0].ops->capacity(run->pipeline->publishers[0].options);
    while (!mfn__sequence_is_over(run->sequence)) {
        self->count = mfn__sequence_take(run->sequence, self->messages, max);
        commit_bundle(run, self);
    }
    mfn__mem_free(self);
    mfn__queue_close(run->finished);
}
