/* SPDX-License-Identifier: MIT */
/* Draws follow numpy.random.Generator operation by operation, because the position in the stream
 * is part of every result. Many draws are made a block at a time, by the kernels. */
#include "engine/random.h"

#include <assert.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/seed_sequence.h"
#include "kernels/kernels.h"

uint64_t mfn__random_bits(mfn_random *random)
{
    return mfn__pcg64_next(&random->pcg);
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
    mfn__uint128 start = (mfn__uint128)words[0] << 64 | words[1];
    mfn__uint128 sequence = (mfn__uint128)words[2] << 64 | words[3];
    *random = (mfn_random){.pcg = {.state = 0, .increment = sequence << 1 | 1}};
    mfn__pcg64_step(&random->pcg);
    random->pcg.state += start;
    mfn__pcg64_step(&random->pcg);
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
        .state_high = (uint64_t)(random->pcg.state >> 64),
        .state_low = (uint64_t)random->pcg.state,
        .increment_high = (uint64_t)(random->pcg.increment >> 64),
        .increment_low = (uint64_t)random->pcg.increment,
        .has_half = random->has_half,
        .half = random->half,
    };
}

void mfn_random_set_state(mfn_random *random, const mfn_random_state *state)
{
    *random = (mfn_random){
        .pcg = {.state = (mfn__uint128)state->state_high << 64 | state->state_low,
                .increment = (mfn__uint128)state->increment_high << 64 | state->increment_low},
        .has_half = state->has_half,
        .half = state->half,
    };
}

double mfn_random_uniform(mfn_random *random)
{
    return (double)(int64_t)(mfn__random_bits(random) >> 11) * 0x1p-53;
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
    mfn__uint128 product = (mfn__uint128)mfn__random_bits(random) * values;
    if ((uint64_t)product < values) {
        uint64_t biased = (UINT64_MAX - span) % values;
        while ((uint64_t)product < biased) {
            product = (mfn__uint128)mfn__random_bits(random) * values;
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

void mfn__draws_init(mfn__draws *draws, mfn_random *random, size_t count)
{
    draws->random = random;
    draws->missing = count;
    draws->next = 0;
    draws->end = 0;
}

void mfn__draws_refill(mfn__draws *draws)
{
    if (draws->next == draws->end) {
        draws->next = 0;
        draws->end = draws->missing < MFN__RANDOM_BLOCK ? draws->missing : MFN__RANDOM_BLOCK;
        mfn__kernels()->pcg64_fill(&draws->random->pcg, draws->bits, draws->end);
    }
}

void mfn__draws_uniforms(mfn__draws *draws, double low, double high, double *ret, size_t count)
{
    assert(count <= draws->missing);
    for (size_t done = 0; done < count;) {
        mfn__draws_refill(draws);
        size_t made = draws->end - draws->next;
        size_t some = count - done < made ? count - done : made;
        mfn__kernels()->uniforms(draws->bits + draws->next, some, low, high - low, ret + done);
        draws->next += some;
        draws->missing -= some;
        done += some;
    }
}

void mfn_random_fill_uniform(mfn_random *random, double low, double high, double *ret, size_t count)
{
    mfn__draws draws;
    mfn__draws_init(&draws, random, count);
    mfn__draws_uniforms(&draws, low, high, ret, count);
}
