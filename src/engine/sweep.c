/* SPDX-License-Identifier: MIT */
/* Let level s of a row be its state after s steps. Level s of row r needs level s - 1 of the rows
 * r - 1, r and r + 1. Two buffers are enough: even levels live in one, odd levels in the other, and
 * level s takes the place of level s - 2, which nobody needs once level s - 1 of row r + 1 is
 * there.
 *
 * The front of the wave goes down the rows, some at a time, each level one row behind the one
 * before. In the order of the numbers, with three levels and one row at a time:
 *
 *     row    0   1   2   3   4
 *     level 1    1   2   4   7  10
 *     level 2    3   5   8  11  ..
 *     level 3    6   9  12  ..
 *
 * Threads take bands of rows. Where two bands meet, and at the edge of a periodic field, where the
 * last row meets the first, is a seam: there each needs what the other has not computed yet. So
 * each band leaves out a wedge: level s begins s rows below a seam and ends s rows above the next.
 * When all bands are done the wedges are filled, level by level, 2 s rows each. What a wedge needs
 * beside itself is still in the buffers, as no band came far enough to overwrite it.
 *
 * The idea is that of Wonnacott's time skewing (IPDPS 2000), with rows as tiles. */
#include "engine/sweep.h"

#include "base/parallel.h"
#include "engine/random.h"

#define FAR_BYTES         ((size_t)1 << 20) /* fields of more bytes than the nearest caches hold */
#define STEPS_WELL        MFN__SWEEP_STEPS_MAX
#define FRONT_BYTES       ((size_t)5 << 18) /* rows under way that a near cache should hold */
#define FRONT_HEIGHT_MIN  4
#define NOISE_BATCH       2048 /* normals */
#define FRONT_HEIGHT_MAX  16
#define ROWS_MEASURED_MAX MFN__CHANGE_BLOCK_ROWS_MAX

/* What one thread works with. */
typedef struct band {
    struct weaving *weaving;
    uint32_t begin, end;
    mfn__step_counts counts;
} band;

/* The grids with their buffers in either order: views[s % 2] is read by step s + 1. */
typedef struct weaving {
    mfn__sweep *sweep;
    mfn__grid views[2][MFN__SWEEP_FIELDS_MAX];
    band *bands;
    uint32_t side, band_count;
    bool has_outer_seam;
} weaving;

uint32_t mfn__sweep_steps_max(const mfn__grid *grid, size_t field_count, uint32_t bands,
                              bool is_measured)
{
    size_t bytes = 2 * field_count * grid->stride * grid->side * sizeof(double);
    if ((bytes <= FAR_BYTES && bands == 1) ||
        (is_measured && mfn__change_block_rows(grid->side) > 1)) {
        return 1;
    }
    uint32_t most = grid->side / bands / 2; /* wedges must not touch */
    return most < 1 ? 1 : most < STEPS_WELL ? most : STEPS_WELL;
}

/* The rows of the fields from `first` on, as the step after level - 1 sees them. */
static mfn__step_rows rows_at(const weaving *self, uint32_t level, uint32_t first, uint32_t count)
{
    const mfn__grid *from = self->views[(level - 1) % 2];
    size_t offset = first * from->stride;
    mfn__step_rows rows = {
        .rows = count,
        .columns = self->side,
        .stride = from->stride,
        .potential = {from[0].now + offset, from[0].next + offset},
        .boundary = self->sweep->boundary,
    };
    if (self->sweep->field_count > 1) {
        rows.activator = (mfn__step_field){from[1].now + offset, from[1].next + offset};
    }
    if (self->sweep->field_count > 2) {
        rows.inhibitor = (mfn__step_field){from[2].now + offset, from[2].next + offset};
    }
    return rows;
}

/* What grows after this level, as soon as its row is there. */
static void grow(const weaving *self, uint32_t level, uint32_t first, uint32_t count)
{
    mfn__spike *spike = &self->sweep->spikes[level];
    if (level < self->sweep->steps && spike->happens && spike->row >= first &&
        spike->row - first < count) {
        const mfn__grid *grid = &self->views[level % 2][0];
        double *cell = mfn__grid_row(grid, spike->row) + spike->column;
        spike->before_v = *cell;
        *cell += spike->rise_v;
        mfn__grid_fill_halo(grid, grid->now, spike->row, self->sweep->boundary);
    }
}

static void fill_halo_rows(const weaving *self, uint32_t level, uint32_t first, uint32_t count)
{
    for (size_t field = 0; field < self->sweep->field_count; field++) {
        const mfn__grid *grid = &self->views[level % 2][field];
        if (first == 0) {
            mfn__grid_fill_halo_rows(grid, grid->now, 0, self->sweep->boundary);
        }
        if (first + count == self->side) {
            mfn__grid_fill_halo_rows(grid, grid->now, self->side - 1, self->sweep->boundary);
        }
    }
}

