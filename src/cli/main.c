/* SPDX-License-Identifier: MIT */
/* The program: finds the command, runs it, and makes sure that its output arrived. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "kernels/kernels.h"

/* A standard descriptor that is closed would be given to the next file that is opened, and messages
 * would be written into that file. Standard output becomes one that refuses, which is noticed. */
static void keep_standard_descriptors(void)
{
    static const int modes[] = {O_RDONLY, O_RDONLY, O_WRONLY};
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", modes[descriptor]) != descriptor) {
            abort(); /* without /dev/null nothing can be said anywhere */
        }
    }
}

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
    keep_standard_descriptors();
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write(), reported below */
    int code = choose_kernels();
    if (code != MFN__EXIT_OK) {
        return code;
    }
    code = dispatch(argc, argv);
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "mfn: cannot write to standard output: %s\n",
                errno != 0 ? strerror(errno) : "some of it is lost");
        return code != MFN__EXIT_OK ? code : MFN__EXIT_FAILED;
    }
    return code;
}
