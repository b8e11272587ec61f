/* SPDX-License-Identifier: MIT */
/* File names made from texts that nobody can be trusted with. */
#ifndef MFN_STREAM_NAMES_H
#define MFN_STREAM_NAMES_H

#include <stddef.h>

/* Copies `text` with everything but letters, digits, '.', '_' and '-' replaced by '_', without a
 * leading dot, cut to the size, never empty. */
void mfn__name_make_safe(const char *text, char *ret, size_t size);

#endif
