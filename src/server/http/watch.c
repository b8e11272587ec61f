/* SPDX-License-Identifier: MIT */
#include "server/http/watch.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/mem.h"

#define TICK_MS 100

struct mfn__watched {
    mfn__watched *previous, *next;
    int socket;
    int64_t deadline_ns;
    atomic_bool *flag;
};

struct mfn__watch {
    const mfn__clock *clock;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards all below and the fields of every mfn__watched */
    pthread_cond_t end;
    bool is_ending;
    mfn__watched list; /* a ring; this one is no connection */
    size_t count;
};

static bool has_left(int socket)
{
    struct pollfd look = {.fd = socket, .events = POLLRDHUP};
    return poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

/* The caller holds the mutex, so that no socket is closed meanwhile. */
static void look_at_all(mfn__watch *watch)
{
    int64_t now_ns = mfn__clock_monotonic_ns(watch->clock);
    for (mfn__watched *at = watch->list.next; at != &watch->list; at = at->next) {
        if (at->flag != NULL && !atomic_load_explicit(at->flag, memory_order_relaxed) &&
            has_left(at->socket)) {
            atomic_store_explicit(at->flag, true, memory_order_relaxed);
        }
        if (now_ns >= at->deadline_ns) {
            shutdown(at->socket, SHUT_RDWR); /* libmicrohttpd sees the end and closes it */
            at->deadline_ns = MFN__NEVER_NS;
        }
    }
}

static void *watch_until_end(void *argument)
{
    mfn__watch *watch = argument;
    pthread_mutex_lock(&watch->mutex);
    while (!watch->is_ending) {
        look_at_all(watch);
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        int64_t ns = until.tv_nsec + TICK_MS * MFN__NS_PER_MS;
        until.tv_sec += ns / MFN__NS_PER_S;
        until.tv_nsec = ns % MFN__NS_PER_S;
        pthread_cond_timedwait(&watch->end, &watch->mutex, &until);
    }
    pthread_mutex_unlock(&watch->mutex);
    return NULL;
}

mfn_status mfn__watch_new(const mfn__clock *clock, mfn__watch **ret, mfn_error *err)
{
    mfn__watch *watch = mfn__mem_new(1, sizeof *watch);
    if (watch == NULL) {
        return mfn__fail_memory(err);
    }
    watch->clock = clock;
    watch->list.next = &watch->list;
    watch->list.previous = &watch->list;
    pthread_mutex_init(&watch->mutex, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->end, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int problem = pthread_create(&watch->thread, NULL, watch_until_end, watch);
    if (problem != 0) {
        pthread_cond_destroy(&watch->end);
        pthread_mutex_destroy(&watch->mutex);
        mfn__mem_free(watch);
        return mfn__fail_errno(err, problem, NULL, "cannot start a thread");
    }
    *ret = watch;
    return MFN_OK;
}

void mfn__watch_free(mfn__watch *watch)
{
    if (watch == NULL) {
        return;
    }
    pthread_mutex_lock(&watch->mutex);
    watch->is_ending = true;
    pthread_cond_signal(&watch->end);
    pthread_mutex_unlock(&watch->mutex);
    pthread_join(watch->thread, NULL);
    while (watch->list.next != &watch->list) {
        mfn__watch_remove(watch, watch->list.next);
    }
    pthread_cond_destroy(&watch->end);
    pthread_mutex_destroy(&watch->mutex);
    mfn__mem_free(watch);
}

static int64_t deadline_after(const mfn__watch *watch, double seconds)
{
    return seconds < 0.0
               ? MFN__NEVER_NS
               : mfn__clock_monotonic_ns(watch->clock) + (int64_t)(seconds * (double)MFN__NS_PER_S);
}

mfn__watched *mfn__watch_add(mfn__watch *watch, int socket, double seconds)
{
    mfn__watched *watched = mfn__mem_new(1, sizeof *watched);
    if (watched == NULL) {
        return NULL;
    }
    watched->socket = socket;
    watched->deadline_ns = deadline_after(watch, seconds);
    pthread_mutex_lock(&watch->mutex);
    watched->previous = watch->list.previous;
    watched->next = &watch->list;
    watched->previous->next = watched;
    watch->list.previous = watched;
    watch->count++;
    pthread_mutex_unlock(&watch->mutex);
    return watched;
}

void mfn__watch_remove(mfn__watch *watch, mfn__watched *watched)
{
    if (watched == NULL) {
        return;
    }
    pthread_mutex_lock(&watch->mutex);
    watched->previous->next = watched->next;
    watched->next->previous = watched->previous;
    watch->count--;
    pthread_mutex_unlock(&watch->mutex);
    mfn__mem_free(watched);
}

void mfn__watch_set_deadline(mfn__watch *watch, mfn__watched *watched, double seconds)
{
    if (watched == NULL) {
        return;
    }
    int64_t deadline_ns = deadline_after(watch, seconds);
    pthread_mutex_lock(&watch->mutex);
    watched->deadline_ns = deadline_ns;
    pthread_mutex_unlock(&watch->mutex);
}

void mfn__watch_set_flag(mfn__watch *watch, mfn__watched *watched, atomic_bool *flag)
{
    if (watched == NULL) {
        return;
    }
    pthread_mutex_lock(&watch->mutex);
    watched->flag = flag;
    pthread_mutex_unlock(&watch->mutex);
}

void mfn__watch_set_all_flags(mfn__watch *watch)
{
    pthread_mutex_lock(&watch->mutex);
    for (mfn__watched *at = watch->list.next; at != &watch->list; at = at->next) {
        if (at->flag != NULL) {
            atomic_store_explicit(at->flag, true, memory_order_relaxed);
        }
    }
    pthread_mutex_unlock(&watch->mutex);
}

size_t mfn__watch_count(mfn__watch *watch)
{
    pthread_mutex_lock(&watch->mutex);
    size_t count = watch->count;
    pthread_mutex_unlock(&watch->mutex);
    return count;
}
