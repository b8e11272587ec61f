/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "codec/item_reader.h"
#include "connectors/file/file_connector.h"
#include "folder.h"
#include "suite.h"

static char last_warning[512];

static void keep_warning(void *context, const char *line)
{
    (void)context;
    snprintf(last_warning, sizeof last_warning, "%s", line);
}

static const mfn__log quiet = {keep_warning, NULL};

/* A connector on a folder of its own, with a ledger beside it. */
typedef struct place {
    char folder[MFN_TEST_PATH_MAX];
    char jobs[MFN_TEST_PATH_MAX];
    mfn__file_connector_options options;
    mfn__ledger *ledger;
    void *connector;
} place;

static void place_open(place *self)
{
    mfn_error err = {0};
    ck_assert_msg(mfn__ledger_open(mfn_test_path(self->folder, "state.db"), &self->ledger, &err) ==
                      MFN_OK,
                  "%s", err.text);
    const mfn__surroundings around = {
        .ledger = self->ledger, .clock = mfn__clock_system(), .log = &quiet};
    ck_assert_msg(mfn__file_connector.open(&self->options, &around, &self->connector, &err) ==
                      MFN_OK,
                  "%s", err.text);
}

static void place_close(place *self)
{
    mfn__file_connector.close(self->connector);
    mfn__ledger_close(self->ledger);
}

static void place_make(place *self)
{
    *self = (place){0};
    snprintf(self->folder, sizeof self->folder, "%s", mfn_test_folder());
    snprintf(self->jobs, sizeof self->jobs, "%.200s/jobs", self->folder);
    ck_assert_int_eq(mkdir(self->jobs, 0777), 0);
    mfn_options_set_defaults(mfn__file_connector.options, &self->options);
    self->options.directory = self->jobs;
    self->options.pattern = "*.json,*.ndjson";
    self->options.settle_time = 0.0;
    place_open(self);
}

static mfn_status fetch(place *self, mfn__batch *batch)
{
    mfn__advice advice = {0};
    mfn_error err = {0};
    return mfn__file_connector.fetch(self->connector, 0, batch, &advice, &err);
}

/* Takes one batch, checks how many jobs it has, and gives it back unacknowledged. */
static void expect_batch(place *self, size_t count)
{
    mfn__batch batch;
    ck_assert_int_eq(fetch(self, &batch), MFN_OK);
    ck_assert_uint_eq(batch.count, count);
    for (size_t i = 0; i < batch.count; i++) {
        mfn__message_free(batch.messages[i]);
    }
}

static void expect_nothing(place *self)
{
    mfn__batch batch;
    ck_assert_int_eq(fetch(self, &batch), MFN_NOT_FOUND);
}

static void acknowledge(place *self, const mfn__receipt *receipts, size_t count)
{
    ck_assert_int_eq(mfn__ledger_begin(self->ledger, NULL), MFN_OK);
    ck_assert_int_eq(mfn__file_connector.acknowledge(self->connector, receipts, count, NULL),
                     MFN_OK);
    ck_assert_int_eq(mfn__ledger_commit(self->ledger, NULL), MFN_OK);
    mfn__file_connector.settled(self->connector, NULL, 0);
}

/* Takes everything and settles it. */
static void settle_all(place *self, size_t count)
{
    mfn__batch batch;
    size_t total = 0;
    while (fetch(self, &batch) == MFN_OK) {
        for (size_t i = 0; i < batch.count; i++) {
            const mfn__receipt receipt = {batch.messages[i]->source, batch.messages[i]->index};
            acknowledge(self, &receipt, 1);
            mfn__message_free(batch.messages[i]);
            total++;
        }
    }
    ck_assert_uint_eq(total, count);
    if (mfn__file_connector.has_news(self->connector)) {
        acknowledge(self, NULL, 0);
    }
    ck_assert(!mfn__file_connector.has_news(self->connector));
}

START_TEST(only_complete_regular_files_that_match_are_taken)
{
    place self;
    place_make(&self);
    mfn_test_write(mfn_test_path(self.jobs, "a.json"), "{\"id\": 1}");
    mfn_test_write(mfn_test_path(self.jobs, "b.txt"), "{}");
    mfn_test_write(mfn_test_path(self.jobs, ".c.json"), "{}");
    mfn_test_write(mfn_test_path(self.jobs, "d.json.tmp"), "{}");
    mfn_test_write(mfn_test_path(self.jobs, "e.json.part"), "{}");
    ck_assert_int_eq(mkdir(mfn_test_path(self.jobs, "f.json"), 0777), 0);
    ck_assert_int_eq(symlink("/etc/hostname", mfn_test_path(self.jobs, "g.json")), 0);
    settle_all(&self, 1);
    place_close(&self);
}
END_TEST

