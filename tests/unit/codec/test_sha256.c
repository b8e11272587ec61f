/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "codec/sha256.h"
#include "suite.h"

START_TEST(the_vectors_of_fips_180_are_met)
{
    static const struct {
        const char *message, *hex;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
         "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char hex[MFN__SHA256_HEX_SIZE];
        mfn__sha256_hex(rows[i].message, strlen(rows[i].message), hex);
        ck_assert_str_eq(hex, rows[i].hex);
    }
}
END_TEST

START_TEST(a_million_letters_give_the_vector_of_fips_180)
{
    size_t size = 1000000;
    char *letters = malloc(size);
    ck_assert_ptr_nonnull(letters);
    memset(letters, 'a', size);
    char hex[MFN__SHA256_HEX_SIZE];
    mfn__sha256_hex(letters, size, hex);
    ck_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(letters);
}
END_TEST

START_TEST(raw_and_hexadecimal_digests_agree)
{
    uint8_t digest[MFN__SHA256_SIZE];
    char hex[MFN__SHA256_HEX_SIZE];
    char converted[MFN__SHA256_HEX_SIZE];
    mfn__sha256("abc", 3, digest);
    mfn__sha256_hex("abc", 3, hex);
    mfn__hex(digest, sizeof digest, converted);
    ck_assert_str_eq(converted, hex);
}
END_TEST

/* Expected: hashlib.sha256((numpy.arange(count) * 0.5 - 3).astype("<f8").tobytes()). */
START_TEST(reals_are_hashed_as_little_endian_bytes_whatever_their_number)
{
    static const struct {
        size_t count;
        const char *hex;
    } rows[] = {
        {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {1, "2cdb43f2665162582ae25d3182a7ed9d1ed757dcc7313e246cbff53cb38a0614"},
        {511, "dff89bfe203f018ac5854bf212582c73d23ba6c8dc9d8cff8ad1898edcc0e254"},
        {512, "2818806a35de52ce027f3a1b79211c5dfd0ab2e01f05a0b3c17e958c293ebe60"},
        {513, "9c4fb11f5ae04ee324ad9a468641d30fc8113f95118beac26da3df2806f96c05"},
        {1500, "651840e4993326243f76cdc70490594a3c59e84f04f28212b081acb73441e05b"},
    };
    double values[1500];
    for (size_t i = 0; i < 1500; i++) {
        values[i] = (double)i * 0.5 - 3;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char hex[MFN__SHA256_HEX_SIZE];
        mfn__sha256_of_reals(values, rows[i].count, hex);
        ck_assert_msg(strcmp(hex, rows[i].hex) == 0, "%zu values: %s, expected %s", rows[i].count,
                      hex, rows[i].hex);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        the_vectors_of_fips_180_are_met,
        a_million_letters_give_the_vector_of_fips_180,
        raw_and_hexadecimal_digests_agree,
        reals_are_hashed_as_little_endian_bytes_whatever_their_number,
        NULL,
    };
    return mfn_test_run("sha256", tests);
}
