/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "codec/sha256.h"
#include "record.h"

#define SHOWN_MAX 96

void compare_differs(comparison *cmp, const char *what, const char *expected,
                     const char *got_format, ...)
{
    if (cmp->verdict != COMPARE_PASSED) {
        return;
    }
    cmp->verdict = COMPARE_FAILED;
    snprintf(cmp->what, sizeof cmp->what, "%s", what);
    snprintf(cmp->expected, sizeof cmp->expected, "%s", expected);
    va_list arguments;
    va_start(arguments, got_format);
    vsnprintf(cmp->got, sizeof cmp->got, got_format, arguments);
    va_end(arguments);
}

void compare_not_covered(comparison *cmp)
{
    if (cmp->verdict == COMPARE_PASSED) {
        cmp->verdict = COMPARE_NOT_COVERED;
    }
}

void compare_malformed(comparison *cmp, const char *what, const char *expected)
{
    compare_differs(cmp, what, expected, "a record of another form");
}

bool compare_success(comparison *cmp, const char *call, mfn_status status, const mfn_error *err)
{
    if (status != MFN_OK) {
        compare_differs(cmp, call, "success", "%s: %s", mfn_status_name(status), err->text);
    }
    return status == MFN_OK;
}

bool compare_refusal(comparison *cmp, const char *call, mfn_status status)
{
    if (status == MFN_OK) {
        compare_differs(cmp, call, "a refusal", "success");
    }
    return status != MFN_OK;
}

static bool same_bits(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static void differs_real(comparison *cmp, const char *what, double expected, double got)
{
    char shown[SHOWN_MAX];
    snprintf(shown, sizeof shown, "%a (%.17g)", expected, expected);
    compare_differs(cmp, what, shown, "%a (%.17g), difference %.3g", got, got, got - expected);
}

void compare_real_value(comparison *cmp, const char *what, const json_t *expected, double got,
                        tolerance allowed)
{
    double wanted;
    if (!record_real(expected, &wanted)) {
        compare_malformed(cmp, what, "a number");
        return;
    }
    bool is_exact = allowed.relative == 0.0 && allowed.absolute == 0.0;
    double margin = allowed.relative * fabs(wanted) + allowed.absolute;
    if (!same_bits(wanted, got) && (is_exact || !(fabs(got - wanted) <= margin))) {
        differs_real(cmp, what, wanted, got);
    }
}

void compare_real(comparison *cmp, const json_t *out, const char *key, double got,
                  tolerance allowed)
{
    compare_real_value(cmp, key, json_object_get(out, key), got, allowed);
}

void compare_whole_text(comparison *cmp, const char *what, const json_t *expected, const char *got)
{
    char buffer[RECORD_WHOLE_MAX];
    const char *wanted = record_whole(expected, buffer);
    if (wanted == NULL) {
        compare_malformed(cmp, what, "a whole number");
    } else {
        compare_text(cmp, what, wanted, got);
    }
}

void compare_whole(comparison *cmp, const json_t *out, const char *key, uint64_t got)
{
    char text[RECORD_WHOLE_MAX];
    snprintf(text, sizeof text, "%" PRIu64, got);
    compare_whole_text(cmp, key, json_object_get(out, key), text);
}

void compare_text(comparison *cmp, const char *what, const char *expected, const char *got)
{
    if (strcmp(expected, got) != 0) {
        compare_differs(cmp, what, expected, "%s", got);
    }
}

void compare_bool(comparison *cmp, const json_t *out, const char *key, bool got)
{
    const json_t *expected = json_object_get(out, key);
    if (!json_is_boolean(expected)) {
        compare_malformed(cmp, key, "true or false");
    } else if (json_is_true(expected) != got) {
        compare_differs(cmp, key, got ? "false" : "true", "%s", got ? "true" : "false");
    }
}

void compare_first(comparison *cmp, const json_t *out, const char *key, const double *got,
                   size_t count, tolerance allowed)
{
    const json_t *list = json_object_get(out, key);
    size_t length = json_array_size(list);
    if (length == 0) {
        compare_malformed(cmp, key, "a list of numbers");
    } else if (length > count) {
        compare_differs(cmp, key, "as many values", "%zu values instead of %zu", count, length);
        return;
    }
    for (size_t i = 0; i < length; i++) {
        char what[SHOWN_MAX];
        snprintf(what, sizeof what, "%s[%zu]", key, i);
        compare_real_value(cmp, what, json_array_get(list, i), got[i], allowed);
    }
}

void compare_last(comparison *cmp, const json_t *out, const char *key, const double *got,
                  size_t count, tolerance allowed)
{
    size_t length = json_array_size(json_object_get(out, key));
    size_t skipped = length < count ? count - length : 0;
    compare_first(cmp, out, key, got + skipped, count - skipped, allowed);
}

void compare_array(comparison *cmp, const json_t *out, const char *key, const double *got,
                   size_t count)
{
    record_array expected;
    mfn_error err;
    if (record_array_read(json_object_get(out, key), 1.0, 0.0, &expected, &err) != MFN_OK) {
        compare_malformed(cmp, key, err.text);
        return;
    }
    if (expected.count != count) {
        compare_differs(cmp, key, "the same number of values", "%zu values instead of %zu", count,
                        expected.count);
    }
    for (size_t i = 0; i < expected.count && cmp->verdict == COMPARE_PASSED; i++) {
        if (!same_bits(expected.values[i], got[i])) {
            char what[SHOWN_MAX];
            snprintf(what, sizeof what, "%s[%zu]", key, i);
            differs_real(cmp, what, expected.values[i], got[i]);
        }
    }
    record_array_deinit(&expected);
}

void compare_hash(comparison *cmp, const json_t *out, const char *key, const double *got,
                  size_t count)
{
    const char *expected = json_string_value(json_object_get(out, key));
    if (expected == NULL) {
        compare_malformed(cmp, key, "a SHA-256");
        return;
    }
    char hash[MFN__SHA256_HEX_SIZE];
    mfn__sha256_of_reals(got, count, hash);
    compare_text(cmp, key, expected, hash);
}
