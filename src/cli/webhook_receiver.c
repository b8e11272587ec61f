/* SPDX-License-Identifier: MIT */
/* What libmicrohttpd lets pass is refused here: several lengths or hosts, a length beside a
 * transfer coding. Its time-out counts from the last byte, so a client that
 * sends one byte at a time would stay for ever: each connection therefore has a deadline, which
 * begins anew with each answer, and its socket is shut down when that has passed. */
#include "cli/webhook_receiver.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"

#define CONNECTIONS_MAX  32
#define BACKLOG          64
#define IDLE_TIMEOUT_S   10
#define FINISH_WAIT_MS   20
#define HEADER_BYTES_MAX ((size_t)32768)
#define URL_BYTES_MAX    128
#define NEVER_NS         INT64_MAX
#define IS_STRICT        1 /* to clients, of MHD_OPTION_STRICT_FOR_CLIENT */

/* A connection; its socket is -1 when there is none. */
struct slot {
    int socket;
    int64_t deadline_ns;
};

struct mfn__webhook_receiver {
    mfn__webhook_receiver_options options;
    struct MHD_Daemon *daemon;
    struct slot slots[CONNECTIONS_MAX];
    size_t in_flight; /* requests that have begun and are not answered */
    bool is_finishing;
    char url[URL_BYTES_MAX];
};

/* One request, from its headers to its answer. */
struct exchange {
    mfn__webhook_request request;
    mfn__buffer body;
    bool is_answered; /* before the body was read */
};

/* What stands in the headers and how often. */
typedef struct summary {
    const char *host, *length, *coding, *encoding, *id, *timestamp, *signature;
    bool is_repeated;
} summary;

static int64_t now_ns(void)
{
    return mfn__clock_monotonic_ns(mfn__clock_system());
}

static enum MHD_Result note_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    (void)kind;
    summary *found = context;
    const struct {
        const char *name;
        const char **value;
    } wanted[] = {
        {"Host", &found->host},
        {"Content-Length", &found->length},
        {"Transfer-Encoding", &found->coding},
        {"Content-Encoding", &found->encoding},
        {"webhook-id", &found->id},
        {"webhook-timestamp", &found->timestamp},
        {"webhook-signature", &found->signature},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (strcasecmp(name, wanted[i].name) == 0) {
            found->is_repeated = found->is_repeated || *wanted[i].value != NULL;
            *wanted[i].value = value != NULL ? value : "";
        }
    }
    return MHD_YES;
}

/* The status with which the request is refused by its headers alone, or 0. */
static unsigned judge_headers(const mfn__webhook_receiver *self, const char *method,
                              const char *version, const summary *found,
                              char reason[MFN__WEBHOOK_REASON_MAX])
{
    uint64_t length = 0;
    const char *problem = NULL;
    unsigned status = MHD_HTTP_BAD_REQUEST;
    if (found->is_repeated) {
        problem = "a header that may be there once is there twice";
    } else if (found->host == NULL && strcmp(version, MHD_HTTP_VERSION_1_1) == 0) {
        problem = "Host is missing";
    } else if (found->length != NULL && found->coding != NULL) {
        problem = "Content-Length and Transfer-Encoding exclude each other";
    } else if (found->coding != NULL && strcasecmp(found->coding, "chunked") != 0) {
        problem = "Transfer-Encoding: expected chunked";
    } else if (found->length != NULL && !mfn__text_to_u64(found->length, &length)) {
        problem = "Content-Length: expected a whole number";
    } else if (self->is_finishing) {
        status = MHD_HTTP_SERVICE_UNAVAILABLE;
        problem = "this receiver is about to end";
    } else if (strcmp(method, MHD_HTTP_METHOD_POST) != 0) {
        status = MHD_HTTP_METHOD_NOT_ALLOWED;
        problem = "expected the method POST";
    }
    if (problem != NULL) {
        snprintf(reason, MFN__WEBHOOK_REASON_MAX, "%s", problem);
        return status;
    }
    if (length > self->options.body_bytes_max) {
        snprintf(reason, MFN__WEBHOOK_REASON_MAX, "the body is larger than the limit of %zu bytes",
                 self->options.body_bytes_max);
        return MHD_HTTP_CONTENT_TOO_LARGE;
    }
    return 0;
}

