/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/simulation.h"
#include "suite.h"

static mfn_simulation_config defaults(mfn_model_id model)
{
    mfn_simulation_config config;
    mfn_simulation_config_init(&config, model);
    config.grid_size = 17;
    config.steps = 20;
    config.seed = "11";
    return config;
}

static mfn_simulation *created(const mfn_simulation_config *config)
{
    mfn_simulation *sim = NULL;
    mfn_error err = {0};
    ck_assert_msg(mfn_simulation_new(config, &sim, &err) == MFN_OK, "%s", err.text);
    return sim;
}

static size_t cells_of(const mfn_simulation *sim)
{
    size_t side = mfn_simulation_grid_size(sim);
    return side * side;
}

static void assert_same_state(const mfn_simulation *a, const mfn_simulation *b)
{
    size_t bytes = cells_of(a) * sizeof(double);
    ck_assert_uint_eq(cells_of(a), cells_of(b));
    ck_assert_mem_eq(mfn_simulation_field_v(a), mfn_simulation_field_v(b), bytes);
    ck_assert_mem_eq(mfn_simulation_activator(a), mfn_simulation_activator(b), bytes);
    ck_assert_mem_eq(mfn_simulation_inhibitor(a), mfn_simulation_inhibitor(b), bytes);
    mfn_simulation_summary summary_a;
    mfn_simulation_summary summary_b;
    mfn_simulation_summarize(a, &summary_a);
    mfn_simulation_summarize(b, &summary_b);
    ck_assert_mem_eq(&summary_a, &summary_b, sizeof summary_a);
}

START_TEST(steps_in_pieces_give_the_bits_of_the_whole)
{
    mfn_simulation_config config = defaults(MFN_MODEL_V4_1);
    config.quantum_jitter = true;
    mfn_simulation *whole = created(&config);
    mfn_simulation *pieces = created(&config);
    ck_assert_int_eq(mfn_simulation_run(whole, NULL, NULL, NULL), MFN_OK);
    for (uint64_t done = 0; done < config.steps; done += 5) {
        ck_assert_int_eq(mfn_simulation_advance(pieces, 5, NULL, NULL, NULL), MFN_OK);
        (void)mfn_simulation_field_v(pieces);
    }
    assert_same_state(whole, pieces);
    mfn_simulation_free(whole);
    mfn_simulation_free(pieces);
}
END_TEST

START_TEST(a_reset_simulation_is_as_good_as_a_new_one)
{
    mfn_simulation_config small = defaults(MFN_MODEL_V4_1);
    mfn_simulation_config large = small;
    large.grid_size = 40;
    large.boundary_condition = MFN_DIRICHLET;
    mfn_simulation *fresh = created(&small);
    mfn_simulation *reused = created(&large);
    ck_assert_int_eq(mfn_simulation_run(reused, NULL, NULL, NULL), MFN_OK);
    ck_assert_int_eq(mfn_simulation_reset(reused, &small, NULL), MFN_OK);
    ck_assert_int_eq(mfn_simulation_run(fresh, NULL, NULL, NULL), MFN_OK);
    ck_assert_int_eq(mfn_simulation_run(reused, NULL, NULL, NULL), MFN_OK);
    assert_same_state(fresh, reused);
    mfn_simulation_free(fresh);
    mfn_simulation_free(reused);
}
END_TEST

static bool stop_after_three(void *context, const mfn_simulation *sim)
{
    int *calls = context;
    (*calls)++;
    return mfn_simulation_steps_computed(sim) < 3;
}

/* First with a generator of somebody else, then on and on with its own. */
START_TEST(a_restarted_simulation_goes_on_with_the_stream_it_is_given)
{
    mfn_simulation_config config = defaults(MFN_MODEL_V4_1);
    mfn_simulation *fresh = created(&config);
    mfn_random seeded = *mfn_simulation_random(fresh);
    ck_assert_int_eq(mfn_random_seed(&seeded, config.seed, NULL), MFN_OK);
    ck_assert_int_eq(mfn_simulation_run(fresh, NULL, NULL, NULL), MFN_OK);
    mfn_random after = *mfn_simulation_random(fresh);
    config.seed = "12";
    config.grid_size = 5;
    mfn_simulation *sim = created(&config);
    config.grid_size = 17;
    ck_assert_int_eq(mfn__simulation_restart(sim, &config, &seeded, NULL), MFN_OK);
    ck_assert_int_eq(mfn_simulation_run(sim, NULL, NULL, NULL), MFN_OK);
    assert_same_state(sim, fresh);
    ck_assert_int_eq(mfn__simulation_restart(fresh, &config, &after, NULL), MFN_OK);
    ck_assert_int_eq(mfn__simulation_restart(sim, &config, mfn_simulation_random(sim), NULL),
                     MFN_OK);
    assert_same_state(sim, fresh);
    config.alpha = 3.0;
    ck_assert_int_eq(mfn__simulation_restart(sim, &config, &seeded, NULL), MFN_INVALID);
    assert_same_state(sim, fresh);
    mfn_simulation_free(sim);
    mfn_simulation_free(fresh);
}
END_TEST

