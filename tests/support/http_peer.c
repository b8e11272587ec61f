/* SPDX-License-Identifier: MIT */
#include "http_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_BYTES_MAX ((size_t)1 << 22)
#define CONNECTIONS_MAX   256
#define NS_PER_S          1000000000L

typedef struct connection {
    http_peer *peer;
    size_t number;
    int socket;
    pthread_t thread;
} connection;

/* An answer of the script with its own copies. */
typedef struct line {
    http_peer_answer answer;
    char *headers, *body;
} line;

struct http_peer {
    int listener, port;
    pthread_t thread;
    connection connections[CONNECTIONS_MAX]; /* of the accepting thread, until it ends */
    size_t connection_count;

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t changed;
    bool is_closed;
    line *script;
    size_t script_size, script_next;
    size_t together; /* requests that wait for each other */
    http_peer_request **requests;
    size_t request_count;
};

/* A test whose peer fails has nothing to say. */
static void must(bool holds, const char *what)
{
    if (!holds) {
        perror(what);
        abort();
    }
}

static void *copy_of(const void *bytes, size_t size)
{
    char *copy = calloc(size + 1, 1);
    must(copy != NULL, "http_peer: calloc");
    if (size > 0) {
        memcpy(copy, bytes, size);
    }
    return copy;
}

/* One connection. */

/* The next whole request, or NULL at the connection's end. `*used` bytes of `buffer` are read
 * already. */
static char *read_request(int from, char *buffer, size_t *used, size_t *ret_head, size_t *ret_body)
{
    size_t whole = 0;
    while (whole == 0 || *used < whole) {
        char *end = memmem(buffer, *used, "\r\n\r\n", 4);
        if (whole == 0 && end != NULL) {
            buffer[*used] = '\0';
            const char *length = strcasestr(buffer, "\r\ncontent-length:");
            bool is_of_head = length != NULL && length < end;
            *ret_head = (size_t)(end - buffer) + 4;
            *ret_body = is_of_head ? (size_t)strtoul(length + 17, NULL, 10) : 0;
            whole = *ret_head + *ret_body;
            must(whole < REQUEST_BYTES_MAX, "http_peer: a request is too large");
            continue;
        }
        ssize_t got = read(from, buffer + *used, REQUEST_BYTES_MAX - *used - 1);
        if (got <= 0) {
            return NULL;
        }
        *used += (size_t)got;
    }
    char *request = copy_of(buffer, whole);
    memmove(buffer, buffer + whole, *used - whole);
    *used -= whole;
    return request;
}

/* Cuts a head's bytes into the texts of a request. */
static http_peer_request *parse(char *bytes, size_t head, size_t body)
{
    http_peer_request *request = copy_of(&(http_peer_request){.bytes = bytes}, sizeof *request);
    request->body = bytes + head;
    request->body_size = body;
    char *rest = bytes;
    char *first = strsep(&rest, "\r");
    request->method = strsep(&first, " ");
    request->target = strsep(&first, " ");
    while (rest != NULL && rest + 1 < request->body) {
        rest++; /* the line feed */
        char *value = strsep(&rest, "\r");
        const char *name = strsep(&value, ":");
        if (value != NULL && request->header_count < HTTP_PEER_HEADERS_MAX) {
            request->names[request->header_count] = name;
            request->values[request->header_count++] = value + strspn(value, " ");
        }
    }
    return request;
}

/* Waits as the answer wants. Locks: the peer's mutex. */
static void hold_back(http_peer *peer, const http_peer_answer *answer)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    long delay_ns = (long)(answer->delay_s * (double)NS_PER_S) + until.tv_nsec;
    until.tv_sec += delay_ns / NS_PER_S;
    until.tv_nsec = delay_ns % NS_PER_S;
    int code = answer->delay_s > 0 ? 0 : ETIMEDOUT;
    while (code != ETIMEDOUT && !peer->is_closed) {
        code = pthread_cond_timedwait(&peer->changed, &peer->mutex, &until);
    }
    peer->together += answer->together > 0 ? 1 : 0;
    pthread_cond_broadcast(&peer->changed);
    while (peer->together < answer->together && !peer->is_closed) {
        pthread_cond_wait(&peer->changed, &peer->mutex);
    }
}

/* Remembers the request and finds its answer, borrowed from the script. */
static http_peer_answer take_answer(http_peer *peer, http_peer_request *request)
{
    http_peer_answer answer = {.status = 500};
    pthread_mutex_lock(&peer->mutex);
    peer->requests =
        realloc(peer->requests, (peer->request_count + 1) * sizeof(http_peer_request *));
    must(peer->requests != NULL, "http_peer: realloc");
    peer->requests[peer->request_count++] = request;
    if (peer->script_next < peer->script_size) {
        answer = peer->script[peer->script_next++].answer;
    }
    hold_back(peer, &answer);
    pthread_mutex_unlock(&peer->mutex);
    return answer;
}

