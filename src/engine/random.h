/* SPDX-License-Identifier: MIT */
/* The generator's inside, for the engine: a simulation embeds one instead of pointing to it. */
#ifndef MFN_ENGINE_RANDOM_H
#define MFN_ENGINE_RANDOM_H

#include "mfn/random.h"

struct mfn_random {
    __extension__ unsigned __int128 state;
    __extension__ unsigned __int128 increment;
    bool has_half;
    uint32_t half;
};

/* The next 64 bits of the stream. */
uint64_t mfn__random_bits(mfn_random *random);

/* Uniform in [0, span], both ends included, as NumPy's bounded integers. */
uint64_t mfn__random_bounded(mfn_random *random, uint64_t span);

#endif
