/* SPDX-License-Identifier: MIT */
#include "kinds/draws.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>

#include "codec/sha256.h"
#include "record.h"

static bool has_length(comparison *cmp, const json_t *list, size_t count)
{
    if (json_array_size(list) != count) {
        compare_malformed(cmp, "out.draws", "as many values as asked for");
        return false;
    }
    return true;
}

void draws_compare_reals(comparison *cmp, const char *what, const json_t *draw,
                         const double *values, size_t count)
{
    if (json_is_object(draw)) {
        compare_whole(cmp, draw, "n", count);
        compare_first(cmp, draw, "first", values, count, TOLERANCE_NONE);
        if (json_object_get(draw, "last") != NULL) {
            compare_last(cmp, draw, "last", values, count, TOLERANCE_NONE);
        }
        compare_hash(cmp, draw, "sha256_le_f64", values, count);
    } else if (!json_is_array(draw) && count == 1) {
        compare_real_value(cmp, what, draw, *values, TOLERANCE_NONE);
    } else if (has_length(cmp, draw, count)) {
        for (size_t i = 0; i < count; i++) {
            compare_real_value(cmp, what, json_array_get(draw, i), values[i], TOLERANCE_NONE);
        }
    }
}

static void compare_integer(comparison *cmp, const char *what, const json_t *expected, uint64_t got,
                            bool is_signed)
{
    char text[RECORD_WHOLE_MAX];
    if (is_signed) {
        snprintf(text, sizeof text, "%" PRId64, (int64_t)got);
    } else {
        snprintf(text, sizeof text, "%" PRIu64, got);
    }
    compare_whole_text(cmp, what, expected, text);
}

static void compare_list(comparison *cmp, const char *what, const json_t *list,
                         const uint64_t *values, bool is_signed)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        compare_integer(cmp, what, json_array_get(list, i), values[i], is_signed);
    }
}

static void compare_summary(comparison *cmp, const json_t *draw, uint64_t *values, size_t count,
                            bool is_signed)
{
    const char *expected = json_string_value(json_object_get(draw, "sha256_le_i64"));
    const json_t *first = json_object_get(draw, "first");
    const json_t *last = json_object_get(draw, "last");
    if (expected == NULL || json_array_size(first) > count || json_array_size(last) > count) {
        compare_malformed(cmp, "out.draws", "a summary of integers");
        return;
    }
    compare_whole(cmp, draw, "n", count);
    compare_list(cmp, "first", first, values, is_signed);
    compare_list(cmp, "last", last, values + count - json_array_size(last), is_signed);
    for (size_t i = 0; i < count; i++) {
        values[i] = htole64(values[i]);
    }
    char hash[MFN__SHA256_HEX_SIZE];
    mfn__sha256_hex(values, count * sizeof *values, hash);
    compare_text(cmp, "sha256_le_i64", expected, hash);
}

void draws_compare_integers(comparison *cmp, const json_t *draw, uint64_t *values, size_t count,
                            bool is_signed)
{
    if (json_is_object(draw)) {
        compare_summary(cmp, draw, values, count, is_signed);
    } else if (!json_is_array(draw) && count == 1) {
        compare_integer(cmp, "draw", draw, *values, is_signed);
    } else if (has_length(cmp, draw, count)) {
        compare_list(cmp, "draw", draw, values, is_signed);
    }
}
