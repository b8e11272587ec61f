/* SPDX-License-Identifier: MIT */
/* Days are counted with Hinnant's days_from_civil: years begin in March, so that the leap day comes
 * last and a month's first day is a straight line. */
#include <string.h>

#include "base/clock.h"
#include "server/key_file.h"

#define YEAR_MIN       1970
#define YEAR_MAX       2261 /* an int64_t of nanoseconds ends in 2262 */
#define SECONDS_IN_DAY 86400
#define NS_DIGITS      9

typedef struct scanner {
    const char *next;
    bool is_wrong;
} scanner;

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* A number of exactly so many digits, in its range. */
static int64_t number(scanner *scan, int digits, int64_t min, int64_t max)
{
    int64_t value = 0;
    for (int i = 0; i < digits; i++) {
        if (!is_digit(*scan->next)) {
            scan->is_wrong = true;
            return min;
        }
        value = value * 10 + (*scan->next++ - '0');
    }
    if (value < min || value > max) {
        scan->is_wrong = true;
        return min;
    }
    return value;
}

/* One of these characters, which is skipped. */
static char one_of(scanner *scan, const char *characters)
{
    const char found = *scan->next;
    if (found == '\0' || strchr(characters, found) == NULL) {
        scan->is_wrong = true;
        return '\0';
    }
    scan->next++;
    return found;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

/* Since 1970. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    const int64_t from_march = (month + 9) % 12;
    const int64_t march_year = month <= 2 ? year - 1 : year;
    const int64_t era = march_year / 400;
    const int64_t year_of_era = march_year - era * 400;
    const int64_t day_of_year = (153 * from_march + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static int64_t scan_date_s(scanner *scan)
{
    const int64_t year = number(scan, 4, YEAR_MIN, YEAR_MAX);
    (void)one_of(scan, "-");
    const int64_t month = number(scan, 2, 1, 12);
    (void)one_of(scan, "-");
    const int64_t day = number(scan, 2, 1, days_in_month(year, month));
    return days_of(year, month, day) * SECONDS_IN_DAY;
}

static int64_t scan_fraction_ns(scanner *scan)
{
    int64_t ns = 0;
    int digits = 0;
    for (; is_digit(*scan->next); scan->next++, digits++) {
        ns = digits < NS_DIGITS ? ns * 10 + (*scan->next - '0') : ns;
    }
    scan->is_wrong = scan->is_wrong || digits == 0;
    for (; digits < NS_DIGITS; digits++) {
        ns *= 10;
    }
    return ns;
}

static int64_t scan_offset_s(scanner *scan)
{
    const char sign = one_of(scan, "Zz+-");
    if (scan->is_wrong || sign == 'Z' || sign == 'z') {
        return 0;
    }
    int64_t offset_s = number(scan, 2, 0, 23) * 3600;
    (void)one_of(scan, ":");
    offset_s += number(scan, 2, 0, 59) * 60;
    return sign == '-' ? -offset_s : offset_s;
}

bool mfn__key_expiry_parse(const char *text, int64_t *ret_ns)
{
    scanner scan = {.next = text};
    int64_t seconds = scan_date_s(&scan);
    int64_t ns = 0;
    if (!scan.is_wrong && *scan.next != '\0') {
        (void)one_of(&scan, "Tt ");
        seconds += number(&scan, 2, 0, 23) * 3600;
        (void)one_of(&scan, ":");
        seconds += number(&scan, 2, 0, 59) * 60;
        (void)one_of(&scan, ":");
        seconds += number(&scan, 2, 0, 60); /* a leap second is the next one */
        if (*scan.next == '.') {
            scan.next++;
            ns = scan_fraction_ns(&scan);
        }
        seconds -= scan_offset_s(&scan);
    }
    if (scan.is_wrong || *scan.next != '\0' || seconds < 0) {
        return false;
    }
    *ret_ns = seconds * MFN__NS_PER_S + ns;
    return true;
}
