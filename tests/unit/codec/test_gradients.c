/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "codec/gradients.h"
#include "folder.h"
#include "suite.h"

#include "mfn/npy.h"

#define BYTES_MAX  (UINT64_C(1) << 20)
#define VALUES_MAX 16

static mfn_status open_text(const char *text, uint64_t max_bytes, mfn__gradients **ret,
                            mfn_error *err)
{
    const char *path = mfn_test_path(mfn_test_folder(), "g");
    mfn_test_write(path, text);
    return mfn__gradients_open(path, max_bytes, ret, err);
}

START_TEST(every_form_gives_its_gradients)
{
    static const struct {
        const char *text;
        uint64_t count, dimension;
        float values[VALUES_MAX];
    } cases[] = {
        {"[[1, 2], [3, 4]]", 2, 2, {1, 2, 3, 4}},
        {"[1, 2]\n[3, 4]\n", 2, 2, {1, 2, 3, 4}},
        {"[1,2][3,4]", 2, 2, {1, 2, 3, 4}},
        {"\xEF\xBB\xBF\r\n [ -0.5 ]\r\n", 1, 1, {-0.5F}},
        {"{\"gradients\": [[1], [2], [3]]}", 3, 1, {1, 2, 3}},
        {"{\"gradient\": [7, 8, 9]}\n{\"gradient\": [1, 2, 3]}", 2, 3, {7, 8, 9, 1, 2, 3}},
        {"{\"a\": {\"gradient\": [[]]}, \"gradient\": [5], \"b\": \"\\\"\\u00e9]\"}", 1, 1, {5}},
        {"{\"x\": [1, true, null, -1e-3, {}, []], \"gradients\": []}", 0, 0, {0}},
        {"{\"gradients\": []}\n[1]", 1, 1, {1}},
        {"", 0, 0, {0}},
        {"[[1, 2]]\n[3, 4]\n{\"gradients\": [[5, 6]]}", 3, 2, {1, 2, 3, 4, 5, 6}},
        {"[0.1, 16777217, 1e-50, -0.0]", 1, 4, {0.1F, 16777216.0F, 0.0F, -0.0F}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn__gradients *gradients = NULL;
        mfn_error err = {0};
        ck_assert_msg(open_text(cases[i].text, BYTES_MAX, &gradients, &err) == MFN_OK, "%s: %s",
                      cases[i].text, err.text);
        const mfn_gradient_source *source = mfn__gradients_source(gradients);
        ck_assert_uint_eq(source->count, cases[i].count);
        ck_assert_uint_eq(source->dimension, cases[i].dimension);
        for (uint64_t g = 0; g < source->count; g++) {
            float row[VALUES_MAX];
            ck_assert_int_eq(source->read(source->context, g, row, NULL), MFN_OK);
            ck_assert_mem_eq(row, cases[i].values + g * source->dimension,
                             source->dimension * sizeof *row);
        }
        mfn__gradients_free(gradients);
    }
}
END_TEST

START_TEST(numbers_that_are_none_give_gradients_that_are_not_finite)
{
    mfn__gradients *gradients = NULL;
    ck_assert_int_eq(open_text("[NaN, Infinity, -Infinity, 1e39, -4e38, 1e999, -1e999]", BYTES_MAX,
                               &gradients, NULL),
                     MFN_OK);
    const mfn_gradient_source *source = mfn__gradients_source(gradients);
    float row[7];
    ck_assert_int_eq(source->read(source->context, 0, row, NULL), MFN_OK);
    ck_assert(isnan(row[0]));
    static const float expected[] = {INFINITY, -INFINITY, INFINITY, -INFINITY, INFINITY, -INFINITY};
    ck_assert_mem_eq(row + 1, expected, sizeof expected);
    mfn__gradients_free(gradients);
}
END_TEST

START_TEST(what_is_wrong_is_told_with_its_place)
{
    static const struct {
        const char *text, *told;
    } cases[] = {
        {"[1, 2]\n[3, 4, 5]\n", "line 2: gradient 1 has 3 values, expected 2 as in gradient 0"},
        {"[[1, 2, 3], [4]]", "line 1: gradient 1 has 1 values, expected 3 as in gradient 0"},
        {"[1, 2]\n[]\n", "line 2: gradient 1 has no values"},
        {"[]", "line 1: gradient 0 has no values"},
        {"[[1], []]", "line 1: gradient 1 has no values"},
        {"[[[1]]]", "line 1, column 3: expected a number, got '['"},
        {"[1, ]", "line 1, column 5: expected a number, got ']'"},
        {"[1 2]", "line 1, column 4: expected ',' or ']', got '2'"},
        {"[1, 2", "expected ',' or ']', got the end of the file"},
        {"[1, +2]", "line 1, column 5: expected a number, got '+2'"},
        {"[0x10]", "line 1, column 2: expected a number, got '0x10'"},
        {"[true]", "line 1, column 2: expected a number, got 'true'"},
        {"\"g\"", "line 1, column 1: expected '[' or '{', got '\"'"},
        {"[1]\n\x01", "line 2, column 1: expected '[' or '{', got byte 0x01"},
        {"{}", "line 1: expected a member 'gradient' or 'gradients'"},
        {"{\"gradient\": 5}", "column 14: expected '[' of a gradient, got '5'"},
        {"{\"gradients\": 5}", "column 15: expected '[' of a list, got '5'"},
        {"{\"gradients\": [5]}", "column 16: expected '[' of a gradient, got '5'"},
        {"{\"gradient\": [5], \"gradients\": [[5]]}", "expected one member"},
        {"{gradient: [5]}", "column 2: expected a key in double quotes, got 'g'"},
        {"{\"gradient\" [5]}", "column 13: expected ':', got '['"},
        {"{\"a\": yes, \"gradient\": [5]}", "column 7: expected a value, got 'yes'"},
        {"{\"a\": [1, }", "expected a value, got '}'"},
        {"{\"a\": \"\\x\"}", "expected an escape as in JSON, got 'x'"},
        {"{\"a\": \"\\u12g4\"}", "expected four hexadecimal digits, got 'g'"},
        {"{\"a\": \"b", "expected '\"' at the end of a text, got the end of the file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn__gradients *gradients = NULL;
        mfn_error err = {0};
        ck_assert_msg(open_text(cases[i].text, BYTES_MAX, &gradients, &err) == MFN_FORMAT, "%s",
                      cases[i].text);
        ck_assert_msg(strstr(err.text, cases[i].told) != NULL, "%s: '%s' instead of '%s'",
                      cases[i].text, err.text, cases[i].told);
        ck_assert_ptr_null(gradients);
    }
}
END_TEST

START_TEST(depth_and_size_have_limits)
{
    char text[4000] = "{\"a\": ";
    memset(text + strlen(text), '[', 100);
    mfn__gradients *gradients = NULL;
    mfn_error err = {0};
    ck_assert_int_eq(open_text(text, BYTES_MAX, &gradients, &err), MFN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "at most 64 levels"));
    memset(text, '1', 2000);
    text[0] = '[';
    text[2000] = '\0';
    ck_assert_int_eq(open_text(text, BYTES_MAX, &gradients, &err), MFN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "fewer than 1024 characters"));
    ck_assert_int_eq(open_text("[1, 2, 3, 4, 5]", 16, &gradients, &err), MFN_TOO_LARGE);
    ck_assert_int_eq(open_text("[[1, 2], [3, 4], [5, 6]]", 16, &gradients, &err), MFN_TOO_LARGE);
    ck_assert_int_eq(open_text("[[1, 2], [3, 4]]", 16, &gradients, NULL), MFN_OK);
    mfn__gradients_free(gradients);
}
END_TEST

