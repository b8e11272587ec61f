/* SPDX-License-Identifier: MIT */
#include "connectors/kafka/commits.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/kafka.h"

#define PAUSE_NS       (200 * MFN__NS_PER_MS)
#define ANSWER_WAIT_MS 50
#define ABANDONED_NS   MFN__NS_PER_S
#define WARNING_SIZE   640

mfn_status mfn__commits_init(mfn__commits *commits, rd_kafka_t *handle, mfn__partitions *partitions,
                             const atomic_bool *is_joining, const mfn__surroundings *around,
                             mfn_error *err)
{
    *commits = (mfn__commits){.partitions = partitions, .is_joining = is_joining, .around = around};
    int code = pthread_mutex_init(&commits->mutex, NULL);
    if (code != 0) {
        return mfn__fail_errno(err, code, NULL, "cannot make a lock");
    }
    commits->answers = rd_kafka_queue_new(handle);
    if (commits->answers == NULL) {
        pthread_mutex_destroy(&commits->mutex);
        return mfn__fail_memory(err);
    }
    commits->handle = handle;
    return MFN_OK;
}

void mfn__commits_deinit(mfn__commits *commits)
{
    if (commits->handle == NULL) {
        return;
    }
    rd_kafka_queue_destroy(commits->answers);
    pthread_mutex_destroy(&commits->mutex);
    *commits = (mfn__commits){0};
}

static rd_kafka_resp_err_t first_failure(rd_kafka_resp_err_t code,
                                         const rd_kafka_topic_partition_list_t *offsets)
{
    for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && offsets != NULL && i < offsets->cnt;
         i++) {
        code = offsets->elems[i].err;
    }
    return code;
}

static void note_answer(mfn__commits *commits, rd_kafka_resp_err_t code,
                        const rd_kafka_topic_partition_list_t *offsets)
{
    mfn__partitions_committed(commits->partitions, code, offsets);
    rd_kafka_resp_err_t failure = first_failure(code, offsets);
    pthread_mutex_lock(&commits->mutex);
    /* A rebalance passes, and its commits are asked for again. */
    bool is_news = failure != RD_KAFKA_RESP_ERR_NO_ERROR &&
                   failure != RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS && !commits->has_failed;
    commits->is_under_way = false;
    commits->has_failed = failure != RD_KAFKA_RESP_ERR_NO_ERROR;
    pthread_mutex_unlock(&commits->mutex);
    if (is_news) {
        mfn_error why;
        mfn__kafka_fail(failure, "committing offsets", NULL, NULL, &why);
        char line[WARNING_SIZE];
        snprintf(line, sizeof line, "%s: %s", commits->around->name, why.text);
        commits->around->log->warn(commits->around->log->context, line);
    }
}

static void take_answer(rd_kafka_t *handle, rd_kafka_resp_err_t code,
                        rd_kafka_topic_partition_list_t *offsets, void *opaque)
{
    (void)handle;
    note_answer(opaque, code, offsets);
}

/* Asks for a commit of what is due unless one is under way. False when there was nothing to do. */
static bool ask(mfn__commits *commits, int64_t pause_ns)
{
    int64_t now_ns = mfn__clock_monotonic_ns(commits->around->clock);
    rd_kafka_topic_partition_list_t *due = NULL;
    pthread_mutex_lock(&commits->mutex);
    if (!commits->is_under_way && now_ns - commits->last_ns >= pause_ns &&
        !atomic_load(commits->is_joining) && !atomic_load(&commits->is_off)) {
        due = mfn__partitions_due(commits->partitions);
        commits->is_under_way = due != NULL;
        commits->last_ns = due != NULL ? now_ns : commits->last_ns;
    }
    pthread_mutex_unlock(&commits->mutex);
    if (due == NULL) {
        return false;
    }
    rd_kafka_resp_err_t code =
        rd_kafka_commit_queue(commits->handle, due, commits->answers, take_answer, commits);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        note_answer(commits, code, due);
    }
    rd_kafka_topic_partition_list_destroy(due);
    return true;
}

void mfn__commits_go_on(mfn__commits *commits)
{
    rd_kafka_queue_poll_callback(commits->answers, 0);
    ask(commits, PAUSE_NS);
}

static bool is_quiet(mfn__commits *commits)
{
    pthread_mutex_lock(&commits->mutex);
    bool must_wait = commits->is_under_way;
    pthread_mutex_unlock(&commits->mutex);
    return !must_wait && (!atomic_load(commits->is_joining) || atomic_load(&commits->is_off) ||
                          !mfn__partitions_are_due(commits->partitions));
}

/* Waits until no commit is under way and the next one may be sent, at most until `end_ns`. */
static bool wait_for_quiet(mfn__commits *commits, int64_t begin_ns, int64_t end_ns)
{
    while (!is_quiet(commits)) {
        int64_t now_ns = mfn__clock_monotonic_ns(commits->around->clock);
        bool is_abandoned = atomic_load(commits->around->abandon);
        if (now_ns >= end_ns || (is_abandoned && now_ns - begin_ns >= ABANDONED_NS)) {
            return false;
        }
        rd_kafka_queue_poll_callback(commits->answers, ANSWER_WAIT_MS);
    }
    return true;
}

bool mfn__commits_finish(mfn__commits *commits, double timeout_s)
{
    int64_t begin_ns = mfn__clock_monotonic_ns(commits->around->clock);
    int64_t end_ns = begin_ns + (int64_t)(timeout_s * (double)MFN__NS_PER_S);
    if (!wait_for_quiet(commits, begin_ns, end_ns)) {
        return false;
    }
    if (!ask(commits, 0)) {
        return true;
    }
    if (!wait_for_quiet(commits, begin_ns, end_ns)) {
        return false;
    }
    pthread_mutex_lock(&commits->mutex);
    bool has_failed = commits->has_failed;
    pthread_mutex_unlock(&commits->mutex);
    return !has_failed;
}
