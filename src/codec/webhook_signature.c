/* SPDX-License-Identifier: MIT */
/* Standard Webhooks 1.0.0, "Signature scheme" and "Verifying signatures". What is signed is
 * "id.timestamp.body"; because neither id nor timestamp may have a full stop, no other delivery
 * has the same content. A symmetric signature is made again and compared as text in constant time;
 * as base64 has only one text for each content here, nothing is lost by not decoding it. */
#include "codec/webhook_signature.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include "codec/base64.h"
#include "codec/sha256.h"
#include "codec/webhook_keys.h"

#define ED25519_BYTES     64
#define HMAC_TEXT_BYTES   44 /* base64 of 32 bytes */
#define SIGNATURES_MAX    32 /* in one header: bounds what a request can cost */
#define CONTENT_BYTES_MAX ((size_t)1 << 31)
#define SHOWN_BYTES       64

/* One entry of the header: "v1,<base64>". */
typedef struct signature {
    const char *base64;
    size_t base64_size;
    bool is_ed25519, is_known;
} signature;

/* Appends the base64 of the HMAC of the content. */
static mfn_status put_hmac(const mfn__webhook_key *key, const mfn__buffer *content,
                           mfn__buffer *ret, mfn_error *err)
{
    uint8_t mac[MFN__SHA256_SIZE];
    size_t size = 0;
    if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key->secret, key->secret_size,
                  (const uint8_t *)content->data, content->size, mac, sizeof mac, &size) == NULL ||
        size != sizeof mac) {
        return mfn__fail(err, MFN_UNSUPPORTED, NULL, "OpenSSL cannot compute HMAC-SHA256 here");
    }
    mfn__base64_encode(mac, sizeof mac, ret);
    return mfn__buffer_check(ret, "the signature", err);
}

static mfn_status put_ed25519(const mfn__webhook_key *key, const mfn__buffer *content,
                              mfn__buffer *ret, mfn_error *err)
{
    uint8_t bytes[ED25519_BYTES];
    size_t size = sizeof bytes;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_signed =
        context != NULL && EVP_DigestSignInit(context, NULL, NULL, NULL, key->ed25519) == 1 &&
        EVP_DigestSign(context, bytes, &size, (const uint8_t *)content->data, content->size) == 1;
    EVP_MD_CTX_free(context);
    if (!is_signed) {
        return mfn__fail(err, MFN_UNSUPPORTED, NULL, "OpenSSL cannot sign with Ed25519 here");
    }
    mfn__base64_encode(bytes, size, ret);
    return mfn__buffer_check(ret, "the signature", err);
}

static mfn_status check_id(const char *id, mfn_error *err)
{
    if (id == NULL || id[0] == '\0') {
        return mfn__fail(err, MFN_INVALID, "webhook-id", "webhook-id is missing");
    }
    if (strchr(id, '.') != NULL) {
        char shown[SHOWN_BYTES];
        return mfn__fail(err, MFN_INVALID, "webhook-id",
                         "webhook-id: expected a text without full stops, got '%s'",
                         mfn__text_printable(id, strlen(id), shown, sizeof shown));
    }
    return MFN_OK;
}

/* "id.timestamp.body" in a fresh buffer; release it also after a failure. */
static mfn_status make_content(const char *id, const char *timestamp, const void *body, size_t size,
                               mfn__buffer *ret, mfn_error *err)
{
    mfn__buffer_init(ret, CONTENT_BYTES_MAX);
    mfn__buffer_append_format(ret, "%s.%s.", id, timestamp);
    mfn__buffer_append(ret, body, size);
    return mfn__buffer_check(ret, "the content to sign", err);
}

static mfn_status put_signatures(const mfn__webhook_keys *keys, const mfn__buffer *content,
                                 mfn__buffer *ret, mfn_error *err)
{
    const char *separator = "";
    for (size_t i = 0; i < keys->count; i++) {
        const mfn__webhook_key *key = &keys->keys[i];
        if (!key->can_sign) {
            continue;
        }
        mfn__buffer_append_text(ret, separator);
        mfn__buffer_append_text(ret, key->ed25519 != NULL ? "v1a," : "v1,");
        mfn_status status = key->ed25519 != NULL ? put_ed25519(key, content, ret, err)
                                                 : put_hmac(key, content, ret, err);
        if (status != MFN_OK) {
            return status;
        }
        separator = " ";
    }
    if (separator[0] == '\0') {
        return mfn__fail(
            err, MFN_INVALID, NULL,
            "there are only public keys: expected one of whsec_ or whsk_ to sign with");
    }
    return MFN_OK;
}

