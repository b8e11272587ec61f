/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "folder.h"
#include "stream/dead_letter.h"
#include "stream/replay.h"
#include "suite.h"

#define MAX_JOB_BYTES 1000
#define SPOOL_BYTES   10000

/* A ledger, a spool, a folder for dead letters, and a clock that only the test moves. */
static struct {
    char dead[MFN_TEST_PATH_MAX], waiting[MFN_TEST_PATH_MAX], state[MFN_TEST_PATH_MAX];
    mfn__ledger *ledger;
    mfn__spool *spool;
    mfn__replay *replay;
    int64_t now_ns;
} the;

static int64_t now_ns(void *context)
{
    (void)context;
    return the.now_ns;
}

static const mfn__clock test_clock = {now_ns, now_ns, NULL};

static void start_again(void)
{
    mfn__replay_close(the.replay);
    mfn__spool_free(the.spool);
    mfn__ledger_close(the.ledger);
    mfn_error err = {0};
    ck_assert_msg(mfn__ledger_open(the.state, &the.ledger, &err) == MFN_OK, "%s", err.text);
    ck_assert_int_eq(mfn__spool_new(the.ledger, SPOOL_BYTES, &the.spool, &err), MFN_OK);
    const mfn__replay_options options = {the.dead, MAX_JOB_BYTES, &test_clock};
    ck_assert_int_eq(mfn__replay_open(&options, the.ledger, the.spool, &the.replay, &err), MFN_OK);
}

static void start(void)
{
    const char *folder = mfn_test_folder();
    snprintf(the.dead, sizeof the.dead, "%s", mfn_test_path(folder, "dead"));
    snprintf(the.waiting, sizeof the.waiting, "%s", mfn_test_path(the.dead, MFN__REPLAY_FOLDER));
    snprintf(the.state, sizeof the.state, "%s", mfn_test_path(folder, "state.db"));
    the.now_ns = 5 * MFN__NS_PER_S;
    start_again();
}

static void finish(void)
{
    mfn__replay_close(the.replay);
    mfn__spool_free(the.spool);
    mfn__ledger_close(the.ledger);
}

static void put(const char *origin, const char *original, const char *job, const char *publisher,
                bool is_truncated)
{
    mfn_error problem = {0};
    (void)mfn__fail(&problem, MFN_INVALID, "steps", "steps: too few");
    const mfn__dead_letter letter = {
        .problem = &problem,
        .origin = origin,
        .line = 7,
        .index = 6,
        .attempts = 1,
        .original = original,
        .original_size = strlen(original),
        .job = job,
        .job_size = job != NULL ? strlen(job) : 0,
        .publisher = publisher,
        .is_truncated = is_truncated,
    };
    ck_assert_int_eq(mfn__dead_letter_write(the.waiting, &letter, &test_clock, NULL), MFN_OK);
}

static void put_letter(const char *origin, const char *original, const char *job,
                       const char *publisher)
{
    put(origin, original, job, publisher, false);
}

static void drop(mfn__batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        mfn__message_free(batch->messages[i]);
    }
    batch->count = 0;
}

static mfn__batch fetch(size_t expected)
{
    mfn__batch batch = {.count = 0};
    mfn_error err = {0};
    ck_assert_msg(mfn__replay_fetch(the.replay, &batch, &err) == MFN_OK, "%s", err.text);
    ck_assert_uint_eq(batch.count, expected);
    return batch;
}

static void fetch_and_drop(size_t expected)
{
    mfn__batch batch = fetch(expected);
    drop(&batch);
}

static void expect_complaint(const char *expected)
{
    mfn__batch batch = {.count = 0};
    mfn_error err = {0};
    ck_assert_int_ne(mfn__replay_fetch(the.replay, &batch, &err), MFN_OK);
    ck_assert_msg(strstr(err.text, expected) != NULL, "expected '%s': %s", expected, err.text);
    ck_assert_uint_eq(batch.count, 0);
}

static uint64_t replay_target(void)
{
    uint64_t target = 0;
    ck_assert_int_eq(mfn__ledger_begin(the.ledger, NULL), MFN_OK);
    ck_assert_int_eq(mfn__ledger_target(the.ledger, "replay", &target, NULL), MFN_OK);
    ck_assert_int_eq(mfn__ledger_commit(the.ledger, NULL), MFN_OK);
    return target;
}

