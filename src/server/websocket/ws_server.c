/* SPDX-License-Identifier: MIT */
#include "server/websocket/ws_server.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "server/websocket/protocol.h"

#define EVENTS_MAX      256
#define TICK_MAX_MS     50                  /* the service's clock may be one that a test moves */
#define CLOSE_TIME_NS   (5 * MFN__NS_PER_S) /* for the client to answer a close */
#define ARRIVALS_MAX    1024
#define SILENCE_REASON  "nothing was heard for too long"
#define STOPPING_REASON "the service is about to end"

struct mfn__ws_server {
    mfn__ws_hub hub;
    int poll;
    int wake; /* an eventfd: arrivals, computed messages, the end */
    pthread_t thread;
    bool has_thread;
    mfn__ws_client open;    /* a ring by the time of the next heartbeat; this one is no client */
    mfn__ws_client closing; /* a ring by the time of the end */
    mfn__ws_client *changed;
    int64_t heartbeat_ns, silence_max_ns;
    bool is_ending;          /* of the thread: all were told */
    int64_t cut_off_ns;      /* then */
    pthread_mutex_t mutex;   /* guards what follows */
    mfn__ws_client *arrived; /* linked by `next` */
    size_t arrived_count;
    bool ends;
    double end_seconds;
};

static void link_last(mfn__ws_client *ring, mfn__ws_client *client)
{
    client->previous = ring->previous;
    client->next = ring;
    client->previous->next = client;
    ring->previous = client;
}

static void unlink_client(mfn__ws_client *client)
{
    client->previous->next = client->next;
    client->next->previous = client->previous;
}

static void wake_up(const mfn__ws_server *server)
{
    const uint64_t one = 1;
    ssize_t ignored = write(server->wake, &one, sizeof one); /* full: it is awake anyway */
    (void)ignored;
}

/* What epoll is to tell of. */
static uint32_t events_of(const mfn__ws_client *client)
{
    return (mfn__ws_wire_wants_read(client->wire) ? (uint32_t)EPOLLIN : 0) |
           (mfn__ws_wire_wants_write(client->wire) ? (uint32_t)EPOLLOUT : 0);
}

static void free_client(mfn__ws_server *server, mfn__ws_client *client)
{
    unlink_client(client);
    epoll_ctl(server->poll, EPOLL_CTL_DEL, mfn__ws_wire_socket(client->wire), NULL);
    mfn__ws_client_free(client);
}

/* Sends what is queued, lets streams go on whose messages have left, and sees to the end. */
static void settle(mfn__ws_server *server, mfn__ws_client *client)
{
    mfn__ws_wire_flush(client->wire);
    if (mfn__ws_wire_is_over(client->wire)) {
        free_client(server, client);
        return;
    }
    if (mfn__ws_wire_is_closing(client->wire) && !client->is_ending) {
        mfn__ws_client_drop_all(client);
        client->is_ending = true;
        client->due_ns = mfn__ws_hub_now_ns(&server->hub) + CLOSE_TIME_NS;
        unlink_client(client);
        link_last(&server->closing, client);
    }
    if (!mfn__ws_wire_is_full(client->wire)) {
        for (mfn__ws_feed *feed = client->feeds; feed != NULL; feed = feed->next) {
            mfn__ws_feed_resume(feed);
        }
    }
    uint32_t events = events_of(client);
    if (events != client->watched_events) {
        struct epoll_event wanted = {.events = events, .data.ptr = client};
        client->watched_events = events;
        epoll_ctl(server->poll, EPOLL_CTL_MOD, mfn__ws_wire_socket(client->wire), &wanted);
    }
}

static void settle_changed(mfn__ws_server *server)
{
    while (server->changed != NULL) {
        mfn__ws_client *client = server->changed;
        server->changed = client->next_changed;
        client->is_changed = false;
        settle(server, client);
    }
}

static void welcome(mfn__ws_server *server)
{
    pthread_mutex_lock(&server->mutex);
    mfn__ws_client *arrived = server->arrived;
    server->arrived = NULL;
    server->arrived_count = 0;
    pthread_mutex_unlock(&server->mutex);
    while (arrived != NULL) {
        mfn__ws_client *client = arrived;
        arrived = client->next;
        client->due_ns = mfn__ws_hub_now_ns(&server->hub) + server->heartbeat_ns;
        link_last(&server->open, client);
        client->watched_events = EPOLLIN;
        struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = client};
        if (epoll_ctl(server->poll, EPOLL_CTL_ADD, mfn__ws_wire_socket(client->wire), &wanted) !=
            0) {
            mfn__ws_client_close(client, MFN__WS_INTERNAL, "out of memory");
        }
        if (server->is_ending) {
            mfn__ws_client_close(client, MFN__WS_GOING_AWAY, STOPPING_REASON);
        }
        mfn__ws_wire_read(client->wire); /* what came behind the handshake */
        mfn__ws_client_touch(client);
    }
}

