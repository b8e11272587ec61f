/* SPDX-License-Identifier: MIT */
#include "net/http_transfer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "net/url.h"

#include "mfn/version.h"

#define TIMEOUT_DEFAULT_S 30.0
#define CONNECT_MAX_S     10.0
#define HEADER_BYTES_MAX  ((size_t)1 << 16)

/* Addresses. */

static bool is_refused(mfn__http_transfer *self, const struct sockaddr *address)
{
    if (self->exchange->access->allow_internal_addresses || !mfn__address_is_internal(address)) {
        return false;
    }
    const void *bytes = address->sa_family == AF_INET6
                            ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                            : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    char *text = self->refused_address;
    if (inet_ntop(address->sa_family, bytes, text, sizeof self->refused_address) == NULL) {
        snprintf(text, sizeof self->refused_address, "it");
    }
    return true;
}

/* Called with the resolved address before anything is sent to it. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    if (is_refused(context, &address->addr)) {
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Called before the request goes out on a new or reused connection: a connection of somebody who
 * may reach internal addresses must not serve one who may not. */
static int before_request(void *context, char *remote, char *local, int remote_port, int local_port)
{
    (void)local;
    (void)remote_port;
    (void)local_port;
    mfn__http_transfer *self = context;
    if (self->exchange->access->allow_internal_addresses) {
        return CURL_PREREQFUNC_OK;
    }
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    const struct sockaddr *address = NULL;
    if (inet_pton(AF_INET, remote, &v4.sin_addr) == 1) {
        address = (const struct sockaddr *)&v4;
    } else if (inet_pton(AF_INET6, remote, &v6.sin6_addr) == 1) {
        address = (const struct sockaddr *)&v6;
    }
    if (address == NULL || is_refused(self, address)) {
        return CURL_PREREQFUNC_ABORT;
    }
    self->refused_address[0] = '\0'; /* the name has another address, which will do */
    return CURL_PREREQFUNC_OK;
}

/* The answer. */

/* libcurl takes a connection that ends in the head for the end of an answer without a body. */
static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
    mfn__http_transfer *self = context;
    size_t length = size * count;
    if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        self->is_head_over = false; /* one of 1xx may come before it */
    } else if (length > 0 && (bytes[0] == '\r' || bytes[0] == '\n')) {
        self->is_head_over = true;
    }
    return length;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    mfn__http_transfer *self = context;
    mfn__buffer *answer = &self->exchange->answer;
    size_t length = size * count;
    mfn__buffer_append(answer, bytes, length);
    return answer->status == MFN_OK ? length : 0;
}

/* Preparing. */

static void add_header(mfn__http_transfer *self, const char *line, bool *ok)
{
    struct curl_slist *longer = curl_slist_append(self->headers, line);
    *ok = *ok && longer != NULL;
    self->headers = longer != NULL ? longer : self->headers;
}

/* Another origin gets what describes the body, and nothing that could be a credential. */
static bool may_travel(const mfn__http_transfer *self, const char *line)
{
    return !self->is_elsewhere || strncasecmp(line, "Content-", 8) == 0 ||
           strncasecmp(line, "Accept:", 7) == 0;
}

static mfn_status make_headers(mfn__http_transfer *self, mfn_error *err)
{
    const mfn__http_exchange *exchange = self->exchange;
    bool ok = true;
    add_header(self, "Expect:", &ok); /* no waiting for "100 Continue" */
    for (const char *const *line = exchange->headers; line != NULL && *line != NULL; line++) {
        if (may_travel(self, *line)) {
            add_header(self, *line, &ok);
        }
    }
    if (exchange->access->bearer_token[0] != '\0' && !self->is_elsewhere) {
        mfn__buffer line;
        mfn__buffer_init(&line, HEADER_BYTES_MAX);
        mfn__buffer_append_format(&line, "Authorization: Bearer %s",
                                  exchange->access->bearer_token);
        ok = ok && line.status == MFN_OK;
        if (line.status == MFN_OK) {
            add_header(self, line.data, &ok);
        }
        mfn__buffer_deinit(&line);
    }
    return ok ? MFN_OK : mfn__fail_memory(err);
}