uint32_t mfn__noise_rows(uint32_t side)
{
    uint32_t rows = NOISE_BATCH / side;
    return rows > 1 ? rows : 1;
}

static void skip_rows(mfn__step_rows *rows, size_t count)
{
    mfn__step_field *fields[] = {&rows->potential, &rows->activator, &rows->inhibitor};
    for (size_t i = 0; i < sizeof fields / sizeof *fields && fields[i]->now != NULL; i++) {
        fields[i]->now += count * rows->stride;
        fields[i]->next += count * rows->stride;
    }
    if (rows->changes != NULL && rows->has_changes_per_row) {
        rows->changes += count;
    }
}

static void run_kernel(band *on, mfn__step_rows *rows)
{
    const mfn__sweep *sweep = on->weaving->sweep;
    const mfn__noise *noise = sweep->noise;
    rows->counts = &on->counts;
    if (noise == NULL) {
        sweep->kernel(rows, sweep->coefficients);
        return;
    }
    size_t most = mfn__noise_rows((uint32_t)rows->columns);
    mfn__step_rows some = *rows;
    some.noise_v = noise->values_v;
    for (size_t left = rows->rows; left > 0; left -= some.rows) {
        some.rows = left < most ? left : most;
        mfn_random_fill_normal(noise->random, 0.0, noise->deviation_v, noise->values_v,
                               some.rows * some.columns);
        sweep->kernel(&some, sweep->coefficients);
        skip_rows(&some, some.rows);
    }
}

/* The changes of some rows: `sums` are one for all, or one for each when blocks are single rows. */
static void measure_rows(band *on, uint32_t level, uint32_t first, uint32_t count,
                         mfn__change_sums *sums)
{
    if (count > 0) {
        mfn__step_rows rows = rows_at(on->weaving, level, first, count);
        rows.changes = sums;
        rows.has_changes_per_row = mfn__change_block_rows(on->weaving->side) == 1;
        run_kernel(on, &rows);
    }
}

/* The row in which something grew changed from what it was before that. */
static void measure_grown(band *on, uint32_t level, mfn__change_sums *sums)
{
    const weaving *self = on->weaving;
    const mfn__spike *spike = &self->sweep->spikes[level - 1];
    mfn__step_rows row = rows_at(self, level, spike->row, 1);
    run_kernel(on, &row);
    double *before = mfn__grid_row(&self->views[(level - 1) % 2][0], spike->row);
    double grown_v = before[spike->column];
    before[spike->column] = spike->before_v;
    mfn__kernels()->frame_change(before, row.potential.next, self->side, sums);
    before[spike->column] = grown_v;
}

/* At most ROWS_MEASURED_MAX rows: one block, what there is of it, or as many blocks as rows. */
static void measure(band *on, uint32_t level, uint32_t first, uint32_t count)
{
    const weaving *self = on->weaving;
    const mfn__spike *spike = &self->sweep->spikes[level - 1];
    uint32_t block_rows = mfn__change_block_rows(self->side);
    uint32_t block_count = block_rows > 1 ? 1 : count;
    mfn__change_sums sums[ROWS_MEASURED_MAX];
    for (uint32_t i = 0; i < block_count; i++) {
        sums[i].has_begun = false;
    }
    uint32_t before = spike->happens && spike->row >= first && spike->row - first < count
                          ? spike->row - first
                          : count;
    measure_rows(on, level, first, before, sums);
    if (before < count) {
        size_t step = block_rows > 1 ? 0 : 1; /* from the sums of a row to those of the next */
        measure_grown(on, level, sums + before * step);
        measure_rows(on, level, first + before + 1, count - before - 1, sums + (before + 1) * step);
    }
    mfn__change *blocks = self->sweep->block_changes +
                          (level - 1) * mfn__change_block_count(self->side) + first / block_rows;
    for (uint32_t i = 0; i < block_count; i++) {
        blocks[i] = mfn__change_of_block(&sums[i], (size_t)count / block_count * self->side);
    }
}

/* Level `level` of rows first .. first + count - 1; whole blocks when changes are wanted. */
static void compute(band *on, uint32_t level, uint32_t first, uint32_t count)
{
    const weaving *self = on->weaving;
    if (self->sweep->block_changes != NULL) {
        for (uint32_t i = 0; i < count; i += ROWS_MEASURED_MAX) {
            measure(on, level, first + i,
                    count - i < ROWS_MEASURED_MAX ? count - i : ROWS_MEASURED_MAX);
        }
    } else {
        mfn__step_rows rows = rows_at(self, level, first, count);
        run_kernel(on, &rows);
    }
    fill_halo_rows(self, level, first, count);
    grow(self, level, first, count);
}