START_TEST(an_observer_can_stop_a_run_that_can_go_on_later)
{
    mfn_simulation_config config = defaults(MFN_MODEL_V4_1);
    mfn_simulation *whole = created(&config);
    mfn_simulation *stopped = created(&config);
    int calls = 0;
    mfn_error err = {0};
    ck_assert_int_eq(mfn_simulation_run(stopped, stop_after_three, &calls, &err), MFN_CANCELLED);
    ck_assert_int_eq(calls, 3);
    ck_assert_str_eq(err.text, "the run was stopped after step 3");
    ck_assert_int_eq(mfn_simulation_run(stopped, NULL, NULL, NULL), MFN_OK);
    ck_assert_int_eq(mfn_simulation_run(whole, NULL, NULL, NULL), MFN_OK);
    assert_same_state(whole, stopped);
    mfn_simulation_free(whole);
    mfn_simulation_free(stopped);
}
END_TEST

START_TEST(the_last_recorded_frame_is_the_final_field)
{
    mfn_simulation_config config = defaults(MFN_MODEL_V4_1);
    mfn_simulation *sim = created(&config);
    size_t cells = cells_of(sim);
    double *history = mfn__mem_new(cells * config.steps, sizeof *history);
    ck_assert_int_eq(mfn_simulation_record(sim, history, NULL), MFN_OK);
    ck_assert_mem_eq(history + cells * (config.steps - 1), mfn_simulation_field_v(sim),
                     cells * sizeof *history);
    ck_assert_mem_ne(history, mfn_simulation_field_v(sim), cells * sizeof *history);
    mfn__mem_free(history);
    mfn_simulation_free(sim);
}
END_TEST

/* The five-point diffusion written the obvious way, edge by edge. */
static double neighbour(const double *field, long side, long i, long j, mfn_boundary boundary)
{
    bool outside = i < 0 || j < 0 || i >= side || j >= side;
    if (outside && boundary == MFN_DIRICHLET) {
        return 0.0;
    }
    if (outside && boundary == MFN_NEUMANN) {
        i = i < 0 ? 0 : i >= side ? side - 1 : i;
        j = j < 0 ? 0 : j >= side ? side - 1 : j;
    }
    return field[(i + side) % side * side + (j + side) % side];
}

START_TEST(diffusion_obeys_each_boundary_condition)
{
    static const mfn_boundary boundaries[] = {MFN_PERIODIC, MFN_NEUMANN, MFN_DIRICHLET};
    for (size_t b = 0; b < 3; b++) {
        mfn_simulation_config config = defaults(MFN_MODEL_V4_1);
        config.boundary_condition = boundaries[b];
        config.spike_probability = 0.0;
        mfn_simulation *sim = created(&config);
        long side = (long)config.grid_size;
        double before[17 * 17];
        memcpy(before, mfn_simulation_field_v(sim), sizeof before);
        ck_assert_int_eq(mfn_simulation_advance(sim, 1, NULL, NULL, NULL), MFN_OK);
        for (long i = 0; i < side; i++) {
            for (long j = 0; j < side; j++) {
                double sum = neighbour(before, side, i - 1, j, boundaries[b]) +
                             neighbour(before, side, i + 1, j, boundaries[b]) +
                             neighbour(before, side, i, j - 1, boundaries[b]) +
                             neighbour(before, side, i, j + 1, boundaries[b]);
                double centre = before[i * side + j];
                ck_assert_double_eq_tol(mfn_simulation_field_v(sim)[i * side + j],
                                        centre + config.alpha * (sum - 4.0 * centre), 1e-15);
            }
        }
        mfn_simulation_free(sim);
    }
}
END_TEST

