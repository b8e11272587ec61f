/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "api/component.h"
#include "api/kinds.h"
#include "base/error.h"
#include "base/mem.h"
#include "codec/json_grammar.h"

#define PLACE_MAX  512
#define WAIT_MAX_S 1e9

/* receipt[0] says how the item is settled. */
enum { AT_SOURCE, IN_INBOX };

struct mfn_connector {
    mfn__component base;
    const mfn__connector_ops *ops;
    void *self; /* NULL when not connected */
    mfn__batch batch;
    mfn_item items[MFN__BATCH_MAX];
};

static const mfn__connector_ops *find_kind(const char *kind)
{
    for (size_t i = 0; mfn__all_kinds.connectors[i] != NULL; i++) {
        if (strcmp(mfn__all_kinds.connectors[i]->kind, kind) == 0) {
            return mfn__all_kinds.connectors[i];
        }
    }
    return NULL;
}

mfn_status mfn_connector_new(const char *kind, const char *options, mfn_connector **ret,
                             mfn_error *err)
{
    const mfn__connector_ops *ops = find_kind(kind);
    if (ops == NULL) {
        return mfn__fail(err, MFN_INVALID, "kind",
                         "kind: expected file, rest or kafka for a connector, got '%.40s'", kind);
    }
    mfn_connector *connector = mfn__mem_new(1, sizeof *connector);
    if (connector == NULL) {
        return mfn__fail_memory(err);
    }
    connector->ops = ops;
    mfn_status status = mfn__component_init(&connector->base, options, ops->options,
                                            ops->options_size, ops->check, err);
    if (status != MFN_OK) {
        mfn__mem_free(connector);
        return status;
    }
    *ret = connector;
    return MFN_OK;
}

static void drop_batch(mfn_connector *connector)
{
    for (size_t i = 0; i < connector->batch.count; i++) {
        mfn__message_free(connector->batch.messages[i]);
    }
    connector->batch.count = 0;
}

void mfn_connector_free(mfn_connector *connector)
{
    if (connector == NULL) {
        return;
    }
    mfn_connector_disconnect(connector);
    mfn__component_deinit(&connector->base);
    mfn__mem_free(connector);
}

mfn_status mfn_connector_connect(mfn_connector *connector, mfn_error *err)
{
    if (connector->self != NULL) {
        return MFN_OK;
    }
    if (!connector->base.retry.enabled) {
        return mfn__fail(err, MFN_INVALID, "enabled", "Connector is disabled");
    }
    char place[PLACE_MAX];
    char key[PLACE_MAX + 64];
    connector->ops->describe(connector->base.options, place, sizeof place);
    snprintf(key, sizeof key, "source\n%s\n%s", connector->ops->kind, place);
    mfn_status status = mfn__component_open(&connector->base, key, err);
    if (status == MFN_OK) {
        status = connector->ops->open(connector->base.options, &connector->base.around,
                                      &connector->self, err);
        if (status != MFN_OK) {
            mfn__component_close(&connector->base);
        }
    }
    connector->base.state = status == MFN_OK ? MFN_STATE_CONNECTED : MFN_STATE_ERROR;
    return status;
}

static mfn_item item_of(const mfn__message *message)
{
    bool is_in_inbox = message->inbox_row != 0;
    mfn_item item = {
        .bytes = message->job != NULL ? message->job : message->original,
        .size = message->job != NULL ? message->job_size : message->original_size,
        .origin = message->origin,
        .line = message->line,
        .problem = message->problem,
        .receipt = {is_in_inbox ? IN_INBOX : AT_SOURCE,
                    is_in_inbox ? message->inbox_row : message->source, message->index},
    };
    if (item.problem.status == MFN_OK) { /* kinds do not look into all that they bring */
        (void)mfn__json_grammar_check(item.bytes, item.size, &item.problem);
    }
    return item;
}

/* Returns the bytes of all items. */
static uint64_t show_items(mfn_connector *connector)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < connector->batch.count; i++) {
        connector->items[i] = item_of(connector->batch.messages[i]);
        bytes += connector->batch.messages[i]->original_size;
    }
    return bytes;
}

/* The moment from which a fetch waits no longer, whatever number the caller gives. */
static int64_t deadline_after(double timeout_s)
{
    double wait_s = timeout_s > 0.0 ? timeout_s : 0.0; /* NaN too */
    wait_s = wait_s < WAIT_MAX_S ? wait_s : WAIT_MAX_S;
    return mfn__clock_monotonic_ns(mfn__clock_system()) + (int64_t)(wait_s * (double)MFN__NS_PER_S);
}

