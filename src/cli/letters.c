/* SPDX-License-Identifier: MIT */
#include "cli/letters.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

static const char ending[] = ".json";

static void free_letter(mfn__letter *letter)
{
    mfn__mem_free(letter->name);
    mfn__kept_letter_deinit(&letter->kept);
}

void mfn__letters_deinit(mfn__letters *letters)
{
    for (size_t i = 0; i < letters->count; i++) {
        free_letter(&letters->items[i]);
    }
    mfn__mem_free(letters->items);
    mfn__mem_free(letters->folder);
    *letters = (mfn__letters){0};
}

/* Listing. */

static mfn_status add(mfn__letters *letters, const char *file_name, mfn_error *err)
{
    if (letters->count == letters->capacity) {
        size_t capacity = letters->capacity * 2 + 16;
        mfn__letter *grown = mfn__mem_resize(letters->items, capacity, sizeof *grown);
        if (grown == NULL) {
            return mfn__fail_memory(err);
        }
        letters->items = grown;
        letters->capacity = capacity;
    }
    mfn__letter *letter = &letters->items[letters->count];
    *letter = (mfn__letter){.name = mfn__mem_copy_text(file_name)};
    if (letter->name == NULL) {
        return mfn__fail_memory(err);
    }
    letter->name[strlen(file_name) - strlen(ending)] = '\0';
    letters->count++;
    return MFN_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const mfn__letter *)a)->name, ((const mfn__letter *)b)->name);
}

mfn_status mfn__letters_list(const char *folder, mfn__letters *ret, mfn_error *err)
{
    mfn__letters letters = {.folder = mfn__mem_copy_text(folder)};
    if (letters.folder == NULL) {
        return mfn__fail_memory(err);
    }
    DIR *listing = opendir(folder);
    if (listing == NULL) {
        int reason = errno;
        mfn__letters_deinit(&letters);
        return mfn__fail_errno(err, reason, NULL, "cannot open folder '%s'", folder);
    }
    mfn_status status = MFN_OK;
    while (status == MFN_OK) {
        const struct dirent *entry = readdir(listing);
        if (entry == NULL) {
            break;
        }
        if (entry->d_name[0] != '.' && mfn__text_ends_with(entry->d_name, ending)) {
            status = add(&letters, entry->d_name, err);
        }
    }
    closedir(listing);
    if (status != MFN_OK) {
        mfn__letters_deinit(&letters);
        return status;
    }
    if (letters.count > 0) {
        qsort(letters.items, letters.count, sizeof *letters.items, by_name);
    }
    *ret = letters;
    return MFN_OK;
}

static char *path_in(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + sizeof ending + 1;
    char *path = mfn__mem_new(size, 1);
    if (path != NULL) {
        snprintf(path, size, "%s/%s%s", folder, name, ending);
    }
    return path;
}

char *mfn__letter_path(const mfn__letters *letters, const mfn__letter *letter)
{
    return path_in(letters->folder, letter->name);
}

/* Choosing. */

void mfn__letters_choose_all(mfn__letters *letters)
{
    for (size_t i = 0; i < letters->count; i++) {
        letters->items[i].is_chosen = true;
    }
}

static mfn_status read_one(const mfn__letters *letters, mfn__letter *letter, mfn_error *ret_why,
                           mfn_error *err);

/* Only the files know the ids. */
static mfn_status choose_by_id(mfn__letters *letters, const char *id, mfn_error *err)
{
    mfn__letter *found[2] = {NULL, NULL};
    size_t count = 0;
    for (size_t i = 0; i < letters->count; i++) {
        mfn__letter *letter = &letters->items[i];
        mfn_error why = {0};
        if (letter->kept.type == NULL && read_one(letters, letter, &why, err) != MFN_OK) {
            return MFN_NO_MEMORY;
        }
        if (letter->kept.id != NULL && strcmp(letter->kept.id, id) == 0) {
            found[count < 2 ? count : 1] = letter;
            count++;
        }
    }
    if (count == 1) {
        found[0]->is_chosen = true;
        return MFN_OK;
    }
    if (count == 0) {
        return mfn__fail(err, MFN_NOT_FOUND, NULL,
                         "no dead letter in '%s' begins with '%s' or is that of such a job",
                         letters->folder, id);
    }
    return mfn__fail(err, MFN_INVALID, NULL, "'%s' is the job of %zu dead letters: '%s', '%s'%s",
                     id, count, found[0]->name, found[1]->name, count > 2 ? ", ..." : "");
}

mfn_status mfn__letters_choose(mfn__letters *letters, const char *name, mfn_error *err)
{
    const char *given = mfn__path_name(name);
    size_t length = strlen(given);
    length -= mfn__text_ends_with(given, ending) ? strlen(ending) : 0;
    mfn__letter *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < letters->count; i++) {
        mfn__letter *letter = &letters->items[i];
        if (strncmp(letter->name, given, length) != 0) {
            continue;
        }
        if (letter->name[length] == '\0') { /* the whole name: others may go on */
            letter->is_chosen = true;
            return MFN_OK;
        }
        first = count == 0 ? letter : first;
        count++;
    }
    if (count == 1 && length > 0) {
        first->is_chosen = true;
        return MFN_OK;
    }
    if (count == 0 || length == 0) {
        return choose_by_id(letters, name, err);
    }
    return mfn__fail(err, MFN_INVALID, NULL, "'%s' fits %zu dead letters: '%s', '%s'%s", name,
                     count, first[0].name, first[1].name, count > 2 ? ", ..." : "");
}

/* Reading. */

