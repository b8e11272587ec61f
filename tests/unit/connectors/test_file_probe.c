/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/file/file_connector.h"
#include "folder.h"
#include "suite.h"

#define NOBODY 65534

START_TEST(a_folder_can_be_reached_when_it_can_be_listed)
{
    static const struct {
        const char *name;
        bool auto_delete;
        mfn_status expected;
        const char *why;
    } cases[] = {
        {"open", false, MFN_OK, "a folder that can be read"},
        {"open", true, MFN_OK, "one whose files can be deleted"},
        {"fixed", false, MFN_OK, "one that can be read but not changed"},
        {"fixed", true, MFN_ACCESS, "the same where files shall be deleted"},
        {"closed", false, MFN_ACCESS, "one that cannot be listed"},
        {"missing", false, MFN_NOT_FOUND, "one that is not there"},
        {"file", false, MFN_NOT_FOUND, "a file"},
    };
    const char *root = mfn_test_folder();
    ck_assert_int_eq(chmod(root, 0777), 0);
    ck_assert_int_eq(mkdir(mfn_test_path(root, "open"), 0777), 0);
    ck_assert_int_eq(chmod(mfn_test_path(root, "open"), 0777), 0);
    ck_assert_int_eq(mkdir(mfn_test_path(root, "fixed"), 0555), 0);
    ck_assert_int_eq(mkdir(mfn_test_path(root, "closed"), 0111), 0);
    mfn_test_write(mfn_test_path(root, "file"), "");
    uid_t user = geteuid();
    if (user == 0) { /* who may do everything */
        ck_assert_int_eq(seteuid(NOBODY), 0);
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const mfn__file_connector_options options = {
            .directory = mfn_test_path(root, cases[i].name),
            .auto_delete = cases[i].auto_delete,
        };
        mfn_error err = {0};
        mfn_status status = mfn__file_connector_probe(&options, NULL, &err);
        ck_assert_msg(status == cases[i].expected, "%s: %s: %s", cases[i].why,
                      mfn_status_name(status), err.text);
        ck_assert_msg(status == MFN_OK || strstr(err.text, options.directory) != NULL, "%s: %s",
                      cases[i].why, err.text);
    }
    ck_assert_int_eq(seteuid(user), 0);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {a_folder_can_be_reached_when_it_can_be_listed, NULL};
    return mfn_test_run("file connector's probe", tests);
}
