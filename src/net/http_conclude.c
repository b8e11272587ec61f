/* SPDX-License-Identifier: MIT */
/* What came of a transfer, and whether it goes on elsewhere. Redirects are followed here: libcurl
 * would go to any port and host. */
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "net/http_link.h"
#include "net/http_transfer.h"
#include "net/url.h"

#define LINKS_MAX        16
#define HEADER_BYTES_MAX ((size_t)1 << 16)
#define URL_SHOWN        160

bool mfn__http_transfer_was_sent(const mfn__http_transfer *transfer)
{
    long bytes = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &bytes);
    return bytes > 0;
}

/* In TLS 1.3 the server tells what it thinks of the client's certificate after the handshake:
 * libcurl then only knows that reading failed, and has OpenSSL's words for why. */
static bool is_certificate_refused(const char *reason)
{
    const char *alert = strstr(reason, " alert ");
    return alert != NULL &&
           (strstr(alert, "certificate") != NULL || strstr(alert, "unknown ca") != NULL ||
            strstr(alert, "access denied") != NULL);
}

static void fail_exchange(mfn__http_transfer *self, CURLcode code)
{
    mfn__http_exchange *exchange = self->exchange;
    const char *reason = self->reason[0] != '\0' ? self->reason : curl_easy_strerror(code);
    if (self->refused_address[0] != '\0') {
        exchange->is_paused = true;
        mfn__fail(&exchange->problem, MFN_ACCESS, "allow_internal_addresses",
                  "%s is an internal address: set allow_internal_addresses: true if that is meant",
                  self->refused_address);
        return;
    }
    if (is_certificate_refused(reason)) {
        code = CURLE_SSL_CLIENTCERT;
    }
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        mfn__fail(&exchange->problem, MFN_TIMED_OUT, "timeout", "no answer in time: %s", reason);
        break;
    case CURLE_WRITE_ERROR:
        if (mfn__buffer_check(&exchange->answer, "the answer", &exchange->problem) == MFN_OK) {
            mfn__fail(&exchange->problem, MFN_IO, NULL, "%s", reason);
        }
        break;
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CLIENTCERT:
        exchange->is_paused = true;
        mfn__fail(&exchange->problem, MFN_ACCESS, "client_certificate_file", "TLS: %s", reason);
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        exchange->is_paused = true;
        mfn__fail(&exchange->problem, MFN_ACCESS, "ca_file", "TLS: %s", reason);
        break;
    case CURLE_OUT_OF_MEMORY:
        if (mfn__http_transfer_was_sent(self) && !self->is_head_over) {
            /* libcurl calls by this name a header that is longer than it wants. */
            mfn__fail(&exchange->problem, MFN_IO, NULL,
                      "a header of the answer is too long, or memory is short");
        } else {
            mfn__fail_memory(&exchange->problem);
        }
        break;
    case CURLE_UNSUPPORTED_PROTOCOL:
        if (mfn__http_transfer_was_sent(self)) { /* that of the answer */
            mfn__fail(&exchange->problem, MFN_IO, NULL, "the answer is not HTTP: %s", reason);
            break;
        }
        mfn__fail(&exchange->problem, MFN_INVALID, "url", "%s", reason);
        break;
    case CURLE_URL_MALFORMAT:
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
        const char *target = NULL;
        size_t length = 0;
        if (mfn__http_link_find_next(header->value, &target, &length)) {
            return resolve(self->url, target, length);
        }
    }
    return NULL;
}

static bool is_redirect(const mfn__http_exchange *exchange, long status)
{
    bool keeps_method = status == 307 || status == 308;
    bool is_get = strcmp(exchange->method, "GET") == 0;
    return keeps_method || (is_get && (status == 301 || status == 302 || status == 303));
}

static void refuse_redirect(mfn__http_transfer *self, const char *why, const char *target)
{
    char shown[URL_SHOWN];
    mfn__url_redact(target, shown, sizeof shown);
    self->exchange->is_paused = true;
    mfn__fail(&self->exchange->problem, MFN_INVALID, "url", "the redirect to %s %s", shown, why);
}

/* What speaks against going there, or NULL. */
static const char *find_objection(const mfn__http_transfer *self, const char *target)
{
    if (self->redirects_left == 0) {
        return "is one too many (max_redirects)";
    }
    if (mfn__url_check(target, "url", NULL) != MFN_OK) {
        return "is no plain http or https URL";
    }
    if (mfn__url_same_origin(self->url, target)) {
        return NULL;
    }
    if (mfn__url_same_host(self->url, target) || strncasecmp(self->url, target, 5) != 0) {
        return "changes the scheme";
    }
    if (!self->exchange->access->allow_other_hosts) {
        return "leads to another host: set allow_other_hosts: true if that is meant";
    }
    return NULL;
}

/* True when the next hop is set. */
static bool follow(mfn__http_transfer *self)
{
    char *location = NULL;
    curl_easy_getinfo(self->easy, CURLINFO_REDIRECT_URL, &location);
    if (location == NULL) {
        return false;
    }
    char *target = resolve(self->url, location, strlen(location)); /* without a fragment */
    const char *objection = find_objection(self, target != NULL ? target : location);
    if (objection != NULL) {
        refuse_redirect(self, objection, location);
        mfn__mem_free(target);
        return false;
    }
    if (target == NULL) {
        mfn__fail_memory(&self->exchange->problem);
        return false;
    }
    self->is_elsewhere |= !mfn__url_same_origin(self->exchange->url, target);
    mfn__mem_free(self->url);
    self->url = target;
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
    if (!transfer->is_head_over) {
        mfn__fail(&exchange->problem, MFN_IO, NULL, "the answer ended in the middle of its head");
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
