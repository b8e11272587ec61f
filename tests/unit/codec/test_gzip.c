/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "codec/gzip.h"
#include "suite.h"

#define ROOM ((size_t)1 << 24)

/* gzip.compress(b"hello hello hello\n", mtime=0) of Python. */
static const unsigned char hello_gzip[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9,
    0x57, 0xc8, 0x40, 0x90, 0x5c, 0x00, 0x3b, 0x7c, 0x8a, 0xdf, 0x12, 0x00, 0x00, 0x00};
static const char hello[] = "hello hello hello\n";

static void check_decodes(const void *bytes, size_t size, const char *expected,
                          size_t expected_size)
{
    mfn__buffer back;
    mfn_error err = {0};
    mfn__buffer_init(&back, ROOM);
    mfn_status status = mfn__gzip_decode(bytes, size, &back, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    ck_assert_uint_eq(back.size, expected_size);
    ck_assert(expected_size == 0 || memcmp(back.data, expected, expected_size) == 0);
    mfn__buffer_deinit(&back);
}

START_TEST(the_gzip_of_another_program_is_read)
{
    check_decodes(hello_gzip, sizeof hello_gzip, hello, strlen(hello));
}
END_TEST

/* Sizes around the chunks, of content that compresses well and content that does not. */
START_TEST(bytes_come_back_whatever_they_are)
{
    static const size_t sizes[] = {0, 1, 16383, 16384, 16385, 1000003};
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
        size_t size = sizes[i / 2];
        char *bytes = malloc(size + 1);
        ck_assert_ptr_nonnull(bytes);
        uint32_t state = 1;
        for (size_t j = 0; j < size; j++) {
            state = state * 1664525U + 1013904223U;
            bytes[j] = i % 2 == 0 ? 'a' : (char)(uint8_t)(state >> 24);
        }
        mfn__buffer packed;
        mfn__buffer_init(&packed, ROOM);
        ck_assert_int_eq(mfn__gzip_encode(bytes, size, &packed, NULL), MFN_OK);
        check_decodes(packed.data, packed.size, bytes, size);
        mfn__buffer_deinit(&packed);
        free(bytes);
    }
}
END_TEST

START_TEST(equal_bytes_give_equal_gzip_without_a_time)
{
    mfn__buffer packed;
    mfn__buffer_init(&packed, ROOM);
    ck_assert_int_eq(mfn__gzip_encode(hello, strlen(hello), &packed, NULL), MFN_OK);
    size_t size = packed.size;
    ck_assert_int_eq(mfn__gzip_encode(hello, strlen(hello), &packed, NULL), MFN_OK);
    ck_assert_uint_eq(packed.size, 2 * size);
    ck_assert_mem_eq(packed.data, packed.data + size, size);
    ck_assert_mem_eq(packed.data, "\x1f\x8b\x08\0\0\0\0\0", 8);
    mfn__buffer_deinit(&packed);
}
END_TEST

START_TEST(members_one_after_another_are_one_content)
{
    unsigned char twice[2 * sizeof hello_gzip];
    memcpy(twice, hello_gzip, sizeof hello_gzip);
    memcpy(twice + sizeof hello_gzip, hello_gzip, sizeof hello_gzip);
    check_decodes(twice, sizeof twice, "hello hello hello\nhello hello hello\n", 2 * strlen(hello));
}
END_TEST

START_TEST(every_damage_is_noticed)
{
    mfn__buffer back;
    mfn__buffer_init(&back, ROOM);
    mfn__buffer_append_text(&back, "before");
    unsigned char damaged[sizeof hello_gzip + 1];
    for (size_t size = 0; size < sizeof hello_gzip; size++) {
        mfn_status status = mfn__gzip_decode(hello_gzip, size, &back, NULL);
        ck_assert_msg(status == MFN_FORMAT, "the first %zu bytes were accepted", size);
    }
    for (size_t i = 0; i < sizeof hello_gzip; i++) {
        if (i >= 4 && i < 10) { /* time, compressor's hint and system mean nothing */
            continue;
        }
        memcpy(damaged, hello_gzip, sizeof hello_gzip);
        damaged[i] ^= 0x02; /* higher bits of the last byte of data are padding */
        mfn_status status = mfn__gzip_decode(damaged, sizeof hello_gzip, &back, NULL);
        ck_assert_msg(status == MFN_FORMAT, "damage of byte %zu was accepted", i);
    }
    memcpy(damaged, hello_gzip, sizeof hello_gzip);
    damaged[sizeof hello_gzip] = 'x';
    ck_assert_int_eq(mfn__gzip_decode(damaged, sizeof damaged, &back, NULL), MFN_FORMAT);
    ck_assert_str_eq(back.data, "before");
    ck_assert_uint_eq(back.size, strlen("before"));
    mfn__buffer_deinit(&back);
}
END_TEST

