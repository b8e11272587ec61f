/* SPDX-License-Identifier: MIT */
/* PCG XSL-RR 128/64 (O'Neill, HMC-CS-2014-0905) in NumPy's variant: the state steps first, then
 * the new state is permuted. Draws follow numpy.random.Generator operation by operation, because
 * the position in the stream is part of every result. */
#include "engine/random.h"

#include <assert.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/seed_sequence.h"

__extension__ typedef unsigned __int128 wide;

#define MULTIPLIER ((wide)UINT64_C(2549297995355413924) << 64 | UINT64_C(4865540595714422341))

/* 2^-53: a 53-bit fraction becomes a double in [0, 1). */
#define UNIT_53 0x1p-53

static void step(mfn_random *random)
{
    random->state = random->state * MULTIPLIER + random->increment;
}

uint64_t mfn__random_bits(mfn_random *random)
{
    step(random);
    uint64_t folded = (uint64_t)(random->state >> 64) ^ (uint64_t)random->state;
    unsigned turn = (unsigned)(random->state >> 122);
    return folded >> turn | folded << (-turn & 63);
}

/* One 64-bit draw serves two 32-bit requests; the second half waits however many 64-bit requests
 * come in between. */
static uint32_t next_half(mfn_random *random)
{
    if (random->has_half) {
        random->has_half = false;
        return random->half;
    }
    uint64_t bits = mfn__random_bits(random);
    random->has_half = true;
    random->half = (uint32_t)(bits >> 32);
    return (uint32_t)bits;
}

mfn_status mfn_random_seed(mfn_random *random, const char *seed, mfn_error *err)
{
    uint64_t words[MFN__SEED_WORDS];
    mfn_status status = mfn__seed_sequence(seed, words, err);
    if (status != MFN_OK) {
        return status;
    }
    wide start = (wide)words[0] << 64 | words[1];
    wide sequence = (wide)words[2] << 64 | words[3];
    *random = (mfn_random){.state = 0, .increment = sequence << 1 | 1};
    step(random);
    random->state += start;
    step(random);
    return MFN_OK;
}

mfn_status mfn_random_new(const char *seed, mfn_random **ret, mfn_error *err)
{
    mfn_random *random = mfn__mem_new(1, sizeof *random);
    if (random == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = mfn_random_seed(random, seed, err);
    if (status != MFN_OK) {
        mfn__mem_free(random);
        return status;
    }
    *ret = random;
    return MFN_OK;
}

void mfn_random_free(mfn_random *random)
{
    mfn__mem_free(random);
}

void mfn_random_get_state(const mfn_random *random, mfn_random_state *ret)
{
    *ret = (mfn_random_state){
        .state_high = (uint64_t)(random->state >> 64),
        .state_low = (uint64_t)random->state,
        .increment_high = (uint64_t)(random->increment >> 64),
        .increment_low = (uint64_t)random->increment,
        .has_half = random->has_half,
        .half = random->half,
    };
}

void mfn_random_set_state(mfn_random *random, const mfn_random_state *state)
{
    *random = (mfn_random){
        .state = (wide)state->state_high << 64 | state->state_low,
        .increment = (wide)state->increment_high << 64 | state->increment_low,
        .has_half = state->has_half,
        .half = state->half,
    };
}

double mfn_random_uniform(mfn_random *random)
{
    return (double)(mfn__random_bits(random) >> 11) * UNIT_53;
}

double mfn_random_uniform_between(mfn_random *random, double low, double high)
{
    double range = high - low;
    return low + range * mfn_random_uniform(random);
}

/* Lemire's method with 32-bit draws for spans below 2^32 - 1 and 64-bit draws above: a product
 * whose low half falls into the biased part is thrown away. */
uint64_t mfn__random_bounded(mfn_random *random, uint64_t span)
{
    if (span == 0) {
        return 0;
    }
    if (span == UINT32_MAX) {
        return next_half(random);
    }
    if (span == UINT64_MAX) {
        return mfn__random_bits(random);
    }
    if (span < UINT32_MAX) {
        uint32_t values = (uint32_t)span + 1;
        uint64_t product = (uint64_t)next_half(random) * values;
        if ((uint32_t)product < values) {
            uint32_t biased = (UINT32_MAX - (uint32_t)span) % values;
            while ((uint32_t)product < biased) {
                product = (uint64_t)next_half(random) * values;
            }
        }
        return product >> 32;
    }
    uint64_t values = span + 1;
    wide product = (wide)mfn__random_bits(random) * values;
    if ((uint64_t)product < values) {
        uint64_t biased = (UINT64_MAX - span) % values;
        while ((uint64_t)product < biased) {
            product = (wide)mfn__random_bits(random) * values;
        }
    }
    return (uint64_t)(product >> 64);
}

int64_t mfn_random_integer(mfn_random *random, int64_t low, int64_t high)
{
    assert(low < high);
    uint64_t span = (uint64_t)high - (uint64_t)low - 1;
    return (int64_t)((uint64_t)low + mfn__random_bounded(random, span));
}

void mfn_random_fill_uniform(mfn_random *random, double low, double high, double *ret, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ret[i] = mfn_random_uniform_between(random, low, high);
    }
}
