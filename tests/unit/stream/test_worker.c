/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "stream/worker.h"
#include "suite.h"

static atomic_bool abandon;

static mfn__worker *make_worker(void)
{
    const mfn__worker_options options = {
        .wants = {true, true, true, true},
        .limits = {.max_cell_steps = 100000},
        .abandon = &abandon,
    };
    mfn__worker *worker = NULL;
    ck_assert_int_eq(mfn__worker_new(&options, &worker, NULL), MFN_OK);
    return worker;
}

static mfn__message *make_message(const char *text)
{
    mfn__message *message = mfn__mem_new(1, sizeof *message);
    ck_assert_ptr_nonnull(message);
    message->original = mfn__mem_copy_text(text);
    message->original_size = strlen(text);
    ck_assert_ptr_nonnull(message->original);
    return message;
}

static mfn__message *compute(mfn__worker *worker, const char *text)
{
    mfn__message *message = make_message(text);
    mfn_error err = {0};
    ck_assert_msg(mfn__worker_compute(worker, message, &err) == MFN_OK, "%s", err.text);
    return message;
}

static void expect_untouched(const mfn__message *message)
{
    ck_assert_ptr_null(message->id);
    ck_assert_ptr_null(message->result_id);
    for (size_t i = 0; i < MFN__CONTENT_COUNT; i++) {
        ck_assert_ptr_null(message->payloads[i].bytes);
    }
}

static void expect_same(const mfn__message *a, const mfn__message *b, const char *meaning)
{
    ck_assert_str_eq(a->id, b->id);
    ck_assert_str_eq(a->result_id, b->result_id);
    for (size_t i = 0; i < MFN__CONTENT_COUNT; i++) {
        ck_assert_msg(a->payloads[i].size == b->payloads[i].size &&
                          memcmp(a->payloads[i].bytes, b->payloads[i].bytes, a->payloads[i].size) ==
                              0,
                      "%s: content %d differs", meaning, (int)i);
    }
}

START_TEST(a_result_depends_on_its_job_alone)
{
    static const char *const jobs[] = {
        "{\"grid_size\": 16, \"steps\": 9, \"seed\": 1}",
        "{\"grid_size\": 8, \"steps\": 20, \"seed\": 2, \"spike_probability\": 1}",
        "{\"grid_size\": 24, \"steps\": 0, \"seed\": 3}",
        "{\"grid_size\": 16, \"steps\": 3, \"seed\": 4, \"turing_enabled\": false}",
        "{\"grid_size\": 3}",
        "{\"grid_size\": 16, \"steps\": 9, \"seed\": 1, \"extended\": true}",
        "{\"grid_size\": 16, \"steps\": 9, \"seed\": 1}",
    };
    mfn__worker *old = make_worker();
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        mfn__worker *new = make_worker();
        mfn__message *by_old = compute(old, jobs[i]);
        mfn__message *by_new = compute(new, jobs[i]);
        ck_assert_int_eq(by_old->problem.status, by_new->problem.status);
        if (by_old->problem.status == MFN_OK) {
            expect_same(by_old, by_new, jobs[i]);
        }
        mfn__message_free(by_old);
        mfn__message_free(by_new);
        mfn__worker_free(new);
    }
    mfn__worker_free(old);
}
END_TEST

START_TEST(the_extended_features_are_in_the_result_that_asks_for_them)
{
    mfn__worker *worker = make_worker();
    mfn__message *asked = compute(worker, "{\"grid_size\": 32, \"steps\": 5, \"extended\": true}");
    mfn__message *plain = compute(worker, "{\"grid_size\": 32, \"steps\": 5}");
    const mfn__payload *line = &asked->payloads[MFN__CONTENT_LINE];
    const char *extended = memmem(line->bytes, line->size, "\"extended\": {\"D_0\": ", 20);
    ck_assert_ptr_nonnull(extended);
    ck_assert_ptr_nonnull(memmem(line->bytes, line->size, "\"spectrum\": [", 13));
    ck_assert_ptr_nonnull(memmem(line->bytes, line->size, "\"growth_events\": ", 17));
    line = &plain->payloads[MFN__CONTENT_LINE];
    ck_assert_ptr_null(memmem(line->bytes, line->size, "extended", 8));
    mfn__message_free(asked);
    mfn__message_free(plain);
    mfn__worker_free(worker);
}
END_TEST

START_TEST(each_wanted_content_is_made_and_no_other)
{
    static const char *const beginnings[MFN__CONTENT_COUNT] = {
        [MFN__CONTENT_RESULT] = "{\n  \"event\": ",
        [MFN__CONTENT_IMAGE] = "\x89PNG",
        [MFN__CONTENT_FIELD] = "\x93NUMPY",
        [MFN__CONTENT_LINE] = "{\"event\": ",
    };
    for (int wanted = 0; wanted < MFN__CONTENT_COUNT; wanted++) {
        mfn__worker_options options = {.abandon = &abandon};
        options.wants[wanted] = true;
        mfn__worker *worker = NULL;
        ck_assert_int_eq(mfn__worker_new(&options, &worker, NULL), MFN_OK);
        mfn__message *message = compute(worker, "{\"id\": \"a\", \"grid_size\": 8}");
        ck_assert_str_eq(message->id, "a");
        ck_assert_uint_eq(strlen(message->result_id), 64);
        ck_assert_uint_eq(message->attempts, 1);
        for (int i = 0; i < MFN__CONTENT_COUNT; i++) {
            const mfn__payload *payload = &message->payloads[i];
            if (i != wanted) {
                ck_assert_ptr_null(payload->bytes);
                continue;
            }
            ck_assert_uint_ge(payload->size, strlen(beginnings[i]));
            ck_assert_mem_eq(payload->bytes, beginnings[i], strlen(beginnings[i]));
        }
        const mfn__payload *line = &message->payloads[MFN__CONTENT_LINE];
        ck_assert(line->bytes == NULL || memchr(line->bytes, '\n', line->size) == NULL);
        mfn__message_free(message);
        mfn__worker_free(worker);
    }
}
END_TEST

