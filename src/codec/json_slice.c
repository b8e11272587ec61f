/* SPDX-License-Identifier: MIT */
/* A text is checked once; whatever walks over it afterwards relies on that, so it only has to tell
 * strings, brackets and commas apart. Keys are compared while their escapes are resolved: nothing
 * here allocates but the caller's buffer. */
#include "codec/json_slice.h"

#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "codec/json_grammar.h"

#define SHOWN_BYTES         128
#define CHARACTER_BYTES_MAX 4

static bool is_space(char character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

static const char *skip_space(const char *at)
{
    while (is_space(*at)) {
        at++;
    }
    return at;
}

/* Past the string whose opening quote is at `at`. */
static const char *skip_string(const char *at)
{
    for (at++; *at != '"'; at++) {
        at += *at == '\\';
    }
    return at + 1;
}

static const char *skip_brackets(const char *at)
{
    size_t depth = 0;
    do {
        if (*at == '"') {
            at = skip_string(at);
            continue;
        }
        if (*at == '{' || *at == '[') {
            depth++;
        } else if (*at == '}' || *at == ']') {
            depth--;
        }
        at++;
    } while (depth > 0);
    return at;
}

static mfn__json_kind kind_at(const char *at)
{
    switch (*at) {
    case '{':
        return MFN__JSON_OBJECT;
    case '[':
        return MFN__JSON_ARRAY;
    case '"':
        return MFN__JSON_STRING;
    case 't':
    case 'f':
        return MFN__JSON_BOOL;
    case 'n':
        return MFN__JSON_NULL;
    default:
        return MFN__JSON_NUMBER;
    }
}

/* The value that begins at `at`, somewhere inside an object or array. */
static mfn__json_slice slice_inside(const char *at)
{
    mfn__json_kind kind = kind_at(at);
    const char *end = at;
    if (kind == MFN__JSON_OBJECT || kind == MFN__JSON_ARRAY) {
        end = skip_brackets(at);
    } else if (kind == MFN__JSON_STRING) {
        end = skip_string(at);
    } else {
        while (*end != ',' && *end != ']' && *end != '}' && !is_space(*end)) {
            end++;
        }
    }
    return (mfn__json_slice){at, (size_t)(end - at), kind};
}

mfn_status mfn__json_slice_whole(const char *text, size_t size, mfn__json_slice *ret,
                                 mfn_error *err)
{
    mfn_status status = mfn__json_grammar_check(text, size, err);
    if (status != MFN_OK) {
        return status;
    }
    const char *end = text + size;
    text = skip_space(text);
    while (is_space(end[-1])) {
        end--;
    }
    *ret = (mfn__json_slice){text, (size_t)(end - text), kind_at(text)};
    return MFN_OK;
}

bool mfn__json_slice_next(const mfn__json_slice *array, size_t *position, mfn__json_slice *ret)
{
    if (array->kind != MFN__JSON_ARRAY) {
        return false;
    }
    const char *at = skip_space(array->bytes + (*position > 0 ? *position : 1));
    if (*at == ']') {
        return false;
    }
    if (*at == ',') {
        at = skip_space(at + 1);
    }
    *ret = slice_inside(at);
    *position = (size_t)(at - array->bytes) + ret->size;
    return true;
}

static unsigned hex_value(const char *digits)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        unsigned digit = (unsigned char)digits[i];
        value = value << 4 | (digit <= '9' ? digit & 15U : (digit & 15U) + 9U);
    }
    return value;
}

static size_t put_utf8(unsigned character, char ret[CHARACTER_BYTES_MAX])
{
    if (character < 0x80) {
        ret[0] = (char)character;
        return 1;
    }
    size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const unsigned first_bits[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length - 1; i > 0; i--) {
        ret[i] = (char)(uint8_t)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    ret[0] = (char)(uint8_t)(first_bits[length] | character);
    return length;
}

/* Resolves the escape whose backslash is at `*at` and goes past it; returns its bytes of UTF-8. */
static size_t take_escape(const char **at, char ret[CHARACTER_BYTES_MAX])
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    const char *escape = *at + 1;
    if (*escape != 'u') {
        ret[0] = meanings[strchr(letters, *escape) - letters];
        *at = escape + 1;
        return 1;
    }
    unsigned character = hex_value(escape + 1);
    escape += 5;
    if (character >= 0xD800 && character <= 0xDBFF) {
        character = 0x10000 + ((character - 0xD800) << 10 | (hex_value(escape + 2) - 0xDC00));
        escape += 6;
    }
    *at = escape;
    return put_utf8(character, ret);
}

