/* SPDX-License-Identifier: MIT */
#include "server/jobs/job_runner.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "stream/worker.h"

#define LOG             "mfn.jobs"
#define NICENESS        10
#define THREADS_MAX     64
#define IDLE_S          60 /* between looks for old jobs when nothing else happens */
#define PAUSE_S         1  /* after a failure of the store */
#define FORGET_PAUSE_NS (10 * MFN__NS_PER_S)
#define ORIGIN          "job"

struct mfn__job_runner {
    mfn__service *service;
    mfn__job_store *store;
    atomic_bool is_ending;
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* a job has come, or the end */
    uint64_t news;          /* how often; guarded by the mutex */
    pthread_t threads[THREADS_MAX];
    size_t thread_count;
};

/* A thread and what it computes with. */
typedef struct bench {
    mfn__job_runner *runner;
    mfn__worker *worker;
} bench;

static void complain(const mfn__job_runner *runner, const mfn_error *err)
{
    mfn__logger_say(runner->service->logger, MFN__LOG_ERROR, LOG, "%s", err->text);
}

/* Until something changes after `seen`, the end, or the time has passed. */
static uint64_t wait_for_news(mfn__job_runner *runner, uint64_t seen, time_t seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    pthread_mutex_lock(&runner->mutex);
    int problem = 0;
    while (runner->news == seen && !atomic_load(&runner->is_ending) && problem == 0) {
        problem = pthread_cond_timedwait(&runner->changed, &runner->mutex, &until);
    }
    uint64_t news = runner->news;
    pthread_mutex_unlock(&runner->mutex);
    return news;
}

static void count(const mfn__job_runner *runner, const char *outcome)
{
    const char *const labels[] = {outcome};
    mfn__series_add(mfn__registry_series(runner->service->registry, &mfn__jobs_total, labels), 1.0);
}

/* What was computed is kept, however long the disk is full: until it is, or the end. Then the job
 * is computed again next time. */
static void keep(const mfn__job_runner *runner, int64_t number, bool is_done, const char *outcome)
{
    mfn_error err = {0};
    while (mfn__job_store_finish(runner->store, number, is_done, outcome,
                                 mfn__clock_wall_ns(runner->service->clock), &err) != MFN_OK) {
        complain(runner, &err);
        if (atomic_load(&runner->is_ending)) {
            return;
        }
        sleep(PAUSE_S);
    }
    count(runner, mfn__job_state_names[is_done ? MFN__JOB_DONE : MFN__JOB_FAILED]);
    mfn__logger_say(runner->service->logger, MFN__LOG_INFO, LOG, "Job %lld: %s", (long long)number,
                    is_done ? "done" : outcome);
}

static void compute(const bench *self, const mfn__job_task *task)
{
    const mfn__job_runner *runner = self->runner;
    mfn_error err = {0};
    mfn__message *message = mfn__message_new(ORIGIN, task->text, task->size);
    mfn_status status =
        message != NULL ? mfn__worker_compute(self->worker, message, &err) : mfn__fail_memory(&err);
    if (status == MFN_OK && message->problem.status != MFN_OK) {
        keep(runner, task->number, false, message->problem.text);
    } else if (status == MFN_OK) {
        keep(runner, task->number, true, message->payloads[MFN__CONTENT_LINE].bytes);
    } else if (status == MFN_CANCELLED) {
        if (mfn__job_store_give_back(runner->store, task->number, &err) != MFN_OK) {
            complain(runner, &err); /* it is found as running at the next start */
        }
    } else {
        keep(runner, task->number, false, err.text);
    }
    mfn__message_free(message);
}

static void forget_old(const mfn__job_runner *runner)
{
    mfn_error err = {0};
    int64_t kept_ns = (int64_t)(runner->service->settings->jobs_retention * (double)MFN__NS_PER_S);
    if (mfn__job_store_prune(runner->store, mfn__clock_wall_ns(runner->service->clock) - kept_ns,
                             &err) != MFN_OK) {
        complain(runner, &err);
    }
}

static void *run(void *argument)
{
    bench *self = argument;
    mfn__job_runner *runner = self->runner;
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS); /* of this thread alone */
    uint64_t seen = 0;
    int64_t forgotten_ns = INT64_MIN / 2; /* when it was last done */
    while (!atomic_load(&runner->is_ending)) {
        int64_t now_ns = mfn__clock_monotonic_ns(runner->service->clock);
        if (now_ns - forgotten_ns >= FORGET_PAUSE_NS) { /* also while jobs never stop coming */
            forget_old(runner);
            forgotten_ns = now_ns;
        }
        mfn__job_task task;
        mfn_error err = {0};
        mfn_status status = mfn__job_store_take(
            runner->store, mfn__clock_wall_ns(runner->service->clock), &task, &err);
        if (status == MFN_OK) {
            compute(self, &task);
            mfn__mem_free(task.text);
            continue;
        }
        if (status != MFN_NOT_FOUND) {
            complain(runner, &err);
        }
        forget_old(runner);
        seen = wait_for_news(runner, seen, status == MFN_NOT_FOUND ? IDLE_S : PAUSE_S);
    }
    mfn__worker_free(self->worker);
    mfn__mem_free(self);
    return NULL;
}

static mfn_status start_thread(mfn__job_runner *runner, mfn_error *err)
{
    const mfn__worker_options options = {.wants[MFN__CONTENT_LINE] = true,
                                         .abandon = &runner->is_ending};
    bench *self = mfn__mem_new(1, sizeof *self);
    if (self == NULL) {
        return mfn__fail_memory(err);
    }
    self->runner = runner;
    mfn_status status = mfn__worker_new(&options, &self->worker, err);
    if (status == MFN_OK) {
        int problem = pthread_create(&runner->threads[runner->thread_count], NULL, run, self);
        if (problem == 0) {
            runner->thread_count++;
            return MFN_OK;
        }
        status = mfn__fail_errno(err, problem, NULL, "cannot start a thread");
    }
    mfn__worker_free(self->worker);
    mfn__mem_free(self);
    return status;
}

mfn_status mfn__job_runner_start(mfn__service *service, mfn__job_runner **ret, mfn_error *err)
{
    mfn__job_runner *runner = mfn__mem_new(1, sizeof *runner);
    if (runner == NULL) {
        return mfn__fail_memory(err);
    }
    runner->service = service;
    pthread_mutex_init(&runner->mutex, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&runner->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    mfn_status status = mfn__job_store_open(service->settings->state_dir, &runner->store, err);
    for (uint64_t i = 0; status == MFN_OK && i < service->settings->job_workers; i++) {
        status = start_thread(runner, err);
    }
    if (status != MFN_OK) {
        mfn__job_runner_stop(runner);
        return status;
    }
    *ret = runner;
    return MFN_OK;
}

void mfn__job_runner_stop(mfn__job_runner *runner)
{
    if (runner == NULL) {
        return;
    }
    atomic_store(&runner->is_ending, true);
    mfn__job_runner_wake(runner);
    for (size_t i = 0; i < runner->thread_count; i++) {
        pthread_join(runner->threads[i], NULL);
    }
    mfn__job_store_close(runner->store);
    pthread_cond_destroy(&runner->changed);
    pthread_mutex_destroy(&runner->mutex);
    mfn__mem_free(runner);
}

mfn__job_store *mfn__job_runner_store(mfn__job_runner *runner)
{
    return runner->store;
}

void mfn__job_runner_wake(mfn__job_runner *runner)
{
    pthread_mutex_lock(&runner->mutex);
    runner->news++;
    pthread_cond_broadcast(&runner->changed);
    pthread_mutex_unlock(&runner->mutex);
}
