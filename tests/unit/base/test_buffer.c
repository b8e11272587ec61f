/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "suite.h"

START_TEST(a_new_buffer_holds_nothing)
{
    mfn__buffer buffer;
    mfn__buffer_init(&buffer, 10);
    ck_assert_ptr_null(buffer.data);
    ck_assert_uint_eq(buffer.size, 0);
    ck_assert_int_eq(mfn__buffer_check(&buffer, "it", NULL), MFN_OK);
    size_t size = 1;
    ck_assert_ptr_null(mfn__buffer_take(&buffer, &size));
    ck_assert_uint_eq(size, 0);
    mfn__buffer_deinit(&buffer);
}
END_TEST

START_TEST(everything_appended_stands_in_order_and_ends_with_a_nul)
{
    mfn__buffer buffer;
    mfn__buffer_init(&buffer, 100);
    mfn__buffer_append(&buffer, "a\0b", 3);
    mfn__buffer_append_char(&buffer, 'c');
    mfn__buffer_append_text(&buffer, "de");
    mfn__buffer_append_format(&buffer, "%d%s", 42, "!");
    mfn__buffer_append(&buffer, NULL, 0);
    mfn__buffer_append_text(&buffer, "");
    ck_assert_uint_eq(buffer.size, 9);
    ck_assert_mem_eq(buffer.data, "a\0bcde42!", 10);
    mfn__buffer_deinit(&buffer);
}
END_TEST

START_TEST(appending_nothing_gives_an_empty_text)
{
    mfn__buffer buffer;
    mfn__buffer_init(&buffer, 0);
    mfn__buffer_append_text(&buffer, "");
    ck_assert_int_eq(mfn__buffer_check(&buffer, "it", NULL), MFN_OK);
    ck_assert_str_eq(buffer.data, "");
    mfn__buffer_deinit(&buffer);
}
END_TEST

/* Every size around the capacities that growing by doubling passes. */
START_TEST(the_limit_is_reached_but_never_passed)
{
    static const size_t limits[] = {0, 1, 255, 256, 257, 300, 511, 512, 513, 1000};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        mfn__buffer buffer;
        mfn__buffer_init(&buffer, limits[i]);
        for (size_t k = 0; k < limits[i]; k++) {
            mfn__buffer_append_char(&buffer, (char)('a' + (int)(k % 26)));
        }
        ck_assert_int_eq(mfn__buffer_check(&buffer, "it", NULL), MFN_OK);
        mfn__buffer_append_char(&buffer, '!');
        ck_assert_int_eq(buffer.status, MFN_TOO_LARGE);
        ck_assert_uint_eq(buffer.size, limits[i]);
        for (size_t k = 0; k < limits[i]; k++) {
            ck_assert_int_eq(buffer.data[k], 'a' + (int)(k % 26));
        }
        mfn__buffer_deinit(&buffer);
    }
}
END_TEST

START_TEST(a_failed_append_changes_nothing_and_is_remembered)
{
    mfn__buffer buffer;
    mfn_error err = {0};
    mfn__buffer_init(&buffer, 5);
    mfn__buffer_append_text(&buffer, "abc");
    mfn__buffer_append_format(&buffer, "%s", "def");
    mfn__buffer_append_text(&buffer, "d"); /* would fit, but the text has a gap already */
    ck_assert_str_eq(buffer.data, "abc");
    ck_assert_int_eq(mfn__buffer_check(&buffer, "the output", &err), MFN_TOO_LARGE);
    ck_assert_str_eq(err.text, "the output is larger than the limit of 5 bytes");

    mfn__buffer_clear(&buffer);
    mfn__buffer_append_text(&buffer, "12345");
    ck_assert_int_eq(mfn__buffer_check(&buffer, "the output", &err), MFN_OK);
    ck_assert_str_eq(buffer.data, "12345");
    mfn__buffer_deinit(&buffer);
}
END_TEST

START_TEST(sizes_near_the_end_of_the_range_do_not_overflow)
{
    mfn__buffer buffer;
    mfn__buffer_init(&buffer, SIZE_MAX);
    mfn__buffer_append_text(&buffer, "abc");
    ck_assert_ptr_null(mfn__buffer_reserve(&buffer, SIZE_MAX));
    ck_assert_int_eq(buffer.status, MFN_TOO_LARGE);
    ck_assert_str_eq(buffer.data, "abc");
    mfn__buffer_deinit(&buffer);
}
END_TEST

START_TEST(memory_that_cannot_be_had_leaves_the_content)
{
    mfn__buffer buffer;
    mfn_error err = {0};
    mfn__buffer_init(&buffer, 10000);
    mfn__buffer_append_text(&buffer, "abc");
    mfn__mem_fail_after(0);
    ck_assert_ptr_null(mfn__buffer_reserve(&buffer, 5000));
    ck_assert_int_eq(mfn__buffer_check(&buffer, "it", &err), MFN_NO_MEMORY);
    ck_assert_str_eq(err.text, "out of memory");
    ck_assert_str_eq(buffer.data, "abc");
    mfn__buffer_deinit(&buffer);
}
END_TEST

START_TEST(reserved_room_counts_when_it_is_said_to_be_written)
{
    mfn__buffer buffer;
    mfn__buffer_init(&buffer, 600);
    mfn__buffer_append_text(&buffer, "ab");
    char *room = mfn__buffer_reserve(&buffer, 500);
    ck_assert_ptr_nonnull(room);
    ck_assert_uint_eq(buffer.size, 2);
    memset(room, 'x', 500);
    mfn__buffer_added(&buffer, 3);
    ck_assert_uint_eq(buffer.size, 5);
    ck_assert_str_eq(buffer.data, "abxxx");
    mfn__buffer_deinit(&buffer);
}
END_TEST

START_TEST(taking_moves_the_bytes_out_and_the_buffer_goes_on)
{
    mfn__buffer buffer;
    mfn__buffer_init(&buffer, 5);
    mfn__buffer_append_text(&buffer, "abc");
    size_t size = 0;
    char *taken = mfn__buffer_take(&buffer, &size);
    ck_assert_uint_eq(size, 3);
    ck_assert_uint_eq(buffer.size, 0);
    mfn__buffer_append_text(&buffer, "defgh");
    ck_assert_str_eq(taken, "abc");
    ck_assert_str_eq(buffer.data, "defgh");
    mfn__buffer_append_char(&buffer, 'i');
    ck_assert_int_eq(buffer.status, MFN_TOO_LARGE);
    mfn__mem_free(taken);
    mfn__buffer_deinit(&buffer);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_new_buffer_holds_nothing,
        everything_appended_stands_in_order_and_ends_with_a_nul,
        appending_nothing_gives_an_empty_text,
        the_limit_is_reached_but_never_passed,
        a_failed_append_changes_nothing_and_is_remembered,
        sizes_near_the_end_of_the_range_do_not_overflow,
        memory_that_cannot_be_had_leaves_the_content,
        reserved_room_counts_when_it_is_said_to_be_written,
        taking_moves_the_bytes_out_and_the_buffer_goes_on,
        NULL,
    };
    return mfn_test_run("buffer", tests);
}
