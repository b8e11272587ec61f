/* SPDX-License-Identifier: MIT */
#include <pthread.h>

#include "base/mem.h"
#include "stream/sequence.h"
#include "suite.h"

#define SIZE    8
#define THREADS 3
#define COUNT   3000

static atomic_bool abandon;

static mfn__message *message_of(uint64_t order)
{
    mfn__message *message = mfn__message_new("here", "{}", 2);
    message->order = order;
    return message;
}

START_TEST(messages_come_out_in_the_order_of_intake)
{
    static const uint64_t orders[] = {2, 0, 3, 1, 5};
    mfn__sequence *sequence = NULL;
    ck_assert_int_eq(mfn__sequence_new(SIZE, &sequence, NULL), MFN_OK);
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        ck_assert(mfn__sequence_put(sequence, message_of(orders[i]), &abandon));
    }
    mfn__message *taken[SIZE];
    ck_assert_uint_eq(mfn__sequence_take(sequence, taken, SIZE), 4);
    for (uint64_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(taken[i]->order, i);
        mfn__message_free(taken[i]);
    }
    ck_assert_uint_eq(mfn__sequence_take(sequence, taken, SIZE), 0);
    mfn__sequence_close(sequence);
    ck_assert(mfn__sequence_is_over(sequence)); /* 4 will never come */
    mfn__sequence_free(sequence);
}
END_TEST

struct crowd {
    mfn__sequence *sequence;
    atomic_uint_fast64_t next;
};

static void *put_many(void *context)
{
    struct crowd *crowd = context;
    for (;;) {
        uint64_t order = atomic_fetch_add(&crowd->next, 1);
        if (order >= COUNT) {
            return NULL;
        }
        if (!mfn__sequence_put(crowd->sequence, message_of(order), &abandon)) {
            return NULL;
        }
    }
}

START_TEST(those_who_are_too_far_ahead_wait)
{
    struct crowd crowd = {0};
    ck_assert_int_eq(mfn__sequence_new(SIZE, &crowd.sequence, NULL), MFN_OK);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, put_many, &crowd), 0);
    }
    for (uint64_t expected = 0; expected < COUNT;) {
        mfn__message *taken[SIZE];
        size_t count = mfn__sequence_take(crowd.sequence, taken, SIZE);
        for (size_t i = 0; i < count; i++) {
            ck_assert_uint_eq(taken[i]->order, expected++);
            mfn__message_free(taken[i]);
        }
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    mfn__sequence_free(crowd.sequence);
}
END_TEST

START_TEST(a_run_that_is_given_up_keeps_nobody_waiting)
{
    mfn__sequence *sequence = NULL;
    ck_assert_int_eq(mfn__sequence_new(SIZE, &sequence, NULL), MFN_OK);
    atomic_bool given_up = true;
    mfn__message *message = message_of(SIZE);
    ck_assert(!mfn__sequence_put(sequence, message, &given_up));
    mfn__message_free(message);
    mfn__sequence_free(sequence);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        messages_come_out_in_the_order_of_intake,
        those_who_are_too_far_ahead_wait,
        a_run_that_is_given_up_keeps_nobody_waiting,
        NULL,
    };
    return mfn_test_run("sequence", tests);
}
