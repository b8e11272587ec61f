/* SPDX-License-Identifier: MIT */
#include "server/proxies.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"

#define ADDRESS_BYTES 16
#define NETWORK_BYTES 8 /* of an IPv6 address: what a provider gives to one client */
#define ITEM_MAX      64

/* Every address as one of version 6; those of version 4 are ::ffff:a.b.c.d. */
typedef struct address {
    uint8_t bytes[ADDRESS_BYTES];
} address;

typedef struct network {
    address first;
    unsigned bits;
} network;

struct mfn__proxies {
    network *networks;
    size_t count;
};

static const uint8_t version_4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_version_4(const address *a)
{
    return memcmp(a->bytes, version_4_prefix, sizeof version_4_prefix) == 0;
}

static bool parse_address(const char *text, address *ret)
{
    if (inet_pton(AF_INET, text, ret->bytes + sizeof version_4_prefix) == 1) {
        memcpy(ret->bytes, version_4_prefix, sizeof version_4_prefix);
        return true;
    }
    return inet_pton(AF_INET6, text, ret->bytes) == 1;
}

static void write_address(const address *a, char ret[MFN__CLIENT_TEXT_MAX])
{
    if (is_version_4(a)) {
        inet_ntop(AF_INET, a->bytes + sizeof version_4_prefix, ret, MFN__CLIENT_TEXT_MAX);
    } else {
        inet_ntop(AF_INET6, a->bytes, ret, MFN__CLIENT_TEXT_MAX);
    }
}

static bool contains(const network *n, const address *a)
{
    size_t whole = n->bits / 8;
    unsigned rest = n->bits % 8;
    if (memcmp(n->first.bytes, a->bytes, whole) != 0) {
        return false;
    }
    return rest == 0 || (n->first.bytes[whole] ^ a->bytes[whole]) >> (8 - rest) == 0;
}

static bool is_trusted(const mfn__proxies *proxies, const address *a)
{
    for (size_t i = 0; i < proxies->count; i++) {
        if (contains(&proxies->networks[i], a)) {
            return true;
        }
    }
    return false;
}

/* Copies what stands between `first` and `end` without white space around it; false when it is too
 * long for an address. */
static bool trim(const char *first, const char *end, char ret[ITEM_MAX])
{
    while (first < end && (*first == ' ' || *first == '\t')) {
        first++;
    }
    while (end > first && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    size_t size = (size_t)(end - first);
    if (size >= ITEM_MAX) {
        return false;
    }
    memcpy(ret, first, size);
    ret[size] = '\0';
    return true;
}

static mfn_status parse_network(char *item, network *ret, mfn_error *err)
{
    char *slash = strchr(item, '/');
    uint64_t bits = UINT64_MAX;
    bool is_fine = true;
    if (slash != NULL) {
        *slash = '\0';
        is_fine = mfn__text_to_u64(slash + 1, &bits);
    }
    is_fine = is_fine && parse_address(item, &ret->first);
    uint64_t bits_max = is_fine && is_version_4(&ret->first) ? 32 : 128;
    bits = slash == NULL ? bits_max : bits;
    if (!is_fine || bits > bits_max) {
        return mfn__fail(err, MFN_INVALID, "trusted_proxies",
                         "trusted_proxies: expected addresses or networks such as 10.0.0.0/8, "
                         "separated by commas, got '%s%s%s'",
                         item, slash == NULL ? "" : "/", slash == NULL ? "" : slash + 1);
    }
    ret->bits = (unsigned)(bits + 128 - bits_max);
    return MFN_OK;
}

mfn_status mfn__proxies_new(const char *list, mfn__proxies **ret, mfn_error *err)
{
    size_t items_max = 1;
    for (const char *at = list; *at != '\0'; at++) {
        items_max += *at == ',' ? 1 : 0;
    }
    mfn__proxies *proxies = mfn__mem_new(1, sizeof *proxies);
    network *networks = mfn__mem_new(items_max, sizeof *networks);
    if (proxies == NULL || networks == NULL) {
        mfn__mem_free(networks);
        mfn__mem_free(proxies);
        return mfn__fail_memory(err);
    }
    proxies->networks = networks;
    for (const char *at = list;; at++) {
        const char *end = at + strcspn(at, ",");
        char item[ITEM_MAX];
        mfn_status status = MFN_OK;
        if (!trim(at, end, item)) {
            status = mfn__fail(err, MFN_INVALID, "trusted_proxies",
                               "trusted_proxies: entry %zu is too long for an address",
                               proxies->count + 1);
        } else if (item[0] != '\0') {
            status = parse_network(item, &networks[proxies->count++], err);
        }
        if (status != MFN_OK) {
            mfn__proxies_free(proxies);
            return status;
        }
        if (*end == '\0') {
            break;
        }
        at = end;
    }
    *ret = proxies;
    return MFN_OK;
}

void mfn__proxies_free(mfn__proxies *proxies)
{
    if (proxies != NULL) {
        mfn__mem_free(proxies->networks);
        mfn__mem_free(proxies);
    }
}

static bool read_peer(const struct sockaddr *peer, address *ret)
{
    if (peer->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, peer, sizeof in);
        memcpy(ret->bytes, version_4_prefix, sizeof version_4_prefix);
        memcpy(ret->bytes + sizeof version_4_prefix, &in.sin_addr, 4);
        return true;
    }
    if (peer->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, peer, sizeof in);
        memcpy(ret->bytes, &in.sin6_addr, ADDRESS_BYTES);
        return true;
    }
    return false;
}

void mfn__proxies_find_client(const mfn__proxies *proxies, const struct sockaddr *peer,
                              const char *forwarded, char ret[MFN__CLIENT_TEXT_MAX])
{
    address client;
    if (peer == NULL || !read_peer(peer, &client)) {
        memcpy(ret, "unknown", sizeof "unknown");
        return;
    }
    const char *end = forwarded != NULL ? forwarded + strlen(forwarded) : NULL;
    while (end != NULL && is_trusted(proxies, &client)) {
        const char *first = end;
        while (first > forwarded && first[-1] != ',') {
            first--;
        }
        char item[ITEM_MAX];
        address before;
        if (!trim(first, end, item) || !parse_address(item, &before)) {
            break;
        }
        client = before;
        end = first > forwarded ? first - 1 : NULL;
    }
    write_address(&client, ret);
}

void mfn__proxies_limited_client(const char *client, char ret[MFN__CLIENT_TEXT_MAX])
{
    struct in6_addr whole;
    if (inet_pton(AF_INET6, client, &whole) != 1) {
        snprintf(ret, MFN__CLIENT_TEXT_MAX, "%s", client);
        return;
    }
    memset(whole.s6_addr + NETWORK_BYTES, 0, sizeof whole.s6_addr - NETWORK_BYTES);
    inet_ntop(AF_INET6, &whole, ret, MFN__CLIENT_TEXT_MAX);
}
