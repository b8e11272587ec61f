/* SPDX-License-Identifier: MIT */
/* The first byte chooses: the rest is a vault's file as it is, or its content, sealed with the
 * right master key. Either opens or is refused with a reason; what opens keeps its keys beside a
 * new one. No such bytes are a sealed text of a key that never saw them. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "fuzz.h"
#include "server/crypto/vault.h"
#include "server/crypto/vault_file.h"

#define MASTER         "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
#define SIZE_TRIED_MAX 65536

static char folder[] = "/tmp/mfn-fuzz-XXXXXX";

static void remove_files(void)
{
    static const char *const names[] = {"vault.mfn", "vault.lock"};
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; descriptor >= 0 && i < sizeof names / sizeof *names; i++) {
        unlinkat(descriptor, names[i], 0);
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    rmdir(folder);
}

static void prepare(void)
{
    static bool is_done;
    if (!is_done) {
        fuzz_require(mkdtemp(folder) != NULL && atexit(remove_files) == 0);
        is_done = true;
    }
}

static void put_file(bool is_content, mfn__span rest)
{
    mfn__vault_file file;
    fuzz_require(mfn__vault_file_open(&file, folder, MASTER, mfn__entropy_system(), NULL) ==
                 MFN_OK);
    if (is_content) {
        fuzz_require(mfn__vault_file_write(&file, rest, NULL) == MFN_OK);
    } else {
        fuzz_require(mfn__file_write_whole(file.path, rest.bytes, rest.size, NULL) == MFN_OK);
    }
    mfn__vault_file_close(&file);
}

static mfn__vault *open_vault(void)
{
    const mfn__vault_options options = {folder, MASTER, 256, mfn__entropy_system()};
    mfn__vault *vault = NULL;
    mfn_error err = {.status = MFN_OK};
    mfn_status status = mfn__vault_open(&options, &vault, &err);
    fuzz_require(status == MFN_OK || status == MFN_FORMAT || status == MFN_ACCESS ||
                 status == MFN_UNSUPPORTED);
    fuzz_require((status == MFN_OK) == (vault != NULL));
    fuzz_require(status == MFN_OK || (err.status == status && err.text[0] != '\0'));
    return vault;
}

static void check_keys(mfn__vault *vault)
{
    mfn__vault_key before[MFN__VAULT_KINDS];
    mfn__vault_key made;
    mfn__vault_key found;
    mfn_status status[MFN__VAULT_KINDS];
    for (int i = 0; i < MFN__VAULT_KINDS; i++) {
        status[i] = mfn__vault_find(vault, (mfn__vault_kind)i, NULL, &before[i], NULL);
        fuzz_require(status[i] == MFN_NOT_FOUND || before[i].size == MFN__SECRET_MAX ||
                     (i == MFN__VAULT_AES && (before[i].size == 16 || before[i].size == 24)));
    }
    fuzz_require(mfn__vault_make(vault, MFN__VAULT_X25519, NULL, &made, NULL) == MFN_OK);
    mfn__vault_close(vault);
    vault = open_vault();
    fuzz_require(vault != NULL);
    fuzz_require(mfn__vault_find(vault, MFN__VAULT_X25519, made.id, &found, NULL) == MFN_OK);
    fuzz_require(memcmp(found.secret, made.secret, sizeof made.secret) == 0);
    for (int i = 0; i < MFN__VAULT_KINDS; i++) {
        bool is_same =
            mfn__vault_find(vault, (mfn__vault_kind)i, before[i].id, &found, NULL) == MFN_OK;
        fuzz_require(status[i] != MFN_OK || is_same);
    }
    mfn__vault_close(vault);
}

static void check_sealed(mfn__span sealed)
{
    static const uint8_t key[MFN__SECRET_MAX] = {7};
    mfn__buffer opened;
    mfn__buffer_init(&opened, SIZE_TRIED_MAX);
    fuzz_require(mfn__aes_gcm_open((mfn__span){key, sizeof key}, sealed, (mfn__span){"", 0},
                                   &opened, NULL) == MFN_FORMAT);
    fuzz_require(opened.size == 0);
    mfn__buffer_deinit(&opened);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > SIZE_TRIED_MAX) {
        return 0;
    }
    prepare();
    const mfn__span rest = {data + 1, size - 1};
    put_file((data[0] & 1) != 0, rest);
    mfn__vault *vault = open_vault();
    if (vault != NULL) {
        check_keys(vault);
    }
    check_sealed(rest);
    return 0;
}
