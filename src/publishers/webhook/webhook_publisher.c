/* SPDX-License-Identifier: MIT */
/* The parcels of one call become requests of batch_size results each, and up to `concurrency` of
 * them are under way at a time. Each request settles its own parcels; what is left over is
 * reported by the worst of the failures, so that one 410 among many 503 is not tried again. */
#include "publishers/webhook/webhook_publisher.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/option_table.h"
#include "codec/sha256.h"
#include "net/http_options.h"
#include "net/url.h"
#include "publishers/webhook/request.h"

#define BATCH_MAX       500
#define CONCURRENCY_MAX 30
#define STATUSES_MAX    64
#define SHOWN_URL_MAX   512

static const char *const envelope_names[] = {"none", "cloudevents_structured", "cloudevents_binary",
                                             NULL};
static const char *const compression_names[] = {"none", "gzip", NULL};

static const mfn_option option_table[] = {
    MFN__SECRET(mfn__webhook_publisher_options, webhook_url, NULL, "URL to send results to"),
    MFN__MAP(mfn__webhook_publisher_options, headers, "", true, "further headers of each request"),
    MFN__WHOLE(mfn__webhook_publisher_options, batch_size, 1, BATCH_MAX, "1", "",
               "results in one request; above 1 they are a JSON array"),
    MFN__WHOLE(mfn__webhook_publisher_options, concurrency, 1, CONCURRENCY_MAX, "8", "",
               "requests under way at a time"),
    MFN__LIST(mfn__webhook_publisher_options, signing_secrets, "", true,
              "Standard Webhooks keys to sign with: whsec_..., whsk_..."),
    MFN__CHOICE(mfn__webhook_publisher_options, envelope, envelope_names, "none",
                "CloudEvents 1.0 around each result"),
    MFN__CHOICE(mfn__webhook_publisher_options, compression, compression_names, "none",
                "compression of the body"),
    MFN__LIST(mfn__webhook_publisher_options, successful_on, "", false,
              "further HTTP statuses that mean success, such as 409"),
    MFN__HTTP_ACCESS_ROWS(mfn__webhook_publisher_options, access.),
    {0},
};

typedef struct publisher {
    mfn__webhook_publisher_options options;
    mfn__surroundings around;
    mfn__webhook_keys *keys; /* NULL: requests are not signed */
    int also_successful[STATUSES_MAX + 1];
    mfn__parcel *todo[MFN__PARCELS_MAX];
    mfn__webhook_request requests[CONCURRENCY_MAX];
    mfn__http_exchange exchanges[CONCURRENCY_MAX];
} publisher;

static void describe(const void *options, char *ret, size_t size)
{
    const mfn__webhook_publisher_options *given = options;
    mfn__url_redact(given->webhook_url, ret, size);
}

/* The query is left out: a key in it may be changed while results wait. Path segments that are keys
 * are not shown but tell destinations apart, so a part of the path's digest stands for them. */
static void identify(const void *options, mfn__buffer *ret)
{
    const mfn__webhook_publisher_options *given = options;
    char shown[SHOWN_URL_MAX];
    char digest[MFN__SHA256_HEX_SIZE];
    describe(options, shown, sizeof shown);
    mfn__sha256_hex(given->webhook_url, strcspn(given->webhook_url, "?#"), digest);
    mfn__buffer_append_format(ret, "webhook\n%s\n%.8s", shown, digest);
}

static mfn__content content(const void *options)
{
    (void)options;
    return MFN__CONTENT_LINE;
}

static size_t capacity(const void *options)
{
    const mfn__webhook_publisher_options *given = options;
    uint64_t parcels = given->batch_size * given->concurrency;
    return parcels < MFN__PARCELS_MAX ? (size_t)parcels : MFN__PARCELS_MAX;
}

