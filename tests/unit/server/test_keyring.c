/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/sha256.h"
#include "folder.h"
#include "server/keyring.h"
#include "suite.h"

#define KEY_MAX_BYTES 512
#define HASH_OF_ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static mfn__keyring *keyring_new(const char *single, const char *list, const char *path)
{
    mfn__keyring *keyring = NULL;
    mfn_error err = {0};
    ck_assert_msg(mfn__keyring_new(single, list, path, &keyring, &err) == MFN_OK, "%s", err.text);
    return keyring;
}

static mfn__key_verdict check(const mfn__keyring *keyring, const char *key)
{
    mfn__key_grant grant;
    return mfn__keyring_check(keyring, key, key != NULL ? strlen(key) : 0, NULL, 0, &grant);
}

static const char *write_file(const char *text)
{
    const char *path = mfn_test_path(mfn_test_folder(), "keys.yaml");
    mfn_test_write(path, text);
    return path;
}

/* What the environments of the reference's vectors let through (pub-api-008 to 014 and 017). */
START_TEST(environment_keys_pass_as_in_the_reference)
{
    static const char *const key = "k-public-0123456789abcdef";
    static const struct {
        const char *why, *single, *list, *presented;
        mfn__key_verdict verdict;
    } cases[] = {
        {"the one key", key, NULL, key, MFN__KEY_FINE},
        {"no key", key, NULL, NULL, MFN__KEY_UNKNOWN},
        {"an empty one", key, NULL, "", MFN__KEY_UNKNOWN},
        {"a space behind it", key, NULL, "k-public-0123456789abcdef ", MFN__KEY_UNKNOWN},
        {"a character short", key, NULL, "k-public-0123456789abcde", MFN__KEY_UNKNOWN},
        {"another key", key, NULL, "dev-key-for-testing", MFN__KEY_UNKNOWN},
        {"not ASCII", key, NULL, "k\xc3\xa9y", MFN__KEY_UNKNOWN},
        {"not even UTF-8", key, NULL, "k\xe9y", MFN__KEY_UNKNOWN},
        {"first of a list", "", "a1, k-public-0123456789abcdef ,b2", "a1", MFN__KEY_FINE},
        {"trimmed in a list", "", "a1, k-public-0123456789abcdef ,b2", key, MFN__KEY_FINE},
        {"last of a list", "", "a1, k-public-0123456789abcdef ,b2", "b2", MFN__KEY_FINE},
        {"the whole list", "", "a1,b2", "a1,b2", MFN__KEY_UNKNOWN},
        {"an empty entry is no key", "", ",, ,", "", MFN__KEY_UNKNOWN},
        {"spaces are no key in a list", "", " , ", " ", MFN__KEY_UNKNOWN},
        {"spaces of the one key count", " k ", NULL, " k ", MFN__KEY_FINE},
        {"and are not left out", " k ", NULL, "k", MFN__KEY_UNKNOWN},
        {"both add up: the one", "one", "two", "one", MFN__KEY_FINE},
        {"both add up: the list", "one", "two", "two", MFN__KEY_FINE},
        {"no keys at all", NULL, NULL, key, MFN__KEY_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn__keyring *keyring = keyring_new(cases[i].single, cases[i].list, NULL);
        mfn__key_verdict verdict = check(keyring, cases[i].presented);
        ck_assert_msg(verdict == cases[i].verdict, "%s: %d", cases[i].why, verdict);
        mfn__keyring_free(keyring);
    }
}
END_TEST

START_TEST(environment_keys_have_numbers_for_names_and_repeated_ones_count_once)
{
    mfn__keyring *keyring = keyring_new("a", "b,a,c", "");
    ck_assert_uint_eq(mfn__keyring_count(keyring), 3);
    static const char *const keys[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++) {
        mfn__key_grant grant = {.requests_per_window = 9};
        char name[16];
        snprintf(name, sizeof name, "env-%zu", i + 1);
        ck_assert_int_eq(mfn__keyring_check(keyring, keys[i], 1, "crypto", INT64_MAX - 1, &grant),
                         MFN__KEY_FINE);
        ck_assert_str_eq(grant.name, name);
        ck_assert_uint_eq(grant.requests_per_window, 0);
    }
    mfn__keyring_free(keyring);
}
END_TEST

START_TEST(keys_beyond_the_longest_are_refused_and_never_shown)
{
    char longest[KEY_MAX_BYTES + 2];
    memset(longest, 'x', KEY_MAX_BYTES);
    longest[KEY_MAX_BYTES] = '\0';
    mfn__keyring *keyring = keyring_new(longest, NULL, NULL);
    ck_assert_int_eq(check(keyring, longest), MFN__KEY_FINE);
    memcpy(longest + KEY_MAX_BYTES, "x", 2);
    ck_assert_int_eq(check(keyring, longest), MFN__KEY_UNKNOWN);
    mfn__keyring_free(keyring);
    keyring = NULL;
    mfn_error err = {0};
    ck_assert_int_eq(mfn__keyring_new(NULL, longest, NULL, &keyring, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "api_keys");
    ck_assert_ptr_null(strstr(err.text, "xxxx"));
    ck_assert_ptr_null(keyring);
}
END_TEST

START_TEST(a_file_says_what_a_key_may_do_until_when)
{
    const int64_t s = MFN__NS_PER_S;
    const char *path = write_file("keys:\n"
                                  "  - name: dashboard\n"
                                  "    sha256: " HASH_OF_ABC "\n"
                                  "    scopes: [compute, jobs]\n"
                                  "    expires: 1970-01-02\n"
                                  "    requests_per_window: 500\n");
    mfn__keyring *keyring = keyring_new("env", NULL, path);
    static const struct {
        const char *why, *scope;
        int64_t at_s;
        mfn__key_verdict verdict;
    } cases[] = {
        {"in scope", "compute", 0, MFN__KEY_FINE},
        {"the other scope", "jobs", 0, MFN__KEY_FINE},
        {"any operation", NULL, 0, MFN__KEY_FINE},
        {"another scope", "crypto", 0, MFN__KEY_OUT_OF_SCOPE},
        {"a scope that nobody knows", "comput", 0, MFN__KEY_OUT_OF_SCOPE},
        {"the last second", "compute", 86399, MFN__KEY_FINE},
        {"expired", "compute", 86400, MFN__KEY_EXPIRED},
        {"expired and out of scope", "crypto", 86400, MFN__KEY_EXPIRED},
    };
    ck_assert_uint_eq(mfn__keyring_count(keyring), 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn__key_grant grant = {.name = "untouched"};
        mfn__key_verdict verdict =
            mfn__keyring_check(keyring, "abc", 3, cases[i].scope, cases[i].at_s * s, &grant);
        ck_assert_msg(verdict == cases[i].verdict, "%s: %d", cases[i].why, verdict);
        ck_assert_str_eq(grant.name, verdict == MFN__KEY_FINE ? "dashboard" : "untouched");
        ck_assert_uint_eq(grant.requests_per_window, verdict == MFN__KEY_FINE ? 500 : 0);
    }
    ck_assert_int_eq(
        mfn__keyring_check(keyring, "env", 3, "crypto", 86400 * s, &(mfn__key_grant){.name = ""}),
        MFN__KEY_FINE);
    mfn__keyring_free(keyring);
}
END_TEST

START_TEST(what_the_file_says_of_a_key_counts_more_than_the_environment)
{
    const char *path =
        write_file("keys:\n- name: a\n  sha256: " HASH_OF_ABC "\n  requests_per_window: 3\n");
    mfn__keyring *keyring = keyring_new("abc", NULL, path);
    mfn__key_grant grant;
    ck_assert_int_eq(mfn__keyring_check(keyring, "abc", 3, NULL, 0, &grant), MFN__KEY_FINE);
    ck_assert_str_eq(grant.name, "a");
    ck_assert_uint_eq(grant.requests_per_window, 3);
    mfn__keyring_free(keyring);
}
END_TEST

START_TEST(every_key_of_many_is_found_and_no_other)
{
    enum { KEYS = 200 };
    char list[KEYS * 16] = "";
    size_t used = 0;
    for (int i = 0; i < KEYS; i++) {
        used += (size_t)snprintf(list + used, sizeof list - used, "k%d,", i);
    }
    mfn__keyring *keyring = keyring_new(NULL, list, NULL);
    ck_assert_uint_eq(mfn__keyring_count(keyring), KEYS);
    for (int i = 0; i < KEYS + 20; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        ck_assert_int_eq(check(keyring, key), i < KEYS ? MFN__KEY_FINE : MFN__KEY_UNKNOWN);
    }
    mfn__keyring_free(keyring);
}
END_TEST

START_TEST(a_reload_takes_the_new_keys_or_keeps_the_old_ones)
{
    const char *path = write_file("keys: [{name: a, sha256: " HASH_OF_ABC "}]\n");
    mfn__keyring *keyring = keyring_new("env", NULL, path);
    char hash[MFN__SHA256_HEX_SIZE];
    char text[256];
    mfn__sha256_hex("new", 3, hash);
    snprintf(text, sizeof text, "keys:\n- {name: b, sha256: %s}\n", hash);
    mfn_test_write(path, "keys: [{name: a, sha256: abc}]\n");
    mfn_error err = {0};
    ck_assert_int_eq(mfn__keyring_reload(keyring, &err), MFN_INVALID);
    ck_assert_int_eq(check(keyring, "abc"), MFN__KEY_FINE);
    mfn_test_write(path, text);
    ck_assert_int_eq(mfn__keyring_reload(keyring, &err), MFN_OK);
    ck_assert_int_eq(check(keyring, "abc"), MFN__KEY_UNKNOWN);
    ck_assert_int_eq(check(keyring, "new"), MFN__KEY_FINE);
    ck_assert_int_eq(check(keyring, "env"), MFN__KEY_FINE);
    ck_assert_int_eq(remove(path), 0);
    ck_assert_int_eq(mfn__keyring_reload(keyring, &err), MFN_NOT_FOUND);
    ck_assert_int_eq(check(keyring, "new"), MFN__KEY_FINE);
    mfn__keyring_free(keyring);
}
END_TEST

START_TEST(a_missing_file_stops_the_start)
{
    mfn__keyring *keyring = NULL;
    mfn_error err = {0};
    const char *path = mfn_test_path(mfn_test_folder(), "none.yaml");
    ck_assert_int_eq(mfn__keyring_new("a", NULL, path, &keyring, &err), MFN_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.text, "none.yaml"));
    ck_assert_ptr_null(keyring);
}
END_TEST

enum { READERS = 3, RELOADS = 200 };

typedef struct reader {
    const mfn__keyring *keyring;
    atomic_bool *is_over;
} reader;

static void *read_keys(void *argument)
{
    const reader *self = argument;
    while (!atomic_load(self->is_over)) {
        mfn__key_grant grant;
        ck_assert_int_eq(mfn__keyring_check(self->keyring, "abc", 3, NULL, 0, &grant),
                         MFN__KEY_FINE);
        ck_assert_str_eq(grant.name, "a");
        ck_assert_uint_eq(mfn__keyring_count(self->keyring), 1);
    }
    return NULL;
}

START_TEST(readers_see_whole_sets_of_keys_while_others_reload)
{
    const char *path = write_file("keys: [{name: a, sha256: " HASH_OF_ABC "}]\n");
    mfn__keyring *keyring = keyring_new(NULL, NULL, path);
    atomic_bool is_over = false;
    pthread_t threads[READERS];
    reader shared = {keyring, &is_over};
    for (int i = 0; i < READERS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_keys, &shared), 0);
    }
    for (int i = 0; i < RELOADS; i++) {
        ck_assert_int_eq(mfn__keyring_reload(keyring, NULL), MFN_OK);
    }
    atomic_store(&is_over, true);
    for (int i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
    }
    mfn__keyring_free(keyring);
}
END_TEST

