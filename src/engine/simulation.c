/* SPDX-License-Identifier: MIT */
/* A run: random draws in the reference's order, and sweeps of steps over the fields.
 *
 * Order of the draws (it decides every result): first the fields; then in each step one uniform
 * for the growth event, its row, column and height when it happens, and one normal per cell when
 * jitter is on. */
#include "engine/simulation.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/models.h"
#include "engine/patterns/patterns.h"
#include "engine/statistics.h"

#define SLICE_CELL_STEPS ((uint64_t)1 << 22)

static mfn_status make_room(mfn_simulation *sim, uint32_t side, mfn_error *err)
{
    size_t doubles = MFN__FIELD_COUNT * mfn__grid_doubles(side) +
                     (size_t)mfn__noise_rows(side) * side + MFN__NOISE_SPARE;
    if (doubles <= sim->storage_doubles) {
        return MFN_OK;
    }
    double *storage = mfn__mem_new_aligned(doubles, sizeof *storage);
    if (storage == NULL) {
        return mfn__fail_memory(err);
    }
    mfn__mem_free(sim->storage);
    sim->storage = storage;
    sim->storage_doubles = doubles;
    return MFN_OK;
}

static void lay_out(mfn_simulation *sim)
{
    uint32_t side = (uint32_t)sim->config.grid_size;
    for (size_t i = 0; i < MFN__FIELD_COUNT; i++) {
        mfn__grid_init(&sim->grids[i], side, sim->storage + i * mfn__grid_doubles(side));
    }
    sim->noise_v = sim->storage + MFN__FIELD_COUNT * mfn__grid_doubles(side);
}

static void draw_fields(mfn_simulation *sim)
{
    if (mfn__pattern_of(sim->config.model) != NULL) {
        mfn__pattern_draw(sim);
        return;
    }
    uint32_t side = (uint32_t)sim->config.grid_size;
    for (size_t field = 0; field < (sim->has_morphogens ? MFN__FIELD_COUNT : MFN__ACTIVATOR);
         field++) {
        for (uint32_t i = 0; i < side; i++) {
            double *row = mfn__grid_row(&sim->grids[field], i);
            if (field == MFN__POTENTIAL) {
                mfn_random_fill_normal(&sim->random, MFN__REST_V, MFN__REST_SPREAD_V, row, side);
            } else {
                mfn_random_fill_uniform(&sim->random, 0.0, MFN__INITIAL_MORPHOGEN_MAX, row, side);
            }
            mfn__grid_fill_halo(&sim->grids[field], sim->grids[field].now, i,
                                (mfn_boundary)sim->config.boundary_condition);
        }
    }
}

/* The configuration is checked. */
static mfn_status start(mfn_simulation *sim, const mfn_simulation_config *config,
                        const mfn_random *random, mfn_error *err)
{
    mfn_status status = make_room(sim, (uint32_t)config->grid_size, err);
    if (status != MFN_OK) {
        return status;
    }
    sim->random = *random;
    mfn__config_resolve(config, &sim->config);
    sim->config.seed = NULL;
    sim->has_morphogens = config->model != MFN_MODEL_V4_1_FIELD || config->turing_enabled;
    sim->steps_computed = 0;
    sim->growth_events = 0;
    sim->counts = (mfn__step_counts){0};
    lay_out(sim);
    draw_fields(sim);
    return MFN_OK;
}