static uint64_t waiting_jobs(void)
{
    uint64_t count = 0;
    ck_assert_int_eq(mfn__inbox_count(the.spool, replay_target(), &count, NULL), MFN_OK);
    return count;
}

START_TEST(a_letter_becomes_the_job_that_it_was)
{
    static const struct {
        const char *original, *job, *publisher, *expected;
    } cases[] = {
        {"{\"steps\": 1}", NULL, NULL, "{\"steps\": 1}"},
        {"1,64\n", "{\"steps\": 2}", NULL, "{\"steps\": 2}"},
        {"\xFF{", NULL, NULL, "\xFF{"},
        {"{\"steps\": 3}", NULL, "webhook", "{\"steps\": 3}"},
    };
    start();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_letter("jobs/a.csv", cases[i].original, cases[i].job, cases[i].publisher);
        mfn__batch batch = fetch(1);
        const mfn__message *message = batch.messages[0];
        ck_assert_str_eq(message->original, cases[i].expected);
        ck_assert_uint_eq(message->original_size, strlen(cases[i].expected));
        ck_assert_pstr_eq(message->only_publisher, cases[i].publisher);
        ck_assert_str_eq(message->origin, "jobs/a.csv");
        ck_assert_uint_eq(message->line, 7);
        ck_assert_uint_eq(message->index, 6);
        ck_assert_uint_ne(message->inbox_row, 0);
        drop(&batch);
        ck_assert_uint_eq(mfn_test_count(the.waiting), 0);
        the.now_ns += MFN__NS_PER_S;
    }
    finish();
}
END_TEST

START_TEST(without_a_folder_there_is_nothing_to_try_again)
{
    start();
    fetch_and_drop(0);
    finish();
}
END_TEST

START_TEST(jobs_that_were_not_settled_come_first_in_the_next_run)
{
    start();
    put_letter("old", "{}", NULL, NULL);
    fetch_and_drop(1);
    fetch_and_drop(0);
    put_letter("new", "{}", NULL, NULL);
    start_again();
    mfn__batch batch = fetch(1);
    ck_assert_str_eq(batch.messages[0]->origin, "old");
    drop(&batch);
    batch = fetch(1);
    ck_assert_str_eq(batch.messages[0]->origin, "new");
    drop(&batch);
    finish();
}
END_TEST

static void find_only_name(char ret[MFN__NAME_MAX])
{
    DIR *listing = opendir(the.waiting);
    ck_assert_ptr_nonnull(listing);
    for (const struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
        if (entry->d_name[0] != '.') {
            snprintf(ret, MFN__NAME_MAX, "%s", entry->d_name);
        }
    }
    closedir(listing);
}

/* A letter as a crash leaves it between the commit and the removal: with a mark in the ledger. */
static void put_taken_letter(char name[MFN__NAME_MAX], int64_t seconds_off)
{
    struct stat info;
    put_letter("a.json", "{}", NULL, NULL);
    find_only_name(name);
    ck_assert_int_eq(lstat(mfn_test_path(the.waiting, name), &info), 0);
    char mark[64];
    snprintf(mark, sizeof mark, "%" PRIu64 " %" PRId64, (uint64_t)info.st_ino,
             (info.st_ctim.tv_sec + seconds_off) * MFN__NS_PER_S + info.st_ctim.tv_nsec);
    uint64_t target = replay_target();
    ck_assert_int_eq(mfn__ledger_begin(the.ledger, NULL), MFN_OK);
    ck_assert_int_eq(mfn__ledger_text_set(the.ledger, target, name, mark, NULL), MFN_OK);
    ck_assert_int_eq(mfn__ledger_commit(the.ledger, NULL), MFN_OK);
}

static bool has_mark(const char *name)
{
    mfn__buffer mark;
    mfn__buffer_init(&mark, 100);
    uint64_t target = replay_target();
    ck_assert_int_eq(mfn__ledger_begin(the.ledger, NULL), MFN_OK);
    mfn_status status = mfn__ledger_text(the.ledger, target, name, &mark, NULL);
    mfn__ledger_rollback(the.ledger);
    mfn__buffer_deinit(&mark);
    return status == MFN_OK;
}

