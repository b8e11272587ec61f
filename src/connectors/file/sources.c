/* SPDX-License-Identifier: MIT */
#include "connectors/file/sources.h"

#include "base/error.h"
#include "base/mem.h"

void mfn__sources_init(mfn__sources *sources)
{
    *sources = (mfn__sources){0};
    pthread_mutex_init(&sources->mutex, NULL);
}

void mfn__source_free(mfn__source *source)
{
    if (source == NULL) {
        return;
    }
    mfn__watermark_deinit(&source->mark);
    mfn__mem_free(source->path);
    mfn__mem_free(source);
}

void mfn__sources_deinit(mfn__sources *sources)
{
    while (sources->first != NULL) {
        mfn__source *source = sources->first;
        sources->first = source->next;
        mfn__source_free(source);
    }
    pthread_mutex_destroy(&sources->mutex);
}

mfn_status mfn__sources_add(mfn__sources *sources, const char *path,
                            const mfn__file_identity *identity, const mfn__file_entry *entry,
                            mfn__source **ret, mfn_error *err)
{
    mfn__source *source = mfn__mem_new(1, sizeof *source);
    char *copy = mfn__mem_copy_text(path);
    if (source == NULL || copy == NULL) {
        mfn__mem_free(source);
        mfn__mem_free(copy);
        return mfn__fail_memory(err);
    }
    source->path = copy;
    source->identity = *identity;
    source->entry = *entry;
    source->items_read = entry->items_done;
    mfn__watermark_init(&source->mark, entry->items_done);
    pthread_mutex_lock(&sources->mutex);
    source->next = sources->first;
    sources->first = source;
    pthread_mutex_unlock(&sources->mutex);
    *ret = source;
    return MFN_OK;
}

static mfn__source *find(const mfn__sources *sources, uint64_t id)
{
    mfn__source *source = sources->first;
    while (source != NULL && source->entry.id != id) {
        source = source->next;
    }
    return source;
}

bool mfn__sources_have(mfn__sources *sources, uint64_t id)
{
    pthread_mutex_lock(&sources->mutex);
    bool found = find(sources, id) != NULL;
    pthread_mutex_unlock(&sources->mutex);
    return found;
}

static mfn_status mark_settled(mfn__sources *sources, const mfn__receipt *receipts, size_t count,
                               mfn_error *err)
{
    for (size_t i = 0; i < count; i++) {
        mfn__source *source = find(sources, receipts[i].source);
        if (source == NULL) {
            continue; /* settled before: the receipt is a repetition */
        }
        mfn_status status = mfn__watermark_finish(&source->mark, receipts[i].index, err);
        if (status != MFN_OK) {
            return status;
        }
        source->is_touched = true;
    }
    return MFN_OK;
}

static bool is_complete(const mfn__source *source)
{
    return source->is_at_end && source->mark.low == source->items_read;
}

bool mfn__sources_have_ended(mfn__sources *sources)
{
    bool found = false;
    pthread_mutex_lock(&sources->mutex);
    for (const mfn__source *source = sources->first; source != NULL; source = source->next) {
        found = found || is_complete(source);
    }
    pthread_mutex_unlock(&sources->mutex);
    return found;
}

mfn_status mfn__sources_acknowledge(mfn__sources *sources, mfn__ledger *ledger,
                                    const mfn__receipt *receipts, size_t count, mfn_error *err)
{
    pthread_mutex_lock(&sources->mutex);
    mfn_status status = mark_settled(sources, receipts, count, err);
    for (mfn__source *source = sources->first; source != NULL && status == MFN_OK;
         source = source->next) {
        bool is_done = is_complete(source);
        if (!source->is_touched && !is_done) {
            continue;
        }
        source->entry.items_done = source->mark.low;
        source->entry.is_finished = is_done;
        status = mfn__ledger_file_update(ledger, &source->entry, err);
        source->is_finished = status == MFN_OK && is_done;
    }
    pthread_mutex_unlock(&sources->mutex);
    return status;
}

mfn__source *mfn__sources_take_finished(mfn__sources *sources)
{
    mfn__source *finished = NULL;
    pthread_mutex_lock(&sources->mutex);
    mfn__source **link = &sources->first;
    while (*link != NULL) {
        mfn__source *source = *link;
        source->is_touched = false; /* what was touched is durable now */
        if (source->is_finished) {
            *link = source->next;
            source->next = finished;
            finished = source;
        } else {
            link = &source->next;
        }
    }
    pthread_mutex_unlock(&sources->mutex);
    return finished;
}
