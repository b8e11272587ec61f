/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "folder.h"
#include "stream/dead_letter.h"
#include "suite.h"

static mfn__message letter(const char *origin, char *original, size_t size)
{
    static char origin_copy[256];
    snprintf(origin_copy, sizeof origin_copy, "%s", origin);
    mfn__message message = {
        .origin = origin_copy,
        .index = 11,
        .line = 12,
        .original = original,
        .original_size = size,
        .attempts = 1,
    };
    (void)mfn__fail(&message.problem, MFN_INVALID, "grid_size",
                    "grid_size: expected a whole number in [4, 1024], got 3");
    return message;
}

static void write_letter(const char *folder, const mfn__message *message)
{
    mfn_error err = {0};
    const mfn__dead_letter kept = mfn__dead_letter_of(message);
    ck_assert_msg(mfn__dead_letter_write(folder, &kept, mfn__clock_system(), &err) == MFN_OK, "%s",
                  err.text);
}

/* The path of the only file of the folder. */
static const char *only_file(const char *folder)
{
    const char *path = NULL;
    DIR *listing = opendir(folder);
    ck_assert_ptr_nonnull(listing);
    for (const struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            ck_assert_msg(path == NULL, "%s is not alone", entry->d_name);
            path = mfn_test_path(folder, entry->d_name);
        }
    }
    closedir(listing);
    ck_assert_ptr_nonnull(path);
    return path;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    ck_assert_msg(text != NULL, "no text '%s'", key);
    return text;
}

START_TEST(a_letter_says_why_and_where_and_holds_what_came)
{
    const char *folder = mfn_test_path(mfn_test_folder(), "deep/dead");
    char original[] = "{\"grid_size\": 3}";
    const mfn__message message = letter("jobs/a.ndjson", original, strlen(original));
    write_letter(folder, &message);
    const char *path = only_file(folder);
    ck_assert_ptr_nonnull(strstr(path, "/a.ndjson-12-"));
    json_t *json = json_load_file(path, 0, NULL);
    ck_assert_ptr_nonnull(json);
    ck_assert_str_eq(text_of(json, "type"), "MFN_INVALID");
    ck_assert_str_eq(text_of(json, "title"), mfn_status_text(MFN_INVALID));
    ck_assert_str_eq(text_of(json, "detail"), message.problem.text);
    ck_assert_str_eq(text_of(json, "field"), "grid_size");
    ck_assert_str_eq(text_of(json, "original"), original);
    const json_t *source = json_object_get(json, "source");
    ck_assert_str_eq(text_of(source, "file"), "jobs/a.ndjson");
    ck_assert_int_eq(json_integer_value(json_object_get(source, "line")), 12);
    ck_assert_int_eq(json_integer_value(json_object_get(source, "item")), 11);
    ck_assert_int_eq(json_integer_value(json_object_get(json, "attempts")), 1);
    json_decref(json);
}
END_TEST

/* The member `id` of the letter for such a job; NULL for none. Static. */
static const char *id_of(const char *original, bool is_truncated)
{
    static char id[64];
    const char *folder = mfn_test_path(mfn_test_folder(), "dead");
    char bytes[128];
    snprintf(bytes, sizeof bytes, "%s", original);
    mfn__message message = letter("a.json", bytes, strlen(bytes));
    message.is_truncated = is_truncated;
    write_letter(folder, &message);
    json_t *json = json_load_file(only_file(folder), 0, NULL);
    const char *text = json_string_value(json_object_get(json, "id"));
    snprintf(id, sizeof id, "%s", text != NULL ? text : "");
    json_decref(json);
    return text != NULL ? id : NULL;
}

START_TEST(a_letter_names_the_job_when_the_job_has_a_name)
{
    ck_assert_str_eq(id_of("{\"id\": \"run \\u0041\", \"steps\": 0}", false), "run A");
    ck_assert_str_eq(id_of("{\"id\": 12345678901234567890123}", false), "12345678901234567890123");
    ck_assert_ptr_null(id_of("{\"steps\": 0}", false));
    ck_assert_ptr_null(id_of("{\"id\": [1]}", false));
    ck_assert_ptr_null(id_of("{\"id\": \"a\"", false));
    ck_assert_ptr_null(id_of("{\"id\": \"a\"}", true));
}
END_TEST