START_TEST(a_file_that_somebody_still_writes_waits)
{
    place self;
    place_make(&self);
    const char *path = mfn_test_path(self.jobs, "slow.json");
    int writer = open(path, O_WRONLY | O_CREAT, 0666);
    ck_assert_int_ge(writer, 0);
    ck_assert_int_eq(write(writer, "{\"id\"", 5), 5);
    mfn__batch batch;
    ck_assert_int_eq(fetch(&self, &batch), MFN_TIMED_OUT);
    ck_assert_int_eq(write(writer, ": 1}", 4), 4);
    close(writer);
    settle_all(&self, 1);
    place_close(&self);
}
END_TEST

START_TEST(a_young_file_waits_until_it_has_settled)
{
    place self;
    place_make(&self);
    place_close(&self);
    self.options.settle_time = 3600.0;
    place_open(&self);
    mfn_test_write(mfn_test_path(self.jobs, "young.json"), "{}");
    mfn__batch batch;
    ck_assert_int_eq(fetch(&self, &batch), MFN_TIMED_OUT);
    place_close(&self);
    self.options.settle_time = 0.0;
    place_open(&self);
    settle_all(&self, 1);
    place_close(&self);
}
END_TEST

START_TEST(a_file_is_taken_only_with_its_marker_when_markers_are_wanted)
{
    place self;
    place_make(&self);
    place_close(&self);
    self.options.done_marker = true;
    place_open(&self);
    mfn_test_write(mfn_test_path(self.jobs, "a.json"), "{}");
    mfn__batch batch;
    ck_assert_int_eq(fetch(&self, &batch), MFN_TIMED_OUT);
    mfn_test_write(mfn_test_path(self.jobs, "a.json.done"), "");
    settle_all(&self, 1);
    place_close(&self);
}
END_TEST

START_TEST(a_finished_file_is_not_read_again_by_the_next_run_under_any_name)
{
    place self;
    place_make(&self);
    mfn_test_write(mfn_test_path(self.jobs, "a.json"), "[{\"id\": 1}, {\"id\": 2}]");
    settle_all(&self, 2);
    expect_nothing(&self);
    place_close(&self);
    ck_assert_int_eq(rename(mfn_test_path(self.jobs, "a.json"), mfn_test_path(self.jobs, "b.json")),
                     0);
    place_open(&self);
    expect_nothing(&self);
    mfn__source_report report;
    mfn__file_connector.report(self.connector, &report);
    ck_assert_uint_eq(report.files_read, 0);
    ck_assert_uint_eq(report.files_skipped, 1);
    place_close(&self);
}
END_TEST

START_TEST(a_rewritten_file_is_a_new_one)
{
    place self;
    place_make(&self);
    mfn_test_write(mfn_test_path(self.jobs, "a.json"), "{\"id\": 1}");
    settle_all(&self, 1);
    mfn_test_write(mfn_test_path(self.jobs, "a.json"), "[{\"id\": 1}, {\"id\": 2}]");
    settle_all(&self, 2);
    place_close(&self);
}
END_TEST

START_TEST(a_half_done_file_is_resumed_at_its_first_unsettled_job)
{
    place self;
    place_make(&self);
    mfn_test_write(mfn_test_path(self.jobs, "a.ndjson"), "{}\n{}\n{}\n{}\n{}\n");
    mfn__batch batch;
    ck_assert_int_eq(fetch(&self, &batch), MFN_OK);
    ck_assert_uint_eq(batch.count, 5);
    const uint64_t source = batch.messages[0]->source;
    /* Jobs 0, 1 and 3 are done: 2 is the first that is not. */
    const mfn__receipt receipts[] = {{source, 3}, {source, 0}, {source, 1}};
    acknowledge(&self, receipts, 3);
    for (size_t i = 0; i < batch.count; i++) {
        mfn__message_free(batch.messages[i]);
    }
    place_close(&self);
    place_open(&self);
    ck_assert_int_eq(fetch(&self, &batch), MFN_OK);
    ck_assert_uint_eq(batch.count, 3);
    ck_assert_uint_eq(batch.messages[0]->index, 2);
    ck_assert_uint_eq(batch.messages[0]->line, 3);
    for (size_t i = 0; i < batch.count; i++) {
        mfn__message_free(batch.messages[i]);
    }
    place_close(&self);
}
END_TEST

