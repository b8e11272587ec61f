/* SPDX-License-Identifier: MIT */
/* Explicit diffusion on the blocks, in as many rounds as keep it stable: with a share r of each
 * difference moved to each of four neighbours, values stay between their neighbours' for r up to
 * 1/4. */
#include "engine/mycelium/medium.h"

#include <math.h>

#include "base/mem.h"

#define RATE_MAX   0.2
#define SMOOTHINGS 2

bool mfn__medium_init(mfn__medium *medium, uint32_t grid_size, double nutrient, double diffusion)
{
    uint32_t side = (grid_size + MFN__BLOCK_CELLS - 1) / MFN__BLOCK_CELLS;
    size_t blocks = (size_t)side * side;
    double in_blocks = diffusion / (MFN__BLOCK_CELLS * MFN__BLOCK_CELLS);
    double *storage = mfn__mem_new(blocks, 4 * sizeof *storage);
    *medium = (mfn__medium){.side = side, .rounds = (uint32_t)ceil(in_blocks / RATE_MAX)};
    if (storage == NULL) {
        return false;
    }
    medium->rate = medium->rounds > 0 ? in_blocks / medium->rounds : 0.0;
    medium->storage = storage;
    medium->nutrient = storage;
    medium->hyphae = storage + blocks;
    medium->next = storage + 2 * blocks;
    medium->crowding = storage + 3 * blocks;
    for (size_t i = 0; i < blocks; i++) {
        medium->nutrient[i] = nutrient;
    }
    return true;
}

void mfn__medium_deinit(mfn__medium *medium)
{
    mfn__mem_free(medium->storage);
    *medium = (mfn__medium){0};
}

/* What one cell becomes; the sum is the same from any side. */
static inline double mixed(double here, double beside, double stacked, double rate)
{
    return here + rate * ((beside + stacked) - 4.0 * here);
}

/* A missing neighbour counts as the block itself: nothing flows through the edge. The blocks inside
 * have a loop of their own, which compilers can put into vectors. */
static void diffuse_once(mfn__medium *medium)
{
    uint32_t side = medium->side;
    uint32_t last = side - 1;
    double rate = medium->rate;
    for (uint32_t i = 0; i < side; i++) {
        const double *restrict here = medium->nutrient + (size_t)i * side;
        const double *restrict above = i > 0 ? here - side : here;
        const double *restrict below = i < last ? here + side : here;
        double *restrict next = medium->next + (size_t)i * side;
        for (uint32_t j = 1; j < last; j++) {
            next[j] = mixed(here[j], here[j - 1] + here[j + 1], above[j] + below[j], rate);
        }
        next[0] = mixed(here[0], here[0] + here[1], above[0] + below[0], rate);
        next[last] =
            mixed(here[last], here[last - 1] + here[last], above[last] + below[last], rate);
    }
    double *done = medium->nutrient;
    medium->nutrient = medium->next;
    medium->next = done;
}

void mfn__medium_diffuse(mfn__medium *medium)
{
    for (uint32_t round = 0; round < medium->rounds; round++) {
        diffuse_once(medium);
    }
}

double mfn__medium_total(const mfn__medium *medium)
{
    double sum = 0.0;
    for (size_t i = 0; i < (size_t)medium->side * medium->side; i++) {
        sum += medium->nutrient[i];
    }
    return sum * MFN__BLOCK_CELLS * MFN__BLOCK_CELLS;
}

/* (1 2 1) / 4 along rows, then along columns. */
static void smooth(const double *from, double *between, double *ret, uint32_t side)
{
    for (uint32_t i = 0; i < side; i++) {
        const double *here = from + (size_t)i * side;
        for (uint32_t j = 0; j < side; j++) {
            double beside = here[j > 0 ? j - 1 : j] + here[j + 1 < side ? j + 1 : j];
            between[(size_t)i * side + j] = 0.5 * here[j] + 0.25 * beside;
        }
    }
    for (uint32_t i = 0; i < side; i++) {
        const double *here = between + (size_t)i * side;
        const double *above = i > 0 ? here - side : here;
        const double *below = i + 1 < side ? here + side : here;
        for (uint32_t j = 0; j < side; j++) {
            ret[(size_t)i * side + j] = 0.5 * here[j] + 0.25 * (above[j] + below[j]);
        }
    }
}

void mfn__medium_sense(mfn__medium *medium)
{
    smooth(medium->hyphae, medium->next, medium->crowding, medium->side);
    for (int i = 1; i < SMOOTHINGS; i++) {
        smooth(medium->crowding, medium->next, medium->crowding, medium->side);
    }
}

/* Between the middles of the four blocks around a point; beyond the edge as at the edge. */
static double crowding_at(const mfn__medium *medium, double x, double y)
{
    double last = (double)(medium->side - 1);
    double column = fmin(fmax(x / MFN__BLOCK_CELLS - 0.5, 0.0), last);
    double row = fmin(fmax(y / MFN__BLOCK_CELLS - 0.5, 0.0), last);
    uint32_t j = (uint32_t)column;
    uint32_t i = (uint32_t)row;
    double part_x = column - j;
    double part_y = row - i;
    const double *here = medium->crowding + (size_t)i * medium->side;
    const double *below = i + 1 < medium->side ? here + medium->side : here;
    uint32_t right = j + 1 < medium->side ? j + 1 : j;
    double upper = here[j] + part_x * (here[right] - here[j]);
    double lower = below[j] + part_x * (below[right] - below[j]);
    return upper + part_y * (lower - upper);
}

void mfn__medium_crowding_gradient(const mfn__medium *medium, double x, double y, double *ret_x,
                                   double *ret_y)
{
    const double reach = MFN__BLOCK_CELLS;
    *ret_x =
        (crowding_at(medium, x + reach, y) - crowding_at(medium, x - reach, y)) / (2.0 * reach);
    *ret_y =
        (crowding_at(medium, x, y + reach) - crowding_at(medium, x, y - reach)) / (2.0 * reach);
}
