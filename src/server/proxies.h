/* SPDX-License-Identifier: MIT */
/* Who a client is when proxies stand before the service: X-Forwarded-For counts only as far as
 * those who wrote it are trusted. */
#ifndef MFN_SERVER_PROXIES_H
#define MFN_SERVER_PROXIES_H

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#include "mfn/status.h"

typedef struct mfn__proxies mfn__proxies; /* constant once made: any thread */

/* `list` holds addresses or networks (10.0.0.0/8, ::1), separated by commas; "" trusts nobody. */
mfn_status mfn__proxies_new(const char *list, mfn__proxies **ret, mfn_error *err);
void mfn__proxies_free(mfn__proxies *proxies); /* NULL is allowed */

#define MFN__CLIENT_TEXT_MAX INET6_ADDRSTRLEN

/* The nearest address that is no trusted proxy: `peer`, or, when that is one, read from the end of
 * `forwarded` (the header's value; NULL: none). What is no address ends the search. "unknown" for a
 * peer of another family. */
void mfn__proxies_find_client(const mfn__proxies *proxies, const struct sockaddr *peer,
                              const char *forwarded, char ret[MFN__CLIENT_TEXT_MAX]);

/* Whom a limit for one client is for: the address itself, or the first 64 bits of an IPv6 address,
 * of which a single client usually has all the rest. */
void mfn__proxies_limited_client(const char *client, char ret[MFN__CLIENT_TEXT_MAX]);

#endif
