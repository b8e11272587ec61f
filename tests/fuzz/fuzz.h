/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share. A target is built twice: with libFuzzer (MFN_FUZZ), and with
 * replay.c as a plain test that runs the committed corpus. */
#ifndef MFN_FUZZ_H
#define MFN_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stops the program, also where assert is compiled out. */
static inline void fuzz_require(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* A file in memory with these bytes, read from its start. */
static inline int fuzz_file(const uint8_t *data, size_t size)
{
    int descriptor = memfd_create("fuzz", MFD_CLOEXEC);
    fuzz_require(descriptor >= 0);
    while (size > 0) {
        ssize_t written = write(descriptor, data, size);
        fuzz_require(written > 0);
        data += written;
        size -= (size_t)written;
    }
    fuzz_require(lseek(descriptor, 0, SEEK_SET) == 0);
    return descriptor;
}

#endif
