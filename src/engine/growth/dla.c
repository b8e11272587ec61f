/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "engine/exact_math.h"
#include "engine/growth/walk.h"

#include "mfn/growth.h"

#define CONFIG        mfn_dla_config
#define GRID_SIZE_MAX 8192
#define PARTICLES_MAX 1e8
#define FIRST_RECORD  64

static const char *const lattice_names[] = {"none", "square", NULL};

/* clang-format off: one row per option */
static const mfn_option options[] = {
    MFN__WHOLE(CONFIG, grid_size, 16, GRID_SIZE_MAX, "256", "cells",
               "cells per side of the square field"),
    MFN__WHOLE(CONFIG, particles, 1, PARTICLES_MAX, "10000", "",
               "growth ends with so many particles, or where it comes near the edge"),
    MFN__CHOICE(CONFIG, lattice, lattice_names, "none", "discs in the plane, or cells"),
    {0},
};
/* clang-format on */

const mfn_option *mfn_dla_options(void)
{
    return options;
}

void mfn_dla_config_init(mfn_dla_config *config)
{
    *config = (mfn_dla_config){.size = sizeof *config};
    mfn_options_set_defaults(options, config);
}

mfn_status mfn_dla_config_check(const mfn_dla_config *config, mfn_error *err)
{
    if (config->size != sizeof *config) {
        return mfn__fail(err, MFN_INVALID, "size",
                         "size: expected %zu, got %zu: fill the configuration with "
                         "mfn_dla_config_init",
                         sizeof *config, config->size);
    }
    return mfn_options_check(options, config, err);
}

struct mfn_dla {
    mfn_dla_config config;
    mfn__pyramid pyramid;
    mfn__cluster cluster;
    mfn_dla_growth growth; /* all but the dimension */
    double x, y, square;   /* sums over the particles, relative to the seed */
};

static double gyration_radius(const mfn_dla *dla)
{
    double n = (double)dla->growth.particles;
    double x = dla->x / n;
    double y = dla->y / n;
    return sqrt(dla->square / n - x * x - y * y);
}

/* 64, 96, 128, 192, ... */
static uint64_t record_after(uint64_t mass)
{
    bool is_power_of_two = (mass & (mass - 1)) == 0;
    return is_power_of_two ? mass + mass / 2 : mass / 3 * 4;
}

static void take_record(mfn_dla *dla)
{
    mfn_dla_growth *growth = &dla->growth;
    uint32_t n = growth->records;
    uint64_t due = n == 0 ? FIRST_RECORD : record_after(growth->mass[n - 1]);
    if (growth->particles == due && n < MFN_DLA_RECORDS_MAX) {
        growth->mass[n] = growth->particles;
        growth->gyration_radius[n] = gyration_radius(dla);
        growth->records++;
    }
}

static void add(mfn_dla *dla, mfn__point at)
{
    double x = at.x - dla->cluster.centre.x;
    double y = at.y - dla->cluster.centre.y;
    double square = x * x + y * y;
    double distance = sqrt(square);
    mfn__pyramid_add(&dla->pyramid, at);
    dla->x += x;
    dla->y += y;
    dla->square += square;
    dla->cluster.radius = distance > dla->cluster.radius ? distance : dla->cluster.radius;
    dla->growth.radius = dla->cluster.radius;
    dla->growth.reached_edge = dla->cluster.radius + MFN__WALK_MARGIN >
                               (double)dla->config.grid_size - dla->cluster.centre.x;
    dla->growth.particles++;
    take_record(dla);
}

static bool has_ended(const mfn_dla *dla)
{
    return dla->growth.reached_edge || dla->growth.particles == dla->config.particles;
}

mfn_status mfn_dla_new(const mfn_dla_config *config, mfn_dla **ret, mfn_error *err)
{
    mfn_dla_config defaults;
    if (config == NULL) {
        mfn_dla_config_init(&defaults);
        config = &defaults;
    }
    mfn_status status = mfn_dla_config_check(config, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn_dla *dla = mfn__mem_new(1, sizeof *dla);
    if (dla == NULL) {
        return mfn__fail_memory(err);
    }
    /* Discs of diameter 1 that do not overlap: no more than 1.16 fit into a cell's area. */
    uint64_t room = config->grid_size * config->grid_size * 2;
    uint64_t capacity = config->particles < room ? config->particles : room;
    status = mfn__pyramid_init(&dla->pyramid, (uint32_t)config->grid_size, (uint32_t)capacity, err);
    if (status != MFN_OK) {
        mfn__mem_free(dla);
        return status;
    }
    double middle = floor(0.5 * (double)config->grid_size) + 0.5;
    dla->config = *config;
    dla->cluster = (mfn__cluster){&dla->pyramid, {middle, middle}, 0.0};
    add(dla, dla->cluster.centre);
    *ret = dla;
    return MFN_OK;
}

void mfn_dla_free(mfn_dla *dla)
{
    if (dla != NULL) {
        mfn__pyramid_deinit(&dla->pyramid);
        mfn__mem_free(dla);
    }
}

uint64_t mfn_dla_advance(mfn_dla *dla, mfn_random *random, uint64_t particles)
{
    uint64_t added = 0;
    while (added < particles && !has_ended(dla)) {
        add(dla, dla->config.lattice == MFN_DLA_SQUARE ? mfn__walk_cell(&dla->cluster, random)
                                                       : mfn__walk_disc(&dla->cluster, random));
        added++;
    }
    return added;
}

void mfn_dla_measure(const mfn_dla *dla, mfn_dla_growth *ret)
{
    double x[MFN_DLA_RECORDS_MAX];
    double y[MFN_DLA_RECORDS_MAX];
    *ret = dla->growth;
    for (uint32_t i = 0; i < ret->records; i++) {
        x[i] = mfn__log(ret->gyration_radius[i]);
        y[i] = mfn__log((double)ret->mass[i]);
    }
    mfn_slope_fit(x, y, ret->records, &ret->dimension);
}

void mfn_dla_draw(const mfn_dla *dla, uint8_t *ret_mask)
{
    const mfn__pyramid *pyramid = &dla->pyramid;
    memset(ret_mask, 0, (size_t)pyramid->side * pyramid->side);
    for (uint32_t i = 0; i < pyramid->count; i++) {
        mfn__point at = pyramid->points[i];
        ret_mask[(size_t)at.y * pyramid->side + (size_t)at.x] = 1;
    }
}

mfn_status mfn_dla_grow(const mfn_dla_config *config, mfn_random *random, uint8_t *ret_mask,
                        mfn_dla_growth *ret, mfn_error *err)
{
    mfn_dla *dla = NULL;
    mfn_status status = mfn_dla_new(config, &dla, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn_dla_advance(dla, random, UINT64_MAX);
    if (ret_mask != NULL) {
        mfn_dla_draw(dla, ret_mask);
    }
    if (ret != NULL) {
        mfn_dla_measure(dla, ret);
    }
    mfn_dla_free(dla);
    return MFN_OK;
}
