/* SPDX-License-Identifier: MIT */
#include "server/http/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/number.h"

#define BACKLOG 1024

static int open_at(const struct addrinfo *where)
{
    int s = socket(where->ai_family, where->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0) {
        return -1;
    }
    int yes = 1;
    int no = 0;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (where->ai_family == AF_INET6) {
        setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    }
    if (bind(s, where->ai_addr, where->ai_addrlen) != 0 || listen(s, BACKLOG) != 0) {
        int kept = errno;
        close(s);
        errno = kept;
        return -1;
    }
    return s;
}

static uint16_t port_of(int s)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char port[8] = "";
    uint64_t number = 0;
    bool is_known = getsockname(s, (struct sockaddr *)&address, &size) == 0 &&
                    getnameinfo((struct sockaddr *)&address, size, NULL, 0, port, sizeof port,
                                NI_NUMERICSERV) == 0 &&
                    mfn__text_to_u64(port, &number);
    return is_known ? (uint16_t)number : 0;
}

mfn_status mfn__listen(const char *host, uint16_t port, int *ret_socket, uint16_t *ret_port,
                       mfn_error *err)
{
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    const struct addrinfo wanted = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                                    .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int problem = getaddrinfo(host, service, &wanted, &found);
    if (problem != 0) {
        return mfn__fail(err, MFN_INVALID, "host", "host: cannot listen at '%s': %s", host,
                         gai_strerror(problem));
    }
    int s = -1;
    for (const struct addrinfo *at = found; s < 0 && at != NULL; at = at->ai_next) {
        s = open_at(at);
    }
    int kept = errno;
    freeaddrinfo(found);
    if (s < 0) {
        return mfn__fail_errno(err, kept, "port", "cannot listen at %s, port %u", host,
                               (unsigned)port);
    }
    *ret_socket = s;
    *ret_port = port_of(s);
    return MFN_OK;
}
