/* SPDX-License-Identifier: MIT */
/* The simulation: three square fields (membrane potential in volts, activator, inhibitor) that
 * diffuse, react and grow, step by step. The result depends on the configuration alone.
 *
 * Models of two species have no potential: activator and inhibitor are their u and v, and the
 * potential is one of the two, from the low to the high end of what it usually takes, drawn over
 * the range from -95 to 40 mV and cut off there. So features, pictures and pipelines read every
 * model alike. docs/models.md has the equations. */
#ifndef MFN_SIMULATION_H
#define MFN_SIMULATION_H

#include <stdint.h>

#include "mfn/option.h"
#include "mfn/parallel.h"
#include "mfn/random.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mfn_boundary {
    MFN_PERIODIC,  /* the field wraps around */
    MFN_NEUMANN,   /* no flux: a missing neighbour has the cell's own value */
    MFN_DIRICHLET, /* a missing neighbour is 0 V */
} mfn_boundary;

typedef enum mfn_model_id {
    MFN_MODEL_V4_1,       /* "mfn-v4.1": the reference's engine; the default */
    MFN_MODEL_V4_1_FIELD, /* "mfn-v4.1-field": the reference's simulate_mycelium_field */
    MFN_MODEL_GRAY_SCOTT,
    MFN_MODEL_GIERER_MEINHARDT,
    MFN_MODEL_SCHNAKENBERG,
    MFN_MODEL_FITZHUGH_NAGUMO,
    MFN_MODEL_LOGISTIC_INHIBITOR, /* the morphogens as the reference's document writes them */
} mfn_model_id;

#define MFN_MODEL_PARAMETERS_MAX 8

/* Options of a run. Fill with mfn_simulation_config_init, then change what you need. Bounds,
 * defaults and units are in the model's option table. */
typedef struct mfn_simulation_config {
    size_t size;    /* sizeof(mfn_simulation_config), set by the init function */
    uint32_t model; /* mfn_model_id */
    uint64_t grid_size;
    uint64_t steps;
    double alpha;             /* diffusion coefficient of the potential, cells^2 per step */
    double spike_probability; /* of one growth event per step */
    bool turing_enabled;
    double turing_threshold; /* activator level above which the potential is raised by 5 mV */
    bool quantum_jitter;
    double jitter_var;               /* variance of the noise added to each cell and step, V^2 */
    uint32_t boundary_condition;     /* mfn_boundary */
    double d_activator, d_inhibitor; /* diffusion coefficients, cells^2 per step */
    double r_activator, r_inhibitor; /* reaction rates, per step */
    double parameters[MFN_MODEL_PARAMETERS_MAX]; /* of the other models; their tables name them */
    const char *seed; /* borrowed: decimal digits, must outlive every use of this struct */
} mfn_simulation_config;

/* Values that show what a model can do: constant data. A list ends with an entry without name. */
typedef struct mfn_preset {
    const char *name;            /* "coral" */
    const char *title;           /* one line */
    const char *const *settings; /* name of an option, its value, and so on; ends with NULL */
} mfn_preset;

/* A model of the engine: constant data. */
typedef struct mfn_model {
    const char *name;          /* "mfn-v4.1" */
    const char *title;         /* one line */
    const char *source;        /* where its equations are written down */
    const mfn_option *options; /* fields of mfn_simulation_config with this model's bounds */
    const mfn_preset *presets; /* NULL: none */
    const char *species[2];    /* what activator and inhibitor stand for */
    const char *shown;         /* what the potential stands for: "u from 0 to 1" */
} mfn_model;

/* All models, indexed by mfn_model_id; the array is static. */
MFN_API const mfn_model *mfn_models(size_t *ret_count);

/* Sets every field to the default of `model`. */
MFN_API void mfn_simulation_config_init(mfn_simulation_config *config, mfn_model_id model);

/* Applies a preset of the configuration's model by name; other fields keep what they have. */
MFN_CHECKED MFN_API mfn_status mfn_simulation_config_preset(mfn_simulation_config *config,
                                                            const char *name, mfn_error *err);

