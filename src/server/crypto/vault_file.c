/* SPDX-License-Identifier: MIT */
/* The check is an HMAC of a constant under the master key: it tells a wrong key from a damaged file
 * and gives nothing away. The head (magic, version, check) is authenticated with the content. Every
 * write draws a new nonce, of 96 random bits: far from a repetition for any number of keys that a
 * service makes. */
#include "server/crypto/vault_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "codec/base64.h"

#define FILE_NAME      "vault.mfn"
#define LOCK_NAME      "vault.lock"
#define MAGIC          "MFNVAULT"
#define MAGIC_BYTES    8
#define VERSION        1
#define CHECK_BYTES    16
#define HEAD_BYTES     (MAGIC_BYTES + 1 + CHECK_BYTES)
#define FILE_BYTES_MAX ((size_t)64 << 20)
#define PRIVATE_MODE   0600

static mfn_status read_master_key(const char *text, uint8_t ret[MFN__MASTER_KEY_BYTES],
                                  mfn_error *err)
{
    mfn__buffer bytes;
    mfn__buffer_init(&bytes, 1024);
    mfn_status status = mfn__base64_decode(text, strlen(text), &bytes, NULL);
    if (status == MFN_OK && bytes.size == MFN__MASTER_KEY_BYTES) {
        memcpy(ret, bytes.data, MFN__MASTER_KEY_BYTES);
    } else {
        status =
            mfn__fail(err, MFN_INVALID, "master_key",
                      "master_key: expected the Base64 of 32 bytes, as 'openssl rand -base64 32' "
                      "makes one");
    }
    if (bytes.data != NULL) {
        OPENSSL_cleanse(bytes.data, bytes.size);
    }
    mfn__buffer_deinit(&bytes);
    return status;
}

static mfn_status lock(const char *folder, int *ret, mfn_error *err)
{
    char *path = mfn__path_join(folder, LOCK_NAME);
    if (path == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = MFN_OK;
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, PRIVATE_MODE);
    if (descriptor < 0) {
        status = mfn__fail_errno(err, errno, "state_dir", "cannot open '%s'", path);
    } else if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        close(descriptor);
        descriptor = -1;
        status =
            mfn__fail(err, MFN_BUSY, "state_dir",
                      "the keys in '%s' are in use by another mfn: stop it, or give this one a "
                      "state_dir of its own",
                      folder);
    }
    mfn__mem_free(path);
    *ret = descriptor;
    return status;
}

mfn_status mfn__vault_file_open(mfn__vault_file *file, const char *folder, const char *master_key,
                                const mfn__entropy *entropy, mfn_error *err)
{
    *file = (mfn__vault_file){.lock = -1, .entropy = entropy};
    mfn_status status = read_master_key(master_key, file->master_key, err);
    if (status == MFN_OK) {
        status = mfn__file_make_directory(folder, err);
    }
    if (status == MFN_OK) {
        file->path = mfn__path_join(folder, FILE_NAME);
        status = file->path != NULL ? lock(folder, &file->lock, err) : mfn__fail_memory(err);
    }
    if (status != MFN_OK) {
        mfn__vault_file_close(file);
    }
    return status;
}

void mfn__vault_file_close(mfn__vault_file *file)
{
    OPENSSL_cleanse(file->master_key, sizeof file->master_key);
    mfn__mem_free(file->path);
    if (file->lock >= 0) {
        close(file->lock);
    }
    *file = (mfn__vault_file){.lock = -1};
}

static mfn_status make_head(const mfn__vault_file *file, uint8_t ret[HEAD_BYTES], mfn_error *err)
{
    static const unsigned char purpose[] = "mfn vault 1: check of the master key";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (HMAC(EVP_sha256(), file->master_key, sizeof file->master_key, purpose, sizeof purpose - 1,
             digest, &size) == NULL) {
        return mfn__fail(err, MFN_INTERNAL, NULL, "the cryptographic library failed");
    }
    memcpy(ret, MAGIC, MAGIC_BYTES);
    ret[MAGIC_BYTES] = VERSION;
    memcpy(ret + MAGIC_BYTES + 1, digest, CHECK_BYTES);
    return MFN_OK;
}

