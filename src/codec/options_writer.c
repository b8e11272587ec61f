/* SPDX-License-Identifier: MIT */
#include "codec/options_writer.h"

#include <string.h>

/* JSON allows no leading zeros, and equal numbers must have equal texts. */
static const char *without_leading_zeros(const char *digits)
{
    size_t zeros = strspn(digits, "0");
    return digits[zeros] == '\0' ? "0" : digits + zeros;
}

static void write_texts(const mfn_texts *texts, mfn__json_writer *json)
{
    mfn__json_array_begin(json);
    for (size_t i = 0; i < texts->count; i++) {
        mfn__json_text(json, texts->values[i]);
    }
    mfn__json_array_end(json);
}

static void write_pairs(const mfn_texts *texts, mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    for (size_t i = 0; i < texts->count; i++) {
        mfn__json_key(json, texts->keys[i]);
        mfn__json_text(json, texts->values[i]);
    }
    mfn__json_object_end(json);
}

static void write_value(const mfn_option *option, const void *field, mfn__json_writer *json)
{
    switch (option->type) {
    case MFN_OPTION_BOOL:
        mfn__json_bool(json, *(const bool *)field);
        break;
    case MFN_OPTION_WHOLE:
        mfn__json_u64(json, *(const uint64_t *)field);
        break;
    case MFN_OPTION_REAL:
        mfn__json_real(json, *(const double *)field);
        break;
    case MFN_OPTION_TEXT: {
        const char *text = *(const char *const *)field;
        if (text != NULL) {
            mfn__json_text(json, text);
        } else {
            mfn__json_null(json);
        }
        break;
    }
    case MFN_OPTION_DIGITS:
        mfn__json_raw(json, without_leading_zeros(*(const char *const *)field));
        break;
    case MFN_OPTION_CHOICE: {
        const char *choice = option->choices[*(const uint32_t *)field];
        if (choice[0] >= '0' && choice[0] <= '9') {
            mfn__json_raw(json, choice); /* a choice between numbers, as the connectivity */
        } else {
            mfn__json_text(json, choice);
        }
        break;
    }
    case MFN_OPTION_LIST:
        write_texts(field, json);
        break;
    case MFN_OPTION_MAP:
        write_pairs(field, json);
        break;
    }
}

void mfn__options_write_json(const mfn_option *table, const void *options, mfn__json_writer *json)
{
    for (const mfn_option *option = table; option->name != NULL; option++) {
        mfn__json_key(json, option->name);
        write_value(option, (const char *)options + option->offset, json);
    }
}
