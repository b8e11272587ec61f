/* SPDX-License-Identifier: MIT */
/* |x - y|^2 = |x|^2 + |y|^2 - 2 x y, with all x y by one blocked product (a Gram matrix). Each sum
 * is taken in double over k = 0, 1, 2, ... whatever the block, the instruction set or the thread:
 * that is why no BLAS does it, whose bits depend on all of these.
 *
 * Where the formula cancels, that is where the distance is small against the lengths, it loses
 * digits: such pairs are computed again as the sum of (x - y)^2. The bound leaves an error of about
 * sqrt(n) 2^-53 / 2^-20 in the square, well below the precision of float32.
 *
 * The depth is cut into slices of which the panels, packed as the kernels want them, stay in the
 * cache while all blocks of the triangle use them. */
#include "engine/learning/distances.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernels/kernels.h"

#define WIDTH           MFN__PANEL_VECTORS
#define SLICE_DEPTH     256
#define SLICE_DOUBLES   (WIDTH * SLICE_DEPTH)
#define BLOCKS_PER_TASK 8
#define CANCELLING      0x1p-20 /* of |x|^2 + |y|^2 */
#define PENDING         (-1.0)  /* in place of a distance that cancelled */

typedef struct block_position {
    size_t row, column; /* panels; row <= column */
} block_position;

typedef struct product {
    mfn__distances *distances;
    const float *const *rows;
    size_t dimension;
    size_t block_count;
    double *packed; /* a slice of every panel */
    size_t first;   /* value of the slice */
    size_t depth;
    double *lengths;  /* squared, of every vector */
    bool *is_pending; /* blocks with a PENDING distance */
    size_t *pending;  /* these blocks */
    size_t pending_count;
    double *differences; /* a block for each of them */
    const mfn_parallel *parallel;
} product;

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t block_index(size_t panels, size_t row, size_t column)
{
    return row * panels - row * (row + 1) / 2 + column;
}

static block_position position_of(size_t panels, size_t index)
{
    size_t row = 0;
    while (index >= panels - row) {
        index -= panels - row;
        row++;
    }
    return (block_position){row, row + index};
}

static block_position next_position(size_t panels, block_position at)
{
    at.column++;
    if (at.column == panels) {
        at.row++;
        at.column = at.row;
    }
    return at;
}

/* Task: packs the slice of one panel. */
static void pack(void *argument, size_t panel)
{
    const product *work = argument;
    double *ret = work->packed + panel * SLICE_DOUBLES;
    size_t vectors = smaller(WIDTH, work->distances->count - panel * WIDTH);
    for (size_t i = 0; i < vectors; i++) {
        const float *from = work->rows[panel * WIDTH + i] + work->first;
        for (size_t k = 0; k < work->depth; k++) {
            ret[WIDTH * k + i] = (double)from[k];
        }
    }
}

/* Task: adds the slice's products to some blocks. */
static void multiply(void *argument, size_t task)
{
    const product *work = argument;
    size_t panels = work->distances->panels;
    size_t begin = task * BLOCKS_PER_TASK;
    size_t end = smaller(begin + BLOCKS_PER_TASK, work->block_count);
    block_position at = position_of(panels, begin);
    for (size_t block = begin; block < end; block++) {
        mfn__kernels()->pair_products(work->packed + at.row * SLICE_DOUBLES,
                                      work->packed + at.column * SLICE_DOUBLES, work->depth,
                                      work->distances->blocks + block * MFN__PANEL_PAIRS);
        at = next_position(panels, at);
    }
}

/* Task: adds the slice's squared differences to one block that needs them. */
static void subtract(void *argument, size_t task)
{
    const product *work = argument;
    block_position at = position_of(work->distances->panels, work->pending[task]);
    mfn__kernels()->pair_differences(work->packed + at.row * SLICE_DOUBLES,
                                     work->packed + at.column * SLICE_DOUBLES, work->depth,
                                     work->differences + task * MFN__PANEL_PAIRS);
}

/* Runs `task` over all slices, one after the other. */
static void over_slices(product *work, mfn_task task, size_t count)
{
    for (work->first = 0; work->first < work->dimension; work->first += SLICE_DEPTH) {
        work->depth = smaller(SLICE_DEPTH, work->dimension - work->first);
        mfn__parallel_run(work->parallel, pack, work, work->distances->panels);
        mfn__parallel_run(work->parallel, task, work, count);
    }
}

static void take_lengths(product *work)
{
    const mfn__distances *distances = work->distances;
    for (size_t panel = 0; panel < distances->panels; panel++) {
        const double *block =
            distances->blocks + block_index(distances->panels, panel, panel) * MFN__PANEL_PAIRS;
        for (size_t i = 0; i < WIDTH; i++) {
            work->lengths[panel * WIDTH + i] = block[i * WIDTH + i];
        }
    }
}

