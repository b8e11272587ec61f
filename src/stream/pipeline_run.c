/* SPDX-License-Identifier: MIT */
/* One run of a pipeline: opens everything, starts the threads, and keeps the account of every
 * message until all are settled or known to be unfinished. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "stream/delivery.h"
#include "stream/queue.h"
#include "stream/worker.h"

#define TICK_NS            (100 * MFN__NS_PER_MS)
#define FETCH_WAIT_NS      (200 * MFN__NS_PER_MS)
#define PENDING_WAIT_NS    (20 * MFN__NS_PER_MS)
#define COMPLETION_WARN_NS MFN__NS_PER_S
#define COMPUTE_TRIES      3
#define COMPUTE_WAIT_NS    MFN__NS_PER_S

typedef struct run {
    mfn__pipeline *pipeline;
    const mfn__run_options *options;
    mfn__run_summary *summary; /* the caller's thread alone writes it while threads run */
    mfn__ledger *ledger;
    mfn__surroundings around;
    void *connector;
    mfn__queue *jobs;    /* from intake to the workers */
    mfn__queue *results; /* from the workers to delivery */
    mfn__delivery delivery;
    mfn__worker **workers;
    pthread_t *worker_threads;
    size_t started_workers;
    pthread_t intake_thread;
    bool intake_started;
    atomic_bool abandon;        /* leave everything that is not settled for the next run */
    atomic_size_t busy_workers; /* the last one to end closes `results` */
    atomic_uint_fast64_t read, computed, bytes_read, retries;
    int64_t stop_seen_ns; /* when the stop was noticed; 0: not yet */
    int64_t shown_ns;
    pthread_mutex_t mutex; /* guards the connector's metrics and the failure below */
    mfn__metrics fetch_metrics;
    mfn_error failure;
} run;

typedef struct worker_start {
    run *owner;
    mfn__worker *worker;
} worker_start;

static int64_t now_ns(const run *self)
{
    return mfn__clock_monotonic_ns(self->options->clock);
}

static void sleep_ns(int64_t duration_ns)
{
    const struct timespec duration = {.tv_sec = (time_t)(duration_ns / MFN__NS_PER_S),
                                      .tv_nsec = (long)(duration_ns % MFN__NS_PER_S)};
    nanosleep(&duration, NULL);
}

static void warn(const run *self, const char *line)
{
    self->options->log.warn(self->options->log.context, line);
}

static bool intake_must_end(const run *self)
{
    return atomic_load(&self->abandon) || atomic_load(self->options->stop);
}

static void fail_run(run *self, const mfn_error *err)
{
    pthread_mutex_lock(&self->mutex);
    self->failure = *err;
    pthread_mutex_unlock(&self->mutex);
    atomic_store(&self->abandon, true);
}

static void hand_over(run *self, const mfn__batch *batch)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < batch->count; i++) {
        bytes += batch->messages[i]->original_size;
    }
    atomic_fetch_add(&self->read, batch->count);
    atomic_fetch_add(&self->bytes_read, bytes);
    pthread_mutex_lock(&self->mutex);
    self->fetch_metrics.successful++;
    self->fetch_metrics.bytes += bytes;
    self->fetch_metrics.last_wall_ns = mfn__clock_wall_ns(self->options->clock);
    pthread_mutex_unlock(&self->mutex);
    for (size_t i = 0; i < batch->count; i++) {
        if (!mfn__queue_add(self->jobs, batch->messages[i])) {
            mfn__message_free(batch->messages[i]);
        }
    }
}

/* Counts a failed fetch and waits before the next; false when it is time to give up. */
static bool retry_fetch(run *self, uint64_t attempt, const mfn_error *err)
{
    const mfn__retry_options *retry = &self->pipeline->connector_retry;
    bool may_retry = mfn__retry_allows(retry, attempt + 1);
    bool gives_up = !mfn_status_is_transient(err->status) || (!may_retry && self->options->once);
    pthread_mutex_lock(&self->mutex);
    mfn__metrics_error(&self->fetch_metrics, err, mfn__clock_wall_ns(self->options->clock));
    self->fetch_metrics.retries += gives_up ? 0 : 1;
    self->fetch_metrics.failed += gives_up ? 1 : 0;
    pthread_mutex_unlock(&self->mutex);
    char line[1024];
    if (gives_up) {
        snprintf(line, sizeof line, "taking jobs in failed: %s", err->text);
        warn(self, line);
        return false;
    }
    atomic_fetch_add(&self->retries, 1);
    double delay_s = may_retry ? mfn__retry_delay_s(retry, attempt) : retry->max_retry_delay;
    snprintf(line, sizeof line, "taking jobs in failed, retrying in %.2fs: %s", delay_s, err->text);
    warn(self, line);
    int64_t end_ns = now_ns(self) + (int64_t)(delay_s * (double)MFN__NS_PER_S);
    while (now_ns(self) < end_ns && !intake_must_end(self)) {
        sleep_ns(PENDING_WAIT_NS);
    }
    return true;
}

