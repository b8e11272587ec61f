/* SPDX-License-Identifier: MIT */
/* Tips move freely over the grid; cells only tell them what they meet. A tip looks around each time
 * it has grown one cell length: positions that far apart lie in the same cell or in cells that
 * touch, so hyphae have no gaps. It then either claims a free cell, or meets a hypha, with which it
 * fuses or which it grows across. Two hyphae that cross diagonally share no cell; the two cells
 * beside the step tell.
 *
 * Turning uses no trigonometry: a turn by 2 atan(t) has cosine (1 - t^2) / (1 + t^2) and sine
 * 2 t / (1 + t^2), which have the same bits everywhere. */
#include <math.h>

#include "engine/mycelium/mycelium.h"

#define OWN_HYPHA_NODES 3   /* a tip does not meet its own hypha just behind it */
#define OWN_HYPHA_CELLS 3.0 /* nor a branch the one that it leaves */

bool mfn__mycelium_add_tip(mfn_mycelium *mycelium, uint32_t node, double dx, double dy)
{
    if (mycelium->tip_count == mycelium->tips_max) {
        return false;
    }
    uint32_t cell = mycelium->network.nodes[node].cell;
    uint32_t row = cell / mycelium->side;
    uint32_t column = cell % mycelium->side;
    mycelium->tips[mycelium->tip_count++] = (mfn__tip){
        .x = column + 0.5,
        .y = row + 0.5,
        .dx = dx,
        .dy = dy,
        .node = node,
    };
    return true;
}

/* Units that were paid for growth that did not happen. */
static void give_back(mfn__network *network, uint32_t node, double units)
{
    network->nodes[node].substrate += units / mfn__network_volume(network, node);
}

/* Tips draw on the hypha that they extend while substrate moves in it, and a cell costs one unit.
 * What would make a tip faster than tips are goes back. */
void mfn__mycelium_translocate(mfn_mycelium *mycelium)
{
    const mfn_mycelium_config *config = &mycelium->config;
    mfn__network *network = &mycelium->network;
    for (uint32_t i = 0; i < network->node_count; i++) {
        network->flows[i].sink = 0.0;
        network->flows[i].flow = 0.0;
    }
    for (uint32_t i = 0; i < mycelium->tip_count; i++) {
        mfn__tip *tip = &mycelium->tips[i];
        tip->pull =
            config->extension / (config->half_saturation + network->nodes[tip->node].substrate);
        network->flows[tip->node].sink += tip->pull;
        network->flows[tip->node].flow += tip->length;
    }
    mfn__network_translocate(network, config->internal_diffusion, config->mass_flow);
    for (uint32_t i = 0; i < mycelium->tip_count; i++) {
        mfn__tip *tip = &mycelium->tips[i];
        tip->length = tip->pull * network->nodes[tip->node].substrate;
    }
    mfn__network_exchange(network, config->internal_diffusion);
    for (uint32_t i = 0; i < mycelium->tip_count; i++) {
        mfn__tip *tip = &mycelium->tips[i];
        if (tip->length > config->extension) {
            give_back(network, tip->node, tip->length - config->extension);
            tip->length = config->extension;
        }
    }
}

static void turn(mfn_mycelium *mycelium, mfn__tip *tip)
{
    const mfn_mycelium_config *config = &mycelium->config;
    double t = mfn_random_normal(&mycelium->random, 0.0, 0.5 * config->wobble * sqrt(tip->length));
    double cosine = (1.0 - t * t) / (1.0 + t * t);
    double sine = 2.0 * t / (1.0 + t * t);
    double away_x = 0.0;
    double away_y = 0.0;
    mfn__medium_crowding_gradient(&mycelium->medium, tip->x, tip->y, &away_x, &away_y);
    double strength = config->autotropism * tip->length;
    double dx = cosine * tip->dx - sine * tip->dy - strength * away_x;
    double dy = sine * tip->dx + cosine * tip->dy - strength * away_y;
    double norm = sqrt(dx * dx + dy * dy);
    if (norm > 0.0) {
        tip->dx = dx / norm;
        tip->dy = dy / norm;
    }
}

/* Whether the node is one of the last that the tip made, or that its branch left. */
static bool is_own(const mfn__network *network, const mfn__tip *tip, uint32_t node)
{
    uint32_t own = tip->node;
    for (int i = 0; i < OWN_HYPHA_NODES; i++) {
        if (own == node) {
            return true;
        }
        own = network->nodes[own].parent;
    }
    return own == node || tip->grown < OWN_HYPHA_CELLS;
}

