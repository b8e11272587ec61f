/* SPDX-License-Identifier: MIT */
/* Members of one group that share its partitions, on librdkafka's mock cluster. */
#include "kafka_place.h"

/* Fetches with both members in turn until the second has `count` messages. */
static void fetch_beside(member *first, member *second, size_t count)
{
    int64_t end_ns = now_ns() + PATIENCE_NS;
    while (second->count < count) {
        mfn__advice advice;
        mfn_error err = {0};
        fetch_once(first, &advice, &err);
        fetch_once(second, &advice, &err);
        ck_assert_msg(now_ns() < end_ns, "%zu of %zu messages came", second->count, count);
    }
}

/* Ten records of two partitions are under way at the first member when the second one comes. */
static void bring_a_second_member(place *where, member *first, member *second)
{
    place_make(where);
    make_topic(where, "jobs", 2);
    produce_some(where, "jobs", 0, 0, 5);
    produce_some(where, "jobs", 1, 0, 5);
    member_make(first, where, "g", "jobs");
    first->options.drain_time = 20;
    member_open(first);
    fetch_count(first, 10);
    settle(first, 0, 3);
    member_make(second, where, "g", "jobs");
    member_open(second);

    /* Nothing can be handed over: so the second one gets nothing, however long that takes. */
    int64_t end_ns = now_ns() + 3 * MFN__NS_PER_S;
    while (now_ns() < end_ns) {
        mfn__advice advice;
        mfn_error err = {0};
        fetch_once(first, &advice, &err);
        fetch_once(second, &advice, &err);
    }
    ck_assert_uint_eq(first->count, 10);
    ck_assert_uint_eq(second->count, 0);
}

/* False when the mock cluster refused the commit, which a broker would not: it takes none while a
 * group joins, and a heartbeat that is answered late lets a member join once more. Then what was
 * not committed comes again, and that is told. */
static bool is_handed_over_once(void)
{
    static member first, second;
    place where;
    bring_a_second_member(&where, &first, &second);
    settle(&first, 3, 7);
    produce_some(&where, "jobs", 0, 5, 1);
    produce_some(&where, "jobs", 1, 5, 1);
    fetch_beside(&first, &second, 1);
    fetch_count(&first, 11);
    ck_assert_str_eq(first.messages[10]->original + 1, "-5");
    ck_assert_int_ne(first.messages[10]->original[0], second.messages[0]->original[0]);
    mfn__receipt late = {first.messages[10]->source + 77, 5};
    ck_assert(!mfn__kafka_connector.owns(first.self, &late));
    mfn__kafka_connector.settled(first.self, &late, 1); /* of nobody: ignored */
    bool is_once = strcmp(second.messages[0]->original + 1, "-5") == 0;
    member_close(&second);
    member_close(&first);
    bool has_warned = strstr(where.warnings, "before what is settled in them could be") != NULL;
    ck_assert_msg(is_once != has_warned, "handed over once: %d, warnings: %s", (int)is_once,
                  where.warnings);
    place_end(&where);
    return is_once;
}

START_TEST(a_second_member_gets_a_partition_when_what_is_under_way_in_it_is_settled)
{
    ck_assert(is_handed_over_once() || is_handed_over_once() || is_handed_over_once());
}
END_TEST

START_TEST(what_is_not_settled_within_the_drain_time_goes_to_the_other_member_again)
{
    static member first, second;
    place where;
    place_make(&where);
    make_topic(&where, "jobs", 2);
    produce_some(&where, "jobs", 0, 0, 3);
    produce_some(&where, "jobs", 1, 0, 3);
    member_make(&first, &where, "g", "jobs");
    first.options.drain_time = 0.1;
    member_open(&first);
    fetch_count(&first, 6);
    member_make(&second, &where, "g", "jobs");
    member_open(&second);
    fetch_beside(&first, &second, 3);
    ck_assert_uint_eq(first.count, 6);
    size_t lost = 0;
    for (size_t i = 0; i < 6; i++) {
        mfn__receipt receipt = receipt_of(first.messages[i]);
        lost += mfn__kafka_connector.owns(first.self, &receipt) ? 0 : 1;
    }
    ck_assert_uint_eq(lost, 3);
    settle(&first, 0, 6); /* three of them too late */
    member_close(&first);
    int64_t offsets[2] = {committed(&where, "g", "jobs", 0), committed(&where, "g", "jobs", 1)};
    int there = second.messages[0]->original[0] - '0';
    ck_assert_int_lt(offsets[there], 0);
    ck_assert_int_eq(offsets[1 - there], 3);
    member_close(&second);
    place_end(&where);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_second_member_gets_a_partition_when_what_is_under_way_in_it_is_settled,
        what_is_not_settled_within_the_drain_time_goes_to_the_other_member_again,
        NULL,
    };
    return mfn_test_run("kafka_group", tests);
}
