/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "folder.h"
#include "server/crypto/vault.h"
#include "suite.h"

#define MASTER  "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
#define ANOTHER "MTEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

static mfn__vault *open_in(const char *folder)
{
    const mfn__vault_options options = {folder, MASTER, 256, mfn__entropy_system()};
    mfn__vault *vault = NULL;
    mfn_error err = {0};
    ck_assert_msg(mfn__vault_open(&options, &vault, &err) == MFN_OK, "%s", err.text);
    return vault;
}

static mfn_status open_with(const char *folder, const char *master_key, mfn_error *err)
{
    const mfn__vault_options options = {folder, master_key, 256, mfn__entropy_system()};
    mfn__vault *vault = NULL;
    mfn_status status = mfn__vault_open(&options, &vault, err);
    mfn__vault_close(vault);
    return status;
}

START_TEST(keys_are_found_by_name_and_kind)
{
    mfn__vault *vault = open_in("");
    mfn__vault_key made, found;
    ck_assert(!mfn__vault_is_durable(vault));
    ck_assert_int_eq(mfn__vault_find(vault, MFN__VAULT_ED25519, "mine", &found, NULL),
                     MFN_NOT_FOUND);
    ck_assert_int_eq(mfn__vault_make(vault, MFN__VAULT_ED25519, "mine", &made, NULL), MFN_OK);
    ck_assert_int_eq(mfn__vault_make(vault, MFN__VAULT_ED25519, "mine", &found, NULL), MFN_EXISTS);
    ck_assert_int_eq(mfn__vault_find(vault, MFN__VAULT_ED25519, "mine", &found, NULL), MFN_OK);
    ck_assert_mem_eq(made.secret, found.secret, MFN__SECRET_MAX);
    ck_assert_int_eq(mfn__vault_find(vault, MFN__VAULT_X25519, "mine", &found, NULL),
                     MFN_NOT_FOUND);
    ck_assert_int_eq(mfn__vault_make(vault, MFN__VAULT_X25519, "mine", &found, NULL), MFN_OK);
    ck_assert_mem_ne(made.secret, found.secret, MFN__SECRET_MAX);
    mfn__vault_close(vault);
}
END_TEST

START_TEST(the_first_of_a_kind_is_the_default_and_stays_it)
{
    mfn__vault *vault = open_in("");
    mfn__vault_key first, other, found;
    ck_assert_int_eq(mfn__vault_find(vault, MFN__VAULT_AES, NULL, &found, NULL), MFN_NOT_FOUND);
    ck_assert_int_eq(mfn__vault_find_or_make(vault, MFN__VAULT_AES, "named", &found, NULL),
                     MFN_NOT_FOUND);
    ck_assert_int_eq(mfn__vault_find_or_make(vault, MFN__VAULT_AES, "", &first, NULL), MFN_OK);
    ck_assert_int_eq(strncmp(first.id, "key_", 4), 0);
    ck_assert_uint_eq(strlen(first.id), 36);
    ck_assert_uint_eq(first.size, 32);
    ck_assert_int_eq(mfn__vault_make(vault, MFN__VAULT_AES, "", &other, NULL), MFN_OK);
    ck_assert_str_ne(first.id, other.id);
    ck_assert_int_eq(mfn__vault_find(vault, MFN__VAULT_AES, NULL, &found, NULL), MFN_OK);
    ck_assert_str_eq(first.id, found.id);
    mfn__vault_close(vault);
}
END_TEST

