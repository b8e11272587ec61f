/* SPDX-License-Identifier: MIT */
#include "stream/sequence.h"

#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

#define TICK_NS (100 * MFN__NS_PER_MS)

struct mfn__sequence {
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t moved, arrived;
    mfn__message **ring; /* the message of order n is at n % size */
    size_t size;
    uint64_t next;
    bool is_closed;
};

mfn_status mfn__sequence_new(size_t size, mfn__sequence **ret, mfn_error *err)
{
    mfn__sequence *sequence = mfn__mem_new(1, sizeof *sequence);
    mfn__message **ring = mfn__mem_new(size, sizeof(mfn__message *));
    if (sequence == NULL || ring == NULL) {
        mfn__mem_free(sequence);
        mfn__mem_free(ring);
        return mfn__fail_memory(err);
    }
    sequence->ring = ring;
    sequence->size = size;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&sequence->mutex, NULL);
    pthread_cond_init(&sequence->moved, &attributes);
    pthread_cond_init(&sequence->arrived, &attributes);
    pthread_condattr_destroy(&attributes);
    *ret = sequence;
    return MFN_OK;
}

void mfn__sequence_free(mfn__sequence *sequence)
{
    if (sequence == NULL) {
        return;
    }
    for (size_t i = 0; i < sequence->size; i++) {
        mfn__message_free(sequence->ring[i]);
    }
    pthread_cond_destroy(&sequence->moved);
    pthread_cond_destroy(&sequence->arrived);
    pthread_mutex_destroy(&sequence->mutex);
    mfn__mem_free(sequence->ring);
    mfn__mem_free(sequence);
}

static void wait_a_tick(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    int64_t until_ns = mfn__clock_monotonic_ns(mfn__clock_system()) + TICK_NS;
    const struct timespec until = {.tv_sec = (time_t)(until_ns / MFN__NS_PER_S),
                                   .tv_nsec = (long)(until_ns % MFN__NS_PER_S)};
    pthread_cond_timedwait(condition, mutex, &until);
}

bool mfn__sequence_put(mfn__sequence *sequence, mfn__message *message, const atomic_bool *abandon)
{
    pthread_mutex_lock(&sequence->mutex);
    while (message->order - sequence->next >= sequence->size && !atomic_load(abandon)) {
        wait_a_tick(&sequence->moved, &sequence->mutex);
    }
    bool is_put = !atomic_load(abandon);
    if (is_put) {
        sequence->ring[message->order % sequence->size] = message;
        pthread_cond_signal(&sequence->arrived);
    }
    pthread_mutex_unlock(&sequence->mutex);
    return is_put;
}

size_t mfn__sequence_take(mfn__sequence *sequence, mfn__message **ret, size_t max)
{
    pthread_mutex_lock(&sequence->mutex);
    if (sequence->ring[sequence->next % sequence->size] == NULL && !sequence->is_closed) {
        wait_a_tick(&sequence->arrived, &sequence->mutex);
    }
    size_t count = 0;
    for (; count < max; count++) {
        mfn__message **slot = &sequence->ring[sequence->next % sequence->size];
        if (*slot == NULL) {
            break;
        }
        ret[count] = *slot;
        *slot = NULL;
        sequence->next++;
    }
    if (count > 0) {
        pthread_cond_broadcast(&sequence->moved);
    }
    pthread_mutex_unlock(&sequence->mutex);
    return count;
}

void mfn__sequence_close(mfn__sequence *sequence)
{
    pthread_mutex_lock(&sequence->mutex);
    sequence->is_closed = true;
    pthread_cond_broadcast(&sequence->arrived);
    pthread_mutex_unlock(&sequence->mutex);
}

bool mfn__sequence_is_over(mfn__sequence *sequence)
{
    pthread_mutex_lock(&sequence->mutex);
    bool is_over = sequence->is_closed && sequence->ring[sequence->next % sequence->size] == NULL;
    pthread_mutex_unlock(&sequence->mutex);
    return is_over;
}
