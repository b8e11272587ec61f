/* SPDX-License-Identifier: MIT */
/* Runs the simulations that standard input describes, one per line, and prints the bits of what
 * came out. The same program on two kinds of machine must print the same. A line holds: model
 * grid_size steps alpha spike_probability turing_enabled turing_threshold quantum_jitter jitter_var
 * boundary_condition d_activator d_inhibitor r_activator r_inhibitor seed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mfn/extended.h"
#include "mfn/features.h"
#include "mfn/fractal.h"
#include "mfn/growth.h"
#include "mfn/krum.h"
#include "mfn/mycelium.h"
#include "mfn/simulation.h"
#include "mfn/validation.h"
#include "mfn/version.h"

#define SEED_TEXT_MAX 4097
#define GRADIENTS     150
#define DIMENSION     500

static uint64_t fnv1a(const double *values, size_t count)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; values != NULL && i < count; i++) {
        uint64_t bits = 0;
        memcpy(&bits, &values[i], sizeof bits);
        for (unsigned byte = 0; byte < 8; byte++) {
            hash = (hash ^ (bits >> (8 * byte) & 0xff)) * UINT64_C(0x100000001b3);
        }
    }
    return hash;
}

static bool push(void *context, const mfn_simulation *sim)
{
    return mfn_feature_meter_push(context, mfn_simulation_field_v(sim), NULL) == MFN_OK;
}

static mfn_status report(const mfn_simulation_config *config, mfn_error *err)
{
    mfn_simulation *sim = NULL;
    mfn_feature_meter *meter = NULL;
    mfn_features features = {0};
    uint32_t side = (uint32_t)config->grid_size;
    size_t cells = (size_t)side * side;
    mfn_status status = mfn_simulation_new(config, &sim, err);
    if (status == MFN_OK) {
        status = mfn_feature_meter_new(side, NULL, &meter, err);
    }
    if (status == MFN_OK) {
        status = mfn_simulation_run(sim, push, meter, err);
    }
    if (status == MFN_OK && config->steps > 0) {
        status = mfn_feature_meter_finish(meter, &features, err);
    }
    if (status == MFN_OK) {
        mfn_simulation_summary summary;
        mfn_simulation_summarize(sim, &summary);
        const double *field_v = mfn_simulation_field_v(sim);
        printf("%a %a %016llx", field_v[0], field_v[cells - 1],
               (unsigned long long)fnv1a(field_v, cells));
        printf(" %016llx %016llx %016llx",
               (unsigned long long)fnv1a(mfn_simulation_activator(sim), cells),
               (unsigned long long)fnv1a(mfn_simulation_inhibitor(sim), cells),
               (unsigned long long)fnv1a(features.value, MFN_FEATURE_COUNT));
        printf(" %llu %llu %llu %a %a\n", (unsigned long long)summary.growth_events,
               (unsigned long long)summary.turing_activations,
               (unsigned long long)summary.clamping_events, summary.field_mean_v,
               summary.field_std_v);
    }
    mfn_feature_meter_free(meter);
    mfn_simulation_free(sim);
    return status;
}

/* Gradients far apart, and close together far from 0, so that both kernels take part. */
static mfn_status report_aggregate(mfn_random *random, double mean, mfn_error *err)
{
    static float gradients[GRADIENTS * DIMENSION];
    static double widened[DIMENSION];
    for (size_t i = 0; i < GRADIENTS * DIMENSION; i++) {
        gradients[i] = (float)mfn_random_normal(random, mean, 1.0);
    }
    const mfn_gradients view = {gradients, GRADIENTS, DIMENSION};
    mfn_krum_selection selection;
    mfn_aggregation aggregation;
    mfn_status status = mfn_krum_select(&view, NULL, NULL, &selection, err);
    if (status == MFN_OK) {
        status = mfn_aggregate(&view, NULL, random, NULL, &aggregation, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    for (size_t k = 0; k < DIMENSION; k++) {
        widened[k] = (double)aggregation.values[k];
    }
    printf(" krum %llu %a aggregate %016llx", (unsigned long long)selection.index, selection.score,
           (unsigned long long)fnv1a(widened, DIMENSION));
    mfn_aggregation_deinit(&aggregation);
    return MFN_OK;
}

/* Fields, attention and learning. */
static mfn_status report_validation(mfn_error *err)
{
    mfn_validation_config config;
    mfn_validation_config_init(&config);
    config.grid_size = 16;
    config.epochs = 10;
    config.quantum_jitter = true;
    mfn_validation_metrics metrics;
    mfn_status status = mfn_validate(&config, NULL, NULL, &metrics, err);
    if (status == MFN_OK) {
        printf(" validation %016llx %a",
               (unsigned long long)fnv1a(metrics.value, MFN_VALIDATION_METRIC_COUNT),
               metrics.value[MFN_VALIDATION_loss_final]);
    }
    return status;
}

/* Turns, angles, hazards and translocation, with everything that decides where hyphae go. */
static mfn_status report_mycelium(mfn_error *err)
{
    static double shown[256 * 256];
    mfn_mycelium_config config;
    mfn_mycelium *mycelium = NULL;
    mfn_mycelium_config_init(&config);
    mfn_status status = mfn_mycelium_new(&config, &mycelium, err);
    if (status == MFN_OK) {
        mfn_mycelium_summary summary;
        mfn_mycelium_run(mycelium);
        mfn_mycelium_display(mycelium, shown);
        mfn_mycelium_summarize(mycelium, &summary);
        printf(" mycelium %016llx %a",
               (unsigned long long)fnv1a(shown, sizeof shown / sizeof *shown), summary.length);
    }
    mfn_mycelium_free(mycelium);
    return status;
}

/* A cluster that grew, and the extended features of a field made from it. */
static mfn_status report_growth(mfn_random *random, mfn_error *err)
{
    enum { SIDE = 200 };
    static uint8_t mask[SIDE * SIDE];
    static double field_v[SIDE * SIDE];
    static mfn_extended extended;
    mfn_dla_config config;
    mfn_dla_growth growth;
    mfn_dla_config_init(&config);
    config.grid_size = SIDE;
    config.particles = 3000;
    mfn_status status = mfn_dla_grow(&config, random, mask, &growth, err);
    if (status != MFN_OK) {
        return status;
    }
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
        field_v[i] = (mask[i] != 0 ? -0.05 : -0.07) + 0.001 * mfn_random_uniform(random);
    }
    status = mfn_extended_compute(field_v, SIDE, NULL, NULL, &extended, err);
    if (status == MFN_OK) {
        printf(" growth %016llx %a extended %016llx %016llx %a",
               (unsigned long long)fnv1a(growth.gyration_radius, growth.records), growth.radius,
               (unsigned long long)fnv1a(extended.value, MFN_EXTENDED_COUNT),
               (unsigned long long)fnv1a(extended.dimensions.entropy, extended.dimensions.scales),
               extended.spectrum.moment[0].alpha.value);
    }
    return status;
}

/* Normals far into the tail, and the elementary functions behind them and behind the fractals. */
static mfn_status report_random(mfn_error *err)
{
    static double values[400000];
    mfn_random *random = NULL;
    mfn_status status = mfn_random_new("9", &random, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn_random_fill_normal(random, 0.0, 1.0, values, sizeof values / sizeof values[0]);
    printf("normals %016llx", (unsigned long long)fnv1a(values, sizeof values / sizeof values[0]));
    mfn_ifs_config config;
    mfn_ifs_config_init(&config);
    double lyapunov = 0.0;
    status = mfn_ifs_generate(random, &config, NULL, values, &lyapunov, err);
    printf(" fractal %016llx %a", (unsigned long long)fnv1a(values, 2 * (size_t)config.num_points),
           lyapunov);
    if (status == MFN_OK) {
        status = report_aggregate(random, 0.0, err);
    }
    if (status == MFN_OK) {
        status = report_aggregate(random, 1e4, err);
    }
    if (status == MFN_OK) {
        status = report_validation(err);
    }
    if (status == MFN_OK) {
        status = report_mycelium(err);
    }
    if (status == MFN_OK) {
        status = report_growth(random, err);
    }
    printf("\n");
    mfn_random_free(random);
    return status;
}

int main(void)
{
    mfn_error err = {0};
    if (report_random(&err) != MFN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return EXIT_FAILURE;
    }
    unsigned model = 0;
    while (scanf("%u", &model) == 1) {
        mfn_simulation_config config;
        mfn_simulation_config_init(&config, (mfn_model_id)model);
        char seed[SEED_TEXT_MAX];
        unsigned long long grid_size = 0;
        unsigned long long steps = 0;
        unsigned turing = 0;
        unsigned jitter = 0;
        int read =
            scanf("%llu %llu %lf %lf %u %lf %u %lf %u %lf %lf %lf %lf %4096s", &grid_size, &steps,
                  &config.alpha, &config.spike_probability, &turing, &config.turing_threshold,
                  &jitter, &config.jitter_var, &config.boundary_condition, &config.d_activator,
                  &config.d_inhibitor, &config.r_activator, &config.r_inhibitor, seed);
        config.grid_size = grid_size;
        config.steps = steps;
        config.turing_enabled = turing != 0;
        config.quantum_jitter = jitter != 0;
        config.seed = seed;
        if (read != 14 || report(&config, &err) != MFN_OK) {
            fprintf(stderr, "cannot run a line: %s\n", read != 14 ? "it is cut" : err.text);
            return EXIT_FAILURE;
        }
    }
    fprintf(stderr, "%s\n", mfn_simd_name());
    return EXIT_SUCCESS;
}