/* In a run that shall end: waits for input that is there but not complete, and says so when that
 * takes long. `*since_ns` is when it began; 0: not waiting. */
static void wait_for_completion(run *self, int64_t *since_ns)
{
    int64_t time_ns = now_ns(self);
    *since_ns = *since_ns == 0 ? time_ns : *since_ns;
    if (time_ns - *since_ns >= COMPLETION_WARN_NS) {
        warn(self, "waiting for input that is not complete: a file that somebody still writes, or "
                   "one without its marker");
        *since_ns = INT64_MAX;
    }
    sleep_ns(PENDING_WAIT_NS);
}

static void *intake_main(void *context)
{
    run *self = context;
    int64_t waiting_since_ns = 0;
    const mfn__connector_ops *ops = self->pipeline->connector;
    uint64_t failures = 0;
    while (!intake_must_end(self)) {
        mfn__batch batch;
        mfn_error err = {0};
        int64_t wait_ns = self->options->once ? 0 : FETCH_WAIT_NS;
        mfn_status status = ops->fetch(self->connector, now_ns(self) + wait_ns, &batch, &err);
        if (status == MFN_OK || (status != MFN_NOT_FOUND && status != MFN_TIMED_OUT)) {
            pthread_mutex_lock(&self->mutex);
            self->fetch_metrics.total += failures == 0 ? 1 : 0;
            pthread_mutex_unlock(&self->mutex);
        }
        if (status == MFN_OK) {
            failures = 0;
            waiting_since_ns = 0;
            hand_over(self, &batch);
        } else if (status == MFN_NOT_FOUND) {
            failures = 0;
            if (self->options->once) {
                break;
            }
        } else if (status == MFN_TIMED_OUT) {
            failures = 0;
            if (self->options->once) {
                wait_for_completion(self, &waiting_since_ns);
            }
        } else if (!retry_fetch(self, failures++, &err)) {
            fail_run(self, &err);
            break;
        }
    }
    mfn__queue_close(self->jobs);
    return NULL;
}

static mfn_status compute_with_patience(run *self, mfn__worker *worker, mfn__message *message,
                                        mfn_error *err)
{
    mfn_status status = mfn__worker_compute(worker, message, err);
    for (int i = 1; i < COMPUTE_TRIES && mfn_status_is_transient(status); i++) {
        warn(self, err->text);
        atomic_fetch_add(&self->retries, 1);
        sleep_ns(COMPUTE_WAIT_NS);
        status = mfn__worker_compute(worker, message, err);
    }
    return status;
}

static void *worker_main(void *context)
{
    worker_start start = *(worker_start *)context;
    run *self = start.owner;
    mfn__mem_free(context);
    while (!mfn__queue_is_over(self->jobs)) {
        mfn__message *message = NULL;
        if (mfn__queue_take(self->jobs, now_ns(self) + TICK_NS, &message, 1) == 0) {
            continue;
        }
        mfn_error err = {0};
        mfn_status status = atomic_load(&self->abandon)
                                ? MFN_CANCELLED
                                : compute_with_patience(self, start.worker, message, &err);
        if (status == MFN_OK) {
            bool is_result = message->problem.status == MFN_OK;
            if (mfn__queue_add(self->results, message)) {
                atomic_fetch_add(&self->computed, is_result ? 1 : 0);
                continue;
            }
        } else if (status != MFN_CANCELLED) {
            fail_run(self, &err);
        }
        mfn__message_free(message); /* unacknowledged: it comes again in the next run */
    }
    if (atomic_fetch_sub(&self->busy_workers, 1) == 1) {
        mfn__queue_close(self->results);
    }
    return NULL;
}

