/* SPDX-License-Identifier: MIT */
#include "publishers/file/file_names.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "stream/names.h"

/* Leaves room for a suffix and an extension in what file systems allow (255 bytes). */
#define PATTERN_BYTES_MAX 100
#define ID_BYTES_MAX      100
#define STEM_BYTES_MAX    200

enum { TIMESTAMP, ID, RESULT_ID, SEQUENCE, PLACEHOLDER_COUNT };

static const char *const placeholders[PLACEHOLDER_COUNT] = {"{timestamp}", "{id}", "{result_id}",
                                                            "{sequence}"};

/* The placeholder that begins here, or PLACEHOLDER_COUNT. */
static int placeholder_at(const char *text)
{
    int which = 0;
    while (which < PLACEHOLDER_COUNT &&
           strncmp(text, placeholders[which], strlen(placeholders[which])) != 0) {
        which++;
    }
    return which;
}

mfn_status mfn__name_pattern_check(const char *pattern, mfn_error *err)
{
    static const char known[] = "{timestamp} {id} {result_id} {sequence}";
    if (strchr(pattern, '/') != NULL || pattern[0] == '.' || pattern[0] == '\0') {
        return mfn__fail(err, MFN_INVALID, "filename_pattern",
                         "filename_pattern: expected the name of a file inside 'directory', with "
                         "%s where wanted, got '%s'",
                         known, pattern);
    }
    if (strlen(pattern) > PATTERN_BYTES_MAX) {
        return mfn__fail(err, MFN_INVALID, "filename_pattern",
                         "filename_pattern: expected at most %d bytes, got %zu", PATTERN_BYTES_MAX,
                         strlen(pattern));
    }
    for (const char *at = strpbrk(pattern, "{}"); at != NULL; at = strpbrk(at, "{}")) {
        int which = placeholder_at(at);
        if (which == PLACEHOLDER_COUNT) {
            return mfn__fail(err, MFN_INVALID, "filename_pattern",
                             "filename_pattern: expected only %s in braces, got '%s'", known,
                             pattern);
        }
        at += strlen(placeholders[which]);
    }
    return MFN_OK;
}

static void append(char ret[MFN__NAME_MAX], size_t *used, const char *text)
{
    size_t room = MFN__NAME_MAX - 1 - *used;
    size_t length = strlen(text);
    length = length < room ? length : room;
    memcpy(ret + *used, text, length);
    *used += length;
    ret[*used] = '\0';
}

void mfn__name_expand(const char *pattern, const mfn__name_parts *parts, char ret[MFN__NAME_MAX])
{
    char safe_id[ID_BYTES_MAX + 1];
    char timestamp[24];
    char sequence[24];
    mfn__name_make_safe(parts->id, safe_id, sizeof safe_id);
    snprintf(timestamp, sizeof timestamp, "%lld", (long long)parts->wall_ms);
    snprintf(sequence, sizeof sequence, "%06llu", (unsigned long long)parts->sequence);
    const char *values[PLACEHOLDER_COUNT] = {timestamp, safe_id, parts->result_id, sequence};
    size_t used = 0;
    ret[0] = '\0';
    while (*pattern != '\0') {
        int which = placeholder_at(pattern);
        if (which < PLACEHOLDER_COUNT) {
            append(ret, &used, values[which]);
            pattern += strlen(placeholders[which]);
        } else {
            const char one[2] = {*pattern, '\0'};
            append(ret, &used, one);
            pattern++;
        }
    }
}

void mfn__name_with_suffix(const char *name, const char *suffix, char ret[MFN__NAME_MAX])
{
    const char *dot = strrchr(name, '.');
    size_t stem = dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name);
    const char *extension = name + stem;
    stem = stem < STEM_BYTES_MAX ? stem : STEM_BYTES_MAX;
    snprintf(ret, MFN__NAME_MAX, "%.*s-%.20s%.30s", (int)stem, name, suffix, extension);
}
