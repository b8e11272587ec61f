/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define DISTANCE_LENGTH_MAX 63

static char fold(char character)
{
    return character == '-' ? '_' : (char)tolower((unsigned char)character);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance, three rows at a time. */
size_t mfn__text_distance(const char *a, const char *b)
{
    size_t a_length = strlen(a);
    size_t b_length = strlen(b);
    if (a_length > DISTANCE_LENGTH_MAX || b_length > DISTANCE_LENGTH_MAX) {
        return SIZE_MAX;
    }
    size_t rows[3][DISTANCE_LENGTH_MAX + 1];
    size_t *before = rows[0];
    size_t *last = rows[1];
    size_t *row = rows[2];
    for (size_t j = 0; j <= b_length; j++) {
        last[j] = j;
        before[j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            bool same = fold(a[i - 1]) == fold(b[j - 1]);
            row[j] = smaller(last[j - 1] + (same ? 0 : 1), smaller(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1])) {
                row[j] = smaller(row[j], before[j - 2] + 1);
            }
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[b_length];
}

const char *mfn__text_nearest(const char *name, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    size_t least = strlen(name) / 3 + 2; /* more edits than this is another word */
    for (size_t i = 0; i < count; i++) {
        size_t distance = mfn__text_distance(name, names[i]);
        if (distance < least) {
            least = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

size_t mfn__text_utf8_sequence(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    unsigned char first = bytes[0];
    if (first < 0x80) {
        return 1;
    }
    size_t need = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || need > length) {
        return 0;
    }
    for (size_t i = 1; i < need; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    if ((first == 0xE0 && bytes[1] < 0xA0) || (first == 0xED && bytes[1] > 0x9F) ||
        (first == 0xF0 && bytes[1] < 0x90) || (first == 0xF4 && bytes[1] > 0x8F)) {
        return 0;
    }
    return need;
}

bool mfn__text_is_utf8(const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t step = mfn__text_utf8_sequence(text + i, length - i);
        if (step == 0) {
            return false;
        }
        i += step;
    }
    return true;
}

char *mfn__text_printable(const char *text, size_t length, char *ret, size_t size)
{
    static const char dots[] = "...";
    size_t used = 0;
    size_t cut = 0; /* the most of `used` that leaves room for the dots */
    size_t i = 0;
    while (i < length) {
        size_t step = mfn__text_utf8_sequence(text + i, length - i);
        bool plain = step > 1 || (step == 1 && !iscntrl((unsigned char)text[i]));
        size_t bytes = plain ? step : 1;
        if (used + bytes >= size) {
            break;
        }
        if (plain) {
            memcpy(ret + used, text + i, bytes);
        } else {
            ret[used] = '?';
        }
        used += bytes;
        cut = used + sizeof dots <= size ? used : cut;
        i += step != 0 ? step : 1;
    }
    if (i < length) {
        used = cut;
        if (cut + sizeof dots <= size) {
            memcpy(ret + cut, dots, sizeof dots - 1);
            used += sizeof dots - 1;
        }
    }
    ret[used] = '\0';
    return ret;
}

bool mfn__text_ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text);
    size_t ending_length = strlen(ending);
    return length >= ending_length && strcmp(text + length - ending_length, ending) == 0;
}
