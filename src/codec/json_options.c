/* SPDX-License-Identifier: MIT */
/* jansson holds whole numbers in 64 bits and refuses longer ones, but a seed may have any length.
 * So the text is looked through first: a whole number of the object's own level that does not fit
 * is remembered and overwritten in a copy by a zero and spaces, which keeps every line and column
 * in place. After parsing, the member that stands at the same position among the members (jansson
 * keeps their order) gets its true value. */
#include "codec/json_options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"

#define LEVELS_MAX      16
#define LONG_WHOLE_MAX  32
#define SHOWN_BYTES     80
#define DIGITS_THAT_FIT 18                 /* any whole number of so many digits fits 64 bits */
#define EXACT_REAL_MAX  9007199254740992.0 /* 2^53: every smaller whole number is a double */

typedef struct long_whole {
    size_t member; /* position among the members of the object */
    size_t start, length;
} long_whole;

typedef struct number_scan {
    const char *text;
    size_t size;
    char *masked; /* the copy, once there is something to overwrite */
    long_whole found[LONG_WHOLE_MAX];
    size_t found_count, member_count;
} number_scan;

static bool is_named(const char *const *names, const char *name)
{
    for (; names != NULL && *names != NULL; names++) {
        if (strcmp(*names, name) == 0) {
            return true;
        }
    }
    return false;
}

static size_t skip_space(const number_scan *scan, size_t at)
{
    while (at < scan->size && memchr(" \t\r\n", scan->text[at], 4) != NULL) {
        at++;
    }
    return at;
}

/* Index after the string whose opening quote is at `at`. */
static size_t skip_string(const number_scan *scan, size_t at)
{
    for (at++; at < scan->size && scan->text[at] != '"'; at++) {
        at += scan->text[at] == '\\';
    }
    return at + 1;
}

static char *copy_bytes(const char *bytes, size_t size)
{
    char *copy = mfn__mem_new(size + 1, 1);
    if (copy != NULL && size > 0) {
        memcpy(copy, bytes, size);
    }
    return copy;
}

/* Looks at the value of one member, which starts at `start`. */
static mfn_status mask_long_whole(number_scan *scan, size_t start, mfn_error *err)
{
    const char *text = scan->text;
    size_t digits = start + (start < scan->size && text[start] == '-');
    size_t end = digits;
    while (end < scan->size && text[end] >= '0' && text[end] <= '9') {
        end++;
    }
    bool is_real = end < scan->size && memchr(".eE", text[end], 3) != NULL;
    if (end - digits <= DIGITS_THAT_FIT || text[digits] == '0' || is_real ||
        scan->found_count == LONG_WHOLE_MAX) {
        return MFN_OK;
    }
    if (scan->masked == NULL) {
        scan->masked = copy_bytes(text, scan->size);
        if (scan->masked == NULL) {
            return mfn__fail_memory(err);
        }
    }
    memset(scan->masked + digits, ' ', end - digits);
    scan->masked[digits] = '0';
    scan->found[scan->found_count++] = (long_whole){scan->member_count, start, end - start};
    return MFN_OK;
}

static mfn_status fail_levels(const number_scan *scan, size_t at, mfn_error *err)
{
    size_t line = 1;
    size_t column = 1;
    for (size_t i = 0; i < at; i++) {
        column = scan->text[i] == '\n' ? 1 : column + 1;
        line += scan->text[i] == '\n';
    }
    return mfn__fail(err, MFN_FORMAT, NULL, "line %zu, column %zu: more than %d levels of brackets",
                     line, column, LEVELS_MAX);
}

/* Text that is not JSON is scanned in some harmless way: the parser refuses it afterwards. */
static mfn_status scan_text(number_scan *scan, mfn_error *err)
{
    int level = 0;
    for (size_t at = 0; at < scan->size;) {
        char character = scan->text[at];
        if (character == '"') {
            at = skip_string(scan, at);
            continue;
        }
        at++;
        if (character == '{' || character == '[') {
            level++;
        } else if (character == '}' || character == ']') {
            level--;
        } else if (character == ':' && level == 1) {
            mfn_status status = mask_long_whole(scan, skip_space(scan, at), err);
            if (status != MFN_OK) {
                return status;
            }
            scan->member_count++;
        }
        if (level > LEVELS_MAX) {
            return fail_levels(scan, at - 1, err);
        }
    }
    return MFN_OK;
}

