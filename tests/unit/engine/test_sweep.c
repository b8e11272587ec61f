/* SPDX-License-Identifier: MIT */
/* Sweeps against steps: every cell of every field and every change, to the bit. */
#include <string.h>

#include "base/mem.h"
#include "engine/simulation.h"
#include "engine/sweep.h"
#include "suite.h"

#include "mfn/features.h"

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
    return (mfn__spike){step % 4 != 3, row, (row * 3 + step) % side, 0.03, 0.0};
}

/* Computes steps first .. first + steps - 1, and what each changed if `ret_changes` is there. */
static void step(mfn_simulation *sim, uint32_t first, uint32_t steps, uint32_t bands,
                 mfn__change *ret_changes)
{
    const mfn_simulation_config *config = &sim->config;
    uint32_t side = (uint32_t)config->grid_size;
    const mfn__step_coefficients coefficients = {.alpha = config->alpha,
                                                 .d_activator = config->d_activator,
                                                 .d_inhibitor = config->d_inhibitor,
                                                 .r_activator = config->r_activator,
                                                 .r_inhibitor = config->r_inhibitor,
                                                 .turing_threshold = config->turing_threshold};
    mfn__change *room = mfn__mem_new(steps * mfn__change_block_count(side), sizeof *room);
    mfn__sweep sweep = {.grids = sim->grids,
                        .field_count = config->turing_enabled ? 3 : 1,
                        .boundary = (mfn_boundary)config->boundary_condition,
                        .kernel = !config->turing_enabled ? mfn__kernels()->diffuse
                                  : config->model == MFN_MODEL_V4_1_FIELD
                                      ? mfn__kernels()->react_updated
                                      : mfn__kernels()->react,
                        .coefficients = &coefficients,
                        .steps = steps,
                        .block_changes = ret_changes != NULL ? room : NULL,
                        .bands = bands};
    for (uint32_t i = 0; i < steps; i++) {
        sweep.spikes[i] = spike_of(first + i, side);
    }
    mfn__sweep_run(&sweep, &sim->counts, ret_changes);
    mfn__mem_free(room);
}

static void compare(uint64_t side, mfn_boundary boundary, bool reacts, mfn_model_id model)
{
    /* Changes are summed in blocks of rows, which a sweep of several steps cannot have. */
    bool measures = mfn__change_block_rows((uint32_t)side) == 1;
    for (uint32_t bands = 1; bands <= 3; bands++) {
        for (uint32_t steps = 1; steps <= side / bands / 2 && steps <= MFN__SWEEP_STEPS_MAX;
             steps++) {
            mfn_simulation *one = created(side, boundary, reacts, model);
            mfn_simulation *other = created(side, boundary, reacts, model);
            mfn__change singly[MFN__SWEEP_STEPS_MAX];
            mfn__change at_once[MFN__SWEEP_STEPS_MAX];
            for (uint32_t i = 0; i < steps; i++) {
                step(one, i, 1, 1, &singly[i]);
            }
            step(other, 0, steps, bands, measures ? at_once : NULL);
            for (size_t field = 0; field < (one->has_morphogens ? 3U : 1U); field++) {
                ck_assert_msg(memcmp(mfn__grid_packed(&one->grids[field]),
                                     mfn__grid_packed(&other->grids[field]),
                                     side * side * sizeof(double)) == 0,
                              "side %d, boundary %d, field %d, %u steps, %u bands", (int)side,
                              (int)boundary, (int)field, steps, bands);
            }
            ck_assert_mem_eq(&one->counts, &other->counts, sizeof one->counts);
            if (measures) {
                ck_assert_mem_eq(singly, at_once, steps * sizeof *singly);
            }
            mfn_simulation_free(one);
            mfn_simulation_free(other);
        }
    }
}