/* The list ends with 0. */
static mfn_status read_statuses(const mfn_texts *texts, int ret[STATUSES_MAX + 1], mfn_error *err)
{
    if (texts->count > STATUSES_MAX) {
        return mfn__fail(err, MFN_INVALID, "successful_on",
                         "successful_on has %zu statuses: expected at most %d", texts->count,
                         STATUSES_MAX);
    }
    for (size_t i = 0; i < texts->count; i++) {
        uint64_t status = 0;
        if (!mfn__text_to_u64(texts->values[i], &status) || status < 200 || status > 599) {
            return mfn__fail(err, MFN_INVALID, "successful_on",
                             "successful_on: '%.32s': expected an HTTP status in [200, 599]",
                             texts->values[i]);
        }
        ret[i] = (int)status;
    }
    ret[texts->count] = 0;
    return MFN_OK;
}

/* `*ret` stays NULL when there are no secrets. */
static mfn_status read_keys(const mfn_texts *secrets, mfn__webhook_keys **ret, mfn_error *err)
{
    for (size_t i = 0; i < secrets->count; i++) {
        if (strncmp(secrets->values[i], "whpk_", strlen("whpk_")) == 0) {
            return mfn__fail(err, MFN_INVALID, "signing_secrets",
                             "signing_secrets[%zu] is a public key, which cannot sign: expected "
                             "whsec_... or whsk_...",
                             i);
        }
    }
    if (secrets->count == 0) {
        return MFN_OK;
    }
    mfn_error reason = {0};
    mfn_status status = mfn__webhook_keys_new(secrets->values, secrets->count, ret, &reason);
    if (status != MFN_OK) {
        return mfn__fail(err, status, "signing_secrets", "signing_secrets: %s", reason.text);
    }
    return MFN_OK;
}

static mfn_status check_envelope(const mfn__webhook_publisher_options *options, mfn_error *err)
{
    if (options->envelope == MFN__WEBHOOK_BINARY && options->batch_size > 1) {
        return mfn__fail(err, MFN_INVALID, "batch_size",
                         "batch_size is %llu: expected 1 with envelope cloudevents_binary, whose "
                         "headers describe one result",
                         (unsigned long long)options->batch_size);
    }
    if (options->envelope == MFN__WEBHOOK_STRUCTURED &&
        mfn__http_headers_have(&options->headers, "Content-Type")) {
        return mfn__fail(err, MFN_INVALID, "headers",
                         "headers: Content-Type is set by envelope cloudevents_structured and "
                         "cannot be given");
    }
    return MFN_OK;
}

static mfn_status check(const void *given, mfn_error *err)
{
    const mfn__webhook_publisher_options *options = given;
    int statuses[STATUSES_MAX + 1];
    mfn__webhook_keys *keys = NULL;
    mfn_status status = mfn__url_check(options->webhook_url, "webhook_url", err);
    if (status == MFN_OK) {
        status = mfn__http_headers_check(&options->headers, mfn__webhook_reserved_headers, err);
    }
    if (status == MFN_OK) {
        status = mfn__http_access_check(&options->access, err);
    }
    if (status == MFN_OK) {
        status = check_envelope(options, err);
    }
    if (status == MFN_OK) {
        status = read_statuses(&options->successful_on, statuses, err);
    }
    if (status == MFN_OK) {
        status = read_keys(&options->signing_secrets, &keys, err);
    }
    mfn__webhook_keys_free(keys);
    return status;
}

/* Many receivers know POST alone, and a POST would not be a mere look. */
static void remark(const mfn__surroundings *surroundings, int status)
{
    char line[256];
    const char *meaning = status == 404 || status == 410 ? "there may be nothing at this path"
                          : status == 405 || status == 501
                              ? "the server is there and does not know OPTIONS, as many do not"
                          : status == 401 || status == 403
                              ? "it may want the signature, which only results have"
                          : status >= 500 ? "the server is there and in trouble"
                          : status >= 300 && status < 400
                              ? "it points elsewhere: webhook_url may need the new address"
                              : "whether it takes results is not known";
    snprintf(line, sizeof line,
             "%s: OPTIONS was answered with HTTP status %d (%s); POST was not tried",
             surroundings->name, status, meaning);
    surroundings->log->warn(surroundings->log->context, line);
}

