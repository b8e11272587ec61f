/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "http_place.h"
#include "suite.h"

static double seconds_since(int64_t start_ns)
{
    return (double)(mfn__clock_monotonic_ns(mfn__clock_system()) - start_ns) /
           (double)MFN__NS_PER_S;
}

static int64_t now_ns(void)
{
    return mfn__clock_monotonic_ns(mfn__clock_system());
}

static void wait_for_requests(http_peer *peer, size_t count)
{
    while (http_peer_count(peer) < count) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

START_TEST(one_connection_serves_one_request_after_another)
{
    http_place here;
    http_place_make(&here, 4, 4);
    for (size_t i = 0; i < 10; i++) {
        http_peer_say(here.peer, 200, NULL, "x");
        const mfn__http_exchange *exchange = http_place_get(&here, "/");
        http_place_expect(exchange, 200, "x");
        ck_assert(exchange->used_new_connection == (i == 0));
        ck_assert_uint_eq(http_peer_seen(here.peer, i)->connection, 0);
    }
    mfn__http_counts counts = mfn__http_pool_counts(here.pool);
    ck_assert_uint_eq(counts.requests, 10);
    ck_assert_uint_eq(counts.connections_opened, 1);
    ck_assert_uint_eq(counts.connections_reused, 9);
    ck_assert_uint_eq(counts.redirects, 0);
    http_place_drop(&here);
}
END_TEST

START_TEST(exchanges_run_side_by_side)
{
    enum { WIDE = 8 };
    http_place here;
    http_place_make(&here, WIDE, WIDE);
    const http_peer_answer together = {
        .status = 200, .body = "x", .body_size = 1, .together = WIDE};
    for (size_t i = 0; i < WIDE; i++) {
        http_peer_add(here.peer, &together);
        http_place_add(&here, "127.0.0.1", "/");
    }
    http_place_perform(&here); /* for ever, if one waited for another */
    for (size_t i = 0; i < WIDE; i++) {
        http_place_expect(&here.exchanges[i], 200, "x");
    }
    ck_assert_uint_eq(mfn__http_pool_counts(here.pool).connections_opened, WIDE);
    http_place_drop(&here);
}
END_TEST

START_TEST(the_pool_keeps_its_bounds)
{
    static const struct {
        uint64_t size, per_host, connections;
    } cases[] = {{3, 30, 3}, {30, 3, 3}, {1, 1, 1}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        http_place here;
        http_place_make(&here, cases[c].size, cases[c].per_host);
        /* The first ones wait for each other: so many connections there are at least. */
        const http_peer_answer first = {.status = 200, .together = cases[c].connections};
        for (size_t i = 0; i < HTTP_PLACE_EXCHANGES_MAX; i++) {
            http_peer_add(here.peer,
                          i < cases[c].connections ? &first : &(http_peer_answer){.status = 200});
            http_place_add(&here, "127.0.0.1", "/");
        }
        http_place_perform(&here);
        for (size_t i = 0; i < HTTP_PLACE_EXCHANGES_MAX; i++) {
            http_place_expect(&here.exchanges[i], 200, "");
            ck_assert_uint_lt(http_peer_seen(here.peer, i)->connection, cases[c].connections);
        }
        mfn__http_counts counts = mfn__http_pool_counts(here.pool);
        ck_assert_uint_eq(counts.requests, HTTP_PLACE_EXCHANGES_MAX);
        ck_assert_uint_eq(counts.connections_opened, cases[c].connections);
        ck_assert_uint_eq(counts.connections_reused,
                          HTTP_PLACE_EXCHANGES_MAX - cases[c].connections);
        http_place_drop(&here);
    }
}
END_TEST

typedef struct caller {
    http_place *here;
    pthread_t thread;
    size_t answers;
} caller;

static void *call_often(void *context)
{
    caller *self = context;
    char url[HTTP_PLACE_URL_MAX];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", http_peer_port(self->here->peer));
    for (size_t i = 0; i < 20; i++) {
        mfn__http_exchange pair[2];
        for (size_t k = 0; k < 2; k++) {
            pair[k] = (mfn__http_exchange){
                .method = "GET", .url = url, .access = &self->here->access, .timeout_s = 60};
        }
        mfn__http_perform(self->here->pool, pair, 2, NULL);
        for (size_t k = 0; k < 2; k++) {
            self->answers += pair[k].problem.status == MFN_OK && pair[k].status == 200 ? 1 : 0;
            mfn__http_exchange_deinit(&pair[k]);
        }
    }
    return NULL;
}

START_TEST(several_threads_share_one_pool)
{
    enum { CALLERS = 4 };
    http_place here;
    http_place_make(&here, 3, 3);
    for (size_t i = 0; i < CALLERS * 40; i++) {
        http_peer_say(here.peer, 200, NULL, "x");
    }
    caller callers[CALLERS];
    for (size_t i = 0; i < CALLERS; i++) {
        callers[i] = (caller){.here = &here};
        ck_assert_int_eq(pthread_create(&callers[i].thread, NULL, call_often, &callers[i]), 0);
    }
    for (size_t i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        ck_assert_uint_eq(callers[i].answers, 40);
    }
    ck_assert_uint_eq(mfn__http_pool_counts(here.pool).requests, CALLERS * 40);
    ck_assert_uint_le(mfn__http_pool_counts(here.pool).connections_opened, 3);
    http_place_drop(&here);
}
END_TEST

START_TEST(nothing_to_perform_is_done_at_once)
{
    http_place here;
    http_place_make(&here, 1, 1);
    mfn__http_perform(here.pool, NULL, 0, NULL);
    ck_assert_uint_eq(mfn__http_pool_counts(here.pool).requests, 0);
    http_place_drop(&here);
}
END_TEST

START_TEST(a_connection_that_closed_meanwhile_is_replaced)
{
    http_place here;
    http_place_make(&here, 1, 1);
    http_peer_say(here.peer, 200, "Connection: close\r\n", "x");
    http_peer_say(here.peer, 200, NULL, "y");
    http_place_expect(http_place_get(&here, "/"), 200, "x");
    http_place_expect(http_place_get(&here, "/"), 200, "y");
    ck_assert_uint_eq(mfn__http_pool_counts(here.pool).connections_opened, 2);
    http_place_drop(&here);
}
END_TEST

START_TEST(the_timeout_ends_an_exchange_whatever_it_waits_for)
{
    static const struct {
        const char *what;
        http_peer_answer answer;
    } cases[] = {
        {"the answer", {.status = 200, .delay_s = HTTP_PEER_NEVER_S}},
        {"another request", {.status = 200, .together = 2}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_place here;
        http_place_make(&here, 2, 2);
        http_peer_add(here.peer, &cases[i].answer);
        http_place_add(&here, "127.0.0.1", "/?key=hunter2")->timeout_s = 0.1;
        int64_t start_ns = now_ns();
        http_place_perform(&here);
        ck_assert_msg(here.exchanges[0].problem.status == MFN_TIMED_OUT, "%s: %s", cases[i].what,
                      here.exchanges[0].problem.text);
        ck_assert_double_ge(seconds_since(start_ns), 0.09);
        ck_assert_ptr_nonnull(strstr(here.exchanges[0].problem.text, "no answer in time"));
        ck_assert_double_lt(seconds_since(start_ns), 20);
        mfn__advice advice = {0};
        mfn_error err = {0};
        ck_assert_int_eq(mfn__http_judge(&here.exchanges[0], NULL, &advice, &err), MFN_TIMED_OUT);
        ck_assert_int_eq(advice.trouble, MFN__TROUBLE_PASSING);
        ck_assert_ptr_null(strstr(err.text, "hunter2"));
        http_place_drop(&here);
    }
}
END_TEST

typedef struct blocker {
    http_place *here;
    atomic_bool abandon;
    pthread_t thread;
} blocker;

static void *wait_for_ever(void *context)
{
    blocker *self = context;
    mfn__http_perform(self->here->pool, &self->here->exchanges[0], 1, &self->abandon);
    return NULL;
}

START_TEST(the_timeout_counts_the_wait_for_a_connection)
{
    http_place here;
    http_place_make(&here, 1, 1);
    http_peer_add(here.peer, &(http_peer_answer){.status = 200, .delay_s = HTTP_PEER_NEVER_S});
    http_place_add(&here, "127.0.0.1", "/");
    http_place_add(&here, "127.0.0.1", "/")->timeout_s = 0.2;
    blocker blocker_of_all = {.here = &here};
    ck_assert_int_eq(pthread_create(&blocker_of_all.thread, NULL, wait_for_ever, &blocker_of_all),
                     0);
    wait_for_requests(here.peer, 1);
    int64_t start_ns = now_ns();
    mfn__http_perform(here.pool, &here.exchanges[1], 1, NULL);
    ck_assert_double_lt(seconds_since(start_ns), 20);
    ck_assert_int_eq(here.exchanges[1].problem.status, MFN_TIMED_OUT);
    ck_assert_uint_eq(http_peer_count(here.peer), 1);
    atomic_store(&blocker_of_all.abandon, true);
    pthread_join(blocker_of_all.thread, NULL);
    ck_assert_int_eq(here.exchanges[0].problem.status, MFN_CANCELLED);
    http_place_drop(&here);
}
END_TEST

typedef struct quitter {
    http_peer *peer;
    atomic_bool *abandon;
    size_t requests; /* seen by the peer before it gives up */
} quitter;

static void *give_up(void *context)
{
    const quitter *self = context;
    wait_for_requests(self->peer, self->requests);
    atomic_store(self->abandon, true);
    return NULL;
}

START_TEST(abandoned_exchanges_end_soon)
{
    http_place here;
    http_place_make(&here, 2, 2);
    for (size_t i = 0; i < 2; i++) {
        http_peer_add(here.peer, &(http_peer_answer){.status = 200, .delay_s = HTTP_PEER_NEVER_S});
    }
    for (size_t i = 0; i < 4; i++) { /* two wait for an answer, two for a connection */
        http_place_add(&here, "127.0.0.1", "/");
    }
    atomic_bool abandon = false;
    quitter leaver = {here.peer, &abandon, 2};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, give_up, &leaver), 0);
    int64_t start_ns = now_ns();
    mfn__http_perform(here.pool, here.exchanges, here.count, &abandon);
    ck_assert_double_lt(seconds_since(start_ns), 20);
    pthread_join(thread, NULL);
    for (size_t i = 0; i < here.count; i++) {
        ck_assert_int_eq(here.exchanges[i].problem.status, MFN_CANCELLED);
    }
    http_place_clear(&here);
    http_peer_say(here.peer, 200, NULL, "x");
    http_place_expect(http_place_get(&here, "/"), 200, "x"); /* the pool goes on */
    http_place_drop(&here);
}
END_TEST

