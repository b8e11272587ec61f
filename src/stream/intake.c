/* SPDX-License-Identifier: MIT */
#include "stream/intake.h"

#include <string.h>

#include "stream/replay.h"

#define FETCH_WAIT_NS      (200 * MFN__NS_PER_MS)
#define ROOM_WAIT_NS       (100 * MFN__NS_PER_MS)
#define PENDING_WAIT_S     0.02
#define COMPLETION_WARN_NS MFN__NS_PER_S

typedef struct intake {
    mfn__run *run;
    const mfn__connector_ops *ops;
    mfn__breaker breaker;
    mfn__replay *replay;
    uint64_t order;
    uint64_t requests;  /* that the source says were made of it */
    uint64_t failures;  /* in a row */
    int64_t first_ns;   /* when the first of them was */
    int64_t waiting_ns; /* since when input is incomplete; 0: it is not */
    bool has_warned;    /* of that */
} intake;

static bool must_stop(const intake *self)
{
    return mfn__run_is_abandoned(self->run) || atomic_load(self->run->options->stop);
}

/* A fetch that succeeded; one that had failed before is counted as begun already. */
static void count_success(intake *self, uint64_t bytes)
{
    mfn__run *run = self->run;
    pthread_mutex_lock(&run->mutex);
    run->fetch_metrics.total += self->failures == 0 ? 1 : 0;
    run->fetch_metrics.successful++;
    run->fetch_metrics.bytes += bytes;
    run->fetch_metrics.last_wall_ns = mfn__clock_wall_ns(run->options->clock);
    pthread_mutex_unlock(&run->mutex);
}

/* True when the source was asked since the last call. */
static bool was_asked(intake *self)
{
    mfn__source_report report;
    self->ops->report(self->run->connector, &report);
    bool is_new = report.requests != self->requests;
    self->requests = report.requests;
    return is_new;
}

/* Hands the messages to the workers; a source that needs signs of life gets them while there is no
 * room. */
static void hand_over(intake *self, const mfn__batch *batch)
{
    mfn__run *run = self->run;
    atomic_fetch_add(&run->account.read, batch->count);
    atomic_fetch_add(&run->account.alive, batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        mfn__message *message = batch->messages[i];
        atomic_fetch_add(&run->account.bytes_read, message->original_size);
        message->order = self->order++;
        while (!mfn__run_is_abandoned(run) &&
               !mfn__queue_wait_for_room(run->jobs, message, mfn__run_now_ns(run) + ROOM_WAIT_NS)) {
            if (self->ops->keep_alive != NULL) {
                self->ops->keep_alive(run->connector);
            }
        }
        if (mfn__run_is_abandoned(run) || !mfn__queue_add(run->jobs, message)) {
            mfn__run_return(run, message);
        }
    }
}

static void sleep_in_steps(const intake *self, double duration_s)
{
    int64_t end_ns = mfn__run_now_ns(self->run) + (int64_t)(duration_s * (double)MFN__NS_PER_S);
    while (mfn__run_now_ns(self->run) < end_ns && !must_stop(self)) {
        mfn__run_sleep(self->run, PENDING_WAIT_S);
        if (self->ops->keep_alive != NULL) {
            self->ops->keep_alive(self->run->connector);
        }
    }
}

/* As for publishers: lane_publish.c. */
static void note_breaker(const intake *self)
{
    pthread_mutex_lock(&self->run->mutex);
    mfn__breaker_state before = self->run->fetch_breaker;
    mfn__breaker_state now = self->breaker.state;
    self->run->fetch_breaker = now;
    pthread_mutex_unlock(&self->run->mutex);
    if (now == MFN__BREAKER_HALF_OPEN && before != now) {
        mfn__run_warn(self->run, "the source is tried again: its breaker is half open");
    } else if (now == MFN__BREAKER_CLOSED && before != now) {
        mfn__run_warn(self->run, "the source is back: its breaker is closed");
    }
}

