/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4). */
#ifndef MFN_CODEC_SHA256_H
#define MFN_CODEC_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define MFN__SHA256_SIZE     32
#define MFN__SHA256_HEX_SIZE 65 /* with the final NUL */

void mfn__sha256(const void *bytes, size_t size, uint8_t ret[MFN__SHA256_SIZE]);
void mfn__sha256_hex(const void *bytes, size_t size, char ret[MFN__SHA256_HEX_SIZE]);

/* Of the little-endian IEEE-754 bytes of the values, whatever the machine's byte order. */
void mfn__sha256_of_reals(const double *values, size_t count, char ret[MFN__SHA256_HEX_SIZE]);

void mfn__hex(const uint8_t *bytes, size_t size, char *ret); /* 2 * size characters and a NUL */

#endif
