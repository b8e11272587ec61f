/* SPDX-License-Identifier: MIT */
/* The first line is a list of trusted proxies, the second the peer's address, the third the value
 * of X-Forwarded-For: the client is an address that stands in one of the last two, and is the peer
 * when that is not trusted. */
#include <arpa/inet.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "server/proxies.h"

static bool read_peer(const char *text, struct sockaddr_storage *ret)
{
    struct sockaddr_in version_4 = {.sin_family = AF_INET};
    struct sockaddr_in6 version_6 = {.sin6_family = AF_INET6};
    memset(ret, 0, sizeof *ret);
    if (inet_pton(AF_INET, text, &version_4.sin_addr) == 1) {
        memcpy(ret, &version_4, sizeof version_4);
        return true;
    }
    memcpy(&version_6.sin6_addr, &in6addr_loopback, sizeof version_6.sin6_addr);
    bool is_address = inet_pton(AF_INET6, text, &version_6.sin6_addr) == 1;
    memcpy(ret, &version_6, sizeof version_6);
    return is_address;
}

static void find(const mfn__proxies *proxies, const struct sockaddr_storage *peer,
                 const char *forwarded, char ret[MFN__CLIENT_TEXT_MAX])
{
    memset(ret, 'x', MFN__CLIENT_TEXT_MAX);
    mfn__proxies_find_client(proxies, (const struct sockaddr *)peer, forwarded, ret);
    unsigned char bytes[sizeof(struct in6_addr)];
    fuzz_require(memchr(ret, '\0', MFN__CLIENT_TEXT_MAX) != NULL);
    fuzz_require(inet_pton(AF_INET, ret, bytes) == 1 || inet_pton(AF_INET6, ret, bytes) == 1);
}

static void check_client(const char *list, const struct sockaddr_storage *peer,
                         const char *forwarded)
{
    mfn__proxies *proxies = NULL;
    mfn__proxies *nobody = NULL;
    mfn_error err = {0};
    char itself[MFN__CLIENT_TEXT_MAX];
    char client[MFN__CLIENT_TEXT_MAX];
    char stranger[MFN__CLIENT_TEXT_MAX];
    mfn_status status = mfn__proxies_new(list, &proxies, &err);
    if (status != MFN_OK) {
        fuzz_require(proxies == NULL && err.text[0] != '\0');
        return;
    }
    fuzz_require(mfn__proxies_new("", &nobody, NULL) == MFN_OK);
    find(proxies, peer, NULL, itself);
    find(nobody, peer, forwarded, stranger);
    find(proxies, peer, forwarded, client);
    fuzz_require(strcmp(itself, stranger) == 0);
    if (strcmp(client, itself) == 0) {
        goto done;
    }
    /* Whoever is before trusted proxies: with the first of them alone the search goes on. */
    mfn__proxies *first = NULL;
    fuzz_require(mfn__proxies_new(itself, &first, NULL) == MFN_OK);
    find(first, peer, forwarded, stranger);
    fuzz_require(strcmp(stranger, itself) != 0);
    mfn__proxies_free(first);
done:
    mfn__proxies_free(nobody);
    mfn__proxies_free(proxies);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mfn__mem_new(size + 1, 1);
    fuzz_require(text != NULL);
    memcpy(text, data, size);
    char *peer_text = strchr(text, '\n');
    char *forwarded = NULL;
    if (peer_text != NULL) {
        *peer_text++ = '\0';
        forwarded = strchr(peer_text, '\n');
    }
    if (forwarded != NULL) {
        *forwarded++ = '\0';
    }
    struct sockaddr_storage peer;
    read_peer(peer_text != NULL ? peer_text : "127.0.0.1", &peer);
    check_client(text, &peer, forwarded);
    mfn__mem_free(text);
    return 0;
}
