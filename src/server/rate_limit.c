/* SPDX-License-Identifier: MIT */
/* The table is set-associative, like a cache: a hash of client and endpoint chooses a set of some
 * buckets and tells them apart inside it, so neither texts nor links are kept and nothing grows.
 * The hash is SipHash-2-4 (Aumasson and Bernstein 2012) with a random key: who does not know it can
 * neither meet another client's bucket nor crowd it out of its set on purpose.
 *
 * What a bucket holds is counted in tokens times the window in nanoseconds. Then a nanosecond adds
 * `requests`, and nothing is rounded away however often the bucket is looked at: sums of whole
 * numbers below 2^53 are exact. */
#include "server/rate_limit.h"

#include <math.h>
#include <pthread.h>
#include <stdalign.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

#define SET_BUCKETS     16
#define SHARDS_MAX      64
#define BUCKETS_MAX     (UINT64_C(1) << 32)
#define CACHE_LINE      64
#define REQUESTS_MAX    (UINT64_C(1) << 53)  /* more is as good as no limit */
#define WINDOW_MAX_S    UINT64_C(1000000000) /* some 30 years; in ns it fits an int64_t */
#define NEVER_USED      INT64_MIN
#define SIPHASH_ROUNDS  2
#define SIPHASH_FINALLY 4

typedef struct bucket {
    uint64_t tag; /* the hash */
    double credit;
    int64_t used_ns;
    int64_t full_ns; /* when it is full if nobody takes anything */
} bucket;

typedef struct shard {
    alignas(CACHE_LINE) pthread_mutex_t mutex; /* guards the sets whose number ends like its own */
} shard;

struct mfn__rate_limit {
    uint64_t key[2];
    uint64_t set_count, shard_count; /* powers of two */
    size_t ways;                     /* buckets in a set */
    shard *shards;
    bucket *buckets;
};

static uint64_t round_up(uint64_t value)
{
    uint64_t power = 1;
    while (power < value) {
        power *= 2;
    }
    return power;
}

mfn_status mfn__rate_limit_new(uint64_t buckets_max, mfn__rate_limit **ret, mfn_error *err)
{
    if (buckets_max < 1 || buckets_max > BUCKETS_MAX) {
        return mfn__fail(err, MFN_INVALID, "buckets_max",
                         "buckets_max: expected 1 .. 2^32, got %llu",
                         (unsigned long long)buckets_max);
    }
    mfn__rate_limit *limit = mfn__mem_new(1, sizeof *limit);
    if (limit == NULL) {
        return mfn__fail_memory(err);
    }
    const uint64_t buckets = round_up(buckets_max);
    limit->ways = buckets < SET_BUCKETS ? (size_t)buckets : SET_BUCKETS;
    limit->set_count = buckets / limit->ways;
    const uint64_t shards = limit->set_count < SHARDS_MAX ? limit->set_count : SHARDS_MAX;
    limit->shards = mfn__mem_new_aligned((size_t)shards, sizeof *limit->shards);
    limit->buckets = mfn__mem_new_aligned((size_t)buckets, sizeof *limit->buckets);
    if (limit->shards == NULL || limit->buckets == NULL) {
        mfn__rate_limit_free(limit);
        return mfn__fail_memory(err);
    }
    for (uint64_t i = 0; i < buckets; i++) {
        limit->buckets[i] = (bucket){.used_ns = NEVER_USED, .full_ns = NEVER_USED};
    }
    for (; limit->shard_count < shards; limit->shard_count++) {
        pthread_mutex_init(&limit->shards[limit->shard_count].mutex, NULL);
    }
    if (getrandom(limit->key, sizeof limit->key, 0) != (ssize_t)sizeof limit->key) {
        mfn__rate_limit_free(limit);
        return mfn__fail(err, MFN_IO, NULL, "cannot draw a random key for the rate limit");
    }
    *ret = limit;
    return MFN_OK;
}

void mfn__rate_limit_free(mfn__rate_limit *limit)
{
    if (limit == NULL) {
        return;
    }
    for (uint64_t i = 0; i < limit->shard_count; i++) {
        pthread_mutex_destroy(&limit->shards[i].mutex);
    }
    mfn__mem_free(limit->shards);
    mfn__mem_free(limit->buckets);
    mfn__mem_free(limit);
}

/* SipHash over bytes that come one after the other. */
typedef struct hasher {
    uint64_t v[4];
    uint64_t word; /* bytes that do not make a whole word yet, from the low end */
    uint64_t size;
} hasher;

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static void mix(uint64_t v[4], unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32) + v[3];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

static void hash_word(hasher *hash, uint64_t word)
{
    hash->v[3] ^= word;
    mix(hash->v, SIPHASH_ROUNDS);
    hash->v[0] ^= word;
}

