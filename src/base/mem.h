/* SPDX-License-Identifier: MIT */
/* All heap memory of mfn comes from here, so that tests can make each allocation fail in turn. */
#ifndef MFN_BASE_MEM_H
#define MFN_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed memory for `count` items of `size` bytes, or NULL; the product cannot overflow. */
void *mfn__mem_new(size_t count, size_t size);

/* As mfn__mem_new, but aligned to 64 bytes for the kernels and not zeroed. */
void *mfn__mem_new_aligned(size_t count, size_t size);

/* Grows or shrinks; on failure returns NULL and the old block stays valid. Not for aligned
 * blocks. */
void *mfn__mem_resize(void *block, size_t count, size_t size);

/* A copy of the text, or NULL. */
char *mfn__mem_copy_text(const char *text);

/* For blocks of every function above; NULL is allowed. */
void mfn__mem_free(void *block);

/* For tests: the allocation after `successes` more ones fails, once, on this thread. Negative:
 * never (the default). */
void mfn__mem_fail_after(int64_t successes);

#endif
