/* SPDX-License-Identifier: MIT */
#include "connectors/rest/poll.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "net/http_headers.h"
#include "net/url.h"

#define URL_BYTES_MAX 65536
#define SHOWN_URL_MAX 256

#define NO_CONTENT    204
#define NOT_MODIFIED  304

const char *const mfn__rest_reserved_headers[] = {
    "if-none-match", "if-modified-since", "content-length", "transfer-encoding", "connection", NULL,
};

static const char *method_name(const mfn__rest_connector_options *options)
{
    return options->method == MFN__REST_POST ? "POST" : "GET";
}

static void end_poll(mfn__rest_poll *poll)
{
    mfn__rest_place_deinit(&poll->place);
    mfn__rest_memory_deinit(&poll->memory);
    mfn__mem_free(poll->etag);
    mfn__mem_free(poll->last_modified);
    mfn__rest_poll_init(poll, poll->options, poll->around);
}

void mfn__rest_poll_init(mfn__rest_poll *poll, const mfn__rest_connector_options *options,
                         const mfn__surroundings *around)
{
    *poll = (mfn__rest_poll){.options = options, .around = around};
}

void mfn__rest_poll_deinit(mfn__rest_poll *poll)
{
    end_poll(poll);
}

static mfn_status begin_poll(mfn__rest_poll *poll, mfn_error *err)
{
    const mfn__rest_connector_options *options = poll->options;
    mfn_status status = mfn__rest_recall(options, poll->around, &poll->memory, err);
    if (status == MFN_OK) {
        status = mfn__rest_first_place(options, poll->memory.cursor, &poll->place, err);
    }
    if (status == MFN_OK) {
        status = mfn__rest_request_digest(options, poll->place.url, poll->request, err);
    }
    if (status != MFN_OK) {
        end_poll(poll);
    }
    return status;
}

/* One request for a page, with all that it borrows. */
typedef struct question {
    mfn__http_exchange exchange;
    mfn__http_headers headers;
    mfn__http_access access;
    bool is_conditional;
} question;

static void question_deinit(question *ask)
{
    mfn__http_exchange_deinit(&ask->exchange);
    mfn__http_headers_deinit(&ask->headers);
}

/* Only the first page of a GET can be asked for on condition that it changed. */
static void add_conditions(question *ask, const mfn__rest_poll *poll)
{
    const mfn__rest_memory *memory = &poll->memory;
    if (poll->options->method != MFN__REST_GET || poll->place.number > 1 ||
        strcmp(memory->request, poll->request) != 0) {
        return;
    }
    if (memory->etag != NULL) {
        mfn__http_headers_add(&ask->headers, "If-None-Match", memory->etag);
    }
    if (memory->last_modified != NULL) {
        mfn__http_headers_add(&ask->headers, "If-Modified-Since", memory->last_modified);
    }
    ask->is_conditional = memory->etag != NULL || memory->last_modified != NULL;
}

/* Another server than the one of base_url gets none of our secrets. */
static bool is_foreign(const mfn__rest_connector_options *options, const char *url)
{
    return !mfn__url_same_origin(options->base_url, url);
}

static mfn_status make_question(const mfn__rest_poll *poll, question *ask, mfn_error *err)
{
    const mfn__rest_connector_options *options = poll->options;
    *ask = (question){.access = options->access};
    mfn__http_headers_init(&ask->headers);
    ask->exchange = (mfn__http_exchange){.method = method_name(options),
                                         .url = poll->place.url,
                                         .access = &ask->access,
                                         .timeout_s = poll->around->timeout_s};
    if (is_foreign(options, poll->place.url)) {
        ask->access.bearer_token = ask->access.username = ask->access.password = "";
        ask->access.client_certificate_file = ask->access.client_key_file = "";
    } else {
        mfn__http_headers_add_all(&ask->headers, &options->headers);
    }
    if (options->method == MFN__REST_POST && options->body[0] != '\0') {
        ask->exchange.body = options->body;
        ask->exchange.body_size = strlen(options->body);
        if (!mfn__http_headers_have(&options->headers, "Content-Type")) {
            mfn__http_headers_add(&ask->headers, "Content-Type", "application/json");
        }
    }
    add_conditions(ask, poll);
    return mfn__http_headers_end(&ask->headers, &ask->exchange.headers, err);
}