static mfn_status refuse(const mfn__vault_file *file, const char *bytes, size_t size,
                         const uint8_t head[HEAD_BYTES], mfn_error *err)
{
    if (size < HEAD_BYTES || memcmp(bytes, MAGIC, MAGIC_BYTES) != 0) {
        return mfn__fail(
            err, MFN_FORMAT, "state_dir",
            "'%s' is no vault of mfn, or damaged: restore it from a backup, or move it "
            "away, and all keys with it",
            file->path);
    }
    if ((uint8_t)bytes[MAGIC_BYTES] != VERSION) {
        return mfn__fail(err, MFN_UNSUPPORTED, "state_dir",
                         "'%s' was written by a later mfn: use that one", file->path);
    }
    if (CRYPTO_memcmp(bytes, head, HEAD_BYTES) != 0) {
        return mfn__fail(err, MFN_ACCESS, "master_key",
                         "master_key: '%s' was encrypted with another one", file->path);
    }
    return MFN_OK;
}

static mfn_status open_content(const mfn__vault_file *file, const mfn__buffer *bytes,
                               mfn__buffer *ret, mfn_error *err)
{
    uint8_t head[HEAD_BYTES];
    mfn_status status = make_head(file, head, err);
    if (status == MFN_OK) {
        status = refuse(file, bytes->data != NULL ? bytes->data : "", bytes->size, head, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    status = mfn__aes_gcm_open((mfn__span){file->master_key, sizeof file->master_key},
                               (mfn__span){bytes->data + HEAD_BYTES, bytes->size - HEAD_BYTES},
                               (mfn__span){head, HEAD_BYTES}, ret, err);
    return status == MFN_FORMAT
               ? mfn__fail(err, MFN_FORMAT, "state_dir",
                           "'%s' is damaged: restore it from a backup, or move it away, and all "
                           "keys with it",
                           file->path)
               : status;
}

mfn_status mfn__vault_file_read(const mfn__vault_file *file, mfn__buffer *ret, mfn_error *err)
{
    mfn__buffer bytes;
    mfn__buffer_init(&bytes, FILE_BYTES_MAX);
    mfn_status status = mfn__file_read_whole(file->path, &bytes, err);
    if (status == MFN_OK) {
        status = open_content(file, &bytes, ret, err);
    } else if (status == MFN_NOT_FOUND) {
        status = MFN_OK;
    }
    mfn__buffer_deinit(&bytes);
    return status;
}

mfn_status mfn__vault_file_write(const mfn__vault_file *file, mfn__span content, mfn_error *err)
{
    uint8_t head[HEAD_BYTES];
    uint8_t nonce[MFN__NONCE_BYTES];
    mfn__buffer sealed;
    mfn__buffer_init(&sealed, FILE_BYTES_MAX);
    mfn_status status = make_head(file, head, err);
    if (status == MFN_OK) {
        status = file->entropy->fill(file->entropy->context, nonce, sizeof nonce, err);
    }
    if (status == MFN_OK) {
        mfn__buffer_append(&sealed, head, sizeof head);
        status = mfn__aes_gcm_seal((mfn__span){file->master_key, sizeof file->master_key}, nonce,
                                   content, (mfn__span){head, sizeof head}, &sealed, err);
    }
    mfn__whole_file whole = {.descriptor = -1};
    if (status == MFN_OK) {
        status = mfn__whole_file_begin(&whole, file->path, err);
    }
    if (status == MFN_OK) {
        if (fchmod(whole.descriptor, PRIVATE_MODE) != 0) {
            status = mfn__fail_errno(err, errno, "state_dir", "cannot protect '%s'", file->path);
        } else {
            status = mfn__whole_file_write(&whole, sealed.data, sealed.size, err);
        }
        if (status == MFN_OK) {
            status = mfn__whole_file_commit(&whole, err);
        }
        mfn__whole_file_abort(&whole);
    }
    mfn__buffer_deinit(&sealed);
    return status;
}
