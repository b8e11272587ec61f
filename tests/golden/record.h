/* SPDX-License-Identifier: MIT */
/* One line of a vector file, and the forms that values have in it (data/README.md). */
#ifndef GOLDEN_RECORD_H
#define GOLDEN_RECORD_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "mfn/status.h"

/* What the reference was given and what it answered. Borrowed from the parsed line. */
typedef struct record {
    const char *id, *kind;
    const json_t *in;
    const json_t *out; /* NULL when the operation raised an exception */
} record;

/* Checks the shape {"id", "kind", "in", "out" or "err"}. */
mfn_status record_read(const json_t *line, record *ret, mfn_error *err);

/* A hexadecimal float, "nan", "inf", "-inf", or a JSON number. */
bool record_real(const json_t *value, double *ret);

/* A JSON whole number or decimal digits, as text: NULL for anything else. `buffer` holds the text
 * of a JSON number. */
#define RECORD_WHOLE_MAX 32
const char *record_whole(const json_t *value, char buffer[RECORD_WHOLE_MAX]);

#define RECORD_DIMENSIONS_MAX 3

/* An array of up to three dimensions, row-major. Release with record_array_deinit. */
typedef struct record_array {
    double *values;
    size_t count;
    size_t dimensions;
    size_t shape[RECORD_DIMENSIONS_MAX];
} record_array;

/* Reads {"shape", "f64"}, {"shape", "f32"} or {"shape", "bits"}; a set bit becomes `on`, the others
 * `off`. */
mfn_status record_array_read(const json_t *value, double on, double off, record_array *ret,
                             mfn_error *err);
void record_array_deinit(record_array *array);

#endif
