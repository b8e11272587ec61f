/* SPDX-License-Identifier: MIT */
/* The generator's inside, for the engine: a simulation embeds one instead of pointing to it. */
#ifndef MFN_ENGINE_RANDOM_H
#define MFN_ENGINE_RANDOM_H

#include "kernels/pcg64.h"

#include "mfn/random.h"

struct mfn_random {
    mfn__pcg64 pcg;
    bool has_half;
    uint32_t half;
};

/* The next 64 bits of the stream. */
uint64_t mfn__random_bits(mfn_random *random);

/* Uniform in [0, span], both ends included, as NumPy's bounded integers. */
uint64_t mfn__random_bounded(mfn_random *random, uint64_t span);

/* Draws that are made at a time when many are wanted: they stay in the nearest cache. */
#define MFN__RANDOM_BLOCK 512

/* Many numbers that are taken in pieces, for example row by row, with the draws made in blocks
 * across the pieces. Until all are taken, the generator itself may be ahead of them. */
typedef struct mfn__draws {
    mfn_random *random;
    size_t missing; /* numbers that are not taken yet: at least one draw each */
    size_t next, end;
    uint64_t bits[MFN__RANDOM_BLOCK]; /* next .. end-1 are not used yet: no more than are missing */
} mfn__draws;

/* `count` numbers will be taken. */
void mfn__draws_init(mfn__draws *draws, mfn_random *random, size_t count);

/* The next `count` of them. */
void mfn__draws_uniforms(mfn__draws *draws, double low, double high, double *ret, size_t count);
void mfn__draws_normals(mfn__draws *draws, double mean, double deviation, double *ret,
                        size_t count);

/* Makes a block when all draws are used. */
void mfn__draws_refill(mfn__draws *draws);

#endif
