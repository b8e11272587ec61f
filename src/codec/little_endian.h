/* SPDX-License-Identifier: MIT */
/* Doubles as little-endian bytes, whatever the machine's byte order. */
#ifndef MFN_CODEC_LITTLE_ENDIAN_H
#define MFN_CODEC_LITTLE_ENDIAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* How many values callers pack at a time: 4 KiB on the stack. */
#define MFN__LITTLE_ENDIAN_CHUNK 512

/* Writes 8 * count bytes. Compilers turn the shifts into plain stores. */
static inline void mfn__reals_to_little_endian(const double *values, size_t count, uint8_t *ret)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = 0;
        memcpy(&bits, &values[i], sizeof bits);
        for (unsigned byte = 0; byte < sizeof bits; byte++) {
            ret[sizeof bits * i + byte] = (uint8_t)(bits >> (8 * byte));
        }
    }
}

#endif
