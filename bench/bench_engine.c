/* SPDX-License-Identifier: MIT */
/* Speed of the engine on this machine: million cell-steps per second over grid sizes and kernel
 * variants, features, normals, and whole jobs. Each figure is the median of several runs with the
 * spread between the fastest and the slowest, printed as one JSON object per line for bench.py. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "kernels/kernels.h"

#include "mfn/mfn.h"

#define RUNS           5
#define RUN_CELL_STEPS 40000000.0 /* enough for a few hundredths of a second */

typedef double (*timed_work)(void *context); /* returns seconds */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *what, uint64_t side, const char *variant, double units,
                   timed_work work, void *context)
{
    double seconds[RUNS];
    for (int i = 0; i < RUNS; i++) {
        seconds[i] = work(context);
    }
    qsort(seconds, RUNS, sizeof seconds[0], by_value);
    printf("{\"what\": \"%s\", \"side\": %llu, \"variant\": \"%s\", \"per_second\": %.6g, "
           "\"slowest\": %.6g, \"fastest\": %.6g}\n",
           what, (unsigned long long)side, variant, units / seconds[RUNS / 2],
           units / seconds[RUNS - 1], units / seconds[0]);
    fflush(stdout);
}

static void check(mfn_status status, const mfn_error *err)
{
    if (status != MFN_OK) {
        fprintf(stderr, "bench_engine: %s\n", err->text);
        exit(EXIT_FAILURE);
    }
}

static double seconds_since(int64_t start_ns)
{
    int64_t now_ns = mfn__clock_monotonic_ns(mfn__clock_system());
    return (double)(now_ns - start_ns) / (double)MFN__NS_PER_S;
}

static int64_t now_ns(void)
{
    return mfn__clock_monotonic_ns(mfn__clock_system());
}

static double time_steps(void *context)
{
    const mfn_simulation_config *config = context;
    mfn_simulation *sim = NULL;
    mfn_error err = {0};
    check(mfn_simulation_new(config, &sim, &err), &err);
    int64_t start_ns = now_ns();
    check(mfn_simulation_run(sim, NULL, NULL, &err), &err);
    double seconds = seconds_since(start_ns);
    mfn_simulation_free(sim);
    return seconds;
}

static void bench_steps(const char *variant, bool jitter)
{
    static const uint64_t sides[] = {32, 64, 128, 256, 512, 1024};
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        mfn_simulation_config config;
        mfn_simulation_config_init(&config, MFN_MODEL_V4_1);
        double cells = (double)(sides[i] * sides[i]);
        config.grid_size = sides[i];
        config.steps = (uint64_t)(RUN_CELL_STEPS / cells / (jitter ? 8 : 1));
        config.quantum_jitter = jitter;
        report(jitter ? "cell-steps with jitter" : "cell-steps", sides[i], variant,
               cells * (double)config.steps, time_steps, &config);
    }
}

static bool push_frame(void *context, const mfn_simulation *sim)
{
    return mfn_feature_meter_push(context, mfn_simulation_field_v(sim), NULL) == MFN_OK;
}

#define JOBS 100

/* The jobs of a data set: other seeds, all features of the whole history. */
static double time_jobs(void *context)
{
    mfn_simulation_config config = *(const mfn_simulation_config *)context;
    mfn_simulation *sim = NULL;
    mfn_feature_meter *meter = NULL;
    mfn_error err = {0};
    check(mfn_simulation_new(&config, &sim, &err), &err);
    check(mfn_feature_meter_new((uint32_t)config.grid_size, NULL, &meter, &err), &err);
    int64_t start_ns = now_ns();
    for (int i = 0; i < JOBS; i++) {
        char seed[16];
        snprintf(seed, sizeof seed, "%d", i);
        config.seed = seed;
        mfn_features features;
        check(mfn_simulation_reset(sim, &config, &err), &err);
        check(mfn_feature_meter_reset(meter, (uint32_t)config.grid_size, NULL, &err), &err);
        check(mfn_simulation_run(sim, push_frame, meter, &err), &err);
        check(mfn_feature_meter_finish(meter, &features, &err), &err);
    }
    double seconds = seconds_since(start_ns);
    mfn_feature_meter_free(meter);
    mfn_simulation_free(sim);
    return seconds;
}

static void bench_jobs(const char *variant)
{
    static const struct {
        uint64_t side, steps;
    } jobs[] = {{32, 50}, {64, 100}};
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        mfn_simulation_config config;
        mfn_simulation_config_init(&config, MFN_MODEL_V4_1);
        config.grid_size = jobs[i].side;
        config.steps = jobs[i].steps;
        report("jobs with features", jobs[i].side, variant, JOBS, time_jobs, &config);
    }
}

#define NORMALS 1000000

static double time_normals(void *context)
{
    static double values[NORMALS];
    mfn_random *random = context;
    int64_t start_ns = now_ns();
    mfn_random_fill_normal(random, 0.0, 1.0, values, NORMALS);
    return seconds_since(start_ns);
}

int main(void)
{
    mfn_error err = {0};
    mfn_random *random = NULL;
    check(mfn_random_new("1", &random, &err), &err);
    report("normals", 0, "-", NORMALS, time_normals, random);
    mfn_random_free(random);

    size_t count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&count);
    for (size_t i = 0; i < count; i++) {
        if (mfn__kernels_select(variants[i]->name, NULL) == MFN_OK) {
            bench_steps(variants[i]->name, false);
            bench_jobs(variants[i]->name);
        }
    }
    bench_steps(mfn_simd_name(), true);
    return EXIT_SUCCESS;
}