static enum MHD_Result answer(const mfn__webhook_receiver *self, struct MHD_Connection *connection,
                              unsigned status, const char *reason)
{
    char text[MFN__WEBHOOK_REASON_MAX + 2];
    int size = snprintf(text, sizeof text, "%s\n", reason);
    struct MHD_Response *response =
        MHD_create_response_from_buffer((size_t)size, text, MHD_RESPMEM_MUST_COPY);
    if (response == NULL) {
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_POST);
    }
    if (self->is_finishing) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* The headers are there: refuses the request now, or begins to collect its body. */
static enum MHD_Result begin(mfn__webhook_receiver *self, struct MHD_Connection *connection,
                             const char *method, const char *version, void **ret_context)
{
    struct exchange *exchange = mfn__mem_new(1, sizeof *exchange);
    if (exchange == NULL) {
        return MHD_NO;
    }
    mfn__buffer_init(&exchange->body, self->options.body_bytes_max);
    self->in_flight++;
    *ret_context = exchange;
    summary found = {0};
    char reason[MFN__WEBHOOK_REASON_MAX];
    MHD_get_connection_values(connection, MHD_HEADER_KIND, note_header, &found);
    unsigned status = judge_headers(self, method, version, &found, reason);
    if (status != 0) {
        exchange->is_answered = true;
        self->options.refused(self->options.context, status, reason);
        return answer(self, connection, status, reason);
    }
    exchange->request = (mfn__webhook_request){
        .delivery = {.id = found.id, .timestamp = found.timestamp, .signature = found.signature},
        .encoding = found.encoding,
    };
    return MHD_YES;
}

static enum MHD_Result finish(const mfn__webhook_receiver *self, struct MHD_Connection *connection,
                              struct exchange *exchange)
{
    char reason[MFN__WEBHOOK_REASON_MAX] = "";
    mfn_error err = {0};
    unsigned status = 0;
    if (mfn__buffer_check(&exchange->body, "the body", &err) != MFN_OK) {
        snprintf(reason, sizeof reason, "%s", err.text);
        status =
            err.status == MFN_TOO_LARGE ? MHD_HTTP_CONTENT_TOO_LARGE : MHD_HTTP_SERVICE_UNAVAILABLE;
        self->options.refused(self->options.context, status, reason);
    } else {
        exchange->request.delivery.body = exchange->body.size > 0 ? exchange->body.data : "";
        exchange->request.delivery.size = exchange->body.size;
        status = self->options.receive(self->options.context, &exchange->request, reason);
    }
    return answer(self, connection, status, reason);
}

/* libmicrohttpd calls this once with the headers, then with each part of the body, then without
 * one. */
/* NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *part,
                                  size_t *part_size, void **request_context)
{
    (void)url;
    mfn__webhook_receiver *self = context;
    struct exchange *exchange = *request_context;
    if (exchange == NULL) {
        return begin(self, connection, method, version, request_context);
    }
    if (*part_size > 0) { /* what is too much is forgotten: the answer has to wait for the end */
        mfn__buffer_append(&exchange->body, part, *part_size);
        *part_size = 0;
        return MHD_YES;
    }
    return exchange->is_answered ? MHD_YES : finish(self, connection, exchange);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request_context,
                         enum MHD_RequestTerminationCode why)
{
    (void)why;
    mfn__webhook_receiver *self = context;
    struct exchange *exchange = *request_context;
    if (exchange == NULL) {
        return;
    }
    mfn__buffer_deinit(&exchange->body);
    mfn__mem_free(exchange);
    *request_context = NULL;
    self->in_flight--;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct slot *slot = info != NULL ? info->socket_context : NULL;
    if (slot != NULL) {
        slot->deadline_ns = now_ns() + self->options.request_ns_max;
    }
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    mfn__webhook_receiver *self = context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        struct slot *slot = *socket_context;
        if (slot != NULL) {
            slot->socket = -1;
        }
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    for (size_t i = 0; info != NULL && i < CONNECTIONS_MAX; i++) {
        if (self->slots[i].socket < 0) {
            self->slots[i] =
                (struct slot){info->connect_fd, now_ns() + self->options.request_ns_max};
            *socket_context = &self->slots[i];
            return;
        }
    }
}

