/* SPDX-License-Identifier: MIT */
/* A parser for the few forms in which gradients are written, straight from the file into floats:
 * neither the text nor a tree of it is ever in memory. Members that it does not know are checked
 * against JSON's grammar (RFC 8259) and passed over. */
#include "codec/gradients_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"

#define TOKEN_MAX       1024 /* a number or a key, with its NUL */
#define LEVELS_MAX      64
#define FIRST_CAPACITY  1024
#define SHOWN_CHARACTER 16

typedef struct text_reader {
    mfn__byte_window *window;
    uint64_t max_values;
    mfn__gradient_list list;
    uint64_t row_values; /* of the gradient that is being read */
    uint64_t row_line;   /* where it begins */
    bool has_dimension;  /* a gradient was read whole */
    char token[TOKEN_MAX];
    mfn_error *err;
} text_reader;

static mfn_status read_value(text_reader *reader, int level);

/* What stands at the cursor, for people. */
static const char *shown_character(int character, char ret[SHOWN_CHARACTER])
{
    if (character == MFN__WINDOW_END) {
        return "the end of the file";
    }
    if (character > ' ' && character < 0x7F) {
        snprintf(ret, SHOWN_CHARACTER, "'%c'", character);
    } else {
        snprintf(ret, SHOWN_CHARACTER, "byte 0x%02X", (unsigned)character);
    }
    return ret;
}

static mfn_status fail_expected(text_reader *reader, const char *expected)
{
    mfn__byte_window *window = reader->window;
    char shown[SHOWN_CHARACTER];
    const char *got = shown_character(mfn__window_peek(window), shown);
    if (window->failure.status != MFN_OK) {
        return mfn__fail(reader->err, window->failure.status, NULL, "%s", window->failure.text);
    }
    return mfn__fail(reader->err, MFN_FORMAT, "gradients",
                     "'%s': line %" PRIu64 ", column %" PRIu64 ": expected %s, got %s",
                     window->name, window->line, window->column, expected, got);
}

static int next_character(text_reader *reader)
{
    mfn__window_skip_space(reader->window);
    return mfn__window_peek(reader->window);
}

/* Takes the character when it comes next, with white space before it. */
static bool take(text_reader *reader, int character)
{
    if (next_character(reader) != character) {
        return false;
    }
    mfn__window_advance(reader->window);
    return true;
}

/* After an element: whether another one follows; `close` ends the list. */
static mfn_status take_separator(text_reader *reader, int close, bool *ret_more, bool *ret_done)
{
    *ret_more = take(reader, ',');
    *ret_done = !*ret_more && take(reader, close);
    return *ret_more || *ret_done
               ? MFN_OK
               : fail_expected(reader, close == ']' ? "',' or ']'" : "',' or '}'");
}

