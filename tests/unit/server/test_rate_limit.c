/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/rate_limit.h"
#include "suite.h"

static mfn__rate_limit *limit_new(uint64_t buckets)
{
    mfn__rate_limit *limit = NULL;
    mfn_error err = {0};
    ck_assert_msg(mfn__rate_limit_new(buckets, &limit, &err) == MFN_OK, "%s", err.text);
    return limit;
}

static mfn__rate_verdict take(mfn__rate_limit *limit, const char *client, uint64_t requests,
                              uint64_t window_s, int64_t now_ns)
{
    mfn__rate_verdict verdict = {0};
    mfn__rate_limit_take(limit, client, "/x", requests, window_s, now_ns, &verdict);
    return verdict;
}

/* One line of a script: so many seconds later (the reference's clock is a double), so many
 * requests, of which the last is answered like this. */
typedef struct line {
    const char *why;
    double advance_s;
    unsigned repeat;
    bool is_allowed;
    uint64_t remaining, retry_after_s;
} line;

static int64_t ns_of(double seconds)
{
    const int64_t whole = (int64_t)seconds;
    return whole * MFN__NS_PER_S + (int64_t)((seconds - (double)whole) * (double)MFN__NS_PER_S);
}

static void play(const line *lines, size_t count, uint64_t requests, uint64_t window_s)
{
    mfn__rate_limit *limit = limit_new(1024);
    double now_s = 1700000000.0;
    for (size_t i = 0; i < count; i++) {
        const line *it = &lines[i];
        now_s += it->advance_s;
        mfn__rate_verdict got = {0};
        for (unsigned n = 0; n < it->repeat; n++) {
            got = take(limit, "client", requests, window_s, ns_of(now_s));
        }
        ck_assert_msg(got.is_allowed == it->is_allowed && got.remaining == it->remaining &&
                          got.retry_after_s == it->retry_after_s && got.limit == requests &&
                          got.window_s == window_s,
                      "%s: allowed %d, remaining %llu, retry after %llu", it->why, got.is_allowed,
                      (unsigned long long)got.remaining, (unsigned long long)got.retry_after_s);
    }
    mfn__rate_limit_free(limit);
}

START_TEST(answers_as_the_reference_does_with_its_default_limit)
{
    static const line lines[] = {
        {"starts full", 0, 1, true, 199, 0},
        {"empties", 0, 199, true, 0, 0},
        {"is empty", 0, 1, false, 0, 1},
        {"fills slowly", 0.2, 1, false, 0, 1},
        {"is a hair short of a token", 0.1, 1, false, 0, 1},
        {"has one", 0.05, 1, true, 0, 0},
        {"is full after the window", 60, 1, true, 199, 0},
        {"never holds more", 100000, 1, true, 199, 0},
    };
    play(lines, sizeof lines / sizeof *lines, 200, 60);
}
END_TEST

START_TEST(answers_as_the_reference_does_with_a_limit_of_three)
{
    static const line lines[] = {
        {"empties", 0, 3, true, 0, 0},
        {"is empty", 0, 1, false, 0, 3},
        {"a second later", 1.0, 1, false, 0, 2},
        {"has one", 2.4, 1, true, 0, 0},
    };
    play(lines, sizeof lines / sizeof *lines, 3, 7);
}
END_TEST

START_TEST(tells_when_the_bucket_is_full_again)
{
    mfn__rate_limit *limit = limit_new(64);
    ck_assert_uint_eq(take(limit, "a", 3, 7, 0).reset_s, 3); /* 7/3 s, rounded up */
    ck_assert_uint_eq(take(limit, "a", 3, 7, 0).reset_s, 5);
    ck_assert_uint_eq(take(limit, "a", 3, 7, 0).reset_s, 7);
    ck_assert_uint_eq(take(limit, "a", 3, 7, 0).reset_s, 7);
    ck_assert_uint_eq(take(limit, "a", 3, 7, 7 * MFN__NS_PER_S).reset_s, 3);
    mfn__rate_limit_free(limit);
}
END_TEST

START_TEST(loses_no_token_to_rounding_however_often_it_is_asked)
{
    mfn__rate_limit *limit = limit_new(64);
    for (int i = 0; i < 3; i++) {
        ck_assert(take(limit, "a", 3, 7, 0).is_allowed);
    }
    const int64_t token_ns = 7 * MFN__NS_PER_S / 3 + 1; /* the first whole nanosecond with one */
    unsigned too_early = 0;
    for (int64_t now_ns = 0; now_ns < token_ns; now_ns += 10007) {
        too_early += take(limit, "a", 3, 7, now_ns).is_allowed ? 1 : 0;
    }
    ck_assert_uint_eq(too_early, 0);
    ck_assert(!take(limit, "a", 3, 7, token_ns - 1).is_allowed);
    ck_assert(take(limit, "a", 3, 7, token_ns).is_allowed);
    mfn__rate_limit_free(limit);
}
END_TEST

