/* SPDX-License-Identifier: MIT */
/* The first line is a JSON Pointer, the rest a text: it is JSON, and then every part of it is JSON
 * too and lies inside it, or it is an error with line and column. What the stricter parser for jobs
 * takes is taken here, except that it stops at a NUL between tokens and we do not. */
#include <jansson.h>
#include <string.h>

#include "codec/json_grammar.h"
#include "codec/json_slice.h"
#include "fuzz.h"

#define POINTER_BYTES_MAX 256

static void check_part(const mfn__json_slice *whole, const mfn__json_slice *part)
{
    fuzz_require(part->size > 0 && part->bytes >= whole->bytes &&
                 part->bytes + part->size <= whole->bytes + whole->size);
    mfn__json_slice again;
    fuzz_require(mfn__json_slice_whole(part->bytes, part->size, &again, NULL) == MFN_OK);
    fuzz_require(again.bytes == part->bytes && again.size == part->size &&
                 again.kind == part->kind);
}

static void check_text(const mfn__json_slice *part)
{
    mfn__buffer text;
    mfn__buffer_init(&text, SIZE_MAX);
    mfn__json_slice_text(part, &text);
    fuzz_require(text.status == MFN_OK && text.size <= part->size);
    mfn__buffer_deinit(&text);
}

static void check_value(const mfn__json_slice *whole, const char *pointer)
{
    mfn__json_slice found;
    mfn_status status = mfn__json_slice_at(whole, pointer, &found, NULL);
    if (mfn__json_pointer_check(pointer, "pointer", NULL) != MFN_OK) {
        fuzz_require(status == MFN_INVALID);
        return;
    }
    fuzz_require(status == MFN_OK || status == MFN_NOT_FOUND);
    const mfn__json_slice *value = status == MFN_OK ? &found : whole;
    check_part(whole, value);
    check_text(value);
    mfn__json_slice element;
    for (size_t position = 0; mfn__json_slice_next(value, &position, &element);) {
        check_part(value, &element);
        check_text(&element);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line_end = size > 0 ? memchr(data, '\n', size) : NULL;
    char pointer[POINTER_BYTES_MAX] = "";
    if (line_end != NULL && (size_t)(line_end - data) < sizeof pointer) {
        memcpy(pointer, data, (size_t)(line_end - data));
        size -= (size_t)(line_end + 1 - data);
        data = line_end + 1;
    }
    mfn__json_slice whole;
    mfn_error err = {.status = MFN_OK};
    mfn_status status = mfn__json_slice_whole((const char *)data, size, &whole, &err);
    json_t *strict = json_loadb((const char *)data, size,
                                JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
    bool is_strict = strict != NULL && memchr(data, '\0', size) == NULL;
    json_decref(strict);
    if (status == MFN_OK) {
        check_value(&whole, pointer);
        return 0;
    }
    fuzz_require(status == MFN_FORMAT && strncmp(err.text, "line ", strlen("line ")) == 0);
    fuzz_require(!is_strict || strstr(err.text, "levels") != NULL);
    return 0;
}
