/* SPDX-License-Identifier: MIT */
#include <stdint.h>

#include "base/mem.h"
#include "server/streams/agenda.h"
#include "suite.h"

#define ENTRIES 500

/* The order is checked against the plainest way to find the earliest. */
static int64_t earliest_of(const mfn__agenda_entry *entries)
{
    int64_t earliest = INT64_MAX;
    for (size_t i = 0; i < ENTRIES; i++) {
        if (entries[i].place > 0 && entries[i].due_ns < earliest) {
            earliest = entries[i].due_ns;
        }
    }
    return earliest;
}

START_TEST(the_first_is_always_the_earliest)
{
    static mfn__agenda_entry entries[ENTRIES];
    mfn__agenda agenda = {0};
    uint64_t random = 1;
    size_t inside = 0;
    for (size_t turn = 0; turn < 20 * (size_t)ENTRIES; turn++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        mfn__agenda_entry *entry = &entries[(random >> 33) % ENTRIES];
        if (entry->place > 0) {
            mfn__agenda_remove(&agenda, entry);
            ck_assert_uint_eq(entry->place, 0);
            inside--;
        } else {
            entry->due_ns = (int64_t)((random >> 20) % 1000); /* many are equal */
            ck_assert_int_eq(mfn__agenda_add(&agenda, entry), MFN_OK);
            inside++;
        }
        ck_assert_uint_eq(agenda.count, inside);
        const mfn__agenda_entry *first = mfn__agenda_first(&agenda);
        ck_assert_int_eq(first != NULL ? first->due_ns : INT64_MAX, earliest_of(entries));
    }
    mfn__agenda_deinit(&agenda);
}
END_TEST

START_TEST(an_entry_that_is_not_in_it_may_be_removed)
{
    mfn__agenda agenda = {0};
    mfn__agenda_entry inside = {.due_ns = 1};
    mfn__agenda_entry outside = {.due_ns = 0};
    ck_assert_int_eq(mfn__agenda_add(&agenda, &inside), MFN_OK);
    mfn__agenda_remove(&agenda, &outside);
    ck_assert_ptr_eq(mfn__agenda_first(&agenda), &inside);
    mfn__agenda_deinit(&agenda);
    ck_assert_ptr_null(mfn__agenda_first(&agenda));
}
END_TEST

START_TEST(without_memory_an_entry_stays_outside)
{
    mfn__agenda agenda = {0};
    mfn__agenda_entry entry = {.due_ns = 1};
    mfn__mem_fail_after(0);
    ck_assert_int_eq(mfn__agenda_add(&agenda, &entry), MFN_NO_MEMORY);
    mfn__mem_fail_after(-1);
    ck_assert_uint_eq(entry.place, 0);
    ck_assert_ptr_null(mfn__agenda_first(&agenda));
    mfn__agenda_deinit(&agenda);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {the_first_is_always_the_earliest,
                            an_entry_that_is_not_in_it_may_be_removed,
                            without_memory_an_entry_stays_outside, NULL};
    return mfn_test_run("agenda", tests);
}
