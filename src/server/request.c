/* SPDX-License-Identifier: MIT */
#include "server/request.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/number.h"
#include "codec/json_options.h"

#define LONG_NUMBERS_MAX 8   /* options of the type DIGITS in a table */
#define NUMBER_TEXT_MAX  400 /* of a number in a string */

/* What is wrong with one field. */
typedef struct complaint {
    mfn__faults *faults;
    const mfn_option *option;
    const json_t *value;
} complaint;

/* The value as JSON, when it is short and no secret. */
static void show_input(mfn__fault *fault, const json_t *value, bool is_secret)
{
    if (is_secret || value == NULL) {
        return;
    }
    char text[sizeof fault->input];
    size_t size = json_dumpb(value, text, sizeof text - 1, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    if (size > 0 && size < sizeof text) {
        memcpy(fault->input, text, size);
        fault->input[size] = '\0';
    }
}

static mfn__fault *complain(const complaint *self, const char *type, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static mfn__fault *complain(const complaint *self, const char *type, const char *format, ...)
{
    mfn__fault *fault = mfn__faults_add(self->faults, type, self->option->name);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault->message, sizeof fault->message, format, arguments);
    va_end(arguments);
    show_input(fault, self->value, self->option->is_secret);
    return fault;
}

/* Bounds as pydantic shows them: the upper one first, 0 for 0.0 in the text. */
static bool is_in_range(const complaint *self, double number)
{
    const mfn_option *option = self->option;
    bool is_real = option->type == MFN_OPTION_REAL;
    const struct {
        bool is_broken;
        double bound;
        const char *type, *words, *key;
    } rules[] = {
        {number > option->max, option->max, "less_than_equal", "less than or equal to", "le"},
        {option->max_open && number == option->max, option->max, "less_than", "less than", "lt"},
        {option->min_open && number <= option->min, option->min, "greater_than", "greater than",
         "gt"},
        {number < option->min, option->min, "greater_than_equal", "greater than or equal to", "ge"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (rules[i].is_broken) {
            char bound[MFN__REAL_TEXT_MAX];
            mfn__real_to_text(rules[i].bound, bound);
            char *dot = strstr(bound, ".0");
            bool is_whole = dot != NULL && dot[2] == '\0';
            mfn__fault *fault =
                complain(self, rules[i].type, "Input should be %s %.*s", rules[i].words,
                         is_whole ? (int)(dot - bound) : (int)strlen(bound), bound);
            snprintf(fault->context, sizeof fault->context, "{\"%s\": %.*s}", rules[i].key,
                     is_whole && !is_real ? (int)(dot - bound) : (int)strlen(bound), bound);
            return false;
        }
    }
    return true;
}

/* A number in a string, white space around it aside. */
static bool text_to_real(const char *text, double *ret)
{
    char trimmed[NUMBER_TEXT_MAX];
    text += strspn(text, " \t\r\n");
    size_t size = strlen(text);
    while (size > 0 && strchr(" \t\r\n", text[size - 1]) != NULL) {
        size--;
    }
    if (size == 0 || size >= sizeof trimmed) {
        return false;
    }
    memcpy(trimmed, text, size);
    trimmed[size] = '\0';
    return mfn__text_to_real(trimmed[0] == '+' ? trimmed + 1 : trimmed, ret);
}

bool mfn__request_to_real(const json_t *value, double *ret)
{
    if (json_is_string(value)) {
        return text_to_real(json_string_value(value), ret);
    }
    *ret = json_is_boolean(value) ? (json_is_true(value) ? 1.0 : 0.0) : json_number_value(value);
    return json_is_number(value) || json_is_boolean(value);
}

static bool read_number(const complaint *self, double *ret)
{
    const json_t *value = self->value;
    bool is_whole = self->option->type != MFN_OPTION_REAL;
    if (mfn__request_to_real(value, ret)) {
        return true;
    }
    if (!json_is_string(value)) {
        complain(self, is_whole ? "int_type" : "float_type", "Input should be a valid %s",
                 is_whole ? "integer" : "number");
        return false;
    }
    complain(self, is_whole ? "int_parsing" : "float_parsing",
             "Input should be a valid %s, unable to parse string as %s",
             is_whole ? "integer" : "number", is_whole ? "an integer" : "a number");
    return false;
}

static void read_real(const complaint *self, double *field)
{
    double number = 0.0;
    if (read_number(self, &number) && is_in_range(self, number)) {
        *field = number;
    }
}

static bool read_whole_number(const complaint *self, double *ret)
{
    if (!read_number(self, ret)) {
        return false;
    }
    if (*ret != floor(*ret)) {
        complain(self, json_is_string(self->value) ? "int_parsing" : "int_from_float",
                 json_is_string(self->value)
                     ? "Input should be a valid integer, unable to parse string as an integer"
                     : "Input should be a valid integer, got a number with a fractional part");
        return false;
    }
    return true;
}

/* Of a range that reaches below zero the field holds the number modulo 2^64. */
static void read_whole(const complaint *self, uint64_t *field)
{
    double number = 0.0;
    if (read_whole_number(self, &number) && is_in_range(self, number)) {
        bool is_exact = json_is_integer(self->value);
        *field = is_exact       ? (uint64_t)json_integer_value(self->value)
                 : number < 0.0 ? (uint64_t)(int64_t)number
                                : (uint64_t)number;
    }
}

/* A non-negative whole number of any length; what does not fit 64 bits has become a string. */
static void read_digits(const complaint *self, json_t *object, const char **field)
{
    const char *text = json_string_value(self->value);
    if (text != NULL && text[0] != '\0' && text[strspn(text, "0123456789")] == '\0') {
        *field = text;
        return;
    }
    double number = 0.0;
    if (!read_whole_number(self, &number)) {
        return;
    }
    if (number < 0.0) {
        mfn__fault *fault =
            complain(self, "greater_than_equal", "Input should be greater than or equal to 0");
        snprintf(fault->context, sizeof fault->context, "{\"ge\": 0}");
        return;
    }
    char digits[NUMBER_TEXT_MAX];
    snprintf(digits, sizeof digits, "%.0f", number);
    if (json_is_integer(self->value)) {
        snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(self->value));
    }
    json_t *kept = json_string(digits);
    if (kept != NULL && json_object_set_new(object, self->option->name, kept) == 0) {
        *field = json_string_value(kept);
    }
}

static void read_bool(const complaint *self, bool *field)
{
    static const char *const words[2][7] = {{"0", "off", "f", "false", "n", "no", NULL},
                                            {"1", "on", "t", "true", "y", "yes", NULL}};
    const json_t *value = self->value;
    if (json_is_boolean(value)) {
        *field = json_is_true(value);
        return;
    }
    if (json_is_number(value) &&
        (json_number_value(value) == 0.0 || json_number_value(value) == 1.0)) {
        *field = json_number_value(value) == 1.0;
        return;
    }
    for (size_t truth = 0; json_is_string(value) && truth < 2; truth++) {
        for (size_t i = 0; words[truth][i] != NULL; i++) {
            if (strcasecmp(json_string_value(value), words[truth][i]) == 0) {
                *field = truth == 1;
                return;
            }
        }
    }
    bool is_scalar = json_is_number(value) || json_is_string(value);
    complain(self, is_scalar ? "bool_parsing" : "bool_type",
             is_scalar ? "Input should be a valid boolean, unable to interpret input"
                       : "Input should be a valid boolean");
}

static void read_text(const complaint *self, const char **field)
{
    const mfn_option *option = self->option;
    if (json_is_null(self->value) && option->default_text != NULL &&
        option->default_text[0] == '\0') {
        return; /* not given */
    }
    if (!json_is_string(self->value)) {
        complain(self, "string_type", "Input should be a valid string");
        return;
    }
    double size = (double)json_string_length(self->value);
    if (size < option->min || (option->max > 0.0 && size > option->max)) {
        bool is_short = size < option->min;
        double bound = is_short ? option->min : option->max;
        mfn__fault *fault = complain(self, is_short ? "string_too_short" : "string_too_long",
                                     "String should have at %s %.0f character%s",
                                     is_short ? "least" : "most", bound, bound == 1.0 ? "" : "s");
        snprintf(fault->context, sizeof fault->context, "{\"%s\": %.0f}",
                 is_short ? "min_length" : "max_length", bound);
        return;
    }
    *field = json_string_value(self->value);
}

static void read_choice(const complaint *self, uint32_t *field)
{
    const char *text = json_string_value(self->value);
    if (text == NULL) {
        complain(self, "string_type", "Input should be a valid string");
        return;
    }
    char pattern[72] = "^(";
    for (uint32_t i = 0; self->option->choices[i] != NULL; i++) {
        if (strcmp(self->option->choices[i], text) == 0) {
            *field = i;
            return;
        }
        size_t used = strlen(pattern);
        snprintf(pattern + used, sizeof pattern - used, "%s%s", i > 0 ? "|" : "",
                 self->option->choices[i]);
    }
    mfn__fault *fault =
        complain(self, "string_pattern_mismatch", "String should match pattern '%s)$'", pattern);
    snprintf(fault->context, sizeof fault->context, "{\"pattern\": \"%.70s)$\"}", pattern);
}

static void read_field(const complaint *self, json_t *object, void *request)
{
    void *field = (char *)request + self->option->offset;
    switch (self->option->type) {
    case MFN_OPTION_BOOL:
        read_bool(self, field);
        break;
    case MFN_OPTION_WHOLE:
        read_whole(self, field);
        break;
    case MFN_OPTION_REAL:
        read_real(self, field);
        break;
    case MFN_OPTION_TEXT:
        read_text(self, field);
        break;
    case MFN_OPTION_DIGITS:
        read_digits(self, object, field);
        break;
    case MFN_OPTION_CHOICE:
        read_choice(self, field);
        break;
    case MFN_OPTION_LIST:
    case MFN_OPTION_MAP:
        break; /* no request has such */
    }
}

static bool is_named(const char *const *names, const char *name)
{
    for (; names != NULL && *names != NULL; names++) {
        if (strcmp(*names, name) == 0) {
            return true;
        }
    }
    return false;
}

static void refuse_unknown(json_t *object, const mfn_option *table, const char *const *others,
                           mfn__faults *faults)
{
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        const char *name = json_object_iter_key(at);
        if ((table == NULL || mfn_option_find(table, name) == NULL) && !is_named(others, name)) {
            mfn__fault *fault = mfn__faults_add(faults, "extra_forbidden", name);
            const char *nearest = table != NULL ? mfn_option_nearest(table, name) : NULL;
            snprintf(fault->message, sizeof fault->message,
                     nearest != NULL ? "Extra inputs are not permitted; did you mean '%s'?"
                                     : "Extra inputs are not permitted",
                     nearest);
        }
    }
}