START_TEST(other_formats_are_refused)
{
    static const struct {
        const char *bytes;
        size_t size;
    } rows[] = {
        {"", 0},
        {"{\"a\": 1}", 8},
        {"\x78\x9c\x03\x00\x00\x00\x00\x01", 8}, /* zlib's own wrapping */
        {"\x03\x00", 2},                         /* a bare deflate stream */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn__buffer back;
        mfn_error err = {0};
        mfn__buffer_init(&back, ROOM);
        ck_assert_int_eq(mfn__gzip_decode(rows[i].bytes, rows[i].size, &back, &err), MFN_FORMAT);
        ck_assert_ptr_nonnull(strstr(err.text, "gzip"));
        mfn__buffer_deinit(&back);
    }
}
END_TEST

START_TEST(content_beyond_the_limit_is_refused_and_content_at_it_is_not)
{
    static char zeros[1000000];
    mfn__buffer packed;
    mfn__buffer_init(&packed, ROOM);
    ck_assert_int_eq(mfn__gzip_encode(zeros, sizeof zeros, &packed, NULL), MFN_OK);
    for (size_t limit = sizeof zeros - 1; limit <= sizeof zeros; limit++) {
        mfn__buffer back;
        mfn_error err = {0};
        mfn__buffer_init(&back, limit);
        mfn_status status = mfn__gzip_decode(packed.data, packed.size, &back, &err);
        if (limit == sizeof zeros) {
            ck_assert_int_eq(status, MFN_OK);
            ck_assert_uint_eq(back.size, limit);
        } else {
            ck_assert_int_eq(status, MFN_TOO_LARGE);
            ck_assert_ptr_nonnull(strstr(err.text, "999999 bytes"));
            ck_assert_uint_eq(back.size, 0);
        }
        mfn__buffer_deinit(&back);
    }
    mfn__buffer small;
    mfn__buffer_init(&small, 10);
    ck_assert_int_eq(mfn__gzip_encode(hello, strlen(hello), &small, NULL), MFN_TOO_LARGE);
    ck_assert_uint_eq(small.size, 0);
    mfn__buffer_deinit(&small);
    mfn__buffer_deinit(&packed);
}
END_TEST

START_TEST(failure_of_every_allocation_is_survived)
{
    for (int64_t successes = 0;; successes++) {
        mfn__buffer packed;
        mfn__buffer back;
        mfn__buffer_init(&packed, ROOM);
        mfn__buffer_init(&back, ROOM);
        mfn__mem_fail_after(successes);
        mfn_status status = mfn__gzip_encode(hello, strlen(hello), &packed, NULL);
        if (status == MFN_OK) {
            status = mfn__gzip_decode(packed.data, packed.size, &back, NULL);
        }
        mfn__mem_fail_after(-1);
        mfn__buffer_deinit(&packed);
        mfn__buffer_deinit(&back);
        if (status == MFN_OK) {
            ck_assert_int_gt(successes, 4);
            return;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        the_gzip_of_another_program_is_read,
        bytes_come_back_whatever_they_are,
        equal_bytes_give_equal_gzip_without_a_time,
        members_one_after_another_are_one_content,
        every_damage_is_noticed,
        other_formats_are_refused,
        content_beyond_the_limit_is_refused_and_content_at_it_is_not,
        failure_of_every_allocation_is_survived,
        NULL,
    };
    return mfn_test_run("gzip", tests);
}
