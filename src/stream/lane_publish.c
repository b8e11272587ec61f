/* SPDX-License-Identifier: MIT */
/* A lane's thread: calls the publisher, tries again, puts off what cannot go now, and brings what
 * waits in the spool. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "stream/dead_letter.h"
#include "stream/lane_internal.h"

#define WAIT_S 0.05 /* between looks at what may have changed */

static void warn_spooling(const mfn__lane *lane, const char *why)
{
    mfn__run_warn(lane->run, "%s: its results wait in the spool: %s", lane->label, why);
}

/* Shows the breaker's state to others, and tells people when it is not what it was. That it opens
 * is told with the failure. */
static void note_breaker(mfn__lane *lane, bool is_in_trouble)
{
    pthread_mutex_lock(&lane->mutex);
    mfn__breaker_state before = lane->report.breaker;
    mfn__breaker_state now = lane->breaker.state;
    lane->is_in_trouble = is_in_trouble;
    lane->report.breaker = now;
    lane->report.breaker_openings = lane->breaker.openings;
    pthread_mutex_unlock(&lane->mutex);
    if (now == MFN__BREAKER_HALF_OPEN && before != now) {
        mfn__run_warn(lane->run, "%s is tried again: its breaker is half open", lane->label);
    } else if (now == MFN__BREAKER_CLOSED && before != now) {
        mfn__run_warn(lane->run, "%s is back: its breaker is closed", lane->label);
    }
}

void mfn__lane_count_error(mfn__lane *lane, const mfn_error *err, bool is_retried)
{
    pthread_mutex_lock(&lane->mutex);
    mfn__metrics_error(&lane->report.metrics, err, mfn__clock_wall_ns(lane->run->options->clock));
    lane->report.metrics.retries += is_retried ? 1 : 0;
    pthread_mutex_unlock(&lane->mutex);
    if (is_retried) {
        atomic_fetch_add(&lane->run->account.retries, 1);
    }
}

void mfn__lane_count(mfn__lane *lane, uint64_t total, uint64_t published, uint64_t refused,
                     uint64_t bytes)
{
    pthread_mutex_lock(&lane->mutex);
    mfn__metrics *metrics = &lane->report.metrics;
    metrics->total += total;
    metrics->successful += published;
    metrics->failed += refused;
    metrics->bytes += bytes;
    if (published > 0) {
        metrics->last_wall_ns = mfn__clock_wall_ns(lane->run->options->clock);
    }
    pthread_mutex_unlock(&lane->mutex);
}

static bool is_marked(const mfn__parcel *parcel)
{
    return parcel->is_done || parcel->problem.status != MFN_OK;
}

/* One call; when the publisher says "never" without saying which, each parcel is tried alone, so
 * that only those at fault become dead letters. MFN_OK: all are marked. */
static mfn_status attempt(mfn__lane *lane, size_t count, mfn__advice *advice, mfn_error *err)
{
    const mfn__publisher_ops *ops = lane->section->ops;
    mfn_status status = ops->publish(lane->self, lane->parcels, count, advice, err);
    if (status == MFN_OK || mfn__run_trouble(status, advice) != MFN__TROUBLE_PERMANENT) {
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        mfn__parcel *parcel = &lane->parcels[i];
        if (is_marked(parcel)) {
            continue;
        }
        if (count > 1) {
            *advice = (mfn__advice){0};
            status = ops->publish(lane->self, parcel, 1, advice, err);
        }
        if (status == MFN_OK) {
            continue;
        }
        if (mfn__run_trouble(status, advice) != MFN__TROUBLE_PERMANENT) {
            return status;
        }
        if (!is_marked(parcel)) {
            parcel->problem = *err;
        }
    }
    return MFN_OK;
}

typedef enum outcome { DELIVERED, PUT_OFF, GIVEN_UP } outcome;

static outcome give_up(mfn__lane *lane, const mfn_error *err, uint64_t attempts)
{
    mfn__run_warn(lane->run,
                  "%s failed after %llu attempt%s: %s. Nothing is lost: mend it and run again",
                  lane->label, (unsigned long long)attempts, attempts == 1 ? "" : "s", err->text);
    pthread_mutex_lock(&lane->mutex);
    lane->report.metrics.failed++;
    pthread_mutex_unlock(&lane->mutex);
    mfn__run_fail(lane->run, err);
    return GIVEN_UP;
}

static mfn__breaker_state look(mfn__lane *lane)
{
    mfn__breaker_state state = mfn__breaker_look(&lane->breaker, mfn__run_now_ns(lane->run));
    note_breaker(lane, state != MFN__BREAKER_CLOSED || lane->is_in_trouble);
    return state;
}