START_TEST(a_name_server_that_is_silent_holds_up_nobody_else)
{
    http_place here;
    http_place_make(&here, 4, 4);
    http_peer_say(here.peer, 200, NULL, "x");
    http_place_add(&here, "slow.test", "/")->timeout_s = 0.2;
    http_place_perform(&here); /* for ever, if the pool waited for the name */
    ck_assert_int_eq(here.exchanges[0].problem.status, MFN_TIMED_OUT);
    http_place_expect(http_place_get(&here, "/"), 200, "x");
    atomic_bool abandon = true;
    http_place_clear(&here);
    http_place_add(&here, "slow.test", "/");
    mfn__http_perform(here.pool, here.exchanges, 1, &abandon);
    ck_assert_int_eq(here.exchanges[0].problem.status, MFN_CANCELLED);
    http_place_answer_slow_name();
    http_place_drop(&here);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        one_connection_serves_one_request_after_another,
        exchanges_run_side_by_side,
        the_pool_keeps_its_bounds,
        several_threads_share_one_pool,
        nothing_to_perform_is_done_at_once,
        a_connection_that_closed_meanwhile_is_replaced,
        the_timeout_ends_an_exchange_whatever_it_waits_for,
        the_timeout_counts_the_wait_for_a_connection,
        abandoned_exchanges_end_soon,
        a_name_server_that_is_silent_holds_up_nobody_else,
        NULL,
    };
    return mfn_test_run("http_pool", tests);
}
