/* SPDX-License-Identifier: MIT */
#include "stream/queue.h"

#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

struct mfn__queue {
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t not_empty, not_full;
    mfn__message *first, *last;
    size_t items, bytes;
    size_t max_items, max_bytes;
    bool is_closed;
};

mfn_status mfn__queue_new(size_t max_items, size_t max_bytes, mfn__queue **ret, mfn_error *err)
{
    mfn__queue *queue = mfn__mem_new(1, sizeof *queue);
    if (queue == NULL) {
        return mfn__fail_memory(err);
    }
    queue->max_items = max_items;
    queue->max_bytes = max_bytes;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->not_empty, &attributes);
    pthread_cond_init(&queue->not_full, &attributes);
    pthread_condattr_destroy(&attributes);
    *ret = queue;
    return MFN_OK;
}

void mfn__queue_free(mfn__queue *queue)
{
    if (queue == NULL) {
        return;
    }
    while (queue->first != NULL) {
        mfn__message *message = queue->first;
        queue->first = message->next;
        mfn__message_free(message);
    }
    pthread_cond_destroy(&queue->not_empty);
    pthread_cond_destroy(&queue->not_full);
    pthread_mutex_destroy(&queue->mutex);
    mfn__mem_free(queue);
}

static bool has_room(const mfn__queue *queue, size_t bytes)
{
    return queue->items == 0 ||
           (queue->items < queue->max_items && queue->bytes <= queue->max_bytes &&
            bytes <= queue->max_bytes - queue->bytes);
}

bool mfn__queue_add(mfn__queue *queue, mfn__message *message)
{
    size_t bytes = mfn__message_bytes(message);
    pthread_mutex_lock(&queue->mutex);
    while (!queue->is_closed && !has_room(queue, bytes)) {
        pthread_cond_wait(&queue->not_full, &queue->mutex);
    }
    bool is_open = !queue->is_closed;
    if (is_open) {
        message->next = NULL;
        if (queue->last != NULL) {
            queue->last->next = message;
        } else {
            queue->first = message;
        }
        queue->last = message;
        queue->items++;
        queue->bytes += bytes;
        pthread_cond_signal(&queue->not_empty);
    }
    pthread_mutex_unlock(&queue->mutex);
    return is_open;
}

bool mfn__queue_wait_for_room(mfn__queue *queue, const mfn__message *message, int64_t deadline_ns)
{
    const struct timespec deadline = {
        .tv_sec = (time_t)(deadline_ns / MFN__NS_PER_S),
        .tv_nsec = (long)(deadline_ns % MFN__NS_PER_S),
    };
    size_t bytes = mfn__message_bytes(message);
    pthread_mutex_lock(&queue->mutex);
    while (!queue->is_closed && !has_room(queue, bytes)) {
        if (pthread_cond_timedwait(&queue->not_full, &queue->mutex, &deadline) != 0) {
            break;
        }
    }
    bool has_some = queue->is_closed || has_room(queue, bytes);
    pthread_mutex_unlock(&queue->mutex);
    return has_some;
}

size_t mfn__queue_take(mfn__queue *queue, int64_t deadline_ns, mfn__message **ret, size_t max)
{
    struct timespec deadline = {
        .tv_sec = (time_t)(deadline_ns / MFN__NS_PER_S),
        .tv_nsec = (long)(deadline_ns % MFN__NS_PER_S),
    };
    size_t taken = 0;
    pthread_mutex_lock(&queue->mutex);
    while (queue->first == NULL && !queue->is_closed) {
        if (pthread_cond_timedwait(&queue->not_empty, &queue->mutex, &deadline) != 0) {
            break;
        }
    }
    while (taken < max && queue->first != NULL) {
        mfn__message *message = queue->first;
        queue->first = message->next;
        queue->items--;
        queue->bytes -= mfn__message_bytes(message);
        message->next = NULL;
        ret[taken++] = message;
    }
    if (queue->first == NULL) {
        queue->last = NULL;
    }
    if (taken > 0) {
        pthread_cond_broadcast(&queue->not_full);
    }
    pthread_mutex_unlock(&queue->mutex);
    return taken;
}

void mfn__queue_close(mfn__queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->is_closed = true;
    pthread_cond_broadcast(&queue->not_empty);
    pthread_cond_broadcast(&queue->not_full);
    pthread_mutex_unlock(&queue->mutex);
}

bool mfn__queue_is_over(mfn__queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    bool is_over = queue->is_closed && queue->first == NULL;
    pthread_mutex_unlock(&queue->mutex);
    return is_over;
}

size_t mfn__queue_length(mfn__queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    size_t items = queue->items;
    pthread_mutex_unlock(&queue->mutex);
    return items;
}
