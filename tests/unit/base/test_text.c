/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "suite.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

START_TEST(distance_counts_single_edits)
{
    static const struct {
        const char *why, *a, *b;
        size_t distance;
    } rows[] = {
        {"the same", "alpha", "alpha", 0},
        {"nothing at all", "", "", 0},
        {"everything inserted", "", "abc", 3},
        {"one deleted", "alpha", "alha", 1},
        {"one replaced", "alpha", "alpka", 1},
        {"neighbours swapped", "alpha", "aplha", 1},
        {"two swaps", "abcd", "badc", 2},
        {"case does not count", "Alpha", "aLPHA", 0},
        {"dashes are underscores", "grid-size", "grid_size", 0},
        {"swapped across such a difference", "a-b", "ab_", 1},
        {"a classic", "kitten", "sitting", 3},
        {"a swapped pair is not edited again", "ca", "abc", 3},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        size_t there = mfn__text_distance(rows[i].a, rows[i].b);
        size_t back = mfn__text_distance(rows[i].b, rows[i].a);
        ck_assert_msg(there == rows[i].distance && back == there, "%s: expected %zu, got %zu, %zu",
                      rows[i].why, rows[i].distance, there, back);
    }
}
END_TEST

START_TEST(texts_over_63_characters_are_far_apart)
{
    char longest[65];
    memset(longest, 'a', sizeof longest);
    longest[63] = '\0';
    ck_assert_uint_eq(mfn__text_distance(longest, longest), 0);
    ck_assert_uint_eq(mfn__text_distance(longest, ""), 63);
    longest[63] = 'a';
    longest[64] = '\0';
    ck_assert_uint_eq(mfn__text_distance(longest, longest), SIZE_MAX);
    ck_assert_uint_eq(mfn__text_distance("", longest), SIZE_MAX);
}
END_TEST

START_TEST(the_nearest_name_is_a_likely_misspelling_or_none)
{
    static const char *const names[] = {"run", "simulate", "features", "rum"};
    static const struct {
        const char *name, *nearest;
    } rows[] = {
        {"simulat", "simulate"},
        {"SIMULATE", "simulate"},
        {"feautres", "features"},
        {"run", "run"},
        {"rum", "rum"},
        {"rn", "run"},
        {"ru", "run"},
        {"xyz", NULL},
        {"", NULL},
        {"simulate-many", "simulate"},
        {"simplified", NULL},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        const char *nearest = mfn__text_nearest(rows[i].name, names, LENGTH(names));
        if (rows[i].nearest == NULL) {
            ck_assert_msg(nearest == NULL, "'%s': got %s", rows[i].name, nearest);
        } else {
            ck_assert_msg(nearest != NULL, "'%s': expected %s", rows[i].name, rows[i].nearest);
            ck_assert_str_eq(nearest, rows[i].nearest);
        }
    }
    ck_assert_ptr_null(mfn__text_nearest("run", names, 0));
}
END_TEST

static const struct sequence {
    const char *why, *text;
    size_t length, expected;
} sequences[] = {
    {"a letter", "a", 1, 1},
    {"a zero byte", "\0", 1, 1},
    {"the last of one byte", "\x7F", 1, 1},
    {"the first of two", "\xC2\x80", 2, 2},
    {"the last of two", "\xDF\xBF", 2, 2},
    {"the first of three", "\xE0\xA0\x80", 3, 3},
    {"below the surrogates", "\xED\x9F\xBF", 3, 3},
    {"above the surrogates", "\xEE\x80\x80", 3, 3},
    {"the last of three", "\xEF\xBF\xBF", 3, 3},
    {"the first of four", "\xF0\x90\x80\x80", 4, 4},
    {"the last of four", "\xF4\x8F\xBF\xBF", 4, 4},
    {"only the first is taken", "\xC3\xA9z", 3, 2},
    {"a continuation first", "\x80", 1, 0},
    {"slash in two bytes", "\xC0\xAF", 2, 0},
    {"an overlong two", "\xC1\xBF", 2, 0},
    {"an overlong three", "\xE0\x9F\xBF", 3, 0},
    {"the first surrogate", "\xED\xA0\x80", 3, 0},
    {"the last surrogate", "\xED\xBF\xBF", 3, 0},
    {"an overlong four", "\xF0\x8F\xBF\xBF", 4, 0},
    {"beyond U+10FFFF", "\xF4\x90\x80\x80", 4, 0},
    {"no such first byte", "\xF5\x80\x80\x80", 4, 0},
    {"no byte of UTF-8", "\xFF", 1, 0},
    {"cut after one of two", "\xC3", 1, 0},
    {"cut after three of four", "\xF0\x90\x80", 3, 0},
    {"a letter inside", "\xE2\x82z", 3, 0},
};

