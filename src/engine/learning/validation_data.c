/* SPDX-License-Identifier: MIT */
/* The fields of a validation run. One generator, seeded with the seed, draws sixteen times a field
 * (mfn-v4.1-field) and an iterated function system; another, seeded with seed + 1, draws the
 * example. A sample is (D, 100 mean, 100 std, 100 max) of a field in volts, D the box-counting
 * dimension of what is above -60 mV, and its target 0.5 x0 + 0.2 x1 - 0.1 x2: both in float32, as
 * the reference hands them to its network. */
#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/learning/validation.h"
#include "engine/simulation.h"
#include "engine/statistics.h"

#include "mfn/fractal.h"

#define ACTIVE_ABOVE_V (-0.060)
#define IFS_POINTS     1000
#define SEED_TEXT_MAX  24

/* One field and one iterated function system, and what is asked of them. */
typedef struct specimen {
    mfn_simulation *sim;
    uint8_t *mask;
    double dimension, mean_v, std_v, min_v, max_v, lyapunov;
} specimen;

bool mfn__validation_go_on(mfn__validation_watch *watch)
{
    watch->done++;
    return watch->observer == NULL || watch->observer(watch->context, watch->done, watch->total);
}

static bool after_step(void *context, const mfn_simulation *sim)
{
    (void)sim;
    return mfn__validation_go_on(context);
}

static void specimen_deinit(specimen *of)
{
    mfn_simulation_free(of->sim);
    mfn__mem_free(of->mask);
}

static mfn_status measure(specimen *of, mfn_error *err)
{
    const double *field_v = mfn_simulation_field_v(of->sim);
    uint32_t side = mfn_simulation_grid_size(of->sim);
    size_t cells = (size_t)side * side;
    for (size_t i = 0; i < cells; i++) {
        of->mask[i] = field_v[i] > ACTIVE_ABOVE_V;
    }
    mfn_box_counting boxes;
    mfn_status status = mfn_box_count(of->mask, side, NULL, &boxes, err);
    if (status == MFN_OK) {
        of->dimension = boxes.dimension;
        of->mean_v = mfn__mean(field_v, cells);
        of->std_v = mfn__std(field_v, cells, of->mean_v);
        mfn__extremes(field_v, cells, &of->min_v, &of->max_v);
    }
    return status;
}

/* The simulation has just been started. */
static mfn_status grow(specimen *of, mfn__validation_watch *watch, mfn_error *err)
{
    mfn_ifs_config ifs;
    mfn_ifs_config_init(&ifs);
    ifs.num_points = IFS_POINTS;
    mfn_status status = mfn_simulation_run(of->sim, after_step, watch, err);
    if (status == MFN_OK) {
        status = measure(of, err);
    }
    if (status == MFN_OK) {
        status =
            mfn_ifs_generate(mfn_simulation_random(of->sim), &ifs, NULL, NULL, &of->lyapunov, err);
    }
    return status;
}

/* Each operation rounds to float32, as in the reference. */
static void take_sample(const specimen *of, double inputs[MFN_NETWORK_INPUTS], double *ret_target)
{
    const float x[MFN_NETWORK_INPUTS] = {(float)of->dimension, 100.0F * (float)of->mean_v,
                                         100.0F * (float)of->std_v, 100.0F * (float)of->max_v};
    for (size_t i = 0; i < MFN_NETWORK_INPUTS; i++) {
        inputs[i] = (double)x[i];
    }
    float target = 0.5F * x[0] + 0.2F * x[1];
    target -= 0.1F * x[2];
    *ret_target = (double)target;
}

static mfn_status collect_samples(specimen *of, const mfn_simulation_config *config,
                                  mfn__validation_watch *watch, mfn__validation_data *ret,
                                  mfn_error *err)
{
    double lyapunov_sum = 0.0;
    for (size_t i = 0; i < MFN__VALIDATION_FIELDS; i++) {
        mfn_status status = MFN_OK;
        if (i > 0) {
            status = mfn__simulation_restart(of->sim, config, mfn_simulation_random(of->sim), err);
        }
        if (status == MFN_OK) {
            status = grow(of, watch, err);
        }
        if (status != MFN_OK) {
            return status;
        }
        take_sample(of, ret->inputs[i], &ret->targets[i]);
        lyapunov_sum += of->lyapunov;
        ret->field_min_v = i > 0 && ret->field_min_v < of->min_v ? ret->field_min_v : of->min_v;
        ret->field_max_v = i > 0 && ret->field_max_v > of->max_v ? ret->field_max_v : of->max_v;
    }
    ret->lyapunov_mean = lyapunov_sum / MFN__VALIDATION_FIELDS;
    ret->random = *mfn_simulation_random(of->sim);
    return MFN_OK;
}

static mfn_status collect_example(specimen *of, const mfn_simulation_config *config,
                                  mfn__validation_watch *watch, mfn__validation_data *ret,
                                  mfn_error *err)
{
    mfn_status status = mfn_simulation_reset(of->sim, config, err);
    if (status == MFN_OK) {
        status = grow(of, watch, err);
    }
    if (status == MFN_OK) {
        mfn_simulation_summary summary;
        mfn_simulation_summarize(of->sim, &summary);
        ret->example_dimension = of->dimension;
        ret->example_lyapunov = of->lyapunov;
        ret->example_growth_events = summary.growth_events;
    }
    return status;
}

mfn_status mfn__validation_collect(const mfn_validation_config *config,
                                   mfn__validation_watch *watch, mfn__validation_data *ret,
                                   mfn_error *err)
{
    char seed[SEED_TEXT_MAX], next_seed[SEED_TEXT_MAX];
    snprintf(seed, sizeof seed, "%" PRIu64, config->seed);
    snprintf(next_seed, sizeof next_seed, "%" PRIu64, config->seed + 1);
    mfn_simulation_config simulation;
    mfn_simulation_config_init(&simulation, MFN_MODEL_V4_1_FIELD);
    simulation.grid_size = config->grid_size;
    simulation.steps = config->steps;
    simulation.turing_enabled = config->turing_enabled;
    simulation.quantum_jitter = config->quantum_jitter;
    simulation.seed = seed;
    specimen of = {.mask = mfn__mem_new((size_t)(config->grid_size * config->grid_size), 1)};
    mfn_status status =
        of.mask != NULL ? mfn_simulation_new(&simulation, &of.sim, err) : mfn__fail_memory(err);
    mfn__validation_data data = {0};
    if (status == MFN_OK) {
        status = collect_samples(&of, &simulation, watch, &data, err);
    }
    if (status == MFN_OK) {
        simulation.seed = next_seed;
        status = collect_example(&of, &simulation, watch, &data, err);
    }
    if (status == MFN_OK) {
        *ret = data;
    }
    specimen_deinit(&of);
    return status;
}
