/* SPDX-License-Identifier: MIT */
#include "engine/learning/lower_median.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "engine/learning/sort.h"

#define STRIPS   64 /* of coordinates: tasks with scratch of their own */
#define TILE     16 /* coordinates read at a time, a cache line of each gradient */
#define SIGN_BIT UINT32_C(0x80000000)

typedef struct median_work {
    const mfn_gradients *gradients;
    size_t strips;
    uint64_t *keys; /* (TILE + 1) * count for each strip */
    float *ret;
} median_work;

/* A whole number that sorts as the float does. */
static uint64_t key_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits & SIGN_BIT) != 0 ? (uint32_t)~bits : bits | SIGN_BIT;
}

static float value_of(uint64_t key)
{
    uint32_t bits = (uint32_t)key;
    bits = (bits & SIGN_BIT) != 0 ? bits & ~SIGN_BIT : ~bits;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void median_of_tile(const median_work *work, size_t first, size_t width, uint64_t *keys)
{
    size_t count = (size_t)work->gradients->count;
    size_t dimension = (size_t)work->gradients->dimension;
    for (size_t i = 0; i < count; i++) {
        const float *values = work->gradients->values + i * dimension + first;
        for (size_t k = 0; k < width; k++) {
            keys[k * count + i] = key_of(values[k]);
        }
    }
    for (size_t k = 0; k < width; k++) {
        mfn__sort_keys(keys + k * count, keys + TILE * count, count);
        work->ret[first + k] = value_of(keys[k * count + (count - 1) / 2]);
    }
}

/* Task: every strips-th tile. */
static void median_of_strip(void *argument, size_t strip)
{
    const median_work *work = argument;
    size_t count = (size_t)work->gradients->count;
    size_t dimension = (size_t)work->gradients->dimension;
    uint64_t *keys = work->keys + strip * (TILE + 1) * count;
    for (size_t first = strip * TILE; first < dimension; first += work->strips * TILE) {
        size_t left = dimension - first;
        median_of_tile(work, first, left < TILE ? left : TILE, keys);
    }
}

mfn_status mfn__lower_median(const mfn_gradients *gradients, const mfn_parallel *parallel,
                             float *ret, mfn_error *err)
{
    size_t tiles = ((size_t)gradients->dimension + TILE - 1) / TILE;
    median_work work = {
        .gradients = gradients, .strips = tiles < STRIPS ? tiles : STRIPS, .ret = ret};
    work.keys =
        mfn__mem_new(work.strips * (TILE + 1) * (size_t)gradients->count, sizeof *work.keys);
    if (work.keys == NULL) {
        return mfn__fail_memory(err);
    }
    mfn__parallel_run(parallel, median_of_strip, &work, work.strips);
    mfn__mem_free(work.keys);
    return MFN_OK;
}
