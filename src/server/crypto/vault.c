/* SPDX-License-Identifier: MIT */
/* The content of the file is a line of fixed parts per key: kind, whether it is the default, the
 * lengths of name and secret, name, secret. */
#include "server/crypto/vault.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "server/crypto/vault_file.h"

#define KEYS_MAX          100000
#define CONTENT_BYTES_MAX ((size_t)32 << 20)
#define ID_RANDOM_BYTES   16
#define ENTRY_HEAD_BYTES  4

typedef struct entry {
    struct entry *next;
    mfn__vault_kind kind;
    bool is_default;
    mfn__vault_key key;
} entry;

struct mfn__vault {
    pthread_mutex_t mutex; /* guards what follows */
    entry *first;
    size_t count;
    bool is_durable;
    mfn__vault_file file; /* when it is */
    size_t aes_bytes;
    const mfn__entropy *entropy;
};

static const char *const kind_names[MFN__VAULT_KINDS] = {"encryption", "signature",
                                                         "key agreement"};

void mfn__vault_key_wipe(mfn__vault_key *key)
{
    OPENSSL_cleanse(key, sizeof *key);
}

static void free_entry(entry *item)
{
    if (item != NULL) {
        mfn__vault_key_wipe(&item->key);
        mfn__mem_free(item);
    }
}

static void add(mfn__vault *vault, entry *item)
{
    item->next = vault->first;
    vault->first = item;
    vault->count++;
}

static const entry *find(const mfn__vault *vault, mfn__vault_kind kind, const char *id)
{
    bool wants_default = id == NULL || id[0] == '\0';
    for (const entry *at = vault->first; at != NULL; at = at->next) {
        if (at->kind == kind && (wants_default ? at->is_default : strcmp(at->key.id, id) == 0)) {
            return at;
        }
    }
    return NULL;
}

static bool is_size_of(mfn__vault_kind kind, size_t size)
{
    return size == MFN__SECRET_MAX || (kind == MFN__VAULT_AES && (size == 16 || size == 24));
}

/* One entry of the file's content; `*at` moves behind it. A name with a NUL would be written back
 * as another one. */
static mfn_status read_entry(mfn__vault *vault, const uint8_t **at, const uint8_t *end)
{
    if (end - *at < ENTRY_HEAD_BYTES) {
        return MFN_FORMAT;
    }
    const uint8_t *head = *at;
    size_t id_size = head[2];
    size_t size = head[3];
    if (head[0] >= MFN__VAULT_KINDS || head[1] > 1 || id_size == 0 || id_size > MFN__KEY_ID_MAX ||
        !is_size_of((mfn__vault_kind)head[0], size) ||
        (size_t)(end - head - ENTRY_HEAD_BYTES) < id_size + size ||
        memchr(head + ENTRY_HEAD_BYTES, '\0', id_size) != NULL) {
        return MFN_FORMAT;
    }
    entry *item = mfn__mem_new(1, sizeof *item);
    if (item == NULL) {
        return MFN_NO_MEMORY;
    }
    item->kind = (mfn__vault_kind)head[0];
    item->is_default = head[1] == 1;
    memcpy(item->key.id, head + ENTRY_HEAD_BYTES, id_size);
    memcpy(item->key.secret, head + ENTRY_HEAD_BYTES + id_size, size);
    item->key.size = size;
    add(vault, item);
    *at = head + ENTRY_HEAD_BYTES + id_size + size;
    return MFN_OK;
}

static mfn_status load(mfn__vault *vault, mfn_error *err)
{
    mfn__buffer content;
    mfn__buffer_init(&content, CONTENT_BYTES_MAX);
    mfn_status status = mfn__vault_file_read(&vault->file, &content, err);
    if (status == MFN_OK && content.size > 0) {
        const uint8_t *at = (const uint8_t *)content.data;
        const uint8_t *end = at + content.size;
        while (status == MFN_OK && at < end) {
            status = read_entry(vault, &at, end);
        }
        if (status != MFN_OK) {
            status = mfn__fail(err, status, "state_dir", "'%s' cannot be read", vault->file.path);
        }
        OPENSSL_cleanse(content.data, content.size);
    }
    mfn__buffer_deinit(&content);
    return status;
}

mfn_status mfn__vault_open(const mfn__vault_options *options, mfn__vault **ret, mfn_error *err)
{
    mfn__vault *vault = mfn__mem_new(1, sizeof *vault);
    if (vault == NULL) {
        return mfn__fail_memory(err);
    }
    pthread_mutex_init(&vault->mutex, NULL);
    vault->aes_bytes = (size_t)options->aes_bits / 8;
    vault->entropy = options->entropy;
    vault->file.lock = -1;
    mfn_status status = MFN_OK;
    if (options->folder[0] != '\0') {
        status = mfn__vault_file_open(&vault->file, options->folder, options->master_key,
                                      options->entropy, err);
        vault->is_durable = status == MFN_OK;
        status = status == MFN_OK ? load(vault, err) : status;
    }
    if (status != MFN_OK) {
        mfn__vault_close(vault);
        return status;
    }
    *ret = vault;
    return MFN_OK;
}

void mfn__vault_close(mfn__vault *vault)
{
    if (vault == NULL) {
        return;
    }
    while (vault->first != NULL) {
        entry *item = vault->first;
        vault->first = item->next;
        free_entry(item);
    }
    if (vault->is_durable) {
        mfn__vault_file_close(&vault->file);
    }
    pthread_mutex_destroy(&vault->mutex);
    mfn__mem_free(vault);
}

bool mfn__vault_is_durable(const mfn__vault *vault)
{
    return vault->is_durable;
}