START_TEST(a_job_that_can_never_be_computed_gets_its_problem)
{
    static const struct {
        const char *text, *field;
        mfn_status status;
    } cases[] = {
        {"{\"grid_size\": 3}", "grid_size", MFN_INVALID},
        {"{\"grid_siz\": 16}", "grid_siz", MFN_INVALID},
        {"{\"grid_size\": ", "", MFN_FORMAT},
        {"{\"grid_size\": 100, \"steps\": 11}", "steps", MFN_INVALID},
    };
    mfn__worker *worker = make_worker();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn__message *message = compute(worker, cases[i].text);
        const mfn_error *problem = &message->problem;
        ck_assert_msg(
            problem->status == cases[i].status &&
                (cases[i].field[0] == '\0' || strcmp(problem->field, cases[i].field) == 0),
            "%s: %s, '%s': %s", cases[i].text, mfn_status_name(problem->status), problem->field,
            problem->text);
        expect_untouched(message);
        mfn__message_free(message);
    }
    mfn__worker_free(worker);
}
END_TEST

START_TEST(what_came_with_a_problem_is_not_computed)
{
    mfn__worker *worker = make_worker();
    mfn__message *message = make_message("{\"grid_size\": 8}");
    message->problem.status = MFN_TOO_LARGE;
    ck_assert_int_eq(mfn__worker_compute(worker, message, NULL), MFN_OK);
    ck_assert_int_eq(message->problem.status, MFN_TOO_LARGE);
    ck_assert_uint_eq(message->attempts, 0);
    expect_untouched(message);
    mfn__message_free(message);
    mfn__worker_free(worker);
}
END_TEST

START_TEST(the_job_counts_and_not_what_it_was_made_of)
{
    static const char job[] = "{\"id\": \"row\", \"grid_size\": 8}";
    mfn__worker *worker = make_worker();
    mfn__message *expected = compute(worker, job);
    mfn__message *message = make_message("row,8");
    message->job = mfn__mem_copy_text(job);
    message->job_size = strlen(job);
    ck_assert_int_eq(mfn__worker_compute(worker, message, NULL), MFN_OK);
    expect_same(message, expected, "a row of a table");
    ck_assert_str_eq(message->original, "row,8");
    mfn__message_free(message);
    mfn__message_free(expected);
    mfn__worker_free(worker);
}
END_TEST

START_TEST(an_abandoned_job_can_be_computed_later)
{
    static const char job[] = "{\"grid_size\": 8, \"steps\": 9}";
    mfn__worker *worker = make_worker();
    mfn__message *expected = compute(worker, job);
    mfn__message *message = make_message(job);
    mfn_error err = {0};
    atomic_store(&abandon, true);
    ck_assert_int_eq(mfn__worker_compute(worker, message, &err), MFN_CANCELLED);
    ck_assert_int_eq(err.status, MFN_CANCELLED);
    ck_assert_int_eq(message->problem.status, MFN_OK);
    expect_untouched(message);
    atomic_store(&abandon, false);
    ck_assert_int_eq(mfn__worker_compute(worker, message, &err), MFN_OK);
    expect_same(message, expected, "after a stop");
    mfn__message_free(message);
    mfn__message_free(expected);
    mfn__worker_free(worker);
}
END_TEST

START_TEST(computing_survives_failure_of_every_allocation)
{
    static const char job[] = "{\"grid_size\": 8, \"steps\": 3}";
    mfn__worker *calm = make_worker();
    mfn__message *expected = compute(calm, job);
    mfn_status status = MFN_NO_MEMORY;
    int64_t successes = 0;
    for (; status != MFN_OK; successes++) {
        ck_assert_int_lt(successes, 1000);
        mfn__worker *worker = make_worker();
        mfn__message *message = make_message(job);
        mfn_error err = {0};
        mfn__mem_fail_after(successes);
        status = mfn__worker_compute(worker, message, &err);
        mfn__mem_fail_after(-1);
        ck_assert_int_eq(message->problem.status, MFN_OK);
        if (status != MFN_OK) {
            ck_assert_int_eq(status, MFN_NO_MEMORY);
            ck_assert_int_eq(err.status, MFN_NO_MEMORY);
            expect_untouched(message);
            ck_assert_int_eq(mfn__worker_compute(worker, message, &err), MFN_OK);
        }
        expect_same(message, expected, "after a failure");
        mfn__message_free(message);
        mfn__worker_free(worker);
    }
    ck_assert_int_gt(successes, 10);
    mfn__message_free(expected);
    mfn__worker_free(calm);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_result_depends_on_its_job_alone,
        the_extended_features_are_in_the_result_that_asks_for_them,
        each_wanted_content_is_made_and_no_other,
        a_job_that_can_never_be_computed_gets_its_problem,
        what_came_with_a_problem_is_not_computed,
        the_job_counts_and_not_what_it_was_made_of,
        an_abandoned_job_can_be_computed_later,
        computing_survives_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("worker", tests);
}