START_TEST(diffusion_without_flux_keeps_the_total_potential)
{
    static const mfn_boundary closed[] = {MFN_PERIODIC, MFN_NEUMANN};
    for (size_t b = 0; b < 2; b++) {
        mfn_simulation_config config = defaults(MFN_MODEL_V4_1);
        config.boundary_condition = closed[b];
        config.spike_probability = 0.0;
        config.steps = 500;
        mfn_simulation *sim = created(&config);
        mfn_simulation_summary before;
        mfn_simulation_summary after;
        mfn_simulation_summarize(sim, &before);
        ck_assert_int_eq(mfn_simulation_run(sim, NULL, NULL, NULL), MFN_OK);
        mfn_simulation_summarize(sim, &after);
        ck_assert_uint_eq(after.clamping_events, 0);
        ck_assert_double_eq_tol(after.field_mean_v, before.field_mean_v, 1e-15);
        ck_assert_double_lt(after.field_std_v, before.field_std_v / 10.0);
        mfn_simulation_free(sim);
    }
}
END_TEST

START_TEST(every_kernel_variant_gives_the_same_bits)
{
    static const uint64_t sides[] = {4, 5, 7, 8, 9, 15, 16, 31, 33, 64, 65};
    size_t variant_count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&variant_count);
    for (size_t s = 0; s < sizeof sides / sizeof sides[0]; s++) {
        for (unsigned mode = 0; mode < 24; mode++) {
            mfn_simulation_config config = defaults((mfn_model_id)(mode & 1));
            config.grid_size = sides[s];
            config.turing_enabled = (mode & 2) != 0;
            config.quantum_jitter = (mode & 4) != 0;
            config.boundary_condition = mode / 8;
            config.r_activator = 0.1;
            config.r_inhibitor = 0.001;
            config.turing_threshold = 0.5;
            config.steps = 60;
            mfn_simulation *reference = NULL;
            for (size_t v = 0; v < variant_count; v++) {
                if (!variants[v]->is_supported()) {
                    continue;
                }
                ck_assert_int_eq(mfn__kernels_select(variants[v]->name, NULL), MFN_OK);
                mfn_simulation *sim = created(&config);
                ck_assert_int_eq(mfn_simulation_run(sim, NULL, NULL, NULL), MFN_OK);
                if (reference == NULL) {
                    reference = sim;
                    continue;
                }
                ck_assert_mem_eq(mfn_simulation_field_v(reference), mfn_simulation_field_v(sim),
                                 cells_of(sim) * sizeof(double));
                mfn_simulation_summary a;
                mfn_simulation_summary b;
                mfn_simulation_summarize(reference, &a);
                mfn_simulation_summarize(sim, &b);
                ck_assert_mem_eq(&a, &b, sizeof a);
                mfn_simulation_free(sim);
            }
            mfn_simulation_free(reference);
        }
    }
}
END_TEST

START_TEST(a_nan_is_reported_with_grid_step_and_count)
{
    mfn_simulation_config config = defaults(MFN_MODEL_V4_1);
    mfn_simulation *sim = created(&config);
    ck_assert_int_eq(mfn_simulation_advance(sim, 4, NULL, NULL, NULL), MFN_OK);
    mfn__grid_row(&sim->grids[MFN__ACTIVATOR], 3)[5] = NAN;
    mfn_error err = {0};
    ck_assert_int_eq(mfn_simulation_advance(sim, 10, NULL, NULL, &err), MFN_UNSTABLE);
    ck_assert_uint_eq(mfn_simulation_steps_computed(sim), 5);
    ck_assert_str_eq(err.field, "activator");
    ck_assert_str_eq(err.text, "activator: 5 of 289 cells are NaN after step 5");
    mfn_simulation_free(sim);
}
END_TEST