static void write_entry(const entry *item, mfn__buffer *ret)
{
    const uint8_t head[ENTRY_HEAD_BYTES] = {(uint8_t)item->kind, item->is_default,
                                            (uint8_t)strlen(item->key.id), (uint8_t)item->key.size};
    mfn__buffer_append(ret, head, sizeof head);
    mfn__buffer_append_text(ret, item->key.id);
    mfn__buffer_append(ret, item->key.secret, item->key.size);
}

/* The file as it is with one more key. The buffer has room for all at once: growing would leave
 * copies of secrets behind. */
static mfn_status save_with(mfn__vault *vault, const entry *fresh, mfn_error *err)
{
    mfn__buffer content;
    mfn__buffer_init(&content, CONTENT_BYTES_MAX);
    size_t size = (vault->count + 1) * (ENTRY_HEAD_BYTES + MFN__KEY_ID_MAX + MFN__SECRET_MAX);
    (void)mfn__buffer_reserve(&content, size);
    write_entry(fresh, &content);
    for (const entry *at = vault->first; at != NULL; at = at->next) {
        write_entry(at, &content);
    }
    mfn_status status = mfn__buffer_check(&content, "the vault", err);
    if (status == MFN_OK) {
        status = mfn__vault_file_write(&vault->file, (mfn__span){content.data, content.size}, err);
    }
    if (content.data != NULL) {
        OPENSSL_cleanse(content.data, content.size);
    }
    mfn__buffer_deinit(&content);
    return status;
}

/* Name, then secret: the order in which random bytes are drawn is part of the tests. */
static mfn_status fill(mfn__vault *vault, entry *item, const char *id, mfn_error *err)
{
    const mfn__entropy *entropy = vault->entropy;
    mfn_status status = MFN_OK;
    if (id != NULL && id[0] != '\0') {
        snprintf(item->key.id, sizeof item->key.id, "%s", id);
    } else {
        uint8_t random[ID_RANDOM_BYTES];
        status = entropy->fill(entropy->context, random, sizeof random, err);
        int used = snprintf(item->key.id, sizeof item->key.id, "key_");
        for (size_t i = 0; status == MFN_OK && i < sizeof random; i++) {
            used += snprintf(item->key.id + used, sizeof item->key.id - (size_t)used, "%02x",
                             random[i]);
        }
    }
    item->key.size = item->kind == MFN__VAULT_AES ? vault->aes_bytes : MFN__SECRET_MAX;
    return status == MFN_OK ? entropy->fill(entropy->context, item->key.secret, item->key.size, err)
                            : status;
}

/* Locks: mutex. */
static mfn_status make(mfn__vault *vault, mfn__vault_kind kind, const char *id, mfn__vault_key *ret,
                       mfn_error *err)
{
    if (vault->count >= KEYS_MAX) {
        return mfn__fail(err, MFN_BUSY, NULL, "the vault is full: it has %d keys", KEYS_MAX);
    }
    entry *item = mfn__mem_new(1, sizeof *item);
    if (item == NULL) {
        return mfn__fail_memory(err);
    }
    item->kind = kind;
    item->is_default = find(vault, kind, NULL) == NULL;
    mfn_status status = fill(vault, item, id, err);
    if (status == MFN_OK && find(vault, kind, item->key.id) != NULL) {
        status = mfn__fail(err, MFN_EXISTS, "key_id", "There is a %s key '%s' already",
                           kind_names[kind], item->key.id);
    }
    if (status == MFN_OK && vault->is_durable) {
        status = save_with(vault, item, err);
    }
    if (status != MFN_OK) {
        free_entry(item);
        return status;
    }
    add(vault, item);
    *ret = item->key;
    return MFN_OK;
}

mfn_status mfn__vault_make(mfn__vault *vault, mfn__vault_kind kind, const char *id,
                           mfn__vault_key *ret, mfn_error *err)
{
    pthread_mutex_lock(&vault->mutex);
    mfn_status status = make(vault, kind, id, ret, err);
    pthread_mutex_unlock(&vault->mutex);
    return status;
}

/* Locks: mutex. */
static mfn_status copy_of(const mfn__vault *vault, mfn__vault_kind kind, const char *id,
                          mfn__vault_key *ret, mfn_error *err)
{
    const entry *found = find(vault, kind, id);
    if (found != NULL) {
        *ret = found->key;
        return MFN_OK;
    }
    return id != NULL && id[0] != '\0' ? mfn__fail(err, MFN_NOT_FOUND, "key_id",
                                                   "There is no %s key '%s'", kind_names[kind], id)
                                       : mfn__fail(err, MFN_NOT_FOUND, "key_id",
                                                   "There is no %s key yet", kind_names[kind]);
}

mfn_status mfn__vault_find(mfn__vault *vault, mfn__vault_kind kind, const char *id,
                           mfn__vault_key *ret, mfn_error *err)
{
    pthread_mutex_lock(&vault->mutex);
    mfn_status status = copy_of(vault, kind, id, ret, err);
    pthread_mutex_unlock(&vault->mutex);
    return status;
}

mfn_status mfn__vault_find_or_make(mfn__vault *vault, mfn__vault_kind kind, const char *id,
                                   mfn__vault_key *ret, mfn_error *err)
{
    pthread_mutex_lock(&vault->mutex);
    mfn_status status = copy_of(vault, kind, id, ret, err);
    if (status == MFN_NOT_FOUND && (id == NULL || id[0] == '\0')) {
        status = make(vault, kind, NULL, ret, err);
    }
    pthread_mutex_unlock(&vault->mutex);
    return status;
}
