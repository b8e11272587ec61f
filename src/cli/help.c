/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static int print_overview(void)
{
    printf("mfn: bio-inspired fields and fractal features\n\nUsage: mfn COMMAND ...\n\n");
    for (const mfn__command *command = mfn__commands; command->name != NULL; command++) {
        printf("  %-10s %s\n", command->name, command->summary);
    }
    printf("\n'mfn help COMMAND' explains a command with all its flags.\n"
           "\nMFN_SIMD=auto|scalar|avx2|avx512|neon forces a kernel variant; all give the same "
           "bits.\n"
           "Exit codes: 0 done, 1 work failed or is unfinished, 2 wrong use.\n");
    return MFN__EXIT_OK;
}

int mfn__command_help(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        return print_overview();
    }
    const mfn__command *command = mfn__command_find(argv[1]);
    if (command == NULL) {
        return mfn__command_unknown(argv[1]);
    }
    char help_flag[] = "--help";
    argv[0] = argv[1]; /* the flags that follow can change what is explained: --model */
    argv[1] = help_flag;
    return command->run(argc, argv);
}
