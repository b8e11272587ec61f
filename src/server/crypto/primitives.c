/* SPDX-License-Identifier: MIT */
#include "server/crypto/primitives.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/error.h"

static mfn_status fail(mfn_error *err)
{
    ERR_clear_error();
    return mfn__fail(err, MFN_INTERNAL, NULL, "the cryptographic library failed");
}

static const EVP_CIPHER *cipher_of(size_t key_bytes)
{
    return key_bytes == 16   ? EVP_aes_128_gcm()
           : key_bytes == 24 ? EVP_aes_192_gcm()
           : key_bytes == 32 ? EVP_aes_256_gcm()
                             : NULL;
}

static bool seal(EVP_CIPHER_CTX *context, mfn__span key, mfn__span plain, mfn__span associated,
                 uint8_t *at)
{
    int size = 0;
    return EVP_EncryptInit_ex(context, cipher_of(key.size), NULL, key.bytes, at) == 1 &&
           (associated.size == 0 ||
            EVP_EncryptUpdate(context, NULL, &size, associated.bytes, (int)associated.size) == 1) &&
           (plain.size == 0 || EVP_EncryptUpdate(context, at + MFN__NONCE_BYTES, &size, plain.bytes,
                                                 (int)plain.size) == 1) &&
           EVP_EncryptFinal_ex(context, at + MFN__NONCE_BYTES + plain.size, &size) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, MFN__TAG_BYTES,
                               at + MFN__NONCE_BYTES + plain.size) == 1;
}

/* NOLINTNEXTLINE(readability-function-size): key, nonce, text, associated bytes and two results */
mfn_status mfn__aes_gcm_seal(mfn__span key, const uint8_t nonce[MFN__NONCE_BYTES], mfn__span plain,
                             mfn__span associated, mfn__buffer *ret, mfn_error *err)
{
    if (cipher_of(key.size) == NULL || plain.size > INT_MAX / 2 || associated.size > INT_MAX / 2) {
        return mfn__fail(err, MFN_INVALID, NULL, "a key of %zu bytes or too long a text", key.size);
    }
    size_t size = MFN__NONCE_BYTES + plain.size + MFN__TAG_BYTES;
    uint8_t *at = (uint8_t *)mfn__buffer_reserve(ret, size);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (at == NULL || context == NULL) {
        EVP_CIPHER_CTX_free(context);
        return at == NULL ? mfn__buffer_check(ret, "the sealed text", err) : mfn__fail_memory(err);
    }
    memcpy(at, nonce, MFN__NONCE_BYTES);
    bool is_done = seal(context, key, plain, associated, at);
    EVP_CIPHER_CTX_free(context);
    if (!is_done) {
        return fail(err);
    }
    mfn__buffer_added(ret, size);
    return MFN_OK;
}

static bool open_sealed(EVP_CIPHER_CTX *context, mfn__span key, mfn__span sealed,
                        mfn__span associated, uint8_t *ret)
{
    const uint8_t *at = sealed.bytes;
    size_t plain_size = sealed.size - MFN__NONCE_BYTES - MFN__TAG_BYTES;
    uint8_t tag[MFN__TAG_BYTES];
    uint8_t none[1];
    int size = 0;
    memcpy(tag, at + sealed.size - MFN__TAG_BYTES, sizeof tag);
    return EVP_DecryptInit_ex(context, cipher_of(key.size), NULL, key.bytes, at) == 1 &&
           (associated.size == 0 ||
            EVP_DecryptUpdate(context, NULL, &size, associated.bytes, (int)associated.size) == 1) &&
           (plain_size == 0 ||
            EVP_DecryptUpdate(context, ret, &size, at + MFN__NONCE_BYTES, (int)plain_size) == 1) &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, MFN__TAG_BYTES, tag) == 1 &&
           EVP_DecryptFinal_ex(context, none, &size) == 1;
}

