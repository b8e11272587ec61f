/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "stream/names.h"
#include "suite.h"

START_TEST(a_name_from_anybody_becomes_a_plain_file_name)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"job-1", "job-1"},
        {"../../etc/passwd", "_._.._etc_passwd"},
        {".hidden", "_hidden"},
        {"", "_"},
        {"a b\tc\n", "a_b_c_"},
        {"caf\xc3\xa9", "caf__"},
        {"..", "_."},
        {"x\\y:z*?\"<>|", "x_y_z______"},
        {"0123456789abcdef", "0123456789abcdef"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[64];
        mfn__name_make_safe(cases[i].text, name, sizeof name);
        ck_assert_str_eq(name, cases[i].expected);
    }
}
END_TEST

START_TEST(a_long_name_is_cut_to_its_room)
{
    char name[8];
    mfn__name_make_safe("0123456789", name, sizeof name);
    ck_assert_str_eq(name, "0123456");
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_name_from_anybody_becomes_a_plain_file_name,
        a_long_name_is_cut_to_its_room,
        NULL,
    };
    return mfn_test_run("names", tests);
}
