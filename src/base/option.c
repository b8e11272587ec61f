/* SPDX-License-Identifier: MIT */
/* One place that knows how each kind of option is written, bounded and explained. */
#include "mfn/option.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"

#define NAMES_MAX   64
#define VALUE_SHOWN 64

/* The largest double below 2^64: as an upper bound it means "no bound". */
#define WHOLE_MAX  18446744073709549568.0

#define DIGITS_MAX 4096

#define HIDDEN     "(hidden)"

static void *field_of(const mfn_option *option, void *options)
{
    return (char *)options + option->offset;
}

static const void *value_of(const mfn_option *option, const void *options)
{
    return (const char *)options + option->offset;
}

static size_t cut(char *ret, size_t size, const char *text)
{
    return (size_t)snprintf(ret, size, "%s", text);
}

static bool has_no_upper_bound(const mfn_option *option)
{
    return option->type == MFN_OPTION_WHOLE ? option->max >= WHOLE_MAX : isinf(option->max) != 0;
}

/* The range in mathematical notation: "[4, 1024]", "[0.05, 0.25)", ">= 1". */
static void range_to_text(const mfn_option *option, char *ret, size_t size)
{
    char low[MFN__REAL_TEXT_MAX];
    char high[MFN__REAL_TEXT_MAX];
    mfn__real_to_text(option->min, low);
    mfn__real_to_text(option->max, high);
    if (fabs(option->min) < 1e15 && option->min == floor(option->min)) {
        snprintf(low, sizeof low, "%.0f", option->min);
    }
    if (fabs(option->max) < 1e15 && option->max == floor(option->max)) {
        snprintf(high, sizeof high, "%.0f", option->max);
    }
    if (has_no_upper_bound(option)) {
        snprintf(ret, size, "%s %s", option->min_open ? ">" : ">=", low);
    } else {
        snprintf(ret, size, "in %c%s, %s%c", option->min_open ? '(' : '[', low, high,
                 option->max_open ? ')' : ']');
    }
}

static size_t choices_to_text(const mfn_option *option, char *ret, size_t size)
{
    size_t used = cut(ret, size, "one of ");
    for (size_t i = 0; option->choices[i] != NULL; i++) {
        size_t at = used < size ? used : size;
        used +=
            (size_t)snprintf(ret + at, size - at, "%s%s", i > 0 ? ", " : "", option->choices[i]);
    }
    return used;
}

size_t mfn_option_expected(const mfn_option *option, char *ret, size_t size)
{
    char range[3 * MFN__REAL_TEXT_MAX];
    switch (option->type) {
    case MFN_OPTION_BOOL:
        return cut(ret, size, "true or false");
    case MFN_OPTION_WHOLE:
        range_to_text(option, range, sizeof range);
        return (size_t)snprintf(ret, size, "a whole number %s", range);
    case MFN_OPTION_REAL:
        range_to_text(option, range, sizeof range);
        return (size_t)snprintf(ret, size, "a number %s", range);
    case MFN_OPTION_TEXT:
        if (option->max > 0) {
            return (size_t)snprintf(ret, size, "a text of %.0f to %.0f bytes", option->min,
                                    option->max);
        }
        return cut(ret, size, "a text");
    case MFN_OPTION_DIGITS:
        return cut(ret, size, "a non-negative whole number");
    case MFN_OPTION_CHOICE:
        return choices_to_text(option, ret, size);
    case MFN_OPTION_LIST:
        return cut(ret, size, "a list of texts");
    case MFN_OPTION_MAP:
        return cut(ret, size, "a map of keys and texts");
    }
    return cut(ret, size, "another kind of value");
}

static mfn_status refuse(const mfn_option *option, const char *got, mfn_error *err)
{
    char expected[256];
    char shown[VALUE_SHOWN];
    mfn_option_expected(option, expected, sizeof expected);
    if (option->is_secret) {
        return mfn__fail(err, MFN_INVALID, option->name,
                         "%s: expected %s, got a value that is not shown", option->name, expected);
    }
    mfn__text_printable(got, strlen(got), shown, sizeof shown);
    bool quoted = option->type == MFN_OPTION_TEXT || shown[0] == '\0' ||
                  strspn(shown, "0123456789.+-einfa") != strlen(shown);
    return mfn__fail(err, MFN_INVALID, option->name, "%s: expected %s, got %s%s%s", option->name,
                     expected, quoted ? "'" : "", shown, quoted ? "'" : "");
}

static bool in_range(const mfn_option *option, double value)
{
    bool above = option->min_open ? value > option->min : value >= option->min;
    bool below = option->max_open ? value < option->max : value <= option->max;
    return above && (below || has_no_upper_bound(option)); /* false for NaN */
}

static bool is_digits(const char *text)
{
    size_t length = strspn(text, "0123456789");
    return length > 0 && length <= DIGITS_MAX && text[length] == '\0';
}

