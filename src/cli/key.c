/* SPDX-License-Identifier: MIT */
#include "cli/key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    void (*print_help)(void);
} actions[] = {
    {"new", mfn__key_new_command, mfn__key_new_help},
    {"check", mfn__key_check_command, mfn__key_check_help},
};

#define ACTIONS (sizeof actions / sizeof actions[0])

/* All actions, or the one that is named. */
static int print_help(const char *name)
{
    bool all = true;
    for (size_t i = 0; name != NULL && i < ACTIONS; i++) {
        all = all && strcmp(name, actions[i].name) != 0;
    }
    const char *separator = "";
    for (size_t i = 0; i < ACTIONS; i++) {
        if (all || strcmp(name, actions[i].name) == 0) {
            printf("%s", separator);
            actions[i].print_help();
            separator = "\n";
        }
    }
    return MFN__EXIT_OK;
}

void mfn__key_warn_of_mode(const char *action, const char *path)
{
    struct stat found;
    if (stat(path, &found) == 0 && (found.st_mode & S_IROTH) != 0) {
        char shown[256];
        fprintf(stderr, "mfn %s: warning: everybody on this machine may read '%s'\n", action,
                mfn__text_printable(path, strlen(path), shown, sizeof shown));
    }
}

int mfn__command_key(int argc, char **argv)
{
    mfn_error err = {0};
    if (argc < 2) {
        (void)mfn__fail(&err, MFN_INVALID, NULL, "expected new or check");
        return mfn__command_fail("key", &err, MFN__EXIT_USAGE);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        return print_help(argc > 2 ? argv[2] : NULL);
    }
    for (size_t i = 0; i < ACTIONS; i++) {
        if (strcmp(argv[1], actions[i].name) == 0) {
            return actions[i].run(argc - 1, argv + 1);
        }
    }
    char shown[64];
    mfn__text_printable(argv[1], strlen(argv[1]), shown, sizeof shown);
    (void)mfn__fail(&err, MFN_INVALID, NULL, "expected new or check, got '%s'", shown);
    return mfn__command_fail("key", &err, MFN__EXIT_USAGE);
}
