/* SPDX-License-Identifier: MIT */
/* The header Link (RFC 8288). */
#ifndef MFN_NET_HTTP_LINK_H
#define MFN_NET_HTTP_LINK_H

#include <stdbool.h>
#include <stddef.h>

/* Finds the first link whose relation types have "next" in a header's value. The target is borrowed
 * from `value`, without a NUL, and may be relative. */
bool mfn__http_link_find_next(const char *value, const char **ret_target, size_t *ret_length);

#endif
