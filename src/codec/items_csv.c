/* SPDX-License-Identifier: MIT */
/* CSV as RFC 4180 describes it, with the header row that it leaves open. A first pass over a row
 * finds its end, a second one takes the kept row apart and writes the job as JSON. */
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "codec/item_formats.h"
#include "codec/json_writer.h"

#define COLUMNS_MAX 1000
#define SHOWN_BYTES 48

typedef enum cell_state { CELL_START, CELL_PLAIN, CELL_QUOTED, CELL_AFTER_QUOTE } cell_state;

typedef struct csv_row {
    uint64_t size;      /* without its line break */
    const char *reason; /* what is wrong with its quotes, or NULL */
    mfn__item_place place;
} csv_row;

static void note(csv_row *row, const char *reason, mfn__item_place place)
{
    if (row->reason == NULL) {
        row->reason = reason;
        row->place = place;
    }
}

/* The state after a byte that is no line break. */
static cell_state step(cell_state state, int byte, mfn__item_place place, csv_row *row)
{
    switch (state) {
    case CELL_QUOTED:
        return byte == '"' ? CELL_AFTER_QUOTE : CELL_QUOTED;
    case CELL_AFTER_QUOTE:
        if (byte == '"') {
            return CELL_QUOTED; /* two quotes stand for one */
        }
        if (byte != ',') {
            note(row, "text after a closing quote; write two quotes for one inside a cell", place);
        }
        break;
    default:
        if (byte == '"' && state == CELL_START) {
            return CELL_QUOTED;
        }
        if (byte == '"') {
            note(row, "a quote inside a cell that does not start with one", place);
        }
        break;
    }
    return byte == ',' ? CELL_START : CELL_PLAIN;
}

/* Goes past a row and its line break. */
static csv_row scan_row(mfn__item_reader *reader)
{
    mfn__byte_window *window = &reader->window;
    csv_row row = {0};
    cell_state state = CELL_START;
    mfn__item_place quote = {0};
    for (;;) {
        int byte = mfn__window_peek(window);
        mfn__item_place place = mfn__items_here(reader);
        row.size = mfn__window_item_size(window);
        if (byte == MFN__WINDOW_END) {
            break;
        }
        mfn__window_advance(window);
        if (byte == '\r' && state != CELL_QUOTED) {
            int next = mfn__window_peek(window);
            byte = next == '\n' || next == MFN__WINDOW_END ? '\n' : '\r';
            if (next == '\n') {
                mfn__window_advance(window);
            }
        }
        if (byte == '\n' && state != CELL_QUOTED) {
            break;
        }
        cell_state next = step(state, byte, place, &row);
        if (next == CELL_QUOTED && state == CELL_START) {
            quote = place;
        }
        state = next;
    }
    if (state == CELL_QUOTED) {
        note(&row, "the quote that opens here is not closed", quote);
    }
    return row;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* Puts the cell that starts at `at` into the reader's cell buffer, without its quotes or the blanks
 * around it; returns the end of the cell: a comma or the row's end. */
static const char *read_cell(mfn__item_reader *reader, const char *at, const char *end)
{
    mfn__buffer *cell = &reader->csv_cell;
    mfn__buffer_clear(cell);
    if (at < end && *at == '"') {
        for (at++; at < end && (*at != '"' || (at + 1 < end && at[1] == '"')); at++) {
            at += *at == '"';
            mfn__buffer_append_char(cell, *at);
        }
        const char *comma = at < end ? memchr(at, ',', (size_t)(end - at)) : NULL;
        return comma != NULL ? comma : end;
    }
    const char *comma = at < end ? memchr(at, ',', (size_t)(end - at)) : NULL;
    const char *last = comma != NULL ? comma : end;
    const char *stop = last;
    while (at < stop && is_blank(*at)) {
        at++;
    }
    while (at < stop && is_blank(stop[-1])) {
        stop--;
    }
    mfn__buffer_append(cell, at, (size_t)(stop - at));
    return last;
}

static const char *cell_text(const mfn__item_reader *reader)
{
    return reader->csv_cell.size > 0 ? reader->csv_cell.data : "";
}

static bool cell_is_text(const mfn__item_reader *reader)
{
    const char *text = cell_text(reader);
    return strlen(text) == reader->csv_cell.size && mfn__text_is_utf8(text, reader->csv_cell.size);
}

static mfn_status add_name(mfn__item_reader *reader, mfn__item_place place, mfn_error *err)
{
    char shown[SHOWN_BYTES];
    const char *name = cell_text(reader);
    size_t count = reader->csv_name_count;
    if (*name == '\0' || !cell_is_text(reader) || count == COLUMNS_MAX) {
        return mfn__items_fail(reader, place, err, "column %zu: %s", count + 1,
                               count == COLUMNS_MAX ? "more than 1000 columns"
                               : *name == '\0'      ? "its name in the header row is empty"
                                                    : "its name is not UTF-8 text");
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(reader->csv_names[i], name) == 0) {
            return mfn__items_fail(reader, place, err, "columns %zu and %zu are both named '%s'",
                                   i + 1, count + 1,
                                   mfn__text_printable(name, strlen(name), shown, sizeof shown));
        }
    }
    char **names = mfn__mem_resize(reader->csv_names, count + 1, sizeof *names);
    if (names == NULL) {
        return mfn__fail_memory(err);
    }
    reader->csv_names = names;
    names[count] = mfn__mem_copy_text(name);
    if (names[count] == NULL) {
        return mfn__fail_memory(err);
    }
    reader->csv_name_count++;
    return MFN_OK;
}

