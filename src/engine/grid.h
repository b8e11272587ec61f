/* SPDX-License-Identifier: MIT */
/* A square field as the step kernels want it: aligned rows with a halo column on either side and a
 * halo row above and below, and a second buffer for the next state. */
#ifndef MFN_ENGINE_GRID_H
#define MFN_ENGINE_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* Tells the halos of a state, `now` or `next`, what stands in one of its rows by now: the columns
 * beside it, and the rows beyond the edge if it is the first or last. */
void mfn__grid_fill_halo(const mfn__grid *grid, double *state, uint32_t row, mfn_boundary boundary);

/* The part of it that is the rows beyond the edge. */
void mfn__grid_fill_halo_rows(const mfn__grid *grid, double *state, uint32_t row,
                              mfn_boundary boundary);

/* The written state becomes the current one. */
void mfn__grid_swap(mfn__grid *grid);

/* The current state without padding, row-major; valid until the next step. */
const double *mfn__grid_packed(mfn__grid *grid);

#endif
