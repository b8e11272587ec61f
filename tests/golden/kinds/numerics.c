/* SPDX-License-Identifier: MIT */
/* numerics: the reference's functions for a single step on given fields. Ours has no such
 * functions; the same step is made by planting the fields into a simulation. "diffused_0.18" is a
 * step without reaction, growth and noise; it covers the Laplacian, which is no output of ours, as
 * gradients are none. */
#include <string.h>

#include "engine/simulation.h"
#include "kinds.h"
#include "kinds/options.h"

#define DIFFUSION_ALPHA 0.18
#define SIDE_MIN        4

static bool read_field(const json_t *object, const char *key, size_t cells, record_array *ret,
                       comparison *cmp)
{
    mfn_error err;
    mfn_status status = record_array_read(json_object_get(object, key), 1.0, 0.0, ret, &err);
    if (!compare_success(cmp, key, status, &err)) {
        return false;
    }
    if (cells != 0 && ret->count != cells) {
        compare_malformed(cmp, key, "fields of one size");
    }
    return cmp->verdict == COMPARE_PASSED;
}

static void plant(mfn_simulation *sim, size_t field, const double *values)
{
    mfn__grid *grid = &sim->grids[field];
    for (uint32_t i = 0; i < grid->side; i++) {
        double *row = mfn__grid_row(grid, i);
        memcpy(row, values + (size_t)i * grid->side, grid->side * sizeof *row);
        mfn__grid_fill_halo(grid, grid->now, i, (mfn_boundary)sim->config.boundary_condition);
    }
    grid->is_packed = false;
}

/* One step of a simulation whose fields are planted. NULL when something fails. */
static mfn_simulation *step_planted(const mfn_simulation_config *config,
                                    const record_array fields[MFN__FIELD_COUNT], comparison *cmp)
{
    mfn_simulation *sim = NULL;
    mfn_error err;
    mfn_status status = mfn_simulation_new(config, &sim, &err);
    if (status == MFN_OK) {
        status = mfn_random_seed(mfn_simulation_random(sim), config->seed, &err);
    }
    if (status == MFN_OK) {
        for (size_t i = 0; i < MFN__FIELD_COUNT; i++) {
            if (fields[i].values != NULL) {
                plant(sim, i, fields[i].values);
            }
        }
        status = mfn_simulation_advance(sim, 1, NULL, NULL, &err);
    }
    if (!compare_success(cmp, "a step", status, &err)) {
        mfn_simulation_free(sim);
        return NULL;
    }
    return sim;
}

static void compare_diffusion(const record *rec, const mfn_simulation_config *base,
                              const record_array *data, comparison *cmp)
{
    mfn_simulation_config config = *base;
    config.alpha = DIFFUSION_ALPHA;
    config.spike_probability = 0.0;
    config.turing_enabled = false;
    config.quantum_jitter = false;
    const record_array fields[MFN__FIELD_COUNT] = {[MFN__POTENTIAL] = *data};
    mfn_simulation *sim = step_planted(&config, fields, cmp);
    if (sim != NULL) {
        compare_array(cmp, rec->out, "diffused_0.18", mfn_simulation_field_v(sim), data->count);
    }
    mfn_simulation_free(sim);
}

static void compare_step(const json_t *out, mfn_simulation *sim, size_t cells, comparison *cmp)
{
    mfn_simulation_summary summary;
    mfn_simulation_summarize(sim, &summary);
    compare_array(cmp, out, "field", mfn_simulation_field_v(sim), cells);
    compare_array(cmp, out, "activator", mfn_simulation_activator(sim), cells);
    compare_array(cmp, out, "inhibitor", mfn_simulation_inhibitor(sim), cells);
    compare_bool(cmp, out, "growth_event", summary.growth_events > 0);
    compare_whole(cmp, out, "turing_activations", summary.turing_activations);
    compare_whole(cmp, out, "clamping_events", summary.clamping_events);
    compare_real(cmp, out, "next_random_after", mfn_random_uniform(mfn_simulation_random(sim)),
                 TOLERANCE_NONE);
}

static void compare_full_step(const record *rec, const mfn_simulation_config *base,
                              const record_array *data, comparison *cmp)
{
    json_t *step = json_object_get(rec->in, "full_step");
    json_t *params = json_object_get(step, "params");
    const mfn_option *table = mfn_models(NULL)[MFN_MODEL_V4_1].options;
    mfn_simulation_config config = *base;
    mfn_error err;
    /* The reference's step clips the morphogens before it looks for the threshold, its engine
     * after. Only thresholds from 1 on tell the difference, and ours refuses those. */
    if (json_number_value(json_object_get(params, "turing_threshold")) >= 1.0) {
        compare_refusal(cmp, "turing_threshold", options_set_all(table, &config, params, &err));
        return;
    }
    mfn_status status = options_set_all(table, &config, params, &err);
    if (status == MFN_OK) {
        status = options_set_all(table, &config, json_object_get(step, "args"), &err);
    }
    config.seed = json_string_value(json_object_get(step, "seed"));
    record_array fields[MFN__FIELD_COUNT] = {[MFN__POTENTIAL] = *data};
    if (compare_success(cmp, "in.full_step", status, &err) &&
        read_field(step, "activator", data->count, &fields[MFN__ACTIVATOR], cmp) &&
        read_field(step, "inhibitor", data->count, &fields[MFN__INHIBITOR], cmp)) {
        mfn_simulation *sim = step_planted(&config, fields, cmp);
        if (sim != NULL) {
            compare_step(json_object_get(rec->out, "full_step"), sim, data->count, cmp);
        }
        mfn_simulation_free(sim);
    }
    record_array_deinit(&fields[MFN__ACTIVATOR]);
    record_array_deinit(&fields[MFN__INHIBITOR]);
}

void kind_numerics(const record *rec, comparison *cmp)
{
    record_array data = {0};
    if (!read_field(rec->in, "data", 0, &data, cmp)) {
        goto done;
    }
    if (data.dimensions != 2 || data.shape[0] != data.shape[1] || data.shape[0] < SIDE_MIN) {
        compare_not_covered(cmp); /* ours has no such fields */
        goto done;
    }
    mfn_simulation_config config;
    mfn_error err;
    mfn_simulation_config_init(&config, MFN_MODEL_V4_1);
    config.grid_size = data.shape[0];
    mfn_status status =
        options_set(mfn_models(NULL)[MFN_MODEL_V4_1].options, &config, "boundary_condition",
                    json_object_get(rec->in, "boundary"), &err);
    if (compare_success(cmp, "in.boundary", status, &err)) {
        compare_diffusion(rec, &config, &data, cmp);
        compare_full_step(rec, &config, &data, cmp);
    }
done:
    record_array_deinit(&data);
}
