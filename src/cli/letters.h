/* SPDX-License-Identifier: MIT */
/* The dead letters of a folder, for people to choose from. Works beside a running pipeline: files
 * may come and go at any time. */
#ifndef MFN_CLI_LETTERS_H
#define MFN_CLI_LETTERS_H

#include <stdbool.h>
#include <stddef.h>

#include "stream/dead_letter.h"

typedef struct mfn__letter {
    char *name; /* of the file, without ".json" */
    bool is_chosen;
    mfn__kept_letter kept; /* zeros until it is read; without its original and job */
} mfn__letter;

/* Starts as zeros. */
typedef struct mfn__letters {
    char *folder;
    mfn__letter *items;
    size_t count, capacity;
} mfn__letters;

/* The files of the folder by name, none chosen. MFN_NOT_FOUND: there is no such folder. */
mfn_status mfn__letters_list(const char *folder, mfn__letters *ret, mfn_error *err);
void mfn__letters_deinit(mfn__letters *letters);

/* In fresh memory (mfn__mem_free), or NULL. */
char *mfn__letter_path(const mfn__letters *letters, const mfn__letter *letter);

void mfn__letters_choose_all(mfn__letters *letters);

/* Chooses one by its name, a path to it, the beginning of its name if no other begins so, or the id
 * of its job if no other has it. */
mfn_status mfn__letters_choose(mfn__letters *letters, const char *name, mfn_error *err);

/* Reads the chosen ones, drops those that are not chosen or gone, and sorts by time. What is no
 * dead letter is dropped too, after `complain` was told. */
mfn_status mfn__letters_read(mfn__letters *letters,
                             void (*complain)(void *context, const mfn_error *why), void *context,
                             mfn_error *err);

/* Drops those that hold only the beginning of a job, after `complain` was told. */
void mfn__letters_keep_whole(mfn__letters *letters,
                             void (*complain)(void *context, const mfn_error *why), void *context);

/* Keeps those of the type ("MFN_INVALID"). */
void mfn__letters_keep_type(mfn__letters *letters, const char *type);

/* Moves all that are left to where a pipeline takes them from, durably; `*ret_count` is how many
 * were still there, and is set on failure too. */
mfn_status mfn__letters_replay(const mfn__letters *letters, size_t *ret_count, mfn_error *err);

/* Removes all that are left, likewise. */
mfn_status mfn__letters_drop(const mfn__letters *letters, size_t *ret_count, mfn_error *err);

#endif
