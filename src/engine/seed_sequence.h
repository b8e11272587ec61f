/* SPDX-License-Identifier: MIT */
/* From a seed of any size to the 256 bits that start a generator: NumPy's SeedSequence. */
#ifndef MFN_ENGINE_SEED_SEQUENCE_H
#define MFN_ENGINE_SEED_SEQUENCE_H

#include <stdint.h>

#include "mfn/status.h"

#define MFN__SEED_WORDS 4

/* `seed`: decimal digits, at most MFN_SEED_DIGITS_MAX. */
mfn_status mfn__seed_sequence(const char *seed, uint64_t ret[MFN__SEED_WORDS], mfn_error *err);

#endif
