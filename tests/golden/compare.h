/* SPDX-License-Identifier: MIT */
/* Compares what the code gives with what a record says, and remembers the first difference. */
#ifndef GOLDEN_COMPARE_H
#define GOLDEN_COMPARE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "mfn/status.h"

/* The judgement on one record. Zero-initialised it says "passed"; after the first difference,
 * further comparisons do nothing. */
typedef struct comparison {
    enum { COMPARE_PASSED, COMPARE_FAILED, COMPARE_NOT_COVERED } verdict;
    char what[128]; /* the output that differs */
    char expected[640], got[640];
    const char *corrected; /* why something else than the record says is right; NULL: it is right */
} comparison;

/* |got - expected| <= relative * |expected| + absolute; with both 0, the same bits. NaN equals NaN.
 */
typedef struct tolerance {
    double relative, absolute;
} tolerance;

#define TOLERANCE_NONE ((tolerance){0.0, 0.0})

/* Features, box counts, iterated function systems, Lyapunov exponents: data/README.md. */
#define TOLERANCE_OF_REALS ((tolerance){1e-9, 1e-9})

/* Records a difference in words. */
void compare_differs(comparison *cmp, const char *what, const char *expected,
                     const char *got_format, ...) __attribute__((format(printf, 4, 5)));

/* The record asks for something that this version does not offer: neither pass nor failure. */
void compare_not_covered(comparison *cmp);

/* The record does not have the documented form. */
void compare_malformed(comparison *cmp, const char *what, const char *expected);

/* Expect a call to succeed, or to refuse its input. Both return whether it did as expected. */
bool compare_success(comparison *cmp, const char *call, mfn_status status, const mfn_error *err);
bool compare_refusal(comparison *cmp, const char *call, mfn_status status);

/* Each of these compares with the member `key` of the object `out`. */
void compare_real(comparison *cmp, const json_t *out, const char *key, double got,
                  tolerance allowed);
void compare_whole(comparison *cmp, const json_t *out, const char *key, uint64_t got);
void compare_bool(comparison *cmp, const json_t *out, const char *key, bool got);

/* The member is a list of the first, or of the last, of `count` values. */
void compare_first(comparison *cmp, const json_t *out, const char *key, const double *got,
                   size_t count, tolerance allowed);
void compare_last(comparison *cmp, const json_t *out, const char *key, const double *got,
                  size_t count, tolerance allowed);

/* The member is an array {"shape", "f64"} of `count` values with exactly these bits. */
void compare_array(comparison *cmp, const json_t *out, const char *key, const double *got,
                   size_t count);

/* The member is the SHA-256 of the values' little-endian bytes. */
void compare_hash(comparison *cmp, const json_t *out, const char *key, const double *got,
                  size_t count);

/* For values that are no member of an object: `what` names them. */
void compare_real_value(comparison *cmp, const char *what, const json_t *expected, double got,
                        tolerance allowed);
void compare_whole_text(comparison *cmp, const char *what, const json_t *expected, const char *got);
void compare_text(comparison *cmp, const char *what, const char *expected, const char *got);

#endif