mfn_status mfn__request_read(json_t *body, const mfn_option *table, const char *const *others,
                             bool is_strict, void *request, mfn__faults *ret_faults)
{
    size_t before = ret_faults->count;
    if (table != NULL) {
        mfn_options_set_defaults(table, request);
    }
    for (const mfn_option *option = table; option != NULL && option->name != NULL; option++) {
        const complaint self = {ret_faults, option, json_object_get(body, option->name)};
        if (self.value != NULL) {
            read_field(&self, body, request);
        } else if (option->default_text == NULL) {
            mfn__fault *fault = complain(&self, "missing", "Field required");
            show_input(fault, body, false);
        }
    }
    if (is_strict) {
        refuse_unknown(body, table, others, ret_faults);
    }
    return ret_faults->count == before ? MFN_OK : MFN_INVALID;
}

/* Where "line 3, column 7: ..." lies in the text; 0 when the message does not begin so. */
static int64_t offset_of(const char *text, size_t size, const char *message)
{
    static const char start[] = "line ";
    static const char middle[] = ", column ";
    if (strncmp(message, start, sizeof start - 1) != 0) {
        return 0;
    }
    char *end = NULL;
    unsigned long line = strtoul(message + sizeof start - 1, &end, 10);
    if (strncmp(end, middle, sizeof middle - 1) != 0) {
        return 0;
    }
    unsigned long column = strtoul(end + sizeof middle - 1, NULL, 10);
    size_t at = 0;
    for (unsigned long i = 1; i < line && at < size; i++) {
        const char *line_end = memchr(text + at, '\n', size - at);
        at = line_end != NULL ? (size_t)(line_end - text) + 1 : size;
    }
    at += column > 0 ? column - 1 : 0;
    return (int64_t)(at < size ? at : size);
}

