/* SPDX-License-Identifier: MIT */
#include "server/websocket/client.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "server/websocket/protocol.h"

static void on_text(void *owner, const char *text, size_t size)
{
    mfn__ws_client *client = owner;
    mfn__series_add(client->hub->received, 1.0);
    mfn__ws_protocol_take(client, text, size);
}

mfn_status mfn__ws_client_new(mfn__ws_hub *hub, const mfn__ws_arrival *arrival,
                              mfn__ws_client **changed, mfn__ws_client **ret, mfn_error *err)
{
    mfn__ws_client *client = mfn__mem_new(1, sizeof *client);
    if (client == NULL) {
        return mfn__fail_memory(err);
    }
    client->hub = hub;
    client->kind = arrival->kind;
    client->changed = changed;
    client->heard_ns = mfn__ws_hub_now_ns(hub);
    snprintf(client->address, sizeof client->address, "%s", arrival->address);
    mfn_status status = mfn__uuid_make(mfn__entropy_system(), client->id, err);
    if (status == MFN_OK) {
        status = mfn__ws_wire_new(&arrival->carrier, on_text, client, &client->wire, err);
    }
    if (status != MFN_OK) {
        mfn__mem_free(client);
        return status;
    }
    mfn__series_add(hub->connected, 1.0);
    char message[96];
    snprintf(message, sizeof message, "WebSocket connection accepted: %s", client->id);
    mfn__ws_client_log(client, MFN__LOG_INFO, message);
    *ret = client;
    return MFN_OK;
}

void mfn__ws_client_free(mfn__ws_client *client)
{
    char message[96];
    snprintf(message, sizeof message, "WebSocket connection closed: %s", client->id);
    mfn__ws_client_log(client, MFN__LOG_INFO, message);
    mfn__series_add(client->hub->connected, -1.0);
    mfn__ws_client_drop_all(client);
    mfn__ws_wire_free(client->wire);
    mfn__mem_free(client);
}

void mfn__ws_client_touch(mfn__ws_client *client)
{
    if (!client->is_changed) {
        client->is_changed = true;
        client->next_changed = *client->changed;
        *client->changed = client;
    }
}

void mfn__ws_client_send(mfn__ws_client *client, const mfn__buffer *message)
{
    mfn__series_add(client->hub->sent, 1.0);
    mfn__ws_wire_send(client->wire, message->data, message->size);
    mfn__ws_client_touch(client);
}

void mfn__ws_client_close(mfn__ws_client *client, unsigned code, const char *reason)
{
    mfn__ws_wire_close(client->wire, code, reason);
    mfn__ws_client_touch(client);
}

void mfn__ws_client_log(const mfn__ws_client *client, mfn__log_level level, const char *message)
{
    mfn__log_record record = mfn__log_record_of(level, MFN__WS_LOG, message);
    const mfn__log_extra path = {"stream_type", client->kind->name};
    record.client_ip = client->address;
    record.extras = &path;
    record.extra_count = 1;
    mfn__logger_write(client->hub->service->logger, &record);
}

bool mfn__ws_client_is_full(const mfn__ws_client *client)
{
    return mfn__ws_wire_is_full(client->wire);
}

mfn__ws_feed *mfn__ws_client_find(const mfn__ws_client *client, const char *stream_id)
{
    mfn__ws_feed *feed = client->feeds;
    while (feed != NULL && strcmp(feed->task.stream->id, stream_id) != 0) {
        feed = feed->next;
    }
    return feed;
}

void mfn__ws_client_add(mfn__ws_client *client, mfn__ws_feed *feed)
{
    feed->next = client->feeds;
    client->feeds = feed;
    client->feed_count++;
}

void mfn__ws_client_drop(mfn__ws_client *client, mfn__ws_feed *feed)
{
    mfn__ws_feed **at = &client->feeds;
    while (*at != feed) {
        at = &(*at)->next;
    }
    *at = feed->next;
    client->feed_count--;
    mfn__ws_feed_stop(feed);
}

void mfn__ws_client_drop_all(mfn__ws_client *client)
{
    while (client->feeds != NULL) {
        mfn__ws_client_drop(client, client->feeds);
    }
}

void mfn__ws_client_deliver(mfn__ws_client *client, mfn__ws_feed *feed)
{
    const mfn__pump_task *task = &feed->task;
    if (task->status == MFN_OK) {
        mfn__ws_client_send(client, &task->message);
    } else if (task->status != MFN_CANCELLED) {
        mfn__ws_protocol_tell_stream_error(client, task->stream->id, task->err.text);
    }
}