/* What a failure means for a source: a refusal is nothing that a job could be blamed for, so
 * somebody must mend it. */
static mfn_status judge(const mfn__http_exchange *exchange, mfn__advice *ret_advice, mfn_error *err)
{
    mfn_error reason = {0};
    mfn_status status = mfn__http_judge(exchange, NULL, ret_advice, &reason);
    if (status == MFN_OK) {
        return MFN_OK;
    }
    bool may_pass = status == MFN_CANCELLED || mfn_status_is_transient(status);
    if (ret_advice->trouble == MFN__TROUBLE_BY_STATUS) {
        ret_advice->trouble = may_pass ? MFN__TROUBLE_PASSING : MFN__TROUBLE_PAUSED;
    } else if (ret_advice->trouble == MFN__TROUBLE_PERMANENT) {
        ret_advice->trouble = MFN__TROUBLE_PAUSED;
    }
    if (err != NULL) {
        *err = reason;
    }
    return status;
}

static mfn_status read_page(const mfn__rest_connector_options *options,
                            const mfn__http_exchange *exchange, mfn__rest_page *ret, mfn_error *err)
{
    if (exchange->status == NO_CONTENT) {
        *ret = (mfn__rest_page){.is_empty = true};
        return MFN_OK;
    }
    return mfn__rest_page_read(options, exchange->answer.data != NULL ? exchange->answer.data : "",
                               exchange->answer.size, ret, err);
}

/* Puts the request before the text of a failure. */
static mfn_status blame(const mfn__rest_connector_options *options, const char *url,
                        const mfn_error *reason, mfn_error *err)
{
    char shown[SHOWN_URL_MAX];
    mfn__url_redact(url, shown, sizeof shown);
    return mfn__fail(err, reason->status, reason->field, "%s %s: %s", method_name(options), shown,
                     reason->text);
}

static mfn_status keep_version(mfn__rest_poll *poll, const mfn__http_exchange *exchange,
                               mfn_error *err)
{
    const char *etag = exchange->etag;
    const char *last_modified = exchange->last_modified;
    mfn__mem_free(poll->etag);
    mfn__mem_free(poll->last_modified);
    poll->etag = etag != NULL ? mfn__mem_copy_text(etag) : NULL;
    poll->last_modified = last_modified != NULL ? mfn__mem_copy_text(last_modified) : NULL;
    bool is_copied = (etag == NULL) == (poll->etag == NULL) &&
                     (last_modified == NULL) == (poll->last_modified == NULL);
    return is_copied ? MFN_OK : mfn__fail_memory(err);
}

/* Stores the page and moves on to `next`, which is taken. */
static mfn_status store(mfn__rest_poll *poll, const mfn__rest_page *page, mfn__rest_place *next,
                        mfn__rest_outcome *ret, mfn_error *err)
{
    const mfn__rest_connector_options *options = poll->options;
    char shown[SHOWN_URL_MAX];
    mfn__url_redact(poll->place.url, shown, sizeof shown);
    bool is_last = next->url == NULL;
    bool is_cut = !is_last && poll->place.number >= options->max_pages;
    const mfn__rest_step step = {
        .page = page,
        .number = poll->place.number,
        .shown = shown,
        .poll = poll->memory.polls + 1,
        .cursor = options->save_cursor ? next->cursor : NULL,
        .is_complete = is_last,
        .etag = poll->etag,
        .last_modified = poll->last_modified,
        .request = poll->request,
    };
    mfn_status status = mfn__rest_store(options, poll->around, &step, &ret->known, err);
    if (status != MFN_OK) {
        mfn__rest_place_deinit(next);
        return status;
    }
    ret->is_over = is_last || is_cut;
    ret->is_cut = is_cut;
    mfn__rest_place_deinit(&poll->place);
    poll->place = *next;
    if (ret->is_over) {
        end_poll(poll);
    }
    return MFN_OK;
}

