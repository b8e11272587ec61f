/* SPDX-License-Identifier: MIT */
/* Which libmfn this is. */
#ifndef MFN_VERSION_H
#define MFN_VERSION_H

#include "mfn/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Version of the library at run time, "major.minor.patch". Static text. */
MFN_API const char *mfn_version(void);

/* Names the numbers that this engine computes. It changes whenever the same configuration would
 * give other bits, and is part of every result_id. Static text. */
MFN_API const char *mfn_numeric_version(void);

/* Name of the instruction-set variant that the kernels use: "scalar", "avx2", "avx512". All give
 * the same bits. */
MFN_API const char *mfn_simd_name(void);

#ifdef __cplusplus
}
#endif

#endif