static void deliver(mfn__ws_server *server)
{
    mfn__pump_task *task = mfn__pump_take(server->hub.pump);
    while (task != NULL) {
        mfn__pump_task *next = task->next;
        mfn__ws_feed_deliver((mfn__ws_feed *)task);
        task = next;
    }
}

static void tick(mfn__ws_server *server, int64_t now_ns)
{
    mfn__agenda_entry *entry = mfn__agenda_first(&server->hub.agenda);
    while (entry != NULL && entry->due_ns <= now_ns) {
        mfn__ws_feed_tick(mfn__ws_feed_of_tick(entry), now_ns);
        entry = mfn__agenda_first(&server->hub.agenda);
    }
}

/* Each client is looked at once per interval: its ring is in the order of time. */
static void look_for_silence(mfn__ws_server *server, int64_t now_ns)
{
    mfn__ws_client *client = server->open.next;
    while (client != &server->open && client->due_ns <= now_ns) {
        client->due_ns = now_ns + server->heartbeat_ns;
        unlink_client(client);
        link_last(&server->open, client);
        if (now_ns - client->heard_ns >= server->silence_max_ns) {
            mfn__ws_client_close(client, MFN__WS_POLICY, SILENCE_REASON);
        } else if (!mfn__ws_client_is_full(client)) {
            mfn__ws_protocol_tell_heartbeat(client);
        }
        client = server->open.next;
    }
}

static void cut_off(mfn__ws_server *server, int64_t now_ns)
{
    while (server->closing.next != &server->closing && server->closing.next->due_ns <= now_ns) {
        free_client(server, server->closing.next);
    }
}

static int wait_ms(const mfn__ws_server *server)
{
    int64_t now_ns = mfn__ws_hub_now_ns(&server->hub);
    const mfn__agenda_entry *first = mfn__agenda_first(&server->hub.agenda);
    int64_t ns = TICK_MAX_MS * MFN__NS_PER_MS;
    if (first != NULL && first->due_ns - now_ns < ns) {
        ns = first->due_ns > now_ns ? first->due_ns - now_ns : 0;
    }
    return (int)((ns + MFN__NS_PER_MS - 1) / MFN__NS_PER_MS);
}