START_TEST(a_file_that_a_crash_left_after_its_job_was_kept_is_only_removed)
{
    char name[MFN__NAME_MAX];
    start();
    put_taken_letter(name, 0);
    fetch_and_drop(0);
    ck_assert_uint_eq(mfn_test_count(the.waiting), 0);
    ck_assert_uint_eq(waiting_jobs(), 0);
    ck_assert(!has_mark(name));
    finish();
}
END_TEST

START_TEST(a_later_letter_of_the_same_name_is_taken_whatever_a_crash_left)
{
    char name[MFN__NAME_MAX];
    start();
    put_taken_letter(name, -1);
    fetch_and_drop(1);
    ck_assert_uint_eq(mfn_test_count(the.waiting), 0);
    ck_assert(!has_mark(name));
    finish();
}
END_TEST

START_TEST(what_is_no_letter_stays_and_is_told_once)
{
    start();
    put_letter("a.json", "{}", NULL, NULL);
    mfn_test_write(mfn_test_path(the.waiting, "b.json"), "{}");
    mfn_test_write(mfn_test_path(the.waiting, ".hidden.json"), "{}");
    mfn_test_write(mfn_test_path(the.waiting, "notes.txt"), "{}");
    ck_assert_int_eq(mkfifo(mfn_test_path(the.waiting, "pipe.json"), 0666), 0);
    fetch_and_drop(1);
    expect_complaint("(and 1 more files)");
    for (int i = 0; i < 3; i++) {
        the.now_ns += MFN__NS_PER_S;
        fetch_and_drop(0);
    }
    ck_assert_uint_eq(mfn_test_count(the.waiting), 4);
    ck_assert_int_eq(unlink(mfn_test_path(the.waiting, "pipe.json")), 0);
    mfn_test_write(mfn_test_path(the.waiting, "b.json.new"), "[]"); /* mended, but not enough */
    ck_assert_int_eq(
        rename(mfn_test_path(the.waiting, "b.json.new"), mfn_test_path(the.waiting, "b.json")), 0);
    the.now_ns += MFN__NS_PER_S;
    expect_complaint("b.json' is no dead letter: type: expected a text, got nothing");
    ck_assert_uint_eq(waiting_jobs(), 1);
    finish();
}
END_TEST

START_TEST(what_is_not_whole_or_too_large_stays_and_is_told_once)
{
    start();
    put("a.json", "{\"steps\"", NULL, NULL, true);
    expect_complaint("only the beginning");
    fetch_and_drop(0);
    static char large[MAX_JOB_BYTES + 2];
    memset(large, ' ', MAX_JOB_BYTES + 1);
    put_letter("b.json", large, NULL, NULL);
    the.now_ns += 2 * MFN__NS_PER_S;
    expect_complaint("max_job_bytes");
    large[MAX_JOB_BYTES] = '\0';
    put_letter("c.json", large, NULL, NULL);
    the.now_ns += 2 * MFN__NS_PER_S;
    fetch_and_drop(1);
    finish();
}
END_TEST

START_TEST(files_that_are_no_letters_hold_up_no_letter)
{
    start();
    put_letter("z.json", "{}", NULL, NULL);
    for (int i = 0; i < 3 * MFN__BATCH_MAX; i++) {
        char name[32];
        snprintf(name, sizeof name, "%d.json", i);
        mfn_test_write(mfn_test_path(the.waiting, name), "");
    }
    fetch_and_drop(1);
    expect_complaint("(and 191 more files)");
    fetch_and_drop(0);
    finish();
}
END_TEST

START_TEST(a_file_in_the_place_of_the_folder_is_told_once)
{
    start();
    ck_assert_int_eq(mkdir(the.dead, 0777), 0);
    mfn_test_write(the.waiting, "in the way");
    expect_complaint("cannot open folder");
    the.now_ns += MFN__NS_PER_S;
    fetch_and_drop(0);
    finish();
}
END_TEST

START_TEST(the_folder_is_looked_at_once_a_second)
{
    start();
    fetch_and_drop(0);
    put_letter("a.json", "{}", NULL, NULL);
    fetch_and_drop(0);
    the.now_ns += MFN__NS_PER_S - 1;
    fetch_and_drop(0);
    the.now_ns += 1;
    fetch_and_drop(1);
    finish();
}
END_TEST

