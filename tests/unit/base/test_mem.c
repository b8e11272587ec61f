/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "suite.h"

#define KERNEL_ALIGNMENT 64

START_TEST(new_memory_is_zeroed)
{
    for (size_t count = 1; count < 3000; count += 97) {
        unsigned char *block = mfn__mem_new(count, 3);
        for (size_t i = 0; i < count * 3; i++) {
            ck_assert_uint_eq(block[i], 0);
        }
        memset(block, 0xA5, count * 3);
        mfn__mem_free(block);
    }
}
END_TEST

START_TEST(aligned_memory_suits_the_kernels)
{
    for (size_t count = 0; count < 200; count++) {
        double *block = mfn__mem_new_aligned(count, sizeof *block);
        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % KERNEL_ALIGNMENT, 0);
        memset(block, 0xA5, count * sizeof *block);
        mfn__mem_free(block);
    }
}
END_TEST

START_TEST(products_beyond_the_range_are_refused)
{
    char *block = mfn__mem_copy_text("kept");
    ck_assert_ptr_null(mfn__mem_new(SIZE_MAX / 2 + 1, 2));
    ck_assert_ptr_null(mfn__mem_new_aligned(SIZE_MAX / 8 + 1, 8));
    ck_assert_ptr_null(mfn__mem_new_aligned(SIZE_MAX - 8, 1)); /* rounded up it overflows */
    ck_assert_ptr_null(mfn__mem_resize(block, SIZE_MAX / 4 + 1, 4));
    ck_assert_str_eq(block, "kept");
    mfn__mem_free(block);
}
END_TEST

START_TEST(nothing_is_a_block_too)
{
    void *blocks[] = {mfn__mem_new(0, 8), mfn__mem_new(8, 0), mfn__mem_new_aligned(0, 0),
                      mfn__mem_resize(NULL, 0, 8), mfn__mem_copy_text("")};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        ck_assert_ptr_nonnull(blocks[i]);
        mfn__mem_free(blocks[i]);
    }
    mfn__mem_free(NULL);
}
END_TEST

START_TEST(resizing_keeps_what_fits)
{
    char *block = mfn__mem_copy_text("abcdefgh");
    block = mfn__mem_resize(block, 5000, 2);
    ck_assert_ptr_nonnull(block);
    ck_assert_str_eq(block, "abcdefgh");
    block = mfn__mem_resize(block, 3, 1);
    ck_assert_ptr_nonnull(block);
    ck_assert_mem_eq(block, "abc", 3);
    mfn__mem_free(block);
}
END_TEST

/* Whether each of the four ways to allocate works, as bits. */
static unsigned try_all(void)
{
    void *blocks[] = {mfn__mem_new(1, 8), mfn__mem_new_aligned(1, 8), mfn__mem_resize(NULL, 1, 8),
                      mfn__mem_copy_text("x")};
    unsigned worked = 0;
    for (unsigned i = 0; i < 4; i++) {
        worked |= blocks[i] != NULL ? 1U << i : 0;
        mfn__mem_free(blocks[i]);
    }
    return worked;
}

START_TEST(each_allocation_can_be_made_to_fail_once)
{
    for (unsigned failing = 0; failing < 4; failing++) {
        mfn__mem_fail_after((int64_t)failing);
        ck_assert_uint_eq(try_all(), 15U & ~(1U << failing));
        ck_assert_uint_eq(try_all(), 15);
    }
    mfn__mem_fail_after(4);
    ck_assert_uint_eq(try_all(), 15);
    mfn__mem_fail_after(-1);
    ck_assert_uint_eq(try_all(), 15);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        new_memory_is_zeroed,
        aligned_memory_suits_the_kernels,
        products_beyond_the_range_are_refused,
        nothing_is_a_block_too,
        resizing_keeps_what_fits,
        each_allocation_can_be_made_to_fail_once,
        NULL,
    };
    return mfn_test_run("mem", tests);
}