START_TEST(bad_values_are_named_with_their_range)
{
    static const struct {
        const char *why;
        size_t offset;
        double value;
        const char *field;
    } cases[] = {
        {"diffusion at the stability limit", offsetof(mfn_simulation_config, alpha), 0.25, "alpha"},
        {"diffusion below the engine's range", offsetof(mfn_simulation_config, alpha), 0.04,
         "alpha"},
        {"diffusion that is no number", offsetof(mfn_simulation_config, alpha), NAN, "alpha"},
        {"infinite noise", offsetof(mfn_simulation_config, jitter_var), INFINITY, "jitter_var"},
        {"noise that is no number", offsetof(mfn_simulation_config, jitter_var), NAN, "jitter_var"},
        {"a threshold below the engine's range", offsetof(mfn_simulation_config, turing_threshold),
         0.49, "turing_threshold"},
        {"a probability above 1", offsetof(mfn_simulation_config, spike_probability), 1.01,
         "spike_probability"},
        {"morphogen diffusion that is no number", offsetof(mfn_simulation_config, d_inhibitor), NAN,
         "d_inhibitor"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn_simulation_config config = defaults(MFN_MODEL_V4_1);
        memcpy((char *)&config + cases[i].offset, &cases[i].value, sizeof(double));
        mfn_simulation *sim = NULL;
        mfn_error err = {0};
        ck_assert_msg(mfn_simulation_new(&config, &sim, &err) == MFN_INVALID, "%s", cases[i].why);
        ck_assert_ptr_null(sim);
        ck_assert_str_eq(err.field, cases[i].field);
        ck_assert_msg(strstr(err.text, "[") != NULL, "no range in: %s", err.text);
    }
}
END_TEST

START_TEST(sizes_out_of_range_are_refused)
{
    static const uint64_t sizes[] = {0, 1, 3, 1025, UINT32_MAX, UINT64_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        mfn_simulation_config config = defaults(MFN_MODEL_V4_1);
        config.grid_size = sizes[i];
        ck_assert_int_eq(mfn_simulation_config_check(&config, NULL), MFN_INVALID);
    }
    mfn_simulation_config config = defaults(MFN_MODEL_V4_1);
    config.model = 99;
    ck_assert_int_eq(mfn_simulation_config_check(&config, NULL), MFN_INVALID);
    config = defaults(MFN_MODEL_V4_1);
    config.size = 1;
    ck_assert_int_eq(mfn_simulation_config_check(&config, NULL), MFN_INVALID);
}
END_TEST

START_TEST(a_failed_reset_keeps_the_state)
{
    mfn_simulation_config config = defaults(MFN_MODEL_V4_1);
    mfn_simulation *sim = created(&config);
    mfn_simulation *untouched = created(&config);
    mfn_simulation_config larger = config;
    larger.grid_size = 100;
    mfn__mem_fail_after(0);
    ck_assert_int_eq(mfn_simulation_reset(sim, &larger, NULL), MFN_NO_MEMORY);
    larger.grid_size = 3;
    ck_assert_int_eq(mfn_simulation_reset(sim, &larger, NULL), MFN_INVALID);
    assert_same_state(sim, untouched);
    mfn_simulation_free(sim);
    mfn_simulation_free(untouched);
}
END_TEST

START_TEST(simulation_new_survives_failure_of_every_allocation)
{
    mfn_simulation_config config = defaults(MFN_MODEL_V4_1);
    mfn_simulation *sim = NULL;
    int64_t allocation = 0;
    for (;; allocation++) {
        mfn__mem_fail_after(allocation);
        mfn_status status = mfn_simulation_new(&config, &sim, NULL);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        ck_assert_ptr_null(sim);
    }
    ck_assert_int_ge(allocation, 2);
    mfn_simulation_free(sim);
}
END_TEST

START_TEST(the_field_model_has_no_morphogens_without_reaction)
{
    mfn_simulation_config config = defaults(MFN_MODEL_V4_1_FIELD);
    config.turing_enabled = false;
    config.grid_size = 1;
    config.alpha = 1.0;
    mfn_simulation *sim = created(&config);
    ck_assert_int_eq(mfn_simulation_run(sim, NULL, NULL, NULL), MFN_OK);
    ck_assert_ptr_null(mfn_simulation_activator(sim));
    mfn_simulation_summary summary;
    mfn_simulation_summarize(sim, &summary);
    ck_assert_double_eq(summary.activator_mean, 0.0);
    mfn_simulation_free(sim);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        steps_in_pieces_give_the_bits_of_the_whole,
        a_reset_simulation_is_as_good_as_a_new_one,
        a_restarted_simulation_goes_on_with_the_stream_it_is_given,
        an_observer_can_stop_a_run_that_can_go_on_later,
        the_last_recorded_frame_is_the_final_field,
        diffusion_obeys_each_boundary_condition,
        diffusion_without_flux_keeps_the_total_potential,
        every_kernel_variant_gives_the_same_bits,
        a_nan_is_reported_with_grid_step_and_count,
        bad_values_are_named_with_their_range,
        sizes_out_of_range_are_refused,
        a_failed_reset_keeps_the_state,
        simulation_new_survives_failure_of_every_allocation,
        the_field_model_has_no_morphogens_without_reaction,
        NULL,
    };
    return mfn_test_run("simulation", tests);
}
