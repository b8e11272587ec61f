/* SPDX-License-Identifier: MIT */
/* The form of GitHub's tokens: a prefix that scanners search for, randomness, and a checksum over
 * both, so that a scanner can tell a real key from something alike without asking anybody. 40
 * characters of 62 kinds hold 238 bits. */
#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "server/keyring.h"

#define PREFIX       "mfn_"
#define PREFIX_SIZE  (sizeof PREFIX - 1)
#define RANDOM_SIZE  40
#define CHECK_SIZE   6 /* 62^6 > 2^32 */
#define CHECK_AT     (PREFIX_SIZE + RANDOM_SIZE)
#define KEY_SIZE     (CHECK_AT + CHECK_SIZE)
#define BASE         62
#define UNBIASED_MAX (256 / BASE * BASE) /* bytes from here on would favour the first digits */

static_assert(KEY_SIZE < MFN__KEY_TEXT_MAX, "a key has room");

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static void write_check(const char *key, char ret[CHECK_SIZE])
{
    unsigned long sum = crc32(0, (const Bytef *)key, CHECK_AT);
    for (size_t i = CHECK_SIZE; i-- > 0; sum /= BASE) {
        ret[i] = digits[sum % BASE];
    }
}

mfn_status mfn__key_make(char ret[MFN__KEY_TEXT_MAX], mfn_error *err)
{
    char key[KEY_SIZE + 1] = PREFIX;
    for (size_t filled = 0; filled < RANDOM_SIZE;) {
        unsigned char bytes[RANDOM_SIZE];
        if (RAND_bytes(bytes, sizeof bytes) != 1) {
            OPENSSL_cleanse(key, sizeof key);
            return mfn__fail(err, MFN_IO, NULL, "OpenSSL has no random bytes for a key");
        }
        for (size_t i = 0; i < sizeof bytes && filled < RANDOM_SIZE; i++) {
            if (bytes[i] < UNBIASED_MAX) {
                key[PREFIX_SIZE + filled++] = digits[bytes[i] % BASE];
            }
        }
        OPENSSL_cleanse(bytes, sizeof bytes);
    }
    write_check(key, key + CHECK_AT);
    memcpy(ret, key, sizeof key);
    OPENSSL_cleanse(key, sizeof key);
    return MFN_OK;
}

bool mfn__key_is_plausible(const char *key, size_t size)
{
    if (size < PREFIX_SIZE || memcmp(key, PREFIX, PREFIX_SIZE) != 0) {
        return true;
    }
    if (size != KEY_SIZE) {
        return false;
    }
    char check[CHECK_SIZE];
    write_check(key, check);
    return memcmp(check, key + CHECK_AT, CHECK_SIZE) == 0;
}
