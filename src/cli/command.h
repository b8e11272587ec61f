/* SPDX-License-Identifier: MIT */
/* The subcommands: one table that drives dispatch, help and suggestions. */
#ifndef MFN_CLI_COMMAND_H
#define MFN_CLI_COMMAND_H

#include "mfn/status.h"

/* Exit codes of the program. */
enum {
    MFN__EXIT_OK = 0,     /* everything that was asked for is done */
    MFN__EXIT_FAILED = 1, /* some work failed or is unfinished */
    MFN__EXIT_USAGE = 2,  /* the command line or the pipeline file is wrong */
};

typedef struct mfn__command {
    const char *name;
    const char *arguments; /* after the name in the usage line */
    const char *summary;   /* one line */
    /* argv[0] is the command's name. Returns the exit code. */
    int (*run)(int argc, char **argv);
} mfn__command;

/* Ends with an entry whose name is NULL. */
extern const mfn__command mfn__commands[];

/* NULL when there is no such command. */
const mfn__command *mfn__command_find(const char *name);

/* Tells that the command does not exist and what may have been meant; returns MFN__EXIT_USAGE. */
int mfn__command_unknown(const char *name);

int mfn__command_simulate(int argc, char **argv);
int mfn__command_grow(int argc, char **argv);
int mfn__command_features(int argc, char **argv);
int mfn__command_aggregate(int argc, char **argv);
int mfn__command_validate(int argc, char **argv);
int mfn__command_models(int argc, char **argv);
int mfn__command_nernst(int argc, char **argv);
int mfn__command_run(int argc, char **argv);
int mfn__command_check(int argc, char **argv);
int mfn__command_dlq(int argc, char **argv);
int mfn__command_webhook(int argc, char **argv);
int mfn__command_serve(int argc, char **argv);
int mfn__command_key(int argc, char **argv);
int mfn__command_version(int argc, char **argv);
int mfn__command_help(int argc, char **argv);

/* Shared by the commands: prints "mfn COMMAND: text" on stderr and returns an exit code: usage for
 * a wrong command line, failed otherwise. */
int mfn__command_fail(const char *command, const mfn_error *err, int exit_code);

#endif
