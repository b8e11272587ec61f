/* SPDX-License-Identifier: MIT */
#include "server/websocket/feed.h"

#include "base/error.h"
#include "base/mem.h"
#include "server/websocket/client.h"

#define MESSAGE_BYTES_MAX ((size_t)64 << 10)

static void compute(mfn__ws_feed *feed)
{
    feed->is_computing = true;
    feed->is_waiting = false;
    feed->hub->computing++;
    mfn__pump_add(feed->hub->pump, &feed->task);
}

mfn_status mfn__ws_feed_start(mfn__ws_hub *hub, struct mfn__ws_client *client, mfn__stream *stream,
                              mfn__ws_feed **ret, mfn_error *err)
{
    mfn__ws_feed *feed = mfn__mem_new(1, sizeof *feed);
    if (feed == NULL) {
        mfn__stream_close(stream);
        return mfn__fail_memory(err);
    }
    mfn__registry *registry = hub->service->registry;
    const char *const labels[] = {stream->kind->name};
    mfn__buffer_init(&feed->task.message, MESSAGE_BYTES_MAX);
    feed->task.stream = stream;
    stream->cancel = &feed->task.cancel;
    feed->hub = hub;
    feed->client = client;
    feed->interval_ns = mfn__stream_interval_ns(stream);
    feed->running = mfn__registry_series(registry, &mfn__ws_streams, labels);
    feed->skipped = mfn__registry_series(registry, &mfn__ws_updates_skipped, labels);
    mfn__series_add(feed->running, 1.0);
    if (feed->interval_ns > 0) {
        feed->tick.due_ns = mfn__ws_hub_now_ns(hub);
        if (mfn__agenda_add(&hub->agenda, &feed->tick) != MFN_OK) {
            mfn__ws_feed_stop(feed);
            return mfn__fail_memory(err);
        }
    } else {
        compute(feed);
    }
    *ret = feed;
    return MFN_OK;
}

static void free_feed(mfn__ws_feed *feed)
{
    mfn__stream_close(feed->task.stream);
    mfn__buffer_deinit(&feed->task.message);
    mfn__mem_free(feed);
}

void mfn__ws_feed_stop(mfn__ws_feed *feed)
{
    mfn__series_add(feed->running, -1.0);
    mfn__agenda_remove(&feed->hub->agenda, &feed->tick);
    feed->client = NULL;
    if (feed->is_computing) {
        atomic_store_explicit(&feed->task.cancel, true, memory_order_relaxed);
    } else {
        free_feed(feed);
    }
}

mfn__ws_feed *mfn__ws_feed_of_tick(mfn__agenda_entry *tick)
{
    return (mfn__ws_feed *)((char *)tick - offsetof(mfn__ws_feed, tick));
}

/* Times that have passed already are left out: a simulation does not hurry to catch up. */
void mfn__ws_feed_tick(mfn__ws_feed *feed, int64_t now_ns)
{
    mfn__agenda_remove(&feed->hub->agenda, &feed->tick);
    int64_t missed = (now_ns - feed->tick.due_ns) / feed->interval_ns;
    feed->tick.due_ns += (missed + 1) * feed->interval_ns;
    bool is_held_up = feed->is_computing || mfn__ws_client_is_full(feed->client);
    int64_t skipped = missed + is_held_up;
    if (skipped > 0) {
        mfn__series_add(feed->skipped, (double)skipped);
    }
    if (!is_held_up) {
        compute(feed);
    }
    /* It was in there a moment ago: there is room for it. */
    (void)mfn__agenda_add(&feed->hub->agenda, &feed->tick);
}

void mfn__ws_feed_resume(mfn__ws_feed *feed)
{
    if (feed->is_waiting) {
        compute(feed);
    }
}

void mfn__ws_feed_deliver(mfn__ws_feed *feed)
{
    feed->is_computing = false;
    feed->hub->computing--;
    mfn__ws_client *client = feed->client;
    if (client == NULL) {
        free_feed(feed);
        return;
    }
    bool has_more = feed->task.status == MFN_OK && !feed->task.stream->is_complete;
    mfn__ws_client_deliver(client, feed);
    if (!has_more) {
        mfn__ws_client_drop(client, feed);
    } else if (feed->interval_ns == 0) {
        feed->is_waiting = mfn__ws_client_is_full(client);
        if (!feed->is_waiting) {
            compute(feed);
        }
    }
}
