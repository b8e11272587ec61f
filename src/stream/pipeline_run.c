/* SPDX-License-Identifier: MIT */
/* One run of a pipeline: opens everything, starts the threads, and keeps the account of every
 * message until all are settled or known to be unfinished. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "stream/intake.h"
#include "stream/lane.h"
#include "stream/sequence.h"
#include "stream/settle.h"
#include "stream/transact.h"
#include "stream/worker.h"

#define TICK_NS           (100 * MFN__NS_PER_MS)
#define METRICS_NS        (5 * MFN__NS_PER_S)
#define STALL_NS          (60 * MFN__NS_PER_S)
#define METRICS_BYTES_MAX ((size_t)1 << 20)
#define COMPUTE_TRIES     3
#define COMPUTE_WAIT_S    1.0

typedef struct team {
    mfn__run run;
    mfn__run_summary *summary;
    mfn__worker **workers;
    pthread_t *worker_threads;
    size_t started_workers;
    pthread_t intake_thread, transact_thread;
    bool intake_started, transact_started;
    atomic_size_t busy_workers; /* the last one to end closes the lanes */
    int64_t started_ns, shown_ns, written_ns, stall_told_ns;
} team;

typedef struct worker_start {
    team *team;
    mfn__worker *worker;
} worker_start;

static void *intake_main(void *context)
{
    team *self = context;
    mfn__intake_until_over(&self->run);
    return NULL;
}

static void *transact_main(void *context)
{
    team *self = context;
    mfn__transact_until_over(&self->run);
    return NULL;
}

static mfn_status compute_with_patience(mfn__run *run, mfn__worker *worker, mfn__message *message,
                                        mfn_error *err)
{
    mfn_status status = mfn__worker_compute(worker, message, err);
    for (int i = 1; i < COMPUTE_TRIES && mfn_status_is_transient(status); i++) {
        mfn__run_warn(run, "%s", err->text);
        atomic_fetch_add(&run->account.retries, 1);
        mfn__run_sleep(run, COMPUTE_WAIT_S);
        status = mfn__worker_compute(worker, message, err);
    }
    return status;
}

/* To the lanes, or in order to the thread of transactions. */
static void hand_on(mfn__run *run, mfn__message *message)
{
    message->computed_wall_ns = mfn__clock_wall_ns(run->options->clock);
    if (message->problem.status == MFN_OK) {
        atomic_fetch_add(&run->account.computed, 1);
    }
    if (run->sequence == NULL) {
        mfn__lanes_hand(run, message);
    } else if (!mfn__sequence_put(run->sequence, message, &run->abandon)) {
        mfn__run_return(run, message);
    }
}

static void *worker_main(void *context)
{
    worker_start start = *(worker_start *)context;
    mfn__run *run = &start.team->run;
    mfn__mem_free(context);
    while (!mfn__queue_is_over(run->jobs)) {
        mfn__message *message = NULL;
        if (mfn__queue_take(run->jobs, mfn__run_now_ns(run) + TICK_NS, &message, 1) == 0) {
            continue;
        }
        mfn_error err = {0};
        mfn_status status = mfn__run_is_abandoned(run)
                                ? MFN_CANCELLED
                                : compute_with_patience(run, start.worker, message, &err);
        if (status == MFN_OK) {
            hand_on(run, message);
            continue;
        }
        if (status != MFN_CANCELLED) {
            mfn__run_fail(run, &err);
        }
        mfn__run_return(run, message); /* unacknowledged: it comes again in the next run */
    }
    if (atomic_fetch_sub(&start.team->busy_workers, 1) == 1) {
        for (size_t i = 0; i < run->lane_count; i++) {
            mfn__lane_close(run->lanes[i]);
        }
        if (run->sequence != NULL) {
            mfn__sequence_close(run->sequence);
        }
    }
    return NULL;
}

