/* SPDX-License-Identifier: MIT */
/* Sorting of numbers as keys, in time that no input can make worse. */
#ifndef MFN_ENGINE_LEARNING_SORT_H
#define MFN_ENGINE_LEARNING_SORT_H

#include <stddef.h>
#include <stdint.h>

/* Ascending. `scratch` has room for `count` keys too. */
void mfn__sort_keys(uint64_t *keys, uint64_t *scratch, size_t count);

#endif
