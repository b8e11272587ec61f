/* SPDX-License-Identifier: MIT */
/* POST /api/encrypt, decrypt, sign, verify and keypair, with the keys of the vault. */
#include <openssl/crypto.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/option_table.h"
#include "codec/base64.h"
#include "server/crypto/vault.h"
#include "server/operations/operations.h"

#define LOG            "mfn.crypto"
#define TEXT_MAX       1048576 /* characters of Base64 */
#define ASSOCIATED_MAX 4096
#define SHORT_MAX      256
#define BASE_COST      1000 /* in cell steps, of a fraction of a millisecond */
#define BYTES_PER_COST 16
#define BAD_REQUEST    400
#define CIPHER         "AES-GCM" /* of a key that is not there */
#define SIGNATURES     "Ed25519"
#define KEY_AGREEMENT  "ECDH"

/* clang-format off: one row per option */
#define LIMITED(owner, field, low, high, initial, text)                                            \
    {                                                                                              \
        .name = #field, .type = MFN_OPTION_TEXT, .offset = offsetof(owner, field), .min = (low),   \
        .max = (high), .default_text = (initial), .unit = "", .help = (text)                       \
    }
#define KEY_ID(owner)                                                                              \
    LIMITED(owner, key_id, 0, MFN__KEY_ID_MAX, "", "of the key; the default one without")
#define ASSOCIATED(owner)                                                                          \
    LIMITED(owner, associated_data, 0, ASSOCIATED_MAX, "",                                         \
            "Base64: bytes that are bound to the text, not hidden")
/* clang-format on */

static mfn_status refuse_disabled(mfn__call *call)
{
    return mfn__call_refuse(call, 503, "crypto_disabled", "Cryptographic operations are disabled");
}

/* Decodes one member; an empty one gives no bytes. `what` names it as clients know it. */
static mfn_status decode(mfn__call *call, const char *text, const char *what, mfn__buffer *ret)
{
    mfn__buffer_init(ret, TEXT_MAX);
    if (text == NULL || text[0] == '\0' ||
        mfn__base64_decode(text, strlen(text), ret, NULL) == MFN_OK) {
        return MFN_OK;
    }
    return mfn__call_refuse(call, BAD_REQUEST, "invalid_request", "Invalid base64-encoded %s",
                            what);
}

static mfn__span span_of(const mfn__buffer *bytes)
{
    return (mfn__span){bytes->data != NULL ? bytes->data : "", bytes->size};
}

static void wipe(mfn__buffer *bytes)
{
    if (bytes->data != NULL) {
        OPENSSL_cleanse(bytes->data, bytes->size);
    }
    mfn__buffer_deinit(bytes);
}

static void answer_base64(mfn__json_writer *json, const char *key, const void *bytes, size_t size)
{
    mfn__json_key(json, key);
    mfn__json_raw(json, "\"");
    mfn__base64_encode(bytes, size, json->buffer);
    mfn__buffer_append_char(json->buffer, '"');
}

/* What AES is called with a key of that size. */
static const char *cipher_name(size_t key_bytes)
{
    return key_bytes == 16 ? "AES-128-GCM" : key_bytes == 24 ? "AES-192-GCM" : "AES-256-GCM";
}

/* Who used which key for what, never on what. */
static void audit(const mfn__call *call, const char *operation, const char *key_id,
                  const char *algorithm, bool is_fine)
{
    const mfn__service *service = call->service;
    if (!service->settings->crypto_audit_log) {
        return;
    }
    char message[96];
    snprintf(message, sizeof message, "Cryptographic operation: %s", operation);
    mfn__log_record record =
        mfn__log_record_of(is_fine ? MFN__LOG_INFO : MFN__LOG_WARNING, LOG, message);
    const mfn__log_extra extras[] = {{"operation", operation},
                                     {"key_id", key_id},
                                     {"algorithm", algorithm},
                                     {"success", is_fine ? "true" : "false"},
                                     {"client", call->client}};
    record.request_id = call->request_id;
    record.extras = extras;
    record.extra_count = sizeof extras / sizeof *extras;
    mfn__logger_write(service->logger, &record);
}

/* There is no such key, or none can be made. Names the key that was asked for. */
static void audit_no_key(const mfn__call *call, const char *operation, const char *wanted_id,
                         const char *algorithm)
{
    audit(call, operation, wanted_id[0] != '\0' ? wanted_id : "-", algorithm, false);
}

