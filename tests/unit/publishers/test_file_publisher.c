/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "folder.h"
#include "publishers/file/file_names.h"
#include "publishers/file/file_publisher.h"
#include "suite.h"

static void ignore(void *context, const char *line)
{
    (void)context;
    (void)line;
}

static const mfn__log quiet = {ignore, NULL};

typedef struct place {
    char folder[MFN_TEST_PATH_MAX];
    char out[MFN_TEST_PATH_MAX];
    mfn__file_publisher_options options;
    mfn__ledger *ledger;
    void *publisher;
} place;

static void place_open(place *self)
{
    mfn_error err = {0};
    ck_assert_int_eq(mfn__ledger_open(mfn_test_path(self->folder, "state.db"), &self->ledger, &err),
                     MFN_OK);
    mfn__surroundings around = {
        .ledger = self->ledger, .clock = mfn__clock_system(), .log = &quiet};
    mfn__buffer key;
    mfn__buffer_init(&key, 8192);
    mfn__file_publisher.identify(&self->options, &key);
    ck_assert_int_eq(mfn__ledger_begin(self->ledger, &err), MFN_OK);
    ck_assert_int_eq(mfn__ledger_target(self->ledger, key.data, &around.target, &err), MFN_OK);
    ck_assert_int_eq(mfn__ledger_commit(self->ledger, &err), MFN_OK);
    mfn__buffer_deinit(&key);
    ck_assert_msg(mfn__file_publisher.open(&self->options, &around, &self->publisher, &err) ==
                      MFN_OK,
                  "%s", err.text);
}

static void place_close(place *self)
{
    mfn__file_publisher.close(self->publisher);
    mfn__ledger_close(self->ledger);
}

static void place_make(place *self, const char *pattern, bool append)
{
    *self = (place){0};
    snprintf(self->folder, sizeof self->folder, "%s", mfn_test_folder());
    snprintf(self->out, sizeof self->out, "%.200s/a/b", self->folder);
    mfn_options_set_defaults(mfn__file_publisher.options, &self->options);
    self->options.directory = self->out;
    self->options.filename_pattern = pattern;
    self->options.append_mode = append;
    place_open(self);
}

/* Two results are the same when their result_id is. */
static mfn__parcel result(const char *id, const char *result_id, const char *text)
{
    return (mfn__parcel){
        .simulation_id = id, .result_id = result_id, .bytes = text, .size = strlen(text)};
}

static mfn_status publish_all(place *self, mfn__parcel *parcels, size_t count,
                              uint64_t *ret_duplicates)
{
    mfn__advice advice = {0};
    mfn_error err = {0};
    mfn_status status = mfn__file_publisher.publish(self->publisher, parcels, count, &advice, &err);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(parcels[i].is_done, status == MFN_OK);
        *ret_duplicates += status == MFN_OK && parcels[i].was_known ? 1 : 0;
    }
    return status;
}

static mfn_status try_publish(place *self, const char *id, const char *result_id, const char *text,
                              uint64_t *duplicates)
{
    mfn__parcel parcel = result(id, result_id, text);
    return publish_all(self, &parcel, 1, duplicates);
}

static void publish(place *self, const char *id, const char *result_id, const char *text)
{
    uint64_t duplicates = 0;
    ck_assert_int_eq(try_publish(self, id, result_id, text, &duplicates), MFN_OK);
}

static void expect_content(const place *self, const char *name, const char *expected)
{
    char text[1024];
    mfn_test_read(mfn_test_path(self->out, name), text, sizeof text);
    ck_assert_str_eq(text, expected);
}

START_TEST(names_come_from_the_pattern)
{
    static const struct {
        const char *pattern, *expected;
    } cases[] = {
        {"result_{id}.json", "result_job-1.json"},
        {"{result_id}", "abc"},
        {"{sequence}-{id}.json", "000007-job-1.json"},
        {"{timestamp}.json", "1700000000123.json"},
        {"plain", "plain"},
    };
    const mfn__name_parts parts = {
        .id = "job-1", .result_id = "abc", .wall_ms = 1700000000123, .sequence = 7};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[MFN__NAME_MAX];
        ck_assert_int_eq(mfn__name_pattern_check(cases[i].pattern, NULL), MFN_OK);
        mfn__name_expand(cases[i].pattern, &parts, name);
        ck_assert_str_eq(name, cases[i].expected);
    }
}
END_TEST

