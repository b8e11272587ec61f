/* SPDX-License-Identifier: MIT */
/* A server cannot be asked for the same items twice, so every page goes into the inbox of the state
 * file before any of its items is handed out, and stays there until the item is settled. Fetching
 * hands out what waits in the inbox, what a crash left there first, and asks for a page only when
 * nothing waits. */
#include "connectors/rest/rest_connector.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "connectors/rest/poll.h"
#include "net/http_headers.h"
#include "net/http_options.h"
#include "net/url.h"

#define INTERVAL_MIN_S 0.01
#define INTERVAL_MAX_S (366.0 * 86400)
#define PAGES_MAX      1e6
#define NUMBER_MAX     9e15
#define JOB_BYTES_MIN  1024
#define JOB_BYTES_MAX  1073741824.0
#define URL_BYTES_MAX  65536
#define NAP_NS         (50 * MFN__NS_PER_MS)

static const char *const method_names[] = {"GET", "POST", NULL};
static const char *const pagination_names[] = {"none", "link", "next", "page", "cursor", NULL};

static const mfn_option option_table[] = {
    MFN__TEXT(mfn__rest_connector_options, base_url, NULL, "URL of the server"),
    MFN__TEXT(mfn__rest_connector_options, endpoint, "", "path that is added to base_url"),
    MFN__CHOICE(mfn__rest_connector_options, method, method_names, "GET", "method of the requests"),
    MFN__MAP(mfn__rest_connector_options, params, "", true, "parameters of the query"),
    MFN__TEXT(mfn__rest_connector_options, body, "", "JSON to send with POST"),
    MFN__MAP(mfn__rest_connector_options, headers, "", true, "further headers of each request"),
    MFN__REAL(mfn__rest_connector_options, interval, INTERVAL_MIN_S, INTERVAL_MAX_S, "60", "s",
              "time between polls"),
    MFN__TEXT(mfn__rest_connector_options, items, "",
              "JSON Pointer to the array of items, or to the only item"),
    MFN__CHOICE(mfn__rest_connector_options, pagination, pagination_names, "none",
                "how the next page is found"),
    MFN__TEXT(mfn__rest_connector_options, next_pointer, "",
              "pagination next: JSON Pointer to the URL of the next page"),
    MFN__TEXT(mfn__rest_connector_options, page_param, "page",
              "pagination page: parameter with the page's number"),
    MFN__WHOLE(mfn__rest_connector_options, page_start, 0, NUMBER_MAX, "1", "",
               "pagination page: number of the first page"),
    MFN__WHOLE(mfn__rest_connector_options, page_size, 0, NUMBER_MAX, "0", "",
               "pagination page: items of a full page; 0: read on to an empty one"),
    MFN__TEXT(mfn__rest_connector_options, cursor_param, "cursor",
              "pagination cursor: parameter with the cursor"),
    MFN__TEXT(mfn__rest_connector_options, cursor_pointer, "",
              "pagination cursor: JSON Pointer to the next cursor"),
    MFN__BOOL(mfn__rest_connector_options, save_cursor, "true",
              "pagination cursor: begin a poll where the last one ended"),
    MFN__WHOLE(mfn__rest_connector_options, max_pages, 1, PAGES_MAX, "1000", "",
               "pages of one poll at most"),
    MFN__BOOL(mfn__rest_connector_options, skip_known, "true",
              "leave out items that the poll before gave, byte for byte"),
    MFN__WHOLE(mfn__rest_connector_options, max_job_bytes, JOB_BYTES_MIN, JOB_BYTES_MAX, "1MiB",
               "bytes", "larger items become dead letters"),
    MFN__HTTP_ACCESS_ROWS(mfn__rest_connector_options, access.),
    {0},
};

typedef struct connector {
    mfn__rest_connector_options options;
    mfn__surroundings around;
    mfn__rest_poll poll;
    uint64_t position; /* the last row of the inbox that was handed out */
    int64_t due_ns;    /* when the next poll begins */
    bool has_warned_repeated;
    bool has_warned_full, has_warned_cut;
    atomic_uint_fast64_t requests, known;
} connector;

static void describe(const void *options, char *ret, size_t size)
{
    mfn__buffer url;
    mfn__buffer_init(&url, URL_BYTES_MAX);
    mfn_status status = mfn__rest_address(options, &url, NULL);
    if (status == MFN_OK) {
        mfn__url_redact(url.data, ret, size);
    } else {
        snprintf(ret, size, "a server");
    }
    mfn__buffer_deinit(&url);
}

