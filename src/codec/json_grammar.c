/* SPDX-License-Identifier: MIT */
/* One pass over the bytes. Brackets that are open lie on a small stack instead of the call stack,
 * which bounds the depth and makes the end of every value one place. */
#include "codec/json_grammar.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define PROBLEM_MAX   64
#define NO_CHARACTER  (-1)
#define SURROGATE     0xD800 /* 0xD800 .. 0xDBFF come first, 0xDC00 .. 0xDFFF second */
#define SURROGATE_LOW 0xDC00
#define SURROGATE_END 0xE000

typedef struct json_check {
    const char *text;
    size_t size, at;
    char problem[PROBLEM_MAX]; /* set once, when something is wrong at `at` */
    char closers[MFN__JSON_LEVELS_MAX];
    size_t depth;
} json_check;

static bool refuse(json_check *check, const char *problem)
{
    snprintf(check->problem, sizeof check->problem, "%s", problem);
    return false;
}

/* The next byte, or NO_CHARACTER at the end. */
static int peek(const json_check *check)
{
    return check->at < check->size ? (unsigned char)check->text[check->at] : NO_CHARACTER;
}

static bool take(json_check *check, char expected)
{
    if (peek(check) != expected) {
        return false;
    }
    check->at++;
    return true;
}

static void skip_space(json_check *check)
{
    while (check->at < check->size && memchr(" \t\r\n", check->text[check->at], 4) != NULL) {
        check->at++;
    }
}

static bool check_digits(json_check *check)
{
    size_t start = check->at;
    while (peek(check) >= '0' && peek(check) <= '9') {
        check->at++;
    }
    return check->at > start || refuse(check, "expected a digit");
}

/* -? (0 | [1-9][0-9]*) (.[0-9]+)? ([eE][+-]?[0-9]+)? */
static bool check_number(json_check *check)
{
    take(check, '-');
    bool has_zero = take(check, '0');
    if (has_zero && peek(check) >= '0' && peek(check) <= '9') {
        return refuse(check, "a number does not begin with a needless zero");
    }
    if (!has_zero && !check_digits(check)) {
        return false;
    }
    if (take(check, '.') && !check_digits(check)) {
        return false;
    }
    if (take(check, 'e') || take(check, 'E')) {
        if (!take(check, '+')) {
            take(check, '-');
        }
        return check_digits(check);
    }
    return true;
}

/* Four hexadecimal digits as a number, or NO_CHARACTER. */
static int take_hex(json_check *check)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = peek(check);
        if (digit >= '0' && digit <= '9') {
            digit -= '0';
        } else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f') {
            digit = (digit | 0x20) - 'a' + 10;
        } else {
            refuse(check, "expected four hexadecimal digits after \\u");
            return NO_CHARACTER;
        }
        value = value << 4 | digit;
        check->at++;
    }
    return value;
}

/* What follows a backslash. A surrogate is half a character: it needs its other half. */
static bool check_escape(json_check *check)
{
    if (!take(check, 'u')) {
        int letter = peek(check);
        if (letter == NO_CHARACTER || memchr("\"\\/bfnrt", letter, 8) == NULL) {
            return refuse(check, "expected one of \"\\/bfnrtu after a backslash");
        }
        check->at++;
        return true;
    }
    size_t start = check->at - 2;
    int unit = take_hex(check);
    if (unit < SURROGATE || unit >= SURROGATE_END) {
        return unit != NO_CHARACTER;
    }
    if (unit < SURROGATE_LOW && take(check, '\\') && take(check, 'u')) {
        int second = take_hex(check);
        if (second == NO_CHARACTER) {
            return false;
        }
        if (second >= SURROGATE_LOW && second < SURROGATE_END) {
            return true;
        }
    }
    check->at = start;
    return refuse(check, "half a surrogate pair");
}

