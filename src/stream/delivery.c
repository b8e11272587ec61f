/* SPDX-License-Identifier: MIT */
#include "stream/delivery.h"

#include <stdio.h>
#include <time.h>

#include "base/error.h"
#include "stream/dead_letter.h"

/* Waiting looks at the flags this often. */
#define WAIT_STEP_NS (50 * MFN__NS_PER_MS)

static void warn(const mfn__delivery *delivery, const char *line)
{
    delivery->options->log.warn(delivery->options->log.context, line);
}

static bool is_abandoned(const mfn__delivery *delivery)
{
    return atomic_load(delivery->abandon);
}

static void wait_before_retry(mfn__delivery *delivery, double delay_s)
{
    const mfn__clock *clock = delivery->options->clock;
    int64_t end_ns = mfn__clock_monotonic_ns(clock) + (int64_t)(delay_s * (double)MFN__NS_PER_S);
    while (!is_abandoned(delivery)) {
        int64_t left_ns = end_ns - mfn__clock_monotonic_ns(clock);
        if (left_ns <= 0) {
            return;
        }
        const struct timespec step = {.tv_nsec = left_ns < WAIT_STEP_NS ? left_ns : WAIT_STEP_NS};
        nanosleep(&step, NULL);
        delivery->idle(delivery->idle_context);
    }
}

/* Something to do until it works. */
struct effort {
    mfn_status (*attempt)(mfn__delivery *delivery, void *context, mfn_error *err);
    void *context;
    const char *what; /* "writing results to out/results" */
    const mfn__retry_options *retry;
    mfn__metrics *metrics; /* may be NULL */
};

static void give_up(mfn__delivery *delivery, const struct effort *task, const mfn_error *err,
                    uint64_t attempts)
{
    char line[1024];
    snprintf(line, sizeof line,
             "%s failed after %llu attempts: %s. Nothing is lost: mend it and run again",
             task->what, (unsigned long long)attempts, err->text);
    warn(delivery, line);
    if (task->metrics != NULL) {
        task->metrics->failed++;
    }
    delivery->summary->failure = *err;
    atomic_store(delivery->abandon, true);
}

/* Tries until it works, cannot ever work, or it is time to give up: when retries are used up in a
 * run that shall end, or when the run is abandoned. A run without end waits for better times. */
static mfn_status persist(mfn__delivery *delivery, const struct effort *task, mfn_error *err)
{
    for (uint64_t attempt = 0;; attempt++) {
        mfn_status status = task->attempt(delivery, task->context, err);
        if (status == MFN_OK || !mfn_status_is_transient(status)) {
            return status;
        }
        if (task->metrics != NULL) {
            mfn__metrics_error(task->metrics, err, mfn__clock_wall_ns(delivery->options->clock));
        }
        bool may_retry = mfn__retry_allows(task->retry, attempt + 1);
        bool must_end = delivery->options->once || atomic_load(delivery->options->stop);
        if (is_abandoned(delivery) || (!may_retry && must_end)) {
            give_up(delivery, task, err, attempt + 1);
            return status;
        }
        double delay_s =
            may_retry ? mfn__retry_delay_s(task->retry, attempt) : task->retry->max_retry_delay;
        char line[1024];
        snprintf(line, sizeof line, "%s failed, retrying in %.2fs (attempt %llu): %s", task->what,
                 delay_s, (unsigned long long)attempt + 1, err->text);
        warn(delivery, line);
        delivery->summary->counts.retries++;
        if (task->metrics != NULL) {
            task->metrics->retries++;
        }
        wait_before_retry(delivery, delay_s);
    }
}

typedef struct publish_work {
    const mfn__open_publisher *publisher;
    mfn__message *const *messages;
    size_t count;
    uint64_t duplicates;
} publish_work;

static mfn_status attempt_publish(mfn__delivery *delivery, void *context, mfn_error *err)
{
    (void)delivery;
    publish_work *work = context;
    work->duplicates = 0;
    return work->publisher->section->ops->publish(work->publisher->self, work->messages,
                                                  work->count, &work->duplicates, err);
}

static void count_published(mfn__delivery *delivery, size_t number, const publish_work *work)
{
    mfn__metrics *metrics = &delivery->summary->publishers[number];
    uint64_t bytes = 0;
    for (size_t i = 0; i < work->count; i++) {
        bytes += work->messages[i]->payloads[work->publisher->content].size;
    }
    metrics->successful += work->count;
    metrics->bytes += bytes;
    metrics->last_wall_ns = mfn__clock_wall_ns(delivery->options->clock);
    delivery->summary->counts.bytes_published += bytes;
    if (number == 0) {
        delivery->summary->counts.duplicates += work->duplicates;
    }
}

/* Publishes a batch at one publisher. A batch that can never be published is taken apart, so that
 * only the messages at fault get a problem and become dead letters. */
