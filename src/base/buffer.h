/* SPDX-License-Identifier: MIT */
/* Bytes that grow up to a maximum stated at the start. */
#ifndef MFN_BASE_BUFFER_H
#define MFN_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "mfn/status.h"

/* The content is always followed by a NUL that `size` does not count. A failed append leaves the
 * content as it was and is remembered in `status`, so a writer may append many times and look
 * once at the end. */
typedef struct mfn__buffer {
    char *data;
    size_t size, capacity, max;
    mfn_status status;
} mfn__buffer;

/* An empty buffer that allocates when first written. `max` is in bytes. */
void mfn__buffer_init(mfn__buffer *buffer, size_t max);
void mfn__buffer_deinit(mfn__buffer *buffer);
void mfn__buffer_clear(mfn__buffer *buffer); /* empties it and its status; keeps the memory */

void mfn__buffer_append(mfn__buffer *buffer, const void *bytes, size_t size);
void mfn__buffer_append_text(mfn__buffer *buffer, const char *text);
void mfn__buffer_append_char(mfn__buffer *buffer, char character);
void mfn__buffer_append_format(mfn__buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for `size` more bytes at the end, to be written directly; NULL on failure. Count what was
 * written with mfn__buffer_added. */
char *mfn__buffer_reserve(mfn__buffer *buffer, size_t size);
void mfn__buffer_added(mfn__buffer *buffer, size_t size);

/* MFN_OK, or the first failure with an error that names the limit. */
mfn_status mfn__buffer_check(const mfn__buffer *buffer, const char *what, mfn_error *err);

/* Moves the bytes out (release with mfn__mem_free); the buffer is empty afterwards. Never NULL
 * when mfn__buffer_check says MFN_OK and something was appended. */
char *mfn__buffer_take(mfn__buffer *buffer, size_t *ret_size);

#endif
