/* SPDX-License-Identifier: MIT */
/* The reference's membrane engine: fixed steps, all potentials at once, in its order of operations.
 */
#include "mfn/membrane.h"

#include <math.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "engine/membrane/nernst.h"
#include "engine/statistics.h"

#define CONFIG        mfn_membrane_config
#define POTENTIAL_MAX 0.150 /* V: no membrane stands more */
#define STAGES        4

static const char *const scheme_names[] = {"euler", "rk4", NULL};

/* clang-format off: one row per option */
static const mfn_option options[] = {
    MFN__REAL(CONFIG, temperature_k, 273, 320, "310.0", "K", "temperature"),
    {.name = "ion_clamp_min",
     .type = MFN_OPTION_REAL,
     .offset = offsetof(CONFIG, ion_clamp_min),
     .max = 1e3,
     .min_open = true,
     .default_text = "1e-06",
     .unit = "mol/L",
     .help = "lower concentrations count as this"},
    MFN__REAL(CONFIG, potential_min_v, -POTENTIAL_MAX, POTENTIAL_MAX, "-0.15", "V",
              "lowest potential"),
    MFN__REAL(CONFIG, potential_max_v, -POTENTIAL_MAX, POTENTIAL_MAX, "0.15", "V",
              "highest potential"),
    MFN__CHOICE(CONFIG, integration_scheme, scheme_names, "euler", "how to integrate"),
    MFN__REAL(CONFIG, dt, 1e-7, 1e-2, "0.0001", "s", "time step"),
    {0},
};
/* clang-format on */

const mfn_option *mfn_membrane_options(void)
{
    return options;
}

void mfn_membrane_config_init(mfn_membrane_config *config)
{
    *config = (mfn_membrane_config){.size = sizeof *config};
    mfn_options_set_defaults(options, config);
}

mfn_status mfn_membrane_config_check(const mfn_membrane_config *config, mfn_error *err)
{
    if (config->size != sizeof *config) {
        return mfn__fail(err, MFN_INVALID, "size",
                         "size: expected %zu, got %zu: fill the configuration with "
                         "mfn_membrane_config_init",
                         sizeof *config, config->size);
    }
    mfn_status status = mfn_options_check(options, config, err);
    if (status == MFN_OK && !(config->potential_min_v < config->potential_max_v)) {
        status = mfn__fail(err, MFN_INVALID, "potential_min_v",
                           "potential_min_v: expected less than potential_max_v (%g), got %g",
                           config->potential_max_v, config->potential_min_v);
    }
    return status;
}

mfn_status mfn_membrane_nernst_v(const mfn_membrane_config *config, const mfn_ion *ion,
                                 const double *temperature_k, double *ret_v, bool *ret_clamped,
                                 mfn_error *err)
{
    mfn_membrane_config defaults;
    if (config == NULL) {
        mfn_membrane_config_init(&defaults);
        config = &defaults;
    }
    mfn_status status = mfn_membrane_config_check(config, err);
    if (status != MFN_OK) {
        return status;
    }
    if (ion->valence < -2 || ion->valence > 2 || ion->valence == 0) {
        return mfn__fail(err, MFN_INVALID, "valence",
                         "valence: expected -2, -1, 1 or 2 (K+ and Na+ 1, Cl- -1, Ca2+ 2), got %d",
                         ion->valence);
    }
    return mfn__nernst_v(ion, config->ion_clamp_min,
                         temperature_k != NULL ? *temperature_k : config->temperature_k, ret_v,
                         ret_clamped, err);
}

/* A run under way: the potentials, and room for the slopes of all stages and the arguments of the
 * next. */
typedef struct integration {
    const mfn_membrane_config *config;
    const mfn_membrane_run *run;
    size_t count;
    double *v;
    double *k[STAGES];
    double *argument;
} integration;

static void evaluate(const integration *self, const double *v, double *ret_slope)
{
    self->run->rhs(self->run->context, v, self->count, ret_slope);
}

static void step_euler(const integration *self)
{
    evaluate(self, self->v, self->k[0]);
    for (size_t i = 0; i < self->count; i++) {
        self->v[i] = self->v[i] + self->config->dt * self->k[0][i];
    }
}

