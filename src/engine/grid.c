/* SPDX-License-Identifier: MIT */
#include "engine/grid.h"

#include <string.h>

/* Columns are padded to whole cache lines, with one line on either side for the halo. */
#define LINE_DOUBLES ((size_t)8)

static size_t padded(uint32_t side)
{
    return ((size_t)side + LINE_DOUBLES - 1) / LINE_DOUBLES * LINE_DOUBLES + 2 * LINE_DOUBLES;
}

size_t mfn__grid_doubles(uint32_t side)
{
    return 2 * (size_t)side * padded(side);
}

void mfn__grid_init(mfn__grid *grid, uint32_t side, double *storage)
{
    size_t stride = padded(side);
    *grid = (mfn__grid){
        .side = side,
        .stride = stride,
        .now = storage + LINE_DOUBLES,
        .next = storage + side * stride + LINE_DOUBLES,
    };
}

double *mfn__grid_row(const mfn__grid *grid, uint32_t row)
{
    return grid->now + row * grid->stride;
}

double *mfn__grid_next_row(const mfn__grid *grid, uint32_t row)
{
    return grid->next + row * grid->stride;
}

void mfn__grid_fill_halo(const mfn__grid *grid, double *row, mfn_boundary boundary)
{
    double *left = row - 1;
    double *right = row + grid->side;
    switch (boundary) {
    case MFN_PERIODIC:
        *left = right[-1];
        *right = row[0];
        break;
    case MFN_NEUMANN:
        *left = row[0];
        *right = right[-1];
        break;
    case MFN_DIRICHLET:
        *left = 0.0;
        *right = 0.0;
        break;
    }
}

static const double *neighbour_row(const mfn__grid *grid, uint32_t row, bool above,
                                   mfn_boundary boundary, const double *zeros)
{
    uint32_t last = grid->side - 1;
    if (above ? row > 0 : row < last) {
        return mfn__grid_row(grid, above ? row - 1 : row + 1);
    }
    switch (boundary) {
    case MFN_PERIODIC:
        return mfn__grid_row(grid, above ? last : 0);
    case MFN_NEUMANN:
        return mfn__grid_row(grid, row);
    case MFN_DIRICHLET:
        break;
    }
    return zeros;
}

void mfn__grid_stencil(const mfn__grid *grid, uint32_t row, mfn_boundary boundary,
                       const double *zeros, mfn__stencil_row *ret)
{
    /* The reference adds the right neighbour first under the Dirichlet condition, which changes
     * the last bit of the sum. */
    ptrdiff_t first = boundary == MFN_DIRICHLET ? 1 : -1;
    const double *centre = mfn__grid_row(grid, row);
    *ret = (mfn__stencil_row){
        .centre = centre,
        .up = neighbour_row(grid, row, true, boundary, zeros),
        .down = neighbour_row(grid, row, false, boundary, zeros),
        .first = centre + first,
        .second = centre - first,
        .out = mfn__grid_next_row(grid, row),
    };
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
    /* `next` begins one line into its padded rows, which leaves more than side * side doubles. */
    if (!grid->is_packed) {
        for (uint32_t i = 0; i < grid->side; i++) {
            memcpy(grid->next + (size_t)i * grid->side, mfn__grid_row(grid, i),
                   grid->side * sizeof(double));
        }
        grid->is_packed = true;
    }
    return grid->next;
}