/* Bytes before the next backslash or closing quote. */
static size_t count_plain(const char *at)
{
    size_t count = 0;
    while (at[count] != '"' && at[count] != '\\') {
        count++;
    }
    return count;
}

void mfn__json_slice_text(const mfn__json_slice *value, mfn__buffer *ret)
{
    if (value->kind != MFN__JSON_STRING) {
        mfn__buffer_append(ret, value->bytes, value->size);
        return;
    }
    const char *at = value->bytes + 1;
    for (;;) {
        size_t plain = count_plain(at);
        mfn__buffer_append(ret, at, plain);
        at += plain;
        if (*at == '"') {
            return;
        }
        char escape[CHARACTER_BYTES_MAX];
        mfn__buffer_append(ret, escape, take_escape(&at, escape));
    }
}

mfn_status mfn__json_pointer_check(const char *pointer, const char *field, mfn_error *err)
{
    bool is_good = pointer[0] == '\0' || pointer[0] == '/';
    for (const char *at = pointer; *at != '\0'; at++) {
        is_good = is_good && (*at != '~' || at[1] == '0' || at[1] == '1');
    }
    if (is_good) {
        return MFN_OK;
    }
    char shown[SHOWN_BYTES];
    return mfn__fail(err, MFN_INVALID, field,
                     "expected a JSON Pointer, \"\" or one like /a/b (with ~0 for '~' and ~1 for "
                     "'/' in names), got '%s'",
                     mfn__text_printable(pointer, strlen(pointer), shown, sizeof shown));
}

/* Whether the key whose opening quote is at `key` is the name in the pointer, in which ~0 and ~1
 * stand for '~' and '/'. */
static bool key_matches(const char *key, const char *name, size_t name_size)
{
    const char *name_end = name + name_size;
    key++;
    while (*key != '"') {
        char bytes[CHARACTER_BYTES_MAX];
        size_t count = 1;
        if (*key == '\\') {
            count = take_escape(&key, bytes);
        } else {
            bytes[0] = *key++;
        }
        for (size_t i = 0; i < count; i++) {
            if (name == name_end) {
                return false;
            }
            char wanted = *name++;
            if (wanted == '~') {
                wanted = *name++ == '0' ? '~' : '/';
            }
            if (bytes[i] != wanted) {
                return false;
            }
        }
    }
    return name == name_end;
}

static bool find_member(const mfn__json_slice *object, const char *name, size_t name_size,
                        mfn__json_slice *ret)
{
    bool found = false;
    const char *at = skip_space(object->bytes + 1);
    while (*at != '}') {
        bool matches = key_matches(at, name, name_size);
        at = skip_space(skip_string(at)); /* now at the colon */
        const mfn__json_slice value = slice_inside(skip_space(at + 1));
        if (matches) {
            *ret = value;
            found = true;
        }
        at = skip_space(value.bytes + value.size);
        if (*at == ',') {
            at = skip_space(at + 1);
        }
    }
    return found;
}

/* An index has no sign and no leading zeros (RFC 6901, section 4). */
static bool find_element(const mfn__json_slice *array, const char *name, size_t name_size,
                         mfn__json_slice *ret)
{
    if (name_size == 0 || (name[0] == '0' && name_size > 1)) {
        return false;
    }
    size_t index = 0;
    for (size_t i = 0; i < name_size; i++) {
        if (name[i] < '0' || name[i] > '9' || index > array->size) {
            return false;
        }
        index = 10 * index + (size_t)(name[i] - '0');
    }
    mfn__json_slice element;
    for (size_t position = 0; mfn__json_slice_next(array, &position, &element); index--) {
        if (index == 0) {
            *ret = element;
            return true;
        }
    }
    return false;
}

mfn_status mfn__json_slice_at(const mfn__json_slice *value, const char *pointer,
                              mfn__json_slice *ret, mfn_error *err)
{
    mfn_status status = mfn__json_pointer_check(pointer, NULL, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__json_slice at = *value;
    for (const char *name = pointer; *name != '\0';) {
        name++;
        size_t size = strcspn(name, "/");
        bool found = at.kind == MFN__JSON_OBJECT  ? find_member(&at, name, size, &at)
                     : at.kind == MFN__JSON_ARRAY ? find_element(&at, name, size, &at)
                                                  : false;
        if (!found) {
            char shown[SHOWN_BYTES];
            mfn__text_printable(pointer, strlen(pointer), shown, sizeof shown);
            return mfn__fail(err, MFN_NOT_FOUND, NULL, "there is nothing at '%s'", shown);
        }
        name += size;
    }
    *ret = at;
    return MFN_OK;
}
