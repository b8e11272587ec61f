/* SPDX-License-Identifier: MIT */
/* Sweeps against steps: every cell of every field, to the bit. */
#include <string.h>

#include "engine/simulation.h"
#include "engine/wavefront.h"
#include "suite.h"

static mfn_simulation *created(uint64_t side, mfn_boundary boundary, bool reacts,
                               mfn_model_id model)
{
    mfn_simulation_config config;
    mfn_simulation_config_init(&config, model);
    config.grid_size = side;
    config.boundary_condition = boundary;
    config.turing_enabled = reacts;
    config.turing_threshold = 0.5;
    config.spike_probability = 0.0;
    mfn_simulation *sim = NULL;
    mfn_error err = {0};
    ck_assert_msg(mfn_simulation_new(&config, &sim, &err) == MFN_OK, "%s", err.text);
    return sim;
}

static bool go_on(void *context, const mfn_simulation *sim)
{
    (void)context;
    (void)sim;
    return true;
}

/* Spikes in every row's turn, among them the first, the last and the same one twice. */
static mfn__spike spike_of(uint32_t step, uint32_t side)
{
    static const uint32_t rows[] = {0, 1, 1, 7, 2};
    uint32_t row = step % 6 == 5 ? side - 1 : rows[step % 6] % side;
    return (mfn__spike){step % 4 != 3, row, (row * 3 + step) % side, 0.03};
}

static void step_one_by_one(mfn_simulation *sim, uint32_t steps)
{
    uint32_t side = (uint32_t)sim->config.grid_size;
    for (uint32_t step = 0; step < steps; step++) {
        const mfn__spike spike = spike_of(step, side);
        if (spike.happens) {
            double *row = mfn__grid_row(&sim->grids[0], spike.row);
            row[spike.column] += spike.rise_v;
            mfn__grid_fill_halo(&sim->grids[0], row, (mfn_boundary)sim->config.boundary_condition);
        }
        ck_assert_int_eq(mfn_simulation_advance(sim, 1, go_on, NULL, NULL), MFN_OK);
    }
}

static void step_in_a_sweep(mfn_simulation *sim, uint32_t steps)
{
    const mfn_simulation_config *config = &sim->config;
    const mfn__step_coefficients coefficients = {config->alpha,       config->d_activator,
                                                 config->d_inhibitor, config->r_activator,
                                                 config->r_inhibitor, config->turing_threshold};
    mfn__wave wave = {.grids = {&sim->grids[0], &sim->grids[1], &sim->grids[2]},
                      .field_count = config->turing_enabled ? 3 : 1,
                      .boundary = (mfn_boundary)config->boundary_condition,
                      .zeros = sim->zeros,
                      .kernel = !config->turing_enabled ? mfn__kernels()->diffuse
                                : config->model == MFN_MODEL_V4_1_FIELD
                                    ? mfn__kernels()->react_updated
                                    : mfn__kernels()->react,
                      .coefficients = &coefficients,
                      .steps = steps};
    for (uint32_t step = 0; step < steps; step++) {
        wave.spikes[step] = spike_of(step, (uint32_t)config->grid_size);
    }
    mfn__wave_run(&wave, &sim->counts);
}

static void compare(uint64_t side, mfn_boundary boundary, bool reacts, mfn_model_id model)
{
    for (uint32_t steps = 1; steps <= side / 2 && steps <= MFN__WAVE_STEPS_MAX; steps++) {
        mfn_simulation *one = created(side, boundary, reacts, model);
        mfn_simulation *other = created(side, boundary, reacts, model);
        step_one_by_one(one, steps);
        step_in_a_sweep(other, steps);
        for (size_t field = 0; field < (one->has_morphogens ? 3U : 1U); field++) {
            ck_assert_msg(memcmp(mfn__grid_packed(&one->grids[field]),
                                 mfn__grid_packed(&other->grids[field]),
                                 side * side * sizeof(double)) == 0,
                          "side %d, boundary %d, field %d, %u steps", (int)side, (int)boundary,
                          (int)field, steps);
        }
        ck_assert_mem_eq(&one->counts, &other->counts, sizeof one->counts);
        mfn_simulation_free(one);
        mfn_simulation_free(other);
    }
}

START_TEST(a_sweep_gives_the_bits_of_its_steps)
{
    static const uint64_t sides[] = {4, 5, 7, 8, 9, 16, 17, 31, 33, 40};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        for (int boundary = 0; boundary <= MFN_DIRICHLET; boundary++) {
            compare(sides[i], (mfn_boundary)boundary, true, MFN_MODEL_V4_1);
            compare(sides[i], (mfn_boundary)boundary, false, MFN_MODEL_V4_1);
            compare(sides[i], (mfn_boundary)boundary, true, MFN_MODEL_V4_1_FIELD);
        }
    }
}
END_TEST

START_TEST(a_large_run_in_sweeps_is_the_run_step_by_step)
{
    mfn_simulation_config config;
    mfn_simulation_config_init(&config, MFN_MODEL_V4_1);
    config.grid_size = 601;
    config.steps = 19;
    config.spike_probability = 0.7;
    mfn_simulation *one = NULL;
    mfn_simulation *other = NULL;
    ck_assert_int_eq(mfn_simulation_new(&config, &one, NULL), MFN_OK);
    ck_assert_int_eq(mfn_simulation_new(&config, &other, NULL), MFN_OK);
    ck_assert_uint_gt(mfn__wave_steps_max(&one->grids[0], 3), 1);
    ck_assert_int_eq(mfn_simulation_run(one, go_on, NULL, NULL), MFN_OK);
    ck_assert_int_eq(mfn_simulation_run(other, NULL, NULL, NULL), MFN_OK);
    ck_assert_mem_eq(mfn_simulation_field_v(one), mfn_simulation_field_v(other),
                     601 * 601 * sizeof(double));
    mfn_simulation_summary a, b;
    mfn_simulation_summarize(one, &a);
    mfn_simulation_summarize(other, &b);
    ck_assert_mem_eq(&a, &b, sizeof a);
    mfn_simulation_free(one);
    mfn_simulation_free(other);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {a_sweep_gives_the_bits_of_its_steps,
                            a_large_run_in_sweeps_is_the_run_step_by_step, NULL};
    return mfn_test_run("wavefront", tests);
}