START_TEST(a_refusal_and_a_beginning_are_told_and_read_back)
{
    const char *folder = mfn_test_path(mfn_test_folder(), "dead");
    char original[] = "{\"gr";
    mfn__message message = letter("a.json", original, strlen(original));
    mfn__dead_letter sent = mfn__dead_letter_of(&message);
    sent.http_status = 422;
    sent.is_truncated = true;
    sent.whole_size = 5000;
    sent.id = "mine";
    ck_assert_int_eq(mfn__dead_letter_write(folder, &sent, mfn__clock_system(), NULL), MFN_OK);
    mfn__kept_letter kept = {0};
    ck_assert_int_eq(mfn__dead_letter_read(only_file(folder), &kept, NULL), MFN_OK);
    ck_assert_uint_eq(kept.http_status, 422);
    ck_assert(kept.is_truncated);
    ck_assert_uint_eq(kept.whole_size, 5000);
    ck_assert_str_eq(kept.id, "mine");
    mfn__kept_letter_deinit(&kept);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_kept_as_base64)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *expected;
    } cases[] = {
        {"\xFF", 1, "/w=="},
        {"\xFF\xFE", 2, "//4="},
        {"\xFF\xFE\xFD", 3, "//79"},
        {"a\xC3(\0", 4, "YcMoAA=="},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *folder = mfn_test_path(mfn_test_folder(), "dead");
        char original[8];
        memcpy(original, cases[i].bytes, cases[i].size);
        const mfn__message message = letter("a.json", original, cases[i].size);
        write_letter(folder, &message);
        json_t *json = json_load_file(only_file(folder), 0, NULL);
        ck_assert_ptr_null(json_object_get(json, "original"));
        ck_assert_str_eq(text_of(json, "original_base64"), cases[i].expected);
        json_decref(json);
    }
}
END_TEST

START_TEST(a_replay_writes_the_same_file_and_another_item_another_one)
{
    const char *folder = mfn_test_path(mfn_test_folder(), "dead");
    char original[] = "oops";
    mfn__message message = letter("a.json", original, strlen(original));
    write_letter(folder, &message);
    write_letter(folder, &message);
    ck_assert_uint_eq(mfn_test_count(folder), 1);
    message.index++;
    write_letter(folder, &message);
    ck_assert_uint_eq(mfn_test_count(folder), 2);
}
END_TEST

START_TEST(what_a_crash_left_is_used_up_by_the_replay)
{
    const char *folder = mfn_test_path(mfn_test_folder(), "dead");
    char original[] = "oops";
    const mfn__message message = letter("a.json", original, strlen(original));
    write_letter(folder, &message);
    const char *path = only_file(folder);
    char temporary[MFN_TEST_PATH_MAX];
    snprintf(temporary, sizeof temporary, ".%.200s.tmp", mfn__path_name(path));
    ck_assert_int_eq(rename(path, mfn_test_path(folder, temporary)), 0);
    write_letter(folder, &message);
    ck_assert_str_eq(mfn__path_name(only_file(folder)), mfn__path_name(path));
}
END_TEST

START_TEST(no_source_can_lead_out_of_the_folder)
{
    static const char *const origins[] = {"jobs/..", "jobs/.hidden", "a\nb\"c\xFF", ""};
    const char *folder = mfn_test_path(mfn_test_folder(), "dead");
    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++) {
        char original[] = "oops";
        const mfn__message message = letter(origins[i], original, strlen(original));
        write_letter(folder, &message);
        ck_assert_uint_eq(mfn_test_count(folder), i + 1);
    }
}
END_TEST

START_TEST(a_file_in_the_place_of_the_folder_is_named)
{
    const char *folder = mfn_test_path(mfn_test_folder(), "dead");
    mfn_test_write(folder, "in the way");
    char original[] = "oops";
    const mfn__message message = letter("a.json", original, strlen(original));
    const mfn__dead_letter kept = mfn__dead_letter_of(&message);
    mfn_error err = {0};
    ck_assert_int_ne(mfn__dead_letter_write(folder, &kept, mfn__clock_system(), &err), MFN_OK);
    ck_assert_ptr_nonnull(strstr(err.text, folder));
}
END_TEST

START_TEST(writing_survives_failure_of_every_allocation)
{
    const char *folder = mfn_test_path(mfn_test_folder(), "dead");
    char original[] = "\xFF";
    const mfn__message message = letter("a.json", original, 1);
    const mfn__dead_letter kept = mfn__dead_letter_of(&message);
    ck_assert_int_eq(mkdir(folder, 0777), 0);
    mfn_status status = MFN_NO_MEMORY;
    for (int64_t successes = 0; status != MFN_OK; successes++) {
        ck_assert_uint_eq(mfn_test_count(folder), 0);
        mfn__mem_fail_after(successes);
        status = mfn__dead_letter_write(folder, &kept, mfn__clock_system(), NULL);
        mfn__mem_fail_after(-1);
        ck_assert(status == MFN_OK || status == MFN_NO_MEMORY);
        if (status != MFN_OK && mfn_test_count(folder) == 1) {
            ck_assert_int_eq(remove(only_file(folder)), 0); /* only its folder was not synced */
        }
    }
    ck_assert_uint_eq(mfn_test_count(folder), 1);
}
END_TEST

