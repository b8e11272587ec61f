/* SPDX-License-Identifier: MIT */
/* NumPy evaluates this header as a Python literal; here a parser for exactly the literals that its
 * writers produce takes it apart, tolerant of spaces and order, and refuses everything else. */
#include "codec/npy_header.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define ALIGNMENT        64
#define PREFIX_BYTES     10 /* magic, version, length */
#define LENGTH_POSITION  8
#define FIRST_AXIS_WIDTH 21 /* numpy leaves room to let the first dimension grow in place */
#define SHOWN_BYTES      40
#define WORD_BYTES_MAX   32

typedef struct cursor {
    const char *next, *end;
    const char *name;
    mfn_error *err;
} cursor;

typedef enum header_key { KEY_DESCR, KEY_FORTRAN_ORDER, KEY_SHAPE, KEY_COUNT } header_key;

static const char *const key_names[KEY_COUNT] = {"descr", "fortran_order", "shape"};

/* "…: field: expected <expected>, got '<the text at the cursor>'" */
static mfn_status fail_expected(const cursor *at, const char *field, const char *expected)
{
    char shown[SHOWN_BYTES];
    mfn__text_printable(at->next, (size_t)(at->end - at->next), shown, sizeof shown);
    return mfn__fail(at->err, MFN_FORMAT, field, "'%s': %s: expected %s, got '%s'", at->name, field,
                     expected, shown);
}

static void skip_spaces(cursor *at)
{
    while (at->next < at->end && strchr(" \t\r\n", *at->next) != NULL && *at->next != '\0') {
        at->next++;
    }
}

/* Takes `token`, with spaces before it, when it comes next. */
static bool take(cursor *at, const char *token)
{
    skip_spaces(at);
    size_t length = strlen(token);
    if ((size_t)(at->end - at->next) < length || memcmp(at->next, token, length) != 0) {
        return false;
    }
    at->next += length;
    return true;
}

/* Reads a short text in quotes; false, with the cursor where it was, when there is none. */
static bool take_quoted(cursor *at, char ret[WORD_BYTES_MAX])
{
    skip_spaces(at);
    const char *open = at->next;
    if (open == at->end || (*open != '\'' && *open != '"')) {
        return false;
    }
    const char *close = memchr(open + 1, *open, (size_t)(at->end - open) - 1);
    if (close == NULL || close - open > WORD_BYTES_MAX) {
        return false;
    }
    size_t length = (size_t)(close - open) - 1;
    memcpy(ret, open + 1, length);
    ret[length] = '\0';
    at->next = close + 1;
    return true;
}

#define REAL_TYPES "float64 or float32, that is '<f8', '>f8', '<f4' or '>f4'"

static mfn_status read_descr(cursor *at, mfn__npy_header *header)
{
    static const struct {
        const char *name;
        unsigned item_bytes;
        bool is_big_endian;
    } types[] = {{"<f8", 8, false}, {">f8", 8, true}, {"<f4", 4, false}, {">f4", 4, true}};
    char descr[WORD_BYTES_MAX];
    cursor before = *at;
    skip_spaces(&before);
    if (take_quoted(at, descr)) {
        for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
            if (strcmp(descr, types[i].name) == 0) {
                header->item_bytes = types[i].item_bytes;
                header->is_big_endian = types[i].is_big_endian;
                return MFN_OK;
            }
        }
        return mfn__fail(at->err, MFN_FORMAT, key_names[KEY_DESCR],
                         "'%s': descr: expected " REAL_TYPES
                         ", got '%s': save the array as array.astype(float)",
                         at->name, descr);
    }
    return fail_expected(&before, key_names[KEY_DESCR], REAL_TYPES);
}

static mfn_status read_dimension(cursor *at, mfn__npy_header *header)
{
    if (header->dimensions == MFN_NPY_DIMENSIONS_MAX) {
        return mfn__fail(at->err, MFN_FORMAT, key_names[KEY_SHAPE],
                         "'%s': shape: expected at most %d dimensions, got more", at->name,
                         MFN_NPY_DIMENSIONS_MAX);
    }
    skip_spaces(at);
    cursor before = *at;
    uint64_t value = 0;
    bool overflows = false;
    while (at->next < at->end && *at->next >= '0' && *at->next <= '9') {
        overflows |= __builtin_mul_overflow(value, 10U, &value);
        overflows |= __builtin_add_overflow(value, (uint64_t)(*at->next++ - '0'), &value);
    }
    if (at->next == before.next) {
        return fail_expected(at, key_names[KEY_SHAPE],
                             "a tuple of whole numbers, as in (3, 4), (3,) or ()");
    }
    if (overflows) {
        return fail_expected(&before, key_names[KEY_SHAPE], "dimensions below 2^64");
    }
    header->shape[header->dimensions++] = value;
    return MFN_OK;
}

static mfn_status read_shape(cursor *at, mfn__npy_header *header)
{
    bool has_comma = true;
    if (!take(at, "(")) {
        return fail_expected(at, key_names[KEY_SHAPE], "a tuple, as in (3, 4)");
    }
    while (!take(at, ")")) {
        if (!has_comma) {
            return fail_expected(at, key_names[KEY_SHAPE], "',' or ')'");
        }
        mfn_status status = read_dimension(at, header);
        if (status != MFN_OK) {
            return status;
        }
        has_comma = take(at, ",");
    }
    if (header->dimensions == 1 && !has_comma) {
        return mfn__fail(at->err, MFN_FORMAT, key_names[KEY_SHAPE],
                         "'%s': shape: expected a tuple, as in (%" PRIu64 ",), got (%" PRIu64 ")",
                         at->name, header->shape[0], header->shape[0]);
    }
    return MFN_OK;
}