START_TEST(keeps_clients_and_endpoints_apart)
{
    static const struct {
        const char *client, *endpoint;
    } pairs[] = {{"a", "/x"}, {"b", "/x"}, {"a", "/y"}, {"a/", "x"}, {"a/x", ""}, {"", "a/x"}};
    mfn__rate_limit *limit = limit_new(4096);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        mfn__rate_verdict verdict;
        mfn__rate_limit_take(limit, pairs[i].client, pairs[i].endpoint, 1, 60, 0, &verdict);
        ck_assert_msg(verdict.is_allowed, "'%s' '%s'", pairs[i].client, pairs[i].endpoint);
        mfn__rate_limit_take(limit, pairs[i].client, pairs[i].endpoint, 1, 60, 0, &verdict);
        ck_assert_msg(!verdict.is_allowed, "'%s' '%s'", pairs[i].client, pairs[i].endpoint);
    }
    mfn__rate_limit_free(limit);
}
END_TEST

START_TEST(lets_nobody_through_without_a_limit_or_a_window)
{
    mfn__rate_limit *limit = limit_new(64);
    mfn__rate_verdict verdict = take(limit, "a", 0, 60, 0);
    ck_assert(!verdict.is_allowed);
    ck_assert_uint_eq(verdict.retry_after_s, 60);
    verdict = take(limit, "a", 5, 0, 0);
    ck_assert(!verdict.is_allowed);
    ck_assert_uint_eq(verdict.retry_after_s, 1);
    mfn__rate_limit_free(limit);
}
END_TEST

START_TEST(survives_the_largest_numbers_and_a_clock_that_goes_back)
{
    mfn__rate_limit *limit = limit_new(64);
    mfn__rate_verdict verdict = take(limit, "a", UINT64_MAX, UINT64_MAX, 0);
    ck_assert(verdict.is_allowed);
    ck_assert_uint_eq(verdict.limit, UINT64_MAX);
    verdict = take(limit, "b", 1, UINT64_MAX, INT64_MAX / 2);
    ck_assert(verdict.is_allowed);
    verdict = take(limit, "b", 1, UINT64_MAX, INT64_MAX / 2);
    ck_assert(!verdict.is_allowed);
    ck_assert(take(limit, "c", 1, 10, 100 * MFN__NS_PER_S).is_allowed);
    ck_assert(!take(limit, "c", 1, 10, 50 * MFN__NS_PER_S).is_allowed);
    ck_assert(!take(limit, "c", 1, 10, 109 * MFN__NS_PER_S).is_allowed);
    ck_assert(take(limit, "c", 1, 10, 110 * MFN__NS_PER_S).is_allowed);
    mfn__rate_limit_free(limit);
}
END_TEST

START_TEST(a_lower_limit_takes_effect_at_once)
{
    mfn__rate_limit *limit = limit_new(64);
    ck_assert_uint_eq(take(limit, "a", 100, 60, 0).remaining, 99);
    ck_assert_uint_eq(take(limit, "a", 10, 60, 0).remaining, 9);
    mfn__rate_limit_free(limit);
}
END_TEST

START_TEST(a_full_set_forgets_a_full_bucket_before_one_in_use)
{
    mfn__rate_limit *limit = limit_new(2);
    const int64_t s = MFN__NS_PER_S;
    ck_assert(take(limit, "slow", 1, 100, 0).is_allowed);       /* full again at 100 s */
    ck_assert(take(limit, "quick", 1, 1, 10 * s).is_allowed);   /* full again at 11 s */
    ck_assert(take(limit, "third", 1, 100, 20 * s).is_allowed); /* takes the place of "quick" */
    ck_assert(!take(limit, "slow", 1, 100, 30 * s).is_allowed);
    ck_assert(!take(limit, "third", 1, 100, 30 * s).is_allowed);
    mfn__rate_limit_free(limit);
}
END_TEST

START_TEST(a_full_set_forgets_the_bucket_used_least_recently_when_none_is_full)
{
    mfn__rate_limit *limit = limit_new(2);
    const int64_t s = MFN__NS_PER_S;
    ck_assert(take(limit, "a", 1, 100, 0).is_allowed);
    ck_assert(take(limit, "b", 1, 100, 1 * s).is_allowed);
    ck_assert(!take(limit, "a", 1, 100, 2 * s).is_allowed);
    ck_assert(take(limit, "c", 1, 100, 3 * s).is_allowed); /* takes the place of "b" */
    ck_assert(!take(limit, "a", 1, 100, 4 * s).is_allowed);
    ck_assert(take(limit, "b", 1, 100, 5 * s).is_allowed);
    mfn__rate_limit_free(limit);
}
END_TEST

