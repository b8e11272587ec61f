/* SPDX-License-Identifier: MIT */
/* One measurement of the engine, on one core or with one simulation on each of several:
 *   bench_engine [--variant NAME] [--threads N] [--together N] [--model NAME]
 *       WHAT SIDE STEPS
 * prints "UNITS SECONDS". bench.py repeats it, in turn with others, and says what came out.
 *
 * What waits at a barrier until all threads are ready is not counted. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "kernels/kernels.h"

#include "mfn/mfn.h"

#define THREADS_MAX 256
#define BATCH       100 /* jobs, or rounds of what is short */

typedef struct task {
    uint64_t side, steps;
    unsigned index;           /* of the thread */
    const mfn_parallel *lent; /* to one simulation, */
    uint32_t together;        /* so many threads */
    mfn_model_id model;
    pthread_barrier_t *ready;
    int64_t start_ns, end_ns;
} task;

/* Returns units of work. */
typedef double (*work_function)(task *of);

static void check(mfn_status status, const mfn_error *err)
{
    if (status != MFN_OK) {
        fprintf(stderr, "bench_engine: %s\n", err->text);
        exit(EXIT_FAILURE);
    }
}

static int64_t now_ns(void)
{
    return mfn__clock_monotonic_ns(mfn__clock_system());
}

/* Everything before is preparation. */
static void begin(task *of)
{
    pthread_barrier_wait(of->ready);
    of->start_ns = now_ns();
}

/* Everything behind is cleaning up. */
static void end(task *of)
{
    of->end_ns = now_ns();
}

static mfn_simulation_config config_of(const task *of)
{
    mfn_simulation_config config;
    mfn_simulation_config_init(&config, of->model);
    config.grid_size = of->side;
    config.steps = of->steps;
    return config;
}

static double cells_of(const task *of)
{
    return (double)of->side * (double)of->side;
}

static mfn_simulation *simulation_of(const mfn_simulation_config *config)
{
    mfn_simulation *sim = NULL;
    mfn_error err = {0};
    check(mfn_simulation_new(config, &sim, &err), &err);
    return sim;
}

/* The steps alone, or with what the temporal features need. */
static double take_steps(task *of, bool jitter, mfn_feature_meter *meter)
{
    mfn_simulation_config config = config_of(of);
    config.quantum_jitter = jitter;
    mfn_simulation *sim = simulation_of(&config);
    mfn_error err = {0};
    mfn_simulation_set_threads(sim, of->lent, of->together);
    check(mfn_simulation_advance(sim, 1, NULL, NULL, &err), &err); /* wakes the threads */
    begin(of);
    check(meter != NULL ? mfn_feature_meter_advance(meter, sim, of->steps, &err)
                        : mfn_simulation_advance(sim, of->steps, NULL, NULL, &err),
          &err);
    end(of);
    mfn_simulation_free(sim);
    return cells_of(of) * (double)of->steps;
}

static double steps(task *of)
{
    return take_steps(of, false, NULL);
}

static double steps_with_jitter(task *of)
{
    return take_steps(of, true, NULL);
}

static mfn_feature_meter *meter_of(const task *of)
{
    mfn_feature_meter *meter = NULL;
    mfn_error err = {0};
    check(mfn_feature_meter_new((uint32_t)of->side, NULL, &meter, &err), &err);
    return meter;
}

/* The steps with all 18 features. */
static double steps_with_features(task *of)
{
    mfn_feature_meter *meter = meter_of(of);
    double cell_steps = take_steps(of, false, meter);
    mfn_features features;
    mfn_error err = {0};
    check(mfn_feature_meter_finish(meter, &features, &err), &err);
    end(of);
    mfn_feature_meter_free(meter);
    return cell_steps;
}

/* Drawing the fields, without the first touch of their memory. */
static double initialisations(task *of)
{
    mfn_simulation_config config = config_of(of);
    mfn_simulation *sim = simulation_of(&config);
    mfn_error err = {0};
    begin(of);
    for (uint64_t i = 0; i < of->steps; i++) {
        check(mfn_simulation_reset(sim, &config, &err), &err);
    }
    end(of);
    mfn_simulation_free(sim);
    return cells_of(of) * (double)of->steps;
}

/* What is left to do for the features when a run has ended. */
static double last_features(task *of)
{
    mfn_simulation_config config = config_of(of);
    mfn_simulation *sim = simulation_of(&config);
    mfn_feature_meter *meter = meter_of(of);
    mfn_error err = {0};
    check(mfn_feature_meter_advance(meter, sim, of->steps, &err), &err);
    begin(of);
    for (int i = 0; i < BATCH; i++) {
        mfn_features features;
        check(mfn_feature_meter_finish(meter, &features, &err), &err);
    }
    end(of);
    mfn_feature_meter_free(meter);
    mfn_simulation_free(sim);
    return cells_of(of) * BATCH;
}

/* The jobs of a data set: other seeds, all features of the whole history. */
static double jobs(task *of)
{
    mfn_simulation_config config = config_of(of);
    mfn_simulation *sim = simulation_of(&config);
    mfn_feature_meter *meter = meter_of(of);
    mfn_error err = {0};
    begin(of);
    for (unsigned i = 0; i < BATCH; i++) {
        char seed[16];
        snprintf(seed, sizeof seed, "%u", of->index * BATCH + i);
        config.seed = seed;
        mfn_features features;
        check(mfn_simulation_reset(sim, &config, &err), &err);
        check(mfn_feature_meter_reset(meter, (uint32_t)config.grid_size, NULL, &err), &err);
        check(mfn_feature_meter_advance(meter, sim, of->steps, &err), &err);
        check(mfn_feature_meter_finish(meter, &features, &err), &err);
    }
    end(of);
    mfn_feature_meter_free(meter);
    mfn_simulation_free(sim);
    return BATCH;
}