/* False when there is nothing to wait for: the run shall end, or this can never work. */
static bool may_go_on(const intake *self, mfn__trouble trouble, bool may_retry)
{
    if (trouble == MFN__TROUBLE_PERMANENT || trouble == MFN__TROUBLE_GONE) {
        return false;
    }
    return (may_retry && trouble == MFN__TROUBLE_PASSING) || !self->run->options->once;
}

/* Counts a failed fetch and waits before the next; false when it is time to give up. */
static bool retry_fetch(intake *self, const mfn__advice *advice, const mfn_error *err)
{
    mfn__run *run = self->run;
    const mfn__retry_options *retry = &run->pipeline->connector_retry;
    mfn__trouble trouble = mfn__run_trouble(err->status, advice);
    int64_t now_ns = mfn__run_now_ns(run);
    self->first_ns = self->failures == 0 ? now_ns : self->first_ns;
    double elapsed_s = (double)(now_ns - self->first_ns) / (double)MFN__NS_PER_S;
    bool may_retry = mfn__retry_allows(retry, self->failures + 1) &&
                     (retry->max_retry_time <= 0 || elapsed_s < retry->max_retry_time);
    bool gives_up = !may_go_on(self, trouble, may_retry);
    pthread_mutex_lock(&run->mutex);
    run->fetch_metrics.total += self->failures == 0 ? 1 : 0;
    mfn__metrics_error(&run->fetch_metrics, err, mfn__clock_wall_ns(run->options->clock));
    run->fetch_metrics.retries += gives_up ? 0 : 1;
    run->fetch_metrics.failed += gives_up ? 1 : 0;
    pthread_mutex_unlock(&run->mutex);
    if (gives_up) {
        mfn__run_warn(run, "taking jobs in failed: %s", err->text);
        mfn__run_fail(run, err);
        return false;
    }
    atomic_fetch_add(&run->account.retries, 1);
    if (trouble == MFN__TROUBLE_PAUSED) {
        mfn__breaker_trip(&self->breaker, now_ns);
    } else {
        mfn__breaker_failure(&self->breaker, now_ns);
    }
    note_breaker(self);
    double delay_s =
        may_retry ? mfn__run_delay_s(run, retry, self->failures, advice) : retry->max_retry_delay;
    if (self->breaker.state == MFN__BREAKER_OPEN) {
        delay_s = run->pipeline->connector_breaker.recovery_timeout;
    }
    mfn__run_warn(run, "taking jobs in failed, retrying in %.2fs%s: %s", delay_s,
                  self->breaker.state == MFN__BREAKER_OPEN ? " (its breaker is open)" : "",
                  err->text);
    self->failures++;
    sleep_in_steps(self, delay_s);
    (void)mfn__breaker_look(&self->breaker, mfn__run_now_ns(run));
    note_breaker(self);
    return true;
}

static void succeeded(intake *self)
{
    if (self->failures > 0) {
        self->failures = 0;
        mfn__breaker_success(&self->breaker);
        note_breaker(self);
    }
}

/* In a run that shall end: waits for input that is there but not complete, and says so when that
 * takes long. */
static void wait_for_completion(intake *self, const mfn_error *why)
{
    int64_t now_ns = mfn__run_now_ns(self->run);
    self->waiting_ns = self->waiting_ns == 0 ? now_ns : self->waiting_ns;
    if (!self->has_warned && why->text[0] != '\0' &&
        now_ns - self->waiting_ns >= COMPLETION_WARN_NS) {
        mfn__run_warn(self->run, "waiting for input that is not complete: %s", why->text);
        self->has_warned = true;
    }
    mfn__run_sleep(self->run, PENDING_WAIT_S);
}

/* Letters to try again come first. True when there were any. */
static bool take_replays(intake *self)
{
    mfn__batch batch = {.count = 0};
    mfn_error err = {0};
    if (mfn__replay_fetch(self->replay, &batch, &err) != MFN_OK) {
        mfn__run_warn(self->run, "trying dead letters again: %s", err.text);
        return false;
    }
    if (batch.count > 0) {
        hand_over(self, &batch);
    }
    return batch.count > 0;
}

