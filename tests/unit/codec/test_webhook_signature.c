/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "codec/webhook_signature.h"
#include "suite.h"

#define ROOM        4096
#define TOLERANCE_S 300

/* The example of the Standard Webhooks project, which Python's hmac confirms. */
#define SECRET    "whsec_plJ3nmyCDGBKInavdOK15jsl"
#define ID        "msg_loFOjxBNrRLzqYUf"
#define TIMESTAMP "1731705121"
#define TIME_S    INT64_C(1731705121)
#define BODY      "{\"event_type\":\"ping\",\"data\":{\"success\":true}}"
#define V1        "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="

/* Made with Python's package cryptography from the seeds 00 01 .. 1f and 20 21 .. 3f. */
#define SEED "whsk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define PAIR                                                                                       \
    "whsk_"                                                                                        \
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8DoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuA=="
#define PUBLIC "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
#define V1A                                                                                        \
    "v1a,72BzTrExfhGFUdJv1A30uL9zd7T9aPFuElKNBSNPqTOwLqBjBc+jRVg+94CgCT8ljRuY72fPbHNbxvi8+WEgDA=="
#define OTHER_SEED   "whsk_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
#define OTHER_PUBLIC "whpk_Kay64UG8yvCyLhqU000LxzYeUm0L/hLIl5S8kyKWbdc="
#define OTHER_V1A                                                                                  \
    "v1a,muvCLo9fAOH3Raep1ms2ld2bZgY3iCHzl68M91oAuf67IgGKyP3Wxp+aoSNrqpsat8pYWFb+AOb4UNSGqwsdAA=="
#define OTHER_SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

/* Up to three keys; NULL ends the list early. */
typedef struct key_texts {
    const char *texts[3];
} key_texts;