static void free_originals(mfn__kept_letter *kept)
{
    mfn__mem_free(kept->original);
    mfn__mem_free(kept->job);
    kept->original = NULL;
    kept->job = NULL;
}

static int by_time(const void *a, const void *b)
{
    int order = strcmp(((const mfn__letter *)a)->kept.time, ((const mfn__letter *)b)->kept.time);
    return order != 0 ? order : by_name(a, b);
}

/* MFN_OK also when it stays unread; `ret_why` says why. */
static mfn_status read_one(const mfn__letters *letters, mfn__letter *letter, mfn_error *ret_why,
                           mfn_error *err)
{
    char *path = mfn__letter_path(letters, letter);
    if (path == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = mfn__dead_letter_read(path, &letter->kept, ret_why);
    mfn__mem_free(path);
    if (status == MFN_NO_MEMORY) {
        return mfn__fail_memory(err);
    }
    free_originals(&letter->kept);
    return MFN_OK;
}

static void keep(mfn__letters *letters,
                 bool (*is_kept)(const mfn__letter *letter, const char *type), const char *type)
{
    size_t kept = 0;
    for (size_t i = 0; i < letters->count; i++) {
        if (is_kept(&letters->items[i], type)) {
            letters->items[kept++] = letters->items[i];
        } else {
            free_letter(&letters->items[i]);
        }
    }
    letters->count = kept;
}

static bool was_chosen(const mfn__letter *letter, const char *unused)
{
    (void)unused;
    return letter->is_chosen && letter->kept.type != NULL;
}

static bool is_whole(const mfn__letter *letter, const char *unused)
{
    (void)unused;
    return !letter->kept.is_truncated;
}

static bool has_type(const mfn__letter *letter, const char *type)
{
    return strcmp(letter->kept.type, type) == 0;
}

mfn_status mfn__letters_read(mfn__letters *letters,
                             void (*complain)(void *context, const mfn_error *why), void *context,
                             mfn_error *err)
{
    for (size_t i = 0; i < letters->count; i++) {
        if (!letters->items[i].is_chosen || letters->items[i].kept.type != NULL) {
            continue;
        }
        mfn_error why = {0};
        mfn_status status = read_one(letters, &letters->items[i], &why, err);
        if (status != MFN_OK) {
            return status;
        }
        if (why.status != MFN_OK && why.status != MFN_NOT_FOUND) {
            complain(context, &why);
        }
    }
    keep(letters, was_chosen, NULL);
    if (letters->count > 0) {
        qsort(letters->items, letters->count, sizeof *letters->items, by_time);
    }
    return MFN_OK;
}

void mfn__letters_keep_whole(mfn__letters *letters,
                             void (*complain)(void *context, const mfn_error *why), void *context)
{
    for (size_t i = 0; i < letters->count; i++) {
        const mfn__letter *letter = &letters->items[i];
        mfn_error why = {0};
        if (letter->kept.is_truncated) {
            mfn__fail(&why, MFN_INVALID, NULL,
                      "'%s' holds only the beginning of its job and cannot be tried again: put the "
                      "whole job back where it came from, or drop the letter",
                      letter->name);
            complain(context, &why);
        }
    }
    keep(letters, is_whole, NULL);
}

void mfn__letters_keep_type(mfn__letters *letters, const char *type)
{
    keep(letters, has_type, type);
}

/* Moving and removing. */

static mfn_status move_one(const mfn__letters *letters, const mfn__letter *letter,
                           const char *folder, size_t *count, mfn_error *err)
{
    char *from = mfn__letter_path(letters, letter);
    char *to = path_in(folder, letter->name);
    mfn_status status = MFN_OK;
    if (from == NULL || to == NULL) {
        status = mfn__fail_memory(err);
    } else if (rename(from, to) == 0) {
        ++*count;
    } else if (errno != ENOENT) {
        status = mfn__fail_errno(err, errno, NULL, "cannot rename '%s' to '%s'", from, to);
    }
    mfn__mem_free(from);
    mfn__mem_free(to);
    return status;
}

mfn_status mfn__letters_replay(const mfn__letters *letters, size_t *ret_count, mfn_error *err)
{
    *ret_count = 0;
    char *folder = mfn__path_join(letters->folder, MFN__REPLAY_FOLDER);
    if (folder == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = mfn__file_make_directory(folder, err);
    if (status == MFN_OK) {
        for (size_t i = 0; status == MFN_OK && i < letters->count; i++) {
            status = move_one(letters, &letters->items[i], folder, ret_count, err);
        }
        /* First the new place: a power cut in between may leave both, never none. */
        mfn_status synced = mfn__file_sync_directory(folder, status == MFN_OK ? err : NULL);
        status = status == MFN_OK ? synced : status;
        synced = mfn__file_sync_directory(letters->folder, status == MFN_OK ? err : NULL);
        status = status == MFN_OK ? synced : status;
    }
    mfn__mem_free(folder);
    return status;
}

mfn_status mfn__letters_drop(const mfn__letters *letters, size_t *ret_count, mfn_error *err)
{
    *ret_count = 0;
    mfn_status status = MFN_OK;
    for (size_t i = 0; status == MFN_OK && i < letters->count; i++) {
        char *path = mfn__letter_path(letters, &letters->items[i]);
        if (path == NULL) {
            status = mfn__fail_memory(err);
        } else if (unlink(path) == 0) {
            ++*ret_count;
        } else if (errno != ENOENT) {
            status = mfn__fail_errno(err, errno, NULL, "cannot remove '%s'", path);
        }
        mfn__mem_free(path);
    }
    mfn_status synced = mfn__file_sync_directory(letters->folder, status == MFN_OK ? err : NULL);
    return status == MFN_OK ? synced : status;
}
