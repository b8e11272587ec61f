/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "engine/mycelium/network.h"
#include "suite.h"

#define SIDE  32
#define CHAIN 30

/* One hypha along a row; node i lies in cell i. */
static void make_chain(mfn__network *network, uint32_t nodes)
{
    ck_assert(mfn__network_init(network, SIDE, 1));
    network->first_volume = 1.0;
    mfn__network_add(network, 0, 0);
    for (uint32_t i = 1; i < nodes; i++) {
        ck_assert_uint_eq(mfn__network_add(network, i - 1, i), i);
    }
}

START_TEST(a_wave_along_a_hypha_decays_as_implicit_diffusion_says)
{
    static const double diffusions[] = {0.1, 1.0, 48.0, 1e4};
    for (size_t k = 0; k < sizeof diffusions / sizeof *diffusions; k++) {
        for (int mode = 1; mode <= 5; mode += 2) {
            mfn__network network;
            make_chain(&network, CHAIN);
            double wave = acos(-1.0) * mode / CHAIN;
            for (uint32_t i = 0; i < CHAIN; i++) {
                network.nodes[i].substrate = 1.0 + cos(wave * (i + 0.5));
            }
            mfn__network_translocate(&network, diffusions[k], 0.0);
            double factor = 1.0 / (1.0 + diffusions[k] * (2.0 - 2.0 * cos(wave)));
            for (uint32_t i = 0; i < CHAIN; i++) {
                double expected = 1.0 + factor * cos(wave * (i + 0.5));
                ck_assert_msg(fabs(network.nodes[i].substrate - expected) < 1e-11,
                              "D %g, mode %d, node %u: expected %.15g, got %.15g", diffusions[k],
                              mode, i, expected, network.nodes[i].substrate);
            }
            mfn__network_deinit(&network);
        }
    }
}
END_TEST

/* A first node with three branches of different length, one of them branched again. */
static void make_tree(mfn__network *network)
{
    ck_assert(mfn__network_init(network, SIDE, 3));
    network->first_volume = 7.0;
    mfn__network_add(network, 0, 0);
    static const uint32_t parents[] = {0, 0, 0, 1, 2, 4, 4, 7, 6};
    for (uint32_t i = 0; i < sizeof parents / sizeof *parents; i++) {
        mfn__network_add(network, parents[i], i + 1);
    }
    for (uint32_t i = 0; i < network->node_count; i++) {
        network->nodes[i].substrate = 0.1 * ((i * 7) % 5);
    }
}

/* What is left over when the new substrate is put into the equations, at one node. */
static double residual_at(const mfn__network *network, const double *before, uint32_t node,
                          double diffusion, double mass_flow)
{
    const mfn__node *nodes = network->nodes;
    double volume = mfn__network_volume(network, node);
    double sum = (volume + network->flows[node].sink) * nodes[node].substrate;
    for (uint32_t i = 1; i < network->node_count; i++) {
        uint32_t parent = nodes[i].parent;
        double moved = diffusion * (nodes[parent].substrate - nodes[i].substrate) +
                       mass_flow * network->flows[i].flow * nodes[parent].substrate;
        sum += parent == node ? moved : 0.0;
        sum -= i == node ? moved : 0.0;
    }
    return sum - volume * before[node];
}