/* A configuration that passes always runs. The error names field, value and range. */
MFN_CHECKED MFN_API mfn_status mfn_simulation_config_check(const mfn_simulation_config *config,
                                                           mfn_error *err);

/* One run with its fields and generator. Not thread-safe: one thread per simulation; different
 * simulations are independent. */
typedef struct mfn_simulation mfn_simulation;

/* Draws the initial fields. `*ret` is set only on MFN_OK. Release with mfn_simulation_free. */
MFN_CHECKED MFN_API mfn_status mfn_simulation_new(const mfn_simulation_config *config,
                                                  mfn_simulation **ret, mfn_error *err);
MFN_API void mfn_simulation_free(mfn_simulation *sim); /* NULL is allowed */

/* Starts over with another configuration; buffers are reused when they are large enough. On
 * failure the simulation keeps its state. */
MFN_CHECKED MFN_API mfn_status mfn_simulation_reset(mfn_simulation *sim,
                                                    const mfn_simulation_config *config,
                                                    mfn_error *err);

/* Lends threads to the steps that follow: `parallel` is borrowed, NULL takes them back; `threads`
 * is how many it has, of which a field uses as many as it has rows for. Pays for fields of 128 x
 * 128 cells and more, in runs without an observer and without jitter. The bits never change. */
MFN_API void mfn_simulation_set_threads(mfn_simulation *sim, const mfn_parallel *parallel,
                                        uint32_t threads);

/* Called after every step; return false to stop the run (which then answers MFN_CANCELLED and
 * can be continued). Must not change the simulation. */
typedef bool (*mfn_step_observer)(void *context, const mfn_simulation *sim);

/* Runs the steps that are left of the configured number. */
MFN_CHECKED MFN_API mfn_status mfn_simulation_run(mfn_simulation *sim, mfn_step_observer observer,
                                                  void *context, mfn_error *err);

/* Runs `steps` more steps, whatever the configured number: whole or in pieces, same bits. */
MFN_CHECKED MFN_API mfn_status mfn_simulation_advance(mfn_simulation *sim, uint64_t steps,
                                                      mfn_step_observer observer, void *context,
                                                      mfn_error *err);

/* How many steps take some milliseconds: for callers without an observer, which is the fastest way,
 * who want to show progress or be able to stop. */
MFN_API uint64_t mfn_simulation_slice(const mfn_simulation *sim);

/* As mfn_simulation_run, and writes the potential after each step to `ret_history`, shape
 * (steps, grid_size, grid_size), row-major; the initial state is not included. */
MFN_CHECKED MFN_API mfn_status mfn_simulation_record(mfn_simulation *sim, double *ret_history,
                                                     mfn_error *err);

/* Borrowed: grid_size * grid_size values, row-major, valid until the next call that steps,
 * resets or frees. Volts for the first, dimensionless for the others. The activator
 * and inhibitor are NULL for mfn-v4.1-field with turing_enabled false: it never draws them. */
MFN_API const double *mfn_simulation_field_v(const mfn_simulation *sim);
MFN_API const double *mfn_simulation_activator(const mfn_simulation *sim);
MFN_API const double *mfn_simulation_inhibitor(const mfn_simulation *sim);
MFN_API uint32_t mfn_simulation_grid_size(const mfn_simulation *sim);
MFN_API uint64_t mfn_simulation_steps_computed(const mfn_simulation *sim);

/* Borrowed: the simulation's generator, positioned after the last draw. */
MFN_API mfn_random *mfn_simulation_random(mfn_simulation *sim);

/* Counters of the run so far and statistics of the fields as they are. */
typedef struct mfn_simulation_summary {
    uint64_t growth_events;      /* spikes */
    uint64_t turing_activations; /* cells and steps in which the activator passed the threshold */
    uint64_t clamping_events;    /* cells and steps in which the potential was clamped */
    uint64_t steps_computed;
    double field_min_v, field_max_v, field_mean_v, field_std_v;
    double activator_mean, inhibitor_mean; /* 0 where the model has no such field */
} mfn_simulation_summary;

MFN_API void mfn_simulation_summarize(const mfn_simulation *sim, mfn_simulation_summary *ret);

#ifdef __cplusplus
}
#endif

#endif