START_TEST(new_survives_failure_of_every_allocation)
{
    const char *path = write_file("keys: [{name: a, sha256: " HASH_OF_ABC ", scopes: [jobs]}]\n");
    mfn__keyring *keyring = NULL;
    int64_t allocations = 0;
    for (;; allocations++) {
        mfn_error err = {0};
        mfn__mem_fail_after(allocations);
        mfn_status status = mfn__keyring_new("a", "b", path, &keyring, &err);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        ck_assert_ptr_null(keyring);
    }
    ck_assert_int_gt(allocations, 8);
    mfn__keyring_free(keyring);
    mfn__keyring_free(NULL);
}
END_TEST

START_TEST(made_keys_have_their_form_and_differ)
{
    enum { KEYS = 1000 };
    static char keys[KEYS][MFN__KEY_TEXT_MAX];
    unsigned seen[128] = {0};
    for (int i = 0; i < KEYS; i++) {
        ck_assert_int_eq(mfn__key_make(keys[i], NULL), MFN_OK);
        ck_assert_uint_eq(strlen(keys[i]), 50);
        ck_assert_int_eq(strncmp(keys[i], "mfn_", 4), 0);
        ck_assert_uint_eq(strspn(keys[i] + 4, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                              "abcdefghijklmnopqrstuvwxyz"),
                          46);
        ck_assert(mfn__key_is_plausible(keys[i], strlen(keys[i])));
        for (int j = 0; j < i; j++) {
            ck_assert_str_ne(keys[i], keys[j]);
        }
        for (const char *at = keys[i] + 4; at < keys[i] + 44; at++) {
            seen[(unsigned char)*at]++;
        }
    }
    unsigned first = 0; /* eight of 62 digits: 5161 expected, 67 is the standard deviation */
    for (const char *at = "01234567"; *at != '\0'; at++) {
        first += seen[(unsigned char)*at];
    }
    ck_assert_uint_gt(first, 5161 - 6 * 67);
    ck_assert_uint_lt(first, 5161 + 6 * 67); /* bytes modulo 62 would give 6250 */
    for (const char *at = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
         *at != '\0'; at++) { /* 645 expected of each, 25 is the standard deviation */
        ck_assert_msg(seen[(unsigned char)*at] > 645 - 8 * 25 &&
                          seen[(unsigned char)*at] < 645 + 8 * 25,
                      "'%c': %u", *at, seen[(unsigned char)*at]);
    }
}
END_TEST

