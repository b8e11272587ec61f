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
#define LINKS_MAX         16
#define HEADER_BYTES_MAX  ((size_t)1 << 16)
#define URL_SHOWN         160

/* Addresses. */

static bool is_refused(mfn__http_transfer *self, const struct sockaddr *address)
{
    if (!self->exchange->access->allow_internal_addresses && mfn__address_is_internal(address)) {
        self->is_address_refused = true;
        return true;
    }
    return false;
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
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    const struct sockaddr *address = NULL;
    if (inet_pton(AF_INET, remote, &v4.sin_addr) == 1) {
        address = (const struct sockaddr *)&v4;
    } else if (inet_pton(AF_INET6, remote, &v6.sin6_addr) == 1) {
        address = (const struct sockaddr *)&v6;
    }
    return address == NULL || is_refused(context, address) ? CURL_PREREQFUNC_ABORT
                                                           : CURL_PREREQFUNC_OK;
}

/* The body. */

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
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, self);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, self);
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
    mfn_status status = make_headers(transfer, &exchange->problem);
    if (status != MFN_OK) {
        return status;
    }
    transfer->easy = easy;
    transfer->reason[0] = '\0';
    transfer->is_address_refused = false;
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

/* Concluding. */

static void fail_exchange(mfn__http_transfer *self, CURLcode code)
{
    mfn__http_exchange *exchange = self->exchange;
    const char *reason = self->reason[0] != '\0' ? self->reason : curl_easy_strerror(code);
    if (self->is_address_refused) {
        exchange->is_paused = true;
        mfn__fail(&exchange->problem, MFN_ACCESS, "allow_internal_addresses",
                  "it leads to an internal address: set allow_internal_addresses: true if that is "
                  "meant");
        return;
    }
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        mfn__fail(&exchange->problem, MFN_TIMED_OUT, "timeout", "no answer in time: %s", reason);
        break;
    case CURLE_WRITE_ERROR:
        mfn__buffer_check(&exchange->answer, "the answer", &exchange->problem);
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        exchange->is_paused = true;
        mfn__fail(&exchange->problem, MFN_ACCESS, "ca_file", "TLS: %s", reason);
        break;
    case CURLE_OUT_OF_MEMORY:
        mfn__fail_memory(&exchange->problem);
        break;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        mfn__fail(&exchange->problem, MFN_INVALID, "url", "%s", reason);
        break;
    default:
        mfn__fail(&exchange->problem, MFN_IO, NULL, "%s", reason);
        break;
    }
}

static char *copy_header(CURL *easy, const char *name)
{
    struct curl_header *header = NULL;
    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK) {
        return NULL;
    }
    return mfn__mem_copy_text(header->value);
}

/* The target of one link-value (RFC 8288) when its rel has "next"; `*rest` moves behind it. */
static bool is_next_link(const char **rest, const char **ret_target, size_t *ret_length)
{
    const char *open = strchr(*rest, '<');
    const char *close = open != NULL ? strchr(open, '>') : NULL;
    if (close == NULL) {
        *rest += strlen(*rest);
        return false;
    }
    const char *end = strpbrk(close, ",");
    end = end != NULL ? end : close + strlen(close);
    *ret_target = open + 1;
    *ret_length = (size_t)(close - open - 1);
    *rest = *end == ',' ? end + 1 : end;
    for (const char *rel = close; rel < end; rel++) {
        if (strncasecmp(rel, "rel=", 4) == 0) {
            const char *value = rel + 4 + (rel[4] == '"' ? 1 : 0);
            size_t length = strcspn(value, "\";,");
            return length == 4 && strncasecmp(value, "next", 4) == 0;
        }
    }
    return false;
}

static char *resolve(const char *base, const char *target, size_t length)
{
    char *next = NULL;
    mfn__buffer reference;
    mfn__buffer url;
    mfn__buffer_init(&reference, HEADER_BYTES_MAX);
    mfn__buffer_init(&url, HEADER_BYTES_MAX);
    mfn__buffer_append(&reference, target, length);
    if (reference.status == MFN_OK && reference.size > 0 &&
        mfn__url_resolve(base, reference.data, &url, NULL) == MFN_OK) {
        next = mfn__mem_copy_text(url.data);
    }
    mfn__buffer_deinit(&reference);
    mfn__buffer_deinit(&url);
    return next;
}

