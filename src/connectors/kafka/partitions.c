/* SPDX-License-Identifier: MIT */
/* Offsets have gaps (compaction, markers of transactions), so a partition keeps the offsets that
 * are under way in a ring. They come in rising order: a receipt is found by halving, and the first
 * one that is left is what may be committed. */
#include "connectors/kafka/partitions.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define FIRST_CAPACITY 64

mfn_status mfn__partitions_init(mfn__partitions *set, mfn_error *err)
{
    *set = (mfn__partitions){0};
    int code = pthread_mutex_init(&set->mutex, NULL);
    return code == 0 ? MFN_OK : mfn__fail_errno(err, code, NULL, "cannot make a lock");
}

static void partition_free(mfn__partition *partition)
{
    mfn__mem_free(partition->topic);
    mfn__mem_free(partition->flights);
    mfn__mem_free(partition);
}

void mfn__partitions_deinit(mfn__partitions *set)
{
    while (set->first != NULL) {
        mfn__partition *next = set->first->next;
        partition_free(set->first);
        set->first = next;
    }
    pthread_mutex_destroy(&set->mutex);
}

static mfn__partition *find(const mfn__partitions *set, const char *topic, int32_t number)
{
    mfn__partition *at = set->first;
    while (at != NULL && (at->number != number || strcmp(at->topic, topic) != 0)) {
        at = at->next;
    }
    return at;
}

static mfn__partition *find_source(const mfn__partitions *set, uint64_t source)
{
    mfn__partition *at = set->first;
    while (at != NULL && at->source != source) {
        at = at->next;
    }
    return at;
}

static bool comes_before(const mfn__partition *partition, const char *topic, int32_t number)
{
    int order = strcmp(partition->topic, topic);
    return order < 0 || (order == 0 && partition->number < number);
}

static void begin_anew(mfn__partitions *set, mfn__partition *partition)
{
    partition->source = ++set->last_source;
    partition->position = -1;
    partition->sent = -1;
    partition->committed = -1;
    partition->count = 0;
    partition->is_at_end = false;
    partition->is_leaving = false;
}

mfn_status mfn__partitions_add(mfn__partitions *set, const char *topic, int32_t number,
                               mfn_error *err)
{
    mfn_status status = MFN_OK;
    pthread_mutex_lock(&set->mutex);
    mfn__partition *partition = find(set, topic, number);
    if (partition == NULL) {
        partition = mfn__mem_new(1, sizeof *partition);
        char *name = mfn__mem_copy_text(topic);
        if (partition == NULL || name == NULL) {
            mfn__mem_free(partition);
            mfn__mem_free(name);
            status = mfn__fail_memory(err);
            goto end;
        }
        partition->topic = name;
        partition->number = number;
        mfn__partition **link = &set->first;
        while (*link != NULL && comes_before(*link, topic, number)) {
            link = &(*link)->next;
        }
        partition->next = *link;
        *link = partition;
    }
    begin_anew(set, partition);
end:
    pthread_mutex_unlock(&set->mutex);
    return status;
}

void mfn__partitions_leave(mfn__partitions *set, const char *topic, int32_t number)
{
    pthread_mutex_lock(&set->mutex);
    mfn__partition *partition = find(set, topic, number);
    if (partition != NULL) {
        partition->is_leaving = true;
    }
    pthread_mutex_unlock(&set->mutex);
}

bool mfn__partitions_is_leaving(mfn__partitions *set, const char *topic, int32_t number)
{
    pthread_mutex_lock(&set->mutex);
    const mfn__partition *partition = find(set, topic, number);
    bool is_leaving = partition == NULL || partition->is_leaving;
    pthread_mutex_unlock(&set->mutex);
    return is_leaving;
}

bool mfn__partitions_are_drained(mfn__partitions *set)
{
    bool are_drained = true;
    pthread_mutex_lock(&set->mutex);
    for (const mfn__partition *at = set->first; at != NULL; at = at->next) {
        are_drained = are_drained && (!at->is_leaving || at->count == 0);
    }
    pthread_mutex_unlock(&set->mutex);
    return are_drained;
}

void mfn__partitions_remove_leaving(mfn__partitions *set)
{
    pthread_mutex_lock(&set->mutex);
    mfn__partition **link = &set->first;
    while (*link != NULL) {
        mfn__partition *partition = *link;
        if (partition->is_leaving) {
            *link = partition->next;
            partition_free(partition);
        } else {
            link = &partition->next;
        }
    }
    pthread_mutex_unlock(&set->mutex);
}

static mfn__flight *flight_at(const mfn__partition *partition, size_t index)
{
    return &partition->flights[(partition->first + index) & (partition->capacity - 1)];
}

static mfn_status make_room(mfn__partition *partition, mfn_error *err)
{
    if (partition->count < partition->capacity) {
        return MFN_OK;
    }
    size_t capacity = partition->capacity > 0 ? 2 * partition->capacity : FIRST_CAPACITY;
    mfn__flight *flights = mfn__mem_new(capacity, sizeof *flights);
    if (flights == NULL) {
        return mfn__fail_memory(err);
    }
    for (size_t i = 0; i < partition->count; i++) {
        flights[i] = *flight_at(partition, i);
    }
    mfn__mem_free(partition->flights);
    partition->flights = flights;
    partition->first = 0;
    partition->capacity = capacity;
    return MFN_OK;
}

