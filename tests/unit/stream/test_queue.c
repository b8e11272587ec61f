/* SPDX-License-Identifier: MIT */
#include <pthread.h>

#include "base/clock.h"
#include "base/mem.h"
#include "stream/queue.h"
#include "suite.h"

#define NO_LIMIT ((size_t)1 << 40)

static mfn__queue *made(size_t items, size_t bytes)
{
    mfn__queue *queue = NULL;
    ck_assert_int_eq(mfn__queue_new(items, bytes, &queue, NULL), MFN_OK);
    return queue;
}

static mfn__message *message(uint64_t index, size_t bytes)
{
    mfn__message *made = mfn__mem_new(1, sizeof *made);
    made->index = index;
    made->original = mfn__mem_new(bytes + 1, 1);
    made->original_size = bytes;
    return made;
}

static int64_t soon_ns(void)
{
    return mfn__clock_monotonic_ns(mfn__clock_system()) + MFN__NS_PER_MS;
}

static int64_t late_ns(void)
{
    return mfn__clock_monotonic_ns(mfn__clock_system()) + 60 * MFN__NS_PER_S;
}

START_TEST(messages_come_out_in_the_order_they_went_in)
{
    mfn__queue *queue = made(10, NO_LIMIT);
    for (uint64_t i = 0; i < 5; i++) {
        ck_assert(mfn__queue_add(queue, message(i, 3)));
    }
    ck_assert_uint_eq(mfn__queue_length(queue), 5);
    mfn__message *taken[3];
    uint64_t next = 0;
    for (size_t count; next < 5;) {
        count = mfn__queue_take(queue, late_ns(), taken, 3);
        ck_assert_uint_ge(count, 1);
        for (size_t i = 0; i < count; i++) {
            ck_assert_uint_eq(taken[i]->index, next++);
            mfn__message_free(taken[i]);
        }
    }
    mfn__queue_free(queue);
}
END_TEST

START_TEST(an_empty_queue_answers_at_the_deadline)
{
    mfn__queue *queue = made(10, NO_LIMIT);
    mfn__message *taken = NULL;
    ck_assert_uint_eq(mfn__queue_take(queue, soon_ns(), &taken, 1), 0);
    ck_assert(!mfn__queue_is_over(queue));
    mfn__queue_free(queue);
}
END_TEST

START_TEST(a_closed_queue_gives_what_it_has_and_takes_nothing)
{
    mfn__queue *queue = made(10, NO_LIMIT);
    ck_assert(mfn__queue_add(queue, message(1, 0)));
    mfn__queue_close(queue);
    mfn__message *refused = message(2, 0);
    ck_assert(!mfn__queue_add(queue, refused));
    mfn__message_free(refused);
    ck_assert(!mfn__queue_is_over(queue));
    mfn__message *taken = NULL;
    ck_assert_uint_eq(mfn__queue_take(queue, late_ns(), &taken, 1), 1);
    mfn__message_free(taken);
    ck_assert(mfn__queue_is_over(queue));
    mfn__queue_free(queue);
}
END_TEST

typedef struct adder {
    mfn__queue *queue;
    uint64_t count;
    size_t bytes;
} adder;

static void *add_many(void *context)
{
    const adder *self = context;
    for (uint64_t i = 0; i < self->count; i++) {
        if (!mfn__queue_add(self->queue, message(i, self->bytes))) {
            return NULL;
        }
    }
    return NULL;
}

static uint64_t take_all(mfn__queue *queue, uint64_t count, size_t most)
{
    uint64_t taken_count = 0;
    while (taken_count < count) {
        ck_assert_uint_le(mfn__queue_length(queue), most);
        mfn__message *taken = NULL;
        ck_assert_uint_eq(mfn__queue_take(queue, late_ns(), &taken, 1), 1);
        ck_assert_uint_eq(taken->index, taken_count);
        mfn__message_free(taken);
        taken_count++;
    }
    return taken_count;
}

START_TEST(who_adds_to_a_full_queue_waits)
{
    static const struct {
        const char *why;
        size_t max_items, max_bytes, message_bytes, most;
    } cases[] = {
        {"the number of items is bounded", 4, NO_LIMIT, 10, 4},
        {"the number of bytes is bounded", 1000, 10 * 1024, 3000, 3},
        {"one that is too large for all is let in alone", 1000, 100, 3000, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn__queue *queue = made(cases[i].max_items, cases[i].max_bytes);
        adder self = {queue, 500, cases[i].message_bytes};
        pthread_t thread;
        ck_assert_int_eq(pthread_create(&thread, NULL, add_many, &self), 0);
        ck_assert_msg(take_all(queue, self.count, cases[i].most) == self.count, "%s", cases[i].why);
        pthread_join(thread, NULL);
        mfn__queue_free(queue);
    }
}
END_TEST

typedef struct late_adder {
    mfn__queue *queue;
    bool was_let_in;
} late_adder;

static void *add_one(void *context)
{
    late_adder *self = context;
    mfn__message *one = message(1, 0);
    self->was_let_in = mfn__queue_add(self->queue, one);
    if (!self->was_let_in) {
        mfn__message_free(one);
    }
    return NULL;
}

/* Whether the thread comes before or after the closing, it must end and be refused. */
START_TEST(closing_wakes_who_waits_for_room)
{
    mfn__queue *queue = made(1, NO_LIMIT);
    ck_assert(mfn__queue_add(queue, message(0, 0)));
    late_adder self = {queue, true};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, add_one, &self), 0);
    mfn__queue_close(queue);
    pthread_join(thread, NULL);
    ck_assert(!self.was_let_in);
    mfn__queue_free(queue);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        messages_come_out_in_the_order_they_went_in,
        an_empty_queue_answers_at_the_deadline,
        a_closed_queue_gives_what_it_has_and_takes_nothing,
        who_adds_to_a_full_queue_waits,
        closing_wakes_who_waits_for_room,
        NULL,
    };
    return mfn_test_run("queue", tests);
}
