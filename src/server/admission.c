/* SPDX-License-Identifier: MIT */
/* A bounded queue and some threads that empty it.
 *
 * The speed is what the threads got done: cost and busy time of finished work, both fading with
 * exp(-busy time / FADING_S), so that their quotient follows the machine's load and is not ruled
 * by many small pieces. From it comes the guess when there is room again: the cost that must be
 * done first, divided by the speed of all threads. */
#include "server/admission.h"

#include <math.h>
#include <pthread.h>

#include "base/error.h"
#include "base/mem.h"

#define THREADS_MAX       1024
#define PENDING_MAX       (UINT64_C(1) << 20)
#define FADING_S          10.0
#define RETRY_AFTER_MIN_S 1.0
#define RETRY_AFTER_MAX_S 3600.0

typedef struct piece {
    void (*work)(void *argument);
    void *argument;
    uint64_t cost;
} piece;

struct mfn__admission {
    mfn__admission_options options;
    pthread_t *threads;
    uint64_t thread_count; /* started */
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t arrived;
    piece *queue; /* a ring of options.pending_max */
    uint64_t first, waiting, running;
    uint64_t pending_cost;
    uint64_t turned_away;
    double done_cost, busy_s; /* fading */
    bool is_closing;
};

/* Locks: mutex. */
static void note_done(mfn__admission *self, const piece *done, double seconds)
{
    const double kept = exp(-seconds / FADING_S);
    self->done_cost = self->done_cost * kept + (double)done->cost;
    self->busy_s = self->busy_s * kept + seconds;
    self->running--;
    self->pending_cost -= done->cost;
}

static void *work_off(void *context)
{
    mfn__admission *self = context;
    pthread_mutex_lock(&self->mutex);
    for (;;) {
        while (self->waiting == 0 && !self->is_closing) {
            pthread_cond_wait(&self->arrived, &self->mutex);
        }
        if (self->waiting == 0) {
            break;
        }
        const piece next = self->queue[self->first];
        self->first = (self->first + 1) % self->options.pending_max;
        self->waiting--;
        self->running++;
        pthread_mutex_unlock(&self->mutex);
        const int64_t begun_ns = mfn__clock_monotonic_ns(self->options.clock);
        next.work(next.argument);
        const int64_t took_ns = mfn__clock_monotonic_ns(self->options.clock) - begun_ns;
        pthread_mutex_lock(&self->mutex);
        note_done(self, &next, (double)took_ns / (double)MFN__NS_PER_S);
    }
    pthread_mutex_unlock(&self->mutex);
    return NULL;
}

static mfn_status check_options(const mfn__admission_options *options, mfn_error *err)
{
    if (options->threads < 1 || options->threads > THREADS_MAX) {
        return mfn__fail(err, MFN_INVALID, "threads", "threads: expected 1 .. %d, got %llu",
                         THREADS_MAX, (unsigned long long)options->threads);
    }
    if (options->pending_max < 1 || options->pending_max > PENDING_MAX) {
        return mfn__fail(err, MFN_INVALID, "pending_max",
                         "pending_max: expected 1 .. %llu, got %llu",
                         (unsigned long long)PENDING_MAX, (unsigned long long)options->pending_max);
    }
    return MFN_OK;
}

mfn_status mfn__admission_new(const mfn__admission_options *options, mfn__admission **ret,
                              mfn_error *err)
{
    mfn_status status = check_options(options, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__admission *self = mfn__mem_new(1, sizeof *self);
    if (self == NULL) {
        return mfn__fail_memory(err);
    }
    self->options = *options;
    self->options.clock = options->clock != NULL ? options->clock : mfn__clock_system();
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->arrived, NULL);
    self->queue = mfn__mem_new((size_t)options->pending_max, sizeof *self->queue);
    self->threads = mfn__mem_new((size_t)options->threads, sizeof *self->threads);
    if (self->queue == NULL || self->threads == NULL) {
        status = mfn__fail_memory(err);
        goto fail;
    }
    for (; self->thread_count < options->threads; self->thread_count++) {
        int failure = pthread_create(&self->threads[self->thread_count], NULL, work_off, self);
        if (failure != 0) {
            status = mfn__fail_errno(err, failure, "threads", "cannot start thread %llu of %llu",
                                     (unsigned long long)self->thread_count + 1,
                                     (unsigned long long)options->threads);
            goto fail;
        }
    }
    *ret = self;
    return MFN_OK;
fail:
    mfn__admission_free(self);
    return status;
}

