/* SPDX-License-Identifier: MIT */
/* SeedSequence spreads the entropy of a seed over a pool of four 32-bit words, so that close seeds
 * give unrelated streams (M. E. O'Neill, "Developing a seed_seq alternative", 2015; NumPy's
 * numpy.random.SeedSequence fixes the constants and the order of the operations). */
#include "engine/seed_sequence.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

#include "mfn/random.h"

#define POOL_WORDS 4
/* One decimal digit carries less than 3.33 bits. */
#define ENTROPY_WORDS_MAX (MFN_SEED_DIGITS_MAX * 10 / 96 + 1)

#define HASH_START        UINT32_C(0x43b0d7e5)
#define HASH_MULTIPLIER   UINT32_C(0x931e8875)
#define OUTPUT_START      UINT32_C(0x8b51f9dd)
#define OUTPUT_MULTIPLIER UINT32_C(0x58f38ded)
#define MIX_LEFT          UINT32_C(0xca01f9dd)
#define MIX_RIGHT         UINT32_C(0x4973f715)

typedef struct entropy {
    uint32_t words[ENTROPY_WORDS_MAX]; /* least significant first */
    size_t count;
} entropy;

/* Multiplies the big number by `factor` and adds `addend`. */
static void entropy_scale(entropy *number, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;
    for (size_t i = 0; i < number->count; i++) {
        carry += (uint64_t)number->words[i] * factor;
        number->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0) {
        number->words[number->count++] = (uint32_t)carry;
    }
}

static mfn_status entropy_parse(const char *seed, entropy *ret, mfn_error *err)
{
    size_t digits = seed != NULL ? strspn(seed, "0123456789") : 0;
    if (digits == 0 || seed[digits] != '\0') {
        char shown[64];
        const char *given = seed != NULL ? seed : "nothing";
        return mfn__fail(err, MFN_INVALID, "seed",
                         "seed: expected a non-negative whole number, got '%s'",
                         mfn__text_printable(given, strlen(given), shown, sizeof shown));
    }
    if (digits > MFN_SEED_DIGITS_MAX) {
        return mfn__fail(err, MFN_TOO_LARGE, "seed", "seed: expected at most %d digits, got %zu",
                         MFN_SEED_DIGITS_MAX, digits);
    }
    for (size_t i = 0; i < digits; i++) {
        entropy_scale(ret, 10, (uint32_t)(seed[i] - '0'));
    }
    if (ret->count == 0) {
        ret->words[ret->count++] = 0;
    }
    return MFN_OK;
}

static uint32_t hash(uint32_t value, uint32_t *constant, uint32_t multiplier)
{
    value ^= *constant;
    *constant *= multiplier;
    value *= *constant;
    return value ^ (value >> 16);
}

static uint32_t mix(uint32_t left, uint32_t right)
{
    uint32_t mixed = MIX_LEFT * left - MIX_RIGHT * right;
    return mixed ^ (mixed >> 16);
}

static void pool_fill(const entropy *number, uint32_t pool[POOL_WORDS])
{
    uint32_t constant = HASH_START;
    for (size_t i = 0; i < POOL_WORDS; i++) {
        pool[i] = hash(i < number->count ? number->words[i] : 0, &constant, HASH_MULTIPLIER);
    }
    for (size_t from = 0; from < POOL_WORDS; from++) {
        for (size_t to = 0; to < POOL_WORDS; to++) {
            if (from != to) {
                pool[to] = mix(pool[to], hash(pool[from], &constant, HASH_MULTIPLIER));
            }
        }
    }
    for (size_t i = POOL_WORDS; i < number->count; i++) {
        for (size_t to = 0; to < POOL_WORDS; to++) {
            pool[to] = mix(pool[to], hash(number->words[i], &constant, HASH_MULTIPLIER));
        }
    }
}

mfn_status mfn__seed_sequence(const char *seed, uint64_t ret[MFN__SEED_WORDS], mfn_error *err)
{
    entropy number;
    number.count = 0;
    mfn_status status = entropy_parse(seed, &number, err);
    if (status != MFN_OK) {
        return status;
    }
    uint32_t pool[POOL_WORDS];
    pool_fill(&number, pool);
    uint32_t constant = OUTPUT_START;
    for (size_t i = 0; i < MFN__SEED_WORDS; i++) {
        uint32_t low = hash(pool[2 * i % POOL_WORDS], &constant, OUTPUT_MULTIPLIER);
        uint32_t high = hash(pool[(2 * i + 1) % POOL_WORDS], &constant, OUTPUT_MULTIPLIER);
        ret[i] = (uint64_t)high << 32 | low;
    }
    return MFN_OK;
}
