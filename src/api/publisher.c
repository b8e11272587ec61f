/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "api/component.h"
#include "api/kinds.h"
#include "base/error.h"
#include "base/mem.h"
#include "codec/sha256.h"

#define KEY_BYTES_MAX ((size_t)1 << 16)

/* An event's own identity where the caller gave none. */
typedef struct identity {
    char digest[MFN__SHA256_HEX_SIZE];
} identity;

struct mfn_publisher {
    mfn__component base;
    const mfn__publisher_ops *ops;
    void *self; /* NULL when not connected */
    mfn__parcel parcels[MFN__PARCELS_MAX];
    identity identities[MFN__PARCELS_MAX];
};

static const mfn__publisher_ops *find_kind(const char *kind)
{
    for (size_t i = 0; mfn__all_kinds.publishers[i] != NULL; i++) {
        if (strcmp(mfn__all_kinds.publishers[i]->kind, kind) == 0) {
            return mfn__all_kinds.publishers[i];
        }
    }
    return NULL;
}

mfn_status mfn_publisher_new(const char *kind, const char *options, mfn_publisher **ret,
                             mfn_error *err)
{
    const mfn__publisher_ops *ops = find_kind(kind);
    if (ops == NULL) {
        return mfn__fail(err, MFN_INVALID, "kind",
                         "kind: expected file, webhook or kafka for a publisher, got '%.40s'",
                         kind);
    }
    mfn_publisher *publisher = mfn__mem_new(1, sizeof *publisher);
    if (publisher == NULL) {
        return mfn__fail_memory(err);
    }
    publisher->ops = ops;
    mfn_status status = mfn__component_init(&publisher->base, options, ops->options,
                                            ops->options_size, ops->check, err);
    if (status != MFN_OK) {
        mfn__mem_free(publisher);
        return status;
    }
    *ret = publisher;
    return MFN_OK;
}

void mfn_publisher_free(mfn_publisher *publisher)
{
    if (publisher == NULL) {
        return;
    }
    mfn_publisher_disconnect(publisher);
    mfn__component_deinit(&publisher->base);
    mfn__mem_free(publisher);
}

static mfn_status open_surroundings(mfn_publisher *publisher, mfn_error *err)
{
    mfn__buffer key;
    mfn__buffer_init(&key, KEY_BYTES_MAX);
    publisher->ops->identify(publisher->base.options, &key);
    mfn_status status = mfn__buffer_check(&key, "the name of the destination", err);
    if (status == MFN_OK) {
        status = mfn__component_open(&publisher->base, key.data, err);
    }
    mfn__buffer_deinit(&key);
    return status;
}

mfn_status mfn_publisher_connect(mfn_publisher *publisher, mfn_error *err)
{
    if (publisher->self != NULL) {
        return MFN_OK;
    }
    if (!publisher->base.retry.enabled) {
        return mfn__fail(err, MFN_INVALID, "enabled", "Publisher is disabled");
    }
    mfn_status status = open_surroundings(publisher, err);
    if (status == MFN_OK) {
        status = publisher->ops->open(publisher->base.options, &publisher->base.around,
                                      &publisher->self, err);
        if (status != MFN_OK) {
            mfn__component_close(&publisher->base);
        }
    }
    publisher->base.state = status == MFN_OK ? MFN_STATE_CONNECTED : MFN_STATE_ERROR;
    return status;
}

static void fill_parcels(mfn_publisher *publisher, const mfn_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const mfn_event *event = &events[i];
        char *digest = publisher->identities[i].digest;
        mfn__sha256_hex(event->bytes, event->size, digest);
        publisher->parcels[i] = (mfn__parcel){
            .simulation_id = event->id != NULL ? event->id : digest,
            .result_id = event->result_id != NULL ? event->result_id : digest,
            .bytes = event->bytes,
            .size = event->size,
            .wall_ns = mfn__clock_wall_ns(mfn__clock_system()),
        };
    }
}

static bool is_open(const mfn__parcel *parcel)
{
    return !parcel->is_done && parcel->problem.status == MFN_OK;
}

static bool is_permanent(mfn_status status, const mfn__advice *advice)
{
    return advice->trouble == MFN__TROUBLE_PERMANENT ||
           (advice->trouble == MFN__TROUBLE_BY_STATUS && !mfn_status_is_transient(status));
}

