/* SPDX-License-Identifier: MIT */
/* NumPy .npy files of float64 or float32 arrays in C order: numpy.lib.format, versions 1 to 3. */
#ifndef MFN_NPY_H
#define MFN_NPY_H

#include <stddef.h>
#include <stdint.h>

#include "mfn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MFN_NPY_DIMENSIONS_MAX 8

/* An array read from a file; float32 is widened. Release with mfn_npy_free. */
typedef struct mfn_npy_array {
    uint32_t dimensions;
    uint64_t shape[MFN_NPY_DIMENSIONS_MAX];
    uint64_t count; /* product of the shape */
    double *values; /* row-major */
} mfn_npy_array;

/* Refuses what it cannot represent (other types, Fortran order, truncated files) and arrays of
 * more than `max_bytes` in memory. `*ret` is written only on MFN_OK. */
MFN_CHECKED MFN_API mfn_status mfn_npy_read(const char *path, uint64_t max_bytes,
                                            mfn_npy_array *ret, mfn_error *err);
MFN_API void mfn_npy_free(mfn_npy_array *array); /* an empty array is allowed */

/* Writes the file whole: temporary name, fsync, rename. */
MFN_CHECKED MFN_API mfn_status mfn_npy_write(const char *path, const double *values,
                                             const uint64_t *shape, uint32_t dimensions,
                                             mfn_error *err);

#ifdef __cplusplus
}
#endif

#endif