static mfn_status fail_syntax(const json_error_t *error, mfn_error *err)
{
    static const struct {
        const char *fragment, *hint;
    } hints[] = {
        {"string or '}' expected near '}'", "; remove the comma before it"},
        {"near '''", "; texts stand in double quotes"},
        {"near 'NaN", "; NaN is not allowed"},
        {"near 'Inf", "; infinity is not allowed"},
        {"near 'True", "; write true"},
        {"near 'False", "; write false"},
        {"near 'None", "; write null"},
        {"near '/", "; comments are not allowed"},
        {"near '#", "; comments are not allowed"},
        {"near end of file", "; the text ends too early: is a bracket or a quote not closed?"},
    };
    enum json_error_code code = json_error_code(error);
    if (code == json_error_out_of_memory) {
        return mfn__fail_memory(err);
    }
    const char *hint = "";
    for (size_t i = 0; i < sizeof hints / sizeof hints[0] && *hint == '\0'; i++) {
        hint = strstr(error->text, hints[i].fragment) != NULL ? hints[i].hint : "";
    }
    char shown[JSON_ERROR_TEXT_LENGTH + 1];
    return mfn__fail(err, MFN_FORMAT, NULL, "line %d, column %d: %s%s", error->line, error->column,
                     mfn__text_printable(error->text, strlen(error->text), shown, sizeof shown),
                     hint);
}

static mfn_status true_value(const number_scan *scan, const long_whole *number, const char *key,
                             bool exact, json_t **ret, mfn_error *err)
{
    char *digits = copy_bytes(scan->text + number->start, number->length);
    if (digits == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = MFN_OK;
    double value = 0.0;
    if (!exact && !mfn__text_to_real(digits, &value)) {
        status = mfn__fail(err, MFN_INVALID, key, "%s: a number of %zu digits is too large", key,
                           number->length);
    } else {
        *ret = exact ? json_string(digits) : json_real(value);
        status = *ret != NULL ? MFN_OK : mfn__fail_memory(err);
    }
    mfn__mem_free(digits);
    return status;
}

static mfn_status restore_long_wholes(const number_scan *scan, const char *const *exact_keys,
                                      json_t *object, mfn_error *err)
{
    size_t member = 0;
    size_t next = 0;
    for (void *at = json_object_iter(object); at != NULL && next < scan->found_count;
         at = json_object_iter_next(object, at), member++) {
        if (scan->found[next].member != member) {
            continue;
        }
        const char *key = json_object_iter_key(at);
        json_t *value = NULL;
        mfn_status status =
            true_value(scan, &scan->found[next++], key, is_named(exact_keys, key), &value, err);
        if (status != MFN_OK) {
            return status;
        }
        if (json_object_iter_set_new(object, at, value) != 0) {
            return mfn__fail_memory(err);
        }
    }
    return MFN_OK;
}

mfn_status mfn__json_object_parse(const char *text, size_t size, const char *const *exact_keys,
                                  json_t **ret, mfn_error *err)
{
    number_scan scan = {.text = text, .size = size};
    json_t *object = NULL;
    mfn_status status = scan_text(&scan, err);
    if (status != MFN_OK) {
        goto done;
    }
    if (memchr(text, '\0', size) != NULL) {
        /* The library takes it for the end, whatever stands behind. */
        status = mfn__fail(err, MFN_FORMAT, NULL, "a NUL byte, which is never part of JSON");
        goto done;
    }
    json_error_t error;
    object =
        json_loadb(scan.masked != NULL ? scan.masked : text, size, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL) {
        status = fail_syntax(&error, err);
    } else if (!json_is_object(object)) {
        status = mfn__fail(err, MFN_FORMAT, NULL, "expected one JSON object {...}, got an array");
    } else {
        status = restore_long_wholes(&scan, exact_keys, object, err);
    }
    if (status == MFN_OK) {
        *ret = object;
        object = NULL;
    }
done:
    json_decref(object);
    mfn__mem_free(scan.masked);
    return status;
}

/* The number as the text that mfn_option_set_text takes. */
static void number_to_text(const json_t *value, mfn_option_type type, char ret[SHOWN_BYTES])
{
    if (json_is_integer(value)) {
        snprintf(ret, SHOWN_BYTES, "%lld", (long long)json_integer_value(value));
        return;
    }
    double real = json_real_value(value) + 0.0; /* -0.0 becomes 0.0: one value, one text */
    bool whole = type != MFN_OPTION_REAL && real == floor(real) && fabs(real) <= EXACT_REAL_MAX;
    if (whole) {
        snprintf(ret, SHOWN_BYTES, "%lld", (long long)real);
    } else {
        mfn__real_to_text(real, ret);
    }
}

static mfn_status fail_type(const mfn_option *option, const json_t *value, mfn_error *err)
{
    char expected[128];
    char got[SHOWN_BYTES];
    char shown[SHOWN_BYTES / 2];
    mfn_option_expected(option, expected, sizeof expected);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        snprintf(got, sizeof got, "an object");
        break;
    case JSON_ARRAY:
        snprintf(got, sizeof got, "an array");
        break;
    case JSON_STRING:
        mfn__text_printable(json_string_value(value), json_string_length(value), shown,
                            sizeof shown);
        snprintf(got, sizeof got, "the text \"%s\"", shown);
        break;
    case JSON_INTEGER:
    case JSON_REAL:
        number_to_text(value, option->type, got);
        break;
    default:
        snprintf(got, sizeof got, "%s",
                 json_is_true(value)    ? "true"
                 : json_is_false(value) ? "false"
                                        : "null");
        break;
    }
    return mfn__fail(err, MFN_INVALID, option->name, "%s: expected %s, got %s", option->name,
                     expected, got);
}

