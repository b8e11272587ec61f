/* SPDX-License-Identifier: MIT */
#include "stream/names.h"

#include <stdbool.h>
#include <string.h>

static bool is_plain(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || strchr("._-", character) != NULL;
}

void mfn__name_make_safe(const char *text, char *ret, size_t size)
{
    size_t used = 0;
    for (; text[used] != '\0' && used + 1 < size; used++) {
        ret[used] = is_plain(text[used]) ? text[used] : '_';
    }
    ret[used] = '\0';
    if (used == 0 || ret[0] == '.') {
        ret[0] = '_';
        ret[used > 0 ? used : 1] = '\0';
    }
}
