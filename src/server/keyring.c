/* SPDX-License-Identifier: MIT */
/* Keys are looked up by their hash, all of them each time and without a branch on what is alike, so
 * that the time taken tells nothing. Readers hold the set of keys that was valid when they came; a
 * reload puts another one in its place, and the last reader frees the old one. */
#include "server/keyring.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "server/key_file.h"

#define KEY_BYTES_MAX 512
#define SPACES        " \t\r\n\v\f"

typedef struct key_set {
    atomic_size_t holders;
    mfn__key_list list;
} key_set;

/* Behind a pointer, as looking keys up changes none of the keyring but takes its lock. */
typedef struct shared {
    pthread_mutex_t mutex; /* guards `set` */
    key_set *set;
} shared;

struct mfn__keyring {
    char *path;                /* NULL: no file */
    mfn__key_list environment; /* constant */
    shared *shared;
};

static void release(key_set *set)
{
    if (set != NULL && atomic_fetch_sub_explicit(&set->holders, 1, memory_order_acq_rel) == 1) {
        mfn__key_list_deinit(&set->list);
        mfn__mem_free(set);
    }
}

static key_set *hold(const mfn__keyring *keyring)
{
    pthread_mutex_lock(&keyring->shared->mutex);
    key_set *set = keyring->shared->set;
    atomic_fetch_add_explicit(&set->holders, 1, memory_order_relaxed);
    pthread_mutex_unlock(&keyring->shared->mutex);
    return set;
}

static mfn_status add_plain(mfn__key_list *list, const char *field, const char *key, size_t size,
                            mfn_error *err)
{
    if (size > KEY_BYTES_MAX) {
        return mfn__fail(err, MFN_INVALID, field,
                         "%s: expected keys of at most %d bytes, got one of %zu", field,
                         KEY_BYTES_MAX, size);
    }
    mfn__key_entry entry = {.expires_ns = MFN__KEY_NEVER_EXPIRES};
    mfn__sha256(key, size, entry.sha256);
    for (size_t i = 0; i < list->count; i++) {
        if (memcmp(list->items[i].sha256, entry.sha256, sizeof entry.sha256) == 0) {
            return MFN_OK; /* both variables may name the same key */
        }
    }
    snprintf(entry.name, sizeof entry.name, "env-%zu", list->count + 1);
    list->items[list->count++] = entry;
    return MFN_OK;
}

