/* SPDX-License-Identifier: MIT */
/* The buffer holds the item (at most max_item bytes) and one chunk behind it, where the file is
 * read to. When an item outgrows the limit, its first max_item bytes stay and each chunk is
 * forgotten as the next one comes: memory is bounded, and the end of the item is still found. */
#include "codec/byte_window.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

#define CHUNK_BYTES    ((size_t)65536)
#define ITEM_BYTES_MIN ((size_t)16)
#define ITEM_BYTES_MAX (SIZE_MAX / 32)

mfn_status mfn__window_init(mfn__byte_window *window, int descriptor, const char *name,
                            size_t max_item, mfn_error *err)
{
    *window =
        (mfn__byte_window){.descriptor = descriptor, .max_item = max_item, .line = 1, .column = 1};
    if (max_item < ITEM_BYTES_MIN || max_item > ITEM_BYTES_MAX) {
        mfn__window_deinit(window);
        return mfn__fail(err, MFN_INVALID, "max_item_bytes",
                         "max_item_bytes: expected %zu to %zu, got %zu", ITEM_BYTES_MIN,
                         ITEM_BYTES_MAX, max_item);
    }
    window->name = mfn__mem_copy_text(name != NULL ? name : "-");
    window->data = mfn__mem_new(CHUNK_BYTES, 1);
    window->capacity = CHUNK_BYTES;
    if (window->name == NULL || window->data == NULL) {
        mfn__window_deinit(window);
        return mfn__fail_memory(err);
    }
    return MFN_OK;
}

void mfn__window_deinit(mfn__byte_window *window)
{
    if (window->descriptor >= 0) {
        close(window->descriptor);
    }
    mfn__mem_free(window->name);
    mfn__mem_free(window->data);
    *window = (mfn__byte_window){.descriptor = -1};
}

void mfn__window_begin_item(mfn__byte_window *window)
{
    window->in_item = true;
    window->start = window->cursor;
    window->forgotten = 0;
}

void mfn__window_drop_item(mfn__byte_window *window)
{
    window->in_item = false;
}

/* Moves what is kept to the front and makes room for reading. */
static bool make_room(mfn__byte_window *window)
{
    size_t kept = window->in_item ? window->cursor - window->start : 0;
    if (kept > window->max_item) {
        window->forgotten += kept - window->max_item;
        kept = window->max_item;
    }
    if (kept > 0 && window->start > 0) {
        memmove(window->data, window->data + window->start, kept);
    }
    window->start = 0;
    window->cursor = kept;
    window->end = kept;
    size_t capacity_max = window->max_item + CHUNK_BYTES;
    if (window->capacity - kept >= CHUNK_BYTES / 2 || window->capacity == capacity_max) {
        return true;
    }
    size_t doubled = window->capacity * 2;
    size_t capacity = doubled < capacity_max ? doubled : capacity_max;
    char *grown = mfn__mem_resize(window->data, capacity, 1);
    if (grown == NULL) {
        mfn__fail_memory(&window->failure);
        return false;
    }
    window->data = grown;
    window->capacity = capacity;
    return true;
}

bool mfn__window_fill(mfn__byte_window *window)
{
    if (window->at_end || window->failure.status != MFN_OK || !make_room(window)) {
        return false;
    }
    ssize_t got = 0;
    do {
        got = read(window->descriptor, window->data + window->end, window->capacity - window->end);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        mfn__fail_errno(&window->failure, errno, NULL, "cannot read '%s'", window->name);
        window->failure.status = MFN_IO;
        return false;
    }
    window->at_end = got == 0;
    window->end += (size_t)got;
    return got > 0;
}

void mfn__window_skip_mark(mfn__byte_window *window)
{
    static const unsigned char mark[] = {0xEF, 0xBB, 0xBF};
    size_t seen = 0;
    mfn__window_begin_item(window);
    while (seen < sizeof mark && mfn__window_peek(window) == mark[seen]) {
        mfn__window_advance(window);
        seen++;
    }
    if (seen < sizeof mark) { /* other bytes: back to the first of them */
        window->cursor = window->start;
        window->offset -= seen;
    }
    window->column = 1;
    mfn__window_drop_item(window);
}

void mfn__window_skip_space(mfn__byte_window *window)
{
    for (int byte = mfn__window_peek(window);
         byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
         byte = mfn__window_peek(window)) {
        mfn__window_advance(window);
    }
}

void mfn__window_skip_all(mfn__byte_window *window)
{
    while (mfn__window_peek(window) != MFN__WINDOW_END) {
        mfn__window_advance(window);
    }
}
