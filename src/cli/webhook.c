/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/webhook_options.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    void (*print_help)(void);
} actions[] = {
    {"verify", mfn__webhook_verify_command, mfn__webhook_verify_help},
    {"listen", mfn__webhook_listen_command, mfn__webhook_listen_help},
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

int mfn__command_webhook(int argc, char **argv)
{
    mfn_error err = {0};
    if (argc < 2) {
        (void)mfn__fail(&err, MFN_INVALID, NULL, "expected verify or listen");
        return mfn__command_fail("webhook", &err, MFN__EXIT_USAGE);
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
    (void)mfn__fail(&err, MFN_INVALID, NULL, "expected verify or listen, got '%s'", shown);
    return mfn__command_fail("webhook", &err, MFN__EXIT_USAGE);
}