static size_t choice_count(const mfn_option *option)
{
    size_t count = 0;
    while (option->choices[count] != NULL) {
        count++;
    }
    return count;
}

/* A list or map that must be given must have something in it. */
static bool are_texts_allowed(const mfn_option *option, const mfn_texts *texts)
{
    if (texts->count == 0) {
        return option->default_text != NULL;
    }
    return texts->values != NULL && (texts->keys != NULL) == (option->type == MFN_OPTION_MAP);
}

static bool is_allowed(const mfn_option *option, const void *options)
{
    const void *value = value_of(option, options);
    switch (option->type) {
    case MFN_OPTION_BOOL:
        return true;
    case MFN_OPTION_WHOLE: {
        uint64_t whole = *(const uint64_t *)value;
        return in_range(option, (double)whole);
    }
    case MFN_OPTION_REAL: {
        double real = *(const double *)value;
        return isfinite(real) && in_range(option, real);
    }
    case MFN_OPTION_TEXT: {
        const char *text = *(const char *const *)value;
        return text == NULL || option->max <= 0 || in_range(option, (double)strlen(text));
    }
    case MFN_OPTION_DIGITS: {
        const char *text = *(const char *const *)value;
        return text != NULL && is_digits(text);
    }
    case MFN_OPTION_CHOICE:
        return *(const uint32_t *)value < choice_count(option);
    case MFN_OPTION_LIST:
    case MFN_OPTION_MAP:
        return are_texts_allowed(option, value);
    }
    return false;
}

mfn_status mfn_options_check(const mfn_option *table, const void *options, mfn_error *err)
{
    for (const mfn_option *option = table; option->name != NULL; option++) {
        if (!is_allowed(option, options)) {
            char got[VALUE_SHOWN];
            mfn_option_get_text(option, options, got, sizeof got);
            return refuse(option, got, err);
        }
    }
    return MFN_OK;
}

const mfn_option *mfn_option_find(const mfn_option *table, const char *name)
{
    for (const mfn_option *option = table; option->name != NULL; option++) {
        if (strcmp(option->name, name) == 0) {
            return option;
        }
    }
    return NULL;
}

const char *mfn_option_nearest(const mfn_option *table, const char *name)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (const mfn_option *option = table; option->name != NULL && count < NAMES_MAX; option++) {
        names[count++] = option->name;
    }
    return mfn__text_nearest(name, names, count);
}

static bool parse_bool(const char *text, bool *ret)
{
    static const char *const names[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(text, names[i]) == 0) {
            *ret = i % 2 == 1;
            return true;
        }
    }
    return false;
}

typedef struct suffix {
    const char *name;
    double factor;
} suffix;

static const suffix byte_suffixes[] = {
    {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"KB", 1e3}, {"MB", 1e6},
    {"GB", 1e9},     {"B", 1.0},         {NULL, 0.0},
};

static const suffix time_suffixes[] = {
    {"ms", 1e-3}, {"s", 1.0}, {"m", 60.0}, {"h", 3600.0}, {NULL, 0.0},
};

/* Copies the number before a unit that the option understands and gives the unit's factor. */
static double split_suffix(const mfn_option *option, const char *text, char *ret, size_t size)
{
    const suffix *known = strcmp(option->unit, "bytes") == 0 ? byte_suffixes
                          : strcmp(option->unit, "s") == 0   ? time_suffixes
                                                             : NULL;
    snprintf(ret, size, "%s", text);
    for (; known != NULL && known->name != NULL; known++) {
        if (mfn__text_ends_with(ret, known->name)) {
            ret[strlen(ret) - strlen(known->name)] = '\0';
            return known->factor;
        }
    }
    return 1.0;
}

static bool parse_whole(const mfn_option *option, const char *text, uint64_t *ret)
{
    char number[VALUE_SHOWN];
    if (strlen(text) >= sizeof number) {
        return false;
    }
    double factor = split_suffix(option, text, number, sizeof number);
    uint64_t value = 0;
    return factor >= 1.0 && mfn__text_to_u64(number, &value) &&
           !__builtin_mul_overflow(value, (uint64_t)factor, ret);
}

static bool parse_real(const mfn_option *option, const char *text, double *ret)
{
    char number[512];
    if (strlen(text) >= sizeof number) {
        return false;
    }
    double factor = split_suffix(option, text, number, sizeof number);
    double value = 0.0;
    if (!mfn__text_to_real(number, &value)) {
        return false;
    }
    *ret = factor == 1.0 ? value : value * factor;
    return true;
}