/* Jobs that nobody was told of: their source gives them again in the next run. */
static void drop(const mfn__batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        mfn__message_free(batch->messages[i]);
    }
}

static void take_in(intake *self, const mfn__batch *batch)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < batch->count; i++) {
        bytes += batch->messages[i]->original_size;
    }
    count_success(self, bytes);
    succeeded(self);
    self->waiting_ns = 0;
    self->has_warned = false;
    hand_over(self, batch);
}

/* One fetch. False when intake is over. */
static bool take_some(intake *self)
{
    mfn__run *run = self->run;
    mfn__batch batch = {.count = 0};
    mfn__advice advice = {0};
    mfn_error err = {0};
    int64_t wait_ns = run->options->once ? 0 : FETCH_WAIT_NS;
    mfn_status status =
        self->ops->fetch(run->connector, mfn__run_now_ns(run) + wait_ns, &batch, &advice, &err);
    bool is_quiet = (status == MFN_NOT_FOUND || status == MFN_TIMED_OUT) &&
                    advice.trouble == MFN__TROUBLE_BY_STATUS;
    bool is_asked = was_asked(self);
    if (must_stop(self) && (status == MFN_OK || status == MFN_CANCELLED)) {
        drop(&batch); /* nothing is taken in after a stop, and being stopped is no failure */
        return false;
    }
    if (status == MFN_OK) {
        take_in(self, &batch);
        return true;
    }
    if (!is_quiet) {
        err.status = status;
        return retry_fetch(self, &advice, &err);
    }
    if (is_asked || self->failures > 0) {
        count_success(self, 0);
    }
    succeeded(self);
    if (status == MFN_NOT_FOUND) {
        return !run->options->once;
    }
    if (run->options->once) {
        wait_for_completion(self, &err);
    }
    return true;
}

/* What was taken in is still under way, and the source must not take us for dead meanwhile. */
static void stay_alive(const intake *self)
{
    while (self->ops->keep_alive != NULL && atomic_load(&self->run->account.alive) > 0 &&
           !mfn__run_is_abandoned(self->run)) {
        mfn__run_sleep(self->run, PENDING_WAIT_S);
        self->ops->keep_alive(self->run->connector);
    }
}

/* What the connector takes from its source holds for jobs that come again, too. 0: no limit. */
static uint64_t max_job_bytes(const mfn__pipeline *pipeline)
{
    const mfn_option *option = mfn_option_find(pipeline->connector->options, "max_job_bytes");
    uint64_t bytes = 0;
    if (option != NULL && option->type == MFN_OPTION_WHOLE) {
        memcpy(&bytes, (const char *)pipeline->connector_options + option->offset, sizeof bytes);
    }
    return bytes;
}

void mfn__intake_until_over(mfn__run *run)
{
    const mfn__replay_options options = {
        .dead_letters = run->pipeline->dead_letter.directory,
        .max_job_bytes = max_job_bytes(run->pipeline),
        .clock = run->options->clock,
    };
    intake self = {.run = run, .ops = run->pipeline->connector};
    mfn__breaker_init(&self.breaker, &run->pipeline->connector_breaker);
    mfn_error err = {0};
    if (mfn__replay_open(&options, run->ledger, run->spool, &self.replay, &err) != MFN_OK) {
        mfn__run_warn(run, "looking for dead letters to try again failed: %s", err.text);
        mfn__run_fail(run, &err);
    }
    while (!must_stop(&self)) {
        while (!must_stop(&self) && take_replays(&self)) {
        }
        if (must_stop(&self) || !take_some(&self)) {
            break;
        }
    }
    mfn__replay_close(self.replay);
    mfn__queue_close(run->jobs);
    stay_alive(&self);
}