/* Any answer shows that the server is there; only the ones that say "not you" are failures, unless
 * it may be the signature that they miss. */
static mfn_status probe(const void *given, const mfn__surroundings *surroundings, mfn_error *err)
{
    const mfn__webhook_publisher_options *options = given;
    mfn__http_exchange exchange = {.method = "OPTIONS",
                                   .url = options->webhook_url,
                                   .access = &options->access,
                                   .timeout_s = surroundings->timeout_s};
    mfn__http_headers headers;
    mfn__http_headers_init(&headers);
    mfn__http_headers_add_all(&headers, &options->headers);
    mfn_status status = mfn__http_headers_end(&headers, &exchange.headers, err);
    if (status == MFN_OK) {
        mfn__http_perform(surroundings->http, &exchange, 1, surroundings->abandon);
        bool misses_signature = options->signing_secrets.count > 0;
        bool is_refused = exchange.status == 407 ||
                          (!misses_signature && (exchange.status == 401 || exchange.status == 403));
        if (exchange.problem.status != MFN_OK || is_refused) {
            mfn__advice advice = {0};
            status = mfn__http_judge(&exchange, NULL, &advice, err);
        } else if (exchange.status < 200 || exchange.status > 299) {
            remark(surroundings, exchange.status);
        }
    }
    mfn__http_exchange_deinit(&exchange);
    mfn__http_headers_deinit(&headers);
    return status;
}

static void close_publisher(void *opaque)
{
    publisher *self = opaque;
    if (self != NULL) {
        mfn__webhook_keys_free(self->keys);
        mfn__mem_free(self);
    }
}

static mfn_status open_publisher(const void *options, const mfn__surroundings *surroundings,
                                 void **ret_self, mfn_error *err)
{
    publisher *self = mfn__mem_new(1, sizeof *self);
    if (self == NULL) {
        return mfn__fail_memory(err);
    }
    self->options = *(const mfn__webhook_publisher_options *)options;
    self->around = *surroundings;
    mfn_status status = read_statuses(&self->options.successful_on, self->also_successful, err);
    if (status == MFN_OK) {
        status = read_keys(&self->options.signing_secrets, &self->keys, err);
    }
    if (status != MFN_OK) {
        close_publisher(self);
        return status;
    }
    *ret_self = self;
    return MFN_OK;
}

/* What stands in the way of the parcels that are left: the worst of all failures. */
typedef struct verdict {
    mfn_status status; /* MFN_OK: nothing */
    mfn_error error;
    mfn__advice advice;
} verdict;

static int badness(mfn__trouble trouble)
{
    switch (trouble) {
    case MFN__TROUBLE_GONE:
        return 3;
    case MFN__TROUBLE_PAUSED:
        return 2;
    case MFN__TROUBLE_PASSING:
        return 1;
    default:
        return 0;
    }
}

static void add_failure(verdict *all, const verdict *one)
{
    int64_t wait_ns = all->advice.retry_after_ns > one->advice.retry_after_ns
                          ? all->advice.retry_after_ns
                          : one->advice.retry_after_ns;
    if (all->status == MFN_OK || badness(one->advice.trouble) > badness(all->advice.trouble)) {
        *all = *one;
    }
    all->advice.retry_after_ns = wait_ns;
}

/* The meaning of a finished exchange for its request. Only an answer can refuse a result for good,
 * and a redirect that may not be followed refuses the address, not the result. */
