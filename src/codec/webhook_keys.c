/* SPDX-License-Identifier: MIT */
#include "codec/webhook_keys.h"

#include <openssl/crypto.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "codec/base64.h"

#define SECRET_BYTES_MIN   16
#define ED25519_KEY_BYTES  32
#define ED25519_PAIR_BYTES 64
#define DECODED_BYTES_MAX  256 /* of any text that is looked at */

static mfn_status read_secret(mfn__webhook_key *key, const uint8_t *bytes, size_t size,
                              mfn_error *err)
{
    if (size < SECRET_BYTES_MIN || size > MFN__WEBHOOK_SECRET_MAX) {
        return mfn__fail(err, MFN_INVALID, NULL, "expected %d to %d bytes after whsec_, got %zu",
                         SECRET_BYTES_MIN, MFN__WEBHOOK_SECRET_MAX, size);
    }
    memcpy(key->secret, bytes, size);
    key->secret_size = size;
    key->can_sign = true;
    return MFN_OK;
}

static mfn_status read_private(mfn__webhook_key *key, const uint8_t *bytes, size_t size,
                               mfn_error *err)
{
    if (size != ED25519_KEY_BYTES && size != ED25519_PAIR_BYTES) {
        return mfn__fail(err, MFN_INVALID, NULL, "expected %d or %d bytes after whsk_, got %zu",
                         ED25519_KEY_BYTES, ED25519_PAIR_BYTES, size);
    }
    key->ed25519 = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, bytes, ED25519_KEY_BYTES);
    uint8_t public[ED25519_KEY_BYTES];
    size_t public_size = sizeof public;
    if (key->ed25519 == NULL ||
        EVP_PKEY_get_raw_public_key(key->ed25519, public, &public_size) != 1) {
        return mfn__fail(err, MFN_UNSUPPORTED, NULL, "OpenSSL cannot use Ed25519 here");
    }
    if (size == ED25519_PAIR_BYTES &&
        memcmp(public, bytes + ED25519_KEY_BYTES, sizeof public) != 0) {
        return mfn__fail(err, MFN_INVALID, NULL,
                         "the last 32 of the 64 bytes after whsk_ are not the public key of the "
                         "first 32");
    }
    key->can_sign = true;
    return MFN_OK;
}

static mfn_status read_public(mfn__webhook_key *key, const uint8_t *bytes, size_t size,
                              mfn_error *err)
{
    if (size != ED25519_KEY_BYTES) {
        return mfn__fail(err, MFN_INVALID, NULL, "expected %d bytes after whpk_, got %zu",
                         ED25519_KEY_BYTES, size);
    }
    key->ed25519 = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes, size);
    if (key->ed25519 == NULL) {
        return mfn__fail(err, MFN_UNSUPPORTED, NULL, "OpenSSL cannot use Ed25519 here");
    }
    return MFN_OK;
}

static mfn_status read_key(mfn__webhook_key *key, const char *text, mfn_error *err)
{
    static const struct {
        const char *prefix;
        mfn_status (*read)(mfn__webhook_key *key, const uint8_t *bytes, size_t size,
                           mfn_error *err);
    } kinds[] = {{"whsec_", read_secret}, {"whsk_", read_private}, {"whpk_", read_public}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t prefix = strlen(kinds[i].prefix);
        if (strncmp(text, kinds[i].prefix, prefix) != 0) {
            continue;
        }
        mfn__buffer bytes;
        mfn_error reason = {0};
        mfn__buffer_init(&bytes, DECODED_BYTES_MAX);
        mfn_status status =
            mfn__base64_decode(text + prefix, strlen(text + prefix), &bytes, &reason);
        if (status == MFN_OK) {
            status = kinds[i].read(key, (const uint8_t *)bytes.data, bytes.size, err);
        } else {
            mfn__fail(err, status, NULL, "after %s: %s", kinds[i].prefix, reason.text);
        }
        OPENSSL_cleanse(bytes.data, bytes.capacity);
        mfn__buffer_deinit(&bytes);
        return status;
    }
    return mfn__fail(err, MFN_INVALID, NULL,
                     "expected a text that begins with whsec_, whsk_ or "
                     "whpk_");
}

mfn_status mfn__webhook_keys_new(const char *const *texts, size_t count, mfn__webhook_keys **ret,
                                 mfn_error *err)
{
    if (count == 0 || count > MFN__WEBHOOK_KEYS_MAX) {
        return mfn__fail(err, MFN_INVALID, NULL, "expected 1 to %d keys, got %zu",
                         MFN__WEBHOOK_KEYS_MAX, count);
    }
    mfn__webhook_keys *keys = mfn__mem_new(1, sizeof *keys);
    if (keys == NULL) {
        return mfn__fail_memory(err);
    }
    for (; keys->count < count; keys->count++) {
        mfn_error reason = {0};
        mfn_status status = read_key(&keys->keys[keys->count], texts[keys->count], &reason);
        if (status != MFN_OK) {
            mfn__fail(err, status, NULL, "key %zu: %s", keys->count + 1, reason.text);
            mfn__webhook_keys_free(keys);
            return status;
        }
    }
    *ret = keys;
    return MFN_OK;
}

void mfn__webhook_keys_free(mfn__webhook_keys *keys)
{
    if (keys == NULL) {
        return;
    }
    for (size_t i = 0; i < MFN__WEBHOOK_KEYS_MAX; i++) {
        EVP_PKEY_free(keys->keys[i].ed25519);
    }
    OPENSSL_cleanse(keys, sizeof *keys);
    mfn__mem_free(keys);
}