START_TEST(a_typing_error_in_a_made_key_is_seen)
{
    char key[MFN__KEY_TEXT_MAX];
    ck_assert_int_eq(mfn__key_make(key, NULL), MFN_OK);
    for (size_t i = 4; i < strlen(key); i++) {
        const char right = key[i];
        key[i] = right == 'a' ? 'b' : 'a';
        ck_assert_msg(!mfn__key_is_plausible(key, strlen(key)), "character %zu", i);
        key[i] = right;
    }
    ck_assert(!mfn__key_is_plausible(key, strlen(key) - 1));
    ck_assert(!mfn__key_is_plausible(key, 4));
}
END_TEST

START_TEST(keys_of_another_form_are_plausible)
{
    static const char *const keys[] = {"", "mfn", "dev-key-for-testing", "MFN_abc", " mfn_abc"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        ck_assert_msg(mfn__key_is_plausible(keys[i], strlen(keys[i])), "'%s'", keys[i]);
    }
}
END_TEST

START_TEST(the_checksum_is_that_of_other_programs)
{
    /* Python: zlib.crc32(b"mfn_" + b"0" * 40) = 0x198312d8, in base 62 */
    static const char key[] = "mfn_"
                              "0000000000000000000000000000000000000000"
                              "0SxvfU";
    ck_assert(mfn__key_is_plausible(key, strlen(key)));
}
END_TEST

int main(void)
{
    const TTest *tests[] = {environment_keys_pass_as_in_the_reference,
                            environment_keys_have_numbers_for_names_and_repeated_ones_count_once,
                            keys_beyond_the_longest_are_refused_and_never_shown,
                            a_file_says_what_a_key_may_do_until_when,
                            what_the_file_says_of_a_key_counts_more_than_the_environment,
                            every_key_of_many_is_found_and_no_other,
                            a_reload_takes_the_new_keys_or_keeps_the_old_ones,
                            a_missing_file_stops_the_start,
                            readers_see_whole_sets_of_keys_while_others_reload,
                            new_survives_failure_of_every_allocation,
                            made_keys_have_their_form_and_differ,
                            a_typing_error_in_a_made_key_is_seen,
                            keys_of_another_form_are_plausible,
                            the_checksum_is_that_of_other_programs,
                            NULL};
    return mfn_test_run("keyring", tests);
}
