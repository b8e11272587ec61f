/* SPDX-License-Identifier: MIT */
/* What hyphae feed on. It is kept in blocks of 8 x 8 cells: within a step, solutes spread over more
 * than that in agar, and enzymes work over some such distance in what does not diffuse. The same
 * blocks count hyphae, for tips that turn away from them. */
#ifndef MFN_ENGINE_MYCELIUM_MEDIUM_H
#define MFN_ENGINE_MYCELIUM_MEDIUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MFN__BLOCK_CELLS 8 /* per side */

typedef struct mfn__medium {
    uint32_t side;    /* blocks: as many as cover the grid */
    uint32_t rounds;  /* of diffusion per step, each of them stable */
    double rate;      /* share of a difference that one round moves */
    double *nutrient; /* units per cell */
    double *hyphae;   /* cells of hypha per cell */
    double *crowding; /* the same, smoothed */
    double *next;     /* of a round */
    double *storage;
} mfn__medium;

/* False when there is no memory. `diffusion` is in cells^2 per step. */
bool mfn__medium_init(mfn__medium *medium, uint32_t grid_size, double nutrient, double diffusion);
void mfn__medium_deinit(mfn__medium *medium);

static inline uint32_t mfn__medium_block(const mfn__medium *medium, uint32_t row, uint32_t column)
{
    return row / MFN__BLOCK_CELLS * medium->side + column / MFN__BLOCK_CELLS;
}

/* One step, without flux through the edges. */
void mfn__medium_diffuse(mfn__medium *medium);

double mfn__medium_total(const mfn__medium *medium); /* units */

/* Takes up where hyphae are now, for the gradient. Two rounds of binomial smoothing hide the
 * blocks' directions from the tips. */
void mfn__medium_sense(mfn__medium *medium);

/* The gradient of the density of hyphae at a point, per cell. */
void mfn__medium_crowding_gradient(const mfn__medium *medium, double x, double y, double *ret_x,
                                   double *ret_y);

#endif
