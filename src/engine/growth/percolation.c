/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "engine/growth/labels.h"

#include "mfn/growth.h"

#define CONFIG        mfn_percolation_config
#define GRID_SIZE_MAX 16384

static const char *const boundary_names[] = {"open", "periodic", NULL};
static const char *const keep_names[] = {"all", "largest", "spanning", NULL};

/* clang-format off: one row per option */
static const mfn_option options[] = {
    MFN__WHOLE(CONFIG, grid_size, 1, GRID_SIZE_MAX, "256", "cells",
               "cells per side of the square field"),
    MFN__REAL(CONFIG, probability, 0, 1, "0.592746", "",
              "that a cell is occupied; the default is the critical one"),
    MFN__CHOICE(CONFIG, boundary, boundary_names, "open", "whether opposite edges are neighbours"),
    MFN__CHOICE(CONFIG, keep, keep_names, "all",
                "which clusters are shown; spanning ones join the first row with the last"),
    {0},
};
/* clang-format on */

const mfn_option *mfn_percolation_options(void)
{
    return options;
}

void mfn_percolation_config_init(mfn_percolation_config *config)
{
    *config = (mfn_percolation_config){.size = sizeof *config};
    mfn_options_set_defaults(options, config);
}

mfn_status mfn_percolation_config_check(const mfn_percolation_config *config, mfn_error *err)
{
    if (config->size != sizeof *config) {
        return mfn__fail(err, MFN_INVALID, "size",
                         "size: expected %zu, got %zu: fill the configuration with "
                         "mfn_percolation_config_init",
                         sizeof *config, config->size);
    }
    return mfn_options_check(options, config, err);
}

/* Of each cluster, in the place of its first cell. */
typedef struct cluster {
    uint32_t cells;
    bool is_at_top, is_at_bottom;
} cluster;

#define NONE UINT32_MAX

/* Returns the first cell of the largest cluster, or NONE. */
static uint32_t gather(const uint32_t *labels, uint32_t side, cluster *clusters,
                       mfn_percolation *ret)
{
    uint32_t cells = side * side;
    *ret = (mfn_percolation){0};
    for (uint32_t cell = 0; cell < cells; cell++) {
        if (labels[cell] != NONE) {
            cluster *own = &clusters[labels[cell]];
            own->cells++;
            own->is_at_top = own->is_at_top || cell < side;
            own->is_at_bottom = own->is_at_bottom || cell >= cells - side;
            ret->occupied++;
        }
    }
    uint32_t largest = NONE;
    for (uint32_t cell = 0; cell < cells; cell++) {
        const cluster *own = &clusters[cell];
        ret->clusters += own->cells > 0;
        ret->spans = ret->spans || (own->is_at_top && own->is_at_bottom);
        if (own->cells > ret->largest) {
            ret->largest = own->cells;
            largest = cell;
        }
    }
    return largest;
}

static bool is_kept(uint32_t keep, const cluster *clusters, uint32_t label, uint32_t largest)
{
    switch (keep) {
    case MFN_PERCOLATION_LARGEST:
        return label == largest;
    case MFN_PERCOLATION_SPANNING:
        return clusters[label].is_at_top && clusters[label].is_at_bottom;
    default:
        return true;
    }
}

static void fill(const mfn_percolation_config *config, mfn_random *random, uint8_t *ret_mask)
{
    for (uint64_t cell = 0; cell < config->grid_size * config->grid_size; cell++) {
        ret_mask[cell] = mfn_random_uniform(random) < config->probability;
    }
}

static void choose(const mfn_percolation_config *config, uint32_t *labels, cluster *clusters,
                   uint8_t *mask, mfn_percolation *ret)
{
    uint32_t side = (uint32_t)config->grid_size;
    mfn__labels_make(mask, side, config->boundary == MFN_PERCOLATION_PERIODIC, labels);
    uint32_t largest = gather(labels, side, clusters, ret);
    for (uint32_t cell = 0; cell < side * side; cell++) {
        if (labels[cell] != NONE) {
            mask[cell] = is_kept(config->keep, clusters, labels[cell], largest);
        }
    }
}

mfn_status mfn_percolation_fill(const mfn_percolation_config *config, mfn_random *random,
                                uint8_t *ret_mask, mfn_percolation *ret, mfn_error *err)
{
    mfn_percolation_config defaults;
    if (config == NULL) {
        mfn_percolation_config_init(&defaults);
        config = &defaults;
    }
    mfn_status status = mfn_percolation_config_check(config, err);
    if (status != MFN_OK) {
        return status;
    }
    size_t cells = (size_t)config->grid_size * (size_t)config->grid_size;
    uint32_t *labels = mfn__mem_new(cells, sizeof *labels);
    cluster *clusters = mfn__mem_new(cells, sizeof *clusters);
    if (labels == NULL || clusters == NULL) {
        status = mfn__fail_memory(err);
    } else {
        mfn_percolation found;
        fill(config, random, ret_mask);
        choose(config, labels, clusters, ret_mask, &found);
        if (ret != NULL) {
            *ret = found;
        }
    }
    mfn__mem_free(labels);
    mfn__mem_free(clusters);
    return status;
}