/* Includes the final NUL, so that where one text ends and the next begins counts. */
static void hash_text(hasher *hash, const char *text)
{
    const size_t size = strlen(text) + 1;
    for (size_t i = 0; i < size; i++) {
        hash->word |= (uint64_t)(unsigned char)text[i] << hash->size % 8 * 8;
        hash->size++;
        if (hash->size % 8 == 0) {
            hash_word(hash, hash->word);
            hash->word = 0;
        }
    }
}

static uint64_t hash_of(const mfn__rate_limit *limit, const char *client, const char *endpoint)
{
    hasher hash = {.v = {UINT64_C(0x736f6d6570736575) ^ limit->key[0],
                         UINT64_C(0x646f72616e646f6d) ^ limit->key[1],
                         UINT64_C(0x6c7967656e657261) ^ limit->key[0],
                         UINT64_C(0x7465646279746573) ^ limit->key[1]}};
    hash_text(&hash, client);
    hash_text(&hash, endpoint);
    hash_word(&hash, hash.word | hash.size << 56);
    hash.v[2] ^= 0xff;
    mix(hash.v, SIPHASH_FINALLY);
    return hash.v[0] ^ hash.v[1] ^ hash.v[2] ^ hash.v[3];
}

/* The bucket with this tag, or the one to be replaced. */
static bucket *find(bucket *set, size_t ways, uint64_t tag, int64_t now_ns, bool *ret_is_new)
{
    bucket *oldest = set;
    bucket *fullest = set;
    for (size_t i = 0; i < ways; i++) {
        bucket *it = &set[i];
        if (it->tag == tag && it->used_ns != NEVER_USED) {
            *ret_is_new = false;
            return it;
        }
        oldest = it->used_ns < oldest->used_ns ? it : oldest;
        fullest = it->full_ns < fullest->full_ns ? it : fullest;
    }
    *ret_is_new = true;
    return fullest->full_ns <= now_ns ? fullest : oldest;
}

/* Adds what came in since the last use, then takes a token if there is one. Returns the credit. */
static double take(bucket *it, bool is_new, double requests, double token, int64_t now_ns,
                   bool *ret_is_allowed)
{
    const double capacity = requests * token;
    double credit = is_new ? capacity : it->credit;
    if (!is_new && now_ns > it->used_ns) {
        credit += (double)(now_ns - it->used_ns) * requests;
    }
    credit = credit < capacity ? credit : capacity;
    *ret_is_allowed = credit >= token;
    credit -= *ret_is_allowed ? token : 0.0;
    /* Threads may come with times in another order than that in which they took the lock. */
    it->used_ns = is_new || now_ns > it->used_ns ? now_ns : it->used_ns;
    it->credit = credit;
    it->full_ns = it->used_ns + (int64_t)ceil((capacity - credit) / requests);
    return credit;
}

/* NOLINTNEXTLINE(readability-function-size): whose bucket, how large it is, and when */
void mfn__rate_limit_take(mfn__rate_limit *limit, const char *client, const char *endpoint,
                          uint64_t requests, uint64_t window_s, int64_t monotonic_ns,
                          mfn__rate_verdict *ret)
{
    *ret = (mfn__rate_verdict){.limit = requests,
                               .window_s = window_s,
                               .reset_s = window_s,
                               .retry_after_s = window_s > 0 ? window_s : 1};
    if (requests == 0 || window_s == 0) {
        return;
    }
    window_s = window_s < WINDOW_MAX_S ? window_s : WINDOW_MAX_S;
    const double capacity = (double)(requests < REQUESTS_MAX ? requests : REQUESTS_MAX);
    const double token = (double)window_s * (double)MFN__NS_PER_S;
    const double per_second = capacity * (double)MFN__NS_PER_S;
    const uint64_t tag = hash_of(limit, client, endpoint);
    const uint64_t number = tag & (limit->set_count - 1);
    bucket *set = &limit->buckets[number * limit->ways];
    shard *owner = &limit->shards[number & (limit->shard_count - 1)];
    bool is_new = false;
    pthread_mutex_lock(&owner->mutex);
    bucket *it = find(set, limit->ways, tag, monotonic_ns, &is_new);
    it->tag = tag;
    const double credit = take(it, is_new, capacity, token, monotonic_ns, &ret->is_allowed);
    pthread_mutex_unlock(&owner->mutex);
    ret->remaining = (uint64_t)(credit / token);
    ret->reset_s = (uint64_t)ceil((capacity * token - credit) / per_second);
    ret->retry_after_s = ret->is_allowed ? 0 : (uint64_t)((token - credit) / per_second) + 1;
}

uint64_t mfn__rate_limit_of_path(const char *path, uint64_t requests)
{
    static const struct {
        const char *prefix;
        uint64_t requests;
    } limits[] = {
        {"/health", 1000},
        {"/validate", 50},
        {"/simulate", 50},
        {"/nernst", 200},
        {"/federated/aggregate", 50},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (strncmp(path, limits[i].prefix, strlen(limits[i].prefix)) == 0) {
            return limits[i].requests;
        }
    }
    return requests;
}
