/* SPDX-License-Identifier: MIT */
/* Workers sleep until a round is announced, take indices from a common counter until there are none
 * left, and report. A round is over when every worker has reported, so none can still hold a task
 * of one round when the next begins. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/error.h"
#include "base/mem.h"

#include "mfn/parallel.h"

struct mfn_threads {
    mfn_parallel parallel;
    pthread_t *workers;
    uint32_t worker_count; /* running */
    pthread_mutex_t mutex; /* guards what follows, save `next` */
    pthread_cond_t announced, reported;
    uint64_t round;
    uint32_t busy; /* workers that have not reported */
    bool is_over;
    mfn_task task;
    void *argument;
    size_t count;
    atomic_size_t next; /* index that nobody has taken */
};

static void take_tasks(mfn_threads *threads, mfn_task task, void *argument, size_t count)
{
    for (;;) {
        size_t index = atomic_fetch_add_explicit(&threads->next, 1, memory_order_relaxed);
        if (index >= count) {
            return;
        }
        task(argument, index);
    }
}

static void *work(void *context)
{
    mfn_threads *threads = context;
    uint64_t seen = 0;
    pthread_mutex_lock(&threads->mutex);
    for (;;) {
        while (threads->round == seen && !threads->is_over) {
            pthread_cond_wait(&threads->announced, &threads->mutex);
        }
        if (threads->is_over) {
            break;
        }
        seen = threads->round;
        mfn_task task = threads->task;
        void *argument = threads->argument;
        size_t count = threads->count;
        pthread_mutex_unlock(&threads->mutex);
        take_tasks(threads, task, argument, count);
        pthread_mutex_lock(&threads->mutex);
        if (--threads->busy == 0) {
            pthread_cond_signal(&threads->reported);
        }
    }
    pthread_mutex_unlock(&threads->mutex);
    return NULL;
}

static void run(void *context, mfn_task task, void *argument, size_t count)
{
    mfn_threads *threads = context;
    pthread_mutex_lock(&threads->mutex);
    threads->task = task;
    threads->argument = argument;
    threads->count = count;
    threads->busy = threads->worker_count;
    threads->round++;
    atomic_store_explicit(&threads->next, 0, memory_order_relaxed);
    pthread_cond_broadcast(&threads->announced);
    pthread_mutex_unlock(&threads->mutex);
    take_tasks(threads, task, argument, count);
    pthread_mutex_lock(&threads->mutex);
    while (threads->busy > 0) {
        pthread_cond_wait(&threads->reported, &threads->mutex);
    }
    pthread_mutex_unlock(&threads->mutex);
}

mfn_status mfn_threads_new(uint32_t count, mfn_threads **ret, mfn_error *err)
{
    if (count < 1 || count > MFN_THREADS_MAX) {
        return mfn__fail(err, MFN_INVALID, "threads", "threads: expected 1 .. %d, got %" PRIu32,
                         MFN_THREADS_MAX, count);
    }
    mfn_threads *threads = mfn__mem_new(1, sizeof *threads);
    pthread_t *workers = mfn__mem_new(count, sizeof *workers);
    if (threads == NULL || workers == NULL) {
        mfn__mem_free(threads);
        mfn__mem_free(workers);
        return mfn__fail_memory(err);
    }
    threads->parallel = (mfn_parallel){threads, run};
    threads->workers = workers;
    pthread_mutex_init(&threads->mutex, NULL);
    pthread_cond_init(&threads->announced, NULL);
    pthread_cond_init(&threads->reported, NULL);
    for (uint32_t i = 0; i + 1 < count; i++) {
        int failure = pthread_create(&workers[i], NULL, work, threads);
        if (failure != 0) {
            mfn_threads_free(threads);
            return mfn__fail_errno(err, failure, "threads",
                                   "cannot start thread %" PRIu32 " of %" PRIu32, i + 2, count);
        }
        threads->worker_count++;
    }
    *ret = threads;
    return MFN_OK;
}

void mfn_threads_free(mfn_threads *threads)
{
    if (threads == NULL) {
        return;
    }
    pthread_mutex_lock(&threads->mutex);
    threads->is_over = true;
    pthread_cond_broadcast(&threads->announced);
    pthread_mutex_unlock(&threads->mutex);
    for (uint32_t i = 0; i < threads->worker_count; i++) {
        pthread_join(threads->workers[i], NULL);
    }
    pthread_cond_destroy(&threads->reported);
    pthread_cond_destroy(&threads->announced);
    pthread_mutex_destroy(&threads->mutex);
    mfn__mem_free(threads->workers);
    mfn__mem_free(threads);
}

const mfn_parallel *mfn_threads_parallel(const mfn_threads *threads)
{
    return threads != NULL ? &threads->parallel : NULL;
}
