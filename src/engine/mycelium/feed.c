/* SPDX-License-Identifier: MIT */
/* Uptake and maintenance. The hyphae of a block compete for what is in it: de/dt = -demand e is
 * solved by the implicit Euler method, which leaves e positive, and each gets its share of what the
 * block lost. Boswell's uptake is also proportional to the substrate inside; then a hypha that ran
 * out would never recover beside plenty, and no colony could grow from a small inoculum. */
#include "engine/mycelium/mycelium.h"

static void deplete(mfn_mycelium *mycelium)
{
    mfn__medium *medium = &mycelium->medium;
    size_t blocks = (size_t)medium->side * medium->side;
    for (size_t i = 0; i < blocks; i++) {
        double demand = mycelium->config.uptake * medium->hyphae[i];
        medium->nutrient[i] /= 1.0 + demand;
    }
}

/* After deplete the nutrient is that at the end of the step: demand times it was taken. */
static void take_and_pay(mfn_mycelium *mycelium)
{
    const mfn_mycelium_config *config = &mycelium->config;
    mfn__network *network = &mycelium->network;
    double respired = 0.0;
    double active_length = 0.0;
    for (uint32_t i = 0; i < network->node_count; i++) {
        mfn__node *node = &network->nodes[i];
        double volume = mfn__network_volume(network, i);
        double taken = config->uptake * node->length * mycelium->medium.nutrient[node->block];
        double owned = node->substrate * volume + taken;
        double due = config->maintenance * node->length;
        node->is_active = owned >= due;
        double paid = node->is_active ? due : owned;
        node->substrate = (owned - paid) / volume;
        respired += paid;
        active_length += node->is_active ? node->length : 0.0;
    }
    mycelium->counts.respired += respired;
    mycelium->counts.active_length = active_length;
}

void mfn__mycelium_feed(mfn_mycelium *mycelium)
{
    deplete(mycelium);
    take_and_pay(mycelium);
}