/* Rows that a level goes ahead at a time: many make long calls, but they and a row of each level
 * have to stay in the cache. */
static uint32_t front_height(const weaving *self)
{
    size_t row_bytes = 2 * self->sweep->field_count * self->views[0][0].stride * sizeof(double);
    size_t rows = FRONT_BYTES / row_bytes;
    size_t least = self->sweep->steps + FRONT_HEIGHT_MIN;
    size_t height = rows > least ? rows - self->sweep->steps : FRONT_HEIGHT_MIN;
    return height < FRONT_HEIGHT_MAX ? (uint32_t)height : FRONT_HEIGHT_MAX;
}

/* The band without its wedges. */
static void roll(void *argument, size_t index)
{
    weaving *self = argument;
    band *on = &self->bands[index];
    uint32_t steps = self->sweep->steps;
    bool has_seam_above = index > 0 || self->has_outer_seam;
    bool has_seam_below = index + 1 < self->band_count || self->has_outer_seam;
    uint32_t height = steps > 1 ? front_height(self) : on->end - on->begin;
    for (uint32_t front = on->begin; front < on->end + steps - 1; front += height) {
        for (uint32_t level = 1; level <= steps; level++) {
            uint32_t low = on->begin + (has_seam_above ? level : 0);
            uint32_t high = on->end - (has_seam_below ? level : 0);
            uint32_t behind = level - 1;
            uint32_t first = front > low + behind ? front - behind : low;
            uint32_t last = front + height - behind < high ? front + height - behind : high;
            if (front + height > behind && first < last) {
                compute(on, level, first, last - first);
            }
        }
    }
}

/* The wedges at the lower edge of the band. */
static void fill_wedge(void *argument, size_t index)
{
    weaving *self = argument;
    band *on = &self->bands[index];
    bool is_outer = index + 1 == self->band_count;
    if (is_outer && !self->has_outer_seam) {
        return;
    }
    for (uint32_t level = 1; level <= self->sweep->steps; level++) {
        compute(on, level, on->end - level, level);
        compute(on, level, is_outer ? 0 : on->end, level);
    }
}

static void set_views(weaving *self)
{
    for (size_t field = 0; field < self->sweep->field_count; field++) {
        const mfn__grid *grid = &self->sweep->grids[field];
        self->views[0][field] = *grid;
        self->views[1][field] = *grid;
        self->views[1][field].now = grid->next;
        self->views[1][field].next = grid->now;
    }
}

static void divide(weaving *self)
{
    for (uint32_t i = 0; i < self->band_count; i++) {
        self->bands[i] = (band){
            .weaving = self,
            .begin = (uint32_t)((uint64_t)self->side * i / self->band_count),
            .end = (uint32_t)((uint64_t)self->side * (i + 1) / self->band_count),
        };
    }
}

static void join_changes(const weaving *self, mfn__change *ret_changes)
{
    size_t blocks = mfn__change_block_count(self->side);
    for (uint32_t step = 0; step < self->sweep->steps; step++) {
        ret_changes[step] =
            mfn__change_of_blocks(self->sweep->block_changes + step * blocks, blocks);
    }
}

void mfn__sweep_run(mfn__sweep *sweep, mfn__step_counts *counts, mfn__change *ret_changes)
{
    band
        bands[MFN__SWEEP_BANDS_MAX]; /* not cleared: that would show in the steps of small fields */
    weaving self = {
        .sweep = sweep,
        .bands = bands,
        .side = sweep->grids[0].side,
        /* One step reads what is there already. */
        .band_count = sweep->steps > 1 ? sweep->bands : 1,
        .has_outer_seam = sweep->steps > 1 && sweep->boundary == MFN_PERIODIC,
    };
    set_views(&self);
    divide(&self);
    grow(&self, 0, 0, self.side);
    mfn__parallel_run(sweep->parallel, roll, &self, self.band_count);
    if (sweep->steps > 1) {
        mfn__parallel_run(sweep->parallel, fill_wedge, &self, self.band_count);
    }
    for (uint32_t i = 0; i < self.band_count; i++) {
        counts->activations += self.bands[i].counts.activations;
        counts->clamped += self.bands[i].counts.clamped;
        counts->nan_cells += self.bands[i].counts.nan_cells;
    }
    for (size_t field = 0; field < sweep->field_count; field++) {
        sweep->grids[field].is_packed = false;
        if (sweep->steps % 2 == 1) {
            mfn__grid_swap(&sweep->grids[field]);
        }
    }
    if (sweep->block_changes != NULL) {
        join_changes(&self, ret_changes);
    }
}