/* encrypt */

typedef struct encrypt_request {
    const char *plaintext, *key_id, *associated_data;
} encrypt_request;

static const mfn_option encrypt_fields[] = {
    LIMITED(encrypt_request, plaintext, 1, TEXT_MAX, NULL, "Base64 of what is to be encrypted"),
    KEY_ID(encrypt_request),
    ASSOCIATED(encrypt_request),
    {0},
};

static uint64_t text_cost(const char *text)
{
    return BASE_COST + strlen(text) / BYTES_PER_COST;
}

static uint64_t encrypt_cost(const void *request)
{
    return text_cost(((const encrypt_request *)request)->plaintext);
}

static mfn_status encrypt(mfn__call *call, const mfn__buffer *plain, const mfn__buffer *associated,
                          mfn_error *err)
{
    const encrypt_request *wanted = call->request;
    const mfn__entropy *entropy = call->service->entropy;
    mfn__vault_key key;
    uint8_t nonce[MFN__NONCE_BYTES];
    mfn__buffer sealed;
    mfn__buffer_init(&sealed, TEXT_MAX + MFN__NONCE_BYTES + MFN__TAG_BYTES);
    mfn_status status =
        mfn__vault_find_or_make(call->service->vault, MFN__VAULT_AES, wanted->key_id, &key, err);
    if (status != MFN_OK) {
        audit_no_key(call, "encrypt", wanted->key_id, CIPHER);
        return status;
    }
    status = entropy->fill(entropy->context, nonce, sizeof nonce, err);
    if (status == MFN_OK) {
        status = mfn__aes_gcm_seal((mfn__span){key.secret, key.size}, nonce, span_of(plain),
                                   span_of(associated), &sealed, err);
    }
    if (status == MFN_OK) {
        mfn__json_writer json;
        mfn__answer_begin(call, &json);
        answer_base64(&json, "ciphertext", sealed.data, sealed.size);
        mfn__answer_text(&json, "key_id", key.id);
        mfn__answer_text(&json, "algorithm", cipher_name(key.size));
        mfn__answer_end(&json);
    }
    audit(call, "encrypt", key.id, cipher_name(key.size), status == MFN_OK);
    mfn__vault_key_wipe(&key);
    mfn__buffer_deinit(&sealed);
    return status;
}

static mfn_status run_encrypt(mfn__call *call, mfn_error *err)
{
    const encrypt_request *wanted = call->request;
    if (call->service->vault == NULL) {
        return refuse_disabled(call);
    }
    mfn__buffer plain;
    mfn__buffer associated;
    mfn__buffer_init(&associated, 0);
    mfn_status status = decode(call, wanted->plaintext, "plaintext", &plain);
    if (status == MFN_OK) {
        status = decode(call, wanted->associated_data, "associated data", &associated);
    }
    if (status == MFN_OK) {
        status = encrypt(call, &plain, &associated, err);
    }
    wipe(&plain);
    wipe(&associated);
    return status;
}

const mfn__operation mfn__operation_encrypt = {
    .name = "encrypt",
    .method = "POST",
    .path = "/api/encrypt",
    .tag = MFN__TAG_CRYPTO,
    .summary = "AES-GCM with a key of the service: nonce, ciphertext and tag in Base64",
    .fields = encrypt_fields,
    .request_size = sizeof(encrypt_request),
    .example = "{\"plaintext\": \"aGVsbG8=\"}",
    .answer_schema = "{\"type\": \"object\", \"properties\": {\"ciphertext\": {\"type\": "
                     "\"string\"}, \"key_id\": {\"type\": \"string\"}, \"algorithm\": {\"type\": "
                     "\"string\"}}}",
    .cost = encrypt_cost,
    .run = run_encrypt,
};

/* decrypt */

typedef struct decrypt_request {
    const char *ciphertext, *key_id, *associated_data;
} decrypt_request;

static const mfn_option decrypt_fields[] = {
    LIMITED(decrypt_request, ciphertext, 1, TEXT_MAX, NULL, "as encrypt gave it"),
    KEY_ID(decrypt_request),
    ASSOCIATED(decrypt_request),
    {0},
};

static uint64_t decrypt_cost(const void *request)
{
    return text_cost(((const decrypt_request *)request)->ciphertext);
}

