/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "suite.h"

#define ROOM_BYTES 1000000

static char folder[sizeof "/tmp/mfn-test-file-XXXXXX"]; /* each test makes its own */

static char *path_in_folder(const char *name)
{
    char *path = mfn__path_join(folder, name);
    ck_assert_ptr_nonnull(path);
    return path;
}

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/mfn-test-file-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

/* Entries of the folder besides "." and "..". */
static size_t count_entries(void)
{
    DIR *entries = opendir(folder);
    ck_assert_ptr_nonnull(entries);
    size_t count = 0;
    while (readdir(entries) != NULL) {
        count++;
    }
    closedir(entries);
    return count - 2;
}

static void check_content(const char *path, const char *expected)
{
    mfn__buffer content;
    mfn__buffer_init(&content, ROOM_BYTES);
    mfn_error err = {.status = MFN_OK};
    ck_assert_msg(mfn__file_read_whole(path, &content, &err) == MFN_OK, "%s", err.text);
    ck_assert_uint_eq(content.size, strlen(expected));
    ck_assert_mem_eq(content.data, expected, content.size);
    mfn__buffer_deinit(&content);
}

static void remove_folder(char *path)
{
    unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "%s is not empty", folder);
    mfn__mem_free(path);
}

START_TEST(a_file_written_whole_replaces_the_one_before)
{
    make_folder();
    char *path = path_in_folder("a.txt");
    static const char *const contents[] = {"first", "the second is longer", "3"};
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        mfn_error err = {.status = MFN_OK};
        mfn_status status = mfn__file_write_whole(path, contents[i], strlen(contents[i]), &err);
        ck_assert_msg(status == MFN_OK, "%s", err.text);
        check_content(path, contents[i]);
        ck_assert_uint_eq(count_entries(), 1);
    }
    remove_folder(path);
}
END_TEST

START_TEST(a_new_file_has_the_permissions_that_the_umask_leaves)
{
    make_folder();
    char *path = path_in_folder("a.txt");
    umask(027);
    ck_assert_int_eq(mfn__file_write_whole(path, "x", 1, NULL), MFN_OK);
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0640);
    remove_folder(path);
}
END_TEST

START_TEST(until_it_is_committed_a_file_in_pieces_leaves_the_old_content_in_place)
{
    make_folder();
    char *path = path_in_folder("a.txt");
    ck_assert_int_eq(mfn__file_write_whole(path, "old", 3, NULL), MFN_OK);
    mfn__whole_file file;
    ck_assert_int_eq(mfn__whole_file_begin(&file, path, NULL), MFN_OK);
    ck_assert_int_eq(mfn__whole_file_write(&file, "new ", 4, NULL), MFN_OK);
    check_content(path, "old");
    ck_assert_int_eq(mfn__whole_file_write(&file, "content", 7, NULL), MFN_OK);
    check_content(path, "old");
    ck_assert_int_eq(mfn__whole_file_commit(&file, NULL), MFN_OK);
    check_content(path, "new content");
    mfn__whole_file_abort(&file);
    check_content(path, "new content");
    ck_assert_uint_eq(count_entries(), 1);
    remove_folder(path);
}
END_TEST

START_TEST(an_aborted_file_leaves_nothing_behind)
{
    make_folder();
    char *path = path_in_folder("a.txt");
    mfn__whole_file file;
    ck_assert_int_eq(mfn__whole_file_begin(&file, path, NULL), MFN_OK);
    ck_assert_int_eq(mfn__whole_file_write(&file, "text", 4, NULL), MFN_OK);
    ck_assert_uint_eq(count_entries(), 1);
    mfn__whole_file_abort(&file);
    ck_assert_uint_eq(count_entries(), 0);
    mfn__whole_file_abort(&file);
    remove_folder(path);
}
END_TEST

START_TEST(two_writers_of_one_path_do_not_meet_and_the_last_commit_wins)
{
    make_folder();
    char *path = path_in_folder("a.txt");
    mfn__whole_file one;
    mfn__whole_file two;
    ck_assert_int_eq(mfn__whole_file_begin(&one, path, NULL), MFN_OK);
    ck_assert_int_eq(mfn__whole_file_begin(&two, path, NULL), MFN_OK);
    ck_assert_int_eq(mfn__whole_file_write(&one, "one", 3, NULL), MFN_OK);
    ck_assert_int_eq(mfn__whole_file_write(&two, "two", 3, NULL), MFN_OK);
    ck_assert_int_eq(mfn__whole_file_commit(&two, NULL), MFN_OK);
    check_content(path, "two");
    ck_assert_int_eq(mfn__whole_file_commit(&one, NULL), MFN_OK);
    check_content(path, "one");
    remove_folder(path);
}
END_TEST

