/* SPDX-License-Identifier: MIT */
/* How the models of two species begin, and how they are shown.
 *
 * Order of the draws: the patches, one after the other, row then column; then u and v of each cell
 * in turn. */
#include "base/error.h"
#include "base/number.h"
#include "engine/patterns/patterns.h"

#define NOISE           0.01 /* relative, uniform on either side */
#define CELLS_PER_PATCH 4096
#define PATCH_CELLS     10 /* smaller ones die out */
#define PATCH_U         0.5
#define PATCH_V         0.25
#define SHOWN_MIN_V     (-0.095)
#define SHOWN_MAX_V     0.040
#define STABILITY_LIMIT 0.25

mfn_status mfn__pattern_check(const mfn_simulation_config *config, mfn_error *err)
{
    const double *p = config->parameters;
    bool is_v = p[MFN__DIFFUSION_V] > p[MFN__DIFFUSION_U];
    double diffusion = is_v ? p[MFN__DIFFUSION_V] : p[MFN__DIFFUSION_U];
    double time_step = p[MFN__TIME_STEP];
    if (time_step * diffusion < STABILITY_LIMIT) {
        return MFN_OK;
    }
    char given[MFN__REAL_TEXT_MAX];
    char most[MFN__REAL_TEXT_MAX];
    mfn__real_to_text(time_step, given);
    mfn__real_to_text(STABILITY_LIMIT / diffusion, most);
    return mfn__fail(err, MFN_INVALID, "time_step",
                     "time_step: expected less than %s, so that its product with diffusion_%s "
                     "stays below 0.25 and the steps stable, got %s",
                     most, is_v ? "v" : "u", given);
}

static uint32_t wrapped(uint32_t at, uint32_t side)
{
    return at < side ? at : at - side;
}

/* Pearson's beginning: squares of half the food and a quarter of v in a field of food alone. */
static void set_patches(mfn_simulation *sim, mfn__grid *u, mfn__grid *v)
{
    uint32_t side = u->side;
    uint32_t size = side / 4 < PATCH_CELLS ? side / 4 : PATCH_CELLS;
    uint32_t patches = (uint32_t)((uint64_t)side * side / CELLS_PER_PATCH) + 1;
    for (uint32_t i = 0; i < side; i++) {
        for (uint32_t j = 0; j < side; j++) {
            mfn__grid_row(u, i)[j] = 1.0;
            mfn__grid_row(v, i)[j] = 0.0;
        }
    }
    for (uint32_t patch = 0; patch < patches; patch++) {
        uint32_t top = (uint32_t)mfn_random_integer(&sim->random, 0, side);
        uint32_t left = (uint32_t)mfn_random_integer(&sim->random, 0, side);
        for (uint32_t i = 0; i < size; i++) {
            for (uint32_t j = 0; j < size; j++) {
                uint32_t row = wrapped(top + i, side);
                uint32_t column = wrapped(left + j, side);
                mfn__grid_row(u, row)[column] = PATCH_U;
                mfn__grid_row(v, row)[column] = PATCH_V;
            }
        }
    }
}

static void set_steady_state(const mfn_simulation *sim, const mfn__pattern *pattern, mfn__grid *u,
                             mfn__grid *v)
{
    double steady_u = 0.0;
    double steady_v = 0.0;
    pattern->steady_state(sim->config.parameters, &steady_u, &steady_v);
    for (uint32_t i = 0; i < u->side; i++) {
        for (uint32_t j = 0; j < u->side; j++) {
            mfn__grid_row(u, i)[j] = steady_u;
            mfn__grid_row(v, i)[j] = steady_v;
        }
    }
}

void mfn__pattern_draw(mfn_simulation *sim)
{
    const mfn__pattern *pattern = mfn__pattern_of(sim->config.model);
    mfn_boundary boundary = (mfn_boundary)sim->config.boundary_condition;
    mfn__grid *u = &sim->grids[MFN__ACTIVATOR];
    mfn__grid *v = &sim->grids[MFN__INHIBITOR];
    if (pattern->begins_with_patches) {
        set_patches(sim, u, v);
    } else {
        set_steady_state(sim, pattern, u, v);
    }
    for (uint32_t i = 0; i < u->side; i++) {
        double *row_u = mfn__grid_row(u, i);
        double *row_v = mfn__grid_row(v, i);
        for (uint32_t j = 0; j < u->side; j++) {
            row_u[j] += NOISE * (2.0 * mfn_random_uniform(&sim->random) - 1.0);
            double off = NOISE * (2.0 * mfn_random_uniform(&sim->random) - 1.0);
            row_v[j] += pattern->begins_with_patches ? off * row_v[j] : off;
        }
        mfn__grid_fill_halo(u, u->now, i, boundary);
        mfn__grid_fill_halo(v, v->now, i, boundary);
    }
}

void mfn__pattern_show(const mfn_simulation *sim, double *ret_v)
{
    const mfn__pattern *pattern = mfn__pattern_of(sim->config.model);
    const mfn__grid *grid = &sim->grids[pattern->shows_v ? MFN__INHIBITOR : MFN__ACTIVATOR];
    double scale = (SHOWN_MAX_V - SHOWN_MIN_V) / (pattern->shown_high - pattern->shown_low);
    for (uint32_t i = 0; i < grid->side; i++) {
        const double *row = mfn__grid_row(grid, i);
        for (uint32_t j = 0; j < grid->side; j++) {
            double shown = SHOWN_MIN_V + scale * (row[j] - pattern->shown_low);
            shown = shown < SHOWN_MIN_V ? SHOWN_MIN_V : shown;
            ret_v[(size_t)i * grid->side + j] = shown > SHOWN_MAX_V ? SHOWN_MAX_V : shown;
        }
    }
}
