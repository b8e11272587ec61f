/* SPDX-License-Identifier: MIT */
/* Deadlines of connections, and clients that leave. libmicrohttpd's time-out counts from the last
 * byte, so that one byte at a time could keep a connection for ever; and it does not look at
 * connections whose answer is being computed. A thread of its own does both. */
#ifndef MFN_SERVER_HTTP_WATCH_H
#define MFN_SERVER_HTTP_WATCH_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

#include "mfn/status.h"

#define MFN__NEVER_NS INT64_MAX

/* Thread-safe. */
typedef struct mfn__watch mfn__watch;

/* A connection, from its acceptance to its end. */
typedef struct mfn__watched mfn__watched;

mfn_status mfn__watch_new(const mfn__clock *clock, mfn__watch **ret, mfn_error *err);
void mfn__watch_free(mfn__watch *watch); /* NULL is allowed */

/* NULL when memory is short: the connection then has no deadline. */
mfn__watched *mfn__watch_add(mfn__watch *watch, int socket, double seconds);

/* Before the socket is closed. NULL is allowed, here and below. */
void mfn__watch_remove(mfn__watch *watch, mfn__watched *watched);

/* Its socket is shut down when this time has passed; negative: never. */
void mfn__watch_set_deadline(mfn__watch *watch, mfn__watched *watched, double seconds);

/* Sets the flag when the client closes its side, until called again with NULL. */
void mfn__watch_set_flag(mfn__watch *watch, mfn__watched *watched, atomic_bool *flag);

/* Sets the flags of all connections that have one. */
void mfn__watch_set_all_flags(mfn__watch *watch);

size_t mfn__watch_count(mfn__watch *watch);

#endif
