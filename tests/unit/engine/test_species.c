/* SPDX-License-Identifier: MIT */
/* Models of two species against what their equations foretell. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/patterns/patterns.h"
#include "suite.h"

#include "mfn/mfn.h"

#define FIRST  MFN_MODEL_GRAY_SCOTT
#define LAST   MFN_MODEL_LOGISTIC_INHIBITOR
#define TWO_PI 6.283185307179586

static mfn_simulation_config config_of(uint32_t model, uint64_t side)
{
    mfn_simulation_config config;
    mfn_simulation_config_init(&config, (mfn_model_id)model);
    config.grid_size = side;
    return config;
}

static mfn_simulation *created(const mfn_simulation_config *config)
{
    mfn_simulation *sim = NULL;
    mfn_error err = {0};
    ck_assert_msg(mfn_simulation_new(config, &sim, &err) == MFN_OK, "%s", err.text);
    return sim;
}

static void run(mfn_simulation *sim, uint64_t steps)
{
    mfn_error err = {0};
    ck_assert_msg(mfn_simulation_advance(sim, steps, NULL, NULL, &err) == MFN_OK, "%s", err.text);
}

static void same_fields(const mfn_simulation *one, const mfn_simulation *other, const char *what)
{
    size_t bytes = sizeof(double) * mfn_simulation_grid_size(one) * mfn_simulation_grid_size(one);
    ck_assert_msg(
        memcmp(mfn_simulation_activator(one), mfn_simulation_activator(other), bytes) == 0 &&
            memcmp(mfn_simulation_inhibitor(one), mfn_simulation_inhibitor(other), bytes) == 0 &&
            memcmp(mfn_simulation_field_v(one), mfn_simulation_field_v(other), bytes) == 0,
        "%s", what);
}

START_TEST(every_variant_and_any_threads_give_the_same_bits)
{
    static const uint64_t sides[] = {5, 33, 64, 300};
    size_t variant_count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&variant_count);
    mfn_threads *threads = NULL;
    ck_assert_int_eq(mfn_threads_new(3, &threads, NULL), MFN_OK);
    for (uint32_t i = 0; i < 12 * (LAST - FIRST + 1); i++) {
        mfn_simulation_config config = config_of(FIRST + i / 12, sides[i % 4]);
        config.boundary_condition = i / 4 % 3;
        ck_assert_int_eq(mfn__kernels_select("scalar", NULL), MFN_OK);
        mfn_simulation *reference = created(&config);
        for (int step = 0; step < 35; step++) {
            run(reference, 1);
        }
        for (size_t v = 0; v < variant_count; v++) {
            if (variants[v]->is_supported()) {
                ck_assert_int_eq(mfn__kernels_select(variants[v]->name, NULL), MFN_OK);
                mfn_simulation *sim = created(&config);
                mfn_simulation_set_threads(sim, mfn_threads_parallel(threads), 3);
                run(sim, 35);
                same_fields(reference, sim, variants[v]->name);
                mfn_simulation_free(sim);
            }
        }
        mfn_simulation_free(reference);
    }
    ck_assert_int_eq(mfn__kernels_select("auto", NULL), MFN_OK);
    mfn_threads_free(threads);
}
END_TEST

static void set_cell(mfn_simulation *sim, uint32_t i, uint32_t j, double u, double v)
{
    mfn__grid_row(&sim->grids[MFN__ACTIVATOR], i)[j] = u;
    mfn__grid_row(&sim->grids[MFN__INHIBITOR], i)[j] = v;
}

/* All columns of row 0, as every row is the same. */
static void set_columns(mfn_simulation *sim, const double *u, const double *v)
{
    uint32_t side = mfn_simulation_grid_size(sim);
    for (uint32_t i = 0; i < side; i++) {
        for (uint32_t j = 0; j < side; j++) {
            set_cell(sim, i, j, u[j], v[j]);
        }
        for (int field = MFN__ACTIVATOR; field <= MFN__INHIBITOR; field++) {
            mfn__grid_fill_halo(&sim->grids[field], sim->grids[field].now, i, MFN_PERIODIC);
            sim->grids[field].is_packed = false;
        }
    }
}

static void step_from(mfn_simulation *sim, double u, double v, double *ret_u, double *ret_v)
{
    double all_u[8], all_v[8];
    for (int j = 0; j < 8; j++) {
        all_u[j] = u;
        all_v[j] = v;
    }
    set_columns(sim, all_u, all_v);
    run(sim, 1);
    *ret_u = mfn_simulation_activator(sim)[9] - u;
    *ret_v = mfn_simulation_inhibitor(sim)[9] - v;
}

