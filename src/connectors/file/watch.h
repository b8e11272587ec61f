/* SPDX-License-Identifier: MIT */
/* Waits for news in a folder: inotify where it works, else just time. */
#ifndef MFN_CONNECTORS_FILE_WATCH_H
#define MFN_CONNECTORS_FILE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

typedef struct mfn__watch {
    int descriptor; /* -1: no inotify here */
} mfn__watch;

void mfn__watch_init(mfn__watch *watch);
void mfn__watch_deinit(mfn__watch *watch); /* may be kept again afterwards */

/* Begins to watch unless it does already. Never fails: without inotify the caller's regular looks
 * have to do. */
void mfn__watch_keep(mfn__watch *watch, const char *directory);

/* True when something happened (a file was closed after writing, moved in, or events were lost);
 * false after `timeout_ns`. */
bool mfn__watch_wait(mfn__watch *watch, int64_t timeout_ns);

#endif
