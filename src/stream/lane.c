/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "stream/lane_internal.h"

#define TICK_NS (100 * MFN__NS_PER_MS)

/* Opening and closing. */

static mfn_status find_target(mfn__lane *lane, mfn_error *err)
{
    mfn__buffer key;
    mfn__buffer_init(&key, 1 << 16);
    lane->section->ops->identify(lane->section->options, &key);
    mfn_status status = mfn__buffer_check(&key, "the name of the destination", err);
    if (status == MFN_OK) {
        status = mfn__ledger_begin(lane->run->ledger, err);
    }
    if (status == MFN_OK) {
        status = mfn__ledger_target(lane->run->ledger, key.data, &lane->around.target, err);
        if (status == MFN_OK) {
            status = mfn__ledger_commit(lane->run->ledger, err);
        } else {
            mfn__ledger_rollback(lane->run->ledger);
        }
    }
    mfn__buffer_deinit(&key);
    return status;
}

static mfn_status open_publisher(mfn__lane *lane, mfn_error *err)
{
    mfn_status status = find_target(lane, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn_error reason = {0};
    status = lane->section->ops->open(lane->section->options, &lane->around, &lane->self, &reason);
    if (status != MFN_OK) {
        return mfn__fail(err, status, reason.field, "%s: %s", lane->label, reason.text);
    }
    return mfn__outbox_count(lane->run->spool, lane->around.target, &lane->report.backlog, err);
}

static mfn_status make_buffers(mfn__lane *lane, mfn_error *err)
{
    lane->ring_size = (size_t)lane->run->pipeline->engine.queue_items;
    lane->max_bytes = (size_t)lane->run->pipeline->engine.queue_bytes / 2;
    lane->ring = mfn__mem_new(lane->ring_size, sizeof(mfn__message *));
    lane->parcels = mfn__mem_new(lane->capacity, sizeof *lane->parcels);
    lane->taken = mfn__mem_new(lane->capacity, sizeof(mfn__message *));
    return lane->ring != NULL && lane->parcels != NULL && lane->taken != NULL
               ? MFN_OK
               : mfn__fail_memory(err);
}

static void init_locks(mfn__lane *lane)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&lane->mutex, NULL);
    pthread_cond_init(&lane->not_empty, &attributes);
    pthread_cond_init(&lane->not_full, &attributes);
    pthread_condattr_destroy(&attributes);
}

mfn_status mfn__lane_new(mfn__run *run, size_t number, mfn__lane **ret, mfn_error *err)
{
    mfn__lane *lane = mfn__mem_new(1, sizeof *lane);
    if (lane == NULL) {
        return mfn__fail_memory(err);
    }
    const mfn__publisher_section *section = &run->pipeline->publishers[number];
    lane->run = run;
    lane->number = number;
    lane->section = section;
    lane->content = section->ops->content(section->options);
    lane->capacity = section->ops->capacity(section->options);
    lane->may_spool = run->pipeline->publisher_count > 1;
    mfn__pipeline_publisher_name(run->pipeline, number, lane->name, sizeof lane->name);
    snprintf(lane->label, sizeof lane->label, "publishers[%zu] (%s)", number, lane->name);
    lane->around = run->around;
    lane->around.name = lane->label;
    lane->around.timeout_s = section->retry.timeout;
    mfn__breaker_init(&lane->breaker, &section->breaker);
    init_locks(lane);
    mfn_status status = make_buffers(lane, err);
    if (status == MFN_OK) {
        status = open_publisher(lane, err);
    }
    if (status != MFN_OK) {
        mfn__lane_free(lane);
        return status;
    }
    *ret = lane;
    return MFN_OK;
}

void mfn__lane_free(mfn__lane *lane)
{
    if (lane == NULL) {
        return;
    }
    lane->section->ops->close(lane->self);
    pthread_cond_destroy(&lane->not_empty);
    pthread_cond_destroy(&lane->not_full);
    pthread_mutex_destroy(&lane->mutex);
    mfn__mem_free(lane->ring);
    mfn__mem_free(lane->parcels);
    mfn__mem_free(lane->taken);
    mfn__mem_free(lane);
}

/* Messages that came back from the last lane are settled. */

static void finish(mfn__run *run, mfn__message *message)
{
    if (atomic_fetch_sub(&message->holders, 1) == 1 && !mfn__queue_add(run->finished, message)) {
        mfn__run_return(run, message);
    }
}

void mfn__lane_end_message(mfn__lane *lane, mfn__message *message, mfn__fate fate)
{
    if (fate == MFN__FATE_RETURNED) {
        mfn__lane_count_returned(lane);
    }
    message->fates[lane->number] = fate;
    finish(lane->run, message);
}

bool mfn__lane_put_off(mfn__lane *lane, mfn__message *message)
{
    if (!mfn__spool_reserve(lane->run->spool, mfn__outbox_bytes(message, lane->content))) {
        return false;
    }
    mfn__lane_end_message(lane, message, MFN__FATE_SPOOLED);
    return true;
}

/* The queue. */

static bool has_room(const mfn__lane *lane, size_t bytes)
{
    return lane->count == 0 || (lane->count < lane->ring_size && lane->bytes <= lane->max_bytes &&
                                bytes <= lane->max_bytes - lane->bytes);
}

static void add_tick(const mfn__lane *lane, struct timespec *ret)
{
    int64_t until_ns = mfn__clock_monotonic_ns(mfn__clock_system()) + TICK_NS;
    (void)lane;
    *ret = (struct timespec){.tv_sec = (time_t)(until_ns / MFN__NS_PER_S),
                             .tv_nsec = (long)(until_ns % MFN__NS_PER_S)};
}

