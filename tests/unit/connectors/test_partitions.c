/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "connectors/kafka/partitions.h"
#include "suite.h"

static mfn__partitions set;

static void begin(void)
{
    mfn_error err = {0};
    ck_assert_int_eq(mfn__partitions_init(&set, &err), MFN_OK);
    ck_assert_int_eq(mfn__partitions_add(&set, "t", 0, &err), MFN_OK);
}

static uint64_t take(int64_t offset)
{
    mfn_error err = {0};
    uint64_t source = 0;
    ck_assert_int_eq(mfn__partitions_take(&set, "t", 0, offset, &source, &err), MFN_OK);
    return source;
}

static void settle(uint64_t source, int64_t offset)
{
    const mfn__receipt receipt = {source, (uint64_t)offset};
    mfn__partitions_settle(&set, &receipt, 1);
}

/* The offset that is due for a commit; -1 for none. */
static int64_t due(void)
{
    rd_kafka_topic_partition_list_t *list = mfn__partitions_due(&set);
    int64_t offset = list == NULL ? -1 : list->elems[0].offset;
    ck_assert(list == NULL || list->cnt == 1);
    if (list != NULL) {
        rd_kafka_topic_partition_list_destroy(list);
    }
    return offset;
}

static void answer(rd_kafka_resp_err_t code, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "t", 0)->offset = offset;
    mfn__partitions_committed(&set, code, list);
    rd_kafka_topic_partition_list_destroy(list);
}

START_TEST(gaps_between_offsets_are_no_hindrance)
{
    begin();
    static const int64_t offsets[] = {5, 7, 100, 101};
    uint64_t source = 0;
    for (size_t i = 0; i < 4; i++) {
        source = take(offsets[i]);
    }
    static const struct {
        const char *what;
        int64_t settled, due;
    } steps[] = {
        {"a later one waits for the first", 7, -1},
        {"the first takes the second with it, up to the next that is left", 5, 100},
        {"what is not under way changes nothing", 6, -1},
        {"nor does what was settled before", 5, -1},
        {"the last waits", 101, -1},
        {"after the last one comes the next offset", 100, 102},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        settle(source, steps[i].settled);
        int64_t got = due();
        ck_assert_msg(got == steps[i].due, "%s: %lld", steps[i].what, (long long)got);
    }
    mfn__partitions_end(&set, "t", 0, 110);
    ck_assert_int_eq(due(), 110); /* markers behind the last record */
    mfn__partitions_deinit(&set);
}
END_TEST

START_TEST(the_end_does_not_hide_what_is_under_way)
{
    begin();
    ck_assert(!mfn__partitions_are_at_end(&set));
    uint64_t source = take(3);
    mfn__partitions_end(&set, "t", 0, 9);
    ck_assert(mfn__partitions_are_at_end(&set));
    ck_assert_int_eq(due(), -1);
    settle(source, 3);
    ck_assert_int_eq(due(), 9);
    take(12);
    ck_assert(!mfn__partitions_are_at_end(&set));
    mfn__partitions_deinit(&set);
}
END_TEST

START_TEST(a_failed_commit_is_due_again_and_an_old_answer_is_not_believed_over_a_new_one)
{
    begin();
    uint64_t source = take(0);
    take(1);
    settle(source, 0);
    ck_assert_int_eq(due(), 1);
    ck_assert_int_eq(due(), -1);
    answer(RD_KAFKA_RESP_ERR__WAIT_COORD, 1);
    ck_assert_int_eq(due(), 1);
    answer(RD_KAFKA_RESP_ERR_NO_ERROR, 1);
    ck_assert_int_eq(due(), -1);
    settle(source, 1);
    ck_assert_int_eq(due(), 2);
    answer(RD_KAFKA_RESP_ERR_NO_ERROR, 2);
    answer(RD_KAFKA_RESP_ERR_NO_ERROR, 1);
    answer(RD_KAFKA_RESP_ERR__WAIT_COORD, 1);
    ck_assert_int_eq(due(), -1);
    mfn__partitions_deinit(&set);
}
END_TEST

