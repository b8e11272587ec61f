/* SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/option_table.h"
#include "suite.h"

#define DIGITS_MAX 4096

typedef struct sample {
    bool turing_enabled;
    uint64_t grid_size, any_size, file_bytes;
    double alpha, level, delay, growth;
    const char *name, *path;
    const char *seed;
    uint32_t boundary;
    uint64_t pause;
    const char *password;
    mfn_texts topics, headers;
} sample;

static const char *const boundaries[] = {"periodic", "neumann", "dirichlet", NULL};

/* clang-format off: one row per option */
static const mfn_option table[] = {
    MFN__BOOL(sample, turing_enabled, "true", ""),
    MFN__WHOLE(sample, grid_size, 4, 1024, "64", "cells", ""),
    MFN__WHOLE(sample, any_size, 0, 18446744073709549568.0, "0", "", ""),
    MFN__WHOLE(sample, file_bytes, 1, 1e12, "10MiB", "bytes", ""),
    MFN__REAL_BELOW(sample, alpha, 0.05, 0.25, "0.18", "", ""),
    MFN__REAL(sample, level, -1, 1, "0", "mV", ""),
    MFN__REAL(sample, delay, 0, 3600, "1.5", "s", ""),
    {.name = "growth",
     .type = MFN_OPTION_REAL,
     .offset = offsetof(sample, growth),
     .min = 0,
     .min_open = true,
     .max = INFINITY,
     .default_text = "1",
     .unit = "",
     .help = ""},
    {.name = "name",
     .type = MFN_OPTION_TEXT,
     .offset = offsetof(sample, name),
     .min = 1,
     .max = 8,
     .default_text = "mfn",
     .unit = "",
     .help = ""},
    MFN__TEXT(sample, path, NULL, ""),
    MFN__DIGITS(sample, seed, "42", ""),
    MFN__CHOICE(sample, boundary, boundaries, "periodic", ""),
    MFN__WHOLE(sample, pause, 0, 60, "1", "s", ""),
    MFN__SECRET(sample, password, "", ""),
    MFN__LIST(sample, topics, "", false, ""),
    MFN__MAP(sample, headers, "", true, ""),
    {0},
};
/* clang-format on */

static sample defaults(void)
{
    sample options = {.path = "kept"};
    mfn_options_set_defaults(table, &options);
    return options;
}

static mfn_status set(sample *options, const char *name, const char *text, mfn_error *err)
{
    const mfn_option *option = mfn_option_find(table, name);
    ck_assert_msg(option != NULL, "no option %s", name);
    return mfn_option_set_text(option, options, text, err);
}

START_TEST(defaults_are_set_and_fields_without_one_are_left_alone)
{
    sample options = defaults();
    ck_assert(options.turing_enabled);
    ck_assert_uint_eq(options.grid_size, 64);
    ck_assert_uint_eq(options.file_bytes, 10485760);
    ck_assert_double_eq(options.alpha, 0.18);
    ck_assert_str_eq(options.name, "mfn");
    ck_assert_str_eq(options.path, "kept");
    ck_assert_str_eq(options.seed, "42");
    ck_assert_uint_eq(options.boundary, 0);
    ck_assert_uint_eq(options.topics.count, 0);
    ck_assert_ptr_null(options.headers.values);
    ck_assert_int_eq(mfn_options_check(table, &options, NULL), MFN_OK);
}
END_TEST

