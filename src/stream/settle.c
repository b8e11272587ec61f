/* SPDX-License-Identifier: MIT */
#include "stream/settle.h"

#include "base/error.h"
#include "stream/dead_letter.h"
#include "stream/lane.h"

#define TICK_NS    (100 * MFN__NS_PER_MS)
#define SETTLE_MAX 500 /* messages that one transaction settles */

typedef struct settling {
    mfn__message *messages[SETTLE_MAX];
    size_t count;
    mfn__receipt receipts[SETTLE_MAX]; /* of those that the connector must be told about */
    size_t receipt_count;
} settling;

static bool is_returned(const mfn__run *run, const mfn__message *message)
{
    for (size_t i = 0; i < run->lane_count; i++) {
        if (message->fates[i] == MFN__FATE_RETURNED) {
            return true;
        }
    }
    return false;
}

static bool has_fate(const mfn__run *run, const mfn__message *message, mfn__fate fate)
{
    for (size_t i = 0; i < run->lane_count; i++) {
        if (message->fates[i] == fate) {
            return true;
        }
    }
    return false;
}

/* What was reserved in the spool for a message that will not be put there. */
static void give_back_room(mfn__run *run, const mfn__message *message)
{
    for (size_t i = 0; i < run->lane_count; i++) {
        if (message->fates[i] == MFN__FATE_SPOOLED) {
            mfn__spool_give_back(run->spool,
                                 mfn__outbox_bytes(message, mfn__lane_content(run->lanes[i])));
            mfn__lane_count_returned(run->lanes[i]);
        }
    }
}

/* Drops those that some publisher gave up: they stay with their source. */
static void drop_returned(mfn__run *run, settling *self)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->count; i++) {
        mfn__message *message = self->messages[i];
        if (mfn__run_is_abandoned(run) || is_returned(run, message)) {
            give_back_room(run, message);
            mfn__run_return(run, message);
        } else {
            self->messages[kept++] = message;
        }
    }
    self->count = kept;
}

/* Exactly once: the transaction had the letters already. */
static bool bury(mfn__run *run, const mfn__message *message)
{
    if (run->sequence != NULL) {
        return true;
    }
    mfn__dead_letter letter = mfn__dead_letter_of(message);
    if (message->problem.status != MFN_OK && !mfn__run_bury(run, &letter)) {
        return false;
    }
    for (size_t i = 0; i < run->lane_count; i++) {
        if (message->fates[i] == MFN__FATE_REFUSED) {
            letter.problem = &message->refusals[i]->problem;
            letter.http_status = message->refusals[i]->http_status;
            letter.publisher = mfn__lane_name(run->lanes[i]);
            if (!mfn__run_bury(run, &letter)) {
                return false;
            }
        }
    }
    return true;
}

static bool bury_all(mfn__run *run, const settling *self)
{
    for (size_t i = 0; i < self->count; i++) {
        if (!bury(run, self->messages[i])) {
            return false;
        }
    }
    return true;
}

/* One whose fate a dead letter decided is not to be counted again when it leaves the spool. */
static mfn_status spool_results(mfn__run *run, const mfn__message *message, mfn_error *err)
{
    mfn_status status = MFN_OK;
    if (!has_fate(run, message, MFN__FATE_SPOOLED)) {
        return MFN_OK;
    }
    bool is_dead = has_fate(run, message, MFN__FATE_REFUSED);
    uint64_t job = is_dead ? 0 : mfn__outbox_number(run->spool);
    for (size_t i = 0; status == MFN_OK && i < run->lane_count; i++) {
        if (message->fates[i] == MFN__FATE_SPOOLED) {
            status = mfn__outbox_add(run->spool, mfn__lane_target(run->lanes[i]), message,
                                     mfn__lane_content(run->lanes[i]), job, err);
        }
    }
    return status;
}

static mfn_status change_ledger(mfn__run *run, const settling *self, mfn_error *err)
{
    const mfn__connector_ops *connector = run->pipeline->connector;
    mfn_status status = MFN_OK;
    for (size_t i = 0; status == MFN_OK && i < self->count; i++) {
        const mfn__message *message = self->messages[i];
        status = spool_results(run, message, err);
        if (status == MFN_OK && message->inbox_row != 0) {
            status = mfn__inbox_remove(run->spool, message->inbox_row, err);
        }
    }
    if (status == MFN_OK && connector->acknowledge != NULL) {
        status = connector->acknowledge(run->connector, self->receipts, self->receipt_count, err);
    }
    return status;
}

static bool needs_ledger(const mfn__run *run, const settling *self)
{
    if (run->pipeline->connector->acknowledge != NULL) {
        return true;
    }
    for (size_t i = 0; i < self->count; i++) {
        if (self->messages[i]->inbox_row != 0 ||
            has_fate(run, self->messages[i], MFN__FATE_SPOOLED)) {
            return true;
        }
    }
    return false;
}

