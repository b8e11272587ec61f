/* SPDX-License-Identifier: MIT */
#include "connectors/rest/pages.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "net/url.h"

#define URL_BYTES_MAX 65536
#define SHOWN_URL_MAX 256

mfn_status mfn__rest_page_read(const mfn__rest_connector_options *options, const char *bytes,
                               size_t size, mfn__rest_page *ret, mfn_error *err)
{
    mfn__rest_page page = {0};
    mfn_error reason = {0};
    if (mfn__json_slice_whole(bytes, size, &page.whole, &reason) != MFN_OK) {
        return mfn__fail(err, MFN_FORMAT, reason.field, "the answer is no valid JSON: %s",
                         reason.text);
    }
    if (mfn__json_slice_at(&page.whole, options->items, &page.items, NULL) != MFN_OK) {
        return mfn__fail(err, MFN_FORMAT, "items", "the answer has nothing at items '%s'",
                         options->items);
    }
    mfn__json_slice item;
    switch (page.items.kind) {
    case MFN__JSON_OBJECT:
        page.count = 1;
        break;
    case MFN__JSON_ARRAY:
        for (size_t position = 0; mfn__json_slice_next(&page.items, &position, &item);) {
            page.count++;
        }
        break;
    case MFN__JSON_NULL: /* how some servers write an empty list */
        break;
    default:
        return mfn__fail(err, MFN_FORMAT, "items",
                         "the answer has %.*s at items '%s': expected an array or an object",
                         page.items.size < 32 ? (int)page.items.size : 32, page.items.bytes,
                         options->items);
    }
    *ret = page;
    return MFN_OK;
}

bool mfn__rest_page_item(const mfn__rest_page *page, size_t *position, mfn__json_slice *ret)
{
    if (page->count > 0 && page->items.kind == MFN__JSON_ARRAY) {
        return mfn__json_slice_next(&page->items, position, ret);
    }
    if (page->count == 0 || *position > 0) {
        return false;
    }
    *position = 1;
    *ret = page->items;
    return true;
}

void mfn__rest_place_deinit(mfn__rest_place *place)
{
    mfn__mem_free(place->url);
    mfn__mem_free(place->cursor);
    *place = (mfn__rest_place){0};
}

mfn_status mfn__rest_address(const mfn__rest_connector_options *options, mfn__buffer *ret,
                             mfn_error *err)
{
    size_t length = strlen(options->base_url);
    while (length > 0 && options->base_url[length - 1] == '/') {
        length--;
    }
    mfn__buffer_append(ret, options->base_url, length);
    mfn__buffer_append_text(ret, options->endpoint);
    return mfn__buffer_check(ret, "the URL", err);
}

/* Finishes a place: takes the URL out of the buffer and copies the cursor. */
static mfn_status make_place(mfn__buffer *url, const char *cursor, uint64_t number,
                             mfn__rest_place *ret, mfn_error *err)
{
    mfn_status status = mfn__buffer_check(url, "the URL of a page", err);
    mfn__rest_place place = {.number = number};
    if (status == MFN_OK) {
        place.url = mfn__buffer_take(url, NULL);
        place.cursor = cursor != NULL ? mfn__mem_copy_text(cursor) : NULL;
        if (place.url == NULL || (cursor != NULL && place.cursor == NULL)) {
            status = mfn__fail_memory(err);
        }
    }
    mfn__buffer_deinit(url);
    if (status != MFN_OK) {
        mfn__rest_place_deinit(&place);
        return status;
    }
    *ret = place;
    return MFN_OK;
}

/* A page whose URL is made here, not given by the server. */
static mfn_status compose(const mfn__rest_connector_options *options, const char *cursor,
                          uint64_t number, mfn__rest_place *ret, mfn_error *err)
{
    mfn__buffer url;
    mfn__buffer_init(&url, URL_BYTES_MAX);
    (void)mfn__rest_address(options, &url, NULL); /* its failure stays in the buffer */
    for (size_t i = 0; i < options->params.count; i++) {
        mfn__url_add_query(&url, options->params.keys[i], options->params.values[i]);
    }
    if (options->pagination == MFN__REST_NUMBER) {
        char text[32];
        snprintf(text, sizeof text, "%" PRIu64, options->page_start + number - 1);
        mfn__url_add_query(&url, options->page_param, text);
    } else if (cursor != NULL) {
        mfn__url_add_query(&url, options->cursor_param, cursor);
    }
    return make_place(&url, cursor, number, ret, err);
}

mfn_status mfn__rest_first_place(const mfn__rest_connector_options *options, const char *cursor,
                                 mfn__rest_place *ret, mfn_error *err)
{
    return compose(options, cursor, 1, ret, err);
}

