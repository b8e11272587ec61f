/* SPDX-License-Identifier: MIT */
#include "tls_peer.h"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATH_BYTES   512
#define REQUEST_MAX  16384
#define BACKLOG      16
#define DAY_S        (24L * 60 * 60)
#define ANSWER_PLAIN "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecure"

struct tls_peer {
    char certificate_file[PATH_BYTES], key_file[PATH_BYTES];
    const char *answer;
    SSL_CTX *context;
    int listener, port;
    pthread_t thread;
    atomic_size_t requests, certificates;
};

/* A test whose peer fails has nothing to say. */
static void must(bool holds, const char *what)
{
    if (!holds) {
        perror(what);
        ERR_print_errors_fp(stderr);
        abort();
    }
}

/* The certificate. */

static void add_extension(X509 *certificate, int kind, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, value);
    must(extension != NULL && X509_add_ext(certificate, extension, -1) == 1, "tls_peer: extension");
    X509_EXTENSION_free(extension);
}

static X509 *make_certificate(EVP_PKEY *key, const tls_peer_options *options)
{
    X509 *made = X509_new();
    must(made != NULL && X509_set_version(made, X509_VERSION_3) == 1 &&
             ASN1_INTEGER_set(X509_get_serialNumber(made), 1) == 1 &&
             X509_gmtime_adj(X509_getm_notBefore(made), -2 * DAY_S) != NULL &&
             X509_gmtime_adj(X509_getm_notAfter(made), options->is_expired ? -DAY_S : DAY_S) !=
                 NULL &&
             X509_set_pubkey(made, key) == 1,
         "tls_peer: certificate");
    X509_NAME *name = X509_get_subject_name(made);
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)options->name,
                                    -1, -1, 0) == 1 &&
             X509_set_issuer_name(made, name) == 1,
         "tls_peer: name");
    add_extension(made, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(made, NID_subject_alt_name, options->subject);
    must(X509_sign(made, key, EVP_sha256()) > 0, "tls_peer: signature");
    return made;
}

static void write_files(const tls_peer *self, EVP_PKEY *key, X509 *certificate)
{
    FILE *file = fopen(self->certificate_file, "w");
    must(file != NULL && PEM_write_X509(file, certificate) == 1 && fclose(file) == 0,
         self->certificate_file);
    file = fopen(self->key_file, "w");
    must(file != NULL && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 &&
             fclose(file) == 0,
         self->key_file);
}

static void make_context(tls_peer *self, const tls_peer_options *options)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    must(key != NULL, "tls_peer: key");
    X509 *certificate = make_certificate(key, options);
    write_files(self, key, certificate);
    self->context = SSL_CTX_new(TLS_server_method());
    must(self->context != NULL && SSL_CTX_use_certificate(self->context, certificate) == 1 &&
             SSL_CTX_use_PrivateKey(self->context, key) == 1 &&
             SSL_CTX_load_verify_file(self->context, self->certificate_file) == 1,
         "tls_peer: context");
    /* Without tickets there is nothing to write before the first request. */
    SSL_CTX_set_options(self->context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(self->context, 0);
    if (options->asks_for_certificate || options->insists_on_certificate) {
        int more = options->insists_on_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
        SSL_CTX_set_verify(self->context, SSL_VERIFY_PEER | more, NULL);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* The server. */

/* True when the head and the announced body are there. */
static bool is_whole(const char *request, size_t size)
{
    const char *end = strstr(request, "\r\n\r\n");
    const char *length = strcasestr(request, "\r\ncontent-length:");
    size_t body = length != NULL ? (size_t)strtoul(length + 17, NULL, 10) : 0;
    return end != NULL && size >= (size_t)(end - request) + 4 + body;
}

static void answer(tls_peer *self, SSL *tls)
{
    char request[REQUEST_MAX] = "";
    size_t used = 0;
    while (!is_whole(request, used)) {
        size_t got = 0;
        if (SSL_read_ex(tls, request + used, sizeof request - used - 1, &got) != 1) {
            return;
        }
        used += got;
        request[used] = '\0';
    }
    X509 *certificate = SSL_get1_peer_certificate(tls);
    atomic_fetch_add(&self->certificates, certificate != NULL ? 1 : 0);
    atomic_fetch_add(&self->requests, 1);
    X509_free(certificate);
    size_t sent = 0;
    (void)SSL_write_ex(tls, self->answer, strlen(self->answer), &sent);
    (void)SSL_shutdown(tls);
}

/* Closing with bytes unread would reset the connection, and the client lose what was said last. */
static void drain(int from)
{
    char rest[512];
    shutdown(from, SHUT_WR);
    while (read(from, rest, sizeof rest) > 0) {
    }
}

static void *serve(void *context)
{
    tls_peer *self = context;
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, NULL);
    for (;;) {
        int accepted = accept(self->listener, NULL, NULL);
        if (accepted < 0) {
            return NULL;
        }
        SSL *tls = SSL_new(self->context);
        must(tls != NULL && SSL_set_fd(tls, accepted) == 1, "tls_peer: connection");
        if (SSL_accept(tls) == 1) {
            answer(self, tls);
        }
        SSL_free(tls);
        ERR_clear_error();
        drain(accepted);
        close(accepted);
    }
}

tls_peer *tls_peer_new(const tls_peer_options *options)
{
    tls_peer *self = calloc(1, sizeof *self);
    must(self != NULL, "tls_peer: calloc");
    snprintf(self->certificate_file, PATH_BYTES, "%s/%s.crt", options->folder, options->name);
    snprintf(self->key_file, PATH_BYTES, "%s/%s.key", options->folder, options->name);
    self->answer = options->answer != NULL ? options->answer : ANSWER_PLAIN;
    make_context(self, options);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(self->listener >= 0 &&
             bind(self->listener, (const struct sockaddr *)&address, sizeof address) == 0 &&
             listen(self->listener, BACKLOG) == 0 &&
             getsockname(self->listener, (struct sockaddr *)&address, &size) == 0,
         "tls_peer: listen");
    self->port = ntohs(address.sin_port);
    must(pthread_create(&self->thread, NULL, serve, self) == 0, "tls_peer: pthread_create");
    return self;
}

void tls_peer_free(tls_peer *peer)
{
    if (peer == NULL) {
        return;
    }
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
    SSL_CTX_free(peer->context);
    free(peer);
}

int tls_peer_port(const tls_peer *peer)
{
    return peer->port;
}

const char *tls_peer_certificate_file(const tls_peer *peer)
{
    return peer->certificate_file;
}

const char *tls_peer_key_file(const tls_peer *peer)
{
    return peer->key_file;
}

size_t tls_peer_requests(const tls_peer *peer)
{
    return atomic_load(&peer->requests);
}

size_t tls_peer_certificates(const tls_peer *peer)
{
    return atomic_load(&peer->certificates);
}
