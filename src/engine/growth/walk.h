/* SPDX-License-Identifier: MIT */
/* A walker that comes from far away and stays where it touches the cluster. */
#ifndef MFN_ENGINE_GROWTH_WALK_H
#define MFN_ENGINE_GROWTH_WALK_H

#include "engine/growth/pyramid.h"

#include "mfn/random.h"

/* Cells beyond the cluster's radius that a walker may be at. */
#define MFN__WALK_MARGIN 4.0

/* The cluster around `centre`; all of it lies within `radius`, and radius + MFN__WALK_MARGIN
 * within the pyramid. */
typedef struct mfn__cluster {
    const mfn__pyramid *pyramid;
    mfn__point centre;
    double radius;
} mfn__cluster;

/* Where the next disc of diameter 1 comes to rest. */
mfn__point mfn__walk_disc(const mfn__cluster *cluster, mfn_random *random);

/* Where the next cell comes to rest, as its middle; the points are middles of cells. */
mfn__point mfn__walk_cell(const mfn__cluster *cluster, mfn_random *random);

/* Where the walk of a point farther than `radius` from the origin first meets that circle. */
mfn__point mfn__walk_return(mfn__point from, double radius, mfn_random *random);

#endif