/* The hypha that passes between the two cells beside a diagonal step, or MFN__NO_NODE. */
static uint32_t crossed_between(const mfn__network *network, uint32_t from, uint32_t to)
{
    uint32_t side = network->side;
    uint32_t row_from = from / side;
    uint32_t row_to = to / side;
    uint32_t column_from = from % side;
    uint32_t column_to = to % side;
    bool is_diagonal = (row_to == row_from + 1 || row_to + 1 == row_from) &&
                       (column_to == column_from + 1 || column_to + 1 == column_from);
    if (!is_diagonal) {
        return MFN__NO_NODE;
    }
    uint32_t a = mfn__network_at(network, row_from * side + column_to);
    uint32_t b = mfn__network_at(network, row_to * side + column_from);
    if (a == MFN__NO_NODE || b == MFN__NO_NODE) {
        return MFN__NO_NODE;
    }
    bool is_link = network->nodes[a].parent == b || network->nodes[b].parent == a;
    return is_link ? a : MFN__NO_NODE;
}

static void claim(mfn_mycelium *mycelium, mfn__tip *tip, uint32_t cell)
{
    uint32_t row = cell / mycelium->side;
    uint32_t column = cell % mycelium->side;
    uint32_t index = mfn__network_add(&mycelium->network, tip->node, cell);
    mfn__node *node = &mycelium->network.nodes[index];
    node->dx = (float)tip->dx;
    node->dy = (float)tip->dy;
    node->block = mfn__medium_block(&mycelium->medium, row, column);
    tip->node = index;
    uint32_t middle = mycelium->side / 2;
    double from_x = tip->x - (middle + 0.5);
    double from_y = tip->y - (middle + 0.5);
    double distance = sqrt(from_x * from_x + from_y * from_y);
    mycelium->counts.radius = fmax(mycelium->counts.radius, distance);
}

/* Whether the tip goes on. */
static bool look_around(mfn_mycelium *mycelium, mfn__tip *tip)
{
    mfn__network *network = &mycelium->network;
    uint32_t cell = (uint32_t)tip->y * mycelium->side + (uint32_t)tip->x;
    uint32_t here = mfn__network_at(network, cell);
    uint32_t met = here != MFN__NO_NODE
                       ? here
                       : crossed_between(network, network->nodes[tip->node].cell, cell);
    if (met != MFN__NO_NODE && !is_own(network, tip, met)) {
        if (mfn_random_uniform(&mycelium->random) < mycelium->config.anastomosis) {
            mfn__network_join(network, tip->node, met);
            mycelium->counts.fusions++;
            return false;
        }
        mycelium->counts.crossings++;
    }
    if (here == MFN__NO_NODE) {
        claim(mycelium, tip, cell);
    }
    return true;
}

/* Moves the tip and counts what it grew. False when that takes it out of the grid. */
static bool move(mfn_mycelium *mycelium, mfn__tip *tip, double length)
{
    double side = (double)mycelium->side;
    mfn__node *node = &mycelium->network.nodes[tip->node];
    tip->x += tip->dx * length;
    tip->y += tip->dy * length;
    tip->since_node += length;
    tip->grown += length;
    node->length += length;
    mycelium->medium.hyphae[node->block] += length / (MFN__BLOCK_CELLS * MFN__BLOCK_CELLS);
    mycelium->counts.length += length;
    if (tip->x >= 0.0 && tip->x < side && tip->y >= 0.0 && tip->y < side) {
        return true;
    }
    mycelium->counts.tips_left++;
    return false;
}

/* Whether the tip goes on. No step is longer than one cell, so it looks around once at most. */
static bool extend(mfn_mycelium *mycelium, mfn__tip *tip)
{
    if (tip->length <= 0.0) {
        return true;
    }
    turn(mycelium, tip);
    double before = 1.0 - tip->since_node;
    if (tip->length < before) {
        return move(mycelium, tip, tip->length);
    }
    double after = tip->length - before;
    if (!move(mycelium, tip, before)) {
        give_back(&mycelium->network, tip->node, after);
        return false;
    }
    tip->since_node = 0.0;
    if (!look_around(mycelium, tip)) {
        give_back(&mycelium->network, tip->node, after);
        return false;
    }
    return move(mycelium, tip, after);
}

void mfn__mycelium_extend(mfn_mycelium *mycelium)
{
    uint32_t kept = 0;
    mfn__medium_sense(&mycelium->medium);
    for (uint32_t i = 0; i < mycelium->tip_count; i++) {
        if (extend(mycelium, &mycelium->tips[i])) {
            mycelium->tips[kept++] = mycelium->tips[i];
        }
    }
    mycelium->tip_count = kept;
}
