/* SPDX-License-Identifier: MIT */
/* The text is that of Python's json.dumps, byte for byte: separators, line breaks, ASCII-only
 * escapes and numbers, so that results compare as bytes with those of Python programs. */
#include "codec/json_writer.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

#define ESCAPE_BYTES_MAX 12 /* \ud83c\udf44 */
#define REPLACEMENT      0xFFFDU

void mfn__json_start(mfn__json_writer *json, mfn__buffer *buffer, int indent)
{
    *json = (mfn__json_writer){.buffer = buffer, .indent = indent};
}

static void break_line(mfn__json_writer *json)
{
    size_t spaces = (size_t)json->depth * (size_t)json->indent;
    char *room = mfn__buffer_reserve(json->buffer, spaces + 1);
    if (room != NULL) {
        room[0] = '\n';
        memset(room + 1, ' ', spaces);
        mfn__buffer_added(json->buffer, spaces + 1);
    }
}

/* What stands between the text so far and the next key or array item. */
static void separate(mfn__json_writer *json)
{
    if (json->after_key) {
        json->after_key = false;
        return;
    }
    if (json->needs_comma) {
        mfn__buffer_append_text(json->buffer, json->indent > 0 ? "," : ", ");
    }
    if (json->indent > 0 && json->depth > 0) {
        break_line(json);
    }
}

static void begin(mfn__json_writer *json, char bracket)
{
    separate(json);
    mfn__buffer_append_char(json->buffer, bracket);
    json->depth++;
    json->needs_comma = false;
}

static void end(mfn__json_writer *json, char bracket)
{
    json->depth--;
    if (json->indent > 0 && json->needs_comma) {
        break_line(json);
    }
    mfn__buffer_append_char(json->buffer, bracket);
    json->needs_comma = true;
}

void mfn__json_object_begin(mfn__json_writer *json)
{
    begin(json, '{');
}

void mfn__json_object_end(mfn__json_writer *json)
{
    end(json, '}');
}

void mfn__json_array_begin(mfn__json_writer *json)
{
    begin(json, '[');
}

void mfn__json_array_end(mfn__json_writer *json)
{
    end(json, ']');
}

static char *put_unit(char *out, unsigned unit)
{
    static const char digits[] = "0123456789abcdef";
    *out++ = '\\';
    *out++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) {
        *out++ = digits[(unit >> shift) & 15];
    }
    return out;
}

/* Escapes one character; those above U+FFFF become a surrogate pair. */
static char *put_escape(char *out, unsigned character)
{
    static const char named[][2] = {{'"', '"'},  {'\\', '\\'}, {'\n', 'n'}, {'\r', 'r'},
                                    {'\t', 't'}, {'\f', 'f'},  {'\b', 'b'}};
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (character == (unsigned char)named[i][0]) {
            *out++ = '\\';
            *out++ = named[i][1];
            return out;
        }
    }
    if (character > 0xFFFF) {
        out = put_unit(out, 0xD800 + ((character - 0x10000) >> 10));
        return put_unit(out, 0xDC00 + ((character - 0x10000) & 0x3FF));
    }
    return put_unit(out, character);
}

/* The character of a well-formed UTF-8 sequence. */
static unsigned decode(const char *text, size_t sequence)
{
    static const unsigned char first_mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    unsigned character = (unsigned char)text[0] & first_mask[sequence];
    for (size_t i = 1; i < sequence; i++) {
        character = character << 6 | ((unsigned char)text[i] & 0x3F);
    }
    return character;
}

/* Bytes at the start of `text` that stand for themselves. */
static size_t count_plain(const char *text, size_t size)
{
    size_t count = 0;
    while (count < size && text[count] >= ' ' && text[count] <= '~' && text[count] != '"' &&
           text[count] != '\\') {
        count++;
    }
    return count;
}

static void put_string(mfn__buffer *buffer, const char *text, size_t size)
{
    mfn__buffer_append_char(buffer, '"');
    for (size_t i = 0; i < size;) {
        size_t plain = count_plain(text + i, size - i);
        mfn__buffer_append(buffer, text + i, plain);
        i += plain;
        if (i < size) {
            size_t sequence = mfn__text_utf8_sequence(text + i, size - i);
            char escape[ESCAPE_BYTES_MAX];
            const char *escape_end =
                put_escape(escape, sequence > 0 ? decode(text + i, sequence) : REPLACEMENT);
            mfn__buffer_append(buffer, escape, (size_t)(escape_end - escape));
            i += sequence > 0 ? sequence : 1;
        }
    }
    mfn__buffer_append_char(buffer, '"');
}

void mfn__json_key(mfn__json_writer *json, const char *key)
{
    separate(json);
    put_string(json->buffer, key, strlen(key));
    mfn__buffer_append_text(json->buffer, ": ");
    json->after_key = true;
}

void mfn__json_text(mfn__json_writer *json, const char *text)
{
    mfn__json_text_sized(json, text, strlen(text));
}

void mfn__json_text_sized(mfn__json_writer *json, const char *text, size_t size)
{
    separate(json);
    put_string(json->buffer, text, size);
    json->needs_comma = true;
}

static void put_value(mfn__json_writer *json, const char *text, size_t size)
{
    separate(json);
    mfn__buffer_append(json->buffer, text, size);
    json->needs_comma = true;
}

void mfn__json_real(mfn__json_writer *json, double value)
{
    if (!isfinite(value)) {
        mfn__json_null(json);
        return;
    }
    char text[MFN__REAL_TEXT_MAX];
    put_value(json, text, mfn__real_to_text(value, text));
}

void mfn__json_u64(mfn__json_writer *json, uint64_t value)
{
    separate(json);
    mfn__buffer_append_format(json->buffer, "%" PRIu64, value);
    json->needs_comma = true;
}

void mfn__json_i64(mfn__json_writer *json, int64_t value)
{
    separate(json);
    mfn__buffer_append_format(json->buffer, "%" PRId64, value);
    json->needs_comma = true;
}

void mfn__json_bool(mfn__json_writer *json, bool value)
{
    mfn__json_raw(json, value ? "true" : "false");
}

void mfn__json_null(mfn__json_writer *json)
{
    mfn__json_raw(json, "null");
}

void mfn__json_raw(mfn__json_writer *json, const char *text)
{
    put_value(json, text, strlen(text));
}

void mfn__json_raw_sized(mfn__json_writer *json, const char *text, size_t size)
{
    put_value(json, text, size);
}
