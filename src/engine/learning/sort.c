/* SPDX-License-Identifier: MIT */
/* A radix sort from the lowest byte up that skips bytes in which all keys agree; by insertion when
 * there are few keys. Hostile senders choose the numbers that are sorted here: unlike a quicksort
 * it has no bad cases. */
#include "engine/learning/sort.h"

#include <string.h>

#define FEW     40
#define BUCKETS 256
#define DIGITS  8

static void sort_few(uint64_t *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t key = keys[i];
        size_t at = i;
        for (; at > 0 && keys[at - 1] > key; at--) {
            keys[at] = keys[at - 1];
        }
        keys[at] = key;
    }
}

static size_t digit_of(uint64_t key, size_t digit)
{
    return (size_t)(key >> (8 * digit)) & (BUCKETS - 1);
}

void mfn__sort_keys(uint64_t *keys, uint64_t *scratch, size_t count)
{
    if (count <= FEW) {
        sort_few(keys, count);
        return;
    }
    uint64_t varying = 0;
    for (size_t i = 1; i < count; i++) {
        varying |= keys[i] ^ keys[0];
    }
    uint64_t *from = keys;
    uint64_t *to = scratch;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        if (digit_of(varying, digit) == 0) {
            continue;
        }
        size_t ends[BUCKETS] = {0};
        for (size_t i = 0; i < count; i++) {
            ends[digit_of(from[i], digit)]++;
        }
        size_t start = 0;
        for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
            size_t held = ends[bucket];
            ends[bucket] = start;
            start += held;
        }
        for (size_t i = 0; i < count; i++) {
            to[ends[digit_of(from[i], digit)]++] = from[i];
        }
        uint64_t *done = to;
        to = from;
        from = done;
    }
    if (from != keys) {
        memcpy(keys, from, count * sizeof *keys);
    }
}
