/* SPDX-License-Identifier: MIT */
/* What exactly happened does not matter: any event means "look at the folder again", which also
 * covers events lost to a full queue. */
#include "connectors/file/watch.h"

#include <errno.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"

#define EVENTS (IN_CLOSE_WRITE | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)

void mfn__watch_init(mfn__watch *watch)
{
    watch->descriptor = -1;
}

void mfn__watch_keep(mfn__watch *watch, const char *directory)
{
    if (watch->descriptor >= 0) {
        return;
    }
    watch->descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->descriptor >= 0 && inotify_add_watch(watch->descriptor, directory, EVENTS) < 0) {
        mfn__watch_deinit(watch);
    }
}

void mfn__watch_deinit(mfn__watch *watch)
{
    if (watch->descriptor >= 0) {
        close(watch->descriptor);
    }
    watch->descriptor = -1;
}

bool mfn__watch_wait(mfn__watch *watch, int64_t timeout_ns)
{
    int64_t timeout_ms = timeout_ns > 0 ? timeout_ns / MFN__NS_PER_MS + 1 : 0;
    struct pollfd waiting = {.fd = watch->descriptor, .events = POLLIN};
    int ready = poll(&waiting, 1, timeout_ms < 60000 ? (int)timeout_ms : 60000);
    if (ready <= 0) {
        return false;
    }
    char events[4096];
    while (read(watch->descriptor, events, sizeof events) > 0 || errno == EINTR) {
    }
    return true;
}
