/* SPDX-License-Identifier: MIT */
/* Tables that describe the fields of an options struct: one table feeds defaults, validation,
 * command-line flags, JSON fields, YAML keys, CSV columns and the reference documentation. */
#ifndef MFN_OPTION_H
#define MFN_OPTION_H

#include <stddef.h>

#include "mfn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mfn_option_type {
    MFN_OPTION_BOOL,   /* bool */
    MFN_OPTION_WHOLE,  /* uint64_t: a whole number */
    MFN_OPTION_REAL,   /* double */
    MFN_OPTION_TEXT,   /* const char *, borrowed */
    MFN_OPTION_DIGITS, /* const char *, borrowed: a non-negative whole number of any length */
    MFN_OPTION_CHOICE, /* uint32_t: index into `choices` */
    MFN_OPTION_LIST,   /* mfn_texts: values alone */
    MFN_OPTION_MAP,    /* mfn_texts: keys and values */
} mfn_option_type;

/* Several texts, all borrowed from the document they were read from. */
typedef struct mfn_texts {
    const char *const *keys;   /* MAP: `count` of them; LIST: NULL */
    const char *const *values; /* NULL when count is 0 */
    size_t count;
} mfn_texts;

/* Constant data; a table ends with an entry whose name is NULL. */
typedef struct mfn_option {
    const char *name; /* snake_case, as in JSON and YAML; the flag has dashes instead */
    mfn_option_type type;
    size_t offset;              /* of the field in its options struct */
    double min, max;            /* WHOLE and REAL: the allowed range; TEXT: its length in bytes */
    bool min_open, max_open;    /* the bound itself is not allowed */
    const char *const *choices; /* CHOICE: names, ends with NULL */
    const char *default_text;   /* NULL: the option has no default and must be given */
    const char *unit;           /* "mV", "s", "bytes"; "" when there is none */
    const char *help;           /* one line */
    bool is_secret;             /* its value (MAP: its values) is never shown to anybody */
} mfn_option;

/* Writes every default into `options`; fields without a default are left as they are. */
MFN_API void mfn_options_set_defaults(const mfn_option *table, void *options);

/* Checks every field against its bounds. The error names field, value and range. NaN never
 * passes. */
MFN_CHECKED MFN_API mfn_status mfn_options_check(const mfn_option *table, const void *options,
                                                 mfn_error *err);

/* NULL when the table has no such name. */
MFN_API const mfn_option *mfn_option_find(const mfn_option *table, const char *name);

/* The name in the table that a mistyped `name` most likely meant, or NULL. */
MFN_API const char *mfn_option_nearest(const mfn_option *table, const char *name);

/* Sets one field from text ("64", "0.18", "true", "periodic") and checks its range. TEXT and
 * DIGITS fields keep the pointer `text`: it must outlive `options`. LIST and MAP fields take only
 * "" (nothing in them) this way. */
MFN_CHECKED MFN_API mfn_status mfn_option_set_text(const mfn_option *option, void *options,
                                                   const char *text, mfn_error *err);

/* Writes the field's value as text (numbers in their shortest exact form), NUL-terminated and
 * cut at `size` bytes; returns the length that the whole text has. A secret that is set reads
 * "(hidden)". Lists and maps read as JSON: ["a", "b"], {"k": "v"}. */
MFN_API size_t mfn_option_get_text(const mfn_option *option, const void *options, char *ret,
                                   size_t size);

/* Describes what the option takes: "a whole number in [4, 1024]". Same contract as above. */
MFN_API size_t mfn_option_expected(const mfn_option *option, char *ret, size_t size);

#ifdef __cplusplus
}
#endif

#endif