static void is_near(const char *what, uint32_t model, double actual, double expected)
{
    ck_assert_msg(fabs(actual - expected) <= 1e-5 * (1.0 + fabs(expected)), "%s of %s: %g, not %g",
                  what, mfn_models(NULL)[model].name, actual, expected);
}

START_TEST(uniform_states_stay_and_derivatives_are_those_of_the_kernels)
{
    for (uint32_t model = FIRST; model <= LAST; model++) {
        mfn_simulation_config config = config_of(model, 8);
        const mfn__pattern *pattern = mfn__pattern_of(model);
        mfn_simulation *sim = created(&config);
        double dt = config.parameters[MFN__TIME_STEP];
        double u, v, du, dv;
        ck_assert(pattern->steady_state(config.parameters, &u, &v));
        step_from(sim, u, v, &du, &dv);
        ck_assert_msg(fabs(du) < 1e-13 && fabs(dv) < 1e-13, "%s: %g, %g",
                      mfn_models(NULL)[model].name, du, dv);
        mfn__jacobian j = pattern->jacobian(config.parameters, u, v);
        double h = 1e-7;
        step_from(sim, u + h, v, &du, &dv);
        is_near("f_u", model, du / dt / h, j.f_u);
        is_near("g_u", model, dv / dt / h, j.g_u);
        step_from(sim, u, v + h, &du, &dv);
        is_near("f_v", model, du / dt / h, j.f_v);
        is_near("g_v", model, dv / dt / h, j.g_v);
        mfn_simulation_free(sim);
    }
}
END_TEST

#define WAVE_SIDE 64

/* Twice the mean of u cos over a row: the size of that wave. */
static double wave_size(const mfn_simulation *sim, int waves)
{
    double sum = 0.0;
    for (int j = 0; j < WAVE_SIDE; j++) {
        sum += mfn_simulation_activator(sim)[j] * cos(TWO_PI * waves * j / WAVE_SIDE);
    }
    return 2.0 * sum / WAVE_SIDE;
}

START_TEST(small_waves_grow_and_fade_at_the_rate_that_is_foretold)
{
    for (uint32_t model = FIRST; model <= LAST; model++) {
        for (int waves = 1; waves <= 16; waves += 3) {
            mfn_simulation_config config = config_of(model, WAVE_SIDE);
            double q = 2.0 - 2.0 * cos(TWO_PI * waves / WAVE_SIDE); /* 4 sin^2(k / 2) */
            double rate = 0.0;
            double u, v, wave_u[WAVE_SIDE], wave_v[WAVE_SIDE];
            mfn_error err = {0};
            ck_assert_int_eq(mfn_pattern_growth_rate(&config, q, &rate, &err), MFN_OK);
            mfn__pattern_of(model)->steady_state(config.parameters, &u, &v);
            mfn__jacobian j = mfn__pattern_of(model)->jacobian(config.parameters, u, v);
            double a = j.f_u - q * config.parameters[MFN__DIFFUSION_U];
            double d = j.g_v - q * config.parameters[MFN__DIFFUSION_V];
            if ((a - d) * (a - d) / 4.0 + j.f_v * j.g_u < 0.0) {
                continue; /* it oscillates, and a wave in u alone does not keep its form */
            }
            double slope = (rate - a) / j.f_v; /* of the wave in v, by its eigenvector */
            for (int i = 0; i < WAVE_SIDE; i++) {
                double wave = 1e-9 * cos(TWO_PI * waves * i / WAVE_SIDE);
                wave_u[i] = u + wave;
                wave_v[i] = v + slope * wave;
            }
            mfn_simulation *sim = created(&config);
            set_columns(sim, wave_u, wave_v);
            double before = wave_size(sim, waves);
            run(sim, 20);
            double growth = wave_size(sim, waves) / before;
            double foretold = pow(1.0 + config.parameters[MFN__TIME_STEP] * rate, 20.0);
            ck_assert_msg(fabs(growth / foretold - 1.0) < 1e-4, "%s, %d waves: %g, foretold %g",
                          mfn_models(NULL)[model].name, waves, growth, foretold);
            mfn_simulation_free(sim);
        }
    }
}
END_TEST

#define PATTERN_SIDE 128