static void refresh_counts(run *self)
{
    mfn__run_counts *counts = &self->summary->counts;
    counts->read = atomic_load(&self->read);
    counts->computed = atomic_load(&self->computed);
    counts->bytes_read = atomic_load(&self->bytes_read);
    counts->in_flight = counts->read - counts->published - counts->dead_lettered;
}

/* Shows progress and watches the stop flag. Also called while delivery waits for a retry. */
static void tick(void *context)
{
    run *self = context;
    int64_t time_ns = now_ns(self);
    if (atomic_load(self->options->stop) && self->stop_seen_ns == 0) {
        self->stop_seen_ns = time_ns;
    }
    int64_t grace_ns = (int64_t)(self->pipeline->general.grace_time * (double)MFN__NS_PER_S);
    if (self->stop_seen_ns != 0 && time_ns - self->stop_seen_ns > grace_ns) {
        atomic_store(&self->abandon, true);
    }
    if (self->options->progress != NULL && time_ns - self->shown_ns >= TICK_NS) {
        self->shown_ns = time_ns;
        refresh_counts(self);
        self->options->progress(self->options->progress_context, &self->summary->counts,
                                mfn__queue_length(self->jobs));
    }
}

static void drop(mfn__message **messages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mfn__message_free(messages[i]);
    }
}

/* After giving up, results are thrown away unacknowledged until the threads have ended. */
static void deliver_until_over(run *self)
{
    mfn__message *messages[MFN__DELIVER_MAX];
    while (!mfn__queue_is_over(self->results)) {
        size_t count =
            mfn__queue_take(self->results, now_ns(self) + TICK_NS, messages, MFN__DELIVER_MAX);
        tick(self);
        if (atomic_load(&self->abandon)) {
            drop(messages, count);
        } else if (count == 0) {
            (void)mfn__deliver_news(&self->delivery);
        } else {
            (void)mfn__deliver(&self->delivery, messages, count);
        }
    }
    if (!atomic_load(&self->abandon)) {
        (void)mfn__deliver_news(&self->delivery);
    }
}

static mfn_status open_publishers(run *self, mfn_error *err)
{
    mfn__delivery *delivery = &self->delivery;
    for (size_t i = 0; i < self->pipeline->publisher_count; i++) {
        const mfn__publisher_section *section = &self->pipeline->publishers[i];
        mfn__open_publisher *publisher = &delivery->publishers[i];
        mfn_error reason = {0};
        mfn_status status =
            section->ops->open(section->options, &self->around, &publisher->self, &reason);
        if (status != MFN_OK) {
            return mfn__fail(err, status, reason.field, "publishers[%zu]: %s", i, reason.text);
        }
        publisher->section = section;
        publisher->content = section->ops->content(section->options);
        delivery->publisher_count++;
    }
    return MFN_OK;
}

