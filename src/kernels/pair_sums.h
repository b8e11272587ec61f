/* SPDX-License-Identifier: MIT */
/* Sums over all pairs of two small sets of vectors: what distances are made of. */
#ifndef MFN_KERNELS_PAIR_SUMS_H
#define MFN_KERNELS_PAIR_SUMS_H

#include <stddef.h>

/* Vectors per panel: a multiple of what every variant keeps in its registers at once. */
#define MFN__PANEL_VECTORS ((size_t)24)
#define MFN__PANEL_PAIRS   (MFN__PANEL_VECTORS * MFN__PANEL_VECTORS)

/* A panel holds value k of vector i at [MFN__PANEL_VECTORS * k + i], aligned to 64 bytes; values
 * are floats widened to double. For every pair, adds the terms of k = 0 .. depth-1 in this order to
 * sums[MFN__PANEL_VECTORS * row + column] (aligned too): a longer sum can be had in pieces, with
 * the same bits. */
typedef void (*mfn__pair_sums_kernel)(const double *rows, const double *columns, size_t depth,
                                      double *sums);

#endif