static bool is_number_character(int c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Takes a word of digits, signs and letters into `token`. */
static mfn_status take_token(text_reader *reader, const char *expected)
{
    size_t size = 0;
    int c = next_character(reader);
    if (!is_number_character(c) && !is_letter(c)) {
        return fail_expected(reader, expected);
    }
    while (is_number_character(c) || is_letter(c)) {
        if (size == TOKEN_MAX - 1) {
            return fail_expected(reader, "a number of fewer than 1024 characters");
        }
        reader->token[size++] = (char)c;
        mfn__window_advance(reader->window);
        c = mfn__window_peek(reader->window);
    }
    reader->token[size] = '\0';
    return MFN_OK;
}

static mfn_status fail_token(text_reader *reader, const char *expected, uint64_t line,
                             uint64_t column)
{
    return mfn__fail(reader->err, MFN_FORMAT, "gradients",
                     "'%s': line %" PRIu64 ", column %" PRIu64 ": expected %s, got '%.40s'",
                     reader->window->name, line, column, expected, reader->token);
}

/* A number as JSON writes it, or what Python's json module writes for those that are none. */
static mfn_status take_number(text_reader *reader, float *ret)
{
    static const struct {
        const char *name;
        float value;
    } words[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
    next_character(reader);
    uint64_t line = reader->window->line;
    uint64_t column = reader->window->column;
    mfn_status status = take_token(reader, "a number");
    if (status != MFN_OK) {
        return status;
    }
    double value = 0.0;
    if (mfn__text_to_real(reader->token, &value)) {
        *ret = (float)value;
        return MFN_OK;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(reader->token, words[i].name) == 0) {
            *ret = words[i].value;
            return MFN_OK;
        }
    }
    if (mfn__text_is_number(reader->token)) { /* beyond the largest double */
        *ret = reader->token[0] == '-' ? -INFINITY : INFINITY;
        return MFN_OK;
    }
    return fail_token(reader, "a number", line, column);
}

static mfn_status keep_value(text_reader *reader, float value)
{
    mfn__gradient_list *list = &reader->list;
    uint64_t kept = list->count * list->dimension + reader->row_values;
    if (kept >= reader->max_values) {
        return mfn__fail(reader->err, MFN_TOO_LARGE, "gradients",
                         "'%s': line %" PRIu64 ": more than the limit of %" PRIu64 " values",
                         reader->window->name, reader->window->line, reader->max_values);
    }
    if (kept == list->capacity) {
        uint64_t capacity = list->capacity > 0 ? 2 * list->capacity : FIRST_CAPACITY;
        float *grown = mfn__mem_resize(list->values, (size_t)capacity, sizeof *grown);
        if (grown == NULL) {
            return mfn__fail_memory(reader->err);
        }
        list->values = grown;
        list->capacity = capacity;
    }
    list->values[kept] = value;
    return MFN_OK;
}

static mfn_status end_row(text_reader *reader)
{
    mfn__gradient_list *list = &reader->list;
    if (reader->row_values == 0) {
        return mfn__fail(reader->err, MFN_FORMAT, "gradients",
                         "'%s': line %" PRIu64 ": gradient %" PRIu64 " has no values",
                         reader->window->name, reader->row_line, list->count);
    }
    if (reader->has_dimension && reader->row_values != list->dimension) {
        return mfn__fail(reader->err, MFN_FORMAT, "gradients",
                         "'%s': line %" PRIu64 ": gradient %" PRIu64 " has %" PRIu64
                         " values, expected %" PRIu64 " as in gradient 0",
                         reader->window->name, reader->row_line, list->count, reader->row_values,
                         list->dimension);
    }
    list->dimension = reader->row_values;
    reader->has_dimension = true;
    reader->row_values = 0;
    list->count++;
    return MFN_OK;
}

/* After '[': numbers up to ']'. Those beyond the dimension are counted, not kept. */
static mfn_status read_row(text_reader *reader)
{
    bool more = true;
    bool done = take(reader, ']');
    while (!done && more) {
        float value = 0.0F;
        mfn_status status = take_number(reader, &value);
        if (status == MFN_OK &&
            (!reader->has_dimension || reader->row_values < reader->list.dimension)) {
            status = keep_value(reader, value);
        }
        if (status == MFN_OK) {
            reader->row_values++;
            status = take_separator(reader, ']', &more, &done);
        }
        if (status != MFN_OK) {
            return status;
        }
    }
    return end_row(reader);
}

static mfn_status begin_row(text_reader *reader)
{
    next_character(reader);
    reader->row_line = reader->window->line;
    if (!take(reader, '[')) {
        return fail_expected(reader, "'[' of a gradient");
    }
    return read_row(reader);
}

/* After the '[' of a list of gradients. */
static mfn_status read_rows(text_reader *reader)
{
    bool more = true;
    bool done = take(reader, ']');
    while (!done && more) {
        mfn_status status = begin_row(reader);
        if (status == MFN_OK) {
            status = take_separator(reader, ']', &more, &done);
        }
        if (status != MFN_OK) {
            return status;
        }
    }
    return MFN_OK;
}

/* After a backslash: passes the rest of an escape. */
static mfn_status read_escape(text_reader *reader)
{
    int c = mfn__window_peek(reader->window);
    if (c <= ' ' || strchr("\"\\/bfnrtu", c) == NULL) {
        return fail_expected(reader, "an escape as in JSON");
    }
    mfn__window_advance(reader->window);
    for (int digits = c == 'u' ? 4 : 0; digits > 0; digits--) {
        c = mfn__window_peek(reader->window);
        if (c <= ' ' || strchr("0123456789abcdefABCDEF", c) == NULL) {
            return fail_expected(reader, "four hexadecimal digits");
        }
        mfn__window_advance(reader->window);
    }
    return MFN_OK;
}

/* After '"': passes a string. Its first bytes go to `token`, a backslash for each escape. */
static mfn_status read_string(text_reader *reader)
{
    size_t size = 0;
    for (;;) {
        int c = mfn__window_peek(reader->window);
        if (c < ' ') {
            return fail_expected(reader, "'\"' at the end of a text");
        }
        mfn__window_advance(reader->window);
        if (c == '"') {
            break;
        }
        mfn_status status = c == '\\' ? read_escape(reader) : MFN_OK;
        if (status != MFN_OK) {
            return status;
        }
        if (size < TOKEN_MAX - 1) {
            reader->token[size++] = (char)c;
        }
    }
    reader->token[size] = '\0';
    return MFN_OK;
}

/* The key and the colon of a member. */
static mfn_status read_key(text_reader *reader)
{
    if (!take(reader, '"')) {
        return fail_expected(reader, "a key in double quotes");
    }
    mfn_status status = read_string(reader);
    if (status == MFN_OK && !take(reader, ':')) {
        status = fail_expected(reader, "':'");
    }
    return status;
}

/* After '[' or '{': passes everything up to the bracket that closes it. */
static mfn_status read_members(text_reader *reader, int close, int level)
{
    bool more = true;
    bool done = take(reader, close);
    while (!done && more) {
        mfn_status status = close == '}' ? read_key(reader) : MFN_OK;
        if (status == MFN_OK) {
            status = read_value(reader, level);
        }
        if (status == MFN_OK) {
            status = take_separator(reader, close, &more, &done);
        }
        if (status != MFN_OK) {
            return status;
        }
    }
    return MFN_OK;
}

/* Passes a value that is no gradient. */
static mfn_status read_value(text_reader *reader, int level)
{
    if (level == LEVELS_MAX) {
        return fail_expected(reader, "at most 64 levels of brackets");
    }
    if (take(reader, '[')) {
        return read_members(reader, ']', level + 1);
    }
    if (take(reader, '{')) {
        return read_members(reader, '}', level + 1);
    }
    if (take(reader, '"')) {
        return read_string(reader);
    }
    uint64_t line = reader->window->line;
    uint64_t column = reader->window->column;
    mfn_status status = take_token(reader, "a value");
    if (status != MFN_OK) {
        return status;
    }
    bool is_word = strcmp(reader->token, "true") == 0 || strcmp(reader->token, "false") == 0 ||
                   strcmp(reader->token, "null") == 0 || strcmp(reader->token, "NaN") == 0;
    return is_word || mfn__text_is_number(reader->token)
               ? MFN_OK
               : fail_token(reader, "a value", line, column);
}

static mfn_status read_member(text_reader *reader, bool *found)
{
    mfn_status status = read_key(reader);
    if (status != MFN_OK) {
        return status;
    }
    bool is_one = strcmp(reader->token, "gradient") == 0;
    bool is_list = strcmp(reader->token, "gradients") == 0;
    if (!is_one && !is_list) {
        return read_value(reader, 1);
    }
    if (*found) {
        return fail_expected(reader, "one member 'gradient' or 'gradients'");
    }
    *found = true;
    if (is_one) {
        return begin_row(reader);
    }
    return take(reader, '[') ? read_rows(reader) : fail_expected(reader, "'[' of a list");
}

/* After '{'. */
static mfn_status read_object(text_reader *reader)
{
    bool found = false;
    bool more = true;
    bool done = take(reader, '}');
    while (!done && more) {
        mfn_status status = read_member(reader, &found);
        if (status == MFN_OK) {
            status = take_separator(reader, '}', &more, &done);
        }
        if (status != MFN_OK) {
            return status;
        }
    }
    return found ? MFN_OK
                 : mfn__fail(reader->err, MFN_FORMAT, "gradients",
                             "'%s': line %" PRIu64 ": expected a member 'gradient' or 'gradients' "
                             "in the object that ends here",
                             reader->window->name, reader->window->line);
}

/* One value of the file. */
static mfn_status read_item(text_reader *reader)
{
    reader->row_line = reader->window->line;
    if (take(reader, '{')) {
        return read_object(reader);
    }
    if (!take(reader, '[')) {
        return fail_expected(reader, "'[' or '{'");
    }
    return next_character(reader) == '[' ? read_rows(reader) : read_row(reader);
}

mfn_status mfn__gradient_list_read(mfn__byte_window *window, uint64_t max_bytes,
                                   mfn__gradient_list *ret, mfn_error *err)
{
    text_reader reader = {.window = window, .max_values = max_bytes / sizeof(float), .err = err};
    mfn_status status = MFN_OK;
    mfn__window_skip_mark(window);
    while (status == MFN_OK && next_character(&reader) != MFN__WINDOW_END) {
        status = read_item(&reader);
    }
    if (status == MFN_OK && window->failure.status != MFN_OK) {
        status = mfn__fail(err, window->failure.status, NULL, "%s", window->failure.text);
    }
    if (status != MFN_OK) {
        mfn__gradient_list_deinit(&reader.list);
        return status;
    }
    *ret = reader.list;
    return MFN_OK;
}

void mfn__gradient_list_deinit(mfn__gradient_list *list)
{
    mfn__mem_free(list->values);
    *list = (mfn__gradient_list){0};
}
