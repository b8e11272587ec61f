/* SPDX-License-Identifier: MIT */
/* On OpenSSL's SHA256_Init/Update/Final. The EVP interface would be the newer choice, but it
 * allocates and looks its algorithm up in the configured providers, so it can fail; these three
 * only compute, and they use the CPU's SHA instructions all the same. They are part of
 * OpenSSL 1.1's interface, which 3.x keeps and OPENSSL_API_COMPAT asks for. */
#define OPENSSL_API_COMPAT 0x10100000L

#include "codec/sha256.h"

#include <openssl/sha.h>

#include "codec/little_endian.h"

void mfn__sha256(const void *bytes, size_t size, uint8_t ret[MFN__SHA256_SIZE])
{
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, bytes, size);
    SHA256_Final(ret, &context);
}

void mfn__sha256_hex(const void *bytes, size_t size, char ret[MFN__SHA256_HEX_SIZE])
{
    uint8_t digest[MFN__SHA256_SIZE];
    mfn__sha256(bytes, size, digest);
    mfn__hex(digest, sizeof digest, ret);
}

void mfn__sha256_of_reals(const double *values, size_t count, char ret[MFN__SHA256_HEX_SIZE])
{
    SHA256_CTX context;
    SHA256_Init(&context);
    for (size_t done = 0; done < count;) {
        uint8_t chunk[8 * MFN__LITTLE_ENDIAN_CHUNK];
        size_t left = count - done;
        size_t now = left < MFN__LITTLE_ENDIAN_CHUNK ? left : MFN__LITTLE_ENDIAN_CHUNK;
        mfn__reals_to_little_endian(values + done, now, chunk);
        SHA256_Update(&context, chunk, 8 * now);
        done += now;
    }
    uint8_t digest[MFN__SHA256_SIZE];
    SHA256_Final(digest, &context);
    mfn__hex(digest, sizeof digest, ret);
}

void mfn__hex(const uint8_t *bytes, size_t size, char *ret)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        ret[2 * i] = digits[bytes[i] >> 4];
        ret[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret[2 * size] = '\0';
}
