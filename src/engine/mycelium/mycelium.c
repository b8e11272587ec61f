/* SPDX-License-Identifier: MIT */
/* A colony: its life, its steps in their order, and what can be seen of it.
 *
 * Order of the draws (it decides every result): x and y of each patch; the hazard of the first
 * branch; then in each step, for each tip that grows, a normal for its turn and a uniform when it
 * meets a hypha; for each branch a normal for its angle, a uniform for its side and one for the
 * next hazard. */
#include "engine/mycelium/mycelium.h"

#include <math.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/exact_math.h"

#define TWO_PI          6.283185307179586
#define CELLS_PER_TIP   4   /* tips are denser nowhere: beyond it, no branch forms */
#define INOCULUM_FILLED 0.5 /* units per cell of the inoculum's volume */
#define HYPHA_SHOWN     0.6 /* of the displayed quantity */
#define MEDIUM_SHOWN    0.25

static void inoculate(mfn_mycelium *mycelium)
{
    const mfn_mycelium_config *config = &mycelium->config;
    mfn__network *network = &mycelium->network;
    uint32_t middle = mycelium->side / 2;
    mfn__mycelium_lay_patches(mycelium);
    network->first_volume = config->inoculum / INOCULUM_FILLED;
    uint32_t first = mfn__network_add(network, 0, middle * mycelium->side + middle);
    network->nodes[first].substrate = INOCULUM_FILLED;
    network->nodes[first].block = mfn__medium_block(&mycelium->medium, middle, middle);
    for (uint64_t i = 0; i < config->tips; i++) {
        double angle = TWO_PI * (double)i / (double)config->tips;
        bool is_added = mfn__mycelium_add_tip(mycelium, first, mfn__cos(angle), mfn__sin(angle));
        (void)is_added; /* there is room for the first tips */
    }
    mycelium->until_branch = mfn__mycelium_draw_hazard(&mycelium->random);
    mycelium->counts.given = mfn__medium_total(&mycelium->medium) + config->inoculum;
}

static mfn_status make_parts(mfn_mycelium *mycelium, mfn_error *err)
{
    const mfn_mycelium_config *config = &mycelium->config;
    uint32_t side = mycelium->side;
    mycelium->tips_max = side * side / CELLS_PER_TIP + (uint32_t)config->tips;
    mycelium->tips = mfn__mem_new(mycelium->tips_max, sizeof *mycelium->tips);
    bool is_made =
        mycelium->tips != NULL &&
        mfn__network_init(&mycelium->network, side, (uint32_t)config->tips) &&
        mfn__medium_init(&mycelium->medium, side, config->nutrient, config->nutrient_diffusion);
    return is_made ? MFN_OK : mfn__fail_memory(err);
}

