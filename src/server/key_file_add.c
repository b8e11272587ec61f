/* SPDX-License-Identifier: MIT */
/* The new entry is put behind the last one as text, so that remarks and the order of the file stay;
 * what comes out is read again before it replaces the file, as YAML can be laid out in ways that
 * this does not fit. The folder is locked meanwhile, so that two who add keys at a time do not lose
 * one. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "server/key_file.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)
#define INDENT         2
#define OWNER_ALONE    0600
#define MODE_BITS      07777

void mfn__key_entry_write(const mfn__key_entry *entry, size_t indent, mfn__buffer *ret)
{
    const int spaces = (int)indent;
    char hash[MFN__SHA256_HEX_SIZE];
    mfn__hex(entry->sha256, sizeof entry->sha256, hash);
    mfn__buffer_append_format(ret, "%*s- name: %s\n", spaces, "", entry->name);
    mfn__buffer_append_format(ret, "%*s  sha256: %s\n", spaces, "", hash);
    if (entry->scopes != 0) {
        mfn__buffer_append_format(ret, "%*s  scopes: [", spaces, "");
        const char *separator = "";
        for (unsigned i = 0; mfn__key_scope_names[i] != NULL; i++) {
            if ((entry->scopes >> i & 1) != 0) {
                mfn__buffer_append_format(ret, "%s%s", separator, mfn__key_scope_names[i]);
                separator = ", ";
            }
        }
        mfn__buffer_append_text(ret, "]\n");
    }
    if (entry->expires_ns != MFN__KEY_NEVER_EXPIRES) {
        char time[MFN__TIME_TEXT_MAX];
        mfn__time_to_text(entry->expires_ns, time);
        mfn__buffer_append_format(ret, "%*s  expires: %s\n", spaces, "", time);
    }
    if (entry->requests_per_window > 0) {
        mfn__buffer_append_format(ret, "%*s  requests_per_window: %" PRIu64 "\n", spaces, "",
                                  entry->requests_per_window);
    }
}

/* Where the dashes of the list stand. */
static size_t indent_of(const char *text, size_t size, const char *path)
{
    mfn__yaml *yaml = NULL;
    size_t indent = INDENT;
    if (mfn__yaml_parse(text, size, path, &yaml, NULL) == MFN_OK) {
        const mfn__yaml_node *keys = mfn__yaml_get(mfn__yaml_root(yaml), "keys");
        if (keys != NULL && keys->type == MFN__YAML_LIST) {
            indent = keys->column - 1;
        }
    }
    mfn__yaml_free(yaml);
    return indent;
}

/* The file with the entry behind its others. */
static mfn_status extend(const char *path, const mfn__key_entry *entry, mfn__buffer *text,
                         mfn_error *err)
{
    mfn__key_list before = {0};
    mfn_status status = mfn__key_file_parse(text->data, text->size, path, &before, err);
    for (size_t i = 0; status == MFN_OK && i < before.count; i++) {
        const mfn__key_entry *other = &before.items[i];
        if (strcmp(other->name, entry->name) == 0) {
            status = mfn__fail(err, MFN_EXISTS, "name", "'%s' has a key named '%s' already", path,
                               entry->name);
        } else if (memcmp(other->sha256, entry->sha256, sizeof entry->sha256) == 0) {
            status = mfn__fail(err, MFN_EXISTS, "sha256", "'%s' has this key already, named '%s'",
                               path, other->name);
        }
    }
    const size_t count = before.count;
    mfn__key_list_deinit(&before);
    if (status != MFN_OK) {
        return status;
    }
    const size_t indent = indent_of(text->data, text->size, path);
    if (text->size > 0 && text->data[text->size - 1] != '\n') {
        mfn__buffer_append_char(text, '\n');
    }
    mfn__key_entry_write(entry, indent, text);
    status = mfn__buffer_check(text, path, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__key_list after = {0};
    status = mfn__key_file_parse(text->data, text->size, path, &after, NULL);
    if (status != MFN_OK || after.count != count + 1) {
        status = mfn__fail(err, MFN_UNSUPPORTED, NULL,
                           "'%s' is laid out so that no entry can be put at its end: write the "
                           "list as lines '- name: ...'",
                           path);
    }
    mfn__key_list_deinit(&after);
    return status;
}

static mfn_status write_with_mode(const char *path, const mfn__buffer *text, mode_t mode,
                                  mfn_error *err)
{
    mfn__whole_file file;
    mfn_status status = mfn__whole_file_begin(&file, path, err);
    if (status != MFN_OK) {
        return status;
    }
    if (fchmod(file.descriptor, mode) != 0) {
        status = mfn__fail_errno(err, errno, NULL, "cannot set the mode of '%s'", path);
    }
    if (status == MFN_OK) {
        status = mfn__whole_file_write(&file, text->data, text->size, err);
    }
    if (status != MFN_OK) {
        mfn__whole_file_abort(&file);
        return status;
    }
    return mfn__whole_file_commit(&file, err);
}

static mfn_status add_locked(const char *path, const mfn__key_entry *entry, mfn_error *err)
{
    struct stat old;
    const bool is_new = stat(path, &old) != 0 && errno == ENOENT;
    char target[PATH_MAX]; /* not a link to it */
    if (!is_new && realpath(path, target) == NULL) {
        return mfn__fail_errno(err, errno, NULL, "cannot open '%s'", path);
    }
    mfn__buffer text;
    mfn__buffer_init(&text, FILE_BYTES_MAX);
    mfn_status status = MFN_OK;
    if (is_new) {
        mfn__buffer_append_text(&text, "# API keys of the service: hashes, not the keys.\nkeys:\n");
    } else {
        status = mfn__file_read_whole(target, &text, err);
    }
    if (status == MFN_OK) {
        status = extend(path, entry, &text, err);
    }
    if (status == MFN_OK) {
        status = is_new ? write_with_mode(path, &text, OWNER_ALONE, err)
                        : write_with_mode(target, &text, old.st_mode & MODE_BITS, err);
    }
    mfn__buffer_deinit(&text);
    return status;
}

mfn_status mfn__key_file_add(const char *path, const mfn__key_entry *entry, mfn_error *err)
{
    char *folder = mfn__path_folder(path);
    if (folder == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = MFN_OK;
    const int lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0 || flock(lock, LOCK_EX) != 0) {
        status = mfn__fail_errno(err, errno, NULL, "cannot open folder '%s'", folder);
    } else {
        status = add_locked(path, entry, err);
    }
    if (lock >= 0) {
        close(lock);
    }
    mfn__mem_free(folder);
    return status;
}
