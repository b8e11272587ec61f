/* SPDX-License-Identifier: MIT */
/* PCG XSL-RR 128/64 (O'Neill, HMC-CS-2014-0905): the state is multiplied and increased, then its
 * folded halves are turned right by its six highest bits. As in NumPy, the state steps first. */
#ifndef MFN_KERNELS_PCG64_H
#define MFN_KERNELS_PCG64_H

#include <stddef.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 mfn__uint128;

typedef struct mfn__pcg64 {
    mfn__uint128 state;
    mfn__uint128 increment; /* odd */
} mfn__pcg64;

#define MFN__PCG64_MULTIPLIER                                                                      \
    ((mfn__uint128)UINT64_C(2549297995355413924) << 64 | UINT64_C(4865540595714422341))

/* k steps at once are one: state M^k + increment (1 + M + ... + M^(k-1)). */
#define MFN__PCG64_POWER_2  (MFN__PCG64_MULTIPLIER * MFN__PCG64_MULTIPLIER)
#define MFN__PCG64_POWER_4  (MFN__PCG64_POWER_2 * MFN__PCG64_POWER_2)
#define MFN__PCG64_POWER_8  (MFN__PCG64_POWER_4 * MFN__PCG64_POWER_4)
#define MFN__PCG64_POWER_16 (MFN__PCG64_POWER_8 * MFN__PCG64_POWER_8)
#define MFN__PCG64_SUM_4    ((1 + MFN__PCG64_MULTIPLIER) * (1 + MFN__PCG64_POWER_2))
#define MFN__PCG64_SUM_8    (MFN__PCG64_SUM_4 * (1 + MFN__PCG64_POWER_4))
#define MFN__PCG64_SUM_16   (MFN__PCG64_SUM_8 * (1 + MFN__PCG64_POWER_8))

static inline void mfn__pcg64_step(mfn__pcg64 *generator)
{
    generator->state = generator->state * MFN__PCG64_MULTIPLIER + generator->increment;
}

static inline uint64_t mfn__pcg64_permute(mfn__uint128 state)
{
    uint64_t folded = (uint64_t)(state >> 64) ^ (uint64_t)state;
    unsigned turn = (unsigned)(state >> 122);
    return folded >> turn | folded << (-turn & 63);
}

static inline uint64_t mfn__pcg64_next(mfn__pcg64 *generator)
{
    mfn__pcg64_step(generator);
    return mfn__pcg64_permute(generator->state);
}

/* The next `count` draws, in the order of the stream. */
typedef void (*mfn__pcg64_fill_kernel)(mfn__pcg64 *generator, uint64_t *ret, size_t count);

#endif