mfn_status mfn_mycelium_new(const mfn_mycelium_config *config, mfn_mycelium **ret, mfn_error *err)
{
    mfn_status status = mfn_mycelium_config_check(config, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn_mycelium *mycelium = mfn__mem_new(1, sizeof *mycelium);
    if (mycelium == NULL) {
        return mfn__fail_memory(err);
    }
    mycelium->config = *config;
    mycelium->config.seed = NULL;
    mycelium->side = (uint32_t)config->grid_size;
    status = mfn_random_seed(&mycelium->random, config->seed, err);
    if (status == MFN_OK) {
        status = make_parts(mycelium, err);
    }
    if (status != MFN_OK) {
        mfn_mycelium_free(mycelium);
        return status;
    }
    inoculate(mycelium);
    *ret = mycelium;
    return MFN_OK;
}

void mfn_mycelium_free(mfn_mycelium *mycelium)
{
    if (mycelium != NULL) {
        mfn__medium_deinit(&mycelium->medium);
        mfn__network_deinit(&mycelium->network);
        mfn__mem_free(mycelium->tips);
        mfn__mem_free(mycelium);
    }
}

void mfn_mycelium_advance(mfn_mycelium *mycelium, uint64_t steps)
{
    for (uint64_t step = 0; step < steps; step++) {
        mfn__medium_diffuse(&mycelium->medium);
        mfn__mycelium_feed(mycelium);
        mfn__mycelium_translocate(mycelium);
        mfn__mycelium_extend(mycelium);
        mfn__mycelium_branch(mycelium);
        mycelium->counts.steps_computed++;
    }
}

void mfn_mycelium_run(mfn_mycelium *mycelium)
{
    uint64_t done = mycelium->counts.steps_computed;
    uint64_t wanted = mycelium->config.steps;
    mfn_mycelium_advance(mycelium, wanted > done ? wanted - done : 0);
}

const uint8_t *mfn_mycelium_mask(const mfn_mycelium *mycelium)
{
    return mycelium->network.mask;
}

uint32_t mfn_mycelium_grid_size(const mfn_mycelium *mycelium)
{
    return mycelium->side;
}

void mfn_mycelium_nutrient(const mfn_mycelium *mycelium, double *ret)
{
    const mfn__medium *medium = &mycelium->medium;
    for (uint32_t i = 0; i < mycelium->side; i++) {
        for (uint32_t j = 0; j < mycelium->side; j++) {
            *ret++ = medium->nutrient[mfn__medium_block(medium, i, j)];
        }
    }
}

void mfn_mycelium_substrate(const mfn_mycelium *mycelium, double *ret)
{
    const mfn__network *network = &mycelium->network;
    for (uint32_t cell = 0; cell < mycelium->side * mycelium->side; cell++) {
        uint32_t node = mfn__network_at(network, cell);
        ret[cell] = node != MFN__NO_NODE ? network->nodes[node].substrate : 0.0;
    }
}

void mfn_mycelium_display(const mfn_mycelium *mycelium, double *ret)
{
    const mfn__network *network = &mycelium->network;
    double half = mycelium->config.half_saturation;
    double most = mycelium->config.nutrient;
    mfn_mycelium_nutrient(mycelium, ret);
    for (uint32_t cell = 0; cell < mycelium->side * mycelium->side; cell++) {
        uint32_t node = mfn__network_at(network, cell);
        if (node != MFN__NO_NODE) {
            double substrate = network->nodes[node].substrate;
            ret[cell] = HYPHA_SHOWN + (1.0 - HYPHA_SHOWN) * (substrate / (half + substrate));
        } else {
            ret[cell] = most > 0.0 ? MEDIUM_SHOWN * fmin(ret[cell] / most, 1.0) : 0.0;
        }
    }
    for (uint32_t i = 0; i < mycelium->tip_count; i++) {
        ret[network->nodes[mycelium->tips[i].node].cell] = 1.0;
    }
}

void mfn_mycelium_field_v(const mfn_mycelium *mycelium, double *ret)
{
    mfn_mycelium_display(mycelium, ret);
    for (size_t cell = 0; cell < (size_t)mycelium->side * mycelium->side; cell++) {
        double part = ret[cell];
        ret[cell] = MFN_MYCELIUM_LOWEST_V * (1.0 - part) + MFN_MYCELIUM_HIGHEST_V * part;
    }
}

mfn_mycelium_tip mfn_mycelium_tip_at(const mfn_mycelium *mycelium, uint64_t index)
{
    const mfn__tip *tip = &mycelium->tips[index];
    return (mfn_mycelium_tip){tip->x, tip->y, tip->dx, tip->dy};
}

void mfn_mycelium_summarize(const mfn_mycelium *mycelium, mfn_mycelium_summary *ret)
{
    *ret = mycelium->counts;
    ret->tips = mycelium->tip_count;
    ret->cells = mycelium->network.node_count;
    ret->medium = mfn__medium_total(&mycelium->medium);
    ret->inside = mfn__network_substrate(&mycelium->network);
}
