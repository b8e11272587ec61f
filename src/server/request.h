/* SPDX-License-Identifier: MIT */
/* JSON bodies read into the struct of an operation by its option table, as leniently as the
 * reference's validation (pydantic 2, lax mode) does: "8" and 8.0 are whole numbers, "yes" is true.
 * All faults are found at once. */
#ifndef MFN_SERVER_REQUEST_H
#define MFN_SERVER_REQUEST_H

#include <jansson.h>

#include "server/faults.h"

#include "mfn/option.h"

/* Parses the text of a body: duplicate keys are refused, as are NaN and Infinity, more than 32
 * levels, and invalid UTF-8. On MFN_FORMAT `ret_faults` holds the one fault (json_invalid with the
 * position). Whole numbers beyond 64 bits keep their digits where the table says DIGITS. Release
 * with json_decref. */
mfn_status mfn__request_parse(const char *text, size_t size, const mfn_option *table, json_t **ret,
                              mfn__faults *ret_faults);

/* Fills `request`, whose defaults are set first. Members named in `others` (ends with NULL, may be
 * NULL) are left to the caller; members that nobody knows are ignored, or faults when `is_strict`.
 * Texts are borrowed from `body`. MFN_INVALID when there are faults. */
mfn_status mfn__request_read(json_t *body, const mfn_option *table, const char *const *others,
                             bool is_strict, void *request, mfn__faults *ret_faults);

/* A list of lists of numbers as one block. */
typedef struct mfn__matrix {
    uint64_t rows, columns;
    uint64_t ragged_row; /* the first whose length is not that of row 0; UINT64_MAX: none */
    double *values;      /* row-major; release with mfn__mem_free; NULL when there are none, or
                            when a row is ragged */
} mfn__matrix;

/* MFN_INVALID when there are faults, MFN_TOO_LARGE (a fault as well) above `values_max` values,
 * MFN_NO_MEMORY. */
mfn_status mfn__request_read_matrix(const json_t *value, const char *field, uint64_t values_max,
                                    mfn__matrix *ret, mfn__faults *ret_faults);

/* A number as the reference's validation takes it: also one in a string, or a truth value. */
bool mfn__request_to_real(const json_t *value, double *ret);

#endif
