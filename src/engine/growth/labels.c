/* SPDX-License-Identifier: MIT */
/* Hoshen and Kopelman (Phys. Rev. B 14, 1976): one pass joins each cell with those above and to the
 * left, one more replaces every label by its root's. A root is the smallest index of its cluster,
 * so labels point backwards and the second pass needs no search. */
#include "engine/growth/labels.h"

#include <stddef.h>

#define NONE UINT32_MAX

static uint32_t find_root(uint32_t *labels, uint32_t cell)
{
    while (labels[cell] != cell) {
        labels[cell] = labels[labels[cell]];
        cell = labels[cell];
    }
    return cell;
}

static void join(uint32_t *labels, uint32_t a, uint32_t b)
{
    uint32_t root_a = find_root(labels, a);
    uint32_t root_b = find_root(labels, b);
    if (root_a < root_b) {
        labels[root_b] = root_a;
    } else {
        labels[root_a] = root_b;
    }
}

static void join_across_edges(const uint8_t *mask, uint32_t side, uint32_t *labels)
{
    for (uint32_t k = 0; k < side; k++) {
        uint32_t left = k * side;
        uint32_t right = left + side - 1;
        uint32_t bottom = (side - 1) * side + k;
        if (mask[left] != 0 && mask[right] != 0) {
            join(labels, left, right);
        }
        if (mask[k] != 0 && mask[bottom] != 0) {
            join(labels, k, bottom);
        }
    }
}

void mfn__labels_make(const uint8_t *mask, uint32_t side, bool is_periodic, uint32_t *ret_labels)
{
    uint32_t cells = side * side;
    uint32_t cell = 0;
    for (uint32_t row = 0; row < side; row++) {
        for (uint32_t column = 0; column < side; column++, cell++) {
            ret_labels[cell] = mask[cell] != 0 ? cell : NONE;
            if (mask[cell] != 0 && column > 0 && mask[cell - 1] != 0) {
                join(ret_labels, cell, cell - 1);
            }
            if (mask[cell] != 0 && row > 0 && mask[cell - side] != 0) {
                join(ret_labels, cell, cell - side);
            }
        }
    }
    if (is_periodic) {
        join_across_edges(mask, side, ret_labels);
    }
    for (cell = 0; cell < cells; cell++) {
        if (ret_labels[cell] != NONE) {
            ret_labels[cell] = ret_labels[ret_labels[cell]];
        }
    }
}
