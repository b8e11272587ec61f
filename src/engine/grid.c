/* SPDX-License-Identifier: MIT */
#include "engine/grid.h"

#include <string.h>

/* Columns are padded to whole cache lines, with one line on either side for the halo. */
#define LINE_DOUBLES ((size_t)8)
#define HALO_ROWS    ((size_t)2)

static size_t padded(uint32_t side)
{
    return ((size_t)side + LINE_DOUBLES - 1) / LINE_DOUBLES * LINE_DOUBLES + 2 * LINE_DOUBLES;
}

static size_t state_doubles(uint32_t side)
{
    return (side + HALO_ROWS) * padded(side);
}

size_t mfn__grid_doubles(uint32_t side)
{
    return 2 * state_doubles(side);
}

void mfn__grid_init(mfn__grid *grid, uint32_t side, double *storage)
{
    size_t stride = padded(side);
    double *first = storage + stride + LINE_DOUBLES;
    *grid = (mfn__grid){
        .side = side,
        .stride = stride,
        .now = first,
        .next = first + state_doubles(side),
    };
}

double *mfn__grid_row(const mfn__grid *grid, uint32_t row)
{
    return grid->now + row * grid->stride;
}

/* Sets the row beyond one edge from the row that the boundary condition says. */
static void fill_beyond(const mfn__grid *grid, double *beyond, const double *cells,
                        mfn_boundary boundary)
{
    if (boundary == MFN_DIRICHLET) {
        memset(beyond, 0, grid->side * sizeof *beyond);
    } else {
        memcpy(beyond, cells, grid->side * sizeof *beyond);
    }
}

void mfn__grid_fill_halo_rows(const mfn__grid *grid, double *state, uint32_t row,
                              mfn_boundary boundary)
{
    const double *cells = state + row * grid->stride;
    double *above = state - grid->stride;
    double *below = state + grid->side * grid->stride;
    if (row == 0) {
        fill_beyond(grid, boundary == MFN_PERIODIC ? below : above, cells, boundary);
    }
    if (row == grid->side - 1) {
        fill_beyond(grid, boundary == MFN_PERIODIC ? above : below, cells, boundary);
    }
}

void mfn__grid_fill_halo(const mfn__grid *grid, double *state, uint32_t row, mfn_boundary boundary)
{
    double *left = state + row * grid->stride - 1;
    double *right = left + 1 + grid->side;
    switch (boundary) {
    case MFN_PERIODIC:
        *left = right[-1];
        *right = left[1];
        break;
    case MFN_NEUMANN:
        *left = left[1];
        *right = right[-1];
        break;
    case MFN_DIRICHLET:
        *left = 0.0;
        *right = 0.0;
        break;
    }
    mfn__grid_fill_halo_rows(grid, state, row, boundary);
}

void mfn__grid_swap(mfn__grid *grid)
{
    double *written = grid->next;
    grid->next = grid->now;
    grid->now = written;
    grid->is_packed = false;
}

const double *mfn__grid_packed(mfn__grid *grid)
{
    /* `next` begins inside of its padded rows, which leaves more than side * side doubles. */
    if (!grid->is_packed) {
        for (uint32_t i = 0; i < grid->side; i++) {
            memcpy(grid->next + (size_t)i * grid->side, mfn__grid_row(grid, i),
                   grid->side * sizeof(double));
        }
        grid->is_packed = true;
    }
    return grid->next;
}
