/* SPDX-License-Identifier: MIT */
/* What all formats share, and NDJSON, where a line is an item. JSON and CSV have files of their
 * own. Each format looks at every byte once, keeps only the item at hand, and finds its end without
 * understanding it: a job is parsed later, where its errors concern nobody else. */
#include "codec/item_reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/mem.h"
#include "codec/item_formats.h"

static bool ends_with(const char *name, const char *ending)
{
    size_t length = strlen(name);
    size_t ending_length = strlen(ending);
    return length >= ending_length && strcasecmp(name + length - ending_length, ending) == 0;
}

static mfn__item_format format_of_name(const char *name)
{
    if (ends_with(name, ".ndjson") || ends_with(name, ".jsonl")) {
        return MFN__ITEMS_NDJSON;
    }
    return ends_with(name, ".csv") ? MFN__ITEMS_CSV : MFN__ITEMS_JSON;
}

mfn_status mfn__item_reader_new(int descriptor, const char *name, mfn__item_format format,
                                size_t max_item_bytes, mfn__item_reader **ret, mfn_error *err)
{
    mfn__byte_window window;
    mfn_status status = mfn__window_init(&window, descriptor, name, max_item_bytes, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__item_reader *reader = mfn__mem_new(1, sizeof *reader);
    if (reader == NULL) {
        mfn__window_deinit(&window);
        return mfn__fail_memory(err);
    }
    reader->window = window;
    reader->format = format != MFN__ITEMS_AUTO ? format : format_of_name(window.name);
    mfn__buffer_init(&reader->csv_cell, max_item_bytes);
    /* A byte becomes at most six in JSON, in the row's cells as in the header's names. */
    mfn__buffer_init(&reader->csv_job, max_item_bytes * 16);
    *ret = reader;
    return MFN_OK;
}

void mfn__item_reader_free(mfn__item_reader *reader)
{
    if (reader != NULL) {
        mfn__items_deinit_csv(reader);
        mfn__window_deinit(&reader->window);
        mfn__mem_free(reader);
    }
}

mfn__item_place mfn__items_here(const mfn__item_reader *reader)
{
    return (mfn__item_place){reader->window.line, reader->window.column};
}

void mfn__items_open(mfn__item_reader *reader, mfn__item *item)
{
    mfn__window_begin_item(&reader->window);
    *item = (mfn__item){.index = reader->next_index++,
                        .line = reader->window.line,
                        .offset = reader->window.offset};
}

static void close_item(mfn__item_reader *reader, mfn__item *item, uint64_t size)
{
    uint64_t max = reader->window.max_item;
    item->end = reader->window.offset;
    item->bytes = mfn__window_item(&reader->window);
    item->size = (size_t)(size < max ? size : max);
    item->job = item->bytes;
    item->job_size = item->size;
    mfn__window_drop_item(&reader->window);
}

mfn_status mfn__items_close(mfn__item_reader *reader, mfn__item *item, uint64_t size,
                            mfn_error *err)
{
    close_item(reader, item, size);
    if (size <= reader->window.max_item) {
        return MFN_OK;
    }
    return mfn__fail(err, MFN_TOO_LARGE, NULL,
                     "%s:%" PRIu64 ": an item of %" PRIu64
                     " bytes is larger than the limit of %zu bytes",
                     reader->window.name, item->line, size, reader->window.max_item);
}

void mfn__items_close_with_rest(mfn__item_reader *reader, mfn__item *item)
{
    mfn__window_skip_all(&reader->window);
    close_item(reader, item, mfn__window_item_size(&reader->window));
    reader->finished = true;
}

mfn_status mfn__items_fail(const mfn__item_reader *reader, mfn__item_place place, mfn_error *err,
                           const char *format, ...)
{
    char reason[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return mfn__fail(err, MFN_FORMAT, NULL, "%s:%" PRIu64 ":%" PRIu64 ": %s", reader->window.name,
                     place.line, place.column, reason);
}

/* Line breaks and blank lines are white space between lines. */
static mfn_status next_line(mfn__item_reader *reader, mfn__item *ret, mfn_error *err)
{
    mfn__byte_window *window = &reader->window;
    mfn__window_skip_space(window);
    int byte = mfn__window_peek(window);
    if (byte == MFN__WINDOW_END) {
        return MFN_NOT_FOUND;
    }
    mfn__items_open(reader, ret);
    for (; byte != MFN__WINDOW_END && byte != '\n'; byte = mfn__window_peek(window)) {
        mfn__window_advance(window);
    }
    uint64_t size = mfn__window_item_size(window);
    if (byte == '\n') {
        mfn__window_advance(window);
    }
    const char *bytes = mfn__window_item(window);
    while (size <= window->max_item && memchr(" \t\r", bytes[size - 1], 3) != NULL) {
        size--;
    }
    return mfn__items_close(reader, ret, size, err);
}

/* Looks at the start of the file. */
static mfn_status start(mfn__item_reader *reader, mfn__item *ret, mfn_error *err)
{
    reader->started = true;
    mfn__window_skip_mark(&reader->window);
    mfn__window_skip_space(&reader->window);
    if (mfn__window_peek(&reader->window) != MFN__WINDOW_END) {
        return MFN_OK;
    }
    mfn__items_open(reader, ret);
    mfn__items_close_with_rest(reader, ret);
    return mfn__fail(err, MFN_FORMAT, NULL, "%s: the file is empty", reader->window.name);
}

static mfn_status read_item(mfn__item_reader *reader, bool wants_job, mfn__item *ret,
                            mfn_error *err)
{
    mfn_status status = MFN_OK;
    if (!reader->started) {
        status = start(reader, ret, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    if (reader->finished) {
        return MFN_NOT_FOUND;
    }
    switch (reader->format) {
    case MFN__ITEMS_NDJSON:
        return next_line(reader, ret, err);
    case MFN__ITEMS_CSV:
        return mfn__items_next_csv(reader, wants_job, ret, err);
    default:
        return mfn__items_next_json(reader, ret, err);
    }
}

/* As read_item, but a failure to read wins over what it looked like. */
static mfn_status checked_item(mfn__item_reader *reader, bool wants_job, mfn__item *ret,
                               mfn_error *err)
{
    const mfn_error *failure = &reader->window.failure;
    mfn_error inner = {.status = MFN_OK};
    mfn__item item = {0};
    mfn_status status = read_item(reader, wants_job, &item, &inner);
    if (failure->status != MFN_OK) {
        return mfn__fail(err, failure->status, NULL, "%s", failure->text);
    }
    if (status == MFN_NOT_FOUND) {
        reader->finished = true;
        return mfn__fail(err, MFN_NOT_FOUND, NULL, "%s: no more items", reader->window.name);
    }
    if (status == MFN_NO_MEMORY) {
        reader->window.failure = inner;
    }
    if (status == MFN_OK || status == MFN_FORMAT || status == MFN_TOO_LARGE) {
        *ret = item;
    }
    return status == MFN_OK ? MFN_OK : mfn__fail(err, status, inner.field, "%s", inner.text);
}

mfn_status mfn__item_reader_next(mfn__item_reader *reader, mfn__item *ret, mfn_error *err)
{
    return checked_item(reader, true, ret, err);
}

mfn_status mfn__item_reader_skip(mfn__item_reader *reader, uint64_t items, mfn_error *err)
{
    for (uint64_t i = 0; i < items; i++) {
        mfn__item item;
        mfn_status status = checked_item(reader, false, &item, err);
        if (status == MFN_NOT_FOUND) {
            return mfn__fail(err, MFN_NOT_FOUND, NULL,
                             "%s: expected at least %" PRIu64 " items, found %" PRIu64,
                             reader->window.name, items, i);
        }
        if (status != MFN_OK && status != MFN_FORMAT && status != MFN_TOO_LARGE) {
            return status;
        }
    }
    return MFN_OK;
}
