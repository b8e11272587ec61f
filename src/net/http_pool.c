/* SPDX-License-Identifier: MIT */
/* One thread owns libcurl's multi handle. Callers put transfers into a list, wake it, and wait for
 * their group; everything in libcurl happens on that thread. */
#include <pthread.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "net/http_transfer.h"

#define POLL_MS  100
#define IDLE_MAX 32 /* easy handles kept for reuse */

/* The transfers of one call of mfn__http_perform. */
typedef struct mfn__http_group {
    pthread_cond_t is_over;
    size_t open;
} mfn__http_group;

struct mfn__http_pool {
    CURLM *multi;
    pthread_t thread;
    mfn__http_transfer *running; /* of the thread */
    CURL *idle[IDLE_MAX];        /* of the thread */
    size_t idle_count;
    pthread_mutex_t mutex; /* guards all below and every group */
    mfn__http_transfer *pending;
    bool is_stopping;
    mfn__http_counts counts;
};

static CURL *borrow_easy(mfn__http_pool *pool)
{
    if (pool->idle_count > 0) {
        return pool->idle[--pool->idle_count];
    }
    return curl_easy_init();
}

static void give_back_easy(mfn__http_pool *pool, CURL *easy)
{
    if (easy == NULL) {
        return;
    }
    curl_easy_reset(easy);
    if (pool->idle_count < IDLE_MAX) {
        pool->idle[pool->idle_count++] = easy;
    } else {
        curl_easy_cleanup(easy);
    }
}

static void finish(mfn__http_pool *pool, mfn__http_transfer *transfer)
{
    give_back_easy(pool, transfer->easy);
    transfer->easy = NULL;
    pthread_mutex_lock(&pool->mutex);
    if (--transfer->group->open == 0) {
        pthread_cond_signal(&transfer->group->is_over);
    }
    pthread_mutex_unlock(&pool->mutex);
}

static void begin(mfn__http_pool *pool, mfn__http_transfer *transfer)
{
    CURL *easy = transfer->easy != NULL ? transfer->easy : borrow_easy(pool);
    transfer->easy = easy;
    mfn_status status = easy != NULL ? mfn__http_transfer_prepare(transfer, easy)
                                     : mfn__fail_memory(&transfer->exchange->problem);
    if (status == MFN_OK && curl_multi_add_handle(pool->multi, easy) != CURLM_OK) {
        status = mfn__fail_memory(&transfer->exchange->problem);
    }
    if (status != MFN_OK) {
        finish(pool, transfer);
        return;
    }
    transfer->next = pool->running;
    pool->running = transfer;
}

static void unlink_running(mfn__http_pool *pool, const mfn__http_transfer *transfer)
{
    mfn__http_transfer **link = &pool->running;
    while (*link != transfer) {
        link = &(*link)->next;
    }
    *link = transfer->next;
}

static void count_connections(mfn__http_pool *pool, mfn__http_transfer *transfer, bool redirects)
{
    long opened = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &opened);
    transfer->exchange->used_new_connection |= opened > 0;
    pthread_mutex_lock(&pool->mutex);
    pool->counts.requests++;
    pool->counts.connections_opened += (uint64_t)opened;
    pool->counts.connections_reused += opened == 0 && mfn__http_transfer_was_sent(transfer) ? 1 : 0;
    pool->counts.redirects += redirects ? 1 : 0;
    pthread_mutex_unlock(&pool->mutex);
}

static void conclude(mfn__http_pool *pool, CURL *easy, CURLcode code)
{
    char *opaque = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &opaque);
    mfn__http_transfer *transfer = (mfn__http_transfer *)(void *)opaque;
    unlink_running(pool, transfer);
    bool redirects = mfn__http_transfer_conclude(transfer, code);
    count_connections(pool, transfer, redirects);
    curl_multi_remove_handle(pool->multi, easy);
    if (redirects) {
        curl_easy_reset(easy);
        begin(pool, transfer);
    } else {
        finish(pool, transfer);
    }
}

static void begin_pending(mfn__http_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    mfn__http_transfer *pending = pool->pending;
    pool->pending = NULL;
    pthread_mutex_unlock(&pool->mutex);
    while (pending != NULL) {
        mfn__http_transfer *next = pending->next;
        begin(pool, pending);
        pending = next;
    }
}

static void drop(mfn__http_pool *pool, mfn__http_transfer *transfer)
{
    unlink_running(pool, transfer);
    curl_multi_remove_handle(pool->multi, transfer->easy);
    finish(pool, transfer);
}

