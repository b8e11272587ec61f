/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "folder.h"
#include "stream/spool.h"
#include "suite.h"

#define MAX_BYTES 1000
#define SOURCE    7
#define TARGET    9

typedef struct place {
    char path[MFN_TEST_PATH_MAX];
    mfn__ledger *ledger;
    mfn__spool *spool;
} place;

static void place_open(place *self)
{
    ck_assert_int_eq(mfn__ledger_open(self->path, &self->ledger, NULL), MFN_OK);
    ck_assert_int_eq(mfn__spool_new(self->ledger, MAX_BYTES, &self->spool, NULL), MFN_OK);
}

static void place_close(place *self)
{
    mfn__spool_free(self->spool);
    mfn__ledger_close(self->ledger);
}

static void place_make(place *self)
{
    *self = (place){0};
    snprintf(self->path, sizeof self->path, "%s", mfn_test_path(mfn_test_folder(), "state.db"));
    place_open(self);
}

static void drop(mfn__batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        mfn__message_free(batch->messages[i]);
    }
}

static void add_jobs(place *self, int first, int count, const char *only_publisher)
{
    ck_assert_int_eq(mfn__ledger_begin(self->ledger, NULL), MFN_OK);
    for (int i = first; i < first + count; i++) {
        char text[32];
        int size = snprintf(text, sizeof text, "{\"n\": %d}", i);
        const mfn__spool_job job = {.origin = "there",
                                    .line = 3,
                                    .index = (uint64_t)i,
                                    .original = text,
                                    .original_size = (size_t)size,
                                    .only_publisher = only_publisher};
        ck_assert_int_eq(mfn__inbox_add(self->spool, SOURCE, &job, NULL), MFN_OK);
    }
    ck_assert_int_eq(mfn__ledger_commit(self->ledger, NULL), MFN_OK);
}

START_TEST(jobs_outlive_a_restart_until_they_are_removed)
{
    place self;
    place_make(&self);
    add_jobs(&self, 0, 70, NULL);
    uint64_t bytes = mfn__spool_bytes(self.spool);
    place_close(&self);
    place_open(&self);
    ck_assert_uint_eq(mfn__spool_bytes(self.spool), bytes);
    uint64_t position = 0;
    uint64_t expected = 0;
    mfn__batch batch;
    do {
        ck_assert_int_eq(mfn__inbox_take(self.spool, SOURCE, &position, &batch, NULL), MFN_OK);
        ck_assert_int_eq(mfn__ledger_begin(self.ledger, NULL), MFN_OK);
        for (size_t i = 0; i < batch.count; i++) {
            const mfn__message *message = batch.messages[i];
            char text[32];
            snprintf(text, sizeof text, "{\"n\": %llu}", (unsigned long long)expected);
            ck_assert_str_eq(message->original, text);
            ck_assert_uint_eq(message->original_size, strlen(text));
            ck_assert_str_eq(message->origin, "there");
            ck_assert_uint_eq(message->line, 3);
            ck_assert_uint_eq(message->index, expected++);
            ck_assert_ptr_null(message->only_publisher);
            ck_assert_int_eq(mfn__inbox_remove(self.spool, message->inbox_row, NULL), MFN_OK);
            mfn__spool_give_back(self.spool, message->original_size);
        }
        ck_assert_int_eq(mfn__ledger_commit(self.ledger, NULL), MFN_OK);
        drop(&batch);
    } while (batch.count > 0);
    ck_assert_uint_eq(expected, 70);
    ck_assert_uint_eq(mfn__spool_bytes(self.spool), 0);
    uint64_t left = 1;
    ck_assert_int_eq(mfn__inbox_count(self.spool, SOURCE, &left, NULL), MFN_OK);
    ck_assert_uint_eq(left, 0);
    place_close(&self);
}
END_TEST