static mfn_status decrypt(mfn__call *call, const mfn__buffer *sealed, const mfn__buffer *associated,
                          mfn_error *err)
{
    const decrypt_request *wanted = call->request;
    mfn__vault_key key;
    mfn__buffer plain;
    mfn__buffer_init(&plain, TEXT_MAX);
    mfn_status status =
        mfn__vault_find(call->service->vault, MFN__VAULT_AES, wanted->key_id, &key, err);
    if (status != MFN_OK) {
        audit_no_key(call, "decrypt", wanted->key_id, CIPHER);
        return status == MFN_NOT_FOUND && wanted->key_id[0] == '\0'
                   ? mfn__call_refuse(call, BAD_REQUEST, "invalid_request",
                                      "No encryption key available for decryption")
                   : status;
    }
    mfn_error why = {0};
    status = mfn__aes_gcm_open((mfn__span){key.secret, key.size}, span_of(sealed),
                               span_of(associated), &plain, &why);
    if (status == MFN_OK) {
        mfn__json_writer json;
        mfn__answer_begin(call, &json);
        answer_base64(&json, "plaintext", plain.data, plain.size);
        mfn__answer_text(&json, "key_id", key.id);
        mfn__answer_end(&json);
    } else if (status == MFN_FORMAT) {
        status = mfn__call_refuse(call, BAD_REQUEST, "decryption_failed", "Decryption failed: %s",
                                  why.text);
    }
    audit(call, "decrypt", key.id, cipher_name(key.size), status == MFN_OK);
    mfn__vault_key_wipe(&key);
    wipe(&plain);
    return status;
}

static mfn_status run_decrypt(mfn__call *call, mfn_error *err)
{
    const decrypt_request *wanted = call->request;
    if (call->service->vault == NULL) {
        return refuse_disabled(call);
    }
    mfn__buffer sealed;
    mfn__buffer associated;
    mfn__buffer_init(&associated, 0);
    mfn_status status = decode(call, wanted->ciphertext, "ciphertext", &sealed);
    if (status == MFN_OK) {
        status = decode(call, wanted->associated_data, "associated data", &associated);
    }
    if (status == MFN_OK) {
        status = decrypt(call, &sealed, &associated, err);
    }
    mfn__buffer_deinit(&sealed);
    wipe(&associated);
    return status;
}

const mfn__operation mfn__operation_decrypt = {
    .name = "decrypt",
    .method = "POST",
    .path = "/api/decrypt",
    .tag = MFN__TAG_CRYPTO,
    .summary = "What encrypt was given; 400 when text, key or associated data are not those",
    .fields = decrypt_fields,
    .request_size = sizeof(decrypt_request),
    .answer_schema = "{\"type\": \"object\", \"properties\": {\"plaintext\": {\"type\": "
                     "\"string\"}, \"key_id\": {\"type\": \"string\"}}}",
    .cost = decrypt_cost,
    .run = run_decrypt,
};

/* sign */

typedef struct sign_request {
    const char *message, *key_id;
} sign_request;

static const mfn_option sign_fields[] = {
    LIMITED(sign_request, message, 1, TEXT_MAX, NULL, "Base64 of what is to be signed"),
    KEY_ID(sign_request),
    {0},
};

static uint64_t sign_cost(const void *request)
{
    return text_cost(((const sign_request *)request)->message);
}

static mfn_status sign(mfn__call *call, const mfn__buffer *message, mfn_error *err)
{
    const sign_request *wanted = call->request;
    mfn__vault_key key;
    uint8_t signature[MFN__SIGNATURE_BYTES];
    mfn_status status = mfn__vault_find_or_make(call->service->vault, MFN__VAULT_ED25519,
                                                wanted->key_id, &key, err);
    if (status != MFN_OK) {
        audit_no_key(call, "sign", wanted->key_id, SIGNATURES);
        return status;
    }
    status = mfn__ed25519_sign(key.secret, span_of(message), signature, err);
    if (status == MFN_OK) {
        mfn__json_writer json;
        mfn__answer_begin(call, &json);
        answer_base64(&json, "signature", signature, sizeof signature);
        mfn__answer_text(&json, "key_id", key.id);
        mfn__answer_text(&json, "algorithm", SIGNATURES);
        mfn__answer_end(&json);
    }
    audit(call, "sign", key.id, SIGNATURES, status == MFN_OK);
    mfn__vault_key_wipe(&key);
    return status;
}

