/* SPDX-License-Identifier: MIT */
/* Against the vectors of RFC 7748 and those that the reference gave, among them those of RFC 8032.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/crypto/primitives.h"
#include "suite.h"

#define BYTES_MAX 4096

typedef struct bytes {
    uint8_t data[BYTES_MAX];
    size_t size;
} bytes;

static void from_hex(const char *hex, bytes *ret)
{
    ret->size = hex != NULL ? strlen(hex) / 2 : 0;
    ck_assert_uint_le(ret->size, BYTES_MAX);
    for (size_t i = 0; i < ret->size; i++) {
        const char digits[] = {hex[2 * i], hex[2 * i + 1], '\0'};
        ret->data[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
}

static void member(const json_t *object, const char *name, bytes *ret)
{
    from_hex(json_string_value(json_object_get(object, name)), ret);
}

static mfn__span span_of(const bytes *from)
{
    return (mfn__span){from->data, from->size};
}

static void seal(const json_t *in, const json_t *out)
{
    bytes key, nonce, plain, associated, expected;
    member(in, "key", &key);
    member(in, "nonce", &nonce);
    member(in, "pt", &plain);
    member(in, "aad", &associated);
    member(out, "nonce_ct_tag", &expected);
    mfn__buffer sealed, opened;
    mfn__buffer_init(&sealed, BYTES_MAX);
    mfn__buffer_init(&opened, BYTES_MAX);
    if (expected.size == 0) { /* it shows the refusal of a key of another size */
        ck_assert_int_eq(mfn__aes_gcm_seal(span_of(&key), nonce.data, span_of(&plain),
                                           span_of(&associated), &sealed, NULL),
                         MFN_INVALID);
        return;
    }
    ck_assert_int_eq(mfn__aes_gcm_seal(span_of(&key), nonce.data, span_of(&plain),
                                       span_of(&associated), &sealed, NULL),
                     MFN_OK);
    ck_assert_uint_eq(sealed.size, expected.size);
    ck_assert_mem_eq(sealed.data, expected.data, expected.size);
    const mfn__span whole = {sealed.data, sealed.size};
    ck_assert_int_eq(mfn__aes_gcm_open(span_of(&key), whole, span_of(&associated), &opened, NULL),
                     MFN_OK);
    ck_assert_uint_eq(opened.size, plain.size);
    ck_assert_mem_eq(opened.data, plain.data, plain.size);
    for (size_t i = 0; i < sealed.size; i++) { /* any bit that is not as it was */
        sealed.data[i] = (char)(sealed.data[i] ^ 1);
        ck_assert_int_eq(
            mfn__aes_gcm_open(span_of(&key), whole, span_of(&associated), &opened, NULL),
            MFN_FORMAT);
        sealed.data[i] = (char)(sealed.data[i] ^ 1);
    }
    ck_assert_uint_eq(opened.size, plain.size);
    mfn__buffer_deinit(&sealed);
    mfn__buffer_deinit(&opened);
}

static void refuse_to_open(const json_t *in)
{
    bytes key, sealed;
    member(in, "key", &key);
    member(in, "ct", &sealed);
    mfn__buffer opened;
    mfn__buffer_init(&opened, BYTES_MAX);
    ck_assert_int_ne(
        mfn__aes_gcm_open(span_of(&key), span_of(&sealed), (mfn__span){"", 0}, &opened, NULL),
        MFN_OK);
    ck_assert_uint_eq(opened.size, 0);
    mfn__buffer_deinit(&opened);
}

