/* SPDX-License-Identifier: MIT */
/* Numbers as text, exactly: independent of the locale, correctly rounded both ways. */
#ifndef MFN_BASE_NUMBER_H
#define MFN_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MFN__REAL_TEXT_MAX 32

/* The shortest decimal that reads back as the same double, in Python's repr form:
 * "-89.01066911987907", "1e-05", "2.0", "nan", "inf". Returns its length. */
size_t mfn__real_to_text(double value, char ret[MFN__REAL_TEXT_MAX]);

/* True for a number in JSON's grammar (RFC 8259, section 6), whatever its size. */
bool mfn__text_is_number(const char *text);

/* The whole text must be one number as JSON writes it ("-70.1", "1e5"; not "+1", ".5", "5.", "01",
 * "nan"), and small enough not to become infinite. */
bool mfn__text_to_real(const char *text, double *ret);

/* The whole text must be decimal digits (a leading '-' for the second; leading zeros are
 * allowed), in range. */
bool mfn__text_to_u64(const char *text, uint64_t *ret);
bool mfn__text_to_i64(const char *text, int64_t *ret);

#endif
