/* SPDX-License-Identifier: MIT */
/* Speed of gradient aggregation on this machine: the distance kernel in the cache, the distances of
 * 1,000 gradients of 10,000 values, Krum and the aggregation in two levels, by kernel variant and
 * number of threads. Each figure is the median of several runs with the fastest and the slowest,
 * one JSON object per line for bench_krum.py. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/learning/distances.h"
#include "kernels/kernels.h"

#include "mfn/mfn.h"

#define RUNS         5
#define GRADIENTS    1000
#define DIMENSION    10000
#define CACHED_DEPTH 64
#define CACHED_RUNS  10000
#define OFFSET       5000.0 /* so far from 0 that all distances cancel */

typedef struct krum_bench {
    float *values;
    const float *rows[GRADIENTS];
    const mfn_parallel *parallel;
} krum_bench;

typedef double (*timed_work)(krum_bench *bench); /* returns seconds */

static void check(mfn_status status, const mfn_error *err)
{
    if (status != MFN_OK) {
        fprintf(stderr, "bench_krum: %s\n", err->text);
        exit(EXIT_FAILURE);
    }
}

static int64_t now_ns(void)
{
    return mfn__clock_monotonic_ns(mfn__clock_system());
}

static double seconds_since(int64_t start_ns)
{
    return (double)(now_ns() - start_ns) / (double)MFN__NS_PER_S;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* `products` of each run: multiplications with an addition. */
static void report(const char *what, uint32_t threads, double products, timed_work work,
                   krum_bench *bench)
{
    double seconds[RUNS];
    for (int i = 0; i < RUNS; i++) {
        seconds[i] = work(bench);
    }
    qsort(seconds, RUNS, sizeof seconds[0], by_value);
    printf("{\"what\": \"%s\", \"variant\": \"%s\", \"threads\": %u, \"ms\": %.4g, "
           "\"fastest_ms\": %.4g, \"slowest_ms\": %.4g, \"products\": %.6g}\n",
           what, mfn__kernels()->name, threads, 1e3 * seconds[RUNS / 2], 1e3 * seconds[0],
           1e3 * seconds[RUNS - 1], products);
    fflush(stdout);
}

/* Two panels that stay in the first cache: what the arithmetic can do. */
static double time_cached(krum_bench *bench)
{
    static _Alignas(64) double panels[2][MFN__PANEL_VECTORS * CACHED_DEPTH];
    static _Alignas(64) double sums[MFN__PANEL_PAIRS];
    for (size_t i = 0; i < MFN__PANEL_VECTORS * CACHED_DEPTH; i++) {
        panels[0][i] = panels[1][i] = (double)bench->values[i];
    }
    int64_t start_ns = now_ns();
    for (int i = 0; i < CACHED_RUNS; i++) {
        mfn__kernels()->pair_products(panels[0], panels[1], CACHED_DEPTH, sums);
    }
    return seconds_since(start_ns);
}

static double time_distances(krum_bench *bench)
{
    mfn__distances distances;
    mfn_error err = {0};
    int64_t start_ns = now_ns();
    check(mfn__distances_init(&distances, bench->rows, GRADIENTS, DIMENSION, bench->parallel, &err),
          &err);
    double seconds = seconds_since(start_ns);
    mfn__distances_deinit(&distances);
    return seconds;
}

static double time_krum(krum_bench *bench)
{
    const mfn_gradients gradients = {bench->values, GRADIENTS, DIMENSION};
    mfn_krum_config config;
    mfn_krum_config_init(&config);
    config.num_byzantine = GRADIENTS / 5;
    mfn_krum_selection selection;
    mfn_error err = {0};
    int64_t start_ns = now_ns();
    check(mfn_krum_select(&gradients, &config, bench->parallel, &selection, &err), &err);
    return seconds_since(start_ns);
}

static double time_aggregate(krum_bench *bench)
{
    const mfn_gradients gradients = {bench->values, GRADIENTS, DIMENSION};
    mfn_aggregation aggregation;
    mfn_error err = {0};
    int64_t start_ns = now_ns();
    check(mfn_aggregate(&gradients, NULL, NULL, bench->parallel, &aggregation, &err), &err);
    double seconds = seconds_since(start_ns);
    mfn_aggregation_deinit(&aggregation);
    return seconds;
}

static void fill(krum_bench *bench, double mean)
{
    mfn_random *random = NULL;
    mfn_error err = {0};
    check(mfn_random_new("1", &random, &err), &err);
    for (size_t i = 0; i < (size_t)GRADIENTS * DIMENSION; i++) {
        bench->values[i] = (float)mfn_random_normal(random, mean, 1.0);
    }
    for (size_t i = 0; i < GRADIENTS; i++) {
        bench->rows[i] = bench->values + i * DIMENSION;
    }
    mfn_random_free(random);
}

static void bench_threads(krum_bench *bench, uint32_t threads)
{
    double pairs = 0.5 * GRADIENTS * (GRADIENTS + 1.0) * DIMENSION;
    mfn_threads *pool = NULL;
    mfn_error err = {0};
    check(mfn_threads_new(threads, &pool, &err), &err);
    bench->parallel = mfn_threads_parallel(pool);
    fill(bench, 0.0);
    report("distances", threads, pairs, time_distances, bench);
    report("Krum", threads, pairs, time_krum, bench);
    report("100 clusters", threads, 0.0, time_aggregate, bench);
    fill(bench, OFFSET);
    report("distances that cancel", threads, 2.0 * pairs, time_distances, bench);
    mfn_threads_free(pool);
}

int main(int argc, char **argv)
{
    uint64_t threads = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    krum_bench bench = {.values = mfn__mem_new((size_t)GRADIENTS * DIMENSION, sizeof(float))};
    if (bench.values == NULL) {
        return EXIT_FAILURE;
    }
    size_t count = 0;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&count);
    for (size_t i = 0; i < count; i++) {
        if (mfn__kernels_select(variants[i]->name, NULL) == MFN_OK) {
            fill(&bench, 0.0);
            report("kernel in the cache", 1,
                   (double)(MFN__PANEL_PAIRS * CACHED_DEPTH) * CACHED_RUNS, time_cached, &bench);
            bench_threads(&bench, 1);
            if (threads > 1) {
                bench_threads(&bench, (uint32_t)threads);
            }
        }
    }
    mfn__mem_free(bench.values);
    return EXIT_SUCCESS;
}