mfn_status mfn__partitions_take(mfn__partitions *set, const char *topic, int32_t number,
                                int64_t offset, uint64_t *ret_source, mfn_error *err)
{
    pthread_mutex_lock(&set->mutex);
    mfn__partition *partition = find(set, topic, number);
    mfn_status status = MFN_NOT_FOUND;
    if (partition == NULL || partition->is_leaving) {
        goto end;
    }
    if (offset < partition->position) {
        begin_anew(set, partition);
    }
    status = make_room(partition, err);
    if (status != MFN_OK) {
        goto end;
    }
    *flight_at(partition, partition->count++) = (mfn__flight){.offset = offset};
    if (partition->position < 0) {
        partition->sent = offset;
        partition->committed = offset;
    }
    partition->position = offset + 1;
    partition->is_at_end = false;
    *ret_source = partition->source;
end:
    pthread_mutex_unlock(&set->mutex);
    return status;
}

void mfn__partitions_untake(mfn__partitions *set, uint64_t source, int64_t offset)
{
    pthread_mutex_lock(&set->mutex);
    mfn__partition *partition = find_source(set, source);
    while (partition != NULL && partition->count > 0 &&
           flight_at(partition, partition->count - 1)->offset >= offset) {
        partition->count--;
        partition->position = flight_at(partition, partition->count)->offset;
    }
    pthread_mutex_unlock(&set->mutex);
}

void mfn__partitions_end(mfn__partitions *set, const char *topic, int32_t number, int64_t offset)
{
    pthread_mutex_lock(&set->mutex);
    mfn__partition *partition = find(set, topic, number);
    if (partition != NULL && !partition->is_leaving) {
        partition->is_at_end = true;
        if (partition->position < 0) {
            partition->sent = offset;
            partition->committed = offset;
        }
        partition->position = offset > partition->position ? offset : partition->position;
    }
    pthread_mutex_unlock(&set->mutex);
}

bool mfn__partitions_are_at_end(mfn__partitions *set)
{
    bool are_at_end = true;
    pthread_mutex_lock(&set->mutex);
    for (const mfn__partition *at = set->first; at != NULL; at = at->next) {
        are_at_end = are_at_end && at->is_at_end;
    }
    pthread_mutex_unlock(&set->mutex);
    return are_at_end;
}

static void settle_one(mfn__partition *partition, int64_t offset)
{
    size_t low = 0;
    size_t high = partition->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (flight_at(partition, middle)->offset < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < partition->count && flight_at(partition, low)->offset == offset) {
        flight_at(partition, low)->is_done = true;
    }
    while (partition->count > 0 && flight_at(partition, 0)->is_done) {
        partition->first = (partition->first + 1) & (partition->capacity - 1);
        partition->count--;
    }
}

void mfn__partitions_settle(mfn__partitions *set, const mfn__receipt *receipts, size_t count)
{
    pthread_mutex_lock(&set->mutex);
    for (size_t i = 0; i < count; i++) {
        mfn__partition *partition = find_source(set, receipts[i].source);
        if (partition != NULL) {
            settle_one(partition, (int64_t)receipts[i].index);
        }
    }
    pthread_mutex_unlock(&set->mutex);
}

int64_t mfn__partition_next_offset(const mfn__partition *partition)
{
    return partition->count > 0 ? flight_at(partition, 0)->offset : partition->position;
}

bool mfn__partitions_are_due(mfn__partitions *set)
{
    bool are_due = false;
    pthread_mutex_lock(&set->mutex);
    for (const mfn__partition *at = set->first; at != NULL; at = at->next) {
        are_due = are_due || mfn__partition_next_offset(at) > at->sent;
    }
    pthread_mutex_unlock(&set->mutex);
    return are_due;
}

rd_kafka_topic_partition_list_t *mfn__partitions_due(mfn__partitions *set)
{
    rd_kafka_topic_partition_list_t *due = NULL;
    pthread_mutex_lock(&set->mutex);
    for (mfn__partition *at = set->first; at != NULL; at = at->next) {
        int64_t next = mfn__partition_next_offset(at);
        if (next <= at->sent) {
            continue;
        }
        due = due != NULL ? due : rd_kafka_topic_partition_list_new(1);
        if (due == NULL) {
            break;
        }
        rd_kafka_topic_partition_list_add(due, at->topic, at->number)->offset = next;
        at->sent = next;
    }
    pthread_mutex_unlock(&set->mutex);
    return due;
}

void mfn__partitions_committed(mfn__partitions *set, rd_kafka_resp_err_t code,
                               const rd_kafka_topic_partition_list_t *offsets)
{
    pthread_mutex_lock(&set->mutex);
    for (int i = 0; offsets != NULL && i < offsets->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &offsets->elems[i];
        mfn__partition *partition = find(set, one->topic, one->partition);
        if (partition == NULL) {
            continue;
        }
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR || one->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            partition->sent = partition->committed;
        } else if (one->offset > partition->committed) {
            partition->committed = one->offset;
        }
    }
    pthread_mutex_unlock(&set->mutex);
}

bool mfn__partitions_own(mfn__partitions *set, uint64_t source)
{
    pthread_mutex_lock(&set->mutex);
    bool is_ours = find_source(set, source) != NULL;
    pthread_mutex_unlock(&set->mutex);
    return is_ours;
}

mfn_status mfn__partitions_next(const mfn__partitions *set, const mfn__receipt *receipts,
                                size_t count, rd_kafka_topic_partition_list_t *ret, mfn_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const mfn__partition *partition = find_source(set, receipts[i].source);
        if (partition == NULL) {
            return mfn__fail(err, MFN_CANCELLED, NULL,
                             "the partition of offset %llu belongs to somebody else by now",
                             (unsigned long long)receipts[i].index);
        }
        rd_kafka_topic_partition_t *one =
            rd_kafka_topic_partition_list_find(ret, partition->topic, partition->number);
        if (one == NULL) {
            one = rd_kafka_topic_partition_list_add(ret, partition->topic, partition->number);
        }
        int64_t next = (int64_t)receipts[i].index + 1;
        one->offset = next > one->offset ? next : one->offset;
    }
    return MFN_OK;
}