START_TEST(a_pattern_that_leaves_the_folder_or_names_nothing_known_is_refused)
{
    static const char *const patterns[] = {"../{id}.json", "a/b.json", "/x", ".hidden", "",
                                           "{name}.json",  "{id",      "id}"};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        mfn_error err = {0};
        ck_assert_msg(mfn__name_pattern_check(patterns[i], &err) == MFN_INVALID, "%s", patterns[i]);
        ck_assert_str_eq(err.field, "filename_pattern");
    }
}
END_TEST

START_TEST(only_results_can_be_lines)
{
    mfn__file_publisher_options options;
    mfn_options_set_defaults(mfn__file_publisher.options, &options);
    options.append_mode = true;
    options.content = MFN__CONTENT_IMAGE;
    mfn_error err = {0};
    ck_assert_int_eq(mfn__file_publisher.check(&options, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "append_mode");
}
END_TEST

START_TEST(an_id_cannot_leave_the_folder)
{
    place self;
    place_make(&self, "{id}.json", false);
    publish(&self, "../../escaped", "r1", "one");
    ck_assert_uint_eq(mfn_test_count(self.out), 1);
    ck_assert(!mfn_test_exists(mfn_test_path(self.folder, "escaped.json")));
    expect_content(&self, "_._.._escaped.json", "one");
    place_close(&self);
}
END_TEST

START_TEST(two_results_never_share_a_name)
{
    place self;
    place_make(&self, "{id}.json", false);
    publish(&self, "same", "aaaaaaaaaaaaaaaa", "first");
    publish(&self, "same", "bbbbbbbbbbbbbbbb", "second");
    expect_content(&self, "same.json", "first");
    expect_content(&self, "same-bbbbbbbbbbbb.json", "second");
    /* A file that was there before belongs to somebody else. */
    mfn_test_write(mfn_test_path(self.out, "theirs.json"), "do not touch");
    publish(&self, "theirs", "cccccccccccccccc", "third");
    expect_content(&self, "theirs.json", "do not touch");
    expect_content(&self, "theirs-cccccccccccc.json", "third");
    place_close(&self);
}
END_TEST

START_TEST(the_same_result_again_is_the_same_file_also_in_the_next_run)
{
    static const char *const patterns[] = {"{id}.json", "{sequence}.json", "{timestamp}.json"};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        place self;
        place_make(&self, patterns[i], false);
        publish(&self, "job", "r1", "one");
        place_close(&self);
        place_open(&self);
        uint64_t duplicates = 0;
        ck_assert_int_eq(try_publish(&self, "job", "r1", "one", &duplicates), MFN_OK);
        ck_assert_uint_eq(duplicates, 1);
        ck_assert_uint_eq(mfn_test_count(self.out), 1);
        place_close(&self);
    }
}
END_TEST

START_TEST(leftovers_of_a_crash_are_removed_and_those_of_others_stay)
{
    place self;
    place_make(&self, "{id}.json", false);
    publish(&self, "job", "r1", "one");
    place_close(&self);
    mfn_test_write(mfn_test_path(self.out, ".mfn-0123456789abcdef-0.tmp"), "another pipeline's");
    place_open(&self);
    ck_assert(mfn_test_exists(mfn_test_path(self.out, ".mfn-0123456789abcdef-0.tmp")));
    ck_assert_uint_eq(mfn_test_count(self.out), 2);
    place_close(&self);
}
END_TEST

START_TEST(lines_are_appended_once_each)
{
    place self;
    place_make(&self, "results.ndjson", true);
    publish(&self, "a", "r1", "{\"a\": 1}");
    publish(&self, "b", "r2", "{\"b\": 2}");
    publish(&self, "a", "r1", "{\"a\": 1}");
    place_close(&self);
    place_open(&self);
    publish(&self, "b", "r2", "{\"b\": 2}");
    publish(&self, "c", "r3", "{\"c\": 3}");
    expect_content(&self, "results.ndjson", "{\"a\": 1}\n{\"b\": 2}\n{\"c\": 3}\n");
    place_close(&self);
}
END_TEST

