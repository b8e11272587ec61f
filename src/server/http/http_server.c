/* SPDX-License-Identifier: MIT */
#include "server/http/http_server.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "server/hosted_pipeline.h"
#include "server/http/exchange.h"
#include "server/http/listen.h"

#define DISCARDED_BYTES_MAX ((uint64_t)1 << 20)
#define LOOPS_MAX           4
#define URL_BYTES_MAX       320
#define PEM_BYTES_MAX       ((size_t)1 << 20)
#define DRAIN_TICK_MS       20
#define QUIET_TICKS         10  /* without a request, until the end may come */
#define WEBSOCKETS_END_S    2.0 /* for their clients to answer the close */

struct mfn__http_server {
    mfn__http_context context;
    struct MHD_Daemon *daemon;
    int quiesced_socket; /* -1: still listening */
    char *certificate, *key;
    char url[URL_BYTES_MAX];
};

static void on_connection(void *argument, struct MHD_Connection *connection,
                          void **connection_context, enum MHD_ConnectionNotificationCode what)
{
    mfn__http_server *self = argument;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        mfn__watch_remove(self->context.watch, *connection_context);
        *connection_context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info != NULL) {
        *connection_context = mfn__watch_add(self->context.watch, info->connect_fd,
                                             self->context.service->settings->idle_timeout);
    }
}

static mfn__watched *watched_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

static char odd_target; /* its address is the context of a request with an odd target */

static void *on_target(void *argument, const char *target, struct MHD_Connection *connection)
{
    (void)argument;
    (void)connection;
    return mfn__http_target_is_plain(target) ? NULL : &odd_target;
}

/* What is too much is forgotten, because the answer has to wait for the end of the body; one that
 * does not come to its end is not worth an answer. */
static enum MHD_Result take_part(mfn__exchange *exchange, const char *part, size_t *size)
{
    mfn__buffer_append(&exchange->body, part, *size);
    exchange->discarded_bytes += exchange->body.status != MFN_OK ? *size : 0;
    *size = 0;
    return exchange->discarded_bytes <= DISCARDED_BYTES_MAX ? MHD_YES : MHD_NO;
}

/* libmicrohttpd calls this once with the headers, then with each part of the body, then without
 * one, and once more after a suspended connection was resumed. */
/* NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's */
static enum MHD_Result on_request(void *argument, struct MHD_Connection *connection,
                                  const char *url, const char *method, const char *version,
                                  const char *part, size_t *part_size, void **request_context)
{
    mfn__http_server *self = argument;
    if (*request_context == &odd_target) {
        return MHD_NO; /* closes the connection, as with other request lines that are none */
    }
    mfn__exchange *exchange = *request_context;
    if (exchange == NULL) {
        exchange = mfn__exchange_begin(&self->context, connection, watched_of(connection), url,
                                       method, version);
        *request_context = exchange;
        return exchange != NULL ? MHD_YES : MHD_NO;
    }
    if (*part_size > 0) {
        return take_part(exchange, part, part_size);
    }
    return exchange->stage == MFN__ANSWERED ? MHD_YES : mfn__exchange_continue(exchange);
}