START_TEST(keys_survive_in_the_file_and_only_the_master_key_opens_it)
{
    const char *folder = mfn_test_path(mfn_test_folder(), "deep/state");
    mfn__vault *vault = open_in(folder);
    mfn__vault_key made[3], found;
    ck_assert(mfn__vault_is_durable(vault));
    for (int kind = 0; kind < MFN__VAULT_KINDS; kind++) {
        ck_assert_int_eq(mfn__vault_make(vault, (mfn__vault_kind)kind, "a", &made[kind], NULL),
                         MFN_OK);
        ck_assert_int_eq(mfn__vault_make(vault, (mfn__vault_kind)kind, "b", &found, NULL), MFN_OK);
    }
    mfn_error err = {0};
    ck_assert_int_eq(open_with(folder, MASTER, &err), MFN_BUSY);
    mfn__vault_close(vault);
    struct stat info;
    ck_assert_int_eq(stat(mfn_test_path(folder, "vault.mfn"), &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    ck_assert_int_eq(open_with(folder, ANOTHER, &err), MFN_ACCESS);
    ck_assert_ptr_nonnull(strstr(err.text, "encrypted with another one"));
    vault = open_in(folder);
    for (int kind = 0; kind < MFN__VAULT_KINDS; kind++) {
        ck_assert_int_eq(mfn__vault_find(vault, (mfn__vault_kind)kind, NULL, &found, NULL), MFN_OK);
        ck_assert_str_eq(found.id, "a");
        ck_assert_mem_eq(found.secret, made[kind].secret, MFN__SECRET_MAX);
    }
    mfn__vault_close(vault);
}
END_TEST

START_TEST(a_master_key_that_is_none_is_refused_and_not_shown)
{
    static const char *const wrong[] = {"", "hunter2hunter2", "MDEyMzQ1Njc4OQ==", MASTER "AAAA"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        mfn_error err = {0};
        ck_assert_int_eq(open_with(mfn_test_folder(), wrong[i], &err), MFN_INVALID);
        ck_assert_ptr_null(strstr(err.text, "hunter2"));
    }
}
END_TEST

/* Every byte of the file counts: none can be changed, cut or added unnoticed. */
START_TEST(a_damaged_file_is_told_and_left_alone)
{
    const char *folder = mfn_test_folder();
    const char *path = mfn_test_path(folder, "vault.mfn");
    mfn__vault_key made;
    mfn__vault *vault = open_in(folder);
    ck_assert_int_eq(mfn__vault_make(vault, MFN__VAULT_AES, "a", &made, NULL), MFN_OK);
    mfn__vault_close(vault);
    char whole[512];
    FILE *file = fopen(path, "r");
    size_t size = fread(whole, 1, sizeof whole, file);
    fclose(file);
    ck_assert_uint_lt(size, sizeof whole);
    for (size_t i = 0; i <= size; i++) {
        char changed[sizeof whole];
        memcpy(changed, whole, size);
        size_t changed_size = i == size ? size / 2 : size;
        changed[i < size ? i : 0] ^= i < size ? 1 : 0;
        file = fopen(path, "w");
        fwrite(changed, 1, changed_size, file);
        fclose(file);
        mfn_error err = {0};
        mfn_status status = open_with(folder, MASTER, &err);
        ck_assert_msg(status != MFN_OK, "byte %zu", i);
        struct stat info;
        ck_assert_int_eq(stat(path, &info), 0);
        ck_assert_uint_eq((size_t)info.st_size, changed_size);
    }
}
END_TEST

/* A key that cannot be kept must not be used: what it encrypts could never be read again. */
START_TEST(a_key_that_cannot_be_kept_is_not_made)
{
    const char *folder = mfn_test_folder();
    mfn__vault *vault = open_in(folder);
    mfn__vault_key made, found;
    ck_assert_int_eq(mfn__vault_make(vault, MFN__VAULT_AES, "a", &made, NULL), MFN_OK);
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit none = {.rlim_cur = 10, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
    mfn_status status = mfn__vault_make(vault, MFN__VAULT_AES, "b", &found, NULL);
    setrlimit(RLIMIT_FSIZE, &before);
    ck_assert_int_ne(status, MFN_OK);
    ck_assert_int_eq(mfn__vault_find(vault, MFN__VAULT_AES, "b", &found, NULL), MFN_NOT_FOUND);
    ck_assert_int_eq(mfn__vault_make(vault, MFN__VAULT_AES, "b", &found, NULL), MFN_OK);
    mfn__vault_close(vault);
    vault = open_in(folder);
    ck_assert_int_eq(mfn__vault_find(vault, MFN__VAULT_AES, "a", &found, NULL), MFN_OK);
    ck_assert_mem_eq(found.secret, made.secret, MFN__SECRET_MAX);
    mfn__vault_close(vault);
}
END_TEST

START_TEST(the_failure_of_any_allocation_makes_no_half_key)
{
    const char *folder = mfn_test_folder();
    mfn__vault_key made;
    int64_t failures = 0;
    mfn_status status = MFN_NO_MEMORY;
    for (; status != MFN_OK; failures++) {
        mfn__vault *vault = open_in(folder);
        mfn__mem_fail_after(failures);
        status = mfn__vault_make(vault, MFN__VAULT_ED25519, "mine", &made, NULL);
        mfn__mem_fail_after(-1);
        mfn__vault_key found;
        ck_assert_int_eq(mfn__vault_find(vault, MFN__VAULT_ED25519, "mine", &found, NULL),
                         status == MFN_OK ? MFN_OK : MFN_NOT_FOUND);
        mfn__vault_close(vault);
    }
    ck_assert_int_gt(failures, 3);
}
END_TEST

#define THREADS 8
#define ROUNDS  300

typedef struct contender {
    mfn__vault *vault;
    pthread_barrier_t *start;
    mfn__vault_key first, named;
    mfn_status first_status, named_status;
} contender;

static void *contend(void *context)
{
    contender *self = context;
    pthread_barrier_wait(self->start);
    self->first_status =
        mfn__vault_find_or_make(self->vault, MFN__VAULT_AES, NULL, &self->first, NULL);
    self->named_status =
        mfn__vault_make(self->vault, MFN__VAULT_ED25519, "mine", &self->named, NULL);
    return NULL;
}

/* What one thread encrypts with a default key that is not the others' could not be read by them. */
static mfn__vault_key check_contest(mfn__vault *vault, contender contenders[THREADS])
{
    pthread_t threads[THREADS];
    pthread_barrier_t start;
    ck_assert_int_eq(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (size_t i = 0; i < THREADS; i++) {
        contenders[i] = (contender){.vault = vault, .start = &start};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, contend, &contenders[i]), 0);
    }
    size_t named = 0;
    mfn__vault_key mine = {0};
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(contenders[i].first_status, MFN_OK);
        ck_assert_str_eq(contenders[i].first.id, contenders[0].first.id);
        ck_assert_mem_eq(contenders[i].first.secret, contenders[0].first.secret, MFN__SECRET_MAX);
        if (contenders[i].named_status == MFN_OK) {
            mine = contenders[i].named;
            named++;
        } else {
            ck_assert_int_eq(contenders[i].named_status, MFN_EXISTS);
        }
    }
    ck_assert_uint_eq(named, 1);
    pthread_barrier_destroy(&start);
    return mine;
}

START_TEST(threads_agree_on_the_default_and_one_gets_a_name)
{
    contender contenders[THREADS];
    for (size_t round = 0; round < ROUNDS; round++) {
        mfn__vault *vault = open_in("");
        (void)check_contest(vault, contenders);
        mfn__vault_close(vault);
    }
    const char *folder = mfn_test_folder();
    mfn__vault *vault = open_in(folder);
    mfn__vault_key mine = check_contest(vault, contenders);
    mfn__vault_close(vault);
    vault = open_in(folder);
    mfn__vault_key found;
    ck_assert_int_eq(mfn__vault_find(vault, MFN__VAULT_AES, NULL, &found, NULL), MFN_OK);
    ck_assert_mem_eq(found.secret, contenders[0].first.secret, MFN__SECRET_MAX);
    ck_assert_int_eq(mfn__vault_find(vault, MFN__VAULT_ED25519, "mine", &found, NULL), MFN_OK);
    ck_assert_mem_eq(found.secret, mine.secret, MFN__SECRET_MAX);
    mfn__vault_close(vault);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {keys_are_found_by_name_and_kind,
                            the_first_of_a_kind_is_the_default_and_stays_it,
                            keys_survive_in_the_file_and_only_the_master_key_opens_it,
                            a_master_key_that_is_none_is_refused_and_not_shown,
                            a_damaged_file_is_told_and_left_alone,
                            a_key_that_cannot_be_kept_is_not_made,
                            the_failure_of_any_allocation_makes_no_half_key,
                            threads_agree_on_the_default_and_one_gets_a_name,
                            NULL};
    return mfn_test_run("vault", tests);
}