static bool send_all(int to, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(to, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

static bool send_answer(int to, const http_peer_answer *answer, bool is_head)
{
    char length[64] = "";
    bool is_bare = answer->status == 204 || answer->status == 304;
    if (!is_bare) {
        snprintf(length, sizeof length, "Content-Length: %zu\r\n", answer->body_size);
    }
    char head[8192];
    int size = snprintf(head, sizeof head, "HTTP/1.1 %d Scripted\r\n%s%s\r\n", answer->status,
                        length, answer->headers != NULL ? answer->headers : "");
    must(size > 0 && (size_t)size < sizeof head, "http_peer: the headers are too long");
    size_t body_size = answer->manner == HTTP_PEER_CUTS ? answer->body_size / 2 : answer->body_size;
    return send_all(to, head, (size_t)size) &&
           (is_bare || is_head || send_all(to, answer->body, body_size));
}

/* False when the connection must be closed. */
static bool behave(int to, const http_peer_answer *answer, bool is_head)
{
    switch (answer->manner) {
    case HTTP_PEER_ANSWERS:
        return send_answer(to, answer, is_head);
    case HTTP_PEER_CUTS:
        (void)send_answer(to, answer, is_head);
        break;
    case HTTP_PEER_BABBLES:
        (void)send_all(to, answer->body, answer->body_size);
        break;
    case HTTP_PEER_DROPS:
        break;
    }
    return false;
}

static void *serve(void *context)
{
    const connection *self = context;
    char *buffer = calloc(REQUEST_BYTES_MAX, 1);
    must(buffer != NULL, "http_peer: calloc");
    size_t used = 0;
    for (bool goes_on = true; goes_on;) {
        size_t head = 0;
        size_t body = 0;
        char *bytes = read_request(self->socket, buffer, &used, &head, &body);
        if (bytes == NULL) {
            break;
        }
        http_peer_request *request = parse(bytes, head, body);
        request->connection = self->number;
        bool is_head = strcmp(request->method, "HEAD") == 0;
        http_peer_answer answer = take_answer(self->peer, request);
        goes_on = behave(self->socket, &answer, is_head);
    }
    free(buffer);
    shutdown(self->socket, SHUT_RDWR);
    return NULL;
}

/* The peer. */

static void *accept_all(void *context)
{
    http_peer *peer = context;
    for (;;) {
        int accepted = accept(peer->listener, NULL, NULL);
        if (accepted < 0) {
            return NULL;
        }
        const int yes = 1; /* head and body are two writes, which must not wait for each other */
        (void)setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        must(peer->connection_count < CONNECTIONS_MAX, "http_peer: too many connections");
        connection *next = &peer->connections[peer->connection_count];
        *next = (connection){.peer = peer, .number = peer->connection_count, .socket = accepted};
        peer->connection_count++;
        must(pthread_create(&next->thread, NULL, serve, next) == 0, "http_peer: pthread_create");
    }
}

http_peer *http_peer_new(void)
{
    http_peer *peer = calloc(1, sizeof *peer);
    must(peer != NULL, "http_peer: calloc");
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&peer->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&peer->mutex, NULL);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(peer->listener >= 0 &&
             bind(peer->listener, (const struct sockaddr *)&address, sizeof address) == 0 &&
             listen(peer->listener, CONNECTIONS_MAX) == 0 &&
             getsockname(peer->listener, (struct sockaddr *)&address, &size) == 0,
         "http_peer: listen");
    peer->port = ntohs(address.sin_port);
    must(pthread_create(&peer->thread, NULL, accept_all, peer) == 0, "http_peer: pthread_create");
    return peer;
}

void http_peer_free(http_peer *peer)
{
    if (peer == NULL) {
        return;
    }
    pthread_mutex_lock(&peer->mutex);
    peer->is_closed = true;
    pthread_cond_broadcast(&peer->changed);
    pthread_mutex_unlock(&peer->mutex);
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
    for (size_t i = 0; i < peer->connection_count; i++) {
        shutdown(peer->connections[i].socket, SHUT_RDWR);
        pthread_join(peer->connections[i].thread, NULL);
        close(peer->connections[i].socket);
    }
    for (size_t i = 0; i < peer->request_count; i++) {
        free(peer->requests[i]->bytes);
        free(peer->requests[i]);
    }
    for (size_t i = 0; i < peer->script_size; i++) {
        free(peer->script[i].headers);
        free(peer->script[i].body);
    }
    free(peer->requests);
    free(peer->script);
    pthread_cond_destroy(&peer->changed);
    pthread_mutex_destroy(&peer->mutex);
    free(peer);
}

int http_peer_port(const http_peer *peer)
{
    return peer->port;
}

void http_peer_add(http_peer *peer, const http_peer_answer *answer)
{
    const char *headers = answer->headers != NULL ? answer->headers : "";
    line added = {*answer, copy_of(headers, strlen(headers)),
                  copy_of(answer->body, answer->body_size)};
    added.answer.headers = added.headers;
    added.answer.body = added.body;
    pthread_mutex_lock(&peer->mutex);
    peer->script = realloc(peer->script, (peer->script_size + 1) * sizeof *peer->script);
    must(peer->script != NULL, "http_peer: realloc");
    peer->script[peer->script_size++] = added;
    pthread_mutex_unlock(&peer->mutex);
}

void http_peer_say(http_peer *peer, int status, const char *headers, const char *body)
{
    const http_peer_answer answer = {
        .status = status, .headers = headers, .body = body, .body_size = strlen(body)};
    http_peer_add(peer, &answer);
}

size_t http_peer_count(http_peer *peer)
{
    pthread_mutex_lock(&peer->mutex);
    size_t count = peer->request_count;
    pthread_mutex_unlock(&peer->mutex);
    return count;
}

const http_peer_request *http_peer_seen(http_peer *peer, size_t index)
{
    pthread_mutex_lock(&peer->mutex);
    const http_peer_request *request = index < peer->request_count ? peer->requests[index] : NULL;
    pthread_mutex_unlock(&peer->mutex);
    if (request == NULL) {
        fprintf(stderr, "http_peer: there is no request %zu\n", index);
        abort();
    }
    return request;
}

const char *http_peer_header(const http_peer_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->names[i], name) == 0) {
            return request->values[i];
        }
    }
    return NULL;
}