static bool push(void *context, const mfn_simulation *sim)
{
    return mfn_feature_meter_push(context, mfn_simulation_field_v(sim), NULL) == MFN_OK;
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

START_TEST(a_sweep_measures_what_its_steps_change)
{
    for (int boundary = 0; boundary <= MFN_DIRICHLET; boundary++) {
        compare(131, (mfn_boundary)boundary, true, MFN_MODEL_V4_1);
    }
}
END_TEST

/* The changes of every variant and of frames that are pushed one by one. */
START_TEST(features_while_stepping_are_those_of_the_frames)
{
    static const uint64_t sides[] = {1, 5, 32, 33, 70, 128, 129, 150};
    size_t variant_count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&variant_count);
    for (size_t i = 0; i < 2 * sizeof sides / sizeof *sides; i++) {
        mfn_simulation_config config;
        mfn_simulation_config_init(&config, MFN_MODEL_V4_1_FIELD);
        config.grid_size = sides[i / 2];
        config.steps = 23;
        config.spike_probability = 0.7;
        config.quantum_jitter = i % 2 == 1;
        mfn_simulation *sim = NULL;
        mfn_feature_meter *meter = NULL;
        mfn_features pushed, advanced;
        ck_assert_int_eq(mfn_simulation_new(&config, &sim, NULL), MFN_OK);
        ck_assert_int_eq(mfn_feature_meter_new((uint32_t)sides[i / 2], NULL, &meter, NULL), MFN_OK);
        ck_assert_int_eq(mfn_simulation_run(sim, push, meter, NULL), MFN_OK);
        ck_assert_int_eq(mfn_feature_meter_finish(meter, &pushed, NULL), MFN_OK);
        for (size_t v = 0; v < variant_count; v++) {
            if (!variants[v]->is_supported()) {
                continue;
            }
            ck_assert_int_eq(mfn__kernels_select(variants[v]->name, NULL), MFN_OK);
            ck_assert_int_eq(mfn_simulation_reset(sim, &config, NULL), MFN_OK);
            ck_assert_int_eq(mfn_feature_meter_reset(meter, (uint32_t)sides[i / 2], NULL, NULL),
                             MFN_OK);
            ck_assert_int_eq(mfn_feature_meter_advance(meter, sim, 3, NULL), MFN_OK);
            ck_assert_int_eq(mfn_feature_meter_advance(meter, sim, 20, NULL), MFN_OK);
            ck_assert_int_eq(mfn_feature_meter_finish(meter, &advanced, NULL), MFN_OK);
            for (int k = 0; k < MFN_FEATURE_COUNT; k++) {
                ck_assert_msg(pushed.value[k] == advanced.value[k], "side %d, %s, %s: %g, %g",
                              (int)sides[i / 2], variants[v]->name,
                              mfn_feature_name((mfn_feature)k), pushed.value[k], advanced.value[k]);
            }
        }
        ck_assert_int_eq(mfn__kernels_select("auto", NULL), MFN_OK);
        mfn_simulation_free(sim);
        mfn_feature_meter_free(meter);
    }
}
END_TEST

START_TEST(a_large_run_in_sweeps_is_the_run_step_by_step)
{
    static const uint32_t thread_counts[] = {1, 2, 3};
    mfn_simulation_config config;
    mfn_simulation_config_init(&config, MFN_MODEL_V4_1);
    config.grid_size = 601;
    config.steps = 19;
    config.spike_probability = 0.7;
    mfn_simulation *one = NULL;
    ck_assert_int_eq(mfn_simulation_new(&config, &one, NULL), MFN_OK);
    ck_assert_int_eq(mfn_simulation_run(one, go_on, NULL, NULL), MFN_OK);
    for (size_t i = 0; i < sizeof thread_counts / sizeof *thread_counts; i++) {
        mfn_simulation *other = NULL;
        mfn_threads *threads = NULL;
        ck_assert_int_eq(mfn_simulation_new(&config, &other, NULL), MFN_OK);
        ck_assert_uint_gt(mfn__sweep_steps_max(&one->grids[0], 3, thread_counts[i], true), 1);
        ck_assert_int_eq(mfn_threads_new(thread_counts[i], &threads, NULL), MFN_OK);
        mfn_simulation_set_threads(other, mfn_threads_parallel(threads), thread_counts[i]);
        ck_assert_int_eq(mfn_simulation_run(other, NULL, NULL, NULL), MFN_OK);
        ck_assert_mem_eq(mfn_simulation_field_v(one), mfn_simulation_field_v(other),
                         601 * 601 * sizeof(double));
        mfn_simulation_summary a, b;
        mfn_simulation_summarize(one, &a);
        mfn_simulation_summarize(other, &b);
        ck_assert_mem_eq(&a, &b, sizeof a);
        mfn_simulation_free(other);
        mfn_threads_free(threads);
    }
    mfn_simulation_free(one);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {a_sweep_gives_the_bits_of_its_steps,
                            a_sweep_measures_what_its_steps_change,
                            features_while_stepping_are_those_of_the_frames,
                            a_large_run_in_sweeps_is_the_run_step_by_step, NULL};
    return mfn_test_run("sweep", tests);
}