START_TEST(utf8_is_what_rfc_3629_says)
{
    for (size_t i = 0; i < LENGTH(sequences); i++) {
        size_t got = mfn__text_utf8_sequence(sequences[i].text, sequences[i].length);
        ck_assert_msg(got == sequences[i].expected, "%s: expected %zu, got %zu", sequences[i].why,
                      sequences[i].expected, got);
        ck_assert_int_eq(mfn__text_is_utf8(sequences[i].text, sequences[i].length), got != 0);
    }
    ck_assert(mfn__text_is_utf8("", 0));
    ck_assert(mfn__text_is_utf8("mV \xC2\xB5V \xE2\x82\xAC", 10));
    ck_assert(!mfn__text_is_utf8("good\xFF", 5));
}
END_TEST

START_TEST(shown_texts_are_clean_and_fit)
{
    static const struct {
        const char *why, *text;
        size_t length, size;
        const char *shown;
    } rows[] = {
        {"nothing", "", 0, 8, ""},
        {"plain", "abc", 3, 8, "abc"},
        {"just fits", "abcdefg", 7, 8, "abcdefg"},
        {"one too many", "abcdefgh", 8, 8, "abcd..."},
        {"control characters",
         "a\n\x1B\x7F"
         "b",
         5, 8, "a???b"},
        {"a zero byte", "a\0b", 3, 8, "a?b"},
        {"not UTF-8", "a\xFF\xC3", 3, 8, "a??"},
        {"UTF-8 stays", "\xC3\xA9\xE2\x82\xAC", 5, 8, "\xC3\xA9\xE2\x82\xAC"},
        {"a character is not cut in two", "abc\xC3\xA9xyz", 8, 8, "abc..."},
        {"room for the dots alone", "abcdef", 6, 4, "..."},
        {"no room for the dots", "abcdef", 6, 3, ""},
        {"no room at all", "abcdef", 6, 1, ""},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char shown[16];
        memset(shown, '#', sizeof shown);
        char *ret = mfn__text_printable(rows[i].text, rows[i].length, shown, rows[i].size);
        ck_assert_ptr_eq(ret, shown);
        ck_assert_msg(strcmp(shown, rows[i].shown) == 0, "%s: expected '%s', got '%s'", rows[i].why,
                      rows[i].shown, shown);
        ck_assert_msg(shown[rows[i].size] == '#', "%s: written beyond the end", rows[i].why);
    }
}
END_TEST

START_TEST(endings_are_compared_with_case)
{
    ck_assert(mfn__text_ends_with("f.npy", ".npy"));
    ck_assert(mfn__text_ends_with("f.npy", ""));
    ck_assert(mfn__text_ends_with(".npy", ".npy"));
    ck_assert(!mfn__text_ends_with("npy", ".npy"));
    ck_assert(!mfn__text_ends_with("f.NPY", ".npy"));
    ck_assert(!mfn__text_ends_with("f.npy.gz", ".npy"));
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        distance_counts_single_edits,
        texts_over_63_characters_are_far_apart,
        the_nearest_name_is_a_likely_misspelling_or_none,
        utf8_is_what_rfc_3629_says,
        shown_texts_are_clean_and_fit,
        endings_are_compared_with_case,
        NULL,
    };
    return mfn_test_run("text", tests);
}