static void on_completed(void *argument, struct MHD_Connection *connection, void **request_context,
                         enum MHD_RequestTerminationCode why)
{
    (void)argument;
    (void)connection;
    mfn__exchange *exchange = *request_context != &odd_target ? *request_context : NULL;
    if (exchange != NULL) {
        if (why != MHD_REQUEST_TERMINATED_COMPLETED_OK) {
            exchange->status = atomic_load(&exchange->cancel) ? MFN__CLIENT_HAS_LEFT : 0;
        }
        mfn__exchange_end(exchange);
    }
    *request_context = NULL;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Resolves %XX in place, but for %00, which would cut the text short. */
static size_t unescape(void *argument, struct MHD_Connection *connection, char *text)
{
    (void)argument;
    (void)connection;
    char *to = text;
    for (const char *at = text; *at != '\0'; at++) {
        int high = *at == '%' ? digit_of(at[1]) : -1;
        int low = high >= 0 ? digit_of(at[2]) : -1;
        if (low >= 0 && high + low > 0) {
            *to++ = (char)(high * 16 + low);
            at += 2;
        } else {
            *to++ = *at;
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}

/* libmicrohttpd's messages can quote what clients sent. */
static void on_message(void *argument, const char *format, va_list arguments)
{
    (void)argument;
    (void)format;
    (void)arguments;
}

static mfn_status read_pem(const char *path, const char *what, char **ret, mfn_error *err)
{
    mfn__buffer text;
    mfn__buffer_init(&text, PEM_BYTES_MAX);
    mfn_status status = mfn__file_read_whole(path, &text, err);
    if (status == MFN_OK && text.size == 0) {
        status = mfn__fail(err, MFN_FORMAT, what, "%s: '%s' is empty", what, path);
    }
    *ret = status == MFN_OK ? mfn__buffer_take(&text, NULL) : NULL;
    mfn__buffer_deinit(&text);
    return status;
}

static mfn_status load_tls(mfn__http_server *self, mfn_error *err)
{
    const mfn__settings *settings = self->context.service->settings;
    if (settings->tls_certificate[0] == '\0') {
        return MFN_OK;
    }
    self->context.is_tls = true;
    mfn_status status =
        read_pem(settings->tls_certificate, "tls_certificate", &self->certificate, err);
    return status == MFN_OK ? read_pem(settings->tls_key, "tls_key", &self->key, err) : status;
}

static unsigned loops(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > LOOPS_MAX ? LOOPS_MAX : (unsigned)cores;
}

static char tls_versions[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

static mfn_status start_daemon(mfn__http_server *self, int listener, mfn_error *err)
{
    const mfn__settings *settings = self->context.service->settings;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     MHD_ALLOW_UPGRADE | (self->context.is_tls ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, self->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, self->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, tls_versions},
        {MHD_OPTION_END, 0, NULL},
    };
    if (!self->context.is_tls) {
        tls[0] = tls[2];
    }
    unsigned threads = loops();
    self->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, self, MHD_OPTION_EXTERNAL_LOGGER, on_message, self,
        MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_THREAD_POOL_SIZE, threads,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)settings->max_connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)settings->max_connections_per_address,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)settings->max_header_bytes,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)settings->idle_timeout,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, NULL, MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, self, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, self, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    if (self->daemon == NULL) {
        return mfn__fail(err, MFN_INVALID, NULL,
                         self->context.is_tls
                             ? "cannot start the HTTPS server: are tls_certificate and tls_key a "
                               "certificate and its key in PEM form?"
                             : "cannot start the HTTP server: are there enough file descriptors "
                               "for max_connections (%llu)?",
                         (unsigned long long)settings->max_connections);
    }
    return MFN_OK;
}

static mfn_status start(mfn__http_server *self, mfn_error *err)
{
    const mfn__settings *settings = self->context.service->settings;
    int listener = -1;
    uint16_t port = 0;
    mfn_status status = mfn__watch_new(mfn__clock_system(), &self->context.watch, err);
    if (status == MFN_OK) {
        status = mfn__proxies_new(settings->trusted_proxies, &self->context.proxies, err);
    }
    if (status == MFN_OK) {
        status = mfn__ws_server_start(self->context.service, &self->context.websockets, err);
    }
    if (status == MFN_OK) {
        status = load_tls(self, err);
    }
    if (status == MFN_OK) {
        status = mfn__listen(settings->host, (uint16_t)settings->port, &listener, &port, err);
    }
    if (status == MFN_OK) {
        bool is_version_6 = strchr(settings->host, ':') != NULL;
        snprintf(self->url, sizeof self->url, "%s://%s%s%s:%u",
                 self->context.is_tls ? "https" : "http", is_version_6 ? "[" : "", settings->host,
                 is_version_6 ? "]" : "", (unsigned)port);
        status = start_daemon(self, listener, err);
        if (status != MFN_OK) {
            close(listener);
        }
    }
    return status;
}

