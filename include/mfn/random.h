/* SPDX-License-Identifier: MIT */
/* The random numbers of NumPy's default_rng(seed): same seed, same stream, same bits.
 *
 * PCG64 is O'Neill's PCG XSL-RR 128/64 (HMC-CS-2014-0905), seeded by NumPy's SeedSequence;
 * normals come from the 256-layer ziggurat (Marsaglia and Tsang, J. Stat. Softw. 5(8), 2000),
 * bounded integers from Lemire's method (ACM TOMACS 29(1), 2019). */
#ifndef MFN_RANDOM_H
#define MFN_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "mfn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One stream of numbers. Not thread-safe: one thread per generator. */
typedef struct mfn_random mfn_random;

/* The complete state, to save and restore a stream. */
typedef struct mfn_random_state {
    uint64_t state_high, state_low;         /* 128-bit state of the congruential generator */
    uint64_t increment_high, increment_low; /* its odd 128-bit increment */
    bool has_half;                          /* a 32-bit half is kept for the next 32-bit request */
    uint32_t half;
} mfn_random_state;

/* `seed` is a non-negative whole number in decimal, of at most MFN_SEED_DIGITS_MAX digits.
 * `*ret` is set only on MFN_OK. Release with mfn_random_free. */
#define MFN_SEED_DIGITS_MAX 4096
MFN_CHECKED MFN_API mfn_status mfn_random_new(const char *seed, mfn_random **ret, mfn_error *err);
MFN_API void mfn_random_free(mfn_random *random); /* NULL is allowed */

/* Starts the stream again from another seed, without allocating. */
MFN_CHECKED MFN_API mfn_status mfn_random_seed(mfn_random *random, const char *seed,
                                               mfn_error *err);

MFN_API void mfn_random_get_state(const mfn_random *random, mfn_random_state *ret);
MFN_API void mfn_random_set_state(mfn_random *random, const mfn_random_state *state);

/* Uniform in [0, 1) with 53 random bits. */
MFN_API double mfn_random_uniform(mfn_random *random);

/* low + (high - low) * uniform. */
MFN_API double mfn_random_uniform_between(mfn_random *random, double low, double high);

/* mean + deviation * standard normal. */
MFN_API double mfn_random_normal(mfn_random *random, double mean, double deviation);

/* Uniform in [low, high); draws nothing when only one value is possible. `low < high`. */
MFN_API int64_t mfn_random_integer(mfn_random *random, int64_t low, int64_t high);

/* The same draws as `count` single calls, written to `ret` in order. */
MFN_API void mfn_random_fill_uniform(mfn_random *random, double low, double high, double *ret,
                                     size_t count);
MFN_API void mfn_random_fill_normal(mfn_random *random, double mean, double deviation, double *ret,
                                    size_t count);

/* `count` different values out of 0 .. population-1 in random order, written to `ret`:
 * NumPy's choice(population, count, replace=False). `count <= population`. */
MFN_CHECKED MFN_API mfn_status mfn_random_sample(mfn_random *random, uint64_t population,
                                                 size_t count, uint64_t *ret, mfn_error *err);

#ifdef __cplusplus
}
#endif

#endif
