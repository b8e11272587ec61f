/* SPDX-License-Identifier: MIT */
/* Who runs a round opens it, takes indices from a common counter like everybody else until there
 * are none left, and closes it. Workers join a round that is open; only for those who did must it
 * be waited. So a worker that wakes up late, because the machine had other work for its core, holds
 * nobody up: its share has been done.
 *
 * Rounds often follow each other within microseconds, where falling asleep and being woken would
 * take longer than the round: so everybody looks for a while before it sleeps. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/error.h"
#include "base/mem.h"

#include "mfn/parallel.h"

#define LOOKS 2000 /* some tens of microseconds */

/* Parts of `round`. */
#define IS_OPEN    UINT64_C(1)
#define ONE_WORKER UINT64_C(2)
#define ONE_ROUND  (UINT64_C(1) << 32)
#define IN_ROUND   (ONE_ROUND - 1)

struct mfn_threads {
    mfn_parallel parallel;
    pthread_t *workers;
    uint32_t worker_count; /* running */
    pthread_mutex_t mutex; /* of those who sleep */
    pthread_cond_t announced, left;
    atomic_uint_fast64_t round; /* number of the round, workers in it, whether it is open */
    atomic_bool is_over;
    mfn_task task; /* the round's; written before it is announced */
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

static void look_away(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static bool has_news(mfn_threads *threads, uint64_t seen)
{
    uint64_t round = atomic_load(&threads->round);
    return ((round & IS_OPEN) != 0 && round / ONE_ROUND != seen) || atomic_load(&threads->is_over);
}

static void await_round(mfn_threads *threads, uint64_t seen)
{
    for (int i = 0; i < LOOKS; i++) {
        if (has_news(threads, seen)) {
            return;
        }
        look_away();
    }
    pthread_mutex_lock(&threads->mutex);
    while (!has_news(threads, seen)) {
        pthread_cond_wait(&threads->announced, &threads->mutex);
    }
    pthread_mutex_unlock(&threads->mutex);
}

/* False if the round is closed. */
static bool join(mfn_threads *threads)
{
    uint64_t round = atomic_load(&threads->round);
    while ((round & IS_OPEN) != 0) {
        if (atomic_compare_exchange_weak(&threads->round, &round, round + ONE_WORKER)) {
            return true;
        }
    }
    return false;
}

static void leave(mfn_threads *threads)
{
    uint64_t before = atomic_fetch_sub(&threads->round, ONE_WORKER);
    if ((before & IN_ROUND) == ONE_WORKER) { /* the last one, and the round is closed */
        pthread_mutex_lock(&threads->mutex);
        pthread_cond_signal(&threads->left);
        pthread_mutex_unlock(&threads->mutex);
    }
}

static void *work(void *context)
{
    mfn_threads *threads = context;
    uint64_t seen = 0;
    for (;;) {
        await_round(threads, seen);
        if (atomic_load(&threads->is_over)) {
            return NULL;
        }
        if (join(threads)) {
            seen = atomic_load(&threads->round) / ONE_ROUND;
            take_tasks(threads, threads->task, threads->argument, threads->count);
            leave(threads);
        }
    }
}

static void close_round(mfn_threads *threads)
{
    atomic_fetch_and(&threads->round, ~IS_OPEN);
    for (int i = 0; i < LOOKS; i++) {
        if ((atomic_load(&threads->round) & IN_ROUND) == 0) {
            return;
        }
        look_away();
    }
    pthread_mutex_lock(&threads->mutex);
    while ((atomic_load(&threads->round) & IN_ROUND) != 0) {
        pthread_cond_wait(&threads->left, &threads->mutex);
    }
    pthread_mutex_unlock(&threads->mutex);
}

static void run(void *context, mfn_task task, void *argument, size_t count)
{
    mfn_threads *threads = context;
    threads->task = task;
    threads->argument = argument;
    threads->count = count;
    atomic_store_explicit(&threads->next, 0, memory_order_relaxed);
    pthread_mutex_lock(&threads->mutex);
    atomic_fetch_add(&threads->round, ONE_ROUND + IS_OPEN);
    pthread_cond_broadcast(&threads->announced);
    pthread_mutex_unlock(&threads->mutex);
    take_tasks(threads, task, argument, count);
    close_round(threads);
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
    pthread_cond_init(&threads->left, NULL);
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
    atomic_store(&threads->is_over, true);
    pthread_cond_broadcast(&threads->announced);
    pthread_mutex_unlock(&threads->mutex);
    for (uint32_t i = 0; i < threads->worker_count; i++) {
        pthread_join(threads->workers[i], NULL);
    }
    pthread_cond_destroy(&threads->left);
    pthread_cond_destroy(&threads->announced);
    pthread_mutex_destroy(&threads->mutex);
    mfn__mem_free(threads->workers);
    mfn__mem_free(threads);
}

const mfn_parallel *mfn_threads_parallel(const mfn_threads *threads)
{
    return threads != NULL ? &threads->parallel : NULL;
}
