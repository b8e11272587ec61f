/* SPDX-License-Identifier: MIT */
#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "base/parallel.h"
#include "suite.h"

#define TASKS 1000

typedef struct tally {
    unsigned runs[TASKS]; /* not atomic: each belongs to one task */
    atomic_size_t total;
} tally;

static void count(void *argument, size_t index)
{
    tally *work = argument;
    work->runs[index]++;
    atomic_fetch_add(&work->total, index);
}

static mfn_threads *started(uint32_t threads)
{
    mfn_threads *pool = NULL;
    ck_assert_int_eq(mfn_threads_new(threads, &pool, NULL), MFN_OK);
    return pool;
}

START_TEST(every_task_runs_once_in_every_round)
{
    static const uint32_t sizes[] = {1, 2, 3, 8};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        mfn_threads *pool = started(sizes[s]);
        tally work = {0};
        for (unsigned round = 1; round <= 50; round++) {
            mfn__parallel_run(mfn_threads_parallel(pool), count, &work, TASKS);
            for (size_t i = 0; i < TASKS; i++) {
                ck_assert_uint_eq(work.runs[i], round);
            }
        }
        ck_assert_uint_eq(atomic_load(&work.total), (size_t)50 * TASKS * (TASKS - 1) / 2);
        mfn_threads_free(pool);
    }
}
END_TEST

START_TEST(rounds_of_no_tasks_and_of_one_end)
{
    mfn_threads *pool = started(4);
    const mfn_parallel *parallel = mfn_threads_parallel(pool);
    tally work = {0};
    for (unsigned round = 0; round < 200; round++) {
        parallel->run(parallel->context, count, &work, 0);
        parallel->run(parallel->context, count, &work, 1);
    }
    ck_assert_uint_eq(work.runs[0], 200);
    ck_assert_uint_eq(work.runs[1], 0);
    mfn_threads_free(pool);
}
END_TEST

START_TEST(without_threads_the_caller_runs_the_tasks_in_order)
{
    tally work = {0};
    mfn__parallel_run(NULL, count, &work, TASKS);
    for (size_t i = 0; i < TASKS; i++) {
        ck_assert_uint_eq(work.runs[i], 1);
    }
    ck_assert_ptr_null(mfn_threads_parallel(NULL));
    mfn_threads_free(NULL);
}
END_TEST

/* Two tasks that wait for each other end only when they run at the same time. */
static void meet(void *argument, size_t index)
{
    atomic_uint *present = argument;
    (void)index;
    atomic_fetch_add(present, 1);
    while (atomic_load(present) < 2) {
    }
}

START_TEST(tasks_run_at_the_same_time)
{
    mfn_threads *pool = started(2);
    atomic_uint present = 0;
    mfn__parallel_run(mfn_threads_parallel(pool), meet, &present, 2);
    ck_assert_uint_eq(atomic_load(&present), 2);
    mfn_threads_free(pool);
}
END_TEST

START_TEST(a_number_of_threads_out_of_range_is_refused)
{
    static const uint32_t wrong[] = {0, MFN_THREADS_MAX + 1};
    for (size_t i = 0; i < 2; i++) {
        mfn_threads *pool = NULL;
        mfn_error err = {0};
        ck_assert_int_eq(mfn_threads_new(wrong[i], &pool, &err), MFN_INVALID);
        ck_assert_str_eq(err.field, "threads");
        ck_assert_ptr_null(pool);
    }
}
END_TEST

START_TEST(threads_new_survives_failure_of_every_allocation)
{
    for (int64_t successes = 0; successes < 2; successes++) {
        mfn_threads *pool = NULL;
        mfn__mem_fail_after(successes);
        mfn_status status = mfn_threads_new(2, &pool, NULL);
        mfn__mem_fail_after(-1);
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        ck_assert_ptr_null(pool);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        every_task_runs_once_in_every_round,
        rounds_of_no_tasks_and_of_one_end,
        without_threads_the_caller_runs_the_tasks_in_order,
        tasks_run_at_the_same_time,
        a_number_of_threads_out_of_range_is_refused,
        threads_new_survives_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("threads", tests);
}