START_TEST(each_source_sees_its_own_jobs)
{
    place self;
    place_make(&self);
    add_jobs(&self, 0, 1, "alerts");
    uint64_t position = 0;
    mfn__batch batch;
    ck_assert_int_eq(mfn__inbox_take(self.spool, SOURCE + 1, &position, &batch, NULL), MFN_OK);
    ck_assert_uint_eq(batch.count, 0);
    ck_assert_int_eq(mfn__inbox_take(self.spool, SOURCE, &position, &batch, NULL), MFN_OK);
    ck_assert_uint_eq(batch.count, 1);
    ck_assert_str_eq(batch.messages[0]->only_publisher, "alerts");
    drop(&batch);
    place_close(&self);
}
END_TEST

/* Owes a result to the target. */
static void add_result(place *self, uint64_t target, uint64_t job)
{
    mfn__message *message = mfn__message_new("there", "{}", 2);
    message->id = mfn__mem_copy_text("job-1");
    message->result_id = mfn__mem_copy_text("abc");
    message->computed_wall_ns = 123456789;
    message->payloads[MFN__CONTENT_LINE].bytes = mfn__mem_copy_text("a result");
    message->payloads[MFN__CONTENT_LINE].size = strlen("a result");
    ck_assert(mfn__spool_reserve(self->spool, mfn__outbox_bytes(message, MFN__CONTENT_LINE)));
    ck_assert_int_eq(mfn__ledger_begin(self->ledger, NULL), MFN_OK);
    ck_assert_int_eq(mfn__outbox_add(self->spool, target, message, MFN__CONTENT_LINE, job, NULL),
                     MFN_OK);
    ck_assert_int_eq(mfn__ledger_commit(self->ledger, NULL), MFN_OK);
    mfn__message_free(message);
}

/* Removes the oldest result of the target, refused or published. */
static mfn__outbox_ended remove_oldest(place *self, uint64_t target, bool is_refused)
{
    mfn__outbox_ended ended = {0};
    mfn__batch batch;
    ck_assert_int_eq(mfn__outbox_take(self->spool, target, MFN__CONTENT_LINE, 1, &batch, NULL),
                     MFN_OK);
    ck_assert_uint_eq(batch.count, 1);
    if (is_refused) {
        batch.messages[0]->problem.status = MFN_INVALID;
    }
    ck_assert_int_eq(
        mfn__outbox_remove(self->spool, target, &batch, MFN__CONTENT_LINE, &ended, NULL), MFN_OK);
    drop(&batch);
    return ended;
}

START_TEST(the_fate_of_a_job_is_told_once)
{
    static const struct {
        const char *what;
        bool first_refuses, second_refuses;
        uint64_t first_published, first_refused, second_published, second_refused;
    } cases[] = {
        {"both take it: the last one decides", false, false, 0, 0, 1, 0},
        {"the first refuses it: that decides", true, false, 0, 1, 0, 0},
        {"the second refuses it: that decides", false, true, 0, 0, 0, 1},
        {"both refuse it: the first one decides", true, true, 0, 1, 0, 0},
    };
    place self;
    place_make(&self);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t job = mfn__outbox_number(self.spool);
        add_result(&self, TARGET, job);
        add_result(&self, TARGET + 1, job);
        mfn__outbox_ended first = remove_oldest(&self, TARGET, cases[i].first_refuses);
        mfn__outbox_ended second = remove_oldest(&self, TARGET + 1, cases[i].second_refuses);
        ck_assert_msg(first.published == cases[i].first_published &&
                          first.refused == cases[i].first_refused &&
                          second.published == cases[i].second_published &&
                          second.refused == cases[i].second_refused,
                      "%s", cases[i].what);
    }
    place_close(&self);
}
END_TEST