/* The URL that the server gave for the next page, if we may go there. */
static mfn_status follow(const mfn__rest_connector_options *options, const mfn__rest_place *place,
                         const char *reference, mfn__rest_place *ret, mfn_error *err)
{
    mfn__buffer url;
    mfn__buffer_init(&url, URL_BYTES_MAX);
    mfn_error reason = {0};
    mfn_status status = mfn__url_resolve(place->url, reference, &url, &reason);
    if (status == MFN_OK) {
        status = mfn__url_check(url.data, "next", &reason);
    }
    if (status != MFN_OK) {
        mfn__buffer_deinit(&url);
        return mfn__fail(err, MFN_FORMAT, "pagination", "the address of the next page is wrong: %s",
                         reason.text);
    }
    if (strcmp(url.data, place->url) == 0) {
        mfn__buffer_deinit(&url); /* a server that always names a next page means: ask later */
        return MFN_OK;
    }
    bool is_secure = strncmp(place->url, "https:", strlen("https:")) == 0;
    bool stays_secure = strncmp(url.data, "https:", strlen("https:")) == 0;
    bool is_allowed = mfn__url_same_origin(place->url, url.data) ||
                      (options->access.allow_other_hosts && (stays_secure || !is_secure));
    if (!is_allowed) {
        char shown[SHOWN_URL_MAX];
        mfn__url_redact(url.data, shown, sizeof shown);
        mfn__buffer_deinit(&url);
        return mfn__fail(err, MFN_FORMAT, "allow_other_hosts",
                         "the next page is at %s, another server: expected the same one, or "
                         "allow_other_hosts and no way from https to http",
                         shown);
    }
    return make_place(&url, NULL, place->number + 1, ret, err);
}

/* The text at the pointer: a string or number. Empty when there is none, or null. */
static mfn_status text_at(const mfn__rest_page *page, const char *pointer, mfn__buffer *ret,
                          mfn_error *err)
{
    mfn__json_slice value;
    if (page->is_empty || mfn__json_slice_at(&page->whole, pointer, &value, NULL) != MFN_OK ||
        value.kind == MFN__JSON_NULL) {
        return MFN_OK;
    }
    if (value.kind == MFN__JSON_BOOL && value.size == strlen("false")) {
        return MFN_OK;
    }
    if (value.kind != MFN__JSON_STRING && value.kind != MFN__JSON_NUMBER) {
        return mfn__fail(err, MFN_FORMAT, "pagination",
                         "the answer has %.*s at '%s': expected a text, a number or null",
                         value.size < 32 ? (int)value.size : 32, value.bytes, pointer);
    }
    mfn__json_slice_text(&value, ret);
    if (ret->status == MFN_OK && ret->size != strlen(ret->size > 0 ? ret->data : "")) {
        return mfn__fail(err, MFN_FORMAT, "pagination", "the text at '%s' has a NUL character",
                         pointer);
    }
    return mfn__buffer_check(ret, "the text that leads to the next page", err);
}

static mfn_status next_by_number(const mfn__rest_connector_options *options,
                                 const mfn__rest_place *place, const mfn__rest_page *page,
                                 mfn__rest_place *ret, mfn_error *err)
{
    if (page->count == 0 || page->count < options->page_size) {
        return MFN_OK;
    }
    return compose(options, NULL, place->number + 1, ret, err);
}

static mfn_status next_by_text(const mfn__rest_connector_options *options,
                               const mfn__rest_place *place, const mfn__rest_page *page,
                               mfn__rest_place *ret, mfn_error *err)
{
    bool is_cursor = options->pagination == MFN__REST_CURSOR;
    mfn__buffer text;
    mfn__buffer_init(&text, URL_BYTES_MAX);
    mfn_status status =
        text_at(page, is_cursor ? options->cursor_pointer : options->next_pointer, &text, err);
    if (status == MFN_OK && text.size > 0) {
        bool is_same = place->cursor != NULL && strcmp(text.data, place->cursor) == 0;
        if (!is_cursor) {
            status = follow(options, place, text.data, ret, err);
        } else if (!is_same) {
            status = compose(options, text.data, place->number + 1, ret, err);
        }
    }
    mfn__buffer_deinit(&text);
    return status;
}

mfn_status mfn__rest_next_place(const mfn__rest_connector_options *options,
                                const mfn__rest_place *place, const mfn__rest_page *page,
                                const char *next_link, mfn__rest_place *ret, mfn_error *err)
{
    *ret = (mfn__rest_place){0};
    switch (options->pagination) {
    case MFN__REST_LINK:
        return next_link != NULL ? follow(options, place, next_link, ret, err) : MFN_OK;
    case MFN__REST_NUMBER:
        return next_by_number(options, place, page, ret, err);
    case MFN__REST_NEXT:
    case MFN__REST_CURSOR:
        return next_by_text(options, place, page, ret, err);
    default:
        return MFN_OK;
    }
}