/* The state of everything at this moment. */
static void summarize(team *self)
{
    mfn__run *run = &self->run;
    mfn__run_summary *summary = self->summary;
    mfn__run_counts *counts = &summary->counts;
    const mfn__account *account = &run->account;
    counts->read = atomic_load(&account->read);
    counts->computed = atomic_load(&account->computed);
    counts->published = atomic_load(&account->published);
    counts->dead_lettered = atomic_load(&account->dead_lettered);
    int64_t spooled = (int64_t)atomic_load(&account->spooled);
    counts->spooled = spooled > 0 ? (uint64_t)spooled : 0;
    counts->handed_back = atomic_load(&account->handed_back);
    counts->in_flight = atomic_load(&account->alive) + atomic_load(&account->returned);
    counts->unaccounted = (int64_t)(counts->read - counts->published - counts->dead_lettered -
                                    counts->in_flight - counts->handed_back) -
                          spooled;
    counts->bytes_read = atomic_load(&account->bytes_read);
    counts->retries = atomic_load(&account->retries);
    counts->bytes_published = 0;
    uint64_t backlog = 0;
    for (size_t i = 0; i < run->lane_count; i++) {
        mfn__lane_report(run->lanes[i], &summary->publishers[i]);
        counts->bytes_published += summary->publishers[i].metrics.bytes;
        backlog += summary->publishers[i].backlog;
    }
    counts->duplicates = run->lane_count > 0 ? summary->publishers[0].duplicates : 0;
    pthread_mutex_lock(&run->mutex);
    summary->connector.metrics = run->fetch_metrics;
    summary->connector.breaker = run->fetch_breaker;
    summary->failure = run->failure;
    pthread_mutex_unlock(&run->mutex);
    run->pipeline->connector->report(run->connector, &summary->connector.source);
    summary->spool_bytes = mfn__spool_bytes(run->spool);
    summary->jobs_waiting = mfn__queue_length(run->jobs);
    summary->http = mfn__http_pool_counts(run->http);
    summary->seconds = (double)(mfn__run_now_ns(run) - self->started_ns) / (double)MFN__NS_PER_S;
    summary->is_unfinished =
        summary->failure.status != MFN_OK || counts->in_flight > 0 || backlog > 0;
}

/* How long the spool has owed each publisher its oldest result. */
static void note_ages(team *self)
{
    const mfn__run *run = &self->run;
    int64_t now_ns = mfn__clock_wall_ns(run->options->clock);
    for (size_t i = 0; i < run->lane_count; i++) {
        mfn__publisher_report *report = &self->summary->publishers[i];
        int64_t oldest_ns = 0;
        mfn_error err = {0};
        if (report->backlog > 0 &&
            mfn__outbox_oldest(run->spool, mfn__lane_target(run->lanes[i]), &oldest_ns, &err) ==
                MFN_OK &&
            oldest_ns > 0 && oldest_ns < now_ns) {
            report->backlog_age_s = (double)(now_ns - oldest_ns) / (double)MFN__NS_PER_S;
        }
    }
}

static void write_metrics(team *self)
{
    const char *path = self->run.pipeline->general.metrics_file;
    if (path[0] == '\0') {
        return;
    }
    mfn__buffer text;
    mfn_error err = {0};
    mfn__buffer_init(&text, METRICS_BYTES_MAX);
    mfn__run_summary_write_prometheus(self->run.pipeline, self->summary, &text);
    mfn_status status = mfn__buffer_check(&text, "the metrics", &err);
    if (status == MFN_OK) {
        status = mfn__file_write_whole(path, text.data, text.size, &err);
    }
    if (status != MFN_OK) {
        mfn__run_warn(&self->run, "metrics: %s", err.text);
    }
    mfn__buffer_deinit(&text);
}

/* Work waits, and nothing has been settled for long: somebody should look. */
static void watch_progress(team *self, int64_t now_ns)
{
    const mfn__run *run = &self->run;
    int64_t settled_ns = atomic_load(&run->account.settled_ns);
    if (atomic_load(&run->account.alive) == 0) {
        atomic_store(&self->run.account.settled_ns, now_ns);
        return;
    }
    if (now_ns - settled_ns > STALL_NS && now_ns - self->stall_told_ns > STALL_NS) {
        self->stall_told_ns = now_ns;
        mfn__run_warn(run, "no progress for %lld s although %llu jobs are under way",
                      (long long)((now_ns - settled_ns) / MFN__NS_PER_S),
                      (unsigned long long)atomic_load(&run->account.alive));
    }
}