static mfn__kept_letter read_letter(const char *path)
{
    mfn__kept_letter kept = {0};
    mfn_error err = {0};
    ck_assert_msg(mfn__dead_letter_read(path, &kept, &err) == MFN_OK, "%s", err.text);
    return kept;
}

START_TEST(what_was_written_is_read_back)
{
    static char csv[] = "3,64\n", job[] = "{\"grid_size\": 3, \"steps\": 64}";
    static char bytes[] = "a\xC3(\0b", odd[] = "\"\\\n\x01\xC3\xA9", empty[] = "";
    static const struct {
        char *original;
        size_t size;
        char *job;
        const char *publisher;
        const char *what;
    } cases[] = {
        {job, sizeof job - 1, NULL, NULL, "a job that came as JSON"},
        {csv, sizeof csv - 1, job, NULL, "a CSV row with the job made of it"},
        {bytes, sizeof bytes - 1, NULL, NULL, "bytes that are no text"},
        {odd, sizeof odd - 1, NULL, "web \"1\"", "what JSON must escape, refused by a publisher"},
        {empty, 0, empty, NULL, "nothing at all"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *folder = mfn_test_path(mfn_test_folder(), "dead");
        mfn__message message = letter("jobs/\"a\".csv", cases[i].original, cases[i].size);
        message.job = cases[i].job;
        message.job_size = cases[i].job != NULL ? strlen(cases[i].job) : 0;
        mfn__dead_letter given = mfn__dead_letter_of(&message);
        given.publisher = cases[i].publisher;
        ck_assert_int_eq(mfn__dead_letter_write(folder, &given, mfn__clock_system(), NULL), MFN_OK);
        mfn__kept_letter kept = read_letter(only_file(folder));
        ck_assert_str_eq(kept.type, "MFN_INVALID");
        ck_assert_str_eq(kept.detail, message.problem.text);
        ck_assert_str_eq(kept.origin, message.origin);
        ck_assert_uint_eq(strlen(kept.time), strlen("2026-11-23T01:02:03.456Z"));
        ck_assert_uint_eq(kept.line, 12);
        ck_assert_uint_eq(kept.item, 11);
        ck_assert_uint_eq(kept.attempts, 1);
        ck_assert_pstr_eq(kept.publisher, cases[i].publisher);
        ck_assert_pstr_eq(kept.job, cases[i].job);
        ck_assert_uint_eq(kept.job_size, message.job_size);
        ck_assert_msg(kept.original_size == cases[i].size, "%s: %zu bytes", cases[i].what,
                      kept.original_size);
        ck_assert_mem_eq(kept.original, cases[i].original, cases[i].size);
        mfn__kept_letter_deinit(&kept);
    }
}
END_TEST

/* A letter with one of its members replaced. */
#define LETTER(type, detail, source, time, rest)                                                   \
    "{\"type\": " type ", \"detail\": " detail ", \"source\": " source ", \"time\": " time rest "}"
#define SOURCE "{\"file\": \"a\", \"line\": 1, \"item\": 0}"

START_TEST(a_file_that_is_no_letter_is_refused_with_the_reason)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", "line 1"},
        {"{\"type\": ", "line 1"},
        {"[]", "type: expected a text, got nothing"},
        {"{}", "type: expected a text, got nothing"},
        {LETTER("3", "\"d\"", SOURCE, "\"t\"", ", \"original\": \"\""),
         "type: expected a text, got a number"},
        {LETTER("\"a\\u0000b\"", "\"d\"", SOURCE, "\"t\"", ", \"original\": \"\""),
         "type: expected a text, got one with a NUL in it"},
        {LETTER("\"t\"", "null", SOURCE, "\"t\"", ", \"original\": \"\""),
         "detail: expected a text, got null"},
        {LETTER("\"t\"", "\"d\"", "\"a\"", "\"t\"", ", \"original\": \"\""),
         "source/file: expected a text, got nothing"},
        {LETTER("\"t\"", "\"d\"", "{\"file\": \"a\", \"line\": -1}", "\"t\"",
                ", \"original\": \"\""),
         "source/line: expected a whole number, got another"},
        {LETTER("\"t\"", "\"d\"", "{\"file\": \"a\", \"item\": 1000000000000000000000000000}",
                "\"t\"", ", \"original\": \"\""),
         "source/item: expected a whole number, got another"},
        {LETTER("\"t\"", "\"d\"", SOURCE, "\"t\"", ", \"original\": \"\", \"attempts\": [1]"),
         "attempts: expected a whole number, got an array"},
        {LETTER("\"t\"", "\"d\"", SOURCE, "\"t\"", ", \"original\": \"\", \"publisher\": true"),
         "publisher: expected a text, got a truth value"},
        {LETTER("\"t\"", "\"d\"", SOURCE, "\"t\"", ""), "original: expected a text, got nothing"},
        {LETTER("\"t\"", "\"d\"", SOURCE, "\"t\"", ", \"original\": {}"),
         "original: expected a text, got an object"},
        {LETTER("\"t\"", "\"d\"", SOURCE, "\"t\"", ", \"original_base64\": \"!!!!\""),
         "original_base64: expected base64"},
        {LETTER("\"t\"", "\"d\"", SOURCE, "\"t\"", ", \"original\": \"\", \"job\": {}"),
         "job: expected a text, got an object"},
    };
    const char *path = mfn_test_path(mfn_test_folder(), "x.json");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn_test_write(path, cases[i].text);
        mfn__kept_letter kept = {0};
        mfn_error err = {0};
        mfn_status status = mfn__dead_letter_read(path, &kept, &err);
        ck_assert_msg(status == MFN_FORMAT, "%s: %s", cases[i].text, mfn_status_name(status));
        ck_assert_msg(strstr(err.text, cases[i].expected) != NULL, "%s: %s", cases[i].text,
                      err.text);
        ck_assert_msg(strstr(err.text, path) != NULL, "%s", err.text);
        ck_assert_ptr_null(kept.original);
    }
}
END_TEST