/* Waits for room; a lane in trouble that may spool keeps nobody waiting. */
static void add(mfn__lane *lane, mfn__message *message)
{
    size_t bytes = message->payloads[lane->content].size;
    pthread_mutex_lock(&lane->mutex);
    lane->report.handed++;
    while (!has_room(lane, bytes) && !mfn__run_is_abandoned(lane->run)) {
        if (lane->is_in_trouble && lane->may_spool && mfn__lane_put_off(lane, message)) {
            pthread_mutex_unlock(&lane->mutex);
            return;
        }
        struct timespec until;
        add_tick(lane, &until);
        pthread_cond_timedwait(&lane->not_full, &lane->mutex, &until);
    }
    if (mfn__run_is_abandoned(lane->run)) {
        pthread_mutex_unlock(&lane->mutex);
        mfn__lane_end_message(lane, message, MFN__FATE_RETURNED);
        return;
    }
    lane->ring[(lane->first + lane->count) % lane->ring_size] = message;
    lane->count++;
    lane->bytes += bytes;
    pthread_cond_signal(&lane->not_empty);
    pthread_mutex_unlock(&lane->mutex);
}

size_t mfn__lane_take(mfn__lane *lane, size_t max, bool may_wait, bool *ret_is_over)
{
    pthread_mutex_lock(&lane->mutex);
    if (lane->count == 0 && !lane->is_closed && may_wait) {
        struct timespec until;
        add_tick(lane, &until);
        pthread_cond_timedwait(&lane->not_empty, &lane->mutex, &until);
    }
    size_t taken = lane->count < max ? lane->count : max;
    for (size_t i = 0; i < taken; i++) {
        lane->taken[i] = lane->ring[lane->first];
        lane->bytes -= lane->taken[i]->payloads[lane->content].size;
        lane->first = (lane->first + 1) % lane->ring_size;
    }
    lane->count -= taken;
    *ret_is_over = lane->is_closed && lane->count == 0;
    if (taken > 0) {
        pthread_cond_broadcast(&lane->not_full);
    }
    pthread_mutex_unlock(&lane->mutex);
    return taken;
}

void mfn__lane_close(mfn__lane *lane)
{
    pthread_mutex_lock(&lane->mutex);
    lane->is_closed = true;
    pthread_cond_broadcast(&lane->not_empty);
    pthread_mutex_unlock(&lane->mutex);
}

static bool is_meant(const mfn__lane *lane, const mfn__message *message)
{
    return message->only_publisher == NULL || strcmp(message->only_publisher, lane->name) == 0;
}

/* A replay for a publisher that the pipeline file has no more is a dead letter again. */
static void require_publisher(const mfn__run *run, mfn__message *message)
{
    for (size_t i = 0; i < run->lane_count; i++) {
        if (is_meant(run->lanes[i], message)) {
            return;
        }
    }
    mfn__fail(&message->problem, MFN_NOT_FOUND, "publisher",
              "publisher: the pipeline has none of the name '%.64s'", message->only_publisher);
}

void mfn__lanes_hand(mfn__run *run, mfn__message *message)
{
    atomic_store(&message->holders, 1); /* ours, until everyone has it */
    if (message->problem.status == MFN_OK) {
        require_publisher(run, message);
    }
    for (size_t i = 0; i < run->lane_count && message->problem.status == MFN_OK; i++) {
        if (is_meant(run->lanes[i], message)) {
            atomic_fetch_add(&message->holders, 1);
            add(run->lanes[i], message);
        }
    }
    finish(run, message);
}

static void *lane_main(void *context)
{
    mfn__lane *lane = context;
    mfn__lane_publish_until_over(lane);
    if (atomic_fetch_sub(&lane->run->busy_lanes, 1) == 1) {
        mfn__queue_close(lane->run->finished);
    }
    return NULL;
}

mfn_status mfn__lane_start(mfn__lane *lane, mfn_error *err)
{
    int code = pthread_create(&lane->thread, NULL, lane_main, lane);
    if (code != 0) {
        return mfn__fail_errno(err, code, "publishers", "cannot start a thread");
    }
    lane->is_started = true;
    return MFN_OK;
}

void mfn__lane_join(mfn__lane *lane)
{
    if (lane->is_started) {
        pthread_join(lane->thread, NULL);
        lane->is_started = false;
    }
    mfn__lane_drain_rest(lane);
}

void mfn__lane_spooled(mfn__lane *lane, uint64_t count)
{
    pthread_mutex_lock(&lane->mutex);
    lane->report.backlog += count;
    lane->report.into_spool += count;
    pthread_cond_signal(&lane->not_empty);
    pthread_mutex_unlock(&lane->mutex);
}

void mfn__lane_count_returned(mfn__lane *lane)
{
    atomic_fetch_add(&lane->returned, 1);
}

mfn__content mfn__lane_content(const mfn__lane *lane)
{
    return lane->content;
}

uint64_t mfn__lane_target(const mfn__lane *lane)
{
    return lane->around.target;
}

const char *mfn__lane_name(const mfn__lane *lane)
{
    return lane->name;
}

void *mfn__lane_publisher(mfn__lane *lane)
{
    return lane->self;
}

mfn_status mfn__lane_put_dead_letter(mfn__lane *lane, const mfn__dead_letter *letter,
                                     mfn_error *err)
{
    const mfn__publisher_ops *ops = lane->section->ops;
    return ops->put_dead_letter != NULL ? ops->put_dead_letter(lane->self, letter, err) : MFN_OK;
}

void mfn__lane_report(mfn__lane *lane, mfn__publisher_report *ret)
{
    pthread_mutex_lock(&lane->mutex);
    *ret = lane->report;
    ret->waiting = lane->count;
    ret->returned = atomic_load(&lane->returned);
    pthread_mutex_unlock(&lane->mutex);
}
