/* SPDX-License-Identifier: MIT */
/* Hyphae as a tree of nodes, each in a cell of its own, with the fusions that close loops beside
 * it. A node is made after the one that it grew from, so its index is higher: everything that
 * spreads along hyphae is computed in one pass down and one pass up. */
#ifndef MFN_ENGINE_MYCELIUM_NETWORK_H
#define MFN_ENGINE_MYCELIUM_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MFN__NO_NODE UINT32_MAX

typedef struct mfn__node {
    double substrate; /* units per cell */
    double length;    /* cells of hypha */
    float dx, dy;     /* direction in which the hypha grew here */
    uint32_t parent;  /* its own index for the first one */
    uint32_t cell;
    uint32_t block; /* of the medium */
    bool has_branched;
    bool is_active; /* it has paid its maintenance */
} mfn__node;

/* What a solution of the transport equations needs beside a node. */
typedef struct mfn__node_flow {
    double own;   /* coefficient of the node itself, without the link to its parent */
    double right; /* right-hand side */
    double sink;  /* coefficient with which its tips take substrate */
    double flow;  /* cells per step that tips beyond grow: what flows in from the parent */
} mfn__node_flow;

typedef struct mfn__loop {
    uint32_t a, b;
} mfn__loop;

typedef struct mfn__network {
    uint32_t side;
    mfn__node *nodes;
    mfn__node_flow *flows;
    uint32_t node_count;
    double first_volume; /* cells, of the inoculum; all other nodes have 1 */
    mfn__loop *loops;
    uint32_t loop_count, loops_max;
    uint32_t *node_at; /* per cell: index + 1, or 0 */
    uint8_t *mask;
} mfn__network;

/* False when there is no memory; the network is then empty. Each node branches once at most: there
 * are never more tips, and so fusions, than cells and first tips. */
bool mfn__network_init(mfn__network *network, uint32_t side, uint32_t first_tips);
void mfn__network_deinit(mfn__network *network);

/* MFN__NO_NODE when the cell is free. */
static inline uint32_t mfn__network_at(const mfn__network *network, uint32_t cell)
{
    return network->node_at[cell] - 1u; /* 0 wraps to MFN__NO_NODE */
}

/* Puts a node into a free cell; it shares the substrate of its parent. Returns its index. */
uint32_t mfn__network_add(mfn__network *network, uint32_t parent, uint32_t cell);

/* Joins two nodes beyond the tree. */
void mfn__network_join(mfn__network *network, uint32_t a, uint32_t b);

/* One step of diffusion and flow along the tree. Sinks and flows are the caller's: each node's sink
 * has taken `sink` times its new substrate afterwards. */
void mfn__network_translocate(mfn__network *network, double diffusion, double mass_flow);

/* One step of diffusion through the joints that close loops. */
void mfn__network_exchange(mfn__network *network, double diffusion);

double mfn__network_volume(const mfn__network *network, uint32_t node); /* cells */
double mfn__network_substrate(const mfn__network *network);             /* units, of all */

#endif
