/* SPDX-License-Identifier: MIT */
/* Walking on circles: where nothing is closer than r, Brownian motion leaves the circle of radius r
 * in a uniform direction, so one jump replaces all steps until then. Outside the circle around the
 * cluster it comes back for certain, and where is known: seen from the point a inside the unit
 * circle (or its mirror image outside, at 1 / a*), the harmonic measure is what the map
 * (z + a) / (1 + a* z) makes of a uniform z (the Poisson kernel). So no walker is lost or followed
 * far, and no result depends on a radius at which walkers are given up (Menshutin and Shchur, Phys.
 * Rev. E 73, 011407, 2006, call this free of killing).
 *
 * No sines: a uniform direction is the square of a uniform point of the disc, over its length (von
 * Neumann, 1951). */
#include "engine/growth/walk.h"

#include <math.h>
#include <stdbool.h>

#define TOUCH      1e-3 /* diameters: closer counts as touching */
#define BIRTH      2.0  /* cells beyond the cluster's radius */
#define SLACK      1.0  /* beyond the circle of birth before a walker is brought back */
#define JUMP_CELLS 4.0  /* on the lattice, shorter ways are walked step by step */

static mfn__point direction(mfn_random *random)
{
    double x = 0.0;
    double y = 0.0;
    double square = 0.0;
    do {
        x = 2.0 * mfn_random_uniform(random) - 1.0;
        y = 2.0 * mfn_random_uniform(random) - 1.0;
        square = x * x + y * y;
    } while (square >= 1.0 || square == 0.0);
    return (mfn__point){(x * x - y * y) / square, 2.0 * x * y / square};
}

mfn__point mfn__walk_return(mfn__point from, double radius, mfn_random *random)
{
    mfn__point z = direction(random);
    double scale = radius / (from.x * from.x + from.y * from.y);
    mfn__point a = {scale * from.x, scale * from.y};
    mfn__point above = {z.x + a.x, z.y + a.y};
    mfn__point below = {1.0 + a.x * z.x + a.y * z.y, a.x * z.y - a.y * z.x};
    double square = below.x * below.x + below.y * below.y;
    return (mfn__point){radius * (above.x * below.x + above.y * below.y) / square,
                        radius * (above.y * below.x - above.x * below.y) / square};
}

static mfn__point begin(const mfn__cluster *cluster, mfn_random *random)
{
    mfn__point towards = direction(random);
    double distance = cluster->radius + BIRTH;
    return (mfn__point){cluster->centre.x + distance * towards.x,
                        cluster->centre.y + distance * towards.y};
}

/* Brings a walker back that has left the circle of birth. */
static void keep_near(const mfn__cluster *cluster, mfn_random *random, mfn__point *at)
{
    double limit = cluster->radius + BIRTH;
    mfn__point off = {at->x - cluster->centre.x, at->y - cluster->centre.y};
    if (off.x * off.x + off.y * off.y > (limit + SLACK) * (limit + SLACK)) {
        off = mfn__walk_return(off, limit, random);
        *at = (mfn__point){cluster->centre.x + off.x, cluster->centre.y + off.y};
    }
}

static void jump(mfn__point *at, double length, mfn_random *random)
{
    mfn__point towards = direction(random);
    at->x += length * towards.x;
    at->y += length * towards.y;
}

mfn__point mfn__walk_disc(const mfn__cluster *cluster, mfn_random *random)
{
    mfn__point at = begin(cluster, random);
    mfn__nearest nearest = mfn__pyramid_nearest(cluster->pyramid, at);
    while (nearest.distance > 1.0 + TOUCH) {
        jump(&at, nearest.distance - 1.0, random);
        keep_near(cluster, random, &at);
        nearest = mfn__pyramid_nearest(cluster->pyramid, at);
    }
    mfn__point touched = cluster->pyramid->points[nearest.point];
    double dx = at.x - touched.x;
    double dy = at.y - touched.y;
    return (mfn__point){touched.x + dx / nearest.distance, touched.y + dy / nearest.distance};
}

static void step(mfn__point *at, mfn_random *random)
{
    static const mfn__point steps[] = {{1.0, 0.0}, {-1.0, 0.0}, {0.0, 1.0}, {0.0, -1.0}};
    const mfn__point *chosen = &steps[mfn_random_integer(random, 0, 4)];
    at->x += chosen->x;
    at->y += chosen->y;
}

static mfn__point middle(mfn__point at)
{
    return (mfn__point){floor(at.x) + 0.5, floor(at.y) + 0.5};
}

/* Jumps end in the cell that they hit, so they stop a cell's diagonal short. */
mfn__point mfn__walk_cell(const mfn__cluster *cluster, mfn_random *random)
{
    mfn__point at = middle(begin(cluster, random));
    mfn__nearest nearest = mfn__pyramid_nearest(cluster->pyramid, at);
    while (nearest.distance > 1.0) {
        if (nearest.distance > JUMP_CELLS) {
            jump(&at, nearest.distance - 2.0, random);
        } else {
            step(&at, random);
        }
        keep_near(cluster, random, &at);
        at = middle(at);
        nearest = mfn__pyramid_nearest(cluster->pyramid, at);
    }
    return at;
}
