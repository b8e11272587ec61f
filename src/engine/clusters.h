/* SPDX-License-Identifier: MIT */
/* Clusters of a mask that is seen row by row. */
#ifndef MFN_ENGINE_CLUSTERS_H
#define MFN_ENGINE_CLUSTERS_H

#include "mfn/fractal.h"

typedef struct mfn__cluster_run mfn__cluster_run;
typedef struct mfn__cluster_part mfn__cluster_part;

/* Of the two rows that are compared, everything else is forgotten: memory is O(width). */
typedef struct mfn__cluster_scan {
    uint32_t width;
    uint32_t reach; /* columns by which runs may miss each other and still touch: 0, or 1 for 8 */
    uint32_t above_count, here_count;
    mfn__cluster_run *above, *here; /* runs of the previous and of this row */
    uint32_t open_count;            /* clusters that reach the previous row */
    mfn__cluster_part *parts;       /* the open ones, then one for each run of this row */
    uint64_t *open_cells;
    mfn_clusters closed;
    uint64_t cells, squared_cells; /* sums over the closed clusters' sizes */
} mfn__cluster_scan;

/* 64-bit words of scratch that a scan needs. */
size_t mfn__cluster_scan_words(uint32_t width);

/* `width` is at most MFN__SIDE_MAX, `connectivity` 4 or 8; the scratch stays the caller's. */
void mfn__cluster_scan_init(mfn__cluster_scan *scan, uint32_t width, uint32_t connectivity,
                            uint64_t *scratch);

/* At most MFN__SIDE_MAX rows of mfn__bits_words(width) words. */
void mfn__cluster_scan_row(mfn__cluster_scan *scan, const uint64_t *row);

/* Ends the mask; the scan must be initialised again before another one. */
void mfn__cluster_scan_end(mfn__cluster_scan *scan, mfn_clusters *ret);

#endif
