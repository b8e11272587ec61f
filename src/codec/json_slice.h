/* SPDX-License-Identifier: MIT */
/* Parts of a JSON text as the bytes that they are, so that numbers keep all their digits. */
#ifndef MFN_CODEC_JSON_SLICE_H
#define MFN_CODEC_JSON_SLICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

typedef enum mfn__json_kind {
    MFN__JSON_NULL,
    MFN__JSON_BOOL,
    MFN__JSON_NUMBER,
    MFN__JSON_STRING,
    MFN__JSON_ARRAY,
    MFN__JSON_OBJECT,
} mfn__json_kind;

/* One value inside a text, without the white space around it. */
typedef struct mfn__json_slice {
    const char *bytes;
    size_t size;
    mfn__json_kind kind;
} mfn__json_slice;

/* Checks that the text is one JSON value (RFC 8259, UTF-8, at most 64 levels; the error says line
 * and column) and gives it without the white space around it. */
mfn_status mfn__json_slice_whole(const char *text, size_t size, mfn__json_slice *ret,
                                 mfn_error *err);

/* The value that a JSON Pointer (RFC 6901) names inside a checked value; "" is the value itself.
 * MFN_NOT_FOUND when there is none, MFN_INVALID when the pointer is malformed. The last of equal
 * keys counts. */
mfn_status mfn__json_slice_at(const mfn__json_slice *value, const char *pointer,
                              mfn__json_slice *ret, mfn_error *err);

/* Walks over the elements of a checked array: start with `*position` 0; false at the end. */
bool mfn__json_slice_next(const mfn__json_slice *array, size_t *position, mfn__json_slice *ret);

/* A string's text with its escapes resolved, or the bytes of any other value, appended. */
void mfn__json_slice_text(const mfn__json_slice *value, mfn__buffer *ret);

/* MFN_OK when `pointer` is well-formed: "" or "/a/b~1c". */
mfn_status mfn__json_pointer_check(const char *pointer, const char *field, mfn_error *err);

#endif
