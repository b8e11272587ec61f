/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include "codec/base64.h"
#include "suite.h"

#define ROOM 4096

/* RFC 4648, section 10, and the bytes that give the last two digits of the alphabet. */
static const struct {
    const char *bytes, *text;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xff\xbf", "+/+/"},
};

START_TEST(the_vectors_of_rfc_4648_are_met_both_ways)
{
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        mfn__buffer buffer;
        mfn__buffer_init(&buffer, ROOM);
        mfn__base64_encode(vectors[i].bytes, strlen(vectors[i].bytes), &buffer);
        ck_assert_int_eq(buffer.status, MFN_OK);
        ck_assert_str_eq(buffer.size > 0 ? buffer.data : "", vectors[i].text);
        mfn__buffer_clear(&buffer);
        ck_assert_int_eq(
            mfn__base64_decode(vectors[i].text, strlen(vectors[i].text), &buffer, NULL), MFN_OK);
        ck_assert_uint_eq(buffer.size, strlen(vectors[i].bytes));
        ck_assert_str_eq(buffer.size > 0 ? buffer.data : "", vectors[i].bytes);
        mfn__buffer_deinit(&buffer);
    }
}
END_TEST

START_TEST(bytes_of_every_value_and_length_come_back)
{
    uint8_t bytes[256];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(255 - i);
    }
    for (size_t size = 0; size <= sizeof bytes; size++) {
        mfn__buffer text;
        mfn__buffer back;
        mfn__buffer_init(&text, ROOM);
        mfn__buffer_init(&back, ROOM);
        mfn__base64_encode(bytes, size, &text);
        ck_assert_uint_eq(text.size, (size + 2) / 3 * 4);
        ck_assert_int_eq(mfn__base64_decode(text.data, text.size, &back, NULL), MFN_OK);
        ck_assert_uint_eq(back.size, size);
        ck_assert(size == 0 || memcmp(back.data, bytes, size) == 0);
        mfn__buffer_deinit(&text);
        mfn__buffer_deinit(&back);
    }
}
END_TEST

START_TEST(both_directions_append)
{
    mfn__buffer buffer;
    mfn__buffer_init(&buffer, ROOM);
    mfn__buffer_append_text(&buffer, "v1,");
    mfn__base64_encode("foo", 3, &buffer);
    ck_assert_str_eq(buffer.data, "v1,Zm9v");
    ck_assert_int_eq(mfn__base64_decode("YmFy", 4, &buffer, NULL), MFN_OK);
    ck_assert_str_eq(buffer.data, "v1,Zm9vbar");
    mfn__buffer_deinit(&buffer);
}
END_TEST

START_TEST(every_other_text_is_refused_and_never_shown)
{
    static const struct {
        const char *text;
        size_t size;
        const char *message;
    } rows[] = {
        {"Zg", 2, "expected base64 with padding, a multiple of 4 characters, got 2"},
        {"Zm9vY", 5, "expected base64 with padding, a multiple of 4 characters, got 5"},
        {"Zg==\n", 5, "expected base64 with padding, a multiple of 4 characters, got 5"},
        {"Zm 9", 4, "character 3 is not of the base64 alphabet"},
        {"Zm9v\nZm9", 8, "character 5 is not of the base64 alphabet"},
        {"-_-_", 4, "character 1 is not of the base64 alphabet"},
        {"Zm\0v", 4, "character 3 is not of the base64 alphabet"},
        {"Zm9\xc3", 4, "character 4 is not of the base64 alphabet"},
        {"====", 4, "character 1 is not of the base64 alphabet"},
        {"Z===", 4, "character 2 is not of the base64 alphabet"},
        {"Zg==Zg==", 8, "character 3 is not of the base64 alphabet"},
        {"Zm=v", 4, "character 3 is not of the base64 alphabet"},
        {"Zh==", 4, "the last character before the padding has bits that no byte uses"},
        {"Zm9=", 4, "the last character before the padding has bits that no byte uses"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn__buffer buffer;
        mfn_error err = {0};
        mfn__buffer_init(&buffer, ROOM);
        mfn__buffer_append_text(&buffer, "before");
        mfn_status status = mfn__base64_decode(rows[i].text, rows[i].size, &buffer, &err);
        ck_assert_msg(status == MFN_FORMAT, "%s was taken", rows[i].text);
        ck_assert_str_eq(err.text, rows[i].message);
        ck_assert_uint_eq(buffer.size, strlen("before"));
        ck_assert_str_eq(buffer.data, "before");
        mfn__buffer_deinit(&buffer);
    }
}
END_TEST

START_TEST(a_full_buffer_is_an_error)
{
    mfn__buffer buffer;
    mfn_error err = {0};
    mfn__buffer_init(&buffer, 5);
    ck_assert_int_eq(mfn__base64_decode("Zm9vYmFy", 8, &buffer, &err), MFN_TOO_LARGE);
    ck_assert_ptr_nonnull(strstr(err.text, "5 bytes"));
    mfn__buffer_clear(&buffer);
    mfn__base64_encode("fooba", 5, &buffer);
    ck_assert_int_eq(buffer.status, MFN_TOO_LARGE);
    ck_assert_uint_eq(buffer.size, 0);
    mfn__buffer_deinit(&buffer);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        the_vectors_of_rfc_4648_are_met_both_ways,
        bytes_of_every_value_and_length_come_back,
        both_directions_append,
        every_other_text_is_refused_and_never_shown,
        a_full_buffer_is_an_error,
        NULL,
    };
    return mfn_test_run("base64", tests);
}