static void take_event(mfn__ws_server *server, const struct epoll_event *event)
{
    mfn__ws_client *client = event->data.ptr;
    if (client == NULL) {
        uint64_t count = 0;
        ssize_t ignored = read(server->wake, &count, sizeof count);
        (void)ignored;
        return;
    }
    if ((event->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && mfn__ws_wire_read(client->wire)) {
        client->heard_ns = mfn__ws_hub_now_ns(&server->hub);
    }
    mfn__ws_client_touch(client);
}

/* Tells all clients once that the service ends; true when nobody is left. */
static bool has_ended(mfn__ws_server *server)
{
    pthread_mutex_lock(&server->mutex);
    bool ends = server->ends;
    bool has_arrivals = server->arrived != NULL;
    int64_t time_ns = (int64_t)(server->end_seconds * (double)MFN__NS_PER_S);
    pthread_mutex_unlock(&server->mutex);
    if (!ends) {
        return false;
    }
    int64_t now_ns = mfn__clock_monotonic_ns(mfn__clock_system());
    if (!server->is_ending) {
        server->is_ending = true;
        server->cut_off_ns = now_ns + time_ns;
        for (mfn__ws_client *at = server->open.next; at != &server->open; at = at->next) {
            mfn__ws_client_close(at, MFN__WS_GOING_AWAY, STOPPING_REASON);
        }
    }
    settle_changed(server);
    if (now_ns >= server->cut_off_ns) {
        while (server->closing.next != &server->closing) {
            free_client(server, server->closing.next);
        }
    }
    return !has_arrivals && server->open.next == &server->open &&
           server->closing.next == &server->closing && server->hub.computing == 0;
}

static void *serve(void *argument)
{
    mfn__ws_server *server = argument;
    struct epoll_event events[EVENTS_MAX];
    bool is_over = false;
    while (!is_over) {
        int count = epoll_wait(server->poll, events, EVENTS_MAX, wait_ms(server));
        for (int i = 0; i < count; i++) {
            take_event(server, &events[i]);
        }
        welcome(server);
        deliver(server);
        int64_t now_ns = mfn__ws_hub_now_ns(&server->hub);
        tick(server, now_ns);
        look_for_silence(server, now_ns);
        settle_changed(server);
        cut_off(server, now_ns);
        is_over = has_ended(server);
    }
    return NULL;
}

static mfn_status open_parts(mfn__ws_server *server, mfn_error *err)
{
    server->poll = epoll_create1(EPOLL_CLOEXEC);
    server->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (server->poll < 0 || server->wake < 0) {
        return mfn__fail_errno(err, errno, NULL, "cannot prepare for WebSockets");
    }
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(server->poll, EPOLL_CTL_ADD, server->wake, &wanted);
    mfn_status status = mfn__pump_new(server->hub.service, server->wake, &server->hub.pump, err);
    if (status != MFN_OK) {
        return status;
    }
    int problem = pthread_create(&server->thread, NULL, serve, server);
    if (problem != 0) {
        return mfn__fail_errno(err, problem, NULL, "cannot start a thread");
    }
    server->has_thread = true;
    return MFN_OK;
}

mfn_status mfn__ws_server_start(mfn__service *service, mfn__ws_server **ret, mfn_error *err)
{
    static const char *const in[] = {"in"};
    static const char *const out[] = {"out"};
    mfn__ws_server *server = mfn__mem_new(1, sizeof *server);
    if (server == NULL) {
        return mfn__fail_memory(err);
    }
    const mfn__settings *settings = service->settings;
    mfn__registry *registry = service->registry;
    server->hub.service = service;
    server->hub.received = mfn__registry_series(registry, &mfn__ws_messages_total, in);
    server->hub.sent = mfn__registry_series(registry, &mfn__ws_messages_total, out);
    server->hub.connected = mfn__registry_series(registry, &mfn__ws_connections, NULL);
    server->open.next = server->open.previous = &server->open;
    server->closing.next = server->closing.previous = &server->closing;
    server->heartbeat_ns = (int64_t)(settings->ws_heartbeat_interval * (double)MFN__NS_PER_S);
    server->silence_max_ns = (int64_t)(settings->ws_timeout * (double)MFN__NS_PER_S);
    pthread_mutex_init(&server->mutex, NULL);
    mfn_status status = open_parts(server, err);
    if (status != MFN_OK) {
        mfn__ws_server_free(server);
        return status;
    }
    *ret = server;
    return MFN_OK;
}

void mfn__ws_server_take(mfn__ws_server *server, const mfn__ws_arrival *arrival)
{
    mfn__ws_client *client = NULL;
    if (mfn__ws_client_new(&server->hub, arrival, &server->changed, &client, NULL) != MFN_OK) {
        arrival->carrier.close(arrival->carrier.handle);
        return;
    }
    pthread_mutex_lock(&server->mutex);
    bool is_taken = !server->ends && server->arrived_count < ARRIVALS_MAX;
    if (is_taken) {
        client->next = server->arrived;
        server->arrived = client;
        server->arrived_count++;
    }
    pthread_mutex_unlock(&server->mutex);
    if (is_taken) {
        wake_up(server);
    } else {
        mfn__ws_client_free(client);
    }
}

void mfn__ws_server_end(mfn__ws_server *server, double seconds)
{
    pthread_mutex_lock(&server->mutex);
    server->ends = true;
    server->end_seconds = seconds;
    pthread_mutex_unlock(&server->mutex);
    if (server->has_thread) {
        wake_up(server);
        pthread_join(server->thread, NULL);
        server->has_thread = false;
    }
}

void mfn__ws_server_free(mfn__ws_server *server)
{
    if (server == NULL) {
        return;
    }
    mfn__ws_server_end(server, 0.0);
    mfn__pump_free(server->hub.pump);
    mfn__agenda_deinit(&server->hub.agenda);
    if (server->wake >= 0) {
        close(server->wake);
    }
    if (server->poll >= 0) {
        close(server->poll);
    }
    pthread_mutex_destroy(&server->mutex);
    mfn__mem_free(server);
}