static bool publish_at(mfn__delivery *delivery, size_t number, mfn__message *const *messages,
                       size_t count)
{
    const mfn__open_publisher *publisher = &delivery->publishers[number];
    mfn__metrics *metrics = &delivery->summary->publishers[number];
    publish_work work = {publisher, messages, count, 0};
    char what[64];
    snprintf(what, sizeof what, "publisher %zu (%s)", number, publisher->section->ops->kind);
    const struct effort task = {attempt_publish, &work, what, &publisher->section->retry, metrics};
    mfn_error err = {0};
    metrics->total += count;
    mfn_status status = persist(delivery, &task, &err);
    if (status == MFN_OK) {
        count_published(delivery, number, &work);
        return true;
    }
    if (mfn_status_is_transient(status)) {
        return false;
    }
    metrics->total -= count;
    if (count == 1) {
        metrics->total++;
        metrics->failed++;
        mfn__metrics_error(metrics, &err, mfn__clock_wall_ns(delivery->options->clock));
        messages[0]->problem = err;
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (!publish_at(delivery, number, messages + i, 1)) {
            return false;
        }
    }
    return true;
}

static mfn_status attempt_dead_letter(mfn__delivery *delivery, void *context, mfn_error *err)
{
    return mfn__dead_letter_write(delivery->pipeline->dead_letter.directory, context,
                                  delivery->options->clock, err);
}

static bool write_dead_letter(mfn__delivery *delivery, mfn__message *message)
{
    const struct effort task = {attempt_dead_letter, message, "writing a dead letter",
                                &delivery->pipeline->connector_retry, NULL};
    mfn_error err = {0};
    mfn_status status = persist(delivery, &task, &err);
    if (status != MFN_OK && !mfn_status_is_transient(status)) {
        give_up(delivery, &task, &err, 1);
    }
    return status == MFN_OK;
}

typedef struct settle_work {
    const mfn__receipt *receipts;
    size_t count;
} settle_work;

static mfn_status attempt_settle(mfn__delivery *delivery, void *context, mfn_error *err)
{
    const settle_work *work = context;
    const mfn__connector_ops *connector = delivery->pipeline->connector;
    mfn_status status = mfn__ledger_begin(delivery->ledger, err);
    if (status != MFN_OK) {
        return status;
    }
    status = connector->acknowledge(delivery->connector, work->receipts, work->count, err);
    if (status != MFN_OK) {
        mfn__ledger_rollback(delivery->ledger);
        return status;
    }
    status = mfn__ledger_commit(delivery->ledger, err);
    if (status == MFN_OK) {
        connector->settled(delivery->connector);
    }
    return status;
}

static bool settle_batch(mfn__delivery *delivery, const mfn__receipt *receipts, size_t count)
{
    settle_work work = {receipts, count};
    const struct effort task = {attempt_settle, &work, "saving the state",
                                &delivery->pipeline->connector_retry, NULL};
    mfn_error err = {0};
    mfn_status status = persist(delivery, &task, &err);
    if (status != MFN_OK && !mfn_status_is_transient(status)) {
        give_up(delivery, &task, &err, 1);
    }
    return status == MFN_OK;
}

static bool settle(mfn__delivery *delivery, mfn__message *const *messages, size_t count)
{
    mfn__receipt receipts[MFN__DELIVER_MAX];
    for (size_t i = 0; i < count; i++) {
        receipts[i] = (mfn__receipt){messages[i]->source, messages[i]->index};
    }
    return settle_batch(delivery, receipts, count);
}

bool mfn__deliver_news(mfn__delivery *delivery)
{
    const mfn__connector_ops *connector = delivery->pipeline->connector;
    return !connector->has_news(delivery->connector) || settle_batch(delivery, NULL, 0);
}

/* Moves the messages without a problem to the front and returns how many there are. */
static size_t good_first(mfn__message **messages, size_t count)
{
    size_t good = 0;
    for (size_t i = 0; i < count; i++) {
        if (messages[i]->problem.status == MFN_OK) {
            mfn__message *message = messages[i];
            messages[i] = messages[good];
            messages[good++] = message;
        }
    }
    return good;
}

static bool deliver_all(mfn__delivery *delivery, mfn__message **messages, size_t count)
{
    size_t good = good_first(messages, count);
    for (size_t number = 0; number < delivery->publisher_count && good > 0; number++) {
        size_t size = delivery->publishers[number].section->batch.batch_size;
        for (size_t done = 0; done < good; done += size) {
            size_t now = good - done < size ? good - done : size;
            if (!publish_at(delivery, number, messages + done, now)) {
                return false;
            }
        }
        good = good_first(messages, good);
    }
    for (size_t i = good; i < count; i++) {
        if (!write_dead_letter(delivery, messages[i])) {
            return false;
        }
    }
    if (!settle(delivery, messages, count)) {
        return false;
    }
    delivery->summary->counts.published += good;
    delivery->summary->counts.dead_lettered += count - good;
    return true;
}

bool mfn__deliver(mfn__delivery *delivery, mfn__message **messages, size_t count)
{
    bool is_delivered = deliver_all(delivery, messages, count);
    for (size_t i = 0; i < count; i++) {
        mfn__message_free(messages[i]);
    }
    return is_delivered;
}