static verdict judge(const publisher *self, mfn__http_exchange *exchange)
{
    verdict ret = {0};
    if (exchange->status != 0 && exchange->problem.status == MFN_TOO_LARGE) {
        exchange->problem.status = MFN_OK; /* of the answer only the status matters */
    }
    ret.status = mfn__http_judge(exchange, self->also_successful, &ret.advice, &ret.error);
    bool is_answered = exchange->problem.status == MFN_OK;
    bool is_redirect = exchange->status >= 300 && exchange->status < 400;
    if (ret.advice.trouble == MFN__TROUBLE_PERMANENT && (!is_answered || is_redirect)) {
        ret.advice.trouble = MFN__TROUBLE_PAUSED;
    }
    return ret;
}

static void settle(const publisher *self, const mfn__webhook_request *request,
                   mfn__http_exchange *exchange, verdict *all)
{
    verdict one = judge(self, exchange);
    if (one.status == MFN_OK) {
        for (size_t i = 0; i < request->count; i++) {
            request->parcels[i]->is_done = true;
        }
    } else if (one.advice.trouble == MFN__TROUBLE_PERMANENT && request->count == 1) {
        request->parcels[0]->problem = one.error;
        request->parcels[0]->http_status = exchange->status;
    } else {
        add_failure(all, &one);
    }
}

/* Sends up to `concurrency` requests with the parcels, at least one. */
static void send_some(publisher *self, mfn__parcel *const *parcels, size_t count, verdict *all)
{
    size_t batch = (size_t)self->options.batch_size;
    size_t requests = (count + batch - 1) / batch;
    int64_t timestamp_s = mfn__clock_wall_ns(self->around.clock) / MFN__NS_PER_S;
    verdict unmade = {0};
    size_t made = 0;
    while (made < requests && unmade.status == MFN_OK) {
        size_t first = made * batch;
        mfn__webhook_request *request = &self->requests[made];
        mfn__http_exchange *exchange = &self->exchanges[made];
        *request = (mfn__webhook_request){
            .parcels = parcels + first,
            .count = count - first < batch ? count - first : batch,
        };
        *exchange = (mfn__http_exchange){.timeout_s = self->around.timeout_s};
        unmade.status = mfn__webhook_request_make(request, &self->options, self->keys, timestamp_s,
                                                  exchange, &unmade.error);
        made++;
    }
    if (unmade.status == MFN_OK) {
        mfn__http_perform(self->around.http, self->exchanges, requests, self->around.abandon);
        for (size_t i = 0; i < requests; i++) {
            settle(self, &self->requests[i], &self->exchanges[i], all);
        }
    } else {
        add_failure(all, &unmade);
    }
    for (size_t i = 0; i < made; i++) {
        mfn__http_exchange_deinit(&self->exchanges[i]);
        mfn__webhook_request_deinit(&self->requests[i]);
    }
}

static mfn_status publish(void *opaque, mfn__parcel *parcels, size_t count, mfn__advice *ret_advice,
                          mfn_error *err)
{
    publisher *self = opaque;
    size_t left = 0;
    for (size_t i = 0; i < count && left < MFN__PARCELS_MAX; i++) {
        if (!parcels[i].is_done && parcels[i].problem.status == MFN_OK) {
            self->todo[left++] = &parcels[i];
        }
    }
    verdict all = {0};
    size_t window = (size_t)(self->options.batch_size * self->options.concurrency);
    for (size_t first = 0; first < left; first += window) {
        size_t some = left - first < window ? left - first : window;
        send_some(self, self->todo + first, some, &all);
    }
    if (all.status != MFN_OK) {
        *ret_advice = all.advice;
        if (err != NULL) {
            *err = all.error;
        }
    }
    return all.status;
}

const mfn__publisher_ops mfn__webhook_publisher = {
    .kind = "webhook",
    .help = "results as HTTP POST requests",
    .options = option_table,
    .options_size = sizeof(mfn__webhook_publisher_options),
    .describe = describe,
    .identify = identify,
    .check = check,
    .probe = probe,
    .content = content,
    .capacity = capacity,
    .open = open_publisher,
    .publish = publish,
    .close = close_publisher,
};