/* Waits until a call may pass. Otherwise nothing can be delivered now. */
static outcome pass_breaker(mfn__lane *lane, const mfn_error *last)
{
    while (look(lane) == MFN__BREAKER_OPEN) {
        if (mfn__run_is_abandoned(lane->run)) {
            return GIVEN_UP;
        }
        if (lane->may_spool) {
            return PUT_OFF;
        }
        if (mfn__run_must_end(lane->run)) {
            return give_up(lane, last, lane->breaker.failures);
        }
        int64_t left_ns = mfn__breaker_ready_ns(&lane->breaker) - mfn__run_now_ns(lane->run);
        double left_s = (double)left_ns / (double)MFN__NS_PER_S;
        mfn__run_sleep(lane->run, left_s < WAIT_S ? left_s : WAIT_S);
    }
    return DELIVERED;
}

/* After a failed attempt: waits for the next one, or decides that there is none. */
static outcome after_failure(mfn__lane *lane, uint64_t tried, int64_t first_ns,
                             const mfn__advice *advice, const mfn_error *err)
{
    const mfn__retry_options *retry = &lane->section->retry;
    mfn__trouble trouble = mfn__run_trouble(err->status, advice);
    int64_t now_ns = mfn__run_now_ns(lane->run);
    mfn__breaker_state before = lane->breaker.state;
    if (trouble == MFN__TROUBLE_PASSING) {
        mfn__breaker_failure(&lane->breaker, now_ns);
    } else {
        mfn__breaker_trip(&lane->breaker, now_ns);
    }
    lane->is_gone |= trouble == MFN__TROUBLE_GONE;
    note_breaker(lane, true);
    double elapsed_s = (double)(now_ns - first_ns) / (double)MFN__NS_PER_S;
    bool may_retry = trouble == MFN__TROUBLE_PASSING && mfn__retry_allows(retry, tried + 1) &&
                     (retry->max_retry_time <= 0 || elapsed_s < retry->max_retry_time) &&
                     before != MFN__BREAKER_HALF_OPEN;
    bool gives_up = mfn__run_is_abandoned(lane->run) ||
                    (!may_retry && !lane->may_spool &&
                     (mfn__run_must_end(lane->run) || trouble == MFN__TROUBLE_GONE));
    bool puts_off = !may_retry && lane->may_spool;
    mfn__lane_count_error(lane, err, !gives_up && !puts_off);
    if (gives_up) {
        return give_up(lane, err, tried + 1);
    }
    if (puts_off) {
        if (before != MFN__BREAKER_HALF_OPEN) {
            warn_spooling(lane, err->text);
        }
        mfn__breaker_trip(&lane->breaker, now_ns);
        note_breaker(lane, true);
        return PUT_OFF;
    }
    double delay_s =
        may_retry ? mfn__run_delay_s(lane->run, retry, tried, advice) : retry->max_retry_delay;
    if (lane->breaker.state == MFN__BREAKER_OPEN) {
        mfn__run_warn(lane->run, "%s failed, its breaker is open, next try in %.2fs: %s",
                      lane->label, lane->section->breaker.recovery_timeout, err->text);
        return DELIVERED;
    }
    mfn__run_warn(lane->run, "%s failed, retrying in %.2fs (attempt %llu/%llu): %s", lane->label,
                  delay_s, (unsigned long long)tried + 1,
                  (unsigned long long)retry->max_retries + 1, err->text);
    mfn__run_sleep(lane->run, delay_s);
    return DELIVERED;
}

/* Publishes the first `count` parcels, as often as it takes. */
static outcome deliver(mfn__lane *lane, size_t count)
{
    int64_t first_ns = mfn__run_now_ns(lane->run);
    mfn_error err = {0};
    for (uint64_t tried = 0;; tried++) {
        outcome result = pass_breaker(lane, &err);
        if (result != DELIVERED) {
            return result;
        }
        mfn__advice advice = {0};
        mfn_status status = attempt(lane, count, &advice, &err);
        if (status == MFN_OK) {
            mfn__breaker_success(&lane->breaker);
            note_breaker(lane, false);
            return DELIVERED;
        }
        err.status = status;
        result = after_failure(lane, tried, first_ns, &advice, &err);
        if (result != DELIVERED) {
            return result;
        }
    }
}

static void fill_parcels(mfn__lane *lane, mfn__message *const *messages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const mfn__message *message = messages[i];
        lane->parcels[i] = (mfn__parcel){
            .simulation_id = message->id,
            .result_id = message->result_id,
            .bytes = message->payloads[lane->content].bytes,
            .size = message->payloads[lane->content].size,
            .wall_ns = message->computed_wall_ns,
            .extra = message->extra,
        };
    }
}

