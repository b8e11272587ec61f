/* SPDX-License-Identifier: MIT */
/* Translocation by the implicit Euler method, so that any diffusion is stable. With volumes V,
 * diffusion D, flows F from a node's parent p into it, and sinks w, a step solves
 *
 *     (V_i + w_i) s_i + sum over links D (s_i - s_j) + sum over children F_c s_i - F_i s_p
 *         = V_i s_i(before)
 *
 * whose matrix is a tree's: it is eliminated from the youngest node to the oldest without filling
 * in (Hines, Int. J. Biomed. Comput. 15, 69, 1984). Its columns sum to V_i + w_i, so nothing is
 * lost, and all that is added and divided is positive, so no substrate becomes negative.
 *
 * Flow is caused by growth: tips add volume, and what fills it comes through all the hypha behind
 * them (Heaton et al., Phys. Rev. E 86, 2012). Fusions close loops, which a tree does not have:
 * their exchange is solved pair by pair after it. */
#include "engine/mycelium/network.h"

#include <assert.h>

#include "base/mem.h"

bool mfn__network_init(mfn__network *network, uint32_t side, uint32_t first_tips)
{
    size_t cells = (size_t)side * side;
    *network = (mfn__network){.side = side, .loops_max = (uint32_t)cells + first_tips};
    network->nodes = mfn__mem_new(cells, sizeof *network->nodes);
    network->flows = mfn__mem_new(cells, sizeof *network->flows);
    network->loops = mfn__mem_new(network->loops_max, sizeof *network->loops);
    network->node_at = mfn__mem_new(cells, sizeof *network->node_at);
    network->mask = mfn__mem_new(cells, sizeof *network->mask);
    bool is_made = network->nodes != NULL && network->flows != NULL && network->loops != NULL &&
                   network->node_at != NULL && network->mask != NULL;
    if (!is_made) {
        mfn__network_deinit(network);
    }
    return is_made;
}

void mfn__network_deinit(mfn__network *network)
{
    mfn__mem_free(network->nodes);
    mfn__mem_free(network->flows);
    mfn__mem_free(network->loops);
    mfn__mem_free(network->node_at);
    mfn__mem_free(network->mask);
    *network = (mfn__network){0};
}

double mfn__network_volume(const mfn__network *network, uint32_t node)
{
    return node == 0 ? network->first_volume : 1.0;
}

/* A hypha reaches further with what it has: half of the parent's volume of one cell moves on. */
static double share_substrate(mfn__network *network, uint32_t parent)
{
    double volume = mfn__network_volume(network, parent);
    double shared = network->nodes[parent].substrate * volume / (volume + 1.0);
    network->nodes[parent].substrate = shared;
    return shared;
}

uint32_t mfn__network_add(mfn__network *network, uint32_t parent, uint32_t cell)
{
    uint32_t index = network->node_count++;
    mfn__node *node = &network->nodes[index];
    *node = (mfn__node){.parent = parent, .cell = cell, .is_active = true};
    if (index > 0) {
        node->substrate = share_substrate(network, parent);
    }
    network->node_at[cell] = index + 1;
    network->mask[cell] = 1;
    return index;
}

void mfn__network_join(mfn__network *network, uint32_t a, uint32_t b)
{
    assert(network->loop_count < network->loops_max);
    network->loops[network->loop_count++] = (mfn__loop){a, b};
}

/* From the youngest node to the oldest. */
static void eliminate(mfn__network *network, double diffusion, double mass_flow)
{
    mfn__node_flow *flows = network->flows;
    for (uint32_t i = network->node_count - 1; i > 0; i--) {
        mfn__node_flow *parent = &flows[network->nodes[i].parent];
        double inflow = diffusion + mass_flow * flows[i].flow;
        double per_pivot = 1.0 / (flows[i].own + diffusion);
        parent->flow += flows[i].flow;
        parent->own += inflow * (flows[i].own * per_pivot);
        parent->right += diffusion * (flows[i].right * per_pivot);
    }
}

static void substitute(mfn__network *network, double diffusion, double mass_flow)
{
    const mfn__node_flow *flows = network->flows;
    mfn__node *nodes = network->nodes;
    nodes[0].substrate = flows[0].right / flows[0].own;
    for (uint32_t i = 1; i < network->node_count; i++) {
        double inflow = diffusion + mass_flow * flows[i].flow;
        double from_parent = inflow * nodes[nodes[i].parent].substrate;
        nodes[i].substrate = (flows[i].right + from_parent) / (flows[i].own + diffusion);
    }
}

void mfn__network_translocate(mfn__network *network, double diffusion, double mass_flow)
{
    for (uint32_t i = 0; i < network->node_count; i++) {
        mfn__node_flow *flow = &network->flows[i];
        double volume = mfn__network_volume(network, i);
        flow->own = volume + flow->sink;
        flow->right = volume * network->nodes[i].substrate;
    }
    eliminate(network, diffusion, mass_flow);
    substitute(network, diffusion, mass_flow);
}

void mfn__network_exchange(mfn__network *network, double diffusion)
{
    for (uint32_t i = 0; i < network->loop_count; i++) {
        mfn__loop loop = network->loops[i];
        mfn__node *a = &network->nodes[loop.a];
        mfn__node *b = &network->nodes[loop.b];
        double per_a = 1.0 / mfn__network_volume(network, loop.a);
        double per_b = 1.0 / mfn__network_volume(network, loop.b);
        double moved =
            diffusion * (a->substrate - b->substrate) / (1.0 + diffusion * (per_a + per_b));
        a->substrate -= moved * per_a;
        b->substrate += moved * per_b;
    }
}

double mfn__network_substrate(const mfn__network *network)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < network->node_count; i++) {
        sum += mfn__network_volume(network, i) * network->nodes[i].substrate;
    }
    return sum;
}