/* Whether the page has the very items of the one before. */
static bool is_repeated(mfn__rest_poll *poll, const mfn__rest_page *page)
{
    char items[MFN__SHA256_HEX_SIZE] = "";
    if (page->count > 0) {
        mfn__sha256_hex(page->items.bytes, page->items.size, items);
    }
    bool is_same = poll->place.number > 1 && items[0] != '\0' && strcmp(items, poll->items) == 0;
    memcpy(poll->items, items, sizeof items);
    return is_same;
}

/* Takes in an answer that came. */
static mfn_status take_in(mfn__rest_poll *poll, const mfn__http_exchange *exchange,
                          mfn__rest_outcome *ret, mfn_error *err)
{
    const mfn__rest_connector_options *options = poll->options;
    mfn__rest_page page;
    mfn__rest_place next = {0};
    mfn_error reason = {0};
    mfn_status status = read_page(options, exchange, &page, &reason);
    if (status == MFN_OK) {
        status =
            mfn__rest_next_place(options, &poll->place, &page, exchange->next_link, &next, &reason);
    }
    if (status != MFN_OK) {
        ret->advice.trouble = MFN__TROUBLE_PASSING;
        return blame(options, poll->place.url, &reason, err);
    }
    if (options->pagination == MFN__REST_NUMBER && is_repeated(poll, &page)) {
        mfn__rest_place_deinit(&next); /* a server that does not know page_param */
        next = (mfn__rest_place){0};
        page.count = 0;
        ret->is_repeated = true;
    }
    if (poll->place.number == 1) {
        status = keep_version(poll, exchange, err);
    }
    if (status != MFN_OK) {
        mfn__rest_place_deinit(&next);
        return status;
    }
    return store(poll, &page, &next, ret, err);
}

mfn_status mfn__rest_poll_page(mfn__rest_poll *poll, mfn__rest_outcome *ret, mfn_error *err)
{
    const mfn__surroundings *around = poll->around;
    *ret = (mfn__rest_outcome){0};
    mfn_status status = poll->place.url == NULL ? begin_poll(poll, err) : MFN_OK;
    if (status != MFN_OK) {
        return status;
    }
    question ask;
    status = make_question(poll, &ask, err);
    if (status == MFN_OK) {
        mfn__http_perform(around->http, &ask.exchange, 1, around->halt);
        ret->is_asked = true;
        if (ask.is_conditional && ask.exchange.problem.status == MFN_OK &&
            ask.exchange.status == NOT_MODIFIED) {
            ret->is_over = true;
            end_poll(poll);
        } else {
            status = judge(&ask.exchange, &ret->advice, err);
            if (status == MFN_OK) {
                status = take_in(poll, &ask.exchange, ret, err);
            } else if (ret->advice.trouble != MFN__TROUBLE_PASSING) {
                end_poll(poll); /* the way to this page may be what is wrong */
            }
        }
    }
    question_deinit(&ask);
    return status;
}

mfn_status mfn__rest_poll_probe(const mfn__rest_connector_options *options,
                                const mfn__surroundings *around, mfn_error *err)
{
    mfn__rest_poll poll;
    mfn__rest_poll_init(&poll, options, around);
    mfn_status status = mfn__rest_first_place(options, NULL, &poll.place, err);
    if (status != MFN_OK) {
        return status;
    }
    question ask;
    mfn__advice advice = {0};
    status = make_question(&poll, &ask, err);
    if (status == MFN_OK && options->method == MFN__REST_POST) {
        ask.exchange.method = "OPTIONS"; /* a POST could have effects at the source */
        ask.exchange.body = NULL;
        ask.exchange.body_size = 0;
    }
    if (status == MFN_OK) {
        mfn__http_perform(around->http, &ask.exchange, 1, around->abandon);
        int answer = ask.exchange.status;
        bool is_refused = answer == 401 || answer == 403 || answer == 407;
        if (options->method == MFN__REST_GET || is_refused ||
            ask.exchange.problem.status != MFN_OK) {
            status = judge(&ask.exchange, &advice, err);
        }
    }
    if (status == MFN_OK && options->method == MFN__REST_GET) {
        mfn__rest_page page;
        mfn_error reason = {0};
        status = read_page(options, &ask.exchange, &page, &reason);
        status = status == MFN_OK ? status : blame(options, poll.place.url, &reason, err);
    }
    question_deinit(&ask);
    mfn__rest_poll_deinit(&poll);
    return status;
}