/* Counts what the parcels say. */
static void count_parcels(mfn__lane *lane, size_t count)
{
    uint64_t published = 0;
    uint64_t refused = 0;
    uint64_t known = 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        const mfn__parcel *parcel = &lane->parcels[i];
        published += parcel->is_done ? 1 : 0;
        bytes += parcel->is_done ? parcel->size : 0;
        known += parcel->is_done && parcel->was_known ? 1 : 0;
        if (!parcel->is_done && parcel->problem.status != MFN_OK) {
            refused++;
            mfn__lane_count_error(lane, &parcel->problem, false);
        }
    }
    mfn__lane_count(lane, published + refused, published, refused, bytes);
    pthread_mutex_lock(&lane->mutex);
    lane->report.duplicates += known;
    pthread_mutex_unlock(&lane->mutex);
}

static void refuse(mfn__lane *lane, mfn__message *message, const mfn__parcel *parcel)
{
    mfn__rejection *kept = mfn__mem_new(1, sizeof *kept);
    if (kept == NULL) {
        mfn_error err = {0};
        mfn__fail_memory(&err);
        mfn__run_fail(lane->run, &err);
        mfn__lane_end_message(lane, message, MFN__FATE_RETURNED);
        return;
    }
    *kept = (mfn__rejection){parcel->problem, parcel->http_status};
    message->refusals[lane->number] = kept;
    mfn__lane_end_message(lane, message, MFN__FATE_REFUSED);
}

static size_t end_published(mfn__lane *lane, mfn__message **messages, size_t count, outcome result)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        const mfn__parcel *parcel = &lane->parcels[i];
        if (parcel->is_done) {
            mfn__lane_end_message(lane, messages[i], MFN__FATE_PUBLISHED);
        } else if (parcel->problem.status != MFN_OK) {
            refuse(lane, messages[i], parcel);
        } else if (result == PUT_OFF) {
            messages[left++] = messages[i];
        } else {
            mfn__lane_end_message(lane, messages[i], MFN__FATE_RETURNED);
        }
    }
    return left;
}

/* Publishes the messages; those that must be put off are moved to the front and counted. */
static size_t publish_taken(mfn__lane *lane, mfn__message **messages, size_t count)
{
    fill_parcels(lane, messages, count);
    outcome result = deliver(lane, count);
    count_parcels(lane, count);
    return end_published(lane, messages, count, result);
}

/* Messages of one call now: few while it is being tried whether the publisher is back. */
static size_t call_size(mfn__lane *lane, size_t most)
{
    uint64_t size = lane->breaker.options.half_open_max_calls;
    bool is_try = look(lane) == MFN__BREAKER_HALF_OPEN;
    return is_try && size < most ? (size_t)size : most;
}

/* Dead letters of a spooled batch. False when the run was given up. */
static bool bury_refused(mfn__lane *lane, const mfn__batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        const mfn__parcel *parcel = &lane->parcels[i];
        if (parcel->problem.status == MFN_OK || parcel->is_done) {
            continue;
        }
        mfn__dead_letter letter = mfn__dead_letter_of(batch->messages[i]);
        letter.problem = &parcel->problem;
        letter.http_status = parcel->http_status;
        letter.publisher = lane->name;
        if (!mfn__run_bury(lane->run, &letter)) {
            return false;
        }
        batch->messages[i]->problem = parcel->problem;
    }
    return true;
}

static void count_recovered(mfn__lane *lane, size_t count, const mfn__outbox_ended *ended)
{
    mfn__account *account = &lane->run->account;
    atomic_fetch_sub(&account->spooled, ended->published + ended->refused);
    atomic_fetch_add(&account->published, ended->published);
    atomic_fetch_add(&account->dead_lettered, ended->refused);
    pthread_mutex_lock(&lane->mutex);
    lane->report.backlog -= count;
    lane->report.from_spool += count;
    bool is_drained = lane->report.backlog == 0;
    pthread_mutex_unlock(&lane->mutex);
    if (is_drained) {
        mfn__run_warn(lane->run, "%s: the spool owes it nothing any more", lane->label);
    }
}

