/* SPDX-License-Identifier: MIT */
/* Branching is a Poisson process with the rate b s per cell of hypha and step. Instead of asking
 * each hypha in each step, the hazards are added up until they pass a random number with the
 * exponential distribution: the same process, with one draw per branch.
 *
 * A compartment branches once: a node that has done so, and the first one, have no hazard. */
#include "engine/exact_math.h"
#include "engine/mycelium/mycelium.h"

#define RADIANS_PER_DEGREE 0.017453292519943295

double mfn__mycelium_draw_hazard(mfn_random *random)
{
    return -mfn__log(1.0 - mfn_random_uniform(random));
}

static void form(mfn_mycelium *mycelium, uint32_t index)
{
    const mfn_mycelium_config *config = &mycelium->config;
    mfn__node *node = &mycelium->network.nodes[index];
    double angle =
        RADIANS_PER_DEGREE *
        mfn_random_normal(&mycelium->random, config->branch_angle_deg, config->branch_spread_deg);
    bool is_left = mfn_random_uniform(&mycelium->random) < 0.5;
    double cosine = mfn__cos(angle);
    double sine = is_left ? mfn__sin(angle) : -mfn__sin(angle);
    double dx = cosine * (double)node->dx - sine * (double)node->dy;
    double dy = sine * (double)node->dx + cosine * (double)node->dy;
    if (mfn__mycelium_add_tip(mycelium, index, dx, dy)) {
        node->has_branched = true;
        mycelium->counts.branches++;
    }
}

void mfn__mycelium_branch(mfn_mycelium *mycelium)
{
    double rate = mycelium->config.branching;
    double until = mycelium->until_branch;
    for (uint32_t i = 1; i < mycelium->network.node_count; i++) {
        const mfn__node *node = &mycelium->network.nodes[i];
        if (node->has_branched || !node->is_active) {
            continue;
        }
        until -= rate * node->substrate * node->length;
        if (until < 0.0) {
            form(mycelium, i);
            until = mfn__mycelium_draw_hazard(&mycelium->random);
        }
    }
    mycelium->until_branch = until;
}