/* One attempt. Parcels that the publisher refuses without saying which are tried one by one. */
static mfn_status attempt(mfn_publisher *publisher, size_t count, mfn__advice *advice,
                          mfn_error *why)
{
    mfn_status status =
        publisher->ops->publish(publisher->self, publisher->parcels, count, advice, why);
    if (status == MFN_OK || !is_permanent(status, advice)) {
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        mfn__parcel *parcel = &publisher->parcels[i];
        if (!is_open(parcel)) {
            continue;
        }
        *advice = (mfn__advice){0};
        status = publisher->ops->publish(publisher->self, parcel, 1, advice, why);
        if (status != MFN_OK && !is_permanent(status, advice)) {
            return status;
        }
        if (status != MFN_OK && is_open(parcel)) {
            parcel->problem = *why;
        }
    }
    return MFN_OK;
}

/* Counts what became of the parcels; `blocked` is what stands in the way of those that are still
 * open. The first one that is not published gives the call's error. */
static mfn_status conclude(mfn_publisher *publisher, size_t count, const mfn_error *blocked,
                           mfn_error *err)
{
    mfn_status status = MFN_OK;
    for (size_t i = 0; i < count; i++) {
        const mfn__parcel *parcel = &publisher->parcels[i];
        if (parcel->is_done) {
            mfn__component_succeeded(&publisher->base, 1, parcel->size);
            continue;
        }
        const mfn_error *why = is_open(parcel) ? blocked : &parcel->problem;
        mfn__component_failed(&publisher->base, 1, why);
        if (status == MFN_OK) {
            status = why->status;
            if (err != NULL) {
                *err = *why;
            }
        }
    }
    return status;
}

/* `ret_blocked` gets a status when the destination takes nothing more. */
static mfn_status publish_some(mfn_publisher *publisher, const mfn_event *events, size_t count,
                               mfn_error *ret_blocked, mfn_error *err)
{
    fill_parcels(publisher, events, count);
    mfn__attempts attempts = {0};
    for (;;) {
        mfn__advice advice = {0};
        mfn_error why = {0};
        mfn_status status = attempt(publisher, count, &advice, &why);
        why.status = status;
        if (status == MFN_OK || !mfn__component_retry(&publisher->base, &attempts, &advice, &why)) {
            *ret_blocked = why;
            return conclude(publisher, count, &why, err);
        }
    }
}

mfn_status mfn_publisher_publish(mfn_publisher *publisher, const mfn_event *events, size_t count,
                                 mfn_error *err)
{
    if (publisher->self == NULL) {
        return mfn__fail(err, MFN_INVALID, NULL, "connect before publishing");
    }
    size_t most = publisher->ops->capacity(publisher->base.options);
    mfn_status first = MFN_OK;
    for (size_t done = 0; done < count; done += most) {
        size_t now = count - done < most ? count - done : most;
        mfn_error blocked = {0};
        mfn_status status =
            publish_some(publisher, events + done, now, &blocked, first == MFN_OK ? err : NULL);
        first = first == MFN_OK ? status : first;
        if (blocked.status != MFN_OK) {
            mfn__component_failed(&publisher->base, count - done - now, &blocked);
            break;
        }
    }
    publisher->base.state = first == MFN_OK ? MFN_STATE_CONNECTED : MFN_STATE_ERROR;
    return first;
}

mfn_status mfn_publisher_check_health(mfn_publisher *publisher, mfn_error *err)
{
    bool was_open = publisher->base.around.http != NULL;
    if (!was_open) {
        mfn_status status = mfn__component_open_pool(&publisher->base, err);
        if (status != MFN_OK) {
            return status;
        }
    }
    mfn_status status =
        publisher->ops->probe(publisher->base.options, &publisher->base.around, err);
    if (!was_open) {
        mfn__component_close(&publisher->base);
    }
    return status;
}

mfn_component_state mfn_publisher_state(const mfn_publisher *publisher)
{
    return publisher->base.state;
}

void mfn_publisher_metrics(const mfn_publisher *publisher, mfn_component_metrics *ret)
{
    mfn__component_report(&publisher->base, ret);
}

void mfn_publisher_disconnect(mfn_publisher *publisher)
{
    if (publisher->self != NULL) {
        publisher->ops->close(publisher->self);
        publisher->self = NULL;
        publisher->base.state = MFN_STATE_DISCONNECTED;
    }
    mfn__component_close(&publisher->base);
}
