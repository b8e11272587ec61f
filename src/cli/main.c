/* SPDX-License-Identifier: MIT */
/* The program: finds the command, runs it, and makes sure that its output arrived. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "kernels/kernels.h"

static int choose_kernels(void)
{
    const char *name = getenv("MFN_SIMD");
    mfn_error err = {0};
    if (name != NULL && name[0] != '\0' && mfn__kernels_select(name, &err) != MFN_OK) {
        fprintf(stderr, "mfn: MFN_SIMD: %s\n", err.text);
        return MFN__EXIT_USAGE;
    }
    return MFN__EXIT_OK;
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        char help[] = "help";
        char *arguments[] = {help, NULL};
        mfn__command_help(1, arguments);
        return MFN__EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0) {
        name = "version";
    } else if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        name = "help";
    }
    const mfn__command *command = mfn__command_find(name);
    return command != NULL ? command->run(argc - 1, argv + 1) : mfn__command_unknown(name);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write(), reported below */
    int code = choose_kernels();
    if (code != MFN__EXIT_OK) {
        return code;
    }
    code = dispatch(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "mfn: cannot write to standard output: %s\n", strerror(errno));
        return code != MFN__EXIT_OK ? code : MFN__EXIT_FAILED;
    }
    return code;
}
