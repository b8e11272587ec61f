/* SPDX-License-Identifier: MIT */
/* The variants that a build can have; which ones it has is decided in CMakeLists.txt. */
#ifndef MFN_KERNELS_VARIANTS_H
#define MFN_KERNELS_VARIANTS_H

#include "kernels/kernels.h"

extern const mfn__kernels_table mfn__kernels_scalar;
extern const mfn__kernels_table mfn__kernels_neon;
extern const mfn__kernels_table mfn__kernels_avx2;
extern const mfn__kernels_table mfn__kernels_avx512;

#endif