/* From after the opening quote to after the closing one. */
static bool check_string(json_check *check)
{
    for (;;) {
        int byte = peek(check);
        if (byte == NO_CHARACTER) {
            return refuse(check, "expected '\"' at the end of a string");
        }
        if (byte == '"') {
            check->at++;
            return true;
        }
        if (byte < ' ') {
            return refuse(check, "control characters in strings are written as escapes");
        }
        if (byte == '\\') {
            check->at++;
            if (!check_escape(check)) {
                return false;
            }
            continue;
        }
        size_t sequence = mfn__text_utf8_sequence(check->text + check->at, check->size - check->at);
        if (sequence == 0) {
            return refuse(check, "bytes that are not UTF-8");
        }
        check->at += sequence;
    }
}

/* Everything but objects and arrays. */
static bool check_scalar(json_check *check)
{
    static const char *const words[] = {"true", "false", "null"};
    if (take(check, '"')) {
        return check_string(check);
    }
    int byte = peek(check);
    if (byte == '-' || (byte >= '0' && byte <= '9')) {
        return check_number(check);
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i]);
        if (check->size - check->at >= length &&
            memcmp(check->text + check->at, words[i], length) == 0) {
            check->at += length;
            return true;
        }
    }
    return refuse(check, byte == 0xEF && check->at == 0 ? "a byte order mark is not allowed"
                                                        : "expected a value");
}

/* "key": up to where the value begins. */
static bool check_key(json_check *check)
{
    skip_space(check);
    if (!take(check, '"')) {
        return refuse(check, "expected a key in double quotes");
    }
    if (!check_string(check)) {
        return false;
    }
    skip_space(check);
    return take(check, ':') || refuse(check, "expected ':' after a key");
}

/* An opening bracket. `*ret_is_empty`: its closing one came at once, and no value is expected. */
static bool open_level(json_check *check, bool *ret_is_empty)
{
    if (check->depth == MFN__JSON_LEVELS_MAX) {
        snprintf(check->problem, sizeof check->problem, "more than %d levels of brackets",
                 MFN__JSON_LEVELS_MAX);
        return false;
    }
    char closer = peek(check) == '{' ? '}' : ']';
    check->at++;
    skip_space(check);
    *ret_is_empty = take(check, closer);
    if (*ret_is_empty) {
        return true;
    }
    check->closers[check->depth++] = closer;
    return closer == ']' || check_key(check);
}

/* After a value: closes what ends here and goes to where the next value begins. Leaves depth 0
 * when the whole value is complete. */
static bool end_value(json_check *check)
{
    while (check->depth > 0) {
        char closer = check->closers[check->depth - 1];
        skip_space(check);
        if (take(check, ',')) {
            return closer == ']' || check_key(check);
        }
        if (!take(check, closer)) {
            snprintf(check->problem, sizeof check->problem, "expected ',' or '%c'", closer);
            return false;
        }
        check->depth--;
    }
    return true;
}

static bool check_whole(json_check *check)
{
    do {
        bool is_complete = true;
        skip_space(check);
        if (peek(check) == '{' || peek(check) == '[') {
            if (!open_level(check, &is_complete)) {
                return false;
            }
        } else if (!check_scalar(check)) {
            return false;
        }
        if (is_complete && !end_value(check)) {
            return false;
        }
    } while (check->depth > 0);
    skip_space(check);
    return check->at == check->size || refuse(check, "expected the end of the text");
}

mfn_status mfn__json_grammar_check(const char *text, size_t size, mfn_error *err)
{
    json_check check = {.text = text, .size = size};
    if (check_whole(&check)) {
        return MFN_OK;
    }
    size_t line = 1;
    size_t column = 1;
    for (size_t i = 0; i < check.at; i++) {
        if (text[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)text[i] & 0xC0) != 0x80) { /* not inside a UTF-8 character */
            column++;
        }
    }
    return mfn__fail(err, MFN_FORMAT, NULL, "line %zu, column %zu: %s%s", line, column,
                     check.problem, check.at == size ? ", but the text ends" : "");
}