/* NOLINTNEXTLINE(readability-function-size): what is signed has three parts */
mfn_status mfn__webhook_sign(const mfn__webhook_keys *keys, const char *id, int64_t timestamp_s,
                             const void *body, size_t size, mfn__buffer *ret, mfn_error *err)
{
    char timestamp[24];
    snprintf(timestamp, sizeof timestamp, "%" PRId64, timestamp_s);
    mfn_status status = check_id(id, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__buffer content;
    mfn__buffer value;
    mfn__buffer_init(&value, SIZE_MAX);
    status = make_content(id, timestamp, body, size, &content, err);
    if (status == MFN_OK) {
        status = put_signatures(keys, &content, &value, err);
    }
    if (status == MFN_OK) {
        mfn__buffer_append(ret, value.data, value.size);
        status = mfn__buffer_check(ret, "the value of webhook-signature", err);
    }
    mfn__buffer_deinit(&content);
    mfn__buffer_deinit(&value);
    return status;
}

/* Takes the next entry of the header; false at its end. */
static bool next_signature(const char **at, signature *ret)
{
    *at += strspn(*at, " ");
    size_t size = strcspn(*at, " ");
    if (size == 0) {
        return false;
    }
    const char *comma = memchr(*at, ',', size);
    size_t version = comma != NULL ? (size_t)(comma - *at) : size;
    *ret = (signature){.is_ed25519 = version == 3 && memcmp(*at, "v1a", 3) == 0};
    ret->is_known =
        comma != NULL && (ret->is_ed25519 || (version == 2 && memcmp(*at, "v1", 2) == 0));
    if (ret->is_known) {
        ret->base64 = comma + 1;
        ret->base64_size = size - version - 1;
    }
    *at += size;
    return true;
}

/* `*ret` stays as it is when the entry is no signature of the content. */
static mfn_status try_ed25519(const mfn__webhook_key *key, const mfn__buffer *content,
                              const signature *given, bool *ret, mfn_error *err)
{
    mfn__buffer bytes;
    mfn__buffer_init(&bytes, ED25519_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    mfn_status status = mfn__base64_decode(given->base64, given->base64_size, &bytes, NULL);
    if (context == NULL || status == MFN_NO_MEMORY) {
        status = mfn__fail_memory(err);
    } else if (status != MFN_OK || bytes.size != ED25519_BYTES) {
        status = MFN_OK; /* whatever it is, it is no signature */
    } else {
        ERR_set_mark(); /* a wrong signature leaves nothing for other users of OpenSSL to find */
        *ret = EVP_DigestVerifyInit(context, NULL, NULL, NULL, key->ed25519) == 1 &&
               EVP_DigestVerify(context, (const uint8_t *)bytes.data, bytes.size,
                                (const uint8_t *)content->data, content->size) == 1;
        ERR_pop_to_mark();
    }
    EVP_MD_CTX_free(context);
    mfn__buffer_deinit(&bytes);
    return status;
}

/* Whether any signature in the header was made with the key. */
static mfn_status try_key(const mfn__webhook_key *key, const mfn__buffer *content,
                          const char *header, bool *ret, mfn_error *err)
{
    mfn__buffer expected;
    mfn__buffer_init(&expected, HMAC_TEXT_BYTES);
    mfn_status status = key->ed25519 == NULL ? put_hmac(key, content, &expected, err) : MFN_OK;
    bool matches = false;
    signature given;
    while (status == MFN_OK && !matches && next_signature(&header, &given)) {
        if (!given.is_known || given.is_ed25519 != (key->ed25519 != NULL)) {
            continue;
        }
        if (given.is_ed25519) {
            status = try_ed25519(key, content, &given, &matches, err);
        } else {
            matches = given.base64_size == expected.size &&
                      CRYPTO_memcmp(given.base64, expected.data, expected.size) == 0;
        }
    }
    if (status == MFN_OK) {
        *ret = matches;
    }
    mfn__buffer_deinit(&expected);
    return status;
}

/* Refuses a header in which there is nothing to compare. */
static mfn_status check_header(const mfn__webhook_keys *keys, const char *header, mfn_error *err)
{
    if (header == NULL || header[0] == '\0') {
        return mfn__fail(err, MFN_INVALID, "webhook-signature", "webhook-signature is missing");
    }
    bool has_ed25519 = false;
    bool has_hmac = false;
    for (size_t i = 0; i < keys->count; i++) {
        has_ed25519 = has_ed25519 || keys->keys[i].ed25519 != NULL;
        has_hmac = has_hmac || keys->keys[i].ed25519 == NULL;
    }
    size_t count = 0;
    size_t comparable = 0;
    signature given;
    while (next_signature(&header, &given)) {
        count++;
        comparable += given.is_known && (given.is_ed25519 ? has_ed25519 : has_hmac);
    }
    if (count > SIGNATURES_MAX) {
        return mfn__fail(err, MFN_INVALID, "webhook-signature",
                         "webhook-signature has %zu signatures: expected at most %d", count,
                         SIGNATURES_MAX);
    }
    if (comparable == 0) {
        return mfn__fail(err, MFN_INVALID, "webhook-signature",
                         "webhook-signature has no signature that the keys can verify: expected "
                         "%s,<base64>",
                         !has_ed25519 ? "v1"
                         : has_hmac   ? "v1 or v1a"
                                      : "v1a");
    }
    return MFN_OK;
}

static mfn_status check_time(int64_t timestamp_s, int64_t now_s, int64_t tolerance_s,
                             mfn_error *err)
{
    bool is_old = timestamp_s < now_s;
    uint64_t away_s =
        is_old ? (uint64_t)now_s - (uint64_t)timestamp_s : (uint64_t)timestamp_s - (uint64_t)now_s;
    if (tolerance_s >= 0 && away_s <= (uint64_t)tolerance_s) {
        return MFN_OK;
    }
    return mfn__fail(err, MFN_INVALID, "webhook-timestamp",
                     "webhook-timestamp is %" PRIu64 " s in the %s: expected at most %" PRId64
                     " s from now",
                     away_s, is_old ? "past" : "future", tolerance_s);
}

mfn_status mfn__webhook_verify(const mfn__webhook_keys *keys, const mfn__webhook_delivery *delivery,
                               int64_t now_s, int64_t tolerance_s, mfn_error *err)
{
    mfn_status status = check_id(delivery->id, err);
    if (status != MFN_OK) {
        return status;
    }
    const char *timestamp = delivery->timestamp != NULL ? delivery->timestamp : "";
    int64_t timestamp_s = 0;
    if (timestamp[0] == '\0') {
        return mfn__fail(err, MFN_INVALID, "webhook-timestamp", "webhook-timestamp is missing");
    }
    if (!mfn__text_to_i64(timestamp, &timestamp_s) || timestamp[0] == '-') {
        char shown[SHOWN_BYTES];
        return mfn__fail(err, MFN_INVALID, "webhook-timestamp",
                         "webhook-timestamp: expected whole seconds since 1970, got '%s'",
                         mfn__text_printable(timestamp, strlen(timestamp), shown, sizeof shown));
    }
    status = check_header(keys, delivery->signature, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__buffer content;
    bool matches = false;
    status = make_content(delivery->id, timestamp, delivery->body, delivery->size, &content, err);
    for (size_t i = 0; status == MFN_OK && !matches && i < keys->count; i++) {
        status = try_key(&keys->keys[i], &content, delivery->signature, &matches, err);
    }
    mfn__buffer_deinit(&content);
    if (status != MFN_OK) {
        return status;
    }
    if (!matches) {
        return mfn__fail(err, MFN_INVALID, "webhook-signature",
                         "webhook-signature: no signature was made with any of the keys for this "
                         "webhook-id, webhook-timestamp and body");
    }
    return check_time(timestamp_s, now_s, tolerance_s, err);
}
