/* SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "suite.h"

#define RANDOM_VALUES 100000

/* Marsaglia's xorshift: any stream of bits will do. */
static uint64_t next_bits(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* The text reads back as the same double, and fewer digits would not. */
static void check_shortest(double value)
{
    char text[MFN__REAL_TEXT_MAX];
    size_t length = mfn__real_to_text(value, text);
    ck_assert_uint_eq(length, strlen(text));
    double back = strtod(text, NULL);
    ck_assert_msg(memcmp(&back, &value, sizeof value) == 0, "%a became '%s'", value, text);

    int digits = 0;
    int zeros = 0; /* at the end: they are no digits */
    for (const char *next = text; *next != '\0' && *next != 'e'; next++) {
        if (*next >= '0' && *next <= '9' && (*next != '0' || digits > 0)) {
            digits++;
            zeros = *next == '0' ? zeros + 1 : 0;
        }
    }
    int significant = digits - zeros;
    if (significant > 1) {
        char fewer[MFN__REAL_TEXT_MAX];
        snprintf(fewer, sizeof fewer, "%.*e", significant - 2, value);
        ck_assert_msg(strtod(fewer, NULL) != value, "'%s' is longer than '%s'", text, fewer);
    }
}

START_TEST(reals_are_written_as_python_repr_writes_them)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {2.0, "2.0"},
        {-70.1, "-70.1"},
        {0.1, "0.1"},
        {0.5, "0.5"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3.0, "0.3333333333333333"},
        {100.0, "100.0"},
        {-89.01066911987907, "-89.01066911987907"},
        {0.0001, "0.0001"},
        {0.00012345678901234567, "0.00012345678901234567"},
        {1e-05, "1e-05"},
        {9.999e-05, "9.999e-05"},
        {1.5e-07, "1.5e-07"},
        {123456789012345.0, "123456789012345.0"},
        {999999999999999.9, "999999999999999.9"},
        {1e15, "1000000000000000.0"},
        {9007199254740991.0, "9007199254740991.0"},
        {9007199254740992.0, "9007199254740992.0"},
        {9999999999999998.0, "9999999999999998.0"},
        {1e16, "1e+16"},
        {1.2345678901234568e+16, "1.2345678901234568e+16"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {9.5367431640625e-07, "9.5367431640625e-07"},
        {0x1p-25, "2.9802322387695312e-08"}, /* ...3125: a tie goes to the even digit */
        {0x3p-24, "1.7881393432617188e-07"}, /* ...1875 */
        {2.0e-100, "2e-100"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {2.225073858507201e-308, "2.225073858507201e-308"},
        {5e-324, "5e-324"},
        {1e-323, "1e-323"},
        {(double)INFINITY, "inf"},
        {(double)-INFINITY, "-inf"},
        {(double)NAN, "nan"},
        {-(double)NAN, "nan"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[MFN__REAL_TEXT_MAX];
        size_t length = mfn__real_to_text(rows[i].value, text);
        ck_assert_str_eq(text, rows[i].text);
        ck_assert_uint_eq(length, strlen(rows[i].text));
    }
}
END_TEST

START_TEST(powers_of_two_and_ten_and_their_neighbours_are_written_shortest)
{
    for (int exponent = -1074; exponent < 1024; exponent++) {
        double power = ldexp(1.0, exponent);
        check_shortest(power);
        check_shortest(nextafter(power, 0.0));
        check_shortest(-nextafter(power, (double)INFINITY));
    }
    for (int exponent = -323; exponent <= 308; exponent++) {
        char text[MFN__REAL_TEXT_MAX];
        snprintf(text, sizeof text, "1e%d", exponent);
        double power = strtod(text, NULL);
        check_shortest(power);
        check_shortest(nextafter(power, 0.0));
        check_shortest(-nextafter(power, (double)INFINITY));
    }
    check_shortest(DBL_MAX);
}
END_TEST

START_TEST(random_reals_are_written_shortest)
{
    uint64_t state = 88172645463325252U;
    for (int i = 0; i < RANDOM_VALUES; i++) {
        uint64_t bits = next_bits(&state);
        double value = 0;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) {
            check_shortest(value);
        }
        check_shortest(ldexp((double)(bits >> 11), -60)); /* about the size of a field's volts */
    }
}
END_TEST

START_TEST(text_that_is_a_json_number_becomes_the_nearest_real)
{
    static const struct {
        const char *text;
        double value;
    } rows[] = {
        {"0", 0.0},
        {"-0", -0.0},
        {"1", 1.0},
        {"-70.1", -70.1},
        {"0.001", 0.001},
        {"1e5", 1e5},
        {"1E5", 1e5},
        {"1e+5", 1e5},
        {"1.5e-07", 1.5e-07},
        {"0e0", 0.0},
        {"1e-400", 0.0},
        {"4.9e-324", 5e-324},
        {"1.7976931348623157e308", 1.7976931348623157e308},
        {"9007199254740993", 9007199254740992.0},
        {"9007199254740993.00000000000000000000000000000000001", 9007199254740994.0},
        {"0.1000000000000000055511151231257827021181583404541015625", 0.1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value = 99.0;
        ck_assert_msg(mfn__text_to_real(rows[i].text, &value), "'%s'", rows[i].text);
        ck_assert_msg(memcmp(&value, &rows[i].value, sizeof value) == 0, "'%s': %a, expected %a",
                      rows[i].text, value, rows[i].value);
    }
}
END_TEST

START_TEST(text_that_is_not_a_json_number_is_no_real)
{
    static const char *const rows[] = {
        "",    " ",     "1 ",    " 1",  "+1",  "-",     ".5",     "5.",      "01",   "-01",
        "1e",  "1e+",   "1.e5",  ".e1", "0x1", "0x1p3", "nan",    "inf",     "-inf", "infinity",
        "1,5", "1_000", "1e5.0", "1d5", "--1", "1e999", "-1e309", "1.8e308", "1\n",  "1f",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value = 99.0;
        ck_assert_msg(!mfn__text_to_real(rows[i], &value), "'%s' was read as %g", rows[i], value);
        ck_assert_msg(value == 99.0, "'%s' wrote the output", rows[i]);
    }
}
END_TEST

START_TEST(whole_numbers_are_read_up_to_the_ends_of_their_range)
{
    static const struct {
        const char *text;
        bool is_u64, is_i64;
        uint64_t u64;
        int64_t i64;
    } rows[] = {
        {"0", true, true, 0, 0},
        {"-0", false, true, 0, 0},
        {"007", true, true, 7, 7},
        {"42", true, true, 42, 42},
        {"-42", false, true, 0, -42},
        {"9223372036854775807", true, true, INT64_MAX, INT64_MAX},
        {"9223372036854775808", true, false, UINT64_C(9223372036854775808), 0},
        {"-9223372036854775808", false, true, 0, INT64_MIN},
        {"-9223372036854775809", false, false, 0, 0},
        {"18446744073709551615", true, false, UINT64_MAX, 0},
        {"18446744073709551616", false, false, 0, 0},
        {"18446744073709551620", false, false, 0, 0},
        {"99999999999999999999999", false, false, 0, 0},
        {"", false, false, 0, 0},
        {"-", false, false, 0, 0},
        {"--1", false, false, 0, 0},
        {"+1", false, false, 0, 0},
        {" 1", false, false, 0, 0},
        {"1 ", false, false, 0, 0},
        {"1.0", false, false, 0, 0},
        {"1e3", false, false, 0, 0},
        {"0x10", false, false, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t u64 = 99;
        int64_t i64 = 99;
        ck_assert_msg(mfn__text_to_u64(rows[i].text, &u64) == rows[i].is_u64, "'%s'", rows[i].text);
        ck_assert_msg(mfn__text_to_i64(rows[i].text, &i64) == rows[i].is_i64, "'%s'", rows[i].text);
        ck_assert_uint_eq(u64, rows[i].is_u64 ? rows[i].u64 : 99);
        ck_assert_int_eq(i64, rows[i].is_i64 ? rows[i].i64 : 99);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        reals_are_written_as_python_repr_writes_them,
        powers_of_two_and_ten_and_their_neighbours_are_written_shortest,
        random_reals_are_written_shortest,
        text_that_is_a_json_number_becomes_the_nearest_real,
        text_that_is_not_a_json_number_is_no_real,
        whole_numbers_are_read_up_to_the_ends_of_their_range,
        NULL,
    };
    return mfn_test_run("number", tests);
}
