/* SPDX-License-Identifier: MIT */
#include "server/streams/pump.h"

#include <pthread.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

#define SLICE_NS   (5 * MFN__NS_PER_MS)
#define SLICE_COST 2000000 /* cell steps that a thread computes in that time, about */

typedef struct task_list {
    mfn__pump_task *first, *last;
} task_list;

struct mfn__pump {
    mfn__service *service;
    int wake;
    uint64_t threads_max;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t idle;   /* no thread is here any more */
    task_list waiting, done;
    uint64_t threads; /* that were asked for and have not left */
};

static void push(task_list *list, mfn__pump_task *task)
{
    task->next = NULL;
    if (list->first == NULL) {
        list->first = task;
    } else {
        list->last->next = task;
    }
    list->last = task;
}

static mfn__pump_task *pop(task_list *list)
{
    mfn__pump_task *task = list->first;
    if (task != NULL) {
        list->first = task->next;
    }
    return task;
}

static void compute(mfn__pump_task *task)
{
    mfn__buffer_clear(&task->message);
    task->err = (mfn_error){0};
    task->status = atomic_load_explicit(&task->cancel, memory_order_relaxed)
                       ? MFN_CANCELLED
                       : mfn__stream_next(task->stream, &task->message, &task->err);
}

static void wake_up(const mfn__pump *pump)
{
    const uint64_t one = 1;
    ssize_t ignored = write(pump->wake, &one, sizeof one); /* full: it is awake anyway */
    (void)ignored;
}

/* Locks: mutex. */
static void ask_for_threads(mfn__pump *pump);

static void work(void *argument)
{
    mfn__pump *pump = argument;
    int64_t end_ns = mfn__clock_monotonic_ns(mfn__clock_system()) + SLICE_NS;
    pthread_mutex_lock(&pump->mutex);
    for (mfn__pump_task *task = pop(&pump->waiting); task != NULL;) {
        pthread_mutex_unlock(&pump->mutex);
        compute(task);
        bool has_time = mfn__clock_monotonic_ns(mfn__clock_system()) < end_ns;
        pthread_mutex_lock(&pump->mutex);
        bool was_empty = pump->done.first == NULL;
        push(&pump->done, task);
        if (was_empty) {
            wake_up(pump);
        }
        task = has_time ? pop(&pump->waiting) : NULL;
    }
    pump->threads--;
    ask_for_threads(pump);
    if (pump->threads == 0) {
        pthread_cond_broadcast(&pump->idle);
    }
    pthread_mutex_unlock(&pump->mutex);
}

static void ask_for_threads(mfn__pump *pump)
{
    if (pump->waiting.first == NULL || pump->threads >= pump->threads_max) {
        return;
    }
    double retry_after_s = 0.0; /* when there is no room, `take` asks again */
    pump->threads +=
        mfn__admission_enter(pump->service->admission, SLICE_COST, work, pump, &retry_after_s);
}

mfn_status mfn__pump_new(mfn__service *service, int wake, mfn__pump **ret, mfn_error *err)
{
    mfn__pump *pump = mfn__mem_new(1, sizeof *pump);
    if (pump == NULL) {
        return mfn__fail_memory(err);
    }
    pump->service = service;
    pump->wake = wake;
    pump->threads_max = mfn__service_workers(service->settings);
    pthread_mutex_init(&pump->mutex, NULL);
    pthread_cond_init(&pump->idle, NULL);
    *ret = pump;
    return MFN_OK;
}

void mfn__pump_free(mfn__pump *pump)
{
    if (pump == NULL) {
        return;
    }
    pthread_mutex_lock(&pump->mutex);
    while (pump->threads > 0) {
        pthread_cond_wait(&pump->idle, &pump->mutex);
    }
    pthread_mutex_unlock(&pump->mutex);
    pthread_cond_destroy(&pump->idle);
    pthread_mutex_destroy(&pump->mutex);
    mfn__mem_free(pump);
}

void mfn__pump_add(mfn__pump *pump, mfn__pump_task *task)
{
    pthread_mutex_lock(&pump->mutex);
    push(&pump->waiting, task);
    ask_for_threads(pump);
    pthread_mutex_unlock(&pump->mutex);
}

mfn__pump_task *mfn__pump_take(mfn__pump *pump)
{
    pthread_mutex_lock(&pump->mutex);
    mfn__pump_task *tasks = pump->done.first;
    pump->done.first = NULL;
    ask_for_threads(pump);
    pthread_mutex_unlock(&pump->mutex);
    return tasks;
}