/* The mean wave number of the power in rows and columns, as a wave number of the plane: a row
 * through waves of all directions sees sqrt(1/2) of k^2. */
static double measured_wavelength(const mfn_simulation *sim)
{
    const double *u = mfn_simulation_activator(sim);
    double total = 0.0;
    double weighted = 0.0;
    double mean = 0.0;
    for (size_t i = 0; i < (size_t)PATTERN_SIDE * PATTERN_SIDE; i++) {
        mean += u[i] / ((double)PATTERN_SIDE * PATTERN_SIDE);
    }
    for (size_t i = 0; i < PATTERN_SIDE; i++) {
        for (size_t j = 0; j < PATTERN_SIDE; j++) {
            double here = u[i * PATTERN_SIDE + j];
            double right = u[i * PATTERN_SIDE + (j + 1) % PATTERN_SIDE];
            double below = u[(i + 1) % PATTERN_SIDE * PATTERN_SIDE + j];
            total += (here - mean) * (here - mean);
            weighted += (right - here) * (right - here) + (below - here) * (below - here);
        }
    }
    return TWO_PI / sqrt(weighted / total); /* <|grad u|^2> / <u^2> is the mean q */
}

/* While a pattern is still small, its waves are those that grow fastest. */
START_TEST(young_patterns_have_the_wavelength_that_is_foretold)
{
    static const uint32_t models[] = {MFN_MODEL_GIERER_MEINHARDT, MFN_MODEL_SCHNAKENBERG,
                                      MFN_MODEL_FITZHUGH_NAGUMO, MFN_MODEL_LOGISTIC_INHIBITOR};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        mfn_simulation_config config = config_of(models[i], PATTERN_SIDE);
        mfn_linear_stability foretold;
        ck_assert_int_eq(mfn_pattern_stability(&config, &foretold, NULL), MFN_OK);
        ck_assert(foretold.has_turing_patterns);
        mfn_simulation *sim = created(&config);
        for (size_t k = 0; k < (size_t)PATTERN_SIDE * PATTERN_SIDE; k++) {
            uint32_t row = (uint32_t)(k / PATTERN_SIDE);
            uint32_t column = (uint32_t)(k % PATTERN_SIDE);
            double off = mfn_simulation_activator(sim)[k] - foretold.u;
            set_cell(sim, row, column, foretold.u + 1e-8 * off, foretold.v);
        }
        for (uint32_t row = 0; row < PATTERN_SIDE; row++) {
            mfn__grid_fill_halo(&sim->grids[1], sim->grids[1].now, row, MFN_PERIODIC);
            mfn__grid_fill_halo(&sim->grids[2], sim->grids[2].now, row, MFN_PERIODIC);
        }
        /* Long enough for e^12, so that the slower waves are left behind. */
        run(sim, (uint64_t)(12.0 / foretold.fastest_rate / config.parameters[MFN__TIME_STEP]));
        double measured = measured_wavelength(sim);
        ck_assert_msg(fabs(measured / foretold.wavelength_cells - 1.0) < 0.1,
                      "%s: %g cells, foretold %g", mfn_models(NULL)[models[i]].name, measured,
                      foretold.wavelength_cells);
        mfn_simulation_free(sim);
    }
}
END_TEST

START_TEST(gray_scott_without_feed_keeps_its_mass)
{
    static const mfn_boundary closed[] = {MFN_PERIODIC, MFN_NEUMANN};
    for (size_t i = 0; i < 2; i++) {
        mfn_simulation_config config = config_of(MFN_MODEL_GRAY_SCOTT, 64);
        config.parameters[MFN__FIRST_RATE] = 0.0;
        config.parameters[MFN__FIRST_RATE + 1] = 0.0;
        config.boundary_condition = closed[i];
        mfn_simulation *sim = created(&config);
        mfn_simulation_summary before, after;
        mfn_simulation_summarize(sim, &before);
        run(sim, 500);
        mfn_simulation_summarize(sim, &after);
        ck_assert_double_eq_tol(after.activator_mean + after.inhibitor_mean,
                                before.activator_mean + before.inhibitor_mean, 1e-13);
        ck_assert_double_gt(after.inhibitor_mean, before.inhibitor_mean);
        mfn_simulation_free(sim);
    }
}
END_TEST