START_TEST(good_texts_are_taken)
{
    static const struct {
        const char *name, *text, *reads_back;
    } rows[] = {
        {"turing_enabled", "false", "false"},
        {"turing_enabled", "YES", "true"},
        {"turing_enabled", "Off", "false"},
        {"turing_enabled", "1", "true"},
        {"grid_size", "4", "4"},
        {"grid_size", "1024", "1024"},
        {"grid_size", "0064", "64"},
        {"any_size", "18446744073709551615", "18446744073709551615"},
        {"file_bytes", "7", "7"},
        {"file_bytes", "7B", "7"},
        {"file_bytes", "2KB", "2000"},
        {"file_bytes", "2KiB", "2048"},
        {"file_bytes", "3MB", "3000000"},
        {"file_bytes", "3MiB", "3145728"},
        {"file_bytes", "1GB", "1000000000"},
        {"file_bytes", "1GiB", "1073741824"},
        {"alpha", "0.05", "0.05"},
        {"alpha", "0.1000000000000000055511151231257827", "0.1"},
        {"alpha", "5e-2", "0.05"},
        {"level", "-1", "-1.0"},
        {"level", "-0.0", "-0.0"},
        {"delay", "30", "30.0"},
        {"delay", "1.5s", "1.5"},
        {"delay", "500ms", "0.5"},
        {"delay", "2m", "120.0"},
        {"delay", "1h", "3600.0"},
        {"growth", "1e308", "1e+308"},
        {"growth", "5e-324", "5e-324"},
        {"name", "a", "a"},
        {"name", "12345678", "12345678"},
        {"path", "", ""},
        {"path", "out put/\xC3\xA9.npy", "out put/\xC3\xA9.npy"},
        {"seed", "0", "0"},
        {"seed", "340282366920938463463374607431768211456",
         "340282366920938463463374607431768211456"},
        {"boundary", "dirichlet", "dirichlet"},
        {"pause", "1m", "60"},
        {"password", "hunter2", "(hidden)"},
        {"password", "", ""},
        {"topics", "", "[]"},
        {"headers", "", "{}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sample options = defaults();
        mfn_error err = {0};
        mfn_status status = set(&options, rows[i].name, rows[i].text, &err);
        ck_assert_msg(status == MFN_OK, "%s '%s': %s", rows[i].name, rows[i].text, err.text);
        char text[64];
        const mfn_option *option = mfn_option_find(table, rows[i].name);
        size_t length = mfn_option_get_text(option, &options, text, sizeof text);
        ck_assert_str_eq(text, rows[i].reads_back);
        ck_assert_uint_eq(length, strlen(text));
    }
}
END_TEST

START_TEST(bad_texts_are_refused_with_name_expectation_and_value)
{
    static const struct {
        const char *name, *text, *error;
    } rows[] = {
        {"turing_enabled", "maybe", "turing_enabled: expected true or false, got 'maybe'"},
        {"turing_enabled", "", "turing_enabled: expected true or false, got ''"},
        {"grid_size", "3", "grid_size: expected a whole number in [4, 1024], got 3"},
        {"grid_size", "1025", "grid_size: expected a whole number in [4, 1024], got 1025"},
        {"grid_size", "8.0", "grid_size: expected a whole number in [4, 1024], got 8.0"},
        {"grid_size", "-8", "grid_size: expected a whole number in [4, 1024], got -8"},
        {"grid_size", "+8", "grid_size: expected a whole number in [4, 1024], got +8"},
        {"grid_size", " 8", "grid_size: expected a whole number in [4, 1024], got ' 8'"},
        {"grid_size", "8 ", "grid_size: expected a whole number in [4, 1024], got '8 '"},
        {"grid_size", "0x10", "grid_size: expected a whole number in [4, 1024], got '0x10'"},
        {"grid_size", "1e2", "grid_size: expected a whole number in [4, 1024], got 1e2"},
        {"grid_size", "64B", "grid_size: expected a whole number in [4, 1024], got '64B'"},
        {"grid_size", "", "grid_size: expected a whole number in [4, 1024], got ''"},
        {"grid_size", "18446744073709551680",
         "grid_size: expected a whole number in [4, 1024], got 18446744073709551680"},
        {"any_size", "18446744073709551616",
         "any_size: expected a whole number >= 0, got 18446744073709551616"},
        {"file_bytes", "0", "file_bytes: expected a whole number in [1, 1000000000000], got 0"},
        {"file_bytes", "17179869184GiB",
         "file_bytes: expected a whole number in [1, 1000000000000], got '17179869184GiB'"},
        {"file_bytes", "GiB",
         "file_bytes: expected a whole number in [1, 1000000000000], got 'GiB'"},
        {"file_bytes", "1.5MiB",
         "file_bytes: expected a whole number in [1, 1000000000000], got '1.5MiB'"},
        {"file_bytes", "10 MiB",
         "file_bytes: expected a whole number in [1, 1000000000000], got '10 MiB'"},
        {"alpha", "0.3", "alpha: expected a number in [0.05, 0.25), got 0.3"},
        {"alpha", "0.25", "alpha: expected a number in [0.05, 0.25), got 0.25"},
        {"alpha", "nan", "alpha: expected a number in [0.05, 0.25), got nan"},
        {"alpha", "inf", "alpha: expected a number in [0.05, 0.25), got inf"},
        {"alpha", "1e999", "alpha: expected a number in [0.05, 0.25), got 1e999"},
        {"alpha", "0,1", "alpha: expected a number in [0.05, 0.25), got '0,1'"},
        {"alpha", "0x1p-3", "alpha: expected a number in [0.05, 0.25), got '0x1p-3'"},
        {"level", "1ms", "level: expected a number in [-1, 1], got '1ms'"},
        {"delay", "2h", "delay: expected a number in [0, 3600], got '2h'"},
        {"delay", "s", "delay: expected a number in [0, 3600], got 's'"},
        {"growth", "0", "growth: expected a number > 0, got 0"},
        {"growth", "inf", "growth: expected a number > 0, got inf"},
        {"name", "", "name: expected a text of 1 to 8 bytes, got ''"},
        {"name", "123456789", "name: expected a text of 1 to 8 bytes, got '123456789'"},
        {"seed", "-1", "seed: expected a non-negative whole number, got -1"},
        {"seed", "1.0", "seed: expected a non-negative whole number, got 1.0"},
        {"seed", "", "seed: expected a non-negative whole number, got ''"},
        {"boundary", "Periodic",
         "boundary: expected one of periodic, neumann, dirichlet, got 'Periodic'"},
        {"boundary", "peri", "boundary: expected one of periodic, neumann, dirichlet, got 'peri'"},
        {"boundary", "a\nb", "boundary: expected one of periodic, neumann, dirichlet, got 'a?b'"},
        {"pause", "500ms", "pause: expected a whole number in [0, 60], got '500ms'"},
        {"topics", "a, b", "topics: expected a list of texts, got 'a, b'"},
        {"headers", "hunter2",
         "headers: expected a map of keys and texts, got a value that is not shown"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sample options = defaults();
        const sample before = options;
        mfn_error err = {0};
        ck_assert_msg(set(&options, rows[i].name, rows[i].text, &err) == MFN_INVALID, "%s '%s'",
                      rows[i].name, rows[i].text);
        ck_assert_str_eq(err.text, rows[i].error);
        ck_assert_str_eq(err.field, rows[i].name);
        ck_assert_msg(memcmp(&options, &before, sizeof options) == 0, "%s '%s' changed the options",
                      rows[i].name, rows[i].text);
    }
}
END_TEST

START_TEST(seeds_have_at_most_4096_digits)
{
    char digits[DIGITS_MAX + 2];
    memset(digits, '9', sizeof digits);
    digits[DIGITS_MAX + 1] = '\0';
    sample options = defaults();
    ck_assert_int_eq(set(&options, "seed", digits, NULL), MFN_INVALID);
    ck_assert_str_eq(options.seed, "42");
    digits[DIGITS_MAX] = '\0';
    ck_assert_int_eq(set(&options, "seed", digits, NULL), MFN_OK);
    ck_assert_ptr_eq(options.seed, digits);
}
END_TEST

START_TEST(fields_set_in_code_are_checked_the_same_way)
{
    sample options = defaults();
    mfn_error err = {0};
    options.alpha = NAN;
    ck_assert_int_eq(mfn_options_check(table, &options, &err), MFN_INVALID);
    ck_assert_str_eq(err.text, "alpha: expected a number in [0.05, 0.25), got nan");

    options = defaults();
    options.growth = HUGE_VAL;
    ck_assert_int_eq(mfn_options_check(table, &options, &err), MFN_INVALID);
    ck_assert_str_eq(err.text, "growth: expected a number > 0, got inf");

    options = defaults();
    options.grid_size = UINT64_MAX;
    ck_assert_int_eq(mfn_options_check(table, &options, &err), MFN_INVALID);
    ck_assert_str_eq(err.text,
                     "grid_size: expected a whole number in [4, 1024], got 18446744073709551615");

    options = defaults();
    options.boundary = 3;
    ck_assert_int_eq(mfn_options_check(table, &options, &err), MFN_INVALID);
    ck_assert_str_eq(err.text, "boundary: expected one of periodic, neumann, dirichlet, got 3");

    options = defaults();
    options.seed = NULL;
    ck_assert_int_eq(mfn_options_check(table, &options, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "seed");

    options = defaults();
    options.seed = "4 2";
    ck_assert_int_eq(mfn_options_check(table, &options, NULL), MFN_INVALID);
}
END_TEST

static const char *const two_keys[] = {"X-Key", "say \"\\\""};
static const char *const two_values[] = {"plain", "a\tb \x7F\xC3\xA9"};

START_TEST(lists_and_maps_read_as_json_without_their_secrets)
{
    static const mfn_option secret_list = MFN__LIST(sample, topics, "", true, "");
    static const mfn_option open_map = MFN__MAP(sample, headers, "", false, "");
    const struct {
        const char *what;
        const mfn_option *option;
        const char *expected;
    } rows[] = {
        {"a list", mfn_option_find(table, "topics"), "[\"plain\", \"a\\u0009b \\u007f\xC3\xA9\"]"},
        {"a list of secrets", &secret_list, "[\"(hidden)\", \"(hidden)\"]"},
        {"a map", &open_map,
         "{\"X-Key\": \"plain\", \"say \\\"\\\\\\\"\": \"a\\u0009b \\u007f\xC3\xA9\"}"},
        {"a map of secrets", mfn_option_find(table, "headers"),
         "{\"X-Key\": \"(hidden)\", \"say \\\"\\\\\\\"\": \"(hidden)\"}"},
    };
    sample options = defaults();
    options.topics = (mfn_texts){.values = two_values, .count = 2};
    options.headers = (mfn_texts){two_keys, two_values, 2};
    ck_assert_int_eq(mfn_options_check(table, &options, NULL), MFN_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[128];
        size_t length = mfn_option_get_text(rows[i].option, &options, text, sizeof text);
        ck_assert_msg(strcmp(text, rows[i].expected) == 0, "%s: %s", rows[i].what, text);
        ck_assert_uint_eq(length, strlen(text));
        for (size_t size = 1; size < length; size++) {
            char part[sizeof text];
            ck_assert_uint_eq(mfn_option_get_text(rows[i].option, &options, part, size), length);
            ck_assert_uint_eq(strlen(part), size - 1);
            ck_assert_msg(strncmp(part, text, size - 1) == 0, "%s: %s", rows[i].what, part);
        }
    }
}
END_TEST

START_TEST(a_list_or_map_without_a_default_must_have_something_in_it)
{
    static const mfn_option required[] = {
        MFN__LIST(sample, topics, NULL, false, ""),
        MFN__MAP(sample, headers, NULL, true, ""),
        {0},
    };
    mfn_error err = {0};
    sample options = {.headers = {two_keys, two_values, 2}};
    mfn_options_set_defaults(required, &options);
    ck_assert_uint_eq(options.headers.count, 2);
    ck_assert_int_eq(mfn_options_check(required, &options, &err), MFN_INVALID);
    ck_assert_str_eq(err.text, "topics: expected a list of texts, got '[]'");
    ck_assert_int_eq(mfn_option_set_text(&required[0], &options, "", NULL), MFN_INVALID);
    options.topics = (mfn_texts){.values = two_values, .count = 1};
    ck_assert_int_eq(mfn_options_check(required, &options, NULL), MFN_OK);
    options.headers.keys = NULL;
    ck_assert_int_eq(mfn_options_check(required, &options, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "headers");
    options.headers = (mfn_texts){0};
    ck_assert_int_eq(mfn_options_check(required, &options, NULL), MFN_INVALID);
}
END_TEST

START_TEST(a_secret_is_never_in_an_error)
{
    static const mfn_option bounded = {.name = "password",
                                       .type = MFN_OPTION_TEXT,
                                       .offset = offsetof(sample, password),
                                       .min = 8,
                                       .max = 64,
                                       .default_text = NULL,
                                       .unit = "",
                                       .help = "",
                                       .is_secret = true};
    const mfn_option alone[] = {bounded, {0}};
    sample options = {.password = "hunter2"};
    mfn_error set_error = {0};
    mfn_error check_error = {0};
    ck_assert_int_eq(mfn_option_set_text(&bounded, &options, "hunter2", &set_error), MFN_INVALID);
    ck_assert_str_eq(set_error.text,
                     "password: expected a text of 8 to 64 bytes, got a value that is not shown");
    ck_assert_int_eq(mfn_options_check(alone, &options, &check_error), MFN_INVALID);
    ck_assert_str_eq(check_error.text, set_error.text);
}
END_TEST

START_TEST(names_are_found_exactly_and_suggested_when_near)
{
    ck_assert_ptr_eq(mfn_option_find(table, "alpha"), &table[4]);
    ck_assert_ptr_null(mfn_option_find(table, "Alpha"));
    ck_assert_ptr_null(mfn_option_find(table, ""));
    ck_assert_str_eq(mfn_option_nearest(table, "apha"), "alpha");
    ck_assert_str_eq(mfn_option_nearest(table, "grid-size"), "grid_size");
    ck_assert_str_eq(mfn_option_nearest(table, "GridSize"), "grid_size");
    ck_assert_str_eq(mfn_option_nearest(table, "bonudary"), "boundary");
    ck_assert_ptr_null(mfn_option_nearest(table, "completely_else"));
}
END_TEST

START_TEST(texts_that_do_not_fit_are_cut_and_their_length_is_told)
{
    sample options = defaults();
    options.path = "0123456789";
    char text[5];
    ck_assert_uint_eq(
        mfn_option_get_text(mfn_option_find(table, "path"), &options, text, sizeof text), 10);
    ck_assert_str_eq(text, "0123");
    for (const mfn_option *option = table; option->name != NULL; option++) {
        char whole[128];
        size_t length = mfn_option_expected(option, whole, sizeof whole);
        ck_assert_uint_eq(length, strlen(whole));
        char part[8];
        ck_assert_uint_eq(mfn_option_expected(option, part, sizeof part), length);
        ck_assert_msg(strncmp(part, whole, sizeof part - 1) == 0, "'%s'", part);
    }
}
END_TEST

START_TEST(reals_read_back_as_the_same_bits)
{
    static const double values[] = {0.1, 1.0 / 3.0, DBL_MIN, DBL_TRUE_MIN, DBL_MAX, 1e22, 1e23};
    const mfn_option *option = mfn_option_find(table, "growth");
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        sample options = defaults();
        options.growth = values[i];
        char text[64];
        mfn_option_get_text(option, &options, text, sizeof text);
        options.growth = 1.0;
        ck_assert_int_eq(mfn_option_set_text(option, &options, text, NULL), MFN_OK);
        ck_assert_msg(memcmp(&options.growth, &values[i], sizeof values[i]) == 0, "%a became '%s'",
                      values[i], text);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        defaults_are_set_and_fields_without_one_are_left_alone,
        good_texts_are_taken,
        bad_texts_are_refused_with_name_expectation_and_value,
        seeds_have_at_most_4096_digits,
        fields_set_in_code_are_checked_the_same_way,
        lists_and_maps_read_as_json_without_their_secrets,
        a_list_or_map_without_a_default_must_have_something_in_it,
        a_secret_is_never_in_an_error,
        names_are_found_exactly_and_suggested_when_near,
        texts_that_do_not_fit_are_cut_and_their_length_is_told,
        reals_read_back_as_the_same_bits,
        NULL,
    };
    return mfn_test_run("option", tests);
}
