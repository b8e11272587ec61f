/* SPDX-License-Identifier: MIT */
#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define KERNEL_ALIGNMENT 64

static _Thread_local int64_t successes_left = -1;

static bool must_fail(void)
{
    if (successes_left < 0) {
        return false;
    }
    return successes_left-- == 0;
}

void mfn__mem_fail_after(int64_t successes)
{
    successes_left = successes;
}

void *mfn__mem_new(size_t count, size_t size)
{
    size_t bytes = 0;
    if (must_fail() || __builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    return calloc(bytes != 0 ? bytes : 1, 1);
}

void *mfn__mem_new_aligned(size_t count, size_t size)
{
    size_t bytes = 0;
    if (must_fail() || __builtin_mul_overflow(count, size, &bytes) ||
        bytes > SIZE_MAX - KERNEL_ALIGNMENT) {
        return NULL;
    }
    size_t rounded = (bytes + KERNEL_ALIGNMENT - 1) / KERNEL_ALIGNMENT * KERNEL_ALIGNMENT;
    return aligned_alloc(KERNEL_ALIGNMENT, rounded != 0 ? rounded : KERNEL_ALIGNMENT);
}

void *mfn__mem_resize(void *block, size_t count, size_t size)
{
    size_t bytes = 0;
    if (must_fail() || __builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    return realloc(block, bytes != 0 ? bytes : 1);
}

char *mfn__mem_copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = mfn__mem_new(size, 1);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

void mfn__mem_free(void *block)
{
    free(block);
}