/* Shows progress, renews the metrics, and watches the stop flag. */
static void tick(void *context)
{
    team *self = context;
    int64_t now_ns = mfn__run_now_ns(&self->run);
    mfn__run_watch_stop(&self->run);
    bool is_metrics_time = now_ns - self->written_ns >= METRICS_NS;
    if (now_ns - self->shown_ns < TICK_NS && !is_metrics_time) {
        return;
    }
    watch_progress(self, now_ns);
    self->shown_ns = now_ns;
    summarize(self);
    if (self->run.options->progress != NULL) {
        self->run.options->progress(self->run.options->progress_context, self->summary);
    }
    if (is_metrics_time) {
        self->written_ns = now_ns;
        note_ages(self);
        write_metrics(self);
    }
}

static mfn_status open_lanes(mfn__run *run, mfn_error *err)
{
    for (size_t i = 0; i < run->pipeline->publisher_count; i++) {
        mfn_status status = mfn__lane_new(run, i, &run->lanes[i], err);
        if (status != MFN_OK) {
            return status;
        }
        run->lane_count++;
    }
    return MFN_OK;
}

static mfn_status make_workers(team *self, mfn_error *err)
{
    mfn__run *run = &self->run;
    size_t count = run->pipeline->worker_count;
    mfn__worker_options options = {
        .limits = {.max_cell_steps = run->pipeline->engine.max_cell_steps},
        .abandon = &run->abandon,
    };
    for (size_t i = 0; i < run->lane_count; i++) {
        options.wants[mfn__lane_content(run->lanes[i])] = true;
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

/* The connector's number in the ledger. */
static mfn_status find_source(mfn__run *run, mfn_error *err)
{
    char source[MFN__TARGET_MAX];
    char key[MFN__TARGET_MAX + 64];
    mfn__pipeline_source(run->pipeline, source);
    snprintf(key, sizeof key, "source\n%s\n%s", run->pipeline->connector->kind, source);
    mfn_status status = mfn__ledger_begin(run->ledger, err);
    if (status != MFN_OK) {
        return status;
    }
    status = mfn__ledger_target(run->ledger, key, &run->around.target, err);
    if (status != MFN_OK) {
        mfn__ledger_rollback(run->ledger);
        return status;
    }
    return mfn__ledger_commit(run->ledger, err);
}

static mfn_status open_shared(mfn__run *run, mfn_error *err)
{
    const mfn__pipeline *pipeline = run->pipeline;
    mfn_status status = mfn__ledger_open(pipeline->general.state, &run->ledger, err);
    if (status == MFN_OK) {
        status = mfn__spool_new(run->ledger, pipeline->spool.max_bytes, &run->spool, err);
    }
    if (status == MFN_OK) {
        status = mfn__http_pool_new(&pipeline->http, &run->http, err);
    }
    run->around = (mfn__surroundings){
        .ledger = run->ledger,
        .spool = run->spool,
        .http = run->http,
        .clock = run->options->clock,
        .log = &run->options->log,
        .abandon = &run->abandon,
        .halt = &run->halt,
        .timeout_s = pipeline->connector_retry.timeout,
        .name = "connector",
    };
    return status == MFN_OK ? find_source(run, err) : status;
}

static mfn_status open_all(team *self, mfn_error *err)
{
    mfn__run *run = &self->run;
    const mfn__pipeline *pipeline = run->pipeline;
    size_t items = (size_t)pipeline->engine.queue_items;
    size_t bytes = (size_t)pipeline->engine.queue_bytes / 2;
    mfn_status status = open_shared(run, err);
    if (status == MFN_OK) {
        status = pipeline->connector->open(pipeline->connector_options, &run->around,
                                           &run->connector, err);
    }
    if (status == MFN_OK) {
        status = open_lanes(run, err);
    }
    if (status == MFN_OK) {
        status = mfn__queue_new(items, bytes, &run->jobs, err);
    }
    if (status == MFN_OK) {
        status = mfn__queue_new(SIZE_MAX, SIZE_MAX, &run->finished, err);
    }
    if (status == MFN_OK && pipeline->is_exactly_once) {
        status = mfn__sequence_new(items + 2 * pipeline->worker_count + MFN__PARCELS_MAX,
                                   &run->sequence, err);
    }
    return status == MFN_OK ? make_workers(self, err) : status;
}

static mfn_status start_worker(team *self, size_t number, mfn_error *err)
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

static mfn_status start_publishing(team *self, mfn_error *err)
{
    mfn__run *run = &self->run;
    if (run->sequence != NULL) {
        int code = pthread_create(&self->transact_thread, NULL, transact_main, self);
        self->transact_started = code == 0;
        return code == 0 ? MFN_OK : mfn__fail_errno(err, code, NULL, "cannot start a thread");
    }
    mfn_status status = MFN_OK;
    for (size_t i = 0; i < run->lane_count && status == MFN_OK; i++) {
        status = mfn__lane_start(run->lanes[i], err);
    }
    return status;
}

/* Starts the threads; after a failure those that run come to their end by themselves. */
static mfn_status start_threads(team *self, mfn_error *err)
{
    mfn__run *run = &self->run;
    size_t count = run->pipeline->worker_count;
    atomic_store(&self->busy_workers, count);
    atomic_store(&run->busy_lanes, run->sequence != NULL ? 1 : run->lane_count);
    mfn_status status = start_publishing(self, err);
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
        mfn__run_abandon(run);
        mfn__queue_close(run->jobs);
        mfn__queue_close(run->finished);
        for (size_t i = 0; i < run->lane_count; i++) {
            mfn__lane_close(run->lanes[i]);
        }
        if (run->sequence != NULL) {
            mfn__sequence_close(run->sequence);
        }
    }
    return status;
}

static void join_threads(team *self)
{
    mfn__run *run = &self->run;
    if (self->intake_started) {
        pthread_join(self->intake_thread, NULL);
    }
    for (size_t i = 0; i < self->started_workers; i++) {
        pthread_join(self->worker_threads[i], NULL);
    }
    if (self->transact_started) {
        pthread_join(self->transact_thread, NULL);
    }
    for (size_t i = 0; i < run->lane_count; i++) {
        mfn__lane_join(run->lanes[i]);
    }
}

static void close_all(team *self)
{
    mfn__run *run = &self->run;
    for (size_t i = 0; i < run->lane_count; i++) {
        mfn__lane_free(run->lanes[i]);
    }
    for (size_t i = 0; self->workers != NULL && i < run->pipeline->worker_count; i++) {
        mfn__worker_free(self->workers[i]);
    }
    mfn__mem_free(self->workers);
    mfn__mem_free(self->worker_threads);
    mfn__queue_free(run->jobs);
    mfn__queue_free(run->finished);
    mfn__sequence_free(run->sequence);
    run->pipeline->connector->close(run->connector);
    mfn__http_pool_free(run->http);
    mfn__spool_free(run->spool);
    mfn__ledger_close(run->ledger);
}

mfn_status mfn__pipeline_run(mfn__pipeline *pipeline, const mfn__run_options *options,
                             mfn__run_summary *ret, mfn_error *err)
{
    *ret = (mfn__run_summary){
        .dead_letter_directory = pipeline->dead_letter.directory,
        .publisher_count = pipeline->publisher_count,
    };
    team self = {.run = {.pipeline = pipeline, .options = options}, .summary = ret};
    mfn__run *run = &self.run;
    pthread_mutex_init(&run->mutex, NULL);
    pthread_mutex_init(&run->letter_mutex, NULL);
    self.started_ns = mfn__run_now_ns(run);
    self.written_ns = self.started_ns - METRICS_NS;
    atomic_store(&run->account.settled_ns, self.started_ns);
    if (getrandom(&run->jitter_state, sizeof run->jitter_state, 0) < 0) {
        run->jitter_state = (uint64_t)self.started_ns;
    }
    mfn_status status = open_all(&self, err);
    if (status == MFN_OK) {
        status = start_threads(&self, err);
        if (status == MFN_OK) {
            mfn__settle_until_over(run, tick, &self);
        }
        join_threads(&self);
    }
    if (status == MFN_OK) {
        summarize(&self);
        note_ages(&self);
        write_metrics(&self);
    }
    close_all(&self);
    pthread_mutex_destroy(&run->mutex);
    pthread_mutex_destroy(&run->letter_mutex);
    return status;
}