START_TEST(many_under_way_settle_in_any_order)
{
    begin();
    uint64_t source = 0;
    static int64_t offsets[1000];
    for (int i = 0; i < 1000; i++) {
        offsets[i] = 3 * i + i % 2;
        source = take(offsets[i]);
    }
    unsigned state = 1;
    for (int i = 999; i > 0; i--) { /* shuffles */
        state = state * 1103515245u + 12345u;
        int other = (int)((state >> 8) % (unsigned)(i + 1));
        int64_t swap = offsets[i];
        offsets[i] = offsets[other];
        offsets[other] = swap;
    }
    static bool is_settled[1000];
    for (int i = 0; i < 1000; i++) {
        settle(source, offsets[i]);
        is_settled[offsets[i] / 3] = true;
        int first = 0;
        while (first < 1000 && is_settled[first]) {
            first++;
        }
        int64_t expected = first == 1000 ? 2999 : 3 * first + first % 2;
        int64_t got = due();
        ck_assert(got == expected || got == -1);
        ck_assert_int_eq(mfn__partition_next_offset(set.first), expected);
    }
    mfn__partitions_deinit(&set);
}
END_TEST

START_TEST(receipts_of_an_earlier_assignment_are_ignored)
{
    begin();
    mfn_error err = {0};
    uint64_t old = take(0);
    mfn__partitions_leave(&set, "t", 0);
    uint64_t source = 0;
    ck_assert_int_eq(mfn__partitions_take(&set, "t", 0, 1, &source, &err), MFN_NOT_FOUND);
    ck_assert(!mfn__partitions_are_drained(&set));
    ck_assert(mfn__partitions_own(&set, old)); /* until it is handed back */
    mfn__partitions_remove_leaving(&set);
    ck_assert(!mfn__partitions_own(&set, old));
    ck_assert(mfn__partitions_are_drained(&set));

    ck_assert_int_eq(mfn__partitions_add(&set, "t", 0, &err), MFN_OK);
    source = take(0);
    ck_assert_uint_ne(source, old);
    settle(old, 0);
    ck_assert_int_eq(due(), -1);
    settle(source, 0);
    ck_assert_int_eq(due(), 1);

    ck_assert_uint_ne(take(0), source); /* a topic that was made anew begins at 0 again */
    ck_assert_int_eq(mfn__partition_next_offset(set.first), 0);
    mfn__partitions_deinit(&set);
}
END_TEST

START_TEST(what_is_not_handed_out_is_not_under_way)
{
    begin();
    uint64_t source = take(4);
    take(6);
    take(7);
    mfn__partitions_untake(&set, source, 6);
    mfn__partitions_untake(&set, source, 7);
    settle(source, 4);
    ck_assert_int_eq(due(), 6);
    take(6);
    settle(source, 6);
    ck_assert_int_eq(due(), 7);
    mfn__partitions_deinit(&set);
}
END_TEST

START_TEST(partitions_survive_the_failure_of_every_allocation)
{
    for (int64_t allowed = 0;; allowed++) {
        mfn_error err = {0};
        uint64_t source = 0;
        ck_assert_int_eq(mfn__partitions_init(&set, &err), MFN_OK);
        mfn__mem_fail_after(allowed);
        mfn_status status = mfn__partitions_add(&set, "t", 0, &err);
        int64_t taken = 0;
        while (status == MFN_OK && taken < 70) {
            status = mfn__partitions_take(&set, "t", 0, taken, &source, &err);
            taken += status == MFN_OK ? 1 : 0;
        }
        mfn__mem_fail_after(-1);
        ck_assert(status == MFN_OK || status == MFN_NO_MEMORY);
        for (int64_t i = 0; i < taken; i++) {
            settle(source, i);
        }
        ck_assert_int_eq(due(), taken > 0 ? taken : -1);
        mfn__partitions_deinit(&set);
        if (status == MFN_OK) {
            ck_assert_int_gt(allowed, 2);
            return;
        }
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        gaps_between_offsets_are_no_hindrance,
        the_end_does_not_hide_what_is_under_way,
        a_failed_commit_is_due_again_and_an_old_answer_is_not_believed_over_a_new_one,
        many_under_way_settle_in_any_order,
        receipts_of_an_earlier_assignment_are_ignored,
        what_is_not_handed_out_is_not_under_way,
        partitions_survive_the_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("partitions", tests);
}