/* Those that wait for a free connection libcurl does not time. */
static void drop_abandoned_and_overdue(mfn__http_pool *pool)
{
    int64_t now_ns = mfn__clock_monotonic_ns(mfn__clock_system());
    mfn__http_transfer *transfer = pool->running;
    while (transfer != NULL) {
        mfn__http_transfer *next = transfer->next;
        mfn_error *problem = &transfer->exchange->problem;
        if (transfer->abandon != NULL && atomic_load(transfer->abandon)) {
            mfn__fail(problem, MFN_CANCELLED, NULL, "given up");
            drop(pool, transfer);
        } else if (now_ns > transfer->deadline_ns + POLL_MS * MFN__NS_PER_MS) {
            mfn__fail(problem, MFN_TIMED_OUT, "timeout", "no free connection in time");
            drop(pool, transfer);
        }
        transfer = next;
    }
}

static bool must_stop(mfn__http_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    bool stops = pool->is_stopping;
    pthread_mutex_unlock(&pool->mutex);
    return stops;
}

static void *pool_main(void *context)
{
    mfn__http_pool *pool = context;
    while (!must_stop(pool)) {
        int running = 0;
        int left = 0;
        begin_pending(pool);
        curl_multi_perform(pool->multi, &running);
        for (CURLMsg *message = curl_multi_info_read(pool->multi, &left); message != NULL;
             message = curl_multi_info_read(pool->multi, &left)) {
            conclude(pool, message->easy_handle, message->data.result);
        }
        drop_abandoned_and_overdue(pool);
        curl_multi_poll(pool->multi, NULL, 0, POLL_MS, NULL);
    }
    return NULL;
}

static void init_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

mfn_status mfn__http_pool_new(const mfn__http_pool_options *options, mfn__http_pool **ret,
                              mfn_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_curl);
    mfn__http_pool *pool = mfn__mem_new(1, sizeof *pool);
    if (pool == NULL) {
        return mfn__fail_memory(err);
    }
    pool->multi = curl_multi_init();
    if (pool->multi == NULL) {
        mfn__mem_free(pool);
        return mfn__fail_memory(err);
    }
    curl_multi_setopt(pool->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)options->pool_size);
    curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, (long)options->pool_size);
    curl_multi_setopt(pool->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                      (long)options->pool_size_per_host);
    pthread_mutex_init(&pool->mutex, NULL);
    int code = pthread_create(&pool->thread, NULL, pool_main, pool);
    if (code != 0) {
        curl_multi_cleanup(pool->multi);
        pthread_mutex_destroy(&pool->mutex);
        mfn__mem_free(pool);
        return mfn__fail_errno(err, code, NULL, "cannot start a thread");
    }
    *ret = pool;
    return MFN_OK;
}

void mfn__http_pool_free(mfn__http_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->is_stopping = true;
    pthread_mutex_unlock(&pool->mutex);
    curl_multi_wakeup(pool->multi);
    pthread_join(pool->thread, NULL);
    for (size_t i = 0; i < pool->idle_count; i++) {
        curl_easy_cleanup(pool->idle[i]);
    }
    curl_multi_cleanup(pool->multi);
    pthread_mutex_destroy(&pool->mutex);
    mfn__mem_free(pool);
}

void mfn__http_perform(mfn__http_pool *pool, mfn__http_exchange *exchanges, size_t count,
                       const atomic_bool *abandon)
{
    mfn__http_transfer *transfers = mfn__mem_new(count, sizeof *transfers);
    if (transfers == NULL) {
        for (size_t i = 0; i < count; i++) {
            mfn__fail_memory(&exchanges[i].problem);
        }
        return;
    }
    mfn__http_group group = {.open = count};
    pthread_cond_init(&group.is_over, NULL);
    pthread_mutex_lock(&pool->mutex);
    for (size_t i = count; i-- > 0;) {
        transfers[i] = (mfn__http_transfer){
            .exchange = &exchanges[i], .abandon = abandon, .group = &group, .next = pool->pending};
        pool->pending = &transfers[i];
    }
    curl_multi_wakeup(pool->multi);
    while (group.open > 0) {
        pthread_cond_wait(&group.is_over, &pool->mutex);
    }
    pthread_mutex_unlock(&pool->mutex);
    pthread_cond_destroy(&group.is_over);
    for (size_t i = 0; i < count; i++) {
        mfn__http_transfer_deinit(&transfers[i]);
    }
    mfn__mem_free(transfers);
}

mfn__http_counts mfn__http_pool_counts(mfn__http_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    mfn__http_counts counts = pool->counts;
    pthread_mutex_unlock(&pool->mutex);
    return counts;
}