START_TEST(a_branched_hypha_solves_its_equations_and_loses_nothing)
{
    mfn__network network;
    make_tree(&network);
    double before[16] = {0};
    double total = mfn__network_substrate(&network);
    for (uint32_t i = 0; i < network.node_count; i++) {
        before[i] = network.nodes[i].substrate;
    }
    network.flows[8].flow = 0.3;
    network.flows[9].flow = 0.5;
    network.flows[8].sink = 1.5;
    network.flows[9].sink = 4.0;
    mfn__network_translocate(&network, 2.5, 1.2);
    ck_assert_msg(fabs(network.flows[4].flow - 0.8) < 1e-15, "%g", network.flows[4].flow);
    for (uint32_t i = 0; i < network.node_count; i++) {
        double left = residual_at(&network, before, i, 2.5, 1.2);
        ck_assert_msg(fabs(left) < 1e-12, "node %u: %g", i, left);
        ck_assert(network.nodes[i].substrate >= 0.0);
    }
    double taken = 1.5 * network.nodes[8].substrate + 4.0 * network.nodes[9].substrate;
    ck_assert(taken > 0.1);
    ck_assert_msg(fabs(mfn__network_substrate(&network) + taken - total) < 1e-12, "%g",
                  mfn__network_substrate(&network) + taken - total);
    mfn__network_deinit(&network);
}
END_TEST

START_TEST(growth_pulls_fluid_towards_the_tip)
{
    mfn__network network;
    make_chain(&network, 10);
    for (uint32_t i = 0; i < 10; i++) {
        network.nodes[i].substrate = i == 0 ? 1.0 : 0.0;
    }
    for (int step = 0; step < 200; step++) {
        for (uint32_t i = 0; i < 10; i++) {
            network.flows[i].flow = i == 9 ? 0.5 : 0.0;
        }
        mfn__network_translocate(&network, 0.0, 1.0);
    }
    ck_assert_msg(fabs(network.nodes[9].substrate - 1.0) < 1e-9, "%g", network.nodes[9].substrate);
    ck_assert(network.nodes[0].substrate < 1e-9);
    mfn__network_deinit(&network);
}
END_TEST

START_TEST(a_joint_lets_substrate_through_where_the_tree_does_not)
{
    mfn__network network;
    make_tree(&network);
    for (uint32_t i = 0; i < network.node_count; i++) {
        network.nodes[i].substrate = i == 3 ? 1.0 : 0.0;
    }
    mfn__network_join(&network, 3, 9);
    mfn__network_exchange(&network, 2.0);
    ck_assert_msg(fabs(network.nodes[9].substrate - 0.4) < 1e-15, "%g", network.nodes[9].substrate);
    ck_assert(fabs(network.nodes[3].substrate - 0.6) < 1e-15);
    mfn__network_join(&network, 9, 0); /* with seven times the volume */
    double total = mfn__network_substrate(&network);
    for (int i = 0; i < 200; i++) {
        mfn__network_exchange(&network, 2.0);
    }
    ck_assert(fabs(mfn__network_substrate(&network) - total) < 1e-14);
    ck_assert_msg(fabs(network.nodes[0].substrate - 1.0 / 9.0) < 1e-9, "%g",
                  network.nodes[0].substrate);
    mfn__network_deinit(&network);
}
END_TEST

START_TEST(a_new_node_shares_with_its_parent)
{
    mfn__network network;
    ck_assert(mfn__network_init(&network, SIDE, 1));
    network.first_volume = 9.0;
    mfn__network_add(&network, 0, 40);
    network.nodes[0].substrate = 0.5;
    uint32_t child = mfn__network_add(&network, 0, 41);
    ck_assert(fabs(network.nodes[child].substrate - 0.45) < 1e-15);
    ck_assert(network.nodes[0].substrate == network.nodes[child].substrate);
    ck_assert_uint_eq(mfn__network_at(&network, 41), child);
    ck_assert_uint_eq(mfn__network_at(&network, 42), MFN__NO_NODE);
    ck_assert(network.mask[41] == 1 && network.mask[42] == 0);
    mfn__network_deinit(&network);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_wave_along_a_hypha_decays_as_implicit_diffusion_says,
                                  a_branched_hypha_solves_its_equations_and_loses_nothing,
                                  growth_pulls_fluid_towards_the_tip,
                                  a_joint_lets_substrate_through_where_the_tree_does_not,
                                  a_new_node_shares_with_its_parent,
                                  NULL};
    return mfn_test_run("mycelium_network", tests);
}
