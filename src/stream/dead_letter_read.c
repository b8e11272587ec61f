/* SPDX-License-Identifier: MIT */
/* Reads what dead_letter.c writes. People may have edited the file, and it may be none of ours:
 * every member is looked at before it is believed. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "codec/base64.h"
#include "codec/json_slice.h"
#include "stream/dead_letter.h"

#define DIGITS_MAX 24 /* of a number with its end */

typedef struct reader {
    const char *path;
    mfn__json_slice letter;
    mfn_error *err;
} reader;

static const char *const kind_names[] = {
    [MFN__JSON_NULL] = "null",       [MFN__JSON_BOOL] = "a truth value",
    [MFN__JSON_NUMBER] = "a number", [MFN__JSON_STRING] = "a text",
    [MFN__JSON_ARRAY] = "an array",  [MFN__JSON_OBJECT] = "an object",
};

/* `pointer` names the member: "/source/file". */
static mfn_status is_wrong(const reader *self, const char *pointer, const char *expected,
                           const char *got)
{
    return mfn__fail(self->err, MFN_FORMAT, pointer + 1,
                     "'%s' is no dead letter: %s: expected %s, got %s", self->path, pointer + 1,
                     expected, got);
}

/* The member, or a `ret` of no bytes when there is none. */
static mfn_status find(const reader *self, const char *pointer, mfn__json_kind kind,
                       const char *expected, mfn__json_slice *ret)
{
    *ret = (mfn__json_slice){0};
    if (mfn__json_slice_at(&self->letter, pointer, ret, NULL) != MFN_OK) {
        return MFN_OK;
    }
    return ret->kind == kind ? MFN_OK : is_wrong(self, pointer, expected, kind_names[ret->kind]);
}

/* The bytes of a text, NULL where there is none; followed by a NUL that is not counted. */
static mfn_status read_bytes(const reader *self, const char *pointer, char **ret, size_t *ret_size)
{
    mfn__json_slice slice;
    mfn_status status = find(self, pointer, MFN__JSON_STRING, "a text", &slice);
    if (status != MFN_OK || slice.bytes == NULL) {
        return status;
    }
    mfn__buffer text;
    mfn__buffer_init(&text, MFN__LETTER_BYTES_MAX);
    mfn__buffer_append(&text, "", 0); /* so that an empty text has memory too */
    mfn__json_slice_text(&slice, &text);
    status = mfn__buffer_check(&text, self->path, self->err);
    if (status == MFN_OK) {
        *ret = mfn__buffer_take(&text, ret_size);
    }
    mfn__buffer_deinit(&text);
    return status;
}

static mfn_status read_text(const reader *self, const char *pointer, char **ret)
{
    size_t size = 0;
    mfn_status status = read_bytes(self, pointer, ret, &size);
    if (status == MFN_OK && *ret != NULL && strlen(*ret) != size) {
        status = is_wrong(self, pointer, "a text", "one with a NUL in it");
    }
    return status;
}

static mfn_status read_needed_text(const reader *self, const char *pointer, char **ret)
{
    mfn_status status = read_text(self, pointer, ret);
    if (status == MFN_OK && *ret == NULL) {
        status = is_wrong(self, pointer, "a text", "nothing");
    }
    return status;
}

/* 0 where there is none. */
static mfn_status read_number(const reader *self, const char *pointer, uint64_t *ret)
{
    static const char expected[] = "a whole number";
    mfn__json_slice slice;
    mfn_status status = find(self, pointer, MFN__JSON_NUMBER, expected, &slice);
    if (status != MFN_OK || slice.bytes == NULL) {
        return status;
    }
    char digits[DIGITS_MAX] = "";
    if (slice.size < sizeof digits) {
        memcpy(digits, slice.bytes, slice.size);
    }
    return mfn__text_to_u64(digits, ret) ? MFN_OK : is_wrong(self, pointer, expected, "another");
}

/* False where there is none. */
static mfn_status read_truth(const reader *self, const char *pointer, bool *ret)
{
    mfn__json_slice slice;
    mfn_status status = find(self, pointer, MFN__JSON_BOOL, "true or false", &slice);
    *ret = status == MFN_OK && slice.bytes != NULL && slice.bytes[0] == 't';
    return status;
}