START_TEST(more_letters_than_a_batch_come_at_once)
{
    const size_t count = 2 * MFN__BATCH_MAX + 1;
    start();
    for (size_t i = 0; i < count; i++) {
        char origin[32];
        snprintf(origin, sizeof origin, "%zu.json", i);
        put_letter(origin, "{}", NULL, NULL);
    }
    fetch_and_drop(MFN__BATCH_MAX);
    fetch_and_drop(MFN__BATCH_MAX);
    fetch_and_drop(1);
    fetch_and_drop(0);
    ck_assert_uint_eq(mfn_test_count(the.waiting), 0);
    ck_assert_uint_eq(waiting_jobs(), count);
    finish();
}
END_TEST

START_TEST(without_room_in_the_spool_letters_wait_in_their_folder)
{
    start();
    put_letter("a.json", "{\"steps\": 1}", NULL, NULL);
    put_letter("b.json", "{\"steps\": 1}", NULL, NULL);
    ck_assert(mfn__spool_reserve(the.spool, SPOOL_BYTES));
    fetch_and_drop(0);
    ck_assert_uint_eq(mfn_test_count(the.waiting), 2);
    mfn__spool_give_back(the.spool, 1);
    fetch_and_drop(1);
    fetch_and_drop(0);
    ck_assert_uint_eq(mfn_test_count(the.waiting), 1);
    mfn__spool_give_back(the.spool, SPOOL_BYTES - 1);
    the.now_ns += MFN__NS_PER_S;
    fetch_and_drop(1);
    ck_assert_uint_eq(mfn_test_count(the.waiting), 0);
    ck_assert_uint_eq(mfn__spool_bytes(the.spool), 2 * strlen("{\"steps\": 1}"));
    finish();
}
END_TEST

START_TEST(a_failure_of_any_allocation_loses_and_doubles_nothing)
{
    for (int64_t successes = 0;; successes++) {
        start();
        put_letter("a.json", "{}", NULL, NULL);
        put_letter("b.json", "{}", NULL, NULL);
        mfn_test_write(mfn_test_path(the.waiting, "c.json"), "");
        mfn__batch batch = {.count = 0};
        mfn__mem_fail_after(successes);
        mfn_status status = mfn__replay_fetch(the.replay, &batch, NULL);
        mfn__mem_fail_after(-1);
        ck_assert_msg(status == MFN_OK || status == MFN_NO_MEMORY, "%s", mfn_status_name(status));
        size_t got = batch.count;
        bool is_over = status == MFN_OK && got == 2;
        drop(&batch);
        the.now_ns += MFN__NS_PER_S;
        while (got < 2) {
            status = mfn__replay_fetch(the.replay, &batch, NULL);
            ck_assert_int_ne(status, MFN_NO_MEMORY);
            ck_assert(batch.count > 0 || status != MFN_OK);
            got += batch.count;
            drop(&batch);
        }
        the.now_ns += MFN__NS_PER_S;
        (void)mfn__replay_fetch(the.replay, &batch, NULL);
        ck_assert_uint_eq(got + batch.count, 2);
        ck_assert_uint_eq(waiting_jobs(), 2);
        ck_assert_uint_eq(mfn__spool_bytes(the.spool), 2 * strlen("{}"));
        ck_assert_uint_eq(mfn_test_count(the.waiting), 1);
        finish();
        memset(&the, 0, sizeof the);
        if (is_over && successes > 20) {
            break;
        }
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_letter_becomes_the_job_that_it_was,
        without_a_folder_there_is_nothing_to_try_again,
        jobs_that_were_not_settled_come_first_in_the_next_run,
        a_file_that_a_crash_left_after_its_job_was_kept_is_only_removed,
        a_later_letter_of_the_same_name_is_taken_whatever_a_crash_left,
        what_is_no_letter_stays_and_is_told_once,
        what_is_not_whole_or_too_large_stays_and_is_told_once,
        files_that_are_no_letters_hold_up_no_letter,
        a_file_in_the_place_of_the_folder_is_told_once,
        the_folder_is_looked_at_once_a_second,
        more_letters_than_a_batch_come_at_once,
        without_room_in_the_spool_letters_wait_in_their_folder,
        a_failure_of_any_allocation_loses_and_doubles_nothing,
        NULL,
    };
    return mfn_test_run("replay", tests);
}