START_TEST(every_preset_runs_and_an_unknown_one_is_refused_with_the_names)
{
    for (uint32_t model = 0; model <= LAST; model++) {
        const mfn_preset *presets = mfn_models(NULL)[model].presets;
        for (const mfn_preset *at = presets; at != NULL && at->name != NULL; at++) {
            mfn_simulation_config config = config_of(model, 64);
            ck_assert_int_eq(mfn_simulation_config_preset(&config, at->name, NULL), MFN_OK);
            mfn_simulation *sim = created(&config);
            run(sim, 200);
            mfn_simulation_free(sim);
        }
    }
    mfn_simulation_config config = config_of(MFN_MODEL_SCHNAKENBERG, 64);
    mfn_error err = {0};
    ck_assert_int_eq(mfn_simulation_config_preset(&config, "coral", &err), MFN_INVALID);
    ck_assert_str_eq(err.text, "preset: expected one of spots, dense, got 'coral'");
    config = config_of(MFN_MODEL_V4_1, 64);
    ck_assert_int_eq(mfn_simulation_config_preset(&config, "coral", &err), MFN_INVALID);
    ck_assert_str_eq(err.text, "preset: the model 'mfn-v4.1' has none, got 'coral'");
}
END_TEST

START_TEST(steps_that_would_not_be_stable_are_refused_and_others_that_explode_are_told)
{
    mfn_simulation_config config = config_of(MFN_MODEL_SCHNAKENBERG, 16);
    mfn_error err = {0};
    config.parameters[MFN__TIME_STEP] = 0.25 / config.parameters[MFN__DIFFUSION_V];
    ck_assert_int_eq(mfn_simulation_config_check(&config, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "time_step");
    config = config_of(MFN_MODEL_FITZHUGH_NAGUMO, 16);
    config.parameters[MFN__DIFFUSION_U] = 0.0;
    config.parameters[MFN__DIFFUSION_V] = 0.0;
    config.parameters[MFN__TIME_STEP] = 10.0;
    mfn_simulation *sim = created(&config);
    ck_assert_int_eq(mfn_simulation_advance(sim, 1000, NULL, NULL, &err), MFN_UNSTABLE);
    ck_assert_str_eq(err.field, "u");
    mfn_simulation_free(sim);
    mfn_linear_stability unused;
    config = config_of(MFN_MODEL_V4_1, 16);
    ck_assert_int_eq(mfn_pattern_stability(&config, &unused, &err), MFN_INVALID);
}
END_TEST

/* Pushed frame by frame or while stepping: the same features of what is shown. */
START_TEST(features_are_those_of_what_is_shown)
{
    mfn_simulation_config config = config_of(MFN_MODEL_GRAY_SCOTT, 64);
    mfn_simulation *sim = created(&config);
    mfn_feature_meter *meter = NULL;
    mfn_features advanced, computed;
    double *history = calloc(64 * 64 * 7, sizeof *history);
    ck_assert_ptr_nonnull(history);
    config.steps = 7;
    ck_assert_int_eq(mfn_feature_meter_new(64, NULL, &meter, NULL), MFN_OK);
    ck_assert_int_eq(mfn_feature_meter_advance(meter, sim, 7, NULL), MFN_OK);
    ck_assert_int_eq(mfn_feature_meter_finish(meter, &advanced, NULL), MFN_OK);
    ck_assert_int_eq(mfn_simulation_reset(sim, &config, NULL), MFN_OK);
    ck_assert_int_eq(mfn_simulation_record(sim, history, NULL), MFN_OK);
    ck_assert_int_eq(mfn_features_compute(history, 7, 64, NULL, &computed, NULL), MFN_OK);
    for (int i = 0; i < MFN_FEATURE_COUNT; i++) {
        ck_assert_msg(advanced.value[i] == computed.value[i], "%s",
                      mfn_feature_name((mfn_feature)i));
    }
    ck_assert_double_gt(computed.value[MFN_FEATURE_D_box], 0.5); /* the patches */
    free(history);
    mfn_feature_meter_free(meter);
    mfn_simulation_free(sim);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        every_variant_and_any_threads_give_the_same_bits,
        uniform_states_stay_and_derivatives_are_those_of_the_kernels,
        small_waves_grow_and_fade_at_the_rate_that_is_foretold,
        young_patterns_have_the_wavelength_that_is_foretold,
        gray_scott_without_feed_keeps_its_mass,
        every_preset_runs_and_an_unknown_one_is_refused_with_the_names,
        steps_that_would_not_be_stable_are_refused_and_others_that_explode_are_told,
        features_are_those_of_what_is_shown,
        NULL,
    };
    return mfn_test_run("species", tests);
}