START_TEST(a_file_whose_name_has_the_longest_length_can_be_written)
{
    make_folder();
    char name[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    char *path = path_in_folder(name);
    mfn_error err = {.status = MFN_OK};
    ck_assert_msg(mfn__file_write_whole(path, "x", 1, &err) == MFN_OK, "%s", err.text);
    check_content(path, "x");
    remove_folder(path);
}
END_TEST

START_TEST(a_path_that_cannot_be_written_is_named_and_nothing_is_left)
{
    make_folder();
    char *taken = path_in_folder("taken");
    ck_assert_int_eq(mkdir(taken, 0777), 0);
    const struct {
        const char *path;
        mfn_status status;
    } rows[] = {{"/nowhere/a.txt", MFN_NOT_FOUND}, {taken, MFN_IO}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn_error err = {.status = MFN_OK};
        ck_assert_int_eq(mfn__file_write_whole(rows[i].path, "x", 1, &err), rows[i].status);
        ck_assert_msg(strstr(err.text, rows[i].path) != NULL, "%s", err.text);
    }
    ck_assert_uint_eq(count_entries(), 1);
    ck_assert_int_eq(rmdir(taken), 0);
    remove_folder(taken);
}
END_TEST

START_TEST(writing_survives_failure_of_every_allocation)
{
    make_folder();
    char *path = path_in_folder("a.txt");
    mfn_status status = MFN_NO_MEMORY;
    int64_t successes = 0;
    for (; status != MFN_OK; successes++) {
        ck_assert_uint_eq(count_entries(), 0);
        mfn__mem_fail_after(successes);
        status = mfn__file_write_whole(path, "x", 1, NULL);
        mfn__mem_fail_after(-1);
        ck_assert(status == MFN_OK || status == MFN_NO_MEMORY);
    }
    ck_assert_int_gt(successes, 3);
    check_content(path, "x");
    remove_folder(path);
}
END_TEST

START_TEST(reading_stops_at_the_limit_of_the_buffer)
{
    make_folder();
    char *path = path_in_folder("a.txt");
    ck_assert_int_eq(mfn__file_write_whole(path, "12345678", 8, NULL), MFN_OK);
    static const struct {
        size_t max;
        mfn_status status;
    } rows[] = {{7, MFN_TOO_LARGE}, {8, MFN_OK}, {9, MFN_OK}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn__buffer content;
        mfn__buffer_init(&content, rows[i].max);
        ck_assert_int_eq(mfn__file_read_whole(path, &content, NULL), rows[i].status);
        mfn__buffer_deinit(&content);
    }
    remove_folder(path);
}
END_TEST

START_TEST(folders_are_made_with_their_missing_parents)
{
    make_folder();
    char *path = path_in_folder("a/b/c");
    mfn_error err = {.status = MFN_OK};
    ck_assert_msg(mfn__file_make_directory(path, &err) == MFN_OK, "%s", err.text);
    ck_assert_msg(mfn__file_make_directory(path, &err) == MFN_OK, "%s", err.text);
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert(S_ISDIR(info.st_mode));
    mfn__mem_free(path);
    path = path_in_folder("a/file");
    ck_assert_int_eq(mfn__file_write_whole(path, "", 0, NULL), MFN_OK);
    ck_assert_int_eq(mfn__file_make_directory(path, &err), MFN_EXISTS);
    ck_assert_msg(strstr(err.text, path) != NULL, "%s", err.text);
    unlink(path);
    mfn__mem_free(path);
    static const char *const made[] = {"a/b/c", "a/b", "a"};
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        path = path_in_folder(made[i]);
        ck_assert_int_eq(rmdir(path), 0);
        mfn__mem_free(path);
    }
    rmdir(folder);
}
END_TEST

START_TEST(paths_fall_into_folder_and_name)
{
    static const struct {
        const char *path, *folder_part, *name;
    } rows[] = {
        {"a/b/c", "a/b", "c"}, {"c", ".", "c"}, {"/c", "/", "c"},
        {"/a/c", "/a", "c"},   {"a/", "a", ""}, {"", ".", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *part = mfn__path_folder(rows[i].path);
        ck_assert_str_eq(part, rows[i].folder_part);
        ck_assert_str_eq(mfn__path_name(rows[i].path), rows[i].name);
        mfn__mem_free(part);
    }
    static const char *const folders[] = {"a", "a/"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char *joined = mfn__path_join(folders[i], "b");
        ck_assert_str_eq(joined, "a/b");
        mfn__mem_free(joined);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_file_written_whole_replaces_the_one_before,
        a_new_file_has_the_permissions_that_the_umask_leaves,
        until_it_is_committed_a_file_in_pieces_leaves_the_old_content_in_place,
        an_aborted_file_leaves_nothing_behind,
        two_writers_of_one_path_do_not_meet_and_the_last_commit_wins,
        a_file_whose_name_has_the_longest_length_can_be_written,
        a_path_that_cannot_be_written_is_named_and_nothing_is_left,
        writing_survives_failure_of_every_allocation,
        reading_stops_at_the_limit_of_the_buffer,
        folders_are_made_with_their_missing_parents,
        paths_fall_into_folder_and_name,
        NULL,
    };
    return mfn_test_run("file", tests);
}