static mfn_status refuse_json(const char *text, size_t size, const char *message,
                              mfn__faults *faults)
{
    mfn__fault *fault = mfn__faults_add(faults, "json_invalid", "");
    fault->index[0] = offset_of(text, size, message);
    snprintf(fault->message, sizeof fault->message, "JSON decode error");
    snprintf(fault->input, sizeof fault->input, "{}");
    json_t *error = json_pack("{s:s}", "error", message);
    char shown[sizeof fault->context];
    size_t length = error != NULL ? json_dumpb(error, shown, sizeof shown - 1, 0) : 0;
    if (length > 0 && length < sizeof shown) {
        memcpy(fault->context, shown, length);
        fault->context[length] = '\0';
    }
    json_decref(error);
    return MFN_FORMAT;
}

/* JSON, but no object. */
static bool is_other_json(const char *text, size_t size, mfn__faults *faults)
{
    size_t start = 0;
    while (start < size && strchr(" \t\r\n", text[start]) != NULL && text[start] != '\0') {
        start++;
    }
    json_t *value = start < size && text[start] != '{'
                        ? json_loadb(text, size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL)
                        : NULL;
    if (value == NULL) {
        return false;
    }
    mfn__fault *fault = mfn__faults_add(faults, "model_attributes_type", "");
    snprintf(fault->message, sizeof fault->message,
             "Input should be a valid dictionary or object to extract fields from");
    show_input(fault, value, false);
    json_decref(value);
    return true;
}

mfn_status mfn__request_parse(const char *text, size_t size, const mfn_option *table, json_t **ret,
                              mfn__faults *ret_faults)
{
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        size -= 3;
    }
    if (size == 0) {
        mfn__fault *fault = mfn__faults_add(ret_faults, "missing", "");
        snprintf(fault->message, sizeof fault->message, "Field required");
        snprintf(fault->input, sizeof fault->input, "null");
        return MFN_FORMAT;
    }
    const char *exact[LONG_NUMBERS_MAX + 1] = {NULL};
    size_t count = 0;
    for (const mfn_option *option = table; option != NULL && option->name != NULL; option++) {
        if (option->type == MFN_OPTION_DIGITS && count < LONG_NUMBERS_MAX) {
            exact[count++] = option->name;
        }
    }
    mfn_error err = {0};
    if (mfn__json_object_parse(text, size, exact, ret, &err) == MFN_OK) {
        return MFN_OK;
    }
    if (is_other_json(text, size, ret_faults)) {
        return MFN_FORMAT;
    }
    return refuse_json(text, size, err.text, ret_faults);
}
