/* SPDX-License-Identifier: MIT */
#include "cli/webhook_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/number.h"
#include "base/text.h"

#define SECRETS_BYTES_MAX  16384
#define TOLERANCE_DAYS_MAX 36500
#define SECONDS_PER_DAY    86400
#define NUMBER_BYTES_MAX   24

/* Cuts the content into lines without the white space around them. */
static mfn_status split_lines(mfn__webhook_secrets *secrets, mfn_error *err)
{
    char *line = secrets->content.data;
    while (line != NULL && *line != '\0') {
        char *end = line + strcspn(line, "\n");
        char *next = *end == '\n' ? end + 1 : end;
        line += strspn(line, " \t");
        while (end > line && strchr(" \t\r", end[-1]) != NULL) {
            end--;
        }
        *end = '\0';
        if (end > line && *line != '#') {
            if (secrets->count == MFN__WEBHOOK_KEYS_MAX) {
                return mfn__fail(err, MFN_INVALID, NULL, "expected at most %d keys",
                                 MFN__WEBHOOK_KEYS_MAX);
            }
            secrets->texts[secrets->count++] = line;
        }
        line = next;
    }
    return MFN_OK;
}

mfn_status mfn__webhook_secrets_load(const char *path, mfn__webhook_secrets *ret, mfn_error *err)
{
    *ret = (mfn__webhook_secrets){0};
    mfn__buffer_init(&ret->content, SECRETS_BYTES_MAX);
    mfn__buffer_reserve(&ret->content, SECRETS_BYTES_MAX); /* it never moves: there is one copy */
    mfn__buffer_append_text(&ret->content, "");
    const char *variable = getenv(MFN__WEBHOOK_SECRET_VARIABLE);
    mfn_status status = MFN_OK;
    if (path != NULL) {
        status = mfn__file_read_whole(path, &ret->content, err);
    } else if (variable != NULL) {
        mfn__buffer_append_text(&ret->content, variable);
        status = mfn__buffer_check(&ret->content, MFN__WEBHOOK_SECRET_VARIABLE, err);
    }
    if (status != MFN_OK || (path == NULL && variable == NULL)) {
        return status;
    }
    mfn_error reason = {0};
    status = split_lines(ret, &reason);
    if (status == MFN_OK) {
        status = mfn__webhook_keys_new(ret->texts, ret->count, &ret->keys, &reason);
    }
    if (status != MFN_OK) {
        return mfn__fail(err, status, NULL, "%s: %s",
                         path != NULL ? path : MFN__WEBHOOK_SECRET_VARIABLE, reason.text);
    }
    return MFN_OK;
}

void mfn__webhook_secrets_deinit(mfn__webhook_secrets *secrets)
{
    if (secrets->content.data != NULL) {
        explicit_bzero(secrets->content.data, secrets->content.capacity);
    }
    mfn__buffer_deinit(&secrets->content);
    mfn__webhook_keys_free(secrets->keys);
    secrets->keys = NULL;
}

mfn_status mfn__webhook_tolerance_parse(const char *text, int64_t *ret_s, mfn_error *err)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', SECONDS_PER_DAY}};
    size_t length = strlen(text);
    int64_t unit_s = 0;
    for (size_t i = 0; length > 0 && i < sizeof units / sizeof units[0]; i++) {
        unit_s = text[length - 1] == units[i].letter ? units[i].seconds : unit_s;
    }
    size_t digits = unit_s != 0 ? length - 1 : length;
    unit_s = unit_s != 0 ? unit_s : 1;
    const int64_t max_s = (int64_t)TOLERANCE_DAYS_MAX * SECONDS_PER_DAY;
    char number[NUMBER_BYTES_MAX] = "";
    uint64_t value = 0;
    if (digits < sizeof number) {
        memcpy(number, text, digits);
    }
    if (!mfn__text_to_u64(number, &value) || value > (uint64_t)(max_s / unit_s)) {
        char shown[64];
        return mfn__fail(err, MFN_INVALID, "tolerance",
                         "tolerance: expected a time such as 300, 300s, 5m, 2h or 30d of at most "
                         "%dd, got '%s'",
                         TOLERANCE_DAYS_MAX,
                         mfn__text_printable(text, length, shown, sizeof shown));
    }
    *ret_s = (int64_t)value * unit_s;
    return MFN_OK;
}