/* The slope at v + factor * slope. */
static void next_stage(const integration *self, double factor, const double *slope, double *ret)
{
    for (size_t i = 0; i < self->count; i++) {
        self->argument[i] = self->v[i] + factor * slope[i];
    }
    evaluate(self, self->argument, ret);
}

static void step_rk4(const integration *self)
{
    double dt = self->config->dt;
    double *const *k = self->k;
    evaluate(self, self->v, k[0]);
    next_stage(self, 0.5 * dt, k[0], k[1]);
    next_stage(self, 0.5 * dt, k[1], k[2]);
    next_stage(self, dt, k[2], k[3]);
    for (size_t i = 0; i < self->count; i++) {
        double sum = ((k[0][i] + 2.0 * k[1][i]) + 2.0 * k[2][i]) + k[3][i];
        self->v[i] = self->v[i] + dt / 6.0 * sum;
    }
}

/* Returns how many potentials were changed. */
static uint64_t confine(const integration *self)
{
    uint64_t changed = 0;
    for (size_t i = 0; i < self->count; i++) {
        double confined =
            fmin(fmax(self->v[i], self->config->potential_min_v), self->config->potential_max_v);
        changed += confined != self->v[i] ? 1 : 0;
        self->v[i] = confined;
    }
    return changed;
}

static mfn_status check_step(const integration *self, uint64_t step, mfn_error *err)
{
    for (size_t i = 0; i < self->count; i++) {
        if (!isfinite(self->v[i])) {
            return mfn__fail(err, MFN_UNSTABLE, "dt",
                             "dt: potential %zu became %g in step %llu: choose a smaller time "
                             "step than %g s",
                             i, self->v[i], (unsigned long long)step, self->config->dt);
        }
    }
    return MFN_OK;
}

static mfn_status advance(const integration *self, mfn_membrane_summary *ret, mfn_error *err)
{
    for (uint64_t step = 0; step < self->run->steps; step++) {
        if (self->config->integration_scheme == MFN_RK4) {
            step_rk4(self);
        } else {
            step_euler(self);
        }
        mfn_status status = check_step(self, step + 1, err);
        if (status != MFN_OK) {
            return status;
        }
        ret->clamping_events += self->run->clamp ? confine(self) : 0;
        ret->steps_computed++;
    }
    mfn__extremes(self->v, self->count, &ret->min_v, &ret->max_v);
    ret->mean_v = mfn__mean(self->v, self->count);
    ret->std_v = mfn__std(self->v, self->count, ret->mean_v);
    return MFN_OK;
}

static mfn_status check_start(const double *v, size_t count, mfn_error *err)
{
    if (count == 0) {
        return mfn__fail(err, MFN_INVALID, "count", "count: expected at least 1 potential, got 0");
    }
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(v[i])) {
            return mfn__fail(err, MFN_INVALID, "v",
                             "v: expected finite potentials, got %g at position %zu", v[i], i);
        }
    }
    return MFN_OK;
}

mfn_status mfn_membrane_integrate(const mfn_membrane_config *config, const mfn_membrane_run *run,
                                  double *v, size_t count, mfn_membrane_summary *ret,
                                  mfn_error *err)
{
    mfn_membrane_config defaults;
    if (config == NULL) {
        mfn_membrane_config_init(&defaults);
        config = &defaults;
    }
    mfn_status status = mfn_membrane_config_check(config, err);
    if (status == MFN_OK) {
        status = check_start(v, count, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    double *room = mfn__mem_new(count, (STAGES + 1) * sizeof *room);
    if (room == NULL) {
        return mfn__fail_memory(err);
    }
    integration self = {
        .config = config, .run = run, .count = count, .v = v, .argument = room + STAGES * count};
    for (size_t i = 0; i < STAGES; i++) {
        self.k[i] = room + i * count;
    }
    mfn_membrane_summary summary = {0};
    status = advance(&self, &summary, err);
    mfn__mem_free(room);
    if (status == MFN_OK && ret != NULL) {
        *ret = summary;
    }
    return status;
}