/* Task: turns the products of some blocks into distances. */
static void expand(void *argument, size_t task)
{
    const product *work = argument;
    size_t begin = task * BLOCKS_PER_TASK;
    size_t end = smaller(begin + BLOCKS_PER_TASK, work->block_count);
    block_position at = position_of(work->distances->panels, begin);
    for (size_t block = begin; block < end; block++) {
        double *values = work->distances->blocks + block * MFN__PANEL_PAIRS;
        for (size_t pair = 0; pair < MFN__PANEL_PAIRS; pair++) {
            size_t i = at.row * WIDTH + pair / WIDTH;
            size_t j = at.column * WIDTH + pair % WIDTH;
            double lengths = work->lengths[i] + work->lengths[j];
            double distance = lengths - 2.0 * values[pair];
            bool cancels = distance < CANCELLING * lengths && i != j;
            values[pair] = i == j ? 0.0 : cancels ? PENDING : distance;
            work->is_pending[block] |= cancels;
        }
        at = next_position(work->distances->panels, at);
    }
}

static mfn_status settle_pending(product *work, mfn_error *err)
{
    for (size_t block = 0; block < work->block_count; block++) {
        if (work->is_pending[block]) {
            work->pending[work->pending_count++] = block;
        }
    }
    if (work->pending_count == 0) {
        return MFN_OK;
    }
    size_t doubles = work->pending_count * MFN__PANEL_PAIRS;
    work->differences = mfn__mem_new_aligned(doubles, sizeof(double));
    if (work->differences == NULL) {
        return mfn__fail_memory(err);
    }
    memset(work->differences, 0, doubles * sizeof(double));
    over_slices(work, subtract, work->pending_count);
    for (size_t i = 0; i < work->pending_count; i++) {
        const double *differences = work->differences + i * MFN__PANEL_PAIRS;
        double *values = work->distances->blocks + work->pending[i] * MFN__PANEL_PAIRS;
        for (size_t pair = 0; pair < MFN__PANEL_PAIRS; pair++) {
            values[pair] = values[pair] < 0.0 ? differences[pair] : values[pair];
        }
    }
    return MFN_OK;
}

static void product_deinit(product *work)
{
    mfn__mem_free(work->packed);
    mfn__mem_free(work->lengths);
    mfn__mem_free(work->is_pending);
    mfn__mem_free(work->pending);
    mfn__mem_free(work->differences);
}

mfn_status mfn__distances_init(mfn__distances *distances, const float *const *rows, size_t count,
                               size_t dimension, const mfn_parallel *parallel, mfn_error *err)
{
    size_t panels = (count + WIDTH - 1) / WIDTH;
    product work = {
        .distances = distances,
        .rows = rows,
        .dimension = dimension,
        .block_count = panels * (panels + 1) / 2,
        .parallel = parallel,
    };
    size_t doubles = work.block_count * MFN__PANEL_PAIRS;
    size_t tasks = (work.block_count + BLOCKS_PER_TASK - 1) / BLOCKS_PER_TASK;
    mfn_status status = MFN_OK;
    *distances = (mfn__distances){.count = count, .panels = panels};
    distances->blocks = mfn__mem_new_aligned(doubles, sizeof(double));
    work.packed = mfn__mem_new_aligned(panels * SLICE_DOUBLES, sizeof(double));
    work.lengths = mfn__mem_new(panels * WIDTH, sizeof(double));
    work.is_pending = mfn__mem_new(work.block_count, sizeof(bool));
    work.pending = mfn__mem_new(work.block_count, sizeof(size_t));
    if (distances->blocks == NULL || work.packed == NULL || work.lengths == NULL ||
        work.is_pending == NULL || work.pending == NULL) {
        status = mfn__fail_memory(err);
        goto fail;
    }
    memset(distances->blocks, 0, doubles * sizeof(double));
    memset(work.packed, 0, panels * SLICE_DOUBLES * sizeof(double));
    over_slices(&work, multiply, tasks);
    take_lengths(&work);
    mfn__parallel_run(parallel, expand, &work, tasks);
    status = settle_pending(&work, err);
    if (status != MFN_OK) {
        goto fail;
    }
    product_deinit(&work);
    return MFN_OK;
fail:
    product_deinit(&work);
    mfn__distances_deinit(distances);
    return status;
}

void mfn__distances_deinit(mfn__distances *distances)
{
    mfn__mem_free(distances->blocks);
    *distances = (mfn__distances){0};
}

void mfn__distances_row(const mfn__distances *distances, size_t row, double *ret)
{
    size_t own = row / WIDTH;
    size_t lane = row % WIDTH;
    for (size_t panel = 0; panel < distances->panels; panel++) {
        bool is_right = panel >= own; /* the block holds this row; left of it, it is a column */
        size_t index = is_right ? block_index(distances->panels, own, panel)
                                : block_index(distances->panels, panel, own);
        const double *block = distances->blocks + index * MFN__PANEL_PAIRS;
        size_t vectors = smaller(WIDTH, distances->count - panel * WIDTH);
        for (size_t i = 0; i < vectors; i++) {
            ret[panel * WIDTH + i] = is_right ? block[lane * WIDTH + i] : block[i * WIDTH + lane];
        }
    }
}