START_TEST(rows_of_an_array_are_read_in_any_order_and_again)
{
    const char *path = mfn_test_path(mfn_test_folder(), "g.npy");
    const double values[] = {1.0, 2.0, 3.0, 0.1, 1e39, -6.0};
    const uint64_t shape[] = {3, 2};
    ck_assert_int_eq(mfn_npy_write(path, values, shape, 2, NULL), MFN_OK);
    mfn__gradients *gradients = NULL;
    ck_assert_int_eq(mfn__gradients_open(path, 0, &gradients, NULL), MFN_OK);
    const mfn_gradient_source *source = mfn__gradients_source(gradients);
    ck_assert_uint_eq(source->count, 3);
    ck_assert_uint_eq(source->dimension, 2);
    static const uint64_t order[] = {2, 0, 1, 1, 0};
    for (size_t i = 0; i < 5; i++) {
        float row[2];
        ck_assert_int_eq(source->read(source->context, order[i], row, NULL), MFN_OK);
        ck_assert(row[0] == (float)values[2 * order[i]] &&
                  row[1] == (float)values[2 * order[i] + 1]);
    }
    mfn__gradients_free(gradients);
}
END_TEST

START_TEST(an_array_that_shrinks_while_it_is_read_is_an_error)
{
    const char *path = mfn_test_path(mfn_test_folder(), "g.npy");
    const double values[4] = {1.0, 2.0, 3.0, 4.0};
    const uint64_t shape[] = {2, 2};
    ck_assert_int_eq(mfn_npy_write(path, values, shape, 2, NULL), MFN_OK);
    mfn__gradients *gradients = NULL;
    ck_assert_int_eq(mfn__gradients_open(path, 0, &gradients, NULL), MFN_OK);
    mfn_test_write(path, "short");
    const mfn_gradient_source *source = mfn__gradients_source(gradients);
    float row[2];
    mfn_error err = {0};
    ck_assert_int_eq(source->read(source->context, 1, row, &err), MFN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "ends inside row 1"));
    mfn__gradients_free(gradients);
}
END_TEST

START_TEST(gradients_open_survives_failure_of_every_allocation)
{
    const char *folder = mfn_test_folder();
    const char *paths[2] = {mfn_test_path(folder, "g.json"), mfn_test_path(folder, "g.npy")};
    const double value = 1.0;
    const uint64_t shape[] = {1, 1};
    mfn_test_write(paths[0], "[[1, 2], [3, 4]]");
    ck_assert_int_eq(mfn_npy_write(paths[1], &value, shape, 2, NULL), MFN_OK);
    for (size_t i = 0; i < 2; i++) {
        int64_t failures = 0;
        for (;; failures++) {
            mfn__gradients *gradients = NULL;
            mfn__mem_fail_after(failures);
            mfn_status status = mfn__gradients_open(paths[i], BYTES_MAX, &gradients, NULL);
            mfn__mem_fail_after(-1);
            if (status == MFN_OK) {
                mfn__gradients_free(gradients);
                break;
            }
            ck_assert_int_eq(status, MFN_NO_MEMORY);
            ck_assert_ptr_null(gradients);
        }
        ck_assert_int_ge(failures, 4);
    }
    mfn__gradients_free(NULL);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        every_form_gives_its_gradients,
        numbers_that_are_none_give_gradients_that_are_not_finite,
        what_is_wrong_is_told_with_its_place,
        depth_and_size_have_limits,
        rows_of_an_array_are_read_in_any_order_and_again,
        an_array_that_shrinks_while_it_is_read_is_an_error,
        gradients_open_survives_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("gradients", tests);
}