static mfn_status run_sign(mfn__call *call, mfn_error *err)
{
    if (call->service->vault == NULL) {
        return refuse_disabled(call);
    }
    mfn__buffer message;
    mfn_status status =
        decode(call, ((const sign_request *)call->request)->message, "message", &message);
    if (status == MFN_OK) {
        status = sign(call, &message, err);
    }
    mfn__buffer_deinit(&message);
    return status;
}

const mfn__operation mfn__operation_sign = {
    .name = "sign",
    .method = "POST",
    .path = "/api/sign",
    .tag = MFN__TAG_CRYPTO,
    .summary = "An Ed25519 signature with a key of the service",
    .fields = sign_fields,
    .request_size = sizeof(sign_request),
    .example = "{\"message\": \"aGVsbG8=\"}",
    .answer_schema = "{\"type\": \"object\", \"properties\": {\"signature\": {\"type\": "
                     "\"string\"}, \"key_id\": {\"type\": \"string\"}, \"algorithm\": {\"type\": "
                     "\"string\"}}}",
    .cost = sign_cost,
    .run = run_sign,
};

/* verify */

typedef struct verify_request {
    const char *message, *signature, *public_key, *key_id;
} verify_request;

static const mfn_option verify_fields[] = {
    LIMITED(verify_request, message, 1, TEXT_MAX, NULL, "Base64 of what was signed"),
    LIMITED(verify_request, signature, 1, SHORT_MAX, NULL, "Base64 of the signature"),
    LIMITED(verify_request, public_key, 0, SHORT_MAX, "",
            "Base64; without it a key of the service"),
    KEY_ID(verify_request),
    {0},
};

static uint64_t verify_cost(const void *request)
{
    return text_cost(((const verify_request *)request)->message);
}

/* The public key to verify with: given, or that of a key of the service. `id` is what the answer
 * names, "" for nothing. */
static mfn_status choose_public_key(mfn__call *call, mfn__buffer *ret, char id[MFN__KEY_ID_MAX + 1],
                                    mfn_error *err)
{
    const verify_request *wanted = call->request;
    snprintf(id, MFN__KEY_ID_MAX + 1, "%s", wanted->key_id);
    if (wanted->public_key[0] != '\0') {
        return decode(call, wanted->public_key, "public key", ret);
    }
    mfn__vault_key key;
    uint8_t public_key[MFN__PUBLIC_BYTES];
    mfn__buffer_init(ret, sizeof public_key);
    mfn_status status =
        mfn__vault_find(call->service->vault, MFN__VAULT_ED25519, wanted->key_id, &key, err);
    if (status == MFN_NOT_FOUND) {
        audit_no_key(call, "verify", wanted->key_id, SIGNATURES);
        return mfn__call_refuse(call, BAD_REQUEST, "invalid_request",
                                "No public key provided and no key_id matches stored keys");
    }
    if (status == MFN_OK) {
        status = mfn__ed25519_public(key.secret, public_key, err);
        snprintf(id, MFN__KEY_ID_MAX + 1, "%s", key.id);
        mfn__vault_key_wipe(&key);
    }
    if (status == MFN_OK) {
        mfn__buffer_append(ret, public_key, sizeof public_key);
        status = mfn__buffer_check(ret, "the public key", err);
    }
    return status;
}

static void answer_verify(mfn__call *call, bool is_valid, const char *id)
{
    mfn__json_writer json;
    mfn__answer_begin(call, &json);
    mfn__answer_bool(&json, "valid", is_valid);
    if (id[0] != '\0') {
        mfn__answer_text(&json, "key_id", id);
    } else {
        mfn__json_key(&json, "key_id");
        mfn__json_null(&json);
    }
    mfn__answer_text(&json, "algorithm", SIGNATURES);
    mfn__answer_end(&json);
}

