/* SPDX-License-Identifier: MIT */
/* Let level s of a row be its state after s steps. Level s of row r needs level s - 1 of the rows
 * r - 1, r and r + 1. Two buffers are enough: even levels live in one, odd levels in the other, and
 * level s takes the place of level s - 2, which nobody needs once level s - 1 of row r + 1 is
 * there.
 *
 * The front of the wave goes down the rows, each level one row behind the one before. In the order
 * of the numbers, with three levels:
 *
 *     row    0   1   2   3   4
 *     level 1    1   2   4   7  10
 *     level 2    3   5   8  11  ..
 *     level 3    6   9  12  ..
 *
 * With periodic boundaries the first row needs the last one, which is not there yet. So the wave
 * leaves out a wedge at the seam between them: level s begins s rows below it and ends s rows above
 * it. The wedge is filled afterwards, level by level, 2 s rows each. What it needs beside the wedge
 * is still in the buffers, as the wave did not come far enough there to overwrite it.
 *
 * The idea is that of Wonnacott's time skewing (IPDPS 2000), with rows as tiles. */
#include "engine/wavefront.h"

#define FAR_BYTES  ((size_t)8 << 20) /* fields of more bytes than a near cache holds */
#define STEPS_WELL 8                 /* more gain nothing: then the additions are the limit */

/* The grids with their buffers in either order: views[s % 2] is read by step s + 1. */
typedef struct sweep {
    const mfn__wave *wave;
    mfn__grid views[2][MFN__WAVE_FIELDS_MAX];
    mfn__step_counts *counts;
} sweep;

uint32_t mfn__wave_steps_max(const mfn__grid *grid, size_t field_count)
{
    size_t bytes = 2 * field_count * grid->stride * grid->side * sizeof(double);
    return bytes > FAR_BYTES ? STEPS_WELL : 1;
}

/* What grows before the step after this level. */
static void grow(const sweep *self, uint32_t level, uint32_t row)
{
    const mfn__spike *spike = &self->wave->spikes[level];
    if (level < self->wave->steps && spike->happens && spike->row == row) {
        const mfn__grid *grid = &self->views[level % 2][0];
        double *cells = mfn__grid_row(grid, row);
        cells[spike->column] += spike->rise_v;
        mfn__grid_fill_halo(grid, cells, self->wave->boundary);
    }
}

static void compute_row(const sweep *self, uint32_t level, uint32_t row)
{
    const mfn__wave *wave = self->wave;
    const mfn__grid *from = self->views[(level - 1) % 2];
    mfn__step_row step = {.columns = from->side, .counts = self->counts};
    mfn__stencil_row *stencils[MFN__WAVE_FIELDS_MAX] = {&step.potential, &step.activator,
                                                        &step.inhibitor};
    for (size_t field = 0; field < wave->field_count && field < MFN__WAVE_FIELDS_MAX; field++) {
        mfn__grid_stencil(&from[field], row, wave->boundary, wave->zeros, stencils[field]);
    }
    wave->kernel(&step, wave->coefficients);
    for (size_t field = 0; field < wave->field_count && field < MFN__WAVE_FIELDS_MAX; field++) {
        mfn__grid_fill_halo(&from[field], stencils[field]->out, wave->boundary);
    }
    grow(self, level, row);
}

static void roll(const sweep *self, bool has_seam)
{
    uint32_t side = self->views[0][0].side;
    uint32_t steps = self->wave->steps;
    for (uint32_t front = 0; front < side + steps - 1; front++) {
        for (uint32_t level = 1; level <= steps && level <= front + 1; level++) {
            uint32_t row = front - (level - 1);
            uint32_t margin = has_seam ? level : 0;
            if (row >= margin && row + margin < side) {
                compute_row(self, level, row);
            }
        }
    }
}

static void fill_wedge(const sweep *self)
{
    uint32_t side = self->views[0][0].side;
    for (uint32_t level = 1; level <= self->wave->steps; level++) {
        for (uint32_t i = 0; i < level; i++) {
            compute_row(self, level, side - level + i);
        }
        for (uint32_t i = 0; i < level; i++) {
            compute_row(self, level, i);
        }
    }
}

void mfn__wave_run(const mfn__wave *wave, mfn__step_counts *counts)
{
    sweep self = {.wave = wave, .counts = counts};
    for (size_t field = 0; field < wave->field_count && field < MFN__WAVE_FIELDS_MAX; field++) {
        const mfn__grid *grid = wave->grids[field];
        self.views[0][field] = *grid;
        self.views[1][field] = *grid;
        self.views[1][field].now = grid->next;
        self.views[1][field].next = grid->now;
    }
    grow(&self, 0, wave->spikes[0].row);
    bool has_seam = wave->boundary == MFN_PERIODIC;
    roll(&self, has_seam);
    if (has_seam) {
        fill_wedge(&self);
    }
    for (size_t field = 0; field < wave->field_count && field < MFN__WAVE_FIELDS_MAX; field++) {
        if (wave->steps % 2 == 1) {
            mfn__grid_swap(wave->grids[field]);
        }
        wave->grids[field]->is_packed = false;
    }
}