typedef void (*fill_function)(mfn_random *random, double a, double b, double *ret, size_t count);

static double draws(task *of, fill_function fill)
{
    size_t count = (size_t)of->side * of->side;
    double *values = calloc(count, sizeof *values);
    mfn_random *random = NULL;
    mfn_error err = {0};
    check(values != NULL ? MFN_OK : MFN_NO_MEMORY, &err);
    check(mfn_random_new("1", &random, &err), &err);
    fill(random, 0.0, 1.0, values, count); /* the first touch of the memory */
    begin(of);
    for (uint64_t i = 0; i < of->steps; i++) {
        fill(random, 0.0, 1.0, values, count);
    }
    end(of);
    mfn_random_free(random);
    free(values);
    return (double)count * (double)of->steps;
}

static double normals(task *of)
{
    return draws(of, mfn_random_fill_normal);
}

static double uniforms(task *of)
{
    return draws(of, mfn_random_fill_uniform);
}

static const struct {
    const char *name;
    work_function work;
} works[] = {
    {"steps", steps},
    {"steps-jitter", steps_with_jitter},
    {"steps-features", steps_with_features},
    {"initialisations", initialisations},
    {"features", last_features},
    {"jobs", jobs},
    {"normals", normals},
    {"uniforms", uniforms},
};

typedef struct worker {
    pthread_t thread;
    work_function work;
    task task;
    double units;
} worker;

static void *run_worker(void *context)
{
    worker *self = context;
    self->units = self->work(&self->task);
    return NULL;
}

static void measure(work_function work, const task *like, unsigned threads)
{
    static worker workers[THREADS_MAX];
    pthread_barrier_t ready;
    pthread_barrier_init(&ready, NULL, threads);
    for (unsigned i = 0; i < threads; i++) {
        workers[i] = (worker){.work = work, .task = *like};
        workers[i].task.index = i;
        workers[i].task.ready = &ready;
    }
    for (unsigned i = 1; i < threads; i++) {
        if (pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]) != 0) {
            fprintf(stderr, "bench_engine: no thread\n");
            exit(EXIT_FAILURE);
        }
    }
    run_worker(&workers[0]);
    double units = workers[0].units;
    int64_t start_ns = workers[0].task.start_ns;
    int64_t end_ns = workers[0].task.end_ns;
    for (unsigned i = 1; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        const worker *other = &workers[i];
        units += other->units;
        start_ns = other->task.start_ns < start_ns ? other->task.start_ns : start_ns;
        end_ns = other->task.end_ns > end_ns ? other->task.end_ns : end_ns;
    }
    pthread_barrier_destroy(&ready);
    printf("%.17g %.9f\n", units, (double)(end_ns - start_ns) / (double)MFN__NS_PER_S);
}

static uint64_t number(const char *text)
{
    char *end = NULL;
    uint64_t value = strtoull(text, &end, 10);
    if (*end != '\0' || value == 0 || value > UINT32_MAX) {
        fprintf(stderr, "bench_engine: expected a number above 0, got '%s'\n", text);
        exit(EXIT_FAILURE);
    }
    return value;
}

static mfn_model_id model_of(const char *name)
{
    size_t count = 0;
    const mfn_model *models = mfn_models(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(models[i].name, name) == 0) {
            return (mfn_model_id)i;
        }
    }
    fprintf(stderr, "bench_engine: there is no model '%s'\n", name);
    exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
    mfn_error err = {0};
    unsigned threads = 1;
    mfn_threads *together = NULL;
    uint32_t together_count = 1;
    mfn_model_id model = MFN_MODEL_V4_1;
    int at = 1;
    for (; at + 1 < argc && strncmp(argv[at], "--", 2) == 0; at += 2) {
        if (strcmp(argv[at], "--variant") == 0) {
            check(mfn__kernels_select(argv[at + 1], &err), &err);
        } else if (strcmp(argv[at], "--threads") == 0) {
            threads = (unsigned)number(argv[at + 1]);
        } else if (strcmp(argv[at], "--model") == 0) {
            model = model_of(argv[at + 1]);
        } else if (strcmp(argv[at], "--together") == 0 && together == NULL) {
            together_count = (uint32_t)number(argv[at + 1]);
            check(mfn_threads_new(together_count, &together, &err), &err);
        }
    }
    work_function work = NULL;
    for (size_t i = 0; i < sizeof works / sizeof works[0] && at + 3 == argc; i++) {
        work = strcmp(argv[at], works[i].name) == 0 ? works[i].work : work;
    }
    if (work == NULL || threads > THREADS_MAX) {
        fprintf(stderr, "usage: bench_engine [--variant NAME] [--threads N] [--together N] "
                        "[--model NAME] WHAT SIDE STEPS\n");
        return EXIT_FAILURE;
    }
    const task like = {.side = number(argv[at + 1]),
                       .steps = number(argv[at + 2]),
                       .lent = mfn_threads_parallel(together),
                       .together = together_count,
                       .model = model};
    measure(work, &like, threads);
    mfn_threads_free(together);
    return EXIT_SUCCESS;
}