mfn_status mfn__aes_gcm_open(mfn__span key, mfn__span sealed, mfn__span associated,
                             mfn__buffer *ret, mfn_error *err)
{
    if (cipher_of(key.size) == NULL || sealed.size > INT_MAX / 2 || associated.size > INT_MAX / 2) {
        return mfn__fail(err, MFN_INVALID, NULL, "a key of %zu bytes or too long a text", key.size);
    }
    if (sealed.size < MFN__NONCE_BYTES + MFN__TAG_BYTES) {
        return mfn__fail(err, MFN_FORMAT, NULL,
                         "Ciphertext too short: %zu bytes. Minimum is %d bytes.", sealed.size,
                         MFN__NONCE_BYTES + MFN__TAG_BYTES);
    }
    size_t size = sealed.size - MFN__NONCE_BYTES - MFN__TAG_BYTES;
    uint8_t *at = (uint8_t *)mfn__buffer_reserve(ret, size + 1); /* some, also for no bytes */
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (at == NULL || context == NULL) {
        EVP_CIPHER_CTX_free(context);
        return at == NULL ? mfn__buffer_check(ret, "the plain text", err) : mfn__fail_memory(err);
    }
    bool is_done = open_sealed(context, key, sealed, associated, at);
    EVP_CIPHER_CTX_free(context);
    if (!is_done) {
        OPENSSL_cleanse(at, size); /* what came out is not what was sealed */
        ERR_clear_error();
        return mfn__fail(err, MFN_FORMAT, NULL, "possible tampering or wrong key");
    }
    mfn__buffer_added(ret, size);
    return MFN_OK;
}

/* The public half of a raw private key. */
static mfn_status public_of(int type, const uint8_t *secret, uint8_t ret[MFN__PUBLIC_BYTES],
                            mfn_error *err)
{
    size_t size = MFN__PUBLIC_BYTES;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(type, NULL, secret, MFN__SECRET_MAX);
    bool is_done = key != NULL && EVP_PKEY_get_raw_public_key(key, ret, &size) == 1;
    EVP_PKEY_free(key);
    return is_done ? MFN_OK : fail(err);
}

mfn_status mfn__ed25519_public(const uint8_t seed[MFN__SECRET_MAX],
                               uint8_t ret_public[MFN__PUBLIC_BYTES], mfn_error *err)
{
    return public_of(EVP_PKEY_ED25519, seed, ret_public, err);
}

mfn_status mfn__x25519_public(const uint8_t secret[MFN__SECRET_MAX],
                              uint8_t ret_public[MFN__PUBLIC_BYTES], mfn_error *err)
{
    return public_of(EVP_PKEY_X25519, secret, ret_public, err);
}

mfn_status mfn__ed25519_sign(const uint8_t seed[MFN__SECRET_MAX], mfn__span message,
                             uint8_t ret_signature[MFN__SIGNATURE_BYTES], mfn_error *err)
{
    static const uint8_t nothing[1];
    const void *bytes = message.size > 0 ? message.bytes : nothing;
    size_t size = MFN__SIGNATURE_BYTES;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, MFN__SECRET_MAX);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_done = key != NULL && context != NULL &&
                   EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
                   EVP_DigestSign(context, ret_signature, &size, bytes, message.size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return is_done ? MFN_OK : fail(err);
}

/* Points whose order divides 8, by their y coordinate: 0, 1, the two of order 8, p - 1, and the
 * forms of 0 and 1 above p. Under such a key one signature fits every message. */
static bool has_small_order(const uint8_t public_key[MFN__PUBLIC_BYTES])
{
    static const uint8_t points[][MFN__PUBLIC_BYTES] = {
        {0x00},
        {0x01},
        {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
         0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
         0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
        {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
         0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
         0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
        {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
        {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
        {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    };
    uint8_t y[MFN__PUBLIC_BYTES];
    memcpy(y, public_key, sizeof y);
    y[MFN__PUBLIC_BYTES - 1] &= 0x7f; /* without the sign of x */
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        if (memcmp(y, points[i], sizeof y) == 0) {
            return true;
        }
    }
    return false;
}

bool mfn__ed25519_verify(mfn__span public_key, mfn__span message, mfn__span signature)
{
    static const uint8_t nothing[1];
    if (public_key.size != MFN__PUBLIC_BYTES || signature.size != MFN__SIGNATURE_BYTES ||
        has_small_order(public_key.bytes)) {
        return false;
    }
    const void *bytes = message.size > 0 ? message.bytes : nothing;
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key.bytes, public_key.size);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_valid =
        key != NULL && context != NULL &&
        EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
        EVP_DigestVerify(context, signature.bytes, signature.size, bytes, message.size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return is_valid;
}