static bool type_fits(mfn_option_type type, const json_t *value)
{
    switch (type) {
    case MFN_OPTION_BOOL:
        return json_is_boolean(value);
    case MFN_OPTION_WHOLE:
    case MFN_OPTION_REAL:
        return json_is_number(value);
    case MFN_OPTION_TEXT:
    case MFN_OPTION_CHOICE:
        return json_is_string(value);
    case MFN_OPTION_DIGITS:
        return json_is_number(value) || json_is_string(value);
    case MFN_OPTION_LIST:
    case MFN_OPTION_MAP:
        break; /* no job has such a field */
    }
    return false;
}

/* Puts the digits into the object, so that the options can borrow them. */
static mfn_status set_digits(const mfn_option *option, json_t *object, const char *digits,
                             void *options, mfn_error *err)
{
    json_t *text = json_string(digits);
    if (text == NULL || json_object_set_new(object, option->name, text) != 0) {
        return mfn__fail_memory(err);
    }
    return mfn_option_set_text(option, options, json_string_value(text), err);
}

static mfn_status set_member(const mfn_option *option, json_t *object, const json_t *value,
                             void *options, mfn_error *err)
{
    if (option->type == MFN_OPTION_DIGITS && json_is_null(value)) {
        return MFN_OK;
    }
    if (!type_fits(option->type, value)) {
        return fail_type(option, value, err);
    }
    if (json_is_string(value)) {
        return mfn_option_set_text(option, options, json_string_value(value), err);
    }
    if (json_is_boolean(value)) {
        return mfn_option_set_text(option, options, json_is_true(value) ? "true" : "false", err);
    }
    char text[SHOWN_BYTES];
    number_to_text(value, option->type, text);
    if (option->type == MFN_OPTION_DIGITS) {
        return set_digits(option, object, text, options, err);
    }
    return mfn_option_set_text(option, options, text, err);
}

static mfn_status fail_unknown(const mfn_option *table, const char *const *other_keys,
                               const char *key, mfn_error *err)
{
    char shown[SHOWN_BYTES];
    char names[320] = "";
    size_t others = 0;
    size_t used = 0;
    for (; other_keys != NULL && other_keys[others] != NULL && used < sizeof names; others++) {
        used += (size_t)snprintf(names + used, sizeof names - used, "%s, ", other_keys[others]);
    }
    for (const mfn_option *option = table; option->name != NULL && used < sizeof names; option++) {
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", option->name,
                                 option[1].name != NULL ? ", " : "");
    }
    const char *nearest = mfn_option_nearest(table, key);
    const char *other = mfn__text_nearest(key, other_keys, others);
    nearest = nearest != NULL ? nearest : other;
    mfn__text_printable(key, strlen(key), shown, sizeof shown);
    if (nearest != NULL) {
        return mfn__fail(err, MFN_INVALID, shown, "unknown field '%s'; did you mean '%s'?", shown,
                         nearest);
    }
    return mfn__fail(err, MFN_INVALID, shown, "unknown field '%s'; known fields: %s", shown, names);
}

mfn_status mfn__options_from_json(const mfn_option *table, json_t *object,
                                  const char *const *other_keys, void *options, mfn_error *err)
{
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        const char *key = json_object_iter_key(at);
        if (is_named(other_keys, key)) {
            continue;
        }
        const mfn_option *option = mfn_option_find(table, key);
        mfn_status status =
            option != NULL ? set_member(option, object, json_object_iter_value(at), options, err)
                           : fail_unknown(table, other_keys, key, err);
        if (status != MFN_OK) {
            return status;
        }
    }
    return MFN_OK;
}
