/* SPDX-License-Identifier: MIT */
#include "codec/base64.h"

#include <stdint.h>

#include "base/error.h"

#define GROUP_BYTES      3
#define GROUP_CHARACTERS 4
#define BITS             6
#define NOT_A_DIGIT      (-1)

void mfn__base64_encode(const void *bytes, size_t size, mfn__buffer *ret)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *in = bytes;
    size_t groups = size / GROUP_BYTES + (size % GROUP_BYTES != 0);
    char *out = NULL;
    if (groups <= SIZE_MAX / GROUP_CHARACTERS) {
        out = mfn__buffer_reserve(ret, groups * GROUP_CHARACTERS);
    } else if (ret->status == MFN_OK) {
        ret->status = MFN_TOO_LARGE;
    }
    if (out == NULL) {
        return;
    }
    for (size_t i = 0; i < size; i += GROUP_BYTES) {
        size_t left = size - i;
        uint32_t group = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
                         (left > 2 ? in[i + 2] : 0);
        *out++ = digits[group >> 18];
        *out++ = digits[group >> 12 & 63];
        *out++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *out++ = left > 2 ? digits[group & 63] : '=';
    }
    mfn__buffer_added(ret, groups * GROUP_CHARACTERS);
}

static int digit_of(char character)
{
    if (character >= 'A' && character <= 'Z') {
        return character - 'A';
    }
    if (character >= 'a' && character <= 'z') {
        return character - 'a' + 26;
    }
    if (character >= '0' && character <= '9') {
        return character - '0' + 52;
    }
    return character == '+' ? 62 : character == '/' ? 63 : NOT_A_DIGIT;
}

/* The number of characters before the padding; `size` is a multiple of 4. */
static size_t count_digits(const char *text, size_t size)
{
    if (size == 0 || text[size - 1] != '=') {
        return size;
    }
    return size - (text[size - 2] == '=' ? 2 : 1);
}

static mfn_status check_alphabet(const char *text, size_t count, mfn_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (digit_of(text[i]) == NOT_A_DIGIT) {
            return mfn__fail(err, MFN_FORMAT, NULL, "character %zu is not of the base64 alphabet",
                             i + 1);
        }
    }
    unsigned unused_bits = (unsigned)(count * BITS % 8);
    if (unused_bits != 0 && (digit_of(text[count - 1]) & ((1 << unused_bits) - 1)) != 0) {
        return mfn__fail(err, MFN_FORMAT, NULL,
                         "the last character before the padding has bits that no byte uses");
    }
    return MFN_OK;
}

mfn_status mfn__base64_decode(const char *text, size_t size, mfn__buffer *ret, mfn_error *err)
{
    if (size % GROUP_CHARACTERS != 0) {
        return mfn__fail(err, MFN_FORMAT, NULL,
                         "expected base64 with padding, a multiple of 4 characters, got %zu", size);
    }
    size_t count = count_digits(text, size);
    mfn_status status = check_alphabet(text, count, err);
    if (status != MFN_OK) {
        return status;
    }
    size_t bytes = size / GROUP_CHARACTERS * GROUP_BYTES - (size - count);
    char *out = mfn__buffer_reserve(ret, bytes);
    if (out == NULL) {
        return mfn__buffer_check(ret, "the decoded base64", err);
    }
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < count; i++) {
        bits = bits << BITS | (uint32_t)digit_of(text[i]);
        have += BITS;
        if (have >= 8) {
            have -= 8;
            *out++ = (char)(uint8_t)(bits >> have);
        }
    }
    mfn__buffer_added(ret, bytes);
    return MFN_OK;
}