mfn_status mfn_connector_fetch(mfn_connector *connector, double timeout_s, const mfn_item **ret,
                               size_t *ret_count, mfn_error *err)
{
    if (connector->self == NULL) {
        return mfn__fail(err, MFN_INVALID, NULL, "connect before fetching");
    }
    drop_batch(connector);
    int64_t deadline_ns = deadline_after(timeout_s);
    mfn__attempts attempts = {0};
    for (;;) {
        mfn__advice advice = {0};
        mfn_error why = {0};
        mfn_status status =
            connector->ops->fetch(connector->self, deadline_ns, &connector->batch, &advice, &why);
        if (status == MFN_OK) {
            mfn__component_succeeded(&connector->base, 1, show_items(connector));
            *ret = connector->items;
            *ret_count = connector->batch.count;
            return MFN_OK;
        }
        connector->batch.count = 0;
        why.status = status;
        bool is_quiet = (status == MFN_NOT_FOUND || status == MFN_TIMED_OUT) &&
                        advice.trouble == MFN__TROUBLE_BY_STATUS;
        if (!is_quiet && mfn__component_retry(&connector->base, &attempts, &advice, &why)) {
            continue;
        }
        if (is_quiet) {
            connector->base.state = MFN_STATE_CONNECTED;
        } else {
            mfn__component_failed(&connector->base, 1, &why);
        }
        if (err != NULL) {
            *err = why;
        }
        return status;
    }
}

/* The receipts of one kind of settling: those for the source, or rows of the inbox. */
static mfn_status settle(mfn_connector *connector, const mfn_item *items, size_t count,
                         mfn_error *err)
{
    mfn__receipt receipts[MFN__BATCH_MAX];
    size_t receipt_count = 0;
    uint64_t inbox_bytes = 0;
    mfn__ledger *ledger = connector->base.around.ledger;
    mfn_status status = mfn__ledger_begin(ledger, err);
    if (status != MFN_OK) {
        return status;
    }
    for (size_t i = 0; i < count && status == MFN_OK; i++) {
        if (items[i].receipt[0] == IN_INBOX) {
            status = mfn__inbox_remove(connector->base.around.spool, items[i].receipt[1], err);
            inbox_bytes += mfn__ledger_has_changed(ledger) ? items[i].size : 0;
        } else {
            receipts[receipt_count++] = (mfn__receipt){items[i].receipt[1], items[i].receipt[2]};
        }
    }
    if (status == MFN_OK && connector->ops->acknowledge != NULL) {
        status = connector->ops->acknowledge(connector->self, receipts, receipt_count, err);
    }
    if (status != MFN_OK) {
        mfn__ledger_rollback(ledger);
        return status;
    }
    status = mfn__ledger_commit(ledger, err);
    if (status == MFN_OK) {
        mfn__spool_give_back(connector->base.around.spool, inbox_bytes);
        if (connector->ops->settled != NULL) {
            connector->ops->settled(connector->self, receipts, receipt_count);
        }
    }
    return status;
}

mfn_status mfn_connector_acknowledge(mfn_connector *connector, const mfn_item *items, size_t count,
                                     mfn_error *err)
{
    if (connector->self == NULL) {
        return mfn__fail(err, MFN_INVALID, NULL, "connect before acknowledging");
    }
    mfn_status status = MFN_OK;
    for (size_t done = 0; done < count && status == MFN_OK; done += MFN__BATCH_MAX) {
        size_t now = count - done < MFN__BATCH_MAX ? count - done : MFN__BATCH_MAX;
        status = settle(connector, items + done, now, err);
    }
    connector->base.state = status == MFN_OK ? MFN_STATE_CONNECTED : MFN_STATE_ERROR;
    return status;
}

mfn_status mfn_connector_check_health(mfn_connector *connector, mfn_error *err)
{
    bool was_open = connector->base.around.http != NULL;
    if (!was_open) {
        mfn_status status = mfn__component_open_pool(&connector->base, err);
        if (status != MFN_OK) {
            return status;
        }
    }
    mfn_status status =
        connector->ops->probe(connector->base.options, &connector->base.around, err);
    if (!was_open) {
        mfn__component_close(&connector->base);
    }
    return status;
}

mfn_component_state mfn_connector_state(const mfn_connector *connector)
{
    return connector->base.state;
}

void mfn_connector_metrics(const mfn_connector *connector, mfn_component_metrics *ret)
{
    mfn__component_report(&connector->base, ret);
}

void mfn_connector_disconnect(mfn_connector *connector)
{
    drop_batch(connector);
    if (connector->self != NULL) {
        connector->ops->close(connector->self);
        connector->self = NULL;
        connector->base.state = MFN_STATE_DISCONNECTED;
    }
    mfn__component_close(&connector->base);
}