static void sign(const json_t *in, const json_t *out)
{
    bytes seed, message, public_key, expected;
    member(in, "seed", &seed);
    member(in, "msg", &message);
    member(out, "public_key", &public_key);
    member(out, "signature", &expected);
    uint8_t got[MFN__SIGNATURE_BYTES];
    ck_assert_int_eq(mfn__ed25519_public(seed.data, got, NULL), MFN_OK);
    ck_assert_mem_eq(got, public_key.data, MFN__PUBLIC_BYTES);
    ck_assert_int_eq(mfn__ed25519_sign(seed.data, span_of(&message), got, NULL), MFN_OK);
    ck_assert_mem_eq(got, expected.data, sizeof got);
    const mfn__span signature = {got, sizeof got};
    ck_assert(mfn__ed25519_verify(span_of(&public_key), span_of(&message), signature));
    ck_assert(!mfn__ed25519_verify(span_of(&public_key), (mfn__span){"another", 7}, signature));
    ck_assert(!mfn__ed25519_verify(span_of(&public_key), span_of(&message),
                                   (mfn__span){got, sizeof got - 1}));
    ck_assert(!mfn__ed25519_verify((mfn__span){public_key.data, 31}, span_of(&message), signature));
    got[0] ^= 1;
    ck_assert(!mfn__ed25519_verify(span_of(&public_key), span_of(&message), signature));
}

/* The reference takes a key of small order, under which anything is signed: nobody should. */
static void verify(const json_t *in)
{
    bytes message, signature, public_key;
    member(in, "msg", &message);
    member(in, "sig", &signature);
    member(in, "pub", &public_key);
    ck_assert(!mfn__ed25519_verify(span_of(&public_key), span_of(&message), span_of(&signature)));
}

START_TEST(the_vectors_of_the_reference_are_met)
{
    FILE *lines = fopen(MFN_SOURCE_DIR "/tests/golden/data/crypto.jsonl", "r");
    ck_assert_ptr_nonnull(lines);
    size_t count = 0;
    static char line[1 << 16];
    while (fgets(line, sizeof line, lines) != NULL) {
        json_t *record = json_loads(line, 0, NULL);
        const json_t *in = json_object_get(record, "in");
        const json_t *out = json_object_get(record, "out");
        const char *kind = json_string_value(json_object_get(in, "op"));
        if (strcmp(kind, "aes_gcm") == 0) {
            seal(in, out);
        } else if (strcmp(kind, "aes_gcm_decrypt") == 0) {
            refuse_to_open(in);
        } else if (strcmp(kind, "ed25519") == 0) {
            sign(in, out);
        } else {
            ck_assert_str_eq(kind, "verify");
            verify(in);
        }
        json_decref(record);
        count++;
    }
    fclose(lines);
    ck_assert_uint_eq(count, 16);
}
END_TEST

START_TEST(public_keys_for_key_agreement_are_those_of_rfc_7748)
{
    static const char *const pairs[][2] = {
        /* section 5.2, the first step of the iteration, whose point is the base point */
        {"0900000000000000000000000000000000000000000000000000000000000000",
         "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"},
        /* section 6.1 */
        {"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
         "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        bytes secret, expected;
        uint8_t got[MFN__PUBLIC_BYTES];
        from_hex(pairs[i][0], &secret);
        from_hex(pairs[i][1], &expected);
        ck_assert_int_eq(mfn__x25519_public(secret.data, got, NULL), MFN_OK);
        ck_assert_mem_eq(got, expected.data, sizeof got);
    }
}
END_TEST

START_TEST(a_key_of_another_size_is_refused)
{
    uint8_t key[20] = {0};
    uint8_t nonce[MFN__NONCE_BYTES] = {0};
    mfn__buffer sealed;
    mfn__buffer_init(&sealed, BYTES_MAX);
    ck_assert_int_eq(mfn__aes_gcm_seal((mfn__span){key, sizeof key}, nonce, (mfn__span){"a", 1},
                                       (mfn__span){"", 0}, &sealed, NULL),
                     MFN_INVALID);
    ck_assert_uint_eq(sealed.size, 0);
    mfn__buffer_deinit(&sealed);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {the_vectors_of_the_reference_are_met,
                            public_keys_for_key_agreement_are_those_of_rfc_7748,
                            a_key_of_another_size_is_refused, NULL};
    return mfn_test_run("primitives", tests);
}
