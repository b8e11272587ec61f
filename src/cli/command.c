/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

const mfn__command mfn__commands[] = {
    {"simulate", "[flags]", "run one simulation; print statistics and features",
     mfn__command_simulate},
    {"models", "[NAME] [flags]", "list the models, or show what one of them takes",
     mfn__command_models},
    {"grow", "[flags]", "grow a mycelium; print its shape and its nutrient", mfn__command_grow},
    {"features", "FILE.npy [flags]", "compute the 18 features of a field or history",
     mfn__command_features},
    {"aggregate", "FILE [flags]", "combine gradients of which some may be hostile",
     mfn__command_aggregate},
    {"validate", "[flags]", "run the reference's validation; print its measures",
     mfn__command_validate},
    {"nernst", "[flags]", "the potential of an ion across a membrane", mfn__command_nernst},
    {"run", "PIPELINE.yaml [flags]", "turn a stream of jobs into results", mfn__command_run},
    {"check", "PIPELINE.yaml [flags]", "validate a pipeline file and show its values",
     mfn__command_check},
    {"dlq", "ls|show|replay|drop PIPELINE.yaml ...",
     "look at dead letters, try them again, drop them", mfn__command_dlq},
    {"webhook", "verify|listen [flags]", "help receivers of webhooks", mfn__command_webhook},
    {"serve", "[flags]", "serve the API over HTTP", mfn__command_serve},
    {"key", "new|check [flags]", "make and check API keys of the service", mfn__command_key},
    {"version", "[flags]", "print versions and the kernels in use", mfn__command_version},
    {"help", "[COMMAND]", "explain a command", mfn__command_help},
    {0},
};

#define COMMANDS_MAX 32

const mfn__command *mfn__command_find(const char *name)
{
    for (const mfn__command *command = mfn__commands; command->name != NULL; command++) {
        if (strcmp(command->name, name) == 0) {
            return command;
        }
    }
    return NULL;
}

int mfn__command_unknown(const char *name)
{
    const char *names[COMMANDS_MAX];
    size_t count = 0;
    while (mfn__commands[count].name != NULL) {
        names[count] = mfn__commands[count].name;
        count++;
    }
    char shown[64];
    mfn__text_printable(name, strlen(name), shown, sizeof shown);
    const char *nearest = mfn__text_nearest(name, names, count);
    if (nearest != NULL) {
        fprintf(stderr, "mfn: unknown command '%s'; did you mean '%s'?\n", shown, nearest);
    } else {
        fprintf(stderr, "mfn: unknown command '%s'; 'mfn help' lists the commands\n", shown);
    }
    return MFN__EXIT_USAGE;
}

int mfn__command_fail(const char *command, const mfn_error *err, int exit_code)
{
    char shown[sizeof err->text]; /* file names can contain anything */
    mfn__text_printable(err->text, strlen(err->text), shown, sizeof shown);
    fprintf(stderr, "mfn %s: %s\n", command, shown);
    if (exit_code == MFN__EXIT_USAGE) {
        fprintf(stderr, "Try 'mfn help %s'.\n", command);
    }
    return exit_code;
}