START_TEST(a_file_is_deleted_after_its_last_job_is_settled_and_not_before)
{
    place self;
    place_make(&self);
    place_close(&self);
    self.options.auto_delete = true;
    place_open(&self);
    const char *path = mfn_test_path(self.jobs, "a.ndjson");
    mfn_test_write(path, "{}\n{}\n");
    expect_batch(&self, 2);
    expect_nothing(&self);
    ck_assert(mfn_test_exists(path));
    place_close(&self);
    place_open(&self);
    settle_all(&self, 2);
    ck_assert(!mfn_test_exists(path));
    place_close(&self);
}
END_TEST

/* A dead letter holds max_job_bytes of a broken item at most: what it does not hold is only in the
 * file. */
START_TEST(a_file_is_deleted_only_if_its_dead_letters_hold_what_is_broken)
{
    static const struct {
        const char *meaning, *name, *beginning;
        size_t tail; /* bytes of x after it */
        uint64_t max_file_bytes;
        bool is_deleted;
    } cases[] = {
        {"a broken line that fits", "a.ndjson", "{\"id\": 1}\n{\"id\": ", 100, 10000, true},
        {"a line that is too long", "b.ndjson", "{\"id\": 1}\n{\"id\": ", 2000, 10000, false},
        {"a broken rest that fits", "c.json", "[{\"id\": 1}, ", 100, 10000, true},
        {"a broken rest that is too long", "d.json", "[{\"id\": 1}, ", 2000, 10000, false},
        {"a file that is too large", "e.json", "{\"id\": 1}", 0, 5, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        place self;
        place_make(&self);
        place_close(&self);
        self.options.auto_delete = true;
        self.options.max_job_bytes = 1024;
        self.options.max_file_bytes = cases[i].max_file_bytes;
        char text[4096];
        size_t used = (size_t)snprintf(text, sizeof text, "%s", cases[i].beginning);
        memset(text + used, 'x', cases[i].tail);
        text[used + cases[i].tail] = '\0';
        mfn_test_write(mfn_test_path(self.jobs, cases[i].name), text);
        for (int run = 0; run < 2; run++) {
            place_open(&self);
            mfn__batch batch;
            while (fetch(&self, &batch) == MFN_OK) {
                for (size_t k = 0; k < batch.count; k++) {
                    const mfn__receipt receipt = {batch.messages[k]->source,
                                                  batch.messages[k]->index};
                    acknowledge(&self, &receipt, 1);
                    mfn__message_free(batch.messages[k]);
                }
            }
            acknowledge(&self, NULL, 0);
            place_close(&self);
            ck_assert_msg(mfn_test_exists(mfn_test_path(self.jobs, cases[i].name)) ==
                              !cases[i].is_deleted,
                          "%s, run %d", cases[i].meaning, run);
        }
    }
}
END_TEST

START_TEST(a_file_with_two_names_is_read_once)
{
    place self;
    place_make(&self);
    mfn_test_write(mfn_test_path(self.jobs, "a.json"), "{}");
    ck_assert_int_eq(link(mfn_test_path(self.jobs, "a.json"), mfn_test_path(self.jobs, "b.json")),
                     0);
    expect_batch(&self, 1);
    expect_nothing(&self);
    place_close(&self);
}
END_TEST

START_TEST(what_replaced_a_finished_file_is_not_deleted)
{
    place self;
    place_make(&self);
    place_close(&self);
    self.options.auto_delete = true;
    place_open(&self);
    const char *path = mfn_test_path(self.jobs, "a.json");
    mfn_test_write(path, "{\"id\": 1}");
    mfn__batch batch;
    ck_assert_int_eq(fetch(&self, &batch), MFN_OK);
    const mfn__receipt receipt = {batch.messages[0]->source, 0};
    mfn__message_free(batch.messages[0]);
    mfn_test_write(mfn_test_path(self.jobs, "new"), "{\"id\": 2, \"seed\": 3}");
    ck_assert_int_eq(rename(mfn_test_path(self.jobs, "new"), path), 0);
    expect_batch(&self, 1); /* the end of the first file is seen, and the second one is read */
    acknowledge(&self, &receipt, 1);
    ck_assert(mfn_test_exists(path));
    place_close(&self);
}
END_TEST

START_TEST(broken_jobs_come_with_their_problem_and_the_others_without)
{
    place self;
    place_make(&self);
    mfn_test_write(mfn_test_path(self.jobs, "a.json"), "[{\"id\": 1}, {\"id\": 2}, ");
    mfn__batch batch;
    ck_assert_int_eq(fetch(&self, &batch), MFN_OK);
    ck_assert_uint_eq(batch.count, 3);
    ck_assert_int_eq(batch.messages[0]->problem.status, MFN_OK);
    ck_assert_int_eq(batch.messages[1]->problem.status, MFN_OK);
    ck_assert_int_eq(batch.messages[2]->problem.status, MFN_FORMAT);
    ck_assert_ptr_nonnull(strstr(batch.messages[2]->origin, "a.json"));
    for (size_t i = 0; i < batch.count; i++) {
        mfn__message_free(batch.messages[i]);
    }
    place_close(&self);
}
END_TEST

START_TEST(a_file_that_is_too_large_is_one_problem_and_stays)
{
    place self;
    place_make(&self);
    place_close(&self);
    self.options.max_file_bytes = 10;
    place_open(&self);
    mfn_test_write(mfn_test_path(self.jobs, "big.json"), "[{\"id\": 1}, {\"id\": 2}]");
    mfn__batch batch;
    ck_assert_int_eq(fetch(&self, &batch), MFN_OK);
    ck_assert_uint_eq(batch.count, 1);
    ck_assert_int_eq(batch.messages[0]->problem.status, MFN_TOO_LARGE);
    ck_assert_str_eq(batch.messages[0]->problem.field, "max_file_bytes");
    mfn__message_free(batch.messages[0]);
    expect_nothing(&self);
    ck_assert(mfn_test_exists(mfn_test_path(self.jobs, "big.json")));
    place_close(&self);
}
END_TEST

START_TEST(a_folder_that_goes_away_and_comes_back_is_no_reason_to_end)
{
    place self;
    place_make(&self);
    expect_nothing(&self);
    ck_assert_int_eq(rmdir(self.jobs), 0);
    mfn__batch batch;
    mfn_error err = {0};
    mfn__advice advice = {0};
    mfn_status status = mfn__file_connector.fetch(self.connector, 0, &batch, &advice, &err);
    ck_assert(mfn_status_is_transient(status));
    ck_assert_int_eq(err.status, status);
    ck_assert_int_eq(mkdir(self.jobs, 0777), 0);
    mfn_test_write(mfn_test_path(self.jobs, "a.json"), "{}");
    settle_all(&self, 1);
    place_close(&self);
}
END_TEST

START_TEST(opening_names_a_folder_that_is_missing_or_none)
{
    place self;
    place_make(&self);
    const mfn__surroundings around = {
        .ledger = self.ledger, .clock = mfn__clock_system(), .log = &quiet};
    mfn__file_connector_options options = self.options;
    void *connector = NULL;
    mfn_error err = {0};
    options.directory = mfn_test_path(self.folder, "nowhere");
    ck_assert_int_eq(mfn__file_connector.open(&options, &around, &connector, &err), MFN_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.text, "nowhere"));
    options.directory = mfn_test_path(self.folder, "state.db");
    ck_assert_int_eq(mfn__file_connector.open(&options, &around, &connector, &err), MFN_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "Not a directory"));
    mfn__mem_fail_after(0);
    options.directory = self.jobs;
    ck_assert_int_eq(mfn__file_connector.open(&options, &around, &connector, &err), MFN_NO_MEMORY);
    ck_assert_ptr_null(connector);
    place_close(&self);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        only_complete_regular_files_that_match_are_taken,
        a_file_that_somebody_still_writes_waits,
        a_young_file_waits_until_it_has_settled,
        a_file_is_taken_only_with_its_marker_when_markers_are_wanted,
        a_finished_file_is_not_read_again_by_the_next_run_under_any_name,
        a_rewritten_file_is_a_new_one,
        a_half_done_file_is_resumed_at_its_first_unsettled_job,
        a_file_is_deleted_after_its_last_job_is_settled_and_not_before,
        a_file_is_deleted_only_if_its_dead_letters_hold_what_is_broken,
        a_file_with_two_names_is_read_once,
        what_replaced_a_finished_file_is_not_deleted,
        broken_jobs_come_with_their_problem_and_the_others_without,
        a_file_that_is_too_large_is_one_problem_and_stays,
        a_folder_that_goes_away_and_comes_back_is_no_reason_to_end,
        opening_names_a_folder_that_is_missing_or_none,
        NULL,
    };
    return mfn_test_run("file connector", tests);
}
