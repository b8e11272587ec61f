/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/clock.h"
#include "suite.h"

START_TEST(times_are_written_in_utc_with_milliseconds)
{
    static const struct {
        const char *why;
        int64_t wall_ns;
        const char *text;
    } rows[] = {
        {"the beginning", 0, "1970-01-01T00:00:00.000Z"},
        {"rounded down", INT64_C(999999), "1970-01-01T00:00:00.000Z"},
        {"the first millisecond", INT64_C(1000000), "1970-01-01T00:00:00.001Z"},
        {"the end of a second", INT64_C(1999999999), "1970-01-01T00:00:01.999Z"},
        {"before the beginning, rounded down", INT64_C(-1), "1969-12-31T23:59:59.999Z"},
        {"a whole second before it", INT64_C(-1000000000), "1969-12-31T23:59:59.000Z"},
        {"a leap day", INT64_C(951782400000000000), "2000-02-29T00:00:00.000Z"},
        {"a recent one", INT64_C(1795395723456000000), "2026-11-23T01:02:03.456Z"},
        {"beyond 32 bits of seconds", INT64_C(4102444800000000000), "2100-01-01T00:00:00.000Z"},
        {"the last", INT64_MAX, "2262-04-11T23:47:16.854Z"},
        {"the first", INT64_MIN, "1677-09-21T00:12:43.145Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[MFN__TIME_TEXT_MAX];
        mfn__time_to_text(rows[i].wall_ns, text);
        ck_assert_msg(strcmp(text, rows[i].text) == 0, "%s: expected %s, got %s", rows[i].why,
                      rows[i].text, text);
    }
}
END_TEST

START_TEST(the_monotonic_clock_never_goes_back)
{
    const mfn__clock *clock = mfn__clock_system();
    int64_t last_ns = mfn__clock_monotonic_ns(clock);
    for (int i = 0; i < 10000; i++) {
        int64_t now_ns = mfn__clock_monotonic_ns(clock);
        ck_assert_int_ge(now_ns, last_ns);
        last_ns = now_ns;
    }
}
END_TEST

START_TEST(the_wall_clock_counts_from_1970)
{
    char text[MFN__TIME_TEXT_MAX];
    mfn__time_to_text(mfn__clock_wall_ns(mfn__clock_system()), text);
    ck_assert_msg(strncmp(text, "20", 2) == 0, "it is said to be %s", text);
}
END_TEST

static int64_t told_ns(void *context)
{
    return *(const int64_t *)context;
}

START_TEST(a_clock_can_be_brought_along)
{
    int64_t now_ns = 5;
    const mfn__clock clock = {told_ns, told_ns, &now_ns};
    ck_assert_int_eq(mfn__clock_monotonic_ns(&clock), 5);
    now_ns = 7;
    ck_assert_int_eq(mfn__clock_wall_ns(&clock), 7);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        times_are_written_in_utc_with_milliseconds,
        the_monotonic_clock_never_goes_back,
        the_wall_clock_counts_from_1970,
        a_clock_can_be_brought_along,
        NULL,
    };
    return mfn_test_run("clock", tests);
}