START_TEST(jobs_of_an_earlier_run_and_jobs_without_a_number_are_not_told_of)
{
    place self;
    place_make(&self);
    add_result(&self, TARGET, mfn__outbox_number(self.spool));
    add_result(&self, TARGET, 0);
    mfn__spool_free(self.spool);
    ck_assert_int_eq(mfn__spool_new(self.ledger, 1 << 20, &self.spool, NULL), MFN_OK);
    for (int i = 0; i < 2; i++) {
        mfn__outbox_ended ended = remove_oldest(&self, TARGET, false);
        ck_assert_uint_eq(ended.published + ended.refused, 0);
    }
    place_close(&self);
}
END_TEST

START_TEST(the_oldest_result_has_the_time_when_it_was_computed)
{
    place self;
    place_make(&self);
    int64_t wall_ns = 1;
    ck_assert_int_eq(mfn__outbox_oldest(self.spool, TARGET, &wall_ns, NULL), MFN_OK);
    ck_assert_int_eq(wall_ns, 0);
    add_result(&self, TARGET, 0);
    ck_assert_int_eq(mfn__outbox_oldest(self.spool, TARGET, &wall_ns, NULL), MFN_OK);
    ck_assert_int_eq(wall_ns, 123456789);
    place_close(&self);
}
END_TEST

START_TEST(results_come_back_as_they_were_for_their_target_alone)
{
    place self;
    place_make(&self);
    add_result(&self, TARGET, 0);
    mfn__batch batch;
    ck_assert_int_eq(mfn__outbox_take(self.spool, TARGET + 1, MFN__CONTENT_LINE, 10, &batch, NULL),
                     MFN_OK);
    ck_assert_uint_eq(batch.count, 0);
    ck_assert_int_eq(mfn__outbox_take(self.spool, TARGET, MFN__CONTENT_LINE, 10, &batch, NULL),
                     MFN_OK);
    ck_assert_uint_eq(batch.count, 1);
    ck_assert_str_eq(batch.messages[0]->id, "job-1");
    ck_assert_str_eq(batch.messages[0]->result_id, "abc");
    ck_assert_str_eq(batch.messages[0]->original, "{}");
    ck_assert_str_eq(batch.messages[0]->payloads[MFN__CONTENT_LINE].bytes, "a result");
    ck_assert_int_eq(batch.messages[0]->computed_wall_ns, 123456789);
    mfn__outbox_ended ended;
    ck_assert_int_eq(
        mfn__outbox_remove(self.spool, TARGET, &batch, MFN__CONTENT_LINE, &ended, NULL), MFN_OK);
    drop(&batch);
    uint64_t left = 1;
    ck_assert_int_eq(mfn__outbox_count(self.spool, TARGET, &left, NULL), MFN_OK);
    ck_assert_uint_eq(left, 0);
    ck_assert_uint_eq(mfn__spool_bytes(self.spool), 0);
    place_close(&self);
}
END_TEST

START_TEST(the_budget_is_never_exceeded_by_reservations)
{
    place self;
    place_make(&self);
    ck_assert(mfn__spool_reserve(self.spool, MAX_BYTES - 1));
    ck_assert(mfn__spool_has_room(self.spool));
    ck_assert(!mfn__spool_reserve(self.spool, 2));
    ck_assert(mfn__spool_reserve(self.spool, 1));
    ck_assert(!mfn__spool_has_room(self.spool));
    ck_assert(!mfn__spool_reserve(self.spool, 0));
    mfn__spool_give_back(self.spool, 10);
    ck_assert(mfn__spool_reserve(self.spool, 10));
    place_close(&self);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        jobs_outlive_a_restart_until_they_are_removed,
        each_source_sees_its_own_jobs,
        the_fate_of_a_job_is_told_once,
        jobs_of_an_earlier_run_and_jobs_without_a_number_are_not_told_of,
        the_oldest_result_has_the_time_when_it_was_computed,
        results_come_back_as_they_were_for_their_target_alone,
        the_budget_is_never_exceeded_by_reservations,
        NULL,
    };
    return mfn_test_run("spool", tests);
}