START_TEST(a_line_torn_by_a_crash_is_cut_off)
{
    place self;
    place_make(&self, "results.ndjson", true);
    publish(&self, "a", "r1", "{\"a\": 1}");
    place_close(&self);
    mfn_test_write(mfn_test_path(self.out, "results.ndjson"), "{\"a\": 1}\n{\"b\": 2}\n{\"c");
    place_open(&self);
    publish(&self, "b", "r2", "{\"b\": 2}");
    expect_content(&self, "results.ndjson", "{\"a\": 1}\n{\"b\": 2}\n");
    place_close(&self);
}
END_TEST

START_TEST(a_file_that_somebody_shortened_is_not_written_on)
{
    place self;
    place_make(&self, "results.ndjson", true);
    publish(&self, "a", "r1", "{\"a\": 1}");
    place_close(&self);
    mfn_test_write(mfn_test_path(self.out, "results.ndjson"), "");
    place_open(&self);
    uint64_t duplicates = 0;
    mfn_status status = try_publish(&self, "b", "r2", "{\"b\": 2}", &duplicates);
    ck_assert(mfn_status_is_transient(status));
    place_close(&self);
}
END_TEST

START_TEST(lines_that_stood_there_before_stay)
{
    static const struct {
        const char *before, *expected;
    } cases[] = {
        {"", "new\nnewer\n"},
        {"old\n", "old\nnew\nnewer\n"},
        {"half a li", "half a li\nnew\nnewer\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        place self;
        place_make(&self, "results.ndjson", true);
        mfn_test_write(mfn_test_path(self.out, "results.ndjson"), cases[i].before);
        publish(&self, "1", "r1", "new");
        place_close(&self);
        place_open(&self);
        publish(&self, "2", "r2", "newer");
        publish(&self, "1", "r1", "new");
        expect_content(&self, "results.ndjson", cases[i].expected);
        place_close(&self);
    }
}
END_TEST

START_TEST(lines_do_not_go_into_a_file_that_was_removed)
{
    place self;
    uint64_t duplicates = 0;
    place_make(&self, "results.ndjson", true);
    const char *path = mfn_test_path(self.out, "results.ndjson");
    const char *aside = mfn_test_path(self.out, "aside");
    publish(&self, "1", "r1", "one");
    ck_assert_int_eq(rename(path, aside), 0);
    mfn_status status = try_publish(&self, "2", "r2", "two", &duplicates);
    ck_assert(mfn_status_is_transient(status));
    ck_assert(!mfn_test_exists(path));
    ck_assert_int_eq(rename(aside, path), 0);
    publish(&self, "2", "r2", "two");
    expect_content(&self, "results.ndjson", "one\ntwo\n");
    place_close(&self);
}
END_TEST

START_TEST(two_publishers_do_not_write_one_file_of_lines)
{
    place first;
    uint64_t duplicates = 0;
    place_make(&first, "results.ndjson", true);
    publish(&first, "1", "r1", "one");
    place second = first;
    snprintf(second.folder, sizeof second.folder, "%s", mfn_test_folder());
    place_open(&second);
    ck_assert_int_eq(try_publish(&second, "2", "r2", "two", &duplicates), MFN_BUSY);
    publish(&first, "3", "r3", "three");
    expect_content(&first, "results.ndjson", "one\nthree\n");
    place_close(&first);
    publish(&second, "2", "r2", "two");
    expect_content(&second, "results.ndjson", "one\nthree\ntwo\n");
    place_close(&second);
}
END_TEST

START_TEST(results_go_into_the_folder_that_has_the_name)
{
    place self;
    place_make(&self, "{id}.json", false);
    publish(&self, "1", "r1", "one");
    ck_assert_int_eq(rename(self.out, mfn_test_path(self.folder, "moved")), 0);
    publish(&self, "2", "r2", "two");
    expect_content(&self, "2.json", "two");
    place_close(&self);
}
END_TEST

START_TEST(files_rotate_by_count_and_by_size)
{
    static const struct {
        uint64_t rotate_bytes, rotate_count;
    } cases[] = {{0, 2}, {18, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        place self;
        place_make(&self, "r.ndjson", true);
        place_close(&self);
        self.options.rotate_bytes = cases[i].rotate_bytes;
        self.options.rotate_count = cases[i].rotate_count;
        place_open(&self);
        publish(&self, "a", "r1", "{\"a\": 1}");
        publish(&self, "b", "r2", "{\"b\": 2}");
        publish(&self, "c", "r3", "{\"c\": 3}");
        expect_content(&self, "r.ndjson", "{\"a\": 1}\n{\"b\": 2}\n");
        expect_content(&self, "r-1.ndjson", "{\"c\": 3}\n");
        place_close(&self);
    }
}
END_TEST

START_TEST(a_batch_larger_than_a_file_fills_several)
{
    enum { RESULTS = 7, PER_FILE = 3 };
    place self;
    place_make(&self, "r.ndjson", true);
    place_close(&self);
    self.options.rotate_count = PER_FILE;
    place_open(&self);
    static const char *const texts[RESULTS] = {"0", "1", "2", "3", "4", "5", "6"};
    uint64_t duplicates = 0;
    for (uint64_t round = 0; round < 2; round++) {
        mfn__parcel batch[RESULTS];
        for (int i = 0; i < RESULTS; i++) {
            batch[i] = result("job", texts[i], texts[i]);
        }
        ck_assert_int_eq(publish_all(&self, batch, RESULTS, &duplicates), MFN_OK);
        ck_assert_uint_eq(duplicates, round * RESULTS);
    }
    expect_content(&self, "r.ndjson", "0\n1\n2\n");
    expect_content(&self, "r-1.ndjson", "3\n4\n5\n");
    expect_content(&self, "r-2.ndjson", "6\n");
    place_close(&self);
}
END_TEST

START_TEST(a_folder_that_is_replaced_fails_for_now_and_heals)
{
    place self;
    place_make(&self, "{id}.json", false);
    ck_assert_int_eq(rmdir(self.out), 0);
    mfn_test_write(self.out, "in the way");
    uint64_t duplicates = 0;
    for (int i = 0; i < 3; i++) {
        mfn_status status = try_publish(&self, "job", "r1", "one", &duplicates);
        ck_assert_msg(mfn_status_is_transient(status), "attempt %d: %s", i,
                      mfn_status_name(status));
    }
    ck_assert_int_eq(unlink(self.out), 0);
    publish(&self, "job", "r1", "one");
    expect_content(&self, "job.json", "one");
    place_close(&self);
}
END_TEST

START_TEST(opening_survives_failure_of_every_allocation)
{
    place self;
    place_make(&self, "{id}.json", false);
    const mfn__surroundings around = {
        .ledger = self.ledger, .clock = mfn__clock_system(), .log = &quiet};
    void *publisher = NULL;
    int64_t allocation = 0;
    for (;; allocation++) {
        mfn__mem_fail_after(allocation);
        mfn_status status = mfn__file_publisher.open(&self.options, &around, &publisher, NULL);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        ck_assert_ptr_null(publisher);
    }
    ck_assert_int_ge(allocation, 1);
    mfn__file_publisher.close(publisher);
    place_close(&self);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        names_come_from_the_pattern,
        a_pattern_that_leaves_the_folder_or_names_nothing_known_is_refused,
        only_results_can_be_lines,
        an_id_cannot_leave_the_folder,
        two_results_never_share_a_name,
        the_same_result_again_is_the_same_file_also_in_the_next_run,
        leftovers_of_a_crash_are_removed_and_those_of_others_stay,
        lines_are_appended_once_each,
        a_line_torn_by_a_crash_is_cut_off,
        a_file_that_somebody_shortened_is_not_written_on,
        lines_that_stood_there_before_stay,
        lines_do_not_go_into_a_file_that_was_removed,
        two_publishers_do_not_write_one_file_of_lines,
        results_go_into_the_folder_that_has_the_name,
        files_rotate_by_count_and_by_size,
        a_batch_larger_than_a_file_fills_several,
        a_folder_that_is_replaced_fails_for_now_and_heals,
        opening_survives_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("file publisher", tests);
}
