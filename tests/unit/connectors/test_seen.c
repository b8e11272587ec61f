/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "connectors/file/seen.h"
#include "suite.h"

#define MANY 1000

static mfn__folder_file version(uint64_t inode, int64_t changed_ns)
{
    return (mfn__folder_file){.device = 1, .inode = inode, .changed_ns = changed_ns};
}

static void add(mfn__seen *seen, mfn__folder_file file)
{
    ck_assert_int_eq(mfn__seen_add(seen, &file, NULL), MFN_OK);
}

static bool has(mfn__seen *seen, mfn__folder_file file)
{
    return mfn__seen_has(seen, &file);
}

START_TEST(every_part_of_a_version_counts)
{
    static const mfn__folder_file versions[] = {
        {.device = 1},      {.inode = 1},      {.size_bytes = 1},
        {.modified_ns = 1}, {.changed_ns = 1}, {.device = 1, .inode = 1},
    };
    const size_t count = sizeof versions / sizeof versions[0];
    for (size_t i = 0; i < count; i++) {
        mfn__seen seen = {0};
        add(&seen, versions[i]);
        mfn__seen_begin(&seen);
        for (size_t k = 0; k < count; k++) {
            ck_assert_int_eq(has(&seen, versions[k]), i == k);
        }
        mfn__seen_deinit(&seen);
    }
}
END_TEST

START_TEST(what_a_whole_look_did_not_find_is_forgotten)
{
    mfn__seen seen = {0};
    for (uint64_t i = MANY; i > 0; i--) {
        add(&seen, version(i, 5));
    }
    mfn__seen_begin(&seen); /* a look that fails half way has no end */
    ck_assert(has(&seen, version(3, 5)));
    mfn__seen_begin(&seen);
    for (uint64_t i = 1; i <= MANY; i += 2) {
        ck_assert(has(&seen, version(i, 5)));
    }
    mfn__seen_end(&seen);
    add(&seen, version(2, 6));
    mfn__seen_begin(&seen);
    for (uint64_t i = 1; i <= MANY; i++) {
        ck_assert_int_eq(has(&seen, version(i, 5)), i % 2 == 1);
    }
    ck_assert(has(&seen, version(2, 6)));
    ck_assert_uint_eq(seen.count, MANY / 2 + 1);
    mfn__seen_deinit(&seen);
}
END_TEST

START_TEST(adding_may_fail_and_be_tried_again)
{
    mfn__seen seen = {0};
    const mfn__folder_file file = version(1, 1);
    mfn__mem_fail_after(0);
    ck_assert_int_eq(mfn__seen_add(&seen, &file, NULL), MFN_NO_MEMORY);
    mfn__mem_fail_after(-1);
    add(&seen, file);
    mfn__seen_begin(&seen);
    ck_assert(has(&seen, file));
    mfn__seen_deinit(&seen);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        every_part_of_a_version_counts,
        what_a_whole_look_did_not_find_is_forgotten,
        adding_may_fail_and_be_tried_again,
        NULL,
    };
    return mfn_test_run("seen", tests);
}
