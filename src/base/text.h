/* SPDX-License-Identifier: MIT */
/* Small text helpers. */
#ifndef MFN_BASE_TEXT_H
#define MFN_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Number of single-character edits (insert, delete, replace, swap of neighbours) between two
 * texts, ignoring case and taking '-' for '_'. Texts over 63 characters count as far apart. */
size_t mfn__text_distance(const char *a, const char *b);

/* The nearest of `count` names, or NULL when none is near enough to be a likely misspelling. */
const char *mfn__text_nearest(const char *name, const char *const *names, size_t count);

/* Copies `text` for showing to a person: control characters and bytes that are not UTF-8 become
 * '?', and what does not fit ends in "...". Always NUL-terminated; returns `ret`. */
char *mfn__text_printable(const char *text, size_t length, char *ret, size_t size);

/* Length of the well-formed UTF-8 sequence at the start of `text`, 0 when there is none (RFC 3629:
 * no overlong forms, no surrogates, nothing above U+10FFFF). `length` is at least 1. */
size_t mfn__text_utf8_sequence(const char *text, size_t length);
bool mfn__text_is_utf8(const char *text, size_t length);
bool mfn__text_ends_with(const char *text, const char *ending);

#endif
