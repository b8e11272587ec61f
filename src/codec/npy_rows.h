/* SPDX-License-Identifier: MIT */
/* The rows of an .npy file of shape (n, d), read one by one. */
#ifndef MFN_CODEC_NPY_ROWS_H
#define MFN_CODEC_NPY_ROWS_H

#include "codec/npy_header.h"

/* The file stays open. */
typedef struct mfn__npy_rows {
    int descriptor;
    char *name; /* for messages */
    mfn__npy_header header;
    uint64_t offset; /* of the first value */
    uint8_t *row;    /* bytes of one row */
} mfn__npy_rows;

/* Refuses what mfn_npy_read refuses, and arrays that have not two dimensions. A failed open needs
 * nothing. */
mfn_status mfn__npy_rows_open(const char *path, mfn__npy_rows *ret, mfn_error *err);
void mfn__npy_rows_close(mfn__npy_rows *rows);

/* Writes the values of one row; float64 is rounded. */
mfn_status mfn__npy_rows_read(mfn__npy_rows *rows, uint64_t index, float *ret, mfn_error *err);

#endif
