/* SPDX-License-Identifier: MIT */
#include "net/http_headers.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

#define TEXT_BYTES_MAX (1 << 20)
#define SHOWN_MAX      64

static bool is_token(const char *name)
{
    static const char allowed[] = "!#$%&'*+-.^_`|~0123456789"
                                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return name[0] != '\0' && name[strspn(name, allowed)] == '\0';
}

static bool is_value(const char *value)
{
    for (const unsigned char *at = (const unsigned char *)value; *at != '\0'; at++) {
        if ((*at < ' ' && *at != '\t') || *at == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool is_among(const char *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcasecmp(name, *names) == 0) {
            return true;
        }
    }
    return false;
}

mfn_status mfn__http_headers_check(const mfn_texts *headers, const char *const *reserved,
                                   mfn_error *err)
{
    for (size_t i = 0; i < headers->count; i++) {
        const char *name = headers->keys[i];
        char shown[SHOWN_MAX];
        mfn__text_printable(name, strlen(name), shown, sizeof shown);
        if (!is_token(name)) {
            return mfn__fail(err, MFN_INVALID, "headers",
                             "headers: '%s' is no name of a header: expected letters, digits and "
                             "dashes",
                             shown);
        }
        if (!is_value(headers->values[i])) {
            return mfn__fail(err, MFN_INVALID, "headers",
                             "headers: the value of %s has a control character", shown);
        }
        if (is_among(name, reserved)) {
            return mfn__fail(err, MFN_INVALID, "headers",
                             "headers: %s is set by mfn and cannot be given", shown);
        }
        const mfn_texts before = {headers->keys, headers->values, i};
        if (mfn__http_headers_have(&before, name)) {
            return mfn__fail(err, MFN_INVALID, "headers", "headers: %s comes twice", shown);
        }
    }
    return MFN_OK;
}

bool mfn__http_headers_have(const mfn_texts *headers, const char *name)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (strcasecmp(headers->keys[i], name) == 0) {
            return true;
        }
    }
    return false;
}

void mfn__http_headers_init(mfn__http_headers *headers)
{
    *headers = (mfn__http_headers){0};
    mfn__buffer_init(&headers->text, TEXT_BYTES_MAX);
}

void mfn__http_headers_deinit(mfn__http_headers *headers)
{
    mfn__buffer_deinit(&headers->text);
    mfn__mem_free(headers->lines);
    *headers = (mfn__http_headers){0};
}

void mfn__http_headers_add(mfn__http_headers *headers, const char *name, const char *value)
{
    /* libcurl takes "Name:" as the wish to leave the header out, and "Name;" as an empty one. */
    mfn__buffer_append_text(&headers->text, name);
    mfn__buffer_append_text(&headers->text, value[0] != '\0' ? ": " : ";");
    mfn__buffer_append_text(&headers->text, value);
    mfn__buffer_append_char(&headers->text, '\0');
    headers->count++;
}

void mfn__http_headers_add_all(mfn__http_headers *headers, const mfn_texts *given)
{
    for (size_t i = 0; i < given->count; i++) {
        mfn__http_headers_add(headers, given->keys[i], given->values[i]);
    }
}

mfn_status mfn__http_headers_end(mfn__http_headers *headers, const char *const **ret,
                                 mfn_error *err)
{
    mfn_status status = mfn__buffer_check(&headers->text, "the request's headers", err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__mem_free(headers->lines);
    headers->lines = mfn__mem_new(headers->count + 1, sizeof *headers->lines);
    if (headers->lines == NULL) {
        return mfn__fail_memory(err);
    }
    const char *line = headers->text.data;
    for (size_t i = 0; i < headers->count; i++) {
        headers->lines[i] = line;
        line += strlen(line) + 1;
    }
    *ret = headers->lines;
    return MFN_OK;
}