mfn_status mfn_simulation_reset(mfn_simulation *sim, const mfn_simulation_config *config,
                                mfn_error *err)
{
    mfn_status status = mfn_simulation_config_check(config, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn_random random;
    status = mfn_random_seed(&random, config->seed, err);
    return status == MFN_OK ? start(sim, config, &random, err) : status;
}

mfn_status mfn__simulation_restart(mfn_simulation *sim, const mfn_simulation_config *config,
                                   const mfn_random *random, mfn_error *err)
{
    mfn_status status = mfn_simulation_config_check(config, err);
    return status == MFN_OK ? start(sim, config, random, err) : status;
}

mfn_status mfn_simulation_new(const mfn_simulation_config *config, mfn_simulation **ret,
                              mfn_error *err)
{
    mfn_status status = MFN_NO_MEMORY;
    mfn_simulation *sim = mfn__mem_new(1, sizeof *sim);
    if (sim != NULL) {
        sim->grids = mfn__mem_new(MFN__FIELD_COUNT, sizeof *sim->grids);
    }
    if (sim == NULL || sim->grids == NULL) {
        status = mfn__fail_memory(err);
        goto fail;
    }
    status = mfn_simulation_reset(sim, config, err);
    if (status != MFN_OK) {
        goto fail;
    }
    sim->threads = 1;
    *ret = sim;
    return MFN_OK;
fail:
    mfn_simulation_free(sim);
    return status;
}

void mfn_simulation_free(mfn_simulation *sim)
{
    if (sim == NULL) {
        return;
    }
    mfn__mem_free(sim->grids);
    mfn__mem_free(sim->storage);
    mfn__mem_free(sim->block_changes);
    mfn__mem_free(sim);
}

void mfn_simulation_set_threads(mfn_simulation *sim, const mfn_parallel *parallel, uint32_t threads)
{
    sim->parallel = parallel;
    sim->threads = parallel == NULL || threads < 1  ? 1
                   : threads > MFN__SWEEP_BANDS_MAX ? MFN__SWEEP_BANDS_MAX
                                                    : threads;
}

/* One uniform is drawn in every step, whether something grows or not; models of two species draw
 * none. */
static mfn__spike draw_spike(mfn_simulation *sim)
{
    if (mfn__pattern_of(sim->config.model) != NULL) {
        return (mfn__spike){.happens = false};
    }
    mfn__spike spike = {.happens =
                            mfn_random_uniform(&sim->random) < sim->config.spike_probability};
    if (spike.happens) {
        int64_t side = sim->grids[MFN__POTENTIAL].side;
        spike.row = (uint32_t)mfn_random_integer(&sim->random, 0, side);
        spike.column = (uint32_t)mfn_random_integer(&sim->random, 0, side);
        spike.rise_v = mfn_random_normal(&sim->random, MFN__SPIKE_MEAN_V, MFN__SPIKE_SPREAD_V);
        sim->growth_events++;
    }
    return spike;
}

static mfn__step_kernel pick_kernel(const mfn_simulation *sim)
{
    const mfn__kernels_table *kernels = mfn__kernels();
    const mfn__pattern *pattern = mfn__pattern_of(sim->config.model);
    if (pattern != NULL) {
        return kernels->patterns[pattern->kind];
    }
    if (!sim->config.turing_enabled) {
        return kernels->diffuse;
    }
    return sim->config.model == MFN_MODEL_V4_1_FIELD ? kernels->react_updated : kernels->react;
}

static mfn__step_coefficients coefficients_of(const mfn_simulation_config *config)
{
    mfn__step_coefficients coefficients = {
        .alpha = config->alpha,
        .d_activator = config->d_activator,
        .d_inhibitor = config->d_inhibitor,
        .r_activator = config->r_activator,
        .r_inhibitor = config->r_inhibitor,
        .turing_threshold = config->turing_threshold,
    };
    memcpy(coefficients.pattern, config->parameters, sizeof coefficients.pattern);
    return coefficients;
}

static mfn__grid *first_that_steps(const mfn_simulation *sim)
{
    bool has_potential = mfn__pattern_of(sim->config.model) == NULL;
    return &sim->grids[has_potential ? MFN__POTENTIAL : MFN__ACTIVATOR];
}

static size_t fields_that_step(const mfn_simulation *sim)
{
    if (mfn__pattern_of(sim->config.model) != NULL) {
        return 2;
    }
    return sim->config.turing_enabled ? MFN__FIELD_COUNT : MFN__ACTIVATOR;
}

static const char *field_name(const mfn_simulation *sim, size_t field)
{
    return field == MFN__POTENTIAL ? "field"
                                   : mfn_models(NULL)[sim->config.model].species[field - 1];
}

static mfn_status report_nan(mfn_simulation *sim, mfn_error *err)
{
    for (size_t field = (size_t)(first_that_steps(sim) - sim->grids); field < MFN__FIELD_COUNT;
         field++) {
        mfn__grid *grid = &sim->grids[field];
        const double *values = mfn__grid_packed(grid);
        uint64_t nan_cells = 0;
        for (size_t i = 0; i < (size_t)grid->side * grid->side; i++) {
            nan_cells += isnan(values[i]) ? 1 : 0;
        }
        if (nan_cells > 0) {
            const char *name = field_name(sim, field);
            return mfn__fail(
                err, MFN_UNSTABLE, name, "%s: %llu of %llu cells are NaN after step %llu", name,
                (unsigned long long)nan_cells, (unsigned long long)grid->side * grid->side,
                (unsigned long long)sim->steps_computed);
        }
    }
    return mfn__fail(err, MFN_INTERNAL, NULL, "a NaN was counted but cannot be found");
}

static uint32_t bands_of(const mfn_simulation *sim)
{
    uint32_t most = (uint32_t)sim->config.grid_size / MFN__SWEEP_BAND_ROWS_MIN;
    return sim->threads < most ? sim->threads : most > 1 ? most : 1;
}

/* Steps that are computed in one sweep. Without noise the draws do not depend on the fields, so
 * that those of several steps can be made ahead. */
static uint32_t steps_at_once(const mfn_simulation *sim, bool is_measured)
{
    return sim->config.quantum_jitter
               ? 1
               : mfn__sweep_steps_max(first_that_steps(sim), fields_that_step(sim), bands_of(sim),
                                      is_measured);
}

/* `ret_changes` may be NULL. Infinity needs no check of its own: clipping turns it into the nearer
 * bound. */
static mfn_status sweep(mfn_simulation *sim, uint32_t steps, mfn__change *ret_changes,
                        mfn_error *err)
{
    const mfn__step_coefficients coefficients = coefficients_of(&sim->config);
    const mfn__noise noise = {&sim->random, sqrt(sim->config.jitter_var), sim->noise_v};
    mfn__sweep all;
    all.grids = first_that_steps(sim);
    all.field_count = fields_that_step(sim);
    all.boundary = (mfn_boundary)sim->config.boundary_condition;
    all.kernel = pick_kernel(sim);
    all.coefficients = &coefficients;
    all.steps = steps;
    all.noise = sim->config.quantum_jitter ? &noise : NULL;
    all.block_changes = ret_changes != NULL ? sim->block_changes : NULL;
    all.parallel = sim->parallel;
    all.bands = bands_of(sim);
    for (uint32_t i = 0; i < steps; i++) {
        all.spikes[i] = draw_spike(sim);
    }
    mfn__sweep_run(&all, &sim->counts, ret_changes);
    sim->steps_computed += steps;
    sim->grids[MFN__POTENTIAL].is_packed = false;
    return sim->counts.nan_cells == 0 ? MFN_OK : report_nan(sim, err);
}

static mfn_status make_room_for_changes(mfn_simulation *sim, mfn_error *err)
{
    size_t count = MFN__SWEEP_STEPS_MAX * mfn__change_block_count((uint32_t)sim->config.grid_size);
    if (count <= sim->block_changes_count) {
        return MFN_OK;
    }
    mfn__change *room = mfn__mem_new(count, sizeof *room);
    if (room == NULL) {
        return mfn__fail_memory(err);
    }
    mfn__mem_free(sim->block_changes);
    sim->block_changes = room;
    sim->block_changes_count = count;
    return MFN_OK;
}

bool mfn__simulation_can_measure(const mfn_simulation *sim)
{
    return mfn__pattern_of(sim->config.model) == NULL;
}

mfn_status mfn__simulation_measure(mfn_simulation *sim, uint64_t steps, mfn__change *ret_changes,
                                   uint32_t *ret_steps, mfn_error *err)
{
    uint32_t at_once = steps_at_once(sim, true);
    *ret_steps = steps < at_once ? (uint32_t)steps : at_once;
    mfn_status status = make_room_for_changes(sim, err);
    return status == MFN_OK ? sweep(sim, *ret_steps, ret_changes, err) : status;
}

mfn_status mfn_simulation_advance(mfn_simulation *sim, uint64_t steps, mfn_step_observer observer,
                                  void *context, mfn_error *err)
{
    uint32_t at_once = observer == NULL ? steps_at_once(sim, false) : 1;
    while (steps > 0) {
        uint32_t now = steps < at_once ? (uint32_t)steps : at_once;
        mfn_status status = sweep(sim, now, NULL, err);
        if (status != MFN_OK) {
            return status;
        }
        if (observer != NULL && !observer(context, sim)) {
            return mfn__fail(err, MFN_CANCELLED, NULL, "the run was stopped after step %llu",
                             (unsigned long long)sim->steps_computed);
        }
        steps -= now;
    }
    return MFN_OK;
}

uint64_t mfn_simulation_slice(const mfn_simulation *sim)
{
    uint64_t cells = sim->config.grid_size * sim->config.grid_size;
    uint64_t sweeps = SLICE_CELL_STEPS / (cells * MFN__SWEEP_STEPS_MAX);
    return (sweeps + 1) * MFN__SWEEP_STEPS_MAX;
}

mfn_status mfn_simulation_run(mfn_simulation *sim, mfn_step_observer observer, void *context,
                              mfn_error *err)
{
    uint64_t wanted = sim->config.steps;
    uint64_t left = wanted > sim->steps_computed ? wanted - sim->steps_computed : 0;
    return mfn_simulation_advance(sim, left, observer, context, err);
}

static bool copy_frame(void *context, const mfn_simulation *sim)
{
    double **next = context;
    size_t cells = (size_t)sim->config.grid_size * sim->config.grid_size;
    memcpy(*next, mfn_simulation_field_v(sim), cells * sizeof **next);
    *next += cells;
    return true;
}

mfn_status mfn_simulation_record(mfn_simulation *sim, double *ret_history, mfn_error *err)
{
    double *next = ret_history;
    return mfn_simulation_run(sim, copy_frame, &next, err);
}

const double *mfn_simulation_field_v(const mfn_simulation *sim)
{
    mfn__grid *grid = &sim->grids[MFN__POTENTIAL];
    if (mfn__pattern_of(sim->config.model) != NULL && !grid->is_packed) {
        mfn__pattern_show(sim, grid->next);
        grid->is_packed = true;
    }
    return mfn__grid_packed(&sim->grids[MFN__POTENTIAL]);
}

const double *mfn_simulation_activator(const mfn_simulation *sim)
{
    return sim->has_morphogens ? mfn__grid_packed(&sim->grids[MFN__ACTIVATOR]) : NULL;
}

const double *mfn_simulation_inhibitor(const mfn_simulation *sim)
{
    return sim->has_morphogens ? mfn__grid_packed(&sim->grids[MFN__INHIBITOR]) : NULL;
}

uint32_t mfn_simulation_grid_size(const mfn_simulation *sim)
{
    return (uint32_t)sim->config.grid_size;
}

uint64_t mfn_simulation_steps_computed(const mfn_simulation *sim)
{
    return sim->steps_computed;
}

mfn_random *mfn_simulation_random(mfn_simulation *sim)
{
    return &sim->random;
}

void mfn_simulation_summarize(const mfn_simulation *sim, mfn_simulation_summary *ret)
{
    size_t cells = (size_t)sim->config.grid_size * sim->config.grid_size;
    const double *field_v = mfn_simulation_field_v(sim);
    *ret = (mfn_simulation_summary){
        .growth_events = sim->growth_events,
        .turing_activations = sim->counts.activations,
        .clamping_events = sim->counts.clamped,
        .steps_computed = sim->steps_computed,
        .field_mean_v = mfn__mean(field_v, cells),
    };
    mfn__extremes(field_v, cells, &ret->field_min_v, &ret->field_max_v);
    ret->field_std_v = mfn__std(field_v, cells, ret->field_mean_v);
    if (sim->has_morphogens) {
        ret->activator_mean = mfn__mean(mfn_simulation_activator(sim), cells);
        ret->inhibitor_mean = mfn__mean(mfn_simulation_inhibitor(sim), cells);
    }
}