START_TEST(a_million_clients_take_no_memory)
{
    mfn__rate_limit *limit = limit_new(4096);
    ck_assert(take(limit, "faithful", 5, 60, 0).is_allowed);
    mfn__mem_fail_after(0);
    unsigned faithful = 1;
    unsigned allowed = 0;
    for (unsigned i = 0; i < 1000000; i++) {
        char client[32];
        snprintf(client, sizeof client, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        allowed += take(limit, client, 50, 60, 1000 + i).is_allowed ? 1 : 0;
        if (i % 100 == 0) { /* who comes often is not forgotten */
            faithful += take(limit, "faithful", 5, 60, 1000 + i).is_allowed ? 1 : 0;
        }
    }
    ck_assert_ptr_null(mfn__mem_new(1, 1)); /* the failure is still due: nothing was allocated */
    ck_assert_uint_eq(faithful, 5);
    ck_assert_uint_eq(allowed, 1000000);
    mfn__rate_limit_free(limit);
}
END_TEST

START_TEST(most_buckets_are_kept_while_the_table_is_half_full)
{
    enum { BUCKETS = 8192, CLIENTS = BUCKETS / 2 };
    mfn__rate_limit *limit = limit_new(BUCKETS);
    unsigned forgotten = 0;
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < CLIENTS; i++) {
            char client[32];
            snprintf(client, sizeof client, "client %u", i);
            bool is_allowed =
                take(limit, client, 1, 60, (int64_t)round * MFN__NS_PER_S + i).is_allowed;
            forgotten += round == 1 && is_allowed ? 1 : 0;
        }
    }
    ck_assert_uint_lt(forgotten, CLIENTS / 20);
    mfn__rate_limit_free(limit);
}
END_TEST

enum { THREADS = 4, TAKES = 20000, SHARED = 5000 };

typedef struct crowd {
    mfn__rate_limit *limit;
    unsigned number;
    unsigned allowed_shared, allowed_own;
} crowd;

static void *crowd_in(void *argument)
{
    crowd *self = argument;
    char own[32];
    snprintf(own, sizeof own, "own %u", self->number);
    for (unsigned i = 0; i < TAKES; i++) {
        self->allowed_shared += take(self->limit, "shared", SHARED, 60, 0).is_allowed ? 1 : 0;
        self->allowed_own += take(self->limit, own, 100, 60, 0).is_allowed ? 1 : 0;
    }
    return NULL;
}

START_TEST(threads_take_each_token_once)
{
    mfn__rate_limit *limit = limit_new(65536);
    pthread_t threads[THREADS];
    crowd crowds[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        crowds[i] = (crowd){.limit = limit, .number = i};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, crowd_in, &crowds[i]), 0);
    }
    unsigned shared = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        shared += crowds[i].allowed_shared;
        ck_assert_uint_eq(crowds[i].allowed_own, 100);
    }
    ck_assert_uint_eq(shared, SHARED);
    mfn__rate_limit_free(limit);
}
END_TEST

START_TEST(paths_have_the_limits_of_the_reference)
{
    static const struct {
        const char *path;
        uint64_t requests;
    } cases[] = {
        {"/health", 1000},
        {"/health-anything", 1000},
        {"/health/connectors", 1000},
        {"/validate", 50},
        {"/simulate", 50},
        {"/nernst", 200},
        {"/federated/aggregate", 50},
        {"/metrics", 7},
        {"/", 7},
        {"", 7},
        {"/nop/health", 7},
        {"/federated", 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_msg(mfn__rate_limit_of_path(cases[i].path, 7) == cases[i].requests, "'%s'",
                      cases[i].path);
    }
}
END_TEST

START_TEST(new_refuses_sizes_and_survives_failure_of_every_allocation)
{
    mfn__rate_limit *limit = NULL;
    mfn_error err = {0};
    ck_assert_int_eq(mfn__rate_limit_new(0, &limit, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "buckets_max");
    int64_t allocations = 0;
    for (;; allocations++) {
        mfn__mem_fail_after(allocations);
        mfn_status status = mfn__rate_limit_new(100, &limit, &err);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        ck_assert_ptr_null(limit);
    }
    ck_assert_int_eq(allocations, 3);
    mfn__rate_limit_free(limit);
    mfn__rate_limit_free(NULL);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {answers_as_the_reference_does_with_its_default_limit,
                            answers_as_the_reference_does_with_a_limit_of_three,
                            tells_when_the_bucket_is_full_again,
                            loses_no_token_to_rounding_however_often_it_is_asked,
                            keeps_clients_and_endpoints_apart,
                            lets_nobody_through_without_a_limit_or_a_window,
                            survives_the_largest_numbers_and_a_clock_that_goes_back,
                            a_lower_limit_takes_effect_at_once,
                            a_full_set_forgets_a_full_bucket_before_one_in_use,
                            a_full_set_forgets_the_bucket_used_least_recently_when_none_is_full,
                            a_million_clients_take_no_memory,
                            most_buckets_are_kept_while_the_table_is_half_full,
                            threads_take_each_token_once,
                            paths_have_the_limits_of_the_reference,
                            new_refuses_sizes_and_survives_failure_of_every_allocation,
                            NULL};
    return mfn_test_run("rate_limit", tests);
}