static mfn_status store_once(mfn__run *run, const settling *self, mfn_error *err)
{
    mfn_status status = mfn__ledger_begin(run->ledger, err);
    if (status != MFN_OK) {
        return status;
    }
    status = change_ledger(run, self, err);
    if (status != MFN_OK) {
        mfn__ledger_rollback(run->ledger);
        return status;
    }
    return mfn__ledger_commit(run->ledger, err);
}

/* Makes it durable, as often as it takes. False when the run was given up meanwhile. */
static bool store(mfn__run *run, const settling *self)
{
    const mfn__retry_options *retry = &run->pipeline->connector_retry;
    const mfn__advice no_advice = {0};
    for (uint64_t tried = 0;; tried++) {
        mfn_error err = {0};
        mfn_status status = store_once(run, self, &err);
        if (status == MFN_OK) {
            return true;
        }
        bool may_retry = mfn__retry_allows(retry, tried + 1);
        if (!mfn_status_is_transient(status) || mfn__run_is_abandoned(run) ||
            (!may_retry && mfn__run_must_end(run))) {
            mfn__run_warn(run,
                          "saving the state failed after %llu attempt%s: %s. Nothing is lost: "
                          "mend it and run again",
                          (unsigned long long)tried + 1, tried == 0 ? "" : "s", err.text);
            mfn__run_fail(run, &err);
            return false;
        }
        double delay_s =
            may_retry ? mfn__run_delay_s(run, retry, tried, &no_advice) : retry->max_retry_delay;
        mfn__run_warn(run, "saving the state failed, retrying in %.2fs (attempt %llu): %s", delay_s,
                      (unsigned long long)tried + 1, err.text);
        atomic_fetch_add(&run->account.retries, 1);
        mfn__run_sleep(run, delay_s);
    }
}

static void count_settled(mfn__run *run, const mfn__message *message)
{
    mfn__account *account = &run->account;
    if (message->problem.status != MFN_OK || has_fate(run, message, MFN__FATE_REFUSED)) {
        atomic_fetch_add(&account->dead_lettered, 1);
    } else if (has_fate(run, message, MFN__FATE_SPOOLED)) {
        atomic_fetch_add(&account->spooled, 1);
    } else {
        atomic_fetch_add(&account->published, 1);
    }
    atomic_fetch_sub(&account->alive, 1);
}

static void end_settled(mfn__run *run, settling *self)
{
    if (run->pipeline->connector->settled != NULL) {
        run->pipeline->connector->settled(run->connector, self->receipts, self->receipt_count);
    }
    uint64_t spooled[MFN__PUBLISHERS_MAX] = {0};
    for (size_t i = 0; i < self->count; i++) {
        mfn__message *message = self->messages[i];
        for (size_t k = 0; k < run->lane_count; k++) {
            spooled[k] += message->fates[k] == MFN__FATE_SPOOLED ? 1 : 0;
        }
        if (message->inbox_row != 0) {
            mfn__spool_give_back(run->spool, message->original_size);
        }
        count_settled(run, message);
        mfn__message_free(message);
    }
    for (size_t k = 0; k < run->lane_count; k++) {
        if (spooled[k] > 0) {
            mfn__lane_spooled(run->lanes[k], spooled[k]);
        }
    }
    atomic_store(&run->account.settled_ns, mfn__run_now_ns(run));
}

static void collect_receipts(settling *self)
{
    self->receipt_count = 0;
    for (size_t i = 0; i < self->count; i++) {
        if (self->messages[i]->inbox_row == 0) {
            self->receipts[self->receipt_count++] =
                (mfn__receipt){self->messages[i]->source, self->messages[i]->index};
        }
    }
}

static void settle(mfn__run *run, settling *self)
{
    drop_returned(run, self);
    if (self->count == 0) {
        return;
    }
    collect_receipts(self);
    bool is_settled = bury_all(run, self) && (!needs_ledger(run, self) || store(run, self));
    if (is_settled) {
        end_settled(run, self);
        return;
    }
    drop_returned(run, self); /* the run is abandoned: all of them */
}

/* A source that ended after its last item was settled. */
static void settle_news(mfn__run *run, settling *self)
{
    const mfn__connector_ops *connector = run->pipeline->connector;
    if (mfn__run_is_abandoned(run) || connector->has_news == NULL ||
        !connector->has_news(run->connector)) {
        return;
    }
    self->count = 0;
    self->receipt_count = 0;
    if (store(run, self) && connector->settled != NULL) {
        connector->settled(run->connector, NULL, 0);
    }
}

void mfn__settle_until_over(mfn__run *run, void (*idle)(void *context), void *context)
{
    settling self = {.count = 0};
    while (!mfn__queue_is_over(run->finished)) {
        self.count = mfn__queue_take(run->finished, mfn__run_now_ns(run) + TICK_NS, self.messages,
                                     SETTLE_MAX);
        idle(context);
        if (self.count == 0) {
            settle_news(run, &self);
        } else {
            settle(run, &self);
        }
    }
    settle_news(run, &self);
}
