/* SPDX-License-Identifier: MIT */
/* Real to text is Schubfach: R. Giulietti, "The Schubfach way to render doubles" (2021). A double
 * c * 2^q stands for the interval of reals that round to it. With k = floor(log10(2^q)), the
 * interval holds at least one multiple of 10^k and at most one of 10^(k+1); the multiple of
 * 10^(k+1), if there is one, is the shortest decimal, else the nearest multiple of 10^k is. The
 * interval's centre and ends are scaled by 4 * 10^-k with one 64 x 128 bit product each, whose
 * discarded part is kept as a sticky lowest bit: enough to compare exactly.
 *
 * Text to real leaves correct rounding to the C library's strtod, after the text was found to
 * follow JSON's grammar. The "C" locale object is a constant of the library, so creating it per
 * call costs nothing, cannot fail and touches no state of the process. */
#include "base/number.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/pow10_table.h"

#define FRACTION_BITS     52
#define EXPONENT_MASK     0x7FFU
#define EXPONENT_BIAS     1075 /* of the unit in the last place */
#define HIDDEN_BIT        (UINT64_C(1) << FRACTION_BITS)
#define FIXED_EXPONENT_LO (-4) /* repr writes 0.0001, but 1e-05 */
#define FIXED_EXPONENT_HI 15   /* and 1000000000000000.0, but 1e+16 */
#define DIGITS_MAX        20

__extension__ typedef unsigned __int128 u128;

/* digits * 10^exponent */
typedef struct decimal {
    uint64_t digits;
    int exponent;
} decimal;

/* floor(log10(2^q)), or floor(log10(3/4 * 2^q)) for a power of two, whose lower neighbour is twice
 * as near. Exact for |q| <= 1100. */
static int floor_log10_pow2(int q, bool is_power_of_two)
{
    return (q * 1262611 - (is_power_of_two ? 524031 : 0)) >> 22;
}

/* floor(log2(10^k)), exact for |k| <= 400. */
static int floor_log2_pow10(int k)
{
    return (k * 1741647) >> 19;
}

/* factor * g / 2^128, its lowest bit set when anything was cut off. g is rounded up, so a remainder
 * of 1 means none. */
