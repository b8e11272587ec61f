/* SPDX-License-Identifier: MIT */
/* The models as tables. mfn-v4.1 is the reference's ReactionDiffusionEngine; mfn-v4.1-field is its
 * simulate_mycelium_field, which offers fewer parameters with wider bounds, draws the morphogens
 * only when they are used, and lets the inhibitor see the updated activator. */
#include "engine/models.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/option_table.h"
#include "base/text.h"
#include "engine/patterns/patterns.h"

#define STEPS_MAX       2147483647.0
#define GRID_SIZE_MAX   1024.0
#define STABILITY_LIMIT 0.25 /* explicit five-point diffusion: D dt / dx^2 < 1/4 */

#define HELP_GRID_SIZE  "cells per side of the square field"
#define HELP_STEPS      "steps to compute"
#define HELP_ALPHA      "diffusion of the potential, cells^2 per step"
#define HELP_SPIKE      "probability of one growth event per step"
#define HELP_TURING     "let activator and inhibitor react"
#define HELP_THRESHOLD  "activator level above which the potential rises by 5 mV"
#define HELP_JITTER     "add noise to every cell in every step"
#define HELP_JITTER_VAR "variance of that noise"
#define HELP_SEED       "seed of the random numbers, of any size"

/* The owner of the options, short enough for a row. */
#define CONFIG mfn_simulation_config

static const char *const boundary_names[] = {"periodic", "neumann", "dirichlet", NULL};

/* clang-format off: one row per option */
static const mfn_option engine_options[] = {
    MFN__WHOLE(CONFIG, grid_size, 4, GRID_SIZE_MAX, "64", "cells", HELP_GRID_SIZE),
    MFN__WHOLE(CONFIG, steps, 1, STEPS_MAX, "64", "", HELP_STEPS),
    MFN__REAL_BELOW(CONFIG, alpha, 0.05, STABILITY_LIMIT, "0.18", "", HELP_ALPHA),
    MFN__REAL(CONFIG, spike_probability, 0, 1, "0.25", "", HELP_SPIKE),
    MFN__BOOL(CONFIG, turing_enabled, "true", HELP_TURING),
    MFN__REAL(CONFIG, turing_threshold, 0.5, 0.95, "0.75", "", HELP_THRESHOLD),
    MFN__BOOL(CONFIG, quantum_jitter, "false", HELP_JITTER),
    MFN__REAL(CONFIG, jitter_var, 0, 0.01, "0.0005", "V^2", HELP_JITTER_VAR),
    MFN__CHOICE(CONFIG, boundary_condition, boundary_names, "periodic",
                "what lies beyond the edge"),
    MFN__REAL_BELOW(CONFIG, d_activator, 0.01, STABILITY_LIMIT, "0.1", "",
                    "diffusion of the activator, cells^2 per step"),
    MFN__REAL_BELOW(CONFIG, d_inhibitor, 0.01, STABILITY_LIMIT, "0.05", "",
                    "diffusion of the inhibitor, cells^2 per step"),
    MFN__REAL(CONFIG, r_activator, 0.001, 0.1, "0.01", "",
              "reaction rate of the activator, per step"),
    MFN__REAL(CONFIG, r_inhibitor, 0.001, 0.1, "0.02", "",
              "reaction rate of the inhibitor, per step"),
    MFN__DIGITS(CONFIG, seed, "42", HELP_SEED),
    {0},
};

static const mfn_option field_options[] = {
    MFN__WHOLE(CONFIG, grid_size, 1, GRID_SIZE_MAX, "64", "cells", HELP_GRID_SIZE),
    MFN__WHOLE(CONFIG, steps, 0, STEPS_MAX, "64", "", HELP_STEPS),
    MFN__REAL(CONFIG, alpha, 0, 1, "0.18", "", HELP_ALPHA " (above 0.25 the field saturates)"),
    MFN__REAL(CONFIG, spike_probability, 0, 1, "0.25", "", HELP_SPIKE),
    MFN__BOOL(CONFIG, turing_enabled, "true", HELP_TURING),
    MFN__REAL(CONFIG, turing_threshold, 0, 1, "0.75", "", HELP_THRESHOLD),
    MFN__BOOL(CONFIG, quantum_jitter, "false", HELP_JITTER),
    MFN__REAL(CONFIG, jitter_var, 0, 1, "0.0005", "V^2", HELP_JITTER_VAR),
    MFN__DIGITS(CONFIG, seed, "42", HELP_SEED),
    {0},
};
/* clang-format on */

#define V_4_1_SPECIES {"activator", "inhibitor"}, "membrane potential in volts"
#define U_AND_V                                                                                    \
    {                                                                                              \
        "u", "v"                                                                                   \
    }

