/* SPDX-License-Identifier: MIT */
#include "cli/interrupt.h"

#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/command.h"

#define SAME_NS MFN__NS_PER_S /* signals so close together are one wish: `timeout` sends two */

static atomic_bool is_wanted;
static atomic_llong first_ns; /* monotonic: when the first signal came; 0: none has */
static const char *words;     /* set before the handler can run */

static long long now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * MFN__NS_PER_S + now.tv_nsec;
}

static void on_signal(int number)
{
    (void)number;
    long long first = 0;
    long long now = now_ns();
    bool is_first = atomic_compare_exchange_strong(&first_ns, &first, now);
    atomic_store(&is_wanted, true);
    if (!is_first && now - first >= SAME_NS) {
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