static uint64_t scale(const uint64_t g[2], uint64_t factor)
{
    u128 low = (u128)factor * g[1];
    u128 high = (u128)factor * g[0] + (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* The shortest decimal in the interval of c * 2^q; the nearest one of several. */
static decimal shortest(uint64_t c, int q, bool is_power_of_two)
{
    int k = floor_log10_pow2(q, is_power_of_two);
    int shift = q + floor_log2_pow10(-k) + 1;
    const uint64_t *g = pow10_table[-k - POW10_SMALLEST];
    uint64_t low = scale(g, (4 * c - (is_power_of_two ? 1 : 2)) << shift);
    uint64_t centre = scale(g, (4 * c) << shift);
    uint64_t high = scale(g, (4 * c + 2) << shift);
    uint64_t is_odd = c & 1; /* then the ends round to the neighbours */
    low += is_odd;
    high -= is_odd;

    uint64_t below = centre / 4;
    if (below >= 10) {
        uint64_t tens = below / 10;
        bool fits = low <= 40 * tens;
        bool next_fits = 40 * tens + 40 <= high;
        if (fits != next_fits) {
            return (decimal){tens + next_fits, k + 1};
        }
    }
    bool fits = low <= 4 * below;
    bool next_fits = 4 * below + 4 <= high;
    if (fits != next_fits) {
        return (decimal){below + next_fits, k};
    }
    uint64_t middle = 4 * below + 2;
    bool round_up = centre > middle || (centre == middle && (below & 1) != 0);
    return (decimal){below + round_up, k};
}

static decimal strip_zeros(decimal number)
{
    if (number.digits % 100000000 == 0) {
        number.digits /= 100000000;
        number.exponent += 8;
    }
    while (number.digits % 10 == 0) {
        number.digits /= 10;
        number.exponent++;
    }
    return number;
}

/* Writes the digits right-aligned before `end`; returns the first one. */
static char *put_digits(uint64_t value, char *end)
{
    static const char pairs[] = "0001020304050607080910111213141516171819"
                                "2021222324252627282930313233343536373839"
                                "4041424344454647484950515253545556575859"
                                "6061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    while (value >= 100) {
        end -= 2;
        memcpy(end, pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10) {
        end -= 2;
        memcpy(end, pairs + 2 * value, 2);
    } else {
        *--end = (char)('0' + value);
    }
    return end;
}

/* d.ddde-05; the exponent has at least two digits. */
static char *put_scientific(char *out, const char *digits, size_t count, int exponent)
{
    *out++ = digits[0];
    if (count > 1) {
        *out++ = '.';
        memcpy(out, digits + 1, count - 1);
        out += count - 1;
    }
    *out++ = 'e';
    *out++ = exponent < 0 ? '-' : '+';
    unsigned magnitude = exponent < 0 ? (unsigned)-exponent : (unsigned)exponent;
    if (magnitude < 10) {
        *out++ = '0';
    }
    char text[DIGITS_MAX];
    const char *first = put_digits(magnitude, text + DIGITS_MAX);
    size_t length = (size_t)(text + DIGITS_MAX - first);
    memcpy(out, first, length);
    return out + length;
}

/* The digits with the point after the first `point` of them, padded with zeros on either side. */
static char *put_fixed(char *out, const char *digits, int count, int point)
{
    if (point <= 0) {
        *out++ = '0';
        *out++ = '.';
        memset(out, '0', (size_t)-point);
        out += -point;
        memcpy(out, digits, (size_t)count);
        return out + count;
    }
    int whole = point < count ? point : count;
    memcpy(out, digits, (size_t)whole);
    out += whole;
    memset(out, '0', (size_t)(point - whole));
    out += point - whole;
    *out++ = '.';
    if (whole == count) {
        *out++ = '0';
        return out;
    }
    memcpy(out, digits + whole, (size_t)(count - whole));
    return out + (count - whole);
}

static char *put_decimal(char *out, decimal number)
{
    char text[DIGITS_MAX];
    const char *digits = put_digits(number.digits, text + DIGITS_MAX);
    int count = (int)(text + DIGITS_MAX - digits);
    int exponent = number.exponent + count - 1;
    if (exponent < FIXED_EXPONENT_LO || exponent > FIXED_EXPONENT_HI) {
        return put_scientific(out, digits, (size_t)count, exponent);
    }
    return put_fixed(out, digits, count, exponent + 1);
}

size_t mfn__real_to_text(double value, char ret[MFN__REAL_TEXT_MAX])
{
    char *out = ret;
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    uint64_t fraction = bits & (HIDDEN_BIT - 1);
    unsigned biased = (unsigned)(bits >> FRACTION_BITS) & EXPONENT_MASK;
    if (biased == EXPONENT_MASK && fraction != 0) {
        memcpy(ret, "nan", sizeof "nan");
        return strlen(ret);
    }
    if (bits >> 63 != 0) {
        *out++ = '-';
    }
    double magnitude = fabs(value);
    if (magnitude < (double)(2 * HIDDEN_BIT) && magnitude == floor(magnitude)) {
        out = put_decimal(out, (decimal){(uint64_t)magnitude, 0});
    } else if (biased == EXPONENT_MASK) {
        memcpy(out, "inf", 3);
        out += 3;
    } else {
        bool is_normal = biased != 0;
        bool is_power_of_two = fraction == 0 && biased > 1;
        int q = (is_normal ? (int)biased : 1) - EXPONENT_BIAS;
        uint64_t c = is_normal ? fraction | HIDDEN_BIT : fraction;
        out = put_decimal(out, strip_zeros(shortest(c, q, is_power_of_two)));
    }
    *out = '\0';
    return (size_t)(out - ret);
}

/* The first character after the digits at `text`. */
static const char *skip_digits(const char *text)
{
    while (*text >= '0' && *text <= '9') {
        text++;
    }
    return text;
}

/* -? (0 | [1-9][0-9]*) (.[0-9]+)? ([eE][+-]?[0-9]+)? */
bool mfn__text_is_number(const char *text)
{
    text += *text == '-';
    const char *end = skip_digits(text);
    if (end == text || (*text == '0' && end != text + 1)) {
        return false;
    }
    if (*end == '.') {
        text = end + 1;
        end = skip_digits(text);
        if (end == text) {
            return false;
        }
    }
    if (*end == 'e' || *end == 'E') {
        text = end + 1;
        text += *text == '+' || *text == '-';
        end = skip_digits(text);
        if (end == text) {
            return false;
        }
    }
    return *end == '\0';
}

bool mfn__text_to_real(const char *text, double *ret)
{
    if (!mfn__text_is_number(text)) {
        return false;
    }
    locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (locale == (locale_t)0) {
        return false;
    }
    double value = strtod_l(text, NULL, locale);
    freelocale(locale);
    if (isinf(value)) {
        return false;
    }
    *ret = value;
    return true;
}

/* Digits up to the end of the text, at most `max`. */
static bool read_whole(const char *text, uint64_t max, uint64_t *ret)
{
    const char *end = skip_digits(text);
    if (end == text || *end != '\0') {
        return false;
    }
    uint64_t value = 0;
    for (; text < end; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (value > (max - digit) / 10) {
            return false;
        }
        value = 10 * value + digit;
    }
    *ret = value;
    return true;
}

bool mfn__text_to_u64(const char *text, uint64_t *ret)
{
    return read_whole(text, UINT64_MAX, ret);
}

bool mfn__text_to_i64(const char *text, int64_t *ret)
{
    bool is_negative = *text == '-';
    uint64_t magnitude = 0;
    if (!read_whole(text + is_negative, (uint64_t)INT64_MAX + is_negative, &magnitude)) {
        return false;
    }
    /* -(m - 1) - 1 reaches INT64_MIN without leaving the type. */
    *ret = is_negative && magnitude > 0 ? -(int64_t)(magnitude - 1) - 1 : (int64_t)magnitude;
    return true;
}
