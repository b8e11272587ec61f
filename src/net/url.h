/* SPDX-License-Identifier: MIT */
/* URLs: checked, joined, and shown without their secrets. */
#ifndef MFN_NET_URL_H
#define MFN_NET_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct sockaddr;

/* http or https, a host, no user:password (use `username` and `password`), no fragment, no control
 * characters. The error names `field`. */
mfn_status mfn__url_check(const char *url, const char *field, mfn_error *err);

/* For people and logs: "https://host:port/path" without user, query and fragment; path segments
 * that look like keys (16 characters or more with letters and digits mixed) become "…". Cut to
 * the size. */
void mfn__url_redact(const char *url, char *ret, size_t size);

/* Resolves `reference` against `base` (RFC 3986, section 5). */
mfn_status mfn__url_resolve(const char *base, const char *reference, mfn__buffer *ret,
                            mfn_error *err);

bool mfn__url_same_origin(const char *a, const char *b); /* scheme, host, port */
bool mfn__url_same_host(const char *a, const char *b);   /* host and port */

/* Appends "?key=value" or "&key=value", percent-encoded (RFC 3986 unreserved stay). */
void mfn__url_add_query(mfn__buffer *url, const char *key, const char *value);

/* Loopback, private, link-local, unique-local, carrier-grade NAT, multicast, unspecified,
 * documentation and reserved ranges, IPv4 and IPv6 (mapped and 6to4/NAT64-embedded too). An unknown
 * family counts as internal. */
bool mfn__address_is_internal(const struct sockaddr *address);

#endif