static void set_safety(mfn__http_transfer *self, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* a proxy would hide the address from the check */
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* Who gives up looking up a name must not wait for the name server: all others would too. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, self);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, self);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, self);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, self);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, self->reason);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, self);
}

static void set_access(const mfn__http_transfer *self, CURL *easy)
{
    const mfn__http_access *access = self->exchange->access;
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, access->verify_tls ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, access->verify_tls ? 2L : 0L);
    if (access->ca_file[0] != '\0') {
        curl_easy_setopt(easy, CURLOPT_CAINFO, access->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* these authorities, not the system's too */
    }
    if (self->is_elsewhere) {
        return;
    }
    if (access->client_certificate_file[0] != '\0') {
        curl_easy_setopt(easy, CURLOPT_SSLCERT, access->client_certificate_file);
    }
    if (access->client_key_file[0] != '\0') {
        curl_easy_setopt(easy, CURLOPT_SSLKEY, access->client_key_file);
    }
    if (access->username[0] != '\0') {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        curl_easy_setopt(easy, CURLOPT_USERNAME, access->username);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, access->password);
    }
}

static void set_method(const mfn__http_transfer *self, CURL *easy)
{
    const mfn__http_exchange *exchange = self->exchange;
    if (exchange->body != NULL) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, exchange->body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body_size);
    } else if (strcmp(exchange->method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
    }
    if (strcmp(exchange->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, exchange->method);
}

static void set_times(mfn__http_transfer *self, CURL *easy)
{
    int64_t now_ns = mfn__clock_monotonic_ns(mfn__clock_system());
    if (self->deadline_ns == 0) {
        double timeout_s =
            self->exchange->timeout_s > 0 ? self->exchange->timeout_s : TIMEOUT_DEFAULT_S;
        self->deadline_ns = now_ns + (int64_t)(timeout_s * (double)MFN__NS_PER_S);
    }
    long left_ms = (long)((self->deadline_ns - now_ns) / MFN__NS_PER_MS);
    left_ms = left_ms > 0 ? left_ms : 1;
    long connect_ms = (long)(CONNECT_MAX_S * 1000.0);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, left_ms < connect_ms ? left_ms : connect_ms);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
}

mfn_status mfn__http_transfer_prepare(mfn__http_transfer *transfer, CURL *easy)
{
    mfn__http_exchange *exchange = transfer->exchange;
    if (transfer->url == NULL) {
        transfer->url = mfn__mem_copy_text(exchange->url);
        transfer->redirects_left = exchange->access->max_redirects;
    }
    mfn__buffer_deinit(&exchange->answer);
    mfn__buffer_init(&exchange->answer, (size_t)exchange->access->max_response_bytes);
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
    if (transfer->url == NULL) {
        return mfn__fail_memory(&exchange->problem);
    }
    mfn_status status = mfn__http_access_check(exchange->access, &exchange->problem);
    exchange->is_paused = status != MFN_OK;
    if (status == MFN_OK) {
        status = make_headers(transfer, &exchange->problem);
    }
    if (status != MFN_OK) {
        return status;
    }
    transfer->easy = easy;
    transfer->reason[0] = '\0';
    transfer->refused_address[0] = '\0';
    transfer->is_head_over = false;
    set_safety(transfer, easy);
    set_access(transfer, easy);
    set_method(transfer, easy);
    set_times(transfer, easy);
    char agent[64];
    snprintf(agent, sizeof agent, "mfn/%s", mfn_version());
    curl_easy_setopt(easy, CURLOPT_USERAGENT, agent);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
    return MFN_OK;
}

void mfn__http_transfer_deinit(mfn__http_transfer *transfer)
{
    curl_slist_free_all(transfer->headers);
    mfn__mem_free(transfer->url);
    transfer->headers = NULL;
    transfer->url = NULL;
}
