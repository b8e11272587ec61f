/* SPDX-License-Identifier: MIT */
/* Command-line flags from option tables: grid_size becomes --grid-size, a switch turing_enabled
 * becomes --turing and --no-turing. */
#ifndef MFN_CLI_ARGUMENTS_H
#define MFN_CLI_ARGUMENTS_H

#include <stdio.h>

#include "mfn/option.h"

/* Flags of one subject; an array of them ends with an entry whose table is NULL. */
typedef struct mfn__flags {
    const char *title; /* heading in the help */
    const mfn_option *table;
    void *options; /* the struct that the flags set; texts point into argv */
} mfn__flags;

typedef struct mfn__arguments {
    const char *positional; /* the one argument that is no flag, or NULL */
    char *const *list;      /* of mfn__arguments_parse_list: all of them, inside argv */
    size_t list_count;
    bool wants_help; /* --help or -h was given */
} mfn__arguments;

/* Parses argv[1] and on: `--flag VALUE` or `--flag=VALUE`, and only the latter when the value
 * begins with two dashes. `positional` names what the command takes besides flags ("FILE.npy"), or
 * is NULL when it takes nothing. An unknown flag suggests the nearest one. */
mfn_status mfn__arguments_parse(int argc, char **argv, const mfn__flags *groups,
                                const char *positional, mfn__arguments *ret, mfn_error *err);

/* The same for a command that takes any number of arguments which are no flags: it fills `list`,
 * not `positional`, and moves them to the front of argv. */
mfn_status mfn__arguments_parse_list(int argc, char **argv, const mfn__flags *groups,
                                     mfn__arguments *ret, mfn_error *err);

/* After mfn__arguments_parse_list: takes the one argument, called `positional` in messages, that a
 * command wants beside flags, or none when that is NULL. */
mfn_status mfn__arguments_take_one(mfn__arguments *arguments, const char *positional,
                                   mfn_error *err);

/* The last value of `--name VALUE` or `--name=VALUE`, or NULL: for a flag that decides how the
 * others are read. */
const char *mfn__arguments_peek(int argc, char **argv, const char *name);

/* Writes a line or two per flag: its value, what it takes, its default. */
void mfn__arguments_describe(FILE *out, const mfn__flags *groups);

/* The same with the names that the options have as keys in a file. */
void mfn__arguments_describe_keys(FILE *out, const mfn__flags *groups);

#endif