static mfn_status make_workers(run *self, mfn_error *err)
{
    size_t count = self->pipeline->worker_count;
    mfn__worker_options options = {
        .limits = {.max_cell_steps = self->pipeline->engine.max_cell_steps},
        .abandon = &self->abandon,
    };
    for (size_t i = 0; i < self->delivery.publisher_count; i++) {
        options.wants[self->delivery.publishers[i].content] = true;
    }
    self->workers = mfn__mem_new(count, sizeof(mfn__worker *));
    self->worker_threads = mfn__mem_new(count, sizeof *self->worker_threads);
    if (self->workers == NULL || self->worker_threads == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = MFN_OK;
    for (size_t i = 0; i < count && status == MFN_OK; i++) {
        status = mfn__worker_new(&options, &self->workers[i], err);
    }
    return status;
}

static mfn_status open_all(run *self, mfn_error *err)
{
    const mfn__pipeline *pipeline = self->pipeline;
    size_t items = (size_t)pipeline->engine.queue_items;
    size_t bytes = (size_t)pipeline->engine.queue_bytes / 2;
    mfn_status status = mfn__ledger_open(pipeline->general.state, &self->ledger, err);
    if (status != MFN_OK) {
        return status;
    }
    self->around = (mfn__surroundings){self->ledger, self->options->clock, &self->options->log};
    self->delivery = (mfn__delivery){
        .pipeline = pipeline,
        .options = self->options,
        .ledger = self->ledger,
        .abandon = &self->abandon,
        .idle = tick,
        .idle_context = self,
        .summary = self->summary,
    };
    status = pipeline->connector->open(pipeline->connector_options, &self->around, &self->connector,
                                       err);
    self->delivery.connector = self->connector;
    if (status == MFN_OK) {
        status = open_publishers(self, err);
    }
    if (status == MFN_OK) {
        status = mfn__queue_new(items, bytes, &self->jobs, err);
    }
    if (status == MFN_OK) {
        status = mfn__queue_new(items, bytes, &self->results, err);
    }
    return status == MFN_OK ? make_workers(self, err) : status;
}

static mfn_status start_worker(run *self, size_t number, mfn_error *err)
{
    worker_start *start = mfn__mem_new(1, sizeof *start);
    if (start == NULL) {
        return mfn__fail_memory(err);
    }
    *start = (worker_start){self, self->workers[number]};
    int code = pthread_create(&self->worker_threads[number], NULL, worker_main, start);
    if (code != 0) {
        mfn__mem_free(start);
        return mfn__fail_errno(err, code, "workers", "cannot start a thread");
    }
    self->started_workers++;
    return MFN_OK;
}

/* Starts the threads; after a failure those that run come to their end by themselves. */
static mfn_status start_threads(run *self, mfn_error *err)
{
    size_t count = self->pipeline->worker_count;
    atomic_store(&self->busy_workers, count);
    mfn_status status = MFN_OK;
    for (size_t i = 0; i < count && status == MFN_OK; i++) {
        status = start_worker(self, i, err);
    }
    if (status == MFN_OK) {
        int code = pthread_create(&self->intake_thread, NULL, intake_main, self);
        self->intake_started = code == 0;
        if (code != 0) {
            status = mfn__fail_errno(err, code, NULL, "cannot start a thread");
        }
    }
    if (status != MFN_OK) {
        mfn__queue_close(self->jobs);
    }
    return status;
}

static void join_threads(run *self)
{
    if (self->intake_started) {
        pthread_join(self->intake_thread, NULL);
    }
    for (size_t i = 0; i < self->started_workers; i++) {
        pthread_join(self->worker_threads[i], NULL);
    }
}

static void close_all(run *self)
{
    for (size_t i = 0; i < self->delivery.publisher_count; i++) {
        const mfn__open_publisher *publisher = &self->delivery.publishers[i];
        publisher->section->ops->close(publisher->self);
    }
    for (size_t i = 0; self->workers != NULL && i < self->pipeline->worker_count; i++) {
        mfn__worker_free(self->workers[i]);
    }
    mfn__mem_free(self->workers);
    mfn__mem_free(self->worker_threads);
    mfn__queue_free(self->jobs);
    mfn__queue_free(self->results);
    self->pipeline->connector->close(self->connector);
    mfn__ledger_close(self->ledger);
}

static void summarize(run *self, int64_t started_ns)
{
    mfn__run_summary *summary = self->summary;
    refresh_counts(self);
    summary->counts.retries += atomic_load(&self->retries);
    summary->seconds = (double)(now_ns(self) - started_ns) / (double)MFN__NS_PER_S;
    summary->connector = self->fetch_metrics;
    summary->is_unfinished = atomic_load(&self->abandon) || summary->counts.in_flight > 0;
    if (self->failure.status != MFN_OK) {
        summary->failure = self->failure;
    }
    self->pipeline->connector->count_sources(self->connector, &summary->files_read,
                                             &summary->files_skipped);
}

mfn_status mfn__pipeline_run(mfn__pipeline *pipeline, const mfn__run_options *options,
                             mfn__run_summary *ret, mfn_error *err)
{
    *ret = (mfn__run_summary){
        .dead_letter_directory = pipeline->dead_letter.directory,
        .publisher_count = pipeline->publisher_count,
    };
    run self = {.pipeline = pipeline, .options = options, .summary = ret};
    pthread_mutex_init(&self.mutex, NULL);
    int64_t started_ns = now_ns(&self);
    mfn_status status = open_all(&self, err);
    if (status == MFN_OK) {
        status = start_threads(&self, err);
        if (status == MFN_OK) {
            deliver_until_over(&self);
        }
        join_threads(&self);
    }
    if (status == MFN_OK) {
        summarize(&self, started_ns);
    }
    close_all(&self);
    pthread_mutex_destroy(&self.mutex);
    return status;
}