static mfn__webhook_keys *new_keys(const key_texts *texts)
{
    size_t count = 0;
    while (count < 3 && texts->texts[count] != NULL) {
        count++;
    }
    mfn__webhook_keys *keys = NULL;
    mfn_error err = {0};
    mfn_status status = mfn__webhook_keys_new(texts->texts, count, &keys, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    return keys;
}

static mfn__webhook_delivery delivery_with(const char *signature)
{
    return (mfn__webhook_delivery){ID, TIMESTAMP, signature, BODY, strlen(BODY)};
}

static mfn_status verify_at(const key_texts *texts, const mfn__webhook_delivery *delivery,
                            int64_t now_s, mfn_error *err)
{
    mfn__webhook_keys *keys = new_keys(texts);
    mfn_status status = mfn__webhook_verify(keys, delivery, now_s, TOLERANCE_S, err);
    mfn__webhook_keys_free(keys);
    return status;
}

START_TEST(signatures_are_those_of_other_implementations)
{
    static const struct {
        const char *why;
        key_texts keys;
        const char *signature;
    } rows[] = {
        {"a secret", {{SECRET}}, V1},
        {"a private key as its seed", {{SEED}}, V1A},
        {"a private key with its public one", {{PAIR}}, V1A},
        {"two secrets during a rotation", {{SEED, OTHER_SEED}}, V1A " " OTHER_V1A},
        {"both schemes in the order of the keys",
         {{OTHER_SEED, SECRET, SEED}},
         OTHER_V1A " " V1 " " V1A},
        {"a public key is for others", {{PUBLIC, SECRET}}, V1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn__webhook_keys *keys = new_keys(&rows[i].keys);
        mfn__buffer value;
        mfn_error err = {0};
        mfn__buffer_init(&value, ROOM);
        mfn_status status = mfn__webhook_sign(keys, ID, TIME_S, BODY, strlen(BODY), &value, &err);
        ck_assert_msg(status == MFN_OK, "%s: %s", rows[i].why, err.text);
        ck_assert_str_eq(value.data, rows[i].signature);
        mfn__buffer_deinit(&value);
        mfn__webhook_keys_free(keys);
    }
}
END_TEST

START_TEST(a_signature_that_any_key_made_is_accepted)
{
    static const struct {
        const char *why;
        key_texts keys;
        const char *signature;
    } rows[] = {
        {"the published example", {{SECRET}}, V1},
        {"an Ed25519 signature", {{PUBLIC}}, V1A},
        {"the sender's own key verifies too", {{SEED}}, V1A},
        {"the sender rotates: the old key's signature is still there",
         {{SECRET}},
         "v1,MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI= " V1},
        {"the receiver rotates: the new key is known already", {{OTHER_SECRET, SECRET}}, V1},
        {"the receiver rotates public keys", {{OTHER_PUBLIC, PUBLIC}}, V1A},
        {"both rotate", {{OTHER_PUBLIC, PUBLIC}}, OTHER_V1A " " V1A},
        {"a scheme that the receiver has no key for is passed over", {{SECRET}}, V1A " " V1},
        {"schemes of the future are passed over", {{SECRET}}, "v2,abc v1b nonsense, " V1},
        {"broken signatures are passed over", {{SECRET}}, "v1, v1,!!! " V1},
        {"broken Ed25519 signatures are passed over", {{PUBLIC}}, "v1a,AAAA v1a,? " V1A},
        {"more spaces than needed", {{SECRET}}, "  " V1 "  "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const mfn__webhook_delivery delivery = delivery_with(rows[i].signature);
        mfn_error err = {0};
        mfn_status status = verify_at(&rows[i].keys, &delivery, TIME_S, &err);
        ck_assert_msg(status == MFN_OK, "%s: %s", rows[i].why, err.text);
    }
}
END_TEST

START_TEST(any_change_of_a_signed_part_is_noticed)
{
    static const char other_body[] = "{\"event_type\":\"ping\",\"data\":{\"success\":True}}";
    static const struct {
        const char *why;
        mfn__webhook_delivery delivery;
    } rows[] = {
        {"another id", {"msg_loFOjxBNrRLzqYUg", TIMESTAMP, NULL, BODY, sizeof BODY - 1}},
        {"another time", {ID, "1731705122", NULL, BODY, sizeof BODY - 1}},
        {"the same time written otherwise", {ID, "01731705121", NULL, BODY, sizeof BODY - 1}},
        {"another body", {ID, TIMESTAMP, NULL, other_body, sizeof other_body - 1}},
        {"a shorter body", {ID, TIMESTAMP, NULL, BODY, sizeof BODY - 2}},
        {"a longer body", {ID, TIMESTAMP, NULL, BODY, sizeof BODY}},
        {"no body", {ID, TIMESTAMP, NULL, "", 0}},
    };
    static const struct {
        key_texts keys;
        const char *signature;
    } schemes[] = {{{{SECRET}}, V1}, {{{PUBLIC}}, V1A}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t j = 0; j < sizeof schemes / sizeof schemes[0]; j++) {
            mfn__webhook_delivery delivery = rows[i].delivery;
            delivery.signature = schemes[j].signature;
            mfn_error err = {0};
            mfn_status status = verify_at(&schemes[j].keys, &delivery, TIME_S, &err);
            ck_assert_msg(status == MFN_INVALID, "%s was accepted", rows[i].why);
            ck_assert_str_eq(err.field, "webhook-signature");
        }
    }
}
END_TEST

/* Every character of the base64 changed in turn. */
START_TEST(any_change_of_a_signature_is_noticed)
{
    static const struct {
        key_texts keys;
        const char *signature;
    } schemes[] = {{{{SECRET}}, V1}, {{{PUBLIC}}, V1A}};
    for (size_t j = 0; j < sizeof schemes / sizeof schemes[0]; j++) {
        mfn__webhook_keys *keys = new_keys(&schemes[j].keys);
        char changed[256];
        snprintf(changed, sizeof changed, "%s", schemes[j].signature);
        for (char *at = strchr(changed, ',') + 1; *at != '\0'; at++) {
            char before = *at;
            *at = before == 'A' ? 'B' : 'A';
            const mfn__webhook_delivery delivery = delivery_with(changed);
            ck_assert_msg(mfn__webhook_verify(keys, &delivery, TIME_S, TOLERANCE_S, NULL) ==
                              MFN_INVALID,
                          "%s was accepted", changed);
            *at = before;
        }
        const mfn__webhook_delivery delivery = delivery_with(changed);
        ck_assert_int_eq(mfn__webhook_verify(keys, &delivery, TIME_S, TOLERANCE_S, NULL), MFN_OK);
        mfn__webhook_keys_free(keys);
    }
}
END_TEST

START_TEST(headers_that_are_wrong_are_named)
{
    static const struct {
        const char *why;
        key_texts keys;
        const char *id, *timestamp, *signature, *field, *part;
    } rows[] = {
        {"no id", {{SECRET}}, NULL, TIMESTAMP, V1, "webhook-id", "webhook-id is missing"},
        {"an empty id", {{SECRET}}, "", TIMESTAMP, V1, "webhook-id", "webhook-id is missing"},
        {"an id with a full stop", {{SECRET}}, "a.b", TIMESTAMP, V1, "webhook-id", "'a.b'"},
        {"no time", {{SECRET}}, ID, NULL, V1, "webhook-timestamp", "is missing"},
        {"an empty time", {{SECRET}}, ID, "", V1, "webhook-timestamp", "is missing"},
        {"a date", {{SECRET}}, ID, "2024-11-15", V1, "webhook-timestamp", "got '2024-11-15'"},
        {"a time with a part",
         {{SECRET}},
         ID,
         "1731705121.0",
         V1,
         "webhook-timestamp",
         "whole seconds"},
        {"a time before 1970", {{SECRET}}, ID, "-1", V1, "webhook-timestamp", "got '-1'"},
        {"a time beyond 64 bits",
         {{SECRET}},
         ID,
         "99999999999999999999",
         V1,
         "webhook-timestamp",
         "whole seconds"},
        {"no signature", {{SECRET}}, ID, TIMESTAMP, NULL, "webhook-signature", "is missing"},
        {"an empty signature", {{SECRET}}, ID, TIMESTAMP, "", "webhook-signature", "is missing"},
        {"spaces alone", {{SECRET}}, ID, TIMESTAMP, "  ", "webhook-signature", "expected v1,"},
        {"a signature without its scheme",
         {{SECRET}},
         ID,
         TIMESTAMP,
         "rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
         "webhook-signature",
         "expected v1,"},
        {"a secret, but only v1a",
         {{SECRET}},
         ID,
         TIMESTAMP,
         V1A,
         "webhook-signature",
         "expected v1,"},
        {"a public key, but only v1",
         {{PUBLIC}},
         ID,
         TIMESTAMP,
         V1,
         "webhook-signature",
         "expected v1a,"},
        {"a longer version",
         {{PUBLIC}},
         ID,
         TIMESTAMP,
         "v1a" V1A,
         "webhook-signature",
         "expected v1a,"},
        {"a shorter version",
         {{SECRET}},
         ID,
         TIMESTAMP,
         "v,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
         "webhook-signature",
         "expected v1,"},
        {"more after the signature",
         {{SECRET}},
         ID,
         TIMESTAMP,
         V1 "AAAA",
         "webhook-signature",
         "any of the keys"},
        {"more after an Ed25519 signature",
         {{PUBLIC}},
         ID,
         TIMESTAMP,
         V1A "AAAA",
         "webhook-signature",
         "any of the keys"},
        {"a part of the signature",
         {{SECRET}},
         ID,
         TIMESTAMP,
         "v1,rAvf",
         "webhook-signature",
         "any of the keys"},
        {"nothing after the version",
         {{SECRET}},
         ID,
         TIMESTAMP,
         "v1,",
         "webhook-signature",
         "any of the keys"},
        {"both, but neither",
         {{PUBLIC, SECRET}},
         ID,
         TIMESTAMP,
         "v3,A",
         "webhook-signature",
         "expected v1 or v1a,"},
        {"another secret",
         {{OTHER_SECRET}},
         ID,
         TIMESTAMP,
         V1,
         "webhook-signature",
         "any of the keys"},
        {"another public key",
         {{OTHER_PUBLIC}},
         ID,
         TIMESTAMP,
         V1A,
         "webhook-signature",
         "any of the keys"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const mfn__webhook_delivery delivery = {rows[i].id, rows[i].timestamp, rows[i].signature,
                                                BODY, strlen(BODY)};
        mfn_error err = {0};
        ck_assert_msg(verify_at(&rows[i].keys, &delivery, TIME_S, &err) == MFN_INVALID, "%s",
                      rows[i].why);
        ck_assert_str_eq(err.field, rows[i].field);
        ck_assert_msg(strstr(err.text, rows[i].part) != NULL, "%s: %s", rows[i].why, err.text);
    }
}
END_TEST

START_TEST(a_header_of_endless_signatures_is_refused)
{
    char header[ROOM] = "";
    for (size_t used = 0, i = 0; i < 33; i++) {
        used += (size_t)snprintf(header + used, sizeof header - used, "v1,%zu ", i);
    }
    const mfn__webhook_delivery delivery = delivery_with(header);
    const key_texts keys = {{SECRET}};
    mfn_error err = {0};
    ck_assert_int_eq(verify_at(&keys, &delivery, TIME_S, &err), MFN_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "33 signatures: expected at most 32"));
}
END_TEST

START_TEST(the_time_may_be_off_by_the_tolerance_both_ways_and_no_more)
{
    static const struct {
        int64_t now_s;
        const char *problem; /* NULL: accepted */
    } rows[] = {
        {TIME_S, NULL},
        {TIME_S + TOLERANCE_S, NULL},
        {TIME_S + TOLERANCE_S + 1, "301 s in the past: expected at most 300 s"},
        {TIME_S - TOLERANCE_S, NULL},
        {TIME_S - TOLERANCE_S - 1, "301 s in the future: expected at most 300 s"},
        {INT64_MAX, "s in the past"},
        {INT64_MIN, "s in the future"},
    };
    const mfn__webhook_delivery delivery = delivery_with(V1);
    const key_texts keys = {{SECRET}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn_error err = {0};
        mfn_status status = verify_at(&keys, &delivery, rows[i].now_s, &err);
        if (rows[i].problem == NULL) {
            ck_assert_msg(status == MFN_OK, "at %" PRId64 ": %s", rows[i].now_s, err.text);
        } else {
            ck_assert_int_eq(status, MFN_INVALID);
            ck_assert_str_eq(err.field, "webhook-timestamp");
            ck_assert_msg(strstr(err.text, rows[i].problem) != NULL, "%s", err.text);
        }
    }
}
END_TEST

START_TEST(what_signs_verifies_whatever_the_body)
{
    const key_texts texts = {{SECRET, PAIR}};
    static const char bodies[][4] = {"", "\0\xff\n", "..."};
    mfn__webhook_keys *keys = new_keys(&texts);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        mfn__buffer value;
        mfn__buffer_init(&value, ROOM);
        size_t size = i == 0 ? 0 : 3;
        ck_assert_int_eq(mfn__webhook_sign(keys, "a", 0, bodies[i], size, &value, NULL), MFN_OK);
        const mfn__webhook_delivery delivery = {"a", "0", value.data, bodies[i], size};
        ck_assert_int_eq(mfn__webhook_verify(keys, &delivery, 0, 0, NULL), MFN_OK);
        mfn__buffer_deinit(&value);
    }
    mfn__webhook_keys_free(keys);
}
END_TEST

START_TEST(what_cannot_be_signed_leaves_the_output_alone)
{
    static const struct {
        const char *key, *id, *part;
    } rows[] = {
        {PUBLIC, ID, "only public keys"},
        {SECRET, "", "webhook-id is missing"},
        {SECRET, "a.1", "without full stops"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const key_texts texts = {{rows[i].key}};
        mfn__webhook_keys *keys = new_keys(&texts);
        mfn__buffer value;
        mfn_error err = {0};
        mfn__buffer_init(&value, ROOM);
        mfn__buffer_append_text(&value, "before");
        ck_assert_int_eq(mfn__webhook_sign(keys, rows[i].id, TIME_S, "", 0, &value, &err),
                         MFN_INVALID);
        ck_assert_ptr_nonnull(strstr(err.text, rows[i].part));
        ck_assert_str_eq(value.data, "before");
        mfn__buffer_deinit(&value);
        mfn__webhook_keys_free(keys);
    }
}
END_TEST

START_TEST(keys_that_are_wrong_are_counted_and_never_shown)
{
    static const struct {
        const char *key, *message;
    } rows[] = {
        {"", "key 2: expected a text that begins with whsec_, whsk_ or whpk_"},
        {"plJ3nmyCDGBKInavdOK15jsl",
         "key 2: expected a text that begins with whsec_, whsk_ or whpk_"},
        {"whsec_", "key 2: expected 16 to 64 bytes after whsec_, got 0"},
        {"whsec_AAAAAAAAAAAAAAAAAAAA", "key 2: expected 16 to 64 bytes after whsec_, got 15"},
        {"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAA=",
         "key 2: expected 16 to 64 bytes after whsec_, got 65"},
        {"whsec_plJ3nmyCDGBKInavdOK15js",
         "key 2: after whsec_: expected base64 with padding, a multiple of 4 characters, got 23"},
        {"whsec_plJ3nmyCDGBK-navdOK15jsl",
         "key 2: after whsec_: character 13 is not of the base64 alphabet"},
        {SECRET "\n",
         "key 2: after whsec_: expected base64 with padding, a multiple of 4 characters, got 25"},
        {"whsk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==",
         "key 2: expected 32 or 64 bytes after whsk_, got 31"},
        {"whsk_"
         "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8DoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuQ==",
         "key 2: the last 32 of the 64 bytes after whsk_ are not the public key of the first 32"},
        {"whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMQ==",
         "key 2: expected 32 bytes after whpk_, got 31"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const texts[] = {SECRET, rows[i].key};
        mfn__webhook_keys *keys = NULL;
        mfn_error err = {0};
        ck_assert_int_ne(mfn__webhook_keys_new(texts, 2, &keys, &err), MFN_OK);
        ck_assert_str_eq(err.text, rows[i].message);
        ck_assert_ptr_null(keys);
    }
}
END_TEST

START_TEST(there_are_one_to_eight_keys)
{
    const char *texts[MFN__WEBHOOK_KEYS_MAX + 1];
    for (size_t i = 0; i <= MFN__WEBHOOK_KEYS_MAX; i++) {
        texts[i] = SECRET;
    }
    mfn__webhook_keys *keys = NULL;
    ck_assert_int_eq(mfn__webhook_keys_new(texts, 0, &keys, NULL), MFN_INVALID);
    ck_assert_int_eq(mfn__webhook_keys_new(texts, MFN__WEBHOOK_KEYS_MAX + 1, &keys, NULL),
                     MFN_INVALID);
    ck_assert_ptr_null(keys);
    ck_assert_int_eq(mfn__webhook_keys_new(texts, MFN__WEBHOOK_KEYS_MAX, &keys, NULL), MFN_OK);
    mfn__webhook_keys_free(keys);
    mfn__webhook_keys_free(NULL);
}
END_TEST

START_TEST(failure_of_every_allocation_is_survived)
{
    const char *const texts[] = {SECRET, OTHER_SEED, PUBLIC};
    for (int64_t successes = 0;; successes++) {
        mfn__mem_fail_after(successes);
        mfn__webhook_keys *keys = NULL;
        mfn__buffer value;
        mfn__buffer_init(&value, ROOM);
        mfn_status status = mfn__webhook_keys_new(texts, 3, &keys, NULL);
        if (status == MFN_OK) {
            status = mfn__webhook_sign(keys, ID, TIME_S, BODY, strlen(BODY), &value, NULL);
        }
        if (status == MFN_OK) {
            const mfn__webhook_delivery delivery = delivery_with(V1A);
            status = mfn__webhook_verify(keys, &delivery, TIME_S, TOLERANCE_S, NULL);
        }
        mfn__mem_fail_after(-1);
        mfn__buffer_deinit(&value);
        mfn__webhook_keys_free(keys);
        if (status == MFN_OK) {
            ck_assert_int_gt(successes, 5);
            return;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        signatures_are_those_of_other_implementations,
        a_signature_that_any_key_made_is_accepted,
        any_change_of_a_signed_part_is_noticed,
        any_change_of_a_signature_is_noticed,
        headers_that_are_wrong_are_named,
        a_header_of_endless_signatures_is_refused,
        the_time_may_be_off_by_the_tolerance_both_ways_and_no_more,
        what_signs_verifies_whatever_the_body,
        what_cannot_be_signed_leaves_the_output_alone,
        keys_that_are_wrong_are_counted_and_never_shown,
        there_are_one_to_eight_keys,
        failure_of_every_allocation_is_survived,
        NULL,
    };
    return mfn_test_run("webhook_signature", tests);
}
