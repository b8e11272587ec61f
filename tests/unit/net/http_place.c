/* SPDX-License-Identifier: MIT */
/* Names are resolved here: the program's getaddrinfo comes before the C library's. */
#include "http_place.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

/* Names. */

static pthread_mutex_t names_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t names_changed = PTHREAD_COND_INITIALIZER;
static bool is_slow_answered;

__attribute__((visibility("default"))) int getaddrinfo(const char *name, const char *service,
                                                       const struct addrinfo *hints,
                                                       struct addrinfo **ret);
__attribute__((visibility("default"))) void freeaddrinfo(struct addrinfo *info);

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    size_t length = strlen(name);
    bool is_loopback =
        strcmp(name, "localhost") == 0 || (length > 5 && strcmp(name + length - 5, ".test") == 0);
    if (strcmp(name, "slow.test") == 0) {
        pthread_mutex_lock(&names_mutex);
        while (!is_slow_answered) {
            pthread_cond_wait(&names_changed, &names_mutex);
        }
        pthread_mutex_unlock(&names_mutex);
    }
    if (hints != NULL && hints->ai_family == AF_INET6) {
        return EAI_NONAME;
    }
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!is_loopback && inet_pton(AF_INET, name, &address.sin_addr) != 1) {
        return EAI_NONAME;
    }
    address.sin_port = htons((uint16_t)strtoul(service != NULL ? service : "0", NULL, 10));
    struct addrinfo *info = calloc(1, sizeof *info + sizeof address);
    if (info == NULL) {
        return EAI_MEMORY;
    }
    info->ai_family = AF_INET;
    info->ai_socktype = SOCK_STREAM;
    info->ai_addrlen = sizeof address;
    info->ai_addr = memcpy(info + 1, &address, sizeof address);
    *ret = info;
    return 0;
}

void freeaddrinfo(struct addrinfo *info)
{
    free(info);
}

void http_place_answer_slow_name(void)
{
    pthread_mutex_lock(&names_mutex);
    is_slow_answered = true;
    pthread_cond_broadcast(&names_changed);
    pthread_mutex_unlock(&names_mutex);
}

/* The place. */

void http_place_make(http_place *place, uint64_t pool_size, uint64_t pool_size_per_host)
{
    *place = (http_place){.peer = http_peer_new()};
    const mfn__http_pool_options options = {pool_size, pool_size_per_host};
    ck_assert_int_eq(mfn__http_pool_new(&options, &place->pool, NULL), MFN_OK);
    mfn_options_set_defaults(mfn__http_access_option_table(), &place->access);
    place->access.allow_internal_addresses = true;
}

void http_place_clear(http_place *place)
{
    for (size_t i = 0; i < place->count; i++) {
        mfn__http_exchange_deinit(&place->exchanges[i]);
    }
    place->count = 0;
}

void http_place_drop(http_place *place)
{
    http_place_clear(place);
    mfn__http_pool_free(place->pool);
    http_peer_free(place->peer);
}

mfn__http_exchange *http_place_add(http_place *place, const char *host, const char *path)
{
    ck_assert_uint_lt(place->count, HTTP_PLACE_EXCHANGES_MAX);
    char *url = place->urls[place->count];
    snprintf(url, HTTP_PLACE_URL_MAX, "http://%s:%d%s", host, http_peer_port(place->peer), path);
    mfn__http_exchange *exchange = &place->exchanges[place->count++];
    *exchange = (mfn__http_exchange){
        .method = "GET", .url = url, .access = &place->access, .timeout_s = 60};
    return exchange;
}

void http_place_perform(http_place *place)
{
    mfn__http_perform(place->pool, place->exchanges, place->count, NULL);
}

mfn__http_exchange *http_place_get(http_place *place, const char *path)
{
    http_place_clear(place);
    mfn__http_exchange *exchange = http_place_add(place, "127.0.0.1", path);
    http_place_perform(place);
    return exchange;
}

void http_place_expect(const mfn__http_exchange *exchange, int status, const char *answer)
{
    ck_assert_msg(exchange->problem.status == MFN_OK, "%s", exchange->problem.text);
    ck_assert_int_eq(exchange->status, status);
    ck_assert_uint_eq(exchange->answer.size, strlen(answer));
    ck_assert_str_eq(exchange->answer.size > 0 ? exchange->answer.data : "", answer);
}