START_TEST(only_a_regular_file_can_be_a_letter)
{
    const char *folder = mfn_test_folder();
    const char *pipe = mfn_test_path(folder, "pipe.json");
    const char *link = mfn_test_path(folder, "link.json");
    const char *target = mfn_test_path(folder, "target");
    ck_assert_int_eq(mkfifo(pipe, 0666), 0);
    mfn_test_write(target, LETTER("\"t\"", "\"d\"", SOURCE, "\"t\"", ", \"original\": \"\""));
    ck_assert_int_eq(symlink(target, link), 0);
    mfn__kept_letter kept = {0};
    mfn_error err = {0};
    ck_assert_int_eq(mfn__dead_letter_read(pipe, &kept, &err), MFN_FORMAT);
    ck_assert_int_eq(mfn__dead_letter_read(link, &kept, &err), MFN_FORMAT);
    ck_assert_int_eq(mfn__dead_letter_read(folder, &kept, &err), MFN_FORMAT);
    ck_assert_int_eq(mfn__dead_letter_read(mfn_test_path(folder, "none"), &kept, &err),
                     MFN_NOT_FOUND);
    kept = read_letter(target);
    mfn__kept_letter_deinit(&kept);
}
END_TEST

START_TEST(reading_survives_failure_of_every_allocation)
{
    static char original[] = "\xFF", job[] = "{}";
    const char *folder = mfn_test_path(mfn_test_folder(), "dead");
    mfn__message message = letter("a.json", original, 1);
    message.job = job;
    message.job_size = strlen(job);
    write_letter(folder, &message);
    const char *path = only_file(folder);
    mfn_status status = MFN_NO_MEMORY;
    mfn__kept_letter kept = {0};
    for (int64_t successes = 0; status != MFN_OK; successes++) {
        mfn__mem_fail_after(successes);
        status = mfn__dead_letter_read(path, &kept, NULL);
        mfn__mem_fail_after(-1);
        ck_assert_msg(status == MFN_OK || status == MFN_NO_MEMORY, "%s", mfn_status_name(status));
        ck_assert(status == MFN_OK || kept.original == NULL);
    }
    ck_assert_str_eq(kept.job, job);
    mfn__kept_letter_deinit(&kept);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_letter_says_why_and_where_and_holds_what_came,
        a_letter_names_the_job_when_the_job_has_a_name,
        a_refusal_and_a_beginning_are_told_and_read_back,
        bytes_that_are_no_text_are_kept_as_base64,
        a_replay_writes_the_same_file_and_another_item_another_one,
        what_a_crash_left_is_used_up_by_the_replay,
        no_source_can_lead_out_of_the_folder,
        a_file_in_the_place_of_the_folder_is_named,
        writing_survives_failure_of_every_allocation,
        what_was_written_is_read_back,
        a_file_that_is_no_letter_is_refused_with_the_reason,
        only_a_regular_file_can_be_a_letter,
        reading_survives_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("dead letter", tests);
}