static mfn_status run_verify(mfn__call *call, mfn_error *err)
{
    const verify_request *wanted = call->request;
    if (call->service->vault == NULL) {
        return refuse_disabled(call);
    }
    char id[MFN__KEY_ID_MAX + 1] = "";
    mfn__buffer message;
    mfn__buffer signature;
    mfn__buffer public_key;
    mfn__buffer_init(&signature, 0);
    mfn__buffer_init(&public_key, 0);
    mfn_status status = decode(call, wanted->message, "message", &message);
    if (status == MFN_OK) {
        status = decode(call, wanted->signature, "signature", &signature);
    }
    if (status == MFN_OK) {
        status = choose_public_key(call, &public_key, id, err);
    }
    if (status == MFN_OK) {
        bool is_valid =
            mfn__ed25519_verify(span_of(&public_key), span_of(&message), span_of(&signature));
        answer_verify(call, is_valid, id);
        audit(call, "verify", id[0] != '\0' ? id : "-", SIGNATURES, true);
    }
    mfn__buffer_deinit(&message);
    mfn__buffer_deinit(&signature);
    mfn__buffer_deinit(&public_key);
    return status;
}

const mfn__operation mfn__operation_verify = {
    .name = "verify",
    .method = "POST",
    .path = "/api/verify",
    .tag = MFN__TAG_CRYPTO,
    .summary = "Whether an Ed25519 signature fits a message and a public key",
    .fields = verify_fields,
    .request_size = sizeof(verify_request),
    .answer_schema = "{\"type\": \"object\", \"properties\": {\"valid\": {\"type\": \"boolean\"}, "
                     "\"key_id\": {\"type\": [\"string\", \"null\"]}, \"algorithm\": {\"type\": "
                     "\"string\"}}}",
    .cost = verify_cost,
    .run = run_verify,
};

/* keypair */

typedef struct keypair_request {
    uint32_t algorithm;
    const char *key_id;
} keypair_request;

static const char *const pair_algorithms[] = {KEY_AGREEMENT, SIGNATURES, NULL};

static const mfn_option keypair_fields[] = {
    MFN__CHOICE(keypair_request, algorithm, pair_algorithms, SIGNATURES,
                "ECDH is X25519 (RFC 7748)"),
    LIMITED(keypair_request, key_id, 0, MFN__KEY_ID_MAX, "", "of the new key; made up without"),
    {0},
};

static uint64_t keypair_cost(const void *request)
{
    (void)request;
    return BASE_COST;
}

static mfn_status run_keypair(mfn__call *call, mfn_error *err)
{
    const keypair_request *wanted = call->request;
    if (call->service->vault == NULL) {
        return refuse_disabled(call);
    }
    bool is_agreement = strcmp(pair_algorithms[wanted->algorithm], KEY_AGREEMENT) == 0;
    mfn__vault_key key;
    uint8_t public_key[MFN__PUBLIC_BYTES];
    mfn_status status =
        mfn__vault_make(call->service->vault, is_agreement ? MFN__VAULT_X25519 : MFN__VAULT_ED25519,
                        wanted->key_id, &key, err);
    if (status != MFN_OK) {
        audit_no_key(call, "keypair", wanted->key_id, pair_algorithms[wanted->algorithm]);
        return status;
    }
    status = is_agreement ? mfn__x25519_public(key.secret, public_key, err)
                          : mfn__ed25519_public(key.secret, public_key, err);
    if (status == MFN_OK) {
        mfn__json_writer json;
        mfn__answer_begin(call, &json);
        mfn__answer_text(&json, "key_id", key.id);
        answer_base64(&json, "public_key", public_key, sizeof public_key);
        mfn__answer_text(&json, "algorithm", pair_algorithms[wanted->algorithm]);
        mfn__answer_end(&json);
    }
    audit(call, "keypair", key.id, pair_algorithms[wanted->algorithm], status == MFN_OK);
    mfn__vault_key_wipe(&key);
    return status;
}

const mfn__operation mfn__operation_keypair = {
    .name = "keypair",
    .method = "POST",
    .path = "/api/keypair",
    .tag = MFN__TAG_CRYPTO,
    .summary = "Makes a key pair, which the service keeps: 409 when the name is taken",
    .fields = keypair_fields,
    .request_size = sizeof(keypair_request),
    .example = "{\"algorithm\": \"Ed25519\", \"key_id\": \"releases\"}",
    .answer_schema = "{\"type\": \"object\", \"properties\": {\"key_id\": {\"type\": \"string\"}, "
                     "\"public_key\": {\"type\": \"string\"}, \"algorithm\": {\"type\": "
                     "\"string\"}}}",
    .cost = keypair_cost,
    .run = run_keypair,
};
