/* SPDX-License-Identifier: MIT */
/* Link: <target>; name=value; name="quoted, value"; ..., <target>; ...
 * Read as leniently as section 3 and appendix B of RFC 8288 advise. */
#include "net/http_link.h"

#include <string.h>
#include <strings.h>

#define BLANKS " \t"

/* A name or value: `length` bytes at `start`, still with its backslashes. */
typedef struct piece {
    const char *start;
    size_t length;
} piece;

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, BLANKS);
}

static const char *read_quoted(const char *at, piece *ret)
{
    ret->start = at + 1;
    for (at++; *at != '\0' && *at != '"'; at++) {
        if (*at == '\\' && at[1] != '\0') {
            at++;
        }
    }
    ret->length = (size_t)(at - ret->start);
    return *at == '"' ? at + 1 : at;
}

/* Reads what follows the ';'. The value is empty where there is none. */
static const char *read_parameter(const char *at, piece *ret_name, piece *ret_value)
{
    at = skip_blanks(at);
    *ret_name = (piece){at, strcspn(at, "=;," BLANKS)};
    at = skip_blanks(at + ret_name->length);
    *ret_value = (piece){at, 0};
    if (*at == '=') {
        at = skip_blanks(at + 1);
        if (*at == '"') {
            at = read_quoted(at, ret_value);
        } else {
            *ret_value = (piece){at, strcspn(at, ";," BLANKS)};
            at += ret_value->length;
        }
    }
    return at + strcspn(at, ";,");
}

static bool is_word(piece text, const char *word)
{
    return text.length == strlen(word) && strncasecmp(text.start, word, text.length) == 0;
}

static bool has_word(piece list, const char *word)
{
    const char *end = list.start + list.length;
    for (const char *at = list.start; at < end;) {
        at = skip_blanks(at);
        const char *start = at;
        while (at < end && strchr(BLANKS, *at) == NULL) {
            at++;
        }
        if (is_word((piece){start, (size_t)(at - start)}, word)) {
            return true;
        }
    }
    return false;
}

bool mfn__http_link_find_next(const char *value, const char **ret_target, size_t *ret_length)
{
    const char *at = value;
    while ((at = strchr(at, '<')) != NULL) {
        const char *target = at + 1;
        const char *end = strchr(target, '>');
        if (end == NULL) {
            return false;
        }
        bool is_next = false;
        bool has_relation = false; /* the first one counts */
        at = end + 1;
        for (at += strcspn(at, ";,"); *at == ';';) {
            piece name;
            piece text;
            at = read_parameter(at + 1, &name, &text);
            if (!has_relation && is_word(name, "rel")) {
                has_relation = true;
                is_next = has_word(text, "next");
            }
        }
        if (is_next) {
            *ret_target = target;
            *ret_length = (size_t)(end - target);
            return true;
        }
    }
    return false;
}