static char *find_next_link(const mfn__http_transfer *self)
{
    for (size_t i = 0; i < LINKS_MAX; i++) {
        struct curl_header *header = NULL;
        if (curl_easy_header(self->easy, "Link", i, CURLH_HEADER, -1, &header) != CURLHE_OK) {
            return NULL;
        }
        for (const char *rest = header->value; *rest != '\0';) {
            const char *target = NULL;
            size_t length = 0;
            if (is_next_link(&rest, &target, &length)) {
                return resolve(self->url, target, length);
            }
        }
    }
    return NULL;
}

static bool is_redirect(const mfn__http_exchange *exchange, long status)
{
    bool keeps_method = status == 307 || status == 308;
    bool is_get = strcmp(exchange->method, "POST") != 0;
    return keeps_method || (is_get && (status == 301 || status == 302 || status == 303));
}

static bool refuse_redirect(mfn__http_transfer *self, const char *why, const char *target)
{
    char shown[URL_SHOWN];
    mfn__url_redact(target, shown, sizeof shown);
    self->exchange->is_paused = true;
    mfn__fail(&self->exchange->problem, MFN_INVALID, "url", "the redirect to %s %s", shown, why);
    return false;
}

/* True when the next hop is set. */
static bool follow(mfn__http_transfer *self)
{
    char *target = NULL;
    curl_easy_getinfo(self->easy, CURLINFO_REDIRECT_URL, &target);
    if (target == NULL) {
        return false;
    }
    if (self->redirects_left == 0) {
        return refuse_redirect(self, "is one too many (max_redirects)", target);
    }
    if (mfn__url_check(target, "url", NULL) != MFN_OK) {
        return refuse_redirect(self, "is no plain http or https URL", target);
    }
    if (!mfn__url_same_origin(self->url, target)) {
        if (mfn__url_same_host(self->url, target) || strncmp(self->url, target, 5) != 0) {
            return refuse_redirect(self, "changes the scheme", target);
        }
        if (!self->exchange->access->allow_other_hosts) {
            return refuse_redirect(self,
                                   "leads to another host: set allow_other_hosts: true if that is "
                                   "meant",
                                   target);
        }
    }
    char *url = mfn__mem_copy_text(target);
    if (url == NULL) {
        mfn__fail_memory(&self->exchange->problem);
        return false;
    }
    self->is_elsewhere |= !mfn__url_same_origin(self->exchange->url, url);
    mfn__mem_free(self->url);
    self->url = url;
    self->redirects_left--;
    return true;
}

bool mfn__http_transfer_conclude(mfn__http_transfer *transfer, CURLcode code)
{
    mfn__http_exchange *exchange = transfer->exchange;
    long status = 0;
    curl_off_t retry_after_s = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    exchange->status = (int)status;
    if (code != CURLE_OK) {
        fail_exchange(transfer, code);
        return false;
    }
    if (is_redirect(exchange, status) && follow(transfer)) {
        return true;
    }
    curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    if (retry_after_s > 0) {
        exchange->retry_after_ns = retry_after_s < INT64_MAX / MFN__NS_PER_S
                                       ? (int64_t)retry_after_s * MFN__NS_PER_S
                                       : INT64_MAX;
    }
    exchange->etag = copy_header(transfer->easy, "ETag");
    exchange->last_modified = copy_header(transfer->easy, "Last-Modified");
    exchange->content_type = copy_header(transfer->easy, "Content-Type");
    exchange->next_link = find_next_link(transfer);
    return false;
}

void mfn__http_transfer_deinit(mfn__http_transfer *transfer)
{
    curl_slist_free_all(transfer->headers);
    mfn__mem_free(transfer->url);
    transfer->headers = NULL;
    transfer->url = NULL;
}

void mfn__http_exchange_deinit(mfn__http_exchange *exchange)
{
    mfn__buffer_deinit(&exchange->answer);
    mfn__mem_free(exchange->etag);
    mfn__mem_free(exchange->last_modified);
    mfn__mem_free(exchange->content_type);
    mfn__mem_free(exchange->next_link);
    exchange->etag = NULL;
    exchange->last_modified = NULL;
    exchange->content_type = NULL;
    exchange->next_link = NULL;
}
