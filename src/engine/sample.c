/* SPDX-License-Identifier: MIT */
/* Sampling without replacement with NumPy's two methods and its rule which one to take: a partial
 * Fisher-Yates shuffle of the tail when many of a large population are wanted, else Floyd's
 * algorithm (Bentley and Floyd, CACM 30(9), 1987) followed by a shuffle. */
#include "base/error.h"
#include "base/mem.h"
#include "engine/random.h"

#define TAIL_SHUFFLE_POPULATION 10000
#define TAIL_SHUFFLE_RATIO      50

static void swap(uint64_t *a, uint64_t *b)
{
    uint64_t kept = *a;
    *a = *b;
    *b = kept;
}

static mfn_status tail_shuffle(mfn_random *random, uint64_t population, size_t count, uint64_t *ret,
                               mfn_error *err)
{
    uint64_t *all = mfn__mem_new(population, sizeof *all);
    if (all == NULL) {
        return mfn__fail_memory(err);
    }
    for (uint64_t i = 0; i < population; i++) {
        all[i] = i;
    }
    uint64_t first = population - count > 1 ? population - count : 1;
    for (uint64_t i = population - 1; i >= first; i--) {
        swap(&all[mfn__random_bounded(random, i)], &all[i]);
    }
    for (size_t i = 0; i < count; i++) {
        ret[i] = all[population - count + i];
    }
    mfn__mem_free(all);
    return MFN_OK;
}

/* A set of values by open addressing; `slots` is a power of two at least twice the values. */
typedef struct value_set {
    uint64_t *values;
    size_t mask;
} value_set;

/* Adds the value; false if it was there. */
static bool value_set_add(value_set *set, uint64_t value)
{
    size_t slot = (size_t)(value * UINT64_C(0x9e3779b97f4a7c15) >> 32) & set->mask;
    while (set->values[slot] != UINT64_MAX) {
        if (set->values[slot] == value) {
            return false;
        }
        slot = (slot + 1) & set->mask;
    }
    set->values[slot] = value;
    return true;
}

static mfn_status floyd(mfn_random *random, uint64_t population, size_t count, uint64_t *ret,
                        mfn_error *err)
{
    size_t slots = 16;
    while (slots / 2 < count) {
        slots *= 2;
    }
    value_set taken = {mfn__mem_new(slots, sizeof(uint64_t)), slots - 1};
    if (taken.values == NULL) {
        return mfn__fail_memory(err);
    }
    for (size_t i = 0; i < slots; i++) {
        taken.values[i] = UINT64_MAX;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t last = population - count + i;
        uint64_t value = mfn__random_bounded(random, last);
        if (!value_set_add(&taken, value)) {
            value = last;
            (void)value_set_add(&taken, value);
        }
        ret[i] = value;
    }
    mfn__mem_free(taken.values);
    for (size_t i = count; i > 1; i--) {
        swap(&ret[mfn__random_bounded(random, i - 1)], &ret[i - 1]);
    }
    return MFN_OK;
}

mfn_status mfn_random_sample(mfn_random *random, uint64_t population, size_t count, uint64_t *ret,
                             mfn_error *err)
{
    if (count > population || count > SIZE_MAX / 4 / sizeof *ret) {
        return mfn__fail(err, MFN_INVALID, "count",
                         "count: expected at most the population of %llu, got %zu",
                         (unsigned long long)population, count);
    }
    if (count == 0) {
        return MFN_OK;
    }
    if (population > TAIL_SHUFFLE_POPULATION && count > population / TAIL_SHUFFLE_RATIO) {
        return tail_shuffle(random, population, count, ret, err);
    }
    return floyd(random, population, count, ret, err);
}