/* Listens; writes the URL into the receiver. */
static mfn_status open_socket(mfn__webhook_receiver *self, int *ret, bool *ret_is_v6,
                              mfn_error *err)
{
    const mfn__webhook_receiver_options *options = &self->options;
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    char service[8];
    snprintf(service, sizeof service, "%u", options->port);
    struct addrinfo *address = NULL;
    if (getaddrinfo(options->address, service, &hints, &address) != 0) {
        return mfn__fail(err, MFN_INVALID, "address",
                         "address: expected an IP address such as 127.0.0.1, got '%s'",
                         options->address);
    }
    bool is_v6 = address->ai_family == AF_INET6;
    int yes = 1;
    struct sockaddr_storage bound;
    socklen_t bound_size = sizeof bound;
    int listener = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool is_open = listener >= 0 &&
                   setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
                   bind(listener, address->ai_addr, address->ai_addrlen) == 0 &&
                   listen(listener, BACKLOG) == 0 &&
                   getsockname(listener, (struct sockaddr *)&bound, &bound_size) == 0;
    int problem = errno;
    freeaddrinfo(address);
    if (!is_open) {
        if (listener >= 0) {
            close(listener);
        }
        return mfn__fail_errno(err, problem, "port", "cannot listen on port %u of %s",
                               options->port, options->address);
    }
    getnameinfo((struct sockaddr *)&bound, bound_size, NULL, 0, service, sizeof service,
                NI_NUMERICSERV);
    snprintf(self->url, sizeof self->url, "http://%s%s%s:%s/", is_v6 ? "[" : "", options->address,
             is_v6 ? "]" : "", service);
    *ret = listener;
    *ret_is_v6 = is_v6;
    return MFN_OK;
}

mfn_status mfn__webhook_receiver_open(const mfn__webhook_receiver_options *options,
                                      mfn__webhook_receiver **ret, mfn_error *err)
{
    mfn__webhook_receiver *self = mfn__mem_new(1, sizeof *self);
    if (self == NULL) {
        return mfn__fail_memory(err);
    }
    self->options = *options;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        self->slots[i].socket = -1;
    }
    int listener = -1;
    bool is_v6 = false;
    mfn_status status = open_socket(self, &listener, &is_v6, err);
    if (status != MFN_OK) {
        mfn__webhook_receiver_free(self);
        return status;
    }
    self->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | (is_v6 ? MHD_USE_IPv6 : 0U), 0, NULL, NULL, on_request, self,
        MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_STRICT_FOR_CLIENT, IS_STRICT,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADER_BYTES_MAX,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, self, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, self, MHD_OPTION_END);
    if (self->daemon == NULL) {
        mfn__webhook_receiver_free(self);
        return mfn__fail(err, MFN_IO, NULL, "libmicrohttpd cannot start");
    }
    *ret = self;
    return MFN_OK;
}

const char *mfn__webhook_receiver_url(const mfn__webhook_receiver *receiver)
{
    return receiver->url;
}

static void cut_slow_clients(mfn__webhook_receiver *self)
{
    int64_t now = now_ns();
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct slot *slot = &self->slots[i];
        if (slot->socket >= 0 && now > slot->deadline_ns) {
            shutdown(slot->socket, SHUT_RDWR); /* libmicrohttpd sees its end and closes it */
            slot->deadline_ns = NEVER_NS;
        }
    }
}

mfn_status mfn__webhook_receiver_serve(mfn__webhook_receiver *receiver, int wait_ms, mfn_error *err)
{
    if (MHD_run_wait(receiver->daemon, wait_ms) != MHD_YES) {
        return mfn__fail(err, MFN_IO, NULL, "libmicrohttpd gave up");
    }
    cut_slow_clients(receiver);
    return MFN_OK;
}

void mfn__webhook_receiver_finish(mfn__webhook_receiver *receiver, int64_t grace_ns)
{
    receiver->is_finishing = true;
    int listener = MHD_quiesce_daemon(receiver->daemon);
    if (listener >= 0) {
        close(listener);
    }
    int64_t end_ns = now_ns() + grace_ns;
    mfn_status status = MFN_OK;
    while (status == MFN_OK && receiver->in_flight > 0 && now_ns() < end_ns) {
        status = mfn__webhook_receiver_serve(receiver, FINISH_WAIT_MS, NULL);
    }
}

void mfn__webhook_receiver_free(mfn__webhook_receiver *receiver)
{
    if (receiver == NULL) {
        return;
    }
    if (receiver->daemon != NULL) {
        MHD_stop_daemon(receiver->daemon);
    }
    mfn__mem_free(receiver);
}
