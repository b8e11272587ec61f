/* SPDX-License-Identifier: MIT */
/* Squared Euclidean distances between all pairs of float32 vectors. */
#ifndef MFN_ENGINE_LEARNING_DISTANCES_H
#define MFN_ENGINE_LEARNING_DISTANCES_H

#include <stddef.h>

#include "mfn/parallel.h"

/* The triangle of pairs, in square blocks of MFN__PANEL_VECTORS vectors: 4 n^2 bytes. */
typedef struct mfn__distances {
    size_t count;  /* vectors */
    size_t panels; /* of MFN__PANEL_VECTORS vectors each, the last one filled up with zeros */
    double *blocks;
} mfn__distances;

/* `rows` are `count` pointers to `dimension` finite values each. A failed init needs nothing. */
mfn_status mfn__distances_init(mfn__distances *distances, const float *const *rows, size_t count,
                               size_t dimension, const mfn_parallel *parallel, mfn_error *err);
void mfn__distances_deinit(mfn__distances *distances);

/* Writes the `count` squared distances from one vector, 0 to itself. */
void mfn__distances_row(const mfn__distances *distances, size_t row, double *ret);

#endif