/* A query belongs into params, where its values stay hidden. */
static mfn_status check_address(const mfn__rest_connector_options *options, mfn_error *err)
{
    if (strchr(options->base_url, '?') != NULL) {
        return mfn__fail(err, MFN_INVALID, "base_url",
                         "base_url has a query: give its parts as params");
    }
    if (strchr(options->endpoint, '?') != NULL) {
        return mfn__fail(err, MFN_INVALID, "endpoint",
                         "endpoint has a query: give its parts as params");
    }
    if (options->endpoint[0] != '\0' && options->endpoint[0] != '/') {
        return mfn__fail(err, MFN_INVALID, "endpoint", "endpoint is '%.128s': expected '/' first",
                         options->endpoint);
    }
    mfn_status status = mfn__url_check(options->base_url, "base_url", err);
    mfn__buffer url;
    mfn__buffer_init(&url, URL_BYTES_MAX);
    if (status == MFN_OK) {
        status = mfn__rest_address(options, &url, err);
    }
    if (status == MFN_OK) {
        status = mfn__url_check(url.data, "endpoint", err);
    }
    mfn__buffer_deinit(&url);
    return status;
}

static mfn_status check_body(const mfn__rest_connector_options *options, mfn_error *err)
{
    if (options->body[0] == '\0') {
        return MFN_OK;
    }
    if (options->method != MFN__REST_POST) {
        return mfn__fail(err, MFN_INVALID, "body", "body: expected none with method GET");
    }
    mfn__json_slice body;
    mfn_error reason = {0};
    if (mfn__json_slice_whole(options->body, strlen(options->body), &body, &reason) != MFN_OK) {
        return mfn__fail(err, MFN_INVALID, "body", "body is no JSON: %s", reason.text);
    }
    return MFN_OK;
}

static mfn_status check_pagination(const mfn__rest_connector_options *options, mfn_error *err)
{
    if (options->pagination == MFN__REST_NEXT && options->next_pointer[0] == '\0') {
        return mfn__fail(err, MFN_INVALID, "next_pointer",
                         "next_pointer: expected a JSON Pointer with pagination next");
    }
    if (options->pagination == MFN__REST_CURSOR && options->cursor_pointer[0] == '\0') {
        return mfn__fail(err, MFN_INVALID, "cursor_pointer",
                         "cursor_pointer: expected a JSON Pointer with pagination cursor");
    }
    if (options->page_param[0] == '\0' || options->cursor_param[0] == '\0') {
        const char *field = options->page_param[0] == '\0' ? "page_param" : "cursor_param";
        return mfn__fail(err, MFN_INVALID, field, "%s is empty: expected a parameter's name",
                         field);
    }
    mfn_status status = mfn__json_pointer_check(options->items, "items", err);
    if (status == MFN_OK) {
        status = mfn__json_pointer_check(options->next_pointer, "next_pointer", err);
    }
    return status == MFN_OK
               ? mfn__json_pointer_check(options->cursor_pointer, "cursor_pointer", err)
               : status;
}

static mfn_status check(const void *options, mfn_error *err)
{
    const mfn__rest_connector_options *given = options;
    mfn_status status = check_address(given, err);
    if (status == MFN_OK) {
        status = mfn__http_access_check(&given->access, err);
    }
    if (status == MFN_OK) {
        status = mfn__http_headers_check(&given->headers, mfn__rest_reserved_headers, err);
    }
    if (status == MFN_OK) {
        status = check_body(given, err);
    }
    return status == MFN_OK ? check_pagination(given, err) : status;
}

static mfn_status probe(const void *options, const mfn__surroundings *surroundings, mfn_error *err)
{
    return mfn__rest_poll_probe(options, surroundings, err);
}

static void close_connector(void *opaque)
{
    connector *self = opaque;
    if (self != NULL) {
        mfn__rest_poll_deinit(&self->poll);
        mfn__mem_free(self);
    }
}

static mfn_status open_connector(const void *options, const mfn__surroundings *surroundings,
                                 void **ret_self, mfn_error *err)
{
    connector *self = mfn__mem_new(1, sizeof *self);
    if (self == NULL) {
        return mfn__fail_memory(err);
    }
    self->options = *(const mfn__rest_connector_options *)options;
    self->around = *surroundings;
    mfn__rest_poll_init(&self->poll, &self->options, &self->around);
    self->due_ns = mfn__clock_monotonic_ns(surroundings->clock);
    *ret_self = self;
    return MFN_OK;
}

static void warn(const connector *self, const char *text)
{
    char line[256];
    snprintf(line, sizeof line, "%s: %s", self->around.name, text);
    self->around.log->warn(self->around.log->context, line);
}