static mfn_status decode(const reader *self, const char *base64, size_t size, char **ret,
                         size_t *ret_size)
{
    mfn__buffer bytes;
    mfn_error reason = {0};
    mfn__buffer_init(&bytes, MFN__LETTER_BYTES_MAX);
    mfn__buffer_append(&bytes, "", 0);
    mfn_status status = mfn__base64_decode(base64, size, &bytes, &reason);
    if (status == MFN_FORMAT) {
        status = is_wrong(self, "/original_base64", "base64", reason.text);
    } else if (status == MFN_OK) {
        status = mfn__buffer_check(&bytes, self->path, self->err);
    } else if (self->err != NULL) {
        *self->err = reason;
    }
    if (status == MFN_OK) {
        *ret = mfn__buffer_take(&bytes, ret_size);
    }
    mfn__buffer_deinit(&bytes);
    return status;
}

static mfn_status read_original(const reader *self, char **ret, size_t *ret_size)
{
    mfn_status status = read_bytes(self, "/original", ret, ret_size);
    if (status != MFN_OK || *ret != NULL) {
        return status;
    }
    char *base64 = NULL;
    size_t size = 0;
    status = read_bytes(self, "/original_base64", &base64, &size);
    if (status == MFN_OK) {
        status = base64 != NULL ? decode(self, base64, size, ret, ret_size)
                                : is_wrong(self, "/original", "a text", "nothing");
    }
    mfn__mem_free(base64);
    return status;
}

static mfn_status read_members(const reader *self, mfn__kept_letter *ret)
{
    const struct {
        const char *pointer;
        char **ret;
    } texts[] = {
        {"/type", &ret->type},
        {"/detail", &ret->detail},
        {"/source/file", &ret->origin},
        {"/time", &ret->time},
    };
    const struct {
        const char *pointer;
        uint64_t *ret;
    } numbers[] = {
        {"/source/line", &ret->line},      {"/source/item", &ret->item},
        {"/attempts", &ret->attempts},     {"/status", &ret->http_status},
        {"/size_bytes", &ret->whole_size},
    };
    mfn_status status = MFN_OK;
    for (size_t i = 0; status == MFN_OK && i < sizeof texts / sizeof texts[0]; i++) {
        status = read_needed_text(self, texts[i].pointer, texts[i].ret);
    }
    for (size_t i = 0; status == MFN_OK && i < sizeof numbers / sizeof numbers[0]; i++) {
        status = read_number(self, numbers[i].pointer, numbers[i].ret);
    }
    if (status == MFN_OK) {
        status = read_text(self, "/publisher", &ret->publisher);
    }
    if (status == MFN_OK) {
        status = read_text(self, "/id", &ret->id);
    }
    if (status == MFN_OK) {
        status = read_truth(self, "/truncated", &ret->is_truncated);
    }
    if (status == MFN_OK) {
        status = read_original(self, &ret->original, &ret->original_size);
    }
    return status == MFN_OK ? read_bytes(self, "/job", &ret->job, &ret->job_size) : status;
}

/* Nothing but a regular file: opening a pipe would wait for its other end. */
static mfn_status read_file(const char *path, mfn__buffer *text, mfn_error *err)
{
    struct stat info;
    if (lstat(path, &info) != 0) {
        return mfn__fail_errno(err, errno, NULL, "cannot open '%s'", path);
    }
    if (!S_ISREG(info.st_mode)) {
        return mfn__fail(err, MFN_FORMAT, NULL, "'%s' is no dead letter: expected a regular file",
                         path);
    }
    return mfn__file_read_whole(path, text, err);
}

mfn_status mfn__dead_letter_read(const char *path, mfn__kept_letter *ret, mfn_error *err)
{
    mfn__buffer text;
    mfn__kept_letter letter = {0};
    mfn_error reason = {0};
    reader self = {.path = path, .err = err};
    mfn__buffer_init(&text, MFN__LETTER_BYTES_MAX);
    mfn_status status = read_file(path, &text, err);
    if (status != MFN_OK) {
        goto done;
    }
    status =
        mfn__json_slice_whole(text.data != NULL ? text.data : "", text.size, &self.letter, &reason);
    if (status != MFN_OK) {
        mfn__fail(err, status, reason.field, "'%s' is no dead letter: %s", path, reason.text);
        goto done;
    }
    status = read_members(&self, &letter);
    if (status == MFN_OK) {
        *ret = letter;
        letter = (mfn__kept_letter){0};
    }
done:
    mfn__kept_letter_deinit(&letter);
    mfn__buffer_deinit(&text);
    return status;
}

void mfn__kept_letter_deinit(mfn__kept_letter *letter)
{
    mfn__mem_free(letter->type);
    mfn__mem_free(letter->detail);
    mfn__mem_free(letter->origin);
    mfn__mem_free(letter->time);
    mfn__mem_free(letter->publisher);
    mfn__mem_free(letter->id);
    mfn__mem_free(letter->original);
    mfn__mem_free(letter->job);
    *letter = (mfn__kept_letter){0};
}
