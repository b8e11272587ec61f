/* SPDX-License-Identifier: MIT */
/* A square field as the step kernels want it: aligned rows with a halo column on either side, and
 * a second buffer for the next state. */
#ifndef MFN_ENGINE_GRID_H
#define MFN_ENGINE_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/kernels.h"

#include "mfn/simulation.h"

typedef struct mfn__grid {
    uint32_t side;
    size_t stride;  /* doubles from row to row */
    double *now;    /* row 0, column 0 of the current state */
    double *next;   /* of the state that a step writes; between steps, room for `packed` */
    bool is_packed; /* `next` holds a copy of `now` without halos */
} mfn__grid;

/* Doubles that a grid of `side` needs: two buffers of padded rows. */
size_t mfn__grid_doubles(uint32_t side);

/* Lays the grid out in caller's storage of mfn__grid_doubles(side), aligned to 64 bytes. */
void mfn__grid_init(mfn__grid *grid, uint32_t side, double *storage);

double *mfn__grid_row(const mfn__grid *grid, uint32_t row);
double *mfn__grid_next_row(const mfn__grid *grid, uint32_t row);

/* Sets the halo columns of one row from its cells. */
void mfn__grid_fill_halo(const mfn__grid *grid, double *row, mfn_boundary boundary);

/* Points the stencil to row `row`: its neighbours under the boundary condition and the row to
 * write. `zeros` is a row of zeros for the Dirichlet condition. */
void mfn__grid_stencil(const mfn__grid *grid, uint32_t row, mfn_boundary boundary,
                       const double *zeros, mfn__stencil_row *ret);

/* The written state becomes the current one. */
void mfn__grid_swap(mfn__grid *grid);

/* The current state without padding, row-major; valid until the next step. */
const double *mfn__grid_packed(mfn__grid *grid);

#endif
