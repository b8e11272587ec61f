/* SPDX-License-Identifier: MIT */
/* JSON text written in order, numbers in their shortest exact form. */
#ifndef MFN_CODEC_JSON_WRITER_H
#define MFN_CODEC_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* The writer puts commas, colons and (when `indent` is not 0) line breaks and spaces. Failures
 * stay in the buffer's status. */
typedef struct mfn__json_writer {
    mfn__buffer *buffer;
    int indent; /* spaces per level; 0 for one line with ", " and ": " as Python's json.dumps */
    int depth;
    bool needs_comma;
    bool after_key;
} mfn__json_writer;

void mfn__json_start(mfn__json_writer *json, mfn__buffer *buffer, int indent);
void mfn__json_object_begin(mfn__json_writer *json);
void mfn__json_object_end(mfn__json_writer *json);
void mfn__json_array_begin(mfn__json_writer *json);
void mfn__json_array_end(mfn__json_writer *json);
void mfn__json_key(mfn__json_writer *json, const char *key);
void mfn__json_text(mfn__json_writer *json, const char *text);
void mfn__json_text_sized(mfn__json_writer *json, const char *text, size_t size);
void mfn__json_real(mfn__json_writer *json, double value); /* NaN and infinity become null */
void mfn__json_u64(mfn__json_writer *json, uint64_t value);
void mfn__json_i64(mfn__json_writer *json, int64_t value);
void mfn__json_bool(mfn__json_writer *json, bool value);
void mfn__json_null(mfn__json_writer *json);
/* Puts ready JSON text (digits of a big number, say) as a value. */
void mfn__json_raw(mfn__json_writer *json, const char *text);
void mfn__json_raw_sized(mfn__json_writer *json, const char *text, size_t size);

#endif