mfn_status mfn__http_server_start(mfn__service *service, mfn__http_server **ret, mfn_error *err)
{
    mfn__http_server *self = mfn__mem_new(1, sizeof *self);
    if (self == NULL) {
        return mfn__fail_memory(err);
    }
    self->context.service = service;
    self->quiesced_socket = -1;
    mfn_status status = start(self, err);
    if (status != MFN_OK) {
        mfn__http_server_stop(self);
        return status;
    }
    *ret = self;
    return MFN_OK;
}

const char *mfn__http_server_url(const mfn__http_server *server)
{
    return server->url;
}

/* Whoever waits in the listener's queue is connected and may have sent a request. The socket itself
 * has to stay open as long as libmicrohttpd's threads. */
static void take_queued(mfn__http_server *self)
{
    int listener = self->quiesced_socket;
    int flags = listener >= 0 ? fcntl(listener, F_GETFL) : -1;
    if (flags < 0 || fcntl(listener, F_SETFL, flags | O_NONBLOCK) != 0) {
        return;
    }
    for (;;) {
        struct sockaddr_storage peer;
        socklen_t size = sizeof peer;
        int connection =
            accept4(listener, (struct sockaddr *)&peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (connection < 0) {
            break;
        }
        MHD_add_connection(self->daemon, connection, (struct sockaddr *)&peer, size);
    }
    shutdown(listener, SHUT_RD); /* who comes now is refused instead of kept waiting */
}

size_t mfn__http_server_drain(mfn__http_server *server)
{
    mfn__service *service = server->context.service;
    atomic_store(&service->is_stopping, true);
    if (server->quiesced_socket < 0) {
        server->quiesced_socket = MHD_quiesce_daemon(server->daemon);
        take_queued(server);
    }
    if (service->pipeline != NULL) {
        mfn__hosted_pipeline_ask_to_stop(service->pipeline);
    }
    double grace_s = service->settings->grace_time;
    mfn__ws_server_end(server->context.websockets, fmin(grace_s, WEBSOCKETS_END_S));
    int64_t end_ns =
        mfn__clock_monotonic_ns(mfn__clock_system()) + (int64_t)(grace_s * (double)MFN__NS_PER_S);
    /* What was sent before the clients knew is still in the sockets: it is read and answered, with
     * Connection: close, until nothing more comes. */
    unsigned quiet = 0;
    while (quiet < QUIET_TICKS && mfn__clock_monotonic_ns(mfn__clock_system()) < end_ns) {
        nanosleep(&(struct timespec){.tv_nsec = DRAIN_TICK_MS * MFN__NS_PER_MS}, NULL);
        quiet = atomic_load(&server->context.in_flight) > 0 ? 0 : quiet + 1;
    }
    return atomic_load(&server->context.in_flight);
}

/* libmicrohttpd cannot be stopped while a connection is suspended. */
static void wait_for_work(mfn__admission *admission)
{
    mfn__admission_state state;
    mfn__admission_look(admission, &state);
    while (state.waiting + state.running > 0) {
        nanosleep(&(struct timespec){.tv_nsec = DRAIN_TICK_MS * MFN__NS_PER_MS}, NULL);
        mfn__admission_look(admission, &state);
    }
}

void mfn__http_server_stop(mfn__http_server *server)
{
    if (server == NULL) {
        return;
    }
    if (server->context.websockets != NULL) { /* before the daemon that carries its connections */
        mfn__ws_server_end(server->context.websockets, 0.0);
    }
    if (server->daemon != NULL) {
        mfn__watch_set_all_flags(server->context.watch);
        wait_for_work(server->context.service->admission);
        MHD_stop_daemon(server->daemon);
    }
    if (server->quiesced_socket >= 0) {
        close(server->quiesced_socket);
    }
    mfn__ws_server_free(server->context.websockets);
    mfn__watch_free(server->context.watch);
    mfn__proxies_free(server->context.proxies);
    mfn__mem_free(server->certificate);
    mfn__mem_free(server->key);
    mfn__mem_free(server);
}