static mfn_status add_from_environment(mfn__key_list *ret, const char *single, const char *list,
                                       mfn_error *err)
{
    size_t most = 2; /* `single`, and what stands behind the last comma */
    for (const char *at = list; *at != '\0'; at++) {
        most += *at == ',' ? 1 : 0;
    }
    ret->items = mfn__mem_new(most, sizeof *ret->items);
    if (ret->items == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = MFN_OK;
    if (*single != '\0') {
        status = add_plain(ret, "api_key", single, strlen(single), err);
    }
    while (status == MFN_OK && *list != '\0') {
        const size_t size = strcspn(list, ",");
        const char *begin = list;
        const char *end = list + size;
        for (; begin < end && strchr(SPACES, *begin) != NULL; begin++) {
        }
        for (; end > begin && strchr(SPACES, end[-1]) != NULL; end--) {
        }
        if (end > begin) {
            status = add_plain(ret, "api_keys", begin, (size_t)(end - begin), err);
        }
        list += size + (list[size] == ',' ? 1 : 0);
    }
    return status;
}

/* The keys of the environment and those of the file. */
static mfn_status make_set(const mfn__keyring *keyring, key_set **ret, mfn_error *err)
{
    const mfn__key_list *environment = &keyring->environment;
    mfn__key_list file = {0};
    mfn_status status = MFN_OK;
    if (keyring->path != NULL) {
        status = mfn__key_file_load(keyring->path, NULL, &file, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    key_set *set = mfn__mem_new(1, sizeof *set);
    mfn__key_entry *items = mfn__mem_new(environment->count + file.count + 1, sizeof *items);
    if (set == NULL || items == NULL) {
        mfn__mem_free(set);
        mfn__mem_free(items);
        mfn__key_list_deinit(&file);
        return mfn__fail_memory(err);
    }
    memcpy(items, environment->items, environment->count * sizeof *items);
    if (file.count > 0) {
        memcpy(items + environment->count, file.items, file.count * sizeof *items);
    }
    set->list = (mfn__key_list){items, environment->count + file.count};
    atomic_init(&set->holders, 1);
    mfn__key_list_deinit(&file);
    *ret = set;
    return MFN_OK;
}

mfn_status mfn__keyring_new(const char *single, const char *list, const char *path,
                            mfn__keyring **ret, mfn_error *err)
{
    mfn_status status = MFN_OK;
    mfn__keyring *keyring = mfn__mem_new(1, sizeof *keyring);
    if (keyring == NULL) {
        return mfn__fail_memory(err);
    }
    if (path != NULL && *path != '\0') {
        keyring->path = mfn__mem_copy_text(path);
        if (keyring->path == NULL) {
            status = mfn__fail_memory(err);
            goto fail;
        }
    }
    keyring->shared = mfn__mem_new(1, sizeof *keyring->shared);
    if (keyring->shared == NULL) {
        status = mfn__fail_memory(err);
        goto fail;
    }
    pthread_mutex_init(&keyring->shared->mutex, NULL);
    status = add_from_environment(&keyring->environment, single != NULL ? single : "",
                                  list != NULL ? list : "", err);
    if (status == MFN_OK) {
        status = make_set(keyring, &keyring->shared->set, err);
    }
    if (status != MFN_OK) {
        goto fail;
    }
    *ret = keyring;
    return MFN_OK;
fail:
    mfn__keyring_free(keyring);
    return status;
}

void mfn__keyring_free(mfn__keyring *keyring)
{
    if (keyring == NULL) {
        return;
    }
    if (keyring->shared != NULL) {
        release(keyring->shared->set);
        pthread_mutex_destroy(&keyring->shared->mutex);
        mfn__mem_free(keyring->shared);
    }
    mfn__key_list_deinit(&keyring->environment);
    mfn__mem_free(keyring->path);
    mfn__mem_free(keyring);
}

size_t mfn__keyring_count(const mfn__keyring *keyring)
{
    key_set *set = hold(keyring);
    const size_t count = set->list.count;
    release(set);
    return count;
}

mfn_status mfn__keyring_reload(mfn__keyring *keyring, mfn_error *err)
{
    key_set *fresh = NULL;
    mfn_status status = make_set(keyring, &fresh, err);
    if (status != MFN_OK) {
        return status;
    }
    pthread_mutex_lock(&keyring->shared->mutex);
    key_set *old = keyring->shared->set;
    keyring->shared->set = fresh;
    pthread_mutex_unlock(&keyring->shared->mutex);
    release(old);
    return MFN_OK;
}

/* The position of the key with this hash, or the count. Always looks at all of them; 1 and 0 are
 * made of the difference by arithmetic. */
static size_t find(const mfn__key_list *list, const uint8_t hash[MFN__SHA256_SIZE])
{
    size_t found = list->count;
    for (size_t i = 0; i < list->count; i++) {
        const uint32_t difference =
            (uint32_t)CRYPTO_memcmp(list->items[i].sha256, hash, MFN__SHA256_SIZE);
        const size_t is_same = 1 ^ ((difference | (0 - difference)) >> 31);
        const size_t mask = 0 - is_same;
        found = (found & ~mask) | (i & mask);
    }
    return found;
}

static mfn__key_verdict judge(const mfn__key_entry *entry, const char *scope, int64_t wall_ns)
{
    if (wall_ns >= entry->expires_ns) {
        return MFN__KEY_EXPIRED;
    }
    if (scope != NULL && entry->scopes != 0 &&
        (entry->scopes & mfn__key_scope_bit(scope, strlen(scope))) == 0) {
        return MFN__KEY_OUT_OF_SCOPE;
    }
    return MFN__KEY_FINE;
}

mfn__key_verdict mfn__keyring_check(const mfn__keyring *keyring, const char *key, size_t size,
                                    const char *scope, int64_t wall_ns, mfn__key_grant *ret)
{
    if (key == NULL || size == 0 || size > KEY_BYTES_MAX) {
        return MFN__KEY_UNKNOWN;
    }
    uint8_t hash[MFN__SHA256_SIZE];
    mfn__sha256(key, size, hash);
    key_set *set = hold(keyring);
    const size_t found = find(&set->list, hash);
    mfn__key_verdict verdict = MFN__KEY_UNKNOWN;
    if (found < set->list.count) {
        const mfn__key_entry *entry = &set->list.items[found];
        verdict = judge(entry, scope, wall_ns);
        if (verdict == MFN__KEY_FINE) {
            memcpy(ret->name, entry->name, sizeof ret->name);
            ret->requests_per_window = entry->requests_per_window;
        }
    }
    release(set);
    OPENSSL_cleanse(hash, sizeof hash);
    return verdict;
}
