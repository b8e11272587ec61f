/* SPDX-License-Identifier: MIT */
#include "codec/variables.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define NAME_SIZE_MAX 128
#define NAME_FIRST    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define NAME_REST     NAME_FIRST "0123456789"

/* Replaces the variable whose name starts at `name`, just after "${"; returns what follows its '}'
 * or NULL on failure. */
static const char *replace_one(const char *name, mfn__buffer *buffer, mfn_error *err)
{
    size_t length = strspn(name, NAME_REST);
    char copy[NAME_SIZE_MAX];
    if (length == 0 || strspn(name, NAME_FIRST) == 0 || length >= sizeof copy) {
        mfn__fail(err, MFN_FORMAT, NULL,
                  "'${' must be followed by a variable's name and '}'; write $${ for a plain ${");
        return NULL;
    }
    memcpy(copy, name, length);
    copy[length] = '\0';
    const char *rest = name + length;
    bool has_default = strncmp(rest, ":-", 2) == 0;
    const char *fallback = has_default ? rest + 2 : rest;
    const char *end = has_default ? strchr(fallback, '}') : rest;
    if (end == NULL || *end != '}') {
        mfn__fail(err, MFN_FORMAT, copy, "'${%s' is not closed: expected ${%s} or ${%s:-default}",
                  copy, copy, copy);
        return NULL;
    }
    const char *value = getenv(copy);
    if (has_default && (value == NULL || *value == '\0')) {
        mfn__buffer_append(buffer, fallback, (size_t)(end - fallback));
    } else if (value != NULL) {
        mfn__buffer_append_text(buffer, value);
    } else {
        mfn__fail(err, MFN_NOT_FOUND, copy,
                  "environment variable '%s' is not set; set it or write ${%s:-default}", copy,
                  copy);
        return NULL;
    }
    return end + 1;
}

mfn_status mfn__variables_replace(const char *text, mfn__buffer *buffer, mfn_error *err)
{
    while (*text != '\0') {
        size_t plain = strcspn(text, "$");
        mfn__buffer_append(buffer, text, plain);
        text += plain;
        if (text[0] == '$' && text[1] == '{') {
            mfn_error inner = {.status = MFN_OK};
            text = replace_one(text + 2, buffer, &inner);
            if (text == NULL) {
                return mfn__fail(err, inner.status, inner.field, "%s", inner.text);
            }
        } else if (text[0] == '$') {
            mfn__buffer_append_char(buffer, '$');
            text += text[1] == '$' ? 2 : 1;
        }
    }
    return mfn__buffer_check(buffer, "the value after replacing its variables", err);
}
