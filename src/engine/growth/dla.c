/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/error.h"
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

/* Sums for the radius of gyration, relative to the seed. */
typedef struct moments {
    double x, y, square;
} moments;

static double gyration_radius(const moments *sums, uint64_t count)
{
    double n = (double)count;
    double x = sums->x / n;
    double y = sums->y / n;
    return sqrt(sums->square / n - x * x - y * y);
}

/* 64, 96, 128, 192, ... */
static uint64_t record_after(uint64_t mass)
{
    bool is_power_of_two = (mass & (mass - 1)) == 0;
    return is_power_of_two ? mass + mass / 2 : mass / 3 * 4;
}

static void take_record(mfn_dla_growth *growth, const moments *sums)
{
    uint32_t n = growth->records;
    uint64_t due = n == 0 ? FIRST_RECORD : record_after(growth->mass[n - 1]);
    if (growth->particles == due && n < MFN_DLA_RECORDS_MAX) {
        growth->mass[n] = growth->particles;
        growth->gyration_radius[n] = gyration_radius(sums, growth->particles);
        growth->records++;
    }
}

static void fit(mfn_dla_growth *growth)
{
    double x[MFN_DLA_RECORDS_MAX];
    double y[MFN_DLA_RECORDS_MAX];
    for (uint32_t i = 0; i < growth->records; i++) {
        x[i] = mfn__log(growth->gyration_radius[i]);
        y[i] = mfn__log((double)growth->mass[i]);
    }
    mfn_slope_fit(x, y, growth->records, &growth->dimension);
}

static void grow(const mfn_dla_config *config, mfn__pyramid *pyramid, mfn_random *random,
                 mfn_dla_growth *ret)
{
    double middle = floor(0.5 * (double)config->grid_size) + 0.5;
    mfn__cluster cluster = {pyramid, {middle, middle}, 0.0};
    moments sums = {0};
    mfn__point at = cluster.centre;
    *ret = (mfn_dla_growth){0};
    for (;;) {
        mfn__pyramid_add(pyramid, at);
        double x = at.x - middle;
        double y = at.y - middle;
        double distance = sqrt(x * x + y * y);
        sums = (moments){sums.x + x, sums.y + y, sums.square + (x * x + y * y)};
        cluster.radius = distance > cluster.radius ? distance : cluster.radius;
        ret->particles++;
        take_record(ret, &sums);
        ret->reached_edge = cluster.radius + MFN__WALK_MARGIN > (double)config->grid_size - middle;
        if (ret->reached_edge || ret->particles == config->particles) {
            break;
        }
        at = config->lattice == MFN_DLA_SQUARE ? mfn__walk_cell(&cluster, random)
                                               : mfn__walk_disc(&cluster, random);
    }
    ret->radius = cluster.radius;
    fit(ret);
}

static void draw(const mfn__pyramid *pyramid, uint8_t *ret_mask)
{
    memset(ret_mask, 0, (size_t)pyramid->side * pyramid->side);
    for (uint32_t i = 0; i < pyramid->count; i++) {
        mfn__point at = pyramid->points[i];
        ret_mask[(size_t)at.y * pyramid->side + (size_t)at.x] = 1;
    }
}

mfn_status mfn_dla_grow(const mfn_dla_config *config, mfn_random *random, uint8_t *ret_mask,
                        mfn_dla_growth *ret, mfn_error *err)
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
    /* Discs of diameter 1 that do not overlap: no more than 1.16 fit into a cell's area. */
    uint64_t room = config->grid_size * config->grid_size * 2;
    uint64_t capacity = config->particles < room ? config->particles : room;
    mfn__pyramid pyramid;
    status = mfn__pyramid_init(&pyramid, (uint32_t)config->grid_size, (uint32_t)capacity, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn_dla_growth growth;
    grow(config, &pyramid, random, &growth);
    if (ret_mask != NULL) {
        draw(&pyramid, ret_mask);
    }
    if (ret != NULL) {
        *ret = growth;
    }
    mfn__pyramid_deinit(&pyramid);
    return MFN_OK;
}
