/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define FIRST_CAPACITY 256

void mfn__buffer_init(mfn__buffer *buffer, size_t max)
{
    *buffer = (mfn__buffer){.max = max < SIZE_MAX ? max : SIZE_MAX - 1};
}

void mfn__buffer_deinit(mfn__buffer *buffer)
{
    mfn__mem_free(buffer->data);
    mfn__buffer_init(buffer, buffer->max);
}

void mfn__buffer_clear(mfn__buffer *buffer)
{
    buffer->size = 0;
    buffer->status = MFN_OK;
    if (buffer->data != NULL) {
        buffer->data[0] = '\0';
    }
}

char *mfn__buffer_reserve(mfn__buffer *buffer, size_t size)
{
    if (buffer->status != MFN_OK) {
        return NULL;
    }
    if (size > buffer->max - buffer->size) {
        buffer->status = MFN_TOO_LARGE;
        return NULL;
    }
    size_t needed = buffer->size + size + 1;
    if (needed > buffer->capacity) {
        size_t doubled =
            buffer->capacity <= buffer->max / 2 ? buffer->capacity * 2 : buffer->max + 1;
        size_t capacity = doubled > FIRST_CAPACITY ? doubled : FIRST_CAPACITY;
        capacity = capacity > needed ? capacity : needed;
        char *grown = mfn__mem_resize(buffer->data, capacity, 1);
        if (grown == NULL) {
            buffer->status = MFN_NO_MEMORY;
            return NULL;
        }
        buffer->data = grown;
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->size;
}

void mfn__buffer_added(mfn__buffer *buffer, size_t size)
{
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

void mfn__buffer_append(mfn__buffer *buffer, const void *bytes, size_t size)
{
    char *room = mfn__buffer_reserve(buffer, size);
    if (room == NULL) {
        return;
    }
    if (size > 0) {
        memcpy(room, bytes, size);
    }
    mfn__buffer_added(buffer, size);
}

void mfn__buffer_append_text(mfn__buffer *buffer, const char *text)
{
    mfn__buffer_append(buffer, text, strlen(text));
}

void mfn__buffer_append_char(mfn__buffer *buffer, char character)
{
    mfn__buffer_append(buffer, &character, 1);
}

void mfn__buffer_append_format(mfn__buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        buffer->status = buffer->status == MFN_OK ? MFN_INTERNAL : buffer->status;
        return;
    }
    char *room = mfn__buffer_reserve(buffer, (size_t)length);
    if (room == NULL) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(room, (size_t)length + 1, format, arguments);
    va_end(arguments);
    mfn__buffer_added(buffer, (size_t)length);
}

mfn_status mfn__buffer_check(const mfn__buffer *buffer, const char *what, mfn_error *err)
{
    switch (buffer->status) {
    case MFN_OK:
        return MFN_OK;
    case MFN_TOO_LARGE:
        return mfn__fail(err, MFN_TOO_LARGE, NULL, "%s is larger than the limit of %zu bytes", what,
                         buffer->max);
    case MFN_NO_MEMORY:
        return mfn__fail_memory(err);
    default:
        return mfn__fail(err, buffer->status, NULL, "%s: %s", what,
                         mfn_status_text(buffer->status));
    }
}

char *mfn__buffer_take(mfn__buffer *buffer, size_t *ret_size)
{
    char *data = buffer->data;
    if (ret_size != NULL) {
        *ret_size = buffer->size;
    }
    mfn__buffer_init(buffer, buffer->max);
    return data;
}