/* Hands out what waits in the inbox. */
static mfn_status take_waiting(connector *self, mfn__batch *ret, mfn_error *err)
{
    mfn_status status =
        mfn__inbox_take(self->around.spool, self->around.target, &self->position, ret, err);
    for (size_t i = 0; status == MFN_OK && i < ret->count; i++) {
        mfn__message *message = ret->messages[i];
        if (message->original_size > self->options.max_job_bytes) {
            (void)mfn__fail(&message->problem, MFN_TOO_LARGE, "max_job_bytes",
                            "the item has %zu bytes, more than max_job_bytes allows (%" PRIu64 ")",
                            message->original_size, self->options.max_job_bytes);
        }
    }
    return status;
}

static bool is_halted(const connector *self)
{
    return atomic_load(self->around.halt);
}

static void wait_until(const connector *self, int64_t until_ns)
{
    for (int64_t left_ns = until_ns - mfn__clock_monotonic_ns(self->around.clock);
         left_ns > 0 && !is_halted(self);
         left_ns = until_ns - mfn__clock_monotonic_ns(self->around.clock)) {
        const struct timespec nap = {.tv_nsec = (long)(left_ns < NAP_NS ? left_ns : NAP_NS)};
        (void)nanosleep(&nap, NULL);
    }
}

/* Asks for one page, of the poll under way or of the one that is due. */
static mfn_status ask(connector *self, mfn__advice *ret_advice, mfn_error *err)
{
    mfn__rest_outcome outcome;
    mfn_status status = mfn__rest_poll_page(&self->poll, &outcome, err);
    atomic_fetch_add(&self->requests, outcome.is_asked ? 1 : 0);
    atomic_fetch_add(&self->known, outcome.known);
    *ret_advice = outcome.advice;
    if (outcome.is_cut && !self->has_warned_cut) {
        self->has_warned_cut = true;
        warn(self, "a poll ended at max_pages, and the source has more pages");
    }
    if (outcome.is_repeated && !self->has_warned_repeated) {
        self->has_warned_repeated = true;
        warn(self, "a page was the one before once more, and ended the poll: does the source know "
                   "the parameter that page_param names?");
    }
    if (status == MFN_OK && outcome.is_over) {
        self->due_ns = mfn__clock_monotonic_ns(self->around.clock) +
                       (int64_t)(self->options.interval * (double)MFN__NS_PER_S);
    }
    return status;
}

static bool has_room(connector *self)
{
    bool is_there = mfn__spool_has_room(self->around.spool);
    if (!is_there && !self->has_warned_full) {
        warn(self, "the spool is full: the source is not asked until there is room again");
    }
    self->has_warned_full = !is_there;
    return is_there;
}

static mfn_status fetch(void *opaque, int64_t deadline_ns, mfn__batch *ret, mfn__advice *ret_advice,
                        mfn_error *err)
{
    connector *self = opaque;
    ret->count = 0;
    for (bool has_asked = false; !is_halted(self);) {
        mfn_status status = take_waiting(self, ret, err);
        if (status != MFN_OK || ret->count > 0) {
            return status;
        }
        int64_t now_ns = mfn__clock_monotonic_ns(self->around.clock);
        bool is_under_way = self->poll.place.url != NULL;
        if (is_under_way || now_ns >= self->due_ns) {
            if (!has_room(self)) {
                wait_until(self, deadline_ns);
                break;
            }
            if (has_asked && now_ns >= deadline_ns) {
                break;
            }
            has_asked = true;
            status = ask(self, ret_advice, err);
            if (status != MFN_OK) {
                return status;
            }
        } else if (now_ns >= deadline_ns) {
            return MFN_NOT_FOUND; /* the last poll is over and all of it was handed out */
        } else {
            wait_until(self, self->due_ns < deadline_ns ? self->due_ns : deadline_ns);
        }
    }
    return MFN_TIMED_OUT;
}

static void report(void *opaque, mfn__source_report *ret)
{
    connector *self = opaque;
    uint64_t requests = atomic_load(&self->requests);
    *ret = (mfn__source_report){
        .requests = requests,
        .lag = -1,
        .known_skipped = atomic_load(&self->known),
    };
    snprintf(ret->text, sizeof ret->text, "%" PRIu64 " request%s", requests,
             requests == 1 ? "" : "s");
}

const mfn__connector_ops mfn__rest_connector = {
    .kind = "rest",
    .help = "jobs from a server's REST API",
    .options = option_table,
    .options_size = sizeof(mfn__rest_connector_options),
    .describe = describe,
    .check = check,
    .probe = probe,
    .open = open_connector,
    .fetch = fetch,
    .report = report,
    .close = close_connector,
};
