/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "stream/watermark.h"
#include "suite.h"

START_TEST(the_watermark_waits_for_the_first_unfinished_item)
{
    mfn__watermark mark;
    mfn__watermark_init(&mark, 10);
    static const struct {
        uint64_t item, low;
    } steps[] = {{11, 10}, {13, 10}, {10, 12}, {12, 14}, {14, 15}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        ck_assert_int_eq(mfn__watermark_finish(&mark, steps[i].item, NULL), MFN_OK);
        ck_assert_uint_eq(mark.low, steps[i].low);
    }
    mfn__watermark_deinit(&mark);
}
END_TEST

START_TEST(finishing_an_item_again_changes_nothing)
{
    mfn__watermark mark;
    mfn__watermark_init(&mark, 0);
    ck_assert_int_eq(mfn__watermark_finish(&mark, 0, NULL), MFN_OK);
    ck_assert_int_eq(mfn__watermark_finish(&mark, 0, NULL), MFN_OK);
    ck_assert_uint_eq(mark.low, 1);
    mfn__watermark_deinit(&mark);
}
END_TEST

/* Any order must end with everything finished: a fixed stride visits all items out of order. */
START_TEST(every_order_ends_at_the_end)
{
    enum { ITEMS = 5003, STRIDE = 1999 };
    mfn__watermark mark;
    mfn__watermark_init(&mark, 0);
    for (uint64_t i = 0; i < ITEMS; i++) {
        ck_assert_int_eq(mfn__watermark_finish(&mark, i * STRIDE % ITEMS, NULL), MFN_OK);
    }
    ck_assert_uint_eq(mark.low, ITEMS);
    mfn__watermark_deinit(&mark);
}
END_TEST

START_TEST(growing_may_fail_and_be_tried_again)
{
    mfn__watermark mark;
    mfn__watermark_init(&mark, 0);
    mfn__mem_fail_after(0);
    ck_assert_int_eq(mfn__watermark_finish(&mark, 1, NULL), MFN_NO_MEMORY);
    ck_assert_int_eq(mfn__watermark_finish(&mark, 1, NULL), MFN_OK);
    mfn__mem_fail_after(0);
    ck_assert_int_eq(mfn__watermark_finish(&mark, 1000, NULL), MFN_NO_MEMORY);
    ck_assert_int_eq(mfn__watermark_finish(&mark, 0, NULL), MFN_OK);
    ck_assert_uint_eq(mark.low, 2);
    mfn__watermark_deinit(&mark);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        the_watermark_waits_for_the_first_unfinished_item,
        finishing_an_item_again_changes_nothing,
        every_order_ends_at_the_end,
        growing_may_fail_and_be_tried_again,
        NULL,
    };
    return mfn_test_run("watermark", tests);
}
