/* SPDX-License-Identifier: MIT */
/* The option rows of mfn__http_access, for the table of any struct that has one inside. */
#ifndef MFN_NET_HTTP_OPTIONS_H
#define MFN_NET_HTTP_OPTIONS_H

#include <stddef.h>

#include "net/http.h"

#define MFN__HTTP_TEXT(owner, inner, field, secret, text)                                          \
    {                                                                                              \
        .name = #field, .type = MFN_OPTION_TEXT, .offset = offsetof(owner, inner field),           \
        .default_text = "", .unit = "", .help = (text), .is_secret = (secret)                      \
    }

#define MFN__HTTP_BOOL(owner, inner, field, initial, text)                                         \
    {                                                                                              \
        .name = #field, .type = MFN_OPTION_BOOL, .offset = offsetof(owner, inner field),           \
        .default_text = (initial), .unit = "", .help = (text)                                      \
    }

#define MFN__HTTP_WHOLE(owner, inner, field, low, high, initial, units, text)                      \
    {                                                                                              \
        .name = #field, .type = MFN_OPTION_WHOLE, .offset = offsetof(owner, inner field),          \
        .min = (low), .max = (high), .default_text = (initial), .unit = (units), .help = (text)    \
    }

/* clang-format off */
/* `inner` is the member of `owner` with a dot after it ("access."), or nothing for a table of
 * mfn__http_access itself. */
#define MFN__HTTP_ACCESS_ROWS(owner, inner)                                                        \
    MFN__HTTP_TEXT(owner, inner, bearer_token, true, "token for the header Authorization"),        \
    MFN__HTTP_TEXT(owner, inner, username, false, "user name for basic authentication"),           \
    MFN__HTTP_TEXT(owner, inner, password, true, "password that belongs to username"),             \
    MFN__HTTP_BOOL(owner, inner, verify_tls, "true",                                               \
                   "check the server's certificate and name"),                                     \
    MFN__HTTP_TEXT(owner, inner, ca_file, false,                                                   \
                   "PEM file of trusted authorities; empty: the system's"),                        \
    MFN__HTTP_TEXT(owner, inner, client_certificate_file, false,                                   \
                   "PEM file of the client's certificate"),                                        \
    MFN__HTTP_TEXT(owner, inner, client_key_file, false,                                           \
                   "PEM file of the key of the client's certificate"),                             \
    MFN__HTTP_BOOL(owner, inner, allow_internal_addresses, "false",                                \
                   "allow loopback, private and other internal addresses"),                        \
    MFN__HTTP_WHOLE(owner, inner, max_response_bytes, 1024, 1073741824.0, "16MiB", "bytes",        \
                    "larger answers are refused"),                                                 \
    MFN__HTTP_WHOLE(owner, inner, max_redirects, 0, 20, "5", "",                                   \
                    "redirects followed at most (of a POST: 307 and 308 alone)"),                  \
    MFN__HTTP_BOOL(owner, inner, allow_other_hosts, "false",                                       \
                   "follow redirects and next links to other hosts")
/* clang-format on */

#endif