static void forget_spooled(mfn__lane *lane, const mfn__batch *batch)
{
    mfn_error err = {0};
    mfn__outbox_ended ended = {0};
    mfn_status status = mfn__outbox_remove(lane->run->spool, lane->around.target, batch,
                                           lane->content, &ended, &err);
    while (status != MFN_OK && !mfn__run_is_abandoned(lane->run)) {
        if (mfn__run_must_end(lane->run) || !mfn_status_is_transient(status)) {
            mfn__run_fail(lane->run, &err);
            return;
        }
        mfn__run_warn(lane->run, "%s", err.text);
        mfn__run_sleep(lane->run, lane->section->retry.max_retry_delay);
        status = mfn__outbox_remove(lane->run->spool, lane->around.target, batch, lane->content,
                                    &ended, &err);
    }
    if (status == MFN_OK) {
        count_recovered(lane, batch->count, &ended);
    }
}

/* Publishes the oldest spooled results. False when that is not possible now. */
static bool drain_some(mfn__lane *lane)
{
    mfn__batch batch = {.count = 0};
    mfn_error err = {0};
    size_t max = call_size(lane, lane->capacity < MFN__BATCH_MAX ? lane->capacity : MFN__BATCH_MAX);
    if (mfn__outbox_take(lane->run->spool, lane->around.target, lane->content, max, &batch, &err) !=
        MFN_OK) {
        mfn__run_warn(lane->run, "%s: %s", lane->label, err.text);
        mfn__run_sleep(lane->run, 1.0);
        return false;
    }
    fill_parcels(lane, batch.messages, batch.count);
    outcome result = batch.count > 0 ? deliver(lane, batch.count) : PUT_OFF;
    if (result == DELIVERED) {
        count_parcels(lane, batch.count);
        if (bury_refused(lane, &batch)) {
            forget_spooled(lane, &batch);
        }
    }
    for (size_t i = 0; i < batch.count; i++) {
        mfn__message_free(batch.messages[i]);
    }
    return result == DELIVERED && !mfn__run_is_abandoned(lane->run);
}

static bool can_drain(mfn__lane *lane)
{
    pthread_mutex_lock(&lane->mutex);
    bool has_backlog = lane->report.backlog > 0 && !lane->is_gone;
    pthread_mutex_unlock(&lane->mutex);
    return has_backlog && look(lane) != MFN__BREAKER_OPEN && !mfn__run_is_abandoned(lane->run);
}

/* Nothing can be put off while the spool is full. */
static void complain_of_full_spool(mfn__lane *lane, bool *has_warned)
{
    if (mfn__run_must_end(lane->run)) {
        mfn_error err = {0};
        mfn__fail(&err, MFN_NO_SPACE, "spool.max_bytes",
                  "%s is down and the spool is full: mend it, or raise spool.max_bytes",
                  lane->label);
        mfn__run_fail(lane->run, &err);
    }
    if (!*has_warned) {
        mfn__run_warn(lane->run, "%s: the spool is full; intake waits", lane->label);
        *has_warned = true;
    }
}

/* Puts the message into the spool. While that is full, tries to make room there or to publish after
 * all. */
static void put_off_or_wait(mfn__lane *lane, mfn__message *message)
{
    bool has_warned = false;
    while (!mfn__lane_put_off(lane, message)) {
        if (mfn__run_is_abandoned(lane->run)) {
            mfn__lane_end_message(lane, message, MFN__FATE_RETURNED);
            return;
        }
        complain_of_full_spool(lane, &has_warned);
        if (can_drain(lane)) {
            (void)drain_some(lane);
        } else if (look(lane) != MFN__BREAKER_OPEN) {
            if (publish_taken(lane, &message, 1) == 0) {
                return;
            }
        } else {
            mfn__run_sleep(lane->run, WAIT_S);
        }
    }
}

static void handle_taken(mfn__lane *lane, size_t count)
{
    for (size_t done = 0; done < count;) {
        size_t now = call_size(lane, count - done);
        size_t left = publish_taken(lane, lane->taken + done, now);
        for (size_t i = 0; i < left; i++) {
            put_off_or_wait(lane, lane->taken[done + i]);
        }
        done += now;
    }
}

static void return_taken(mfn__lane *lane, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mfn__lane_end_message(lane, lane->taken[i], MFN__FATE_RETURNED);
    }
}

void mfn__lane_publish_until_over(mfn__lane *lane)
{
    bool is_over = false;
    while (!is_over) {
        bool may_drain = can_drain(lane);
        size_t count = mfn__lane_take(lane, lane->capacity, !may_drain, &is_over);
        if (mfn__run_is_abandoned(lane->run)) {
            return_taken(lane, count);
            continue;
        }
        handle_taken(lane, count);
        if (can_drain(lane)) {
            (void)drain_some(lane);
        }
    }
}

void mfn__lane_drain_rest(mfn__lane *lane)
{
    while (can_drain(lane) && drain_some(lane)) {
    }
}