void mfn__admission_free(mfn__admission *admission)
{
    if (admission == NULL) {
        return;
    }
    pthread_mutex_lock(&admission->mutex);
    admission->is_closing = true;
    pthread_cond_broadcast(&admission->arrived);
    pthread_mutex_unlock(&admission->mutex);
    for (uint64_t i = 0; i < admission->thread_count; i++) {
        pthread_join(admission->threads[i], NULL);
    }
    pthread_cond_destroy(&admission->arrived);
    pthread_mutex_destroy(&admission->mutex);
    mfn__mem_free(admission->threads);
    mfn__mem_free(admission->queue);
    mfn__mem_free(admission);
}

/* Locks: mutex. Of all threads together; 0 when it is not known. */
static double speed(const mfn__admission *self)
{
    if (self->busy_s <= 0.0) {
        return 0.0;
    }
    return self->done_cost / self->busy_s * (double)self->options.threads;
}

/* Locks: mutex. */
static bool has_room(const mfn__admission *self, uint64_t cost)
{
    const uint64_t pending = self->waiting + self->running;
    if (self->is_closing || pending >= self->options.pending_max) {
        return false;
    }
    const uint64_t limit = self->options.pending_cost_max;
    return pending == 0 || (cost <= limit && self->pending_cost <= limit - cost);
}

/* Locks: mutex. Seconds until enough is done for `cost` more. */
static double guess_wait(const mfn__admission *self, uint64_t cost)
{
    const uint64_t limit = self->options.pending_cost_max;
    const uint64_t pending = self->waiting + self->running;
    double excess = (double)self->pending_cost;
    if (cost <= limit) {
        excess -= (double)(limit - cost);
    }
    if (pending >= self->options.pending_max) { /* a piece at least */
        excess = fmax(excess, (double)self->pending_cost / (double)pending);
    }
    const double per_second = speed(self);
    const double seconds = per_second > 0.0 ? excess / per_second : RETRY_AFTER_MIN_S;
    return fmin(fmax(seconds, RETRY_AFTER_MIN_S), RETRY_AFTER_MAX_S);
}

bool mfn__admission_enter(mfn__admission *admission, uint64_t cost, void (*work)(void *argument),
                          void *argument, double *ret_retry_after_s)
{
    pthread_mutex_lock(&admission->mutex);
    const bool is_let_in = has_room(admission, cost);
    if (is_let_in) {
        const uint64_t last =
            (admission->first + admission->waiting) % admission->options.pending_max;
        admission->queue[last] = (piece){work, argument, cost};
        admission->waiting++;
        admission->pending_cost += cost;
        pthread_cond_signal(&admission->arrived);
    } else {
        admission->turned_away++;
        *ret_retry_after_s = guess_wait(admission, cost);
    }
    pthread_mutex_unlock(&admission->mutex);
    return is_let_in;
}

void mfn__admission_look(mfn__admission *admission, mfn__admission_state *ret)
{
    pthread_mutex_lock(&admission->mutex);
    *ret = (mfn__admission_state){.waiting = admission->waiting,
                                  .running = admission->running,
                                  .pending_cost = admission->pending_cost,
                                  .turned_away = admission->turned_away,
                                  .cost_per_s = speed(admission)};
    pthread_mutex_unlock(&admission->mutex);
}
