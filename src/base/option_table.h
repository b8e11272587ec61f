/* SPDX-License-Identifier: MIT */
/* Shorthand for the rows of an option table. `owner` is the options struct, and the field's name is
 * the option's name. Ranges include their ends except where the macro's name says otherwise. */
#ifndef MFN_BASE_OPTION_TABLE_H
#define MFN_BASE_OPTION_TABLE_H

#include <stddef.h>

#include "mfn/option.h"

/* clang-format off: one row each */
#define MFN__BOOL(owner, field, initial, text)                                                     \
    {                                                                                              \
        .name = #field, .type = MFN_OPTION_BOOL, .offset = offsetof(owner, field),                 \
        .default_text = (initial), .unit = "", .help = (text)                                      \
    }

#define MFN__WHOLE(owner, field, low, high, initial, units, text)                                  \
    {                                                                                              \
        .name = #field, .type = MFN_OPTION_WHOLE, .offset = offsetof(owner, field), .min = (low),  \
        .max = (high), .default_text = (initial), .unit = (units), .help = (text)                  \
    }

#define MFN__REAL(owner, field, low, high, initial, units, text)                                   \
    {                                                                                              \
        .name = #field, .type = MFN_OPTION_REAL, .offset = offsetof(owner, field), .min = (low),   \
        .max = (high), .default_text = (initial), .unit = (units), .help = (text)                  \
    }

/* The upper end of the range is not allowed. */
#define MFN__REAL_BELOW(owner, field, low, high, initial, units, text)                             \
    {                                                                                              \
        .name = #field, .type = MFN_OPTION_REAL, .offset = offsetof(owner, field), .min = (low),   \
        .max = (high), .max_open = true, .default_text = (initial), .unit = (units),               \
        .help = (text)                                                                             \
    }

/* A text that need not be given has no default and stays NULL. */
#define MFN__TEXT(owner, field, initial, text)                                                     \
    {                                                                                              \
        .name = #field, .type = MFN_OPTION_TEXT, .offset = offsetof(owner, field),                 \
        .default_text = (initial), .unit = "", .help = (text)                                      \
    }

#define MFN__DIGITS(owner, field, initial, text)                                                   \
    {                                                                                              \
        .name = #field, .type = MFN_OPTION_DIGITS, .offset = offsetof(owner, field),               \
        .default_text = (initial), .unit = "", .help = (text)                                      \
    }

#define MFN__CHOICE(owner, field, names, initial, text)                                            \
    {                                                                                              \
        .name = #field, .type = MFN_OPTION_CHOICE, .offset = offsetof(owner, field),               \
        .choices = (names), .default_text = (initial), .unit = "", .help = (text)                  \
    }

/* A text that is never shown: a password, a token. */
#define MFN__SECRET(owner, field, initial, text)                                                   \
    {                                                                                              \
        .name = #field, .type = MFN_OPTION_TEXT, .offset = offsetof(owner, field),                 \
        .default_text = (initial), .unit = "", .help = (text), .is_secret = true                   \
    }

/* A list or map that must be given has the default NULL, any other "". */
#define MFN__LIST(owner, field, initial, secret, text)                                             \
    {                                                                                              \
        .name = #field, .type = MFN_OPTION_LIST, .offset = offsetof(owner, field),                 \
        .default_text = (initial), .unit = "", .help = (text), .is_secret = (secret)               \
    }

#define MFN__MAP(owner, field, initial, secret, text)                                              \
    {                                                                                              \
        .name = #field, .type = MFN_OPTION_MAP, .offset = offsetof(owner, field),                  \
        .default_text = (initial), .unit = "", .help = (text), .is_secret = (secret)               \
    }
/* clang-format on */

#endif