static bool parse_choice(const mfn_option *option, const char *text, uint32_t *ret)
{
    for (uint32_t i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

/* Room for a value of any type, with the field at offset 0. */
typedef union any_value {
    bool flag;
    uint64_t whole;
    double real;
    const char *text;
    uint32_t choice;
    mfn_texts texts;
} any_value;

static size_t size_of(const mfn_option *option)
{
    switch (option->type) {
    case MFN_OPTION_BOOL:
        return sizeof(bool);
    case MFN_OPTION_WHOLE:
        return sizeof(uint64_t);
    case MFN_OPTION_REAL:
        return sizeof(double);
    case MFN_OPTION_TEXT:
    case MFN_OPTION_DIGITS:
        return sizeof(const char *);
    case MFN_OPTION_CHOICE:
        return sizeof(uint32_t);
    case MFN_OPTION_LIST:
    case MFN_OPTION_MAP:
        return sizeof(mfn_texts);
    }
    return 0;
}

static bool parse(const mfn_option *option, const char *text, any_value *ret)
{
    switch (option->type) {
    case MFN_OPTION_BOOL:
        return parse_bool(text, &ret->flag);
    case MFN_OPTION_WHOLE:
        return parse_whole(option, text, &ret->whole);
    case MFN_OPTION_REAL:
        return parse_real(option, text, &ret->real);
    case MFN_OPTION_TEXT:
    case MFN_OPTION_DIGITS:
        ret->text = text;
        return true;
    case MFN_OPTION_CHOICE:
        return parse_choice(option, text, &ret->choice);
    case MFN_OPTION_LIST:
    case MFN_OPTION_MAP:
        ret->texts = (mfn_texts){0};
        return text[0] == '\0';
    }
    return false;
}

mfn_status mfn_option_set_text(const mfn_option *option, void *options, const char *text,
                               mfn_error *err)
{
    any_value value = {0};
    mfn_option alone = *option;
    alone.offset = 0;
    if (!parse(option, text, &value) || !is_allowed(&alone, &value)) {
        return refuse(option, text, err);
    }
    memcpy(field_of(option, options), &value, size_of(option));
    return MFN_OK;
}

void mfn_options_set_defaults(const mfn_option *table, void *options)
{
    for (const mfn_option *option = table; option->name != NULL; option++) {
        if (option->default_text != NULL) {
            mfn_status status = mfn_option_set_text(option, options, option->default_text, NULL);
            assert(status == MFN_OK);
            (void)status;
        }
    }
}

/* Text that grows in a buffer of fixed size and goes on counting when that is full. */
typedef struct written {
    char *text;
    size_t size, used;
} written;

static void put(written *self, const char *text)
{
    size_t at = self->used < self->size ? self->used : self->size;
    self->used += cut(self->text + at, self->size - at, text);
}

/* As JSON: what a YAML flow list or map understands too. */
static void put_quoted(written *self, const char *text)
{
    put(self, "\"");
    for (const char *c = text; *c != '\0'; c++) {
        char escaped[8] = {*c};
        if (*c == '"' || *c == '\\') {
            snprintf(escaped, sizeof escaped, "\\%c", *c);
        } else if ((unsigned char)*c < 0x20 || *c == 0x7F) {
            snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)*c);
        }
        put(self, escaped);
    }
    put(self, "\"");
}

static size_t texts_to_text(const mfn_option *option, const mfn_texts *texts, char *ret,
                            size_t size)
{
    bool is_map = option->type == MFN_OPTION_MAP;
    size_t count = texts->values != NULL ? texts->count : 0;
    written out = {ret, size, 0};
    put(&out, is_map ? "{" : "[");
    for (size_t i = 0; i < count; i++) {
        put(&out, i > 0 ? ", " : "");
        if (is_map && texts->keys != NULL) {
            put_quoted(&out, texts->keys[i]);
            put(&out, ": ");
        }
        put_quoted(&out, option->is_secret ? HIDDEN : texts->values[i]);
    }
    put(&out, is_map ? "}" : "]");
    return out.used;
}

size_t mfn_option_get_text(const mfn_option *option, const void *options, char *ret, size_t size)
{
    const void *value = value_of(option, options);
    switch (option->type) {
    case MFN_OPTION_BOOL:
        return cut(ret, size, *(const bool *)value ? "true" : "false");
    case MFN_OPTION_WHOLE:
        return (size_t)snprintf(ret, size, "%llu", (unsigned long long)*(const uint64_t *)value);
    case MFN_OPTION_REAL: {
        char text[MFN__REAL_TEXT_MAX];
        mfn__real_to_text(*(const double *)value, text);
        return cut(ret, size, text);
    }
    case MFN_OPTION_TEXT:
    case MFN_OPTION_DIGITS: {
        const char *text = *(const char *const *)value;
        if (text == NULL || text[0] == '\0') {
            return cut(ret, size, "");
        }
        return cut(ret, size, option->is_secret ? HIDDEN : text);
    }
    case MFN_OPTION_CHOICE: {
        uint32_t index = *(const uint32_t *)value;
        if (index < choice_count(option)) {
            return cut(ret, size, option->choices[index]);
        }
        return (size_t)snprintf(ret, size, "%u", (unsigned)index);
    }
    case MFN_OPTION_LIST:
    case MFN_OPTION_MAP:
        return texts_to_text(option, value, ret, size);
    }
    return cut(ret, size, "");
}
