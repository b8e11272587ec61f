/* SPDX-License-Identifier: MIT */
/* An HTTPS server on a loopback port of the kernel's choice, with a fresh certificate of its own
 * making. One connection after the other, one request and one answer on each. */
#ifndef MFN_TEST_TLS_PEER_H
#define MFN_TEST_TLS_PEER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct tls_peer tls_peer;

typedef struct tls_peer_options {
    const char *folder; /* gets NAME.crt and NAME.key */
    const char *name;
    const char *subject;         /* "IP:127.0.0.1" or "DNS:host.test" */
    const char *answer;          /* as it goes out, with its head; NULL: 200 "secure" */
    bool is_expired;             /* the certificate */
    bool asks_for_certificate;   /* accepts clients without one or with its own */
    bool insists_on_certificate; /* and refuses those without */
} tls_peer_options;

tls_peer *tls_peer_new(const tls_peer_options *options);
void tls_peer_free(tls_peer *peer); /* after the clients; NULL is allowed */

int tls_peer_port(const tls_peer *peer);
const char *tls_peer_certificate_file(const tls_peer *peer); /* trusts it, when taken as ca_file */
const char *tls_peer_key_file(const tls_peer *peer);
size_t tls_peer_requests(const tls_peer *peer);
size_t tls_peer_certificates(const tls_peer *peer); /* requests that came with one */

#endif