static mfn_status read_fortran_order(cursor *at, bool *ret)
{
    *ret = take(at, "True");
    if (!*ret && !take(at, "False")) {
        return fail_expected(at, key_names[KEY_FORTRAN_ORDER], "True or False");
    }
    return MFN_OK;
}

/* Finds the key that comes next and takes it with its colon. */
static mfn_status read_key(cursor *at, const bool *seen, header_key *ret)
{
    char word[WORD_BYTES_MAX];
    skip_spaces(at);
    cursor before = *at;
    if (!take_quoted(at, word)) {
        return fail_expected(&before, "header", "a key in quotes");
    }
    for (int key = 0; key < KEY_COUNT; key++) {
        if (strcmp(word, key_names[key]) != 0) {
            continue;
        }
        if (seen[key]) {
            return fail_expected(&before, "header", "each key once");
        }
        if (!take(at, ":")) {
            return fail_expected(at, key_names[key], "':'");
        }
        *ret = (header_key)key;
        return MFN_OK;
    }
    return fail_expected(&before, "header", "'descr', 'fortran_order' or 'shape'");
}

/* Reads the braces and what is between them. */
static mfn_status read_entries(cursor *at, mfn__npy_header *header, bool *ret_fortran_order)
{
    bool seen[KEY_COUNT] = {false};
    bool has_comma = true;
    if (!take(at, "{")) {
        return fail_expected(at, "header", "'{'");
    }
    while (!take(at, "}")) {
        if (!has_comma) {
            return fail_expected(at, "header", "',' or '}'");
        }
        header_key key = KEY_DESCR;
        mfn_status status = read_key(at, seen, &key);
        if (status == MFN_OK) {
            seen[key] = true;
            status = key == KEY_DESCR   ? read_descr(at, header)
                     : key == KEY_SHAPE ? read_shape(at, header)
                                        : read_fortran_order(at, ret_fortran_order);
        }
        if (status != MFN_OK) {
            return status;
        }
        has_comma = take(at, ",");
    }
    for (int key = 0; key < KEY_COUNT; key++) {
        if (!seen[key]) {
            return mfn__fail(at->err, MFN_FORMAT, key_names[key],
                             "'%s': header: the key '%s' is missing", at->name, key_names[key]);
        }
    }
    return MFN_OK;
}

mfn_status mfn__npy_header_parse(const char *text, size_t size, const char *name,
                                 mfn__npy_header *ret, mfn_error *err)
{
    cursor at = {text, text + size, name, err};
    mfn__npy_header header = {.count = 1};
    bool is_fortran_order = false;
    mfn_status status = read_entries(&at, &header, &is_fortran_order);
    if (status != MFN_OK) {
        return status;
    }
    skip_spaces(&at);
    if (at.next != at.end) {
        return fail_expected(&at, "header", "nothing after '}'");
    }
    if (is_fortran_order && header.dimensions > 1) {
        return mfn__fail(err, MFN_FORMAT, key_names[KEY_FORTRAN_ORDER],
                         "'%s': fortran_order: expected False, got True: save the array as "
                         "numpy.ascontiguousarray(array)",
                         name);
    }
    for (uint32_t i = 0; i < header.dimensions; i++) {
        if (__builtin_mul_overflow(header.count, header.shape[i], &header.count)) {
            return mfn__fail(err, MFN_FORMAT, key_names[KEY_SHAPE],
                             "'%s': shape: expected fewer than 2^64 values in all, got more", name);
        }
    }
    *ret = header;
    return MFN_OK;
}

static void append_spaces(mfn__buffer *buffer, size_t count)
{
    mfn__buffer_append_format(buffer, "%*s", (int)count, "");
}

void mfn__npy_header_write(const uint64_t *shape, uint32_t dimensions, mfn__buffer *buffer)
{
    static const char prefix[PREFIX_BYTES] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, 0, 0};
    size_t start = buffer->size;
    size_t first_axis_end = 0;
    size_t first_axis_start = 0;
    mfn__buffer_append(buffer, prefix, sizeof prefix);
    mfn__buffer_append_text(buffer, "{'descr': '<f8', 'fortran_order': False, 'shape': (");
    for (uint32_t i = 0; i < dimensions; i++) {
        mfn__buffer_append_text(buffer, i > 0 ? ", " : "");
        first_axis_start = i == 0 ? buffer->size : first_axis_start;
        mfn__buffer_append_format(buffer, "%" PRIu64, shape[i]);
        first_axis_end = i == 0 ? buffer->size : first_axis_end;
    }
    mfn__buffer_append_text(buffer, dimensions == 1 ? ",), }" : "), }");
    if (dimensions > 0) {
        append_spaces(buffer, FIRST_AXIS_WIDTH - (first_axis_end - first_axis_start));
    }
    append_spaces(buffer, ALIGNMENT - (buffer->size - start + 1) % ALIGNMENT);
    mfn__buffer_append_char(buffer, '\n');
    if (buffer->status == MFN_OK) {
        size_t length = buffer->size - start - PREFIX_BYTES;
        buffer->data[start + LENGTH_POSITION] = (char)(length & 0xFF);
        buffer->data[start + LENGTH_POSITION + 1] = (char)(length >> 8);
    }
}