static const mfn_model models[] = {
    [MFN_MODEL_V4_1] = {"mfn-v4.1", "reaction-diffusion engine of MyceliumFractalNet 4.1",
                        "MyceliumFractalNet 4.1, ReactionDiffusionEngine", engine_options, NULL,
                        V_4_1_SPECIES},
    [MFN_MODEL_V4_1_FIELD] = {"mfn-v4.1-field", "field simulator of MyceliumFractalNet 4.1's API",
                              "MyceliumFractalNet 4.1, simulate_mycelium_field", field_options,
                              NULL, V_4_1_SPECIES},
    [MFN_MODEL_GRAY_SCOTT] = {"gray-scott", "food u that v turns into more of itself",
                              "Gray and Scott 1983; Pearson, Science 261 (1993) 189",
                              mfn__gray_scott_options, mfn__gray_scott_presets, U_AND_V,
                              "v from 0 to 0.4"},
    [MFN_MODEL_GIERER_MEINHARDT] = {"gierer-meinhardt",
                                    "activator u that makes its own inhibitor v",
                                    "Gierer and Meinhardt, Kybernetik 12 (1972) 30",
                                    mfn__gierer_meinhardt_options, mfn__gierer_meinhardt_presets,
                                    U_AND_V, "u from 0 to 6"},
    [MFN_MODEL_SCHNAKENBERG] = {"schnakenberg", "the simplest chemistry that oscillates",
                                "Schnakenberg, J. Theor. Biol. 81 (1979) 389",
                                mfn__schnakenberg_options, mfn__schnakenberg_presets, U_AND_V,
                                "u from 0 to 4"},
    [MFN_MODEL_FITZHUGH_NAGUMO] = {"fitzhugh-nagumo", "excitable membrane u with recovery v",
                                   "FitzHugh 1961; Nagumo et al. 1962; Ermentrout et al. 1984",
                                   mfn__fitzhugh_nagumo_options, mfn__fitzhugh_nagumo_presets,
                                   U_AND_V, "u from -1 to 1"},
    [MFN_MODEL_LOGISTIC_INHIBITOR] = {"logistic-inhibitor",
                                      "the morphogens of 4.1 as its document writes them",
                                      "MyceliumFractalNet 4.1, mathematical model",
                                      mfn__logistic_inhibitor_options,
                                      mfn__logistic_inhibitor_presets, U_AND_V, "u from 0 to 1"},
};

#define MODEL_COUNT (sizeof models / sizeof models[0])

const mfn_model *mfn_models(size_t *ret_count)
{
    if (ret_count != NULL) {
        *ret_count = MODEL_COUNT;
    }
    return models;
}

void mfn_simulation_config_init(mfn_simulation_config *config, mfn_model_id model)
{
    *config = (mfn_simulation_config){.size = sizeof *config, .model = model};
    mfn_options_set_defaults(engine_options, config);
    if ((size_t)model < MODEL_COUNT) {
        mfn_options_set_defaults(models[model].options, config);
    }
}

static mfn_status fail_preset(const mfn_model *model, const char *name, mfn_error *err)
{
    char names[320] = "";
    for (const mfn_preset *at = model->presets; at != NULL && at->name != NULL; at++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "", at->name);
    }
    char shown[64];
    mfn__text_printable(name, strlen(name), shown, sizeof shown);
    if (names[0] == '\0') {
        return mfn__fail(err, MFN_INVALID, "preset", "preset: the model '%s' has none, got '%s'",
                         model->name, shown);
    }
    return mfn__fail(err, MFN_INVALID, "preset", "preset: expected one of %s, got '%s'", names,
                     shown);
}

mfn_status mfn_simulation_config_preset(mfn_simulation_config *config, const char *name,
                                        mfn_error *err)
{
    if (config->model >= MODEL_COUNT) {
        return mfn_simulation_config_check(config, err);
    }
    const mfn_model *model = &models[config->model];
    const mfn_preset *preset = model->presets;
    while (preset != NULL && preset->name != NULL && strcmp(preset->name, name) != 0) {
        preset++;
    }
    if (preset == NULL || preset->name == NULL) {
        return fail_preset(model, name, err);
    }
    mfn_status status = MFN_OK;
    for (const char *const *at = preset->settings; *at != NULL && status == MFN_OK; at += 2) {
        status = mfn_option_set_text(mfn_option_find(model->options, at[0]), config, at[1], err);
    }
    return status;
}

mfn_status mfn_simulation_config_check(const mfn_simulation_config *config, mfn_error *err)
{
    if (config->size != sizeof *config) {
        return mfn__fail(err, MFN_INVALID, "size",
                         "size: expected %zu, got %zu: fill the configuration with "
                         "mfn_simulation_config_init",
                         sizeof *config, config->size);
    }
    if (config->model >= MODEL_COUNT) {
        return mfn__fail(err, MFN_INVALID, "model", "model: expected less than %zu, got %u",
                         MODEL_COUNT, (unsigned)config->model);
    }
    mfn_status status = mfn_options_check(models[config->model].options, config, err);
    return status == MFN_OK && mfn__pattern_of(config->model) != NULL
               ? mfn__pattern_check(config, err)
               : status;
}

void mfn__config_resolve(const mfn_simulation_config *config, mfn_simulation_config *ret)
{
    mfn_simulation_config_init(ret, config->model);
    for (const mfn_option *option = models[config->model].options; option->name != NULL; option++) {
        static const size_t sizes[] = {
            [MFN_OPTION_BOOL] = sizeof(bool),           [MFN_OPTION_WHOLE] = sizeof(uint64_t),
            [MFN_OPTION_REAL] = sizeof(double),         [MFN_OPTION_TEXT] = sizeof(const char *),
            [MFN_OPTION_DIGITS] = sizeof(const char *), [MFN_OPTION_CHOICE] = sizeof(uint32_t),
            [MFN_OPTION_LIST] = sizeof(mfn_texts),      [MFN_OPTION_MAP] = sizeof(mfn_texts),
        };
        memcpy((char *)ret + option->offset, (const char *)config + option->offset,
               sizes[option->type]);
    }
}
