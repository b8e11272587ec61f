/* SPDX-License-Identifier: MIT */
/* The inside of a mycelium: a medium, a network of hyphae, and the tips that extend it. */
#ifndef MFN_ENGINE_MYCELIUM_MYCELIUM_H
#define MFN_ENGINE_MYCELIUM_MYCELIUM_H

#include "engine/mycelium/medium.h"
#include "engine/mycelium/network.h"
#include "engine/random.h"

#include "mfn/mycelium.h"

typedef struct mfn__tip {
    double x, y, dx, dy; /* cells; the direction has length 1 */
    double since_node;   /* cells grown since the last one at which it looked around, below 1 */
    double grown;        /* cells since it was formed */
    double pull;         /* cells that it grows per unit of substrate in its hypha */
    double length;       /* cells that it grows in this step */
    uint32_t node;       /* the hypha that it extends */
} mfn__tip;

struct mfn_mycelium {
    mfn_mycelium_config config; /* `seed` is not kept */
    uint32_t side;
    mfn_random random;
    mfn__medium medium;
    mfn__network network;
    mfn__tip *tips;
    uint32_t tip_count, tips_max;
    double until_branch; /* hazard that is left until the next branch forms */
    mfn_mycelium_summary counts;
};

/* The parts of a step, in this order. */
void mfn__mycelium_feed(mfn_mycelium *mycelium);        /* uptake and maintenance */
void mfn__mycelium_translocate(mfn_mycelium *mycelium); /* s moves; tips get what they grow with */
void mfn__mycelium_extend(mfn_mycelium *mycelium);      /* tips move, meet and fuse */
void mfn__mycelium_branch(mfn_mycelium *mycelium);

/* Before the first step: where the nutrient is, if it is not everywhere. */
void mfn__mycelium_lay_patches(mfn_mycelium *mycelium);

/* A tip at the middle of a node's cell. False when there is no room for another one. */
bool mfn__mycelium_add_tip(mfn_mycelium *mycelium, uint32_t node, double dx, double dy);

/* Draws how much hazard passes until the next branch: exponential with mean 1. */
double mfn__mycelium_draw_hazard(mfn_random *random);

#endif
