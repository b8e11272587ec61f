/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "suite.h"

START_TEST(a_failure_has_status_field_and_text)
{
    mfn_error err = {0};
    mfn_status status = mfn__fail(&err, MFN_INVALID, "alpha", "alpha: got %s", "0.3");
    ck_assert_int_eq(status, MFN_INVALID);
    ck_assert_int_eq(err.status, MFN_INVALID);
    ck_assert_str_eq(err.field, "alpha");
    ck_assert_str_eq(err.text, "alpha: got 0.3");
}
END_TEST

START_TEST(a_failure_without_a_field_clears_the_last_one)
{
    mfn_error err = {.field = "old", .text = "old text"};
    ck_assert_int_eq(mfn__fail_memory(&err), MFN_NO_MEMORY);
    ck_assert_str_eq(err.field, "");
    ck_assert_str_eq(err.text, "out of memory");
}
END_TEST

START_TEST(nobody_has_to_want_the_details)
{
    ck_assert_int_eq(mfn__fail(NULL, MFN_BUSY, "x", "text"), MFN_BUSY);
    ck_assert_int_eq(mfn__fail_errno(NULL, ENOSPC, NULL, "text"), MFN_NO_SPACE);
    ck_assert_int_eq(mfn__fail_memory(NULL), MFN_NO_MEMORY);
}
END_TEST

START_TEST(texts_that_are_too_long_are_cut)
{
    char longest[2000];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    mfn_error err;
    mfn__fail_errno(&err, ENOENT, longest, "cannot open '%s'", longest);
    ck_assert_uint_eq(strlen(err.field), sizeof err.field - 1);
    ck_assert_uint_eq(strlen(err.text), sizeof err.text - 1);
}
END_TEST

START_TEST(failed_system_calls_say_why_and_whether_it_can_pass)
{
    static const struct {
        int errno_value;
        mfn_status status;
        const char *text;
        bool is_transient;
    } rows[] = {
        {ENOMEM, MFN_NO_MEMORY, "cannot open 'x': Cannot allocate memory", true},
        {ENOENT, MFN_NOT_FOUND, "cannot open 'x': No such file or directory", false},
        {ENOTDIR, MFN_NOT_FOUND, "cannot open 'x': Not a directory", false},
        {EEXIST, MFN_EXISTS, "cannot open 'x': File exists", false},
        {EACCES, MFN_ACCESS, "cannot open 'x': Permission denied", true},
        {EROFS, MFN_ACCESS, "cannot open 'x': Read-only file system", true},
        {ENOSPC, MFN_NO_SPACE, "cannot open 'x': No space left on device", true},
        {EDQUOT, MFN_NO_SPACE, "cannot open 'x': Disk quota exceeded", true},
        {EFBIG, MFN_NO_SPACE, "cannot open 'x': File too large", true},
        {ETIMEDOUT, MFN_TIMED_OUT, "cannot open 'x': Connection timed out", true},
        {EAGAIN, MFN_BUSY, "cannot open 'x': Resource temporarily unavailable", true},
        {EIO, MFN_IO, "cannot open 'x': Input/output error", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn_error err = {0};
        mfn_status status =
            mfn__fail_errno(&err, rows[i].errno_value, "path", "cannot open '%s'", "x");
        ck_assert_int_eq(status, rows[i].status);
        ck_assert_int_eq(err.status, rows[i].status);
        ck_assert_str_eq(err.field, "path");
        ck_assert_str_eq(err.text, rows[i].text);
        ck_assert_msg(mfn_status_is_transient(status) == rows[i].is_transient, "%s",
                      mfn_status_name(status));
    }
}
END_TEST

START_TEST(every_status_has_a_name_and_a_text)
{
    ck_assert_str_eq(mfn_status_name(MFN_OK), "MFN_OK");
    ck_assert_str_eq(mfn_status_text(MFN_OK), "success");
    ck_assert_str_eq(mfn_status_name(MFN_TOO_LARGE), "MFN_TOO_LARGE");
    for (int code = -1; code >= MFN_REFUSED; code--) {
        mfn_status status = (mfn_status)code;
        ck_assert_msg(strncmp(mfn_status_name(status), "MFN_", 4) == 0, "status %d", code);
        ck_assert_str_ne(mfn_status_text(status), "unknown status");
    }
    ck_assert_str_eq(mfn_status_name((mfn_status)(MFN_REFUSED - 1)), "unknown status");
    ck_assert_str_eq(mfn_status_text((mfn_status)1), "unknown status");
}
END_TEST

START_TEST(bad_input_does_not_get_better_by_waiting)
{
    static const mfn_status lasting[] = {MFN_OK,          MFN_INVALID,  MFN_FORMAT,
                                         MFN_TOO_LARGE,   MFN_UNSTABLE, MFN_CANCELLED,
                                         MFN_UNSUPPORTED, MFN_INTERNAL};
    for (size_t i = 0; i < sizeof lasting / sizeof lasting[0]; i++) {
        ck_assert_msg(!mfn_status_is_transient(lasting[i]), "%s", mfn_status_name(lasting[i]));
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_failure_has_status_field_and_text,
        a_failure_without_a_field_clears_the_last_one,
        nobody_has_to_want_the_details,
        texts_that_are_too_long_are_cut,
        failed_system_calls_say_why_and_whether_it_can_pass,
        every_status_has_a_name_and_a_text,
        bad_input_does_not_get_better_by_waiting,
        NULL,
    };
    return mfn_test_run("error", tests);
}
