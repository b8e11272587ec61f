/* SPDX-License-Identifier: MIT */
#include "kinds/box.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"

void box_compare_sizes(comparison *cmp, const char *what, const json_t *list, const uint32_t *sizes,
                       size_t count)
{
    char expected[256] = "";
    char got[256] = "";
    size_t length = json_array_size(list);
    for (size_t i = 0, end = 0; i < length && end < sizeof expected; i++) {
        end += (size_t)snprintf(expected + end, sizeof expected - end, "%lld ",
                                (long long)json_integer_value(json_array_get(list, i)));
    }
    for (size_t i = 0, end = 0; i < count && end < sizeof got; i++) {
        end += (size_t)snprintf(got + end, sizeof got - end, "%" PRIu32 " ", sizes[i]);
    }
    compare_text(cmp, what, expected, got);
}

static void compare_counts(comparison *cmp, const json_t *list, const mfn_box_counting *got)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        char what[32];
        char count[32];
        snprintf(what, sizeof what, "counts[%zu]", i);
        snprintf(count, sizeof count, "%" PRIu64, got->counts[i]);
        compare_whole_text(cmp, what, json_array_get(list, i), count);
    }
}

void box_compare(comparison *cmp, const json_t *out, const mfn_box_counting *got,
                 uint64_t min_box_size)
{
    const json_t *box = json_object_get(out, "box");
    const json_t *sizes = json_object_get(box, "sizes");
    json_int_t smallest = json_integer_value(json_array_get(sizes, 0));
    /* Where minimum and maximum are equal, rounding can give the reference a size below the minimum
     * beside it (8 .. 8 became 7 and 8). Ours then has the one size that was asked for, which
     * makes no regression. */
    bool is_below = smallest != 0 && (uint64_t)smallest < min_box_size;
    if (box == NULL) {
        compare_malformed(cmp, "box", "the regression, or null");
    } else if (json_is_null(box) || is_below) {
        if (got->scales > 1) {
            compare_differs(cmp, "box", "fewer than two sizes", "%" PRIu32, got->scales);
        }
        if (got->dimension != 0.0) {
            compare_differs(cmp, "dimension", "0", "%a", got->dimension);
        }
    } else {
        box_compare_sizes(cmp, "box.sizes", sizes, got->sizes, got->scales);
        if (cmp->verdict == COMPARE_PASSED) {
            compare_counts(cmp, json_object_get(box, "counts"), got);
        }
        compare_real(cmp, box, "slope", got->dimension, TOLERANCE_OF_REALS);
        compare_real(cmp, box, "intercept", got->intercept, TOLERANCE_OF_REALS);
    }
}

uint8_t *box_mask(comparison *cmp, const double *values, size_t count, double threshold)
{
    uint8_t *mask = mfn__mem_new(count, sizeof *mask);
    if (mask == NULL) {
        compare_differs(cmp, "mask", "memory for it", "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        mask[i] = values[i] > threshold;
    }
    return mask;
}