/* The names come trimmed, also out of quotes. */
static void trim_cell(mfn__item_reader *reader)
{
    mfn__buffer *cell = &reader->csv_cell;
    size_t skip = 0;
    while (cell->size > 0 && is_blank(cell->data[cell->size - 1])) {
        cell->data[--cell->size] = '\0';
    }
    while (skip < cell->size && is_blank(cell->data[skip])) {
        skip++;
    }
    if (skip > 0) {
        memmove(cell->data, cell->data + skip, cell->size - skip + 1);
        cell->size -= skip;
    }
}

static mfn_status read_names(mfn__item_reader *reader, const mfn__item *header, csv_row row,
                             mfn_error *err)
{
    mfn__item_place begin = {header->line, 1};
    if (row.size > reader->window.max_item) {
        return mfn__fail(err, MFN_TOO_LARGE, NULL,
                         "%s: the header row is larger than the limit of %zu bytes",
                         reader->window.name, reader->window.max_item);
    }
    if (row.reason != NULL) {
        return mfn__items_fail(reader, row.place, err, "header row: %s", row.reason);
    }
    const char *at = mfn__window_item(&reader->window);
    const char *end = at + row.size;
    for (;; at++) {
        at = read_cell(reader, at, end);
        trim_cell(reader);
        mfn_status status = mfn__buffer_check(&reader->csv_cell, "a cell", err);
        if (status == MFN_OK) {
            status = add_name(reader, begin, err);
        }
        if (status != MFN_OK || at == end) {
            return status;
        }
    }
}

/* Without a header that can be used, the whole file is one unusable item. */
static mfn_status read_header(mfn__item_reader *reader, mfn__item *ret, mfn_error *err)
{
    mfn__items_open(reader, ret);
    mfn_status status = read_names(reader, ret, scan_row(reader), err);
    if (status == MFN_FORMAT || status == MFN_TOO_LARGE) {
        mfn__items_close_with_rest(reader, ret);
    } else {
        reader->next_index--; /* the header is no item */
    }
    return status;
}

static void write_cell(const mfn__item_reader *reader, const char *name, mfn__json_writer *json)
{
    const char *text = cell_text(reader);
    if (*text == '\0') {
        return;
    }
    mfn__json_key(json, name);
    if (strcmp(name, "id") == 0) {
        mfn__json_text(json, text);
    } else if (strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0) {
        mfn__json_bool(json, strcasecmp(text, "true") == 0);
    } else if (mfn__text_is_number(text)) {
        mfn__json_raw(json, text);
    } else {
        mfn__json_text(json, text);
    }
}

static mfn_status write_job(mfn__item_reader *reader, const mfn__item *item, mfn_error *err)
{
    mfn__item_place begin = {item->line, 1};
    mfn__json_writer json;
    mfn__buffer_clear(&reader->csv_job);
    mfn__json_start(&json, &reader->csv_job, 0);
    mfn__json_object_begin(&json);
    const char *end = item->bytes + item->size;
    size_t cells = 0;
    for (const char *at = item->bytes;; at++) {
        at = read_cell(reader, at, end);
        mfn_status status = mfn__buffer_check(&reader->csv_cell, "a cell", err);
        if (status != MFN_OK) {
            return status;
        }
        const char *name = cells < reader->csv_name_count ? reader->csv_names[cells] : NULL;
        if (name != NULL && !cell_is_text(reader)) {
            return mfn__items_fail(reader, begin, err, "the cell '%s' is not UTF-8 text", name);
        }
        if (name != NULL) {
            write_cell(reader, name, &json);
        }
        cells++;
        if (at == end) {
            break;
        }
    }
    mfn__json_object_end(&json);
    if (cells != reader->csv_name_count) {
        return mfn__items_fail(reader, begin, err, "the row has %zu cells, the header row has %zu",
                               cells, reader->csv_name_count);
    }
    return mfn__buffer_check(&reader->csv_job, "the job", err);
}

mfn_status mfn__items_next_csv(mfn__item_reader *reader, bool wants_job, mfn__item *ret,
                               mfn_error *err)
{
    mfn_status status = MFN_OK;
    if (reader->csv_names == NULL) {
        status = read_header(reader, ret, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    mfn__window_skip_space(&reader->window);
    if (mfn__window_peek(&reader->window) == MFN__WINDOW_END) {
        return MFN_NOT_FOUND;
    }
    mfn__items_open(reader, ret);
    csv_row row = scan_row(reader);
    status = mfn__items_close(reader, ret, row.size, err);
    if (status == MFN_OK && row.reason != NULL) {
        status = mfn__items_fail(reader, row.place, err, "%s", row.reason);
    }
    if (status == MFN_OK && wants_job) {
        status = write_job(reader, ret, err);
    }
    if (status == MFN_OK && wants_job) {
        ret->job = reader->csv_job.data;
        ret->job_size = reader->csv_job.size;
    }
    return status;
}

void mfn__items_deinit_csv(mfn__item_reader *reader)
{
    for (size_t i = 0; i < reader->csv_name_count; i++) {
        mfn__mem_free(reader->csv_names[i]);
    }
    mfn__mem_free(reader->csv_names);
    mfn__buffer_deinit(&reader->csv_cell);
    mfn__buffer_deinit(&reader->csv_job);
}
