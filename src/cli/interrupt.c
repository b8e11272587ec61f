/* SPDX-License-Identifier: MIT */
#include "cli/interrupt.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

static atomic_bool is_wanted;
static const char *words; /* set before the handler can run */

static void on_signal(int number)
{
    (void)number;
    if (atomic_exchange(&is_wanted, true)) {
        ssize_t ignored = write(STDERR_FILENO, words, strlen(words));
        (void)ignored;
        _exit(MFN__EXIT_FAILED);
    }
}

const atomic_bool *mfn__interrupt_catch(const char *last_words)
{
    words = last_words;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return &is_wanted;
}
