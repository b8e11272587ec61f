/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "folder.h"
#include "publishers/file/file_publisher.h"
#include "suite.h"

#define NOBODY 65534

START_TEST(a_folder_can_be_reached_when_it_can_be_written_or_made)
{
    static const struct {
        const char *name;
        mfn_status expected;
        const char *why;
    } cases[] = {
        {"open", MFN_OK, "a folder that is there"},
        {"open/new", MFN_OK, "one that can be made"},
        {"open/new/deep/er/", MFN_OK, "one that can be made with its parents"},
        {"closed", MFN_ACCESS, "one that may not be written"},
        {"closed/new", MFN_ACCESS, "one that may not be made"},
        {"file", MFN_NOT_FOUND, "a file"},
        {"file/new", MFN_NOT_FOUND, "one that would be in a file"},
        {"link", MFN_NOT_FOUND, "a link to nothing"},
    };
    const char *root = mfn_test_folder();
    ck_assert_int_eq(chmod(root, 0777), 0);
    ck_assert_int_eq(mkdir(mfn_test_path(root, "open"), 0777), 0);
    ck_assert_int_eq(chmod(mfn_test_path(root, "open"), 0777), 0);
    ck_assert_int_eq(mkdir(mfn_test_path(root, "closed"), 0555), 0);
    ck_assert_int_eq(symlink("nowhere", mfn_test_path(root, "link")), 0);
    mfn_test_write(mfn_test_path(root, "file"), "");
    uid_t user = geteuid();
    if (user == 0) { /* who may do everything */
        ck_assert_int_eq(seteuid(NOBODY), 0);
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const mfn__file_publisher_options options = {
            .directory = mfn_test_path(root, cases[i].name),
        };
        mfn_error err = {0};
        mfn_status status = mfn__file_publisher_probe(&options, NULL, &err);
        ck_assert_msg(status == cases[i].expected, "%s: %s: %s", cases[i].why,
                      mfn_status_name(status), err.text);
        ck_assert_msg(status == MFN_OK || strstr(err.text, options.directory) != NULL, "%s: %s",
                      cases[i].why, err.text);
    }
    ck_assert_int_eq(seteuid(user), 0);
    ck_assert_uint_eq(mfn_test_count(mfn_test_path(root, "open")), 0);
    ck_assert_uint_eq(mfn_test_count(root), 4);
}
END_TEST

START_TEST(names_without_a_folder_are_in_the_current_one)
{
    static const char *const names[] = {"results", ".", "results/a", "/"};
    ck_assert_int_eq(chdir(mfn_test_folder()), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const mfn__file_publisher_options options = {.directory = names[i]};
        mfn_error err = {0};
        mfn_status status = mfn__file_publisher_probe(&options, NULL, &err);
        ck_assert_msg(status == MFN_OK || (strcmp(names[i], "/") == 0 && status == MFN_ACCESS),
                      "%s: %s", names[i], err.text);
    }
    ck_assert_uint_eq(mfn_test_count("."), 0);
}
END_TEST

START_TEST(probing_survives_failure_of_every_allocation)
{
    const mfn__file_publisher_options options = {
        .directory = mfn_test_path(mfn_test_folder(), "a/b/c"),
    };
    mfn_status status = MFN_NO_MEMORY;
    for (int64_t successes = 0; status != MFN_OK; successes++) {
        mfn__mem_fail_after(successes);
        status = mfn__file_publisher_probe(&options, NULL, NULL);
        mfn__mem_fail_after(-1);
        ck_assert_msg(status == MFN_OK || status == MFN_NO_MEMORY, "%s", mfn_status_name(status));
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_folder_can_be_reached_when_it_can_be_written_or_made,
        names_without_a_folder_are_in_the_current_one,
        probing_survives_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("file publisher's probe", tests);
}
