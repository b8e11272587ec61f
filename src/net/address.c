/* SPDX-License-Identifier: MIT */
/* Which addresses belong to nobody on the public internet: the special-purpose registries of IANA
 * (RFC 6890 and later), as far as a request could reach something there. */
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "net/url.h"

typedef struct range4 {
    uint32_t base;
    int bits;
} range4;

static bool is_internal4(uint32_t address)
{
    static const range4 ranges[] = {
        {0x00000000, 8},  /* this network */
        {0x0A000000, 8},  /* private */
        {0x64400000, 10}, /* carrier-grade NAT */
        {0x7F000000, 8},  /* loopback */
        {0xA9FE0000, 16}, /* link-local, where clouds keep their metadata */
        {0xAC100000, 12}, /* private */
        {0xC0000000, 24}, /* protocol assignments */
        {0xC0000200, 24}, /* documentation */
        {0xC0A80000, 16}, /* private */
        {0xC6120000, 15}, /* benchmarks */
        {0xC6336400, 24}, /* documentation */
        {0xCB007100, 24}, /* documentation */
        {0xE0000000, 3},  /* multicast, reserved, broadcast */
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if ((address ^ ranges[i].base) >> (32 - ranges[i].bits) == 0) {
            return true;
        }
    }
    return false;
}

static uint32_t read4(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool begins(const uint8_t *address, const uint8_t *prefix, size_t bytes)
{
    return memcmp(address, prefix, bytes) == 0;
}

/* Global unicast is 2000::/3; what lies beside it is nobody's, but for IPv4 in other clothes. */
static bool is_internal6(const uint8_t address[16])
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    static const uint8_t nat64[12] = {0x00, 0x64, 0xFF, 0x9B};
    static const uint8_t six_to_four[2] = {0x20, 0x02};
    static const uint8_t assignments[2] = {0x20,
                                           0x01}; /* up to 2001:1ff: Teredo, benchmarks, ... */
    static const uint8_t documentation[4] = {0x20, 0x01, 0x0D, 0xB8};
    static const uint8_t documentation2[2] = {0x3F, 0xFF}; /* up to 3fff:fff */
    if (begins(address, mapped, sizeof mapped) || begins(address, nat64, sizeof nat64)) {
        return is_internal4(read4(address + 12));
    }
    if (begins(address, six_to_four, sizeof six_to_four)) {
        return is_internal4(read4(address + 2));
    }
    return (address[0] & 0xE0) != 0x20 ||
           (begins(address, assignments, sizeof assignments) && address[2] < 0x02) ||
           begins(address, documentation, sizeof documentation) ||
           (begins(address, documentation2, sizeof documentation2) && address[2] < 0x10);
}

bool mfn__address_is_internal(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        return is_internal4(ntohl(v4.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        return is_internal6(v6.sin6_addr.s6_addr);
    }
    return true;
}
