/* SPDX-License-Identifier: MIT */
/* The options of a mycelium, and its presets. docs/mycelium.md says where the numbers come from. */
#include <string.h>

#include "base/error.h"
#include "base/option_table.h"
#include "base/text.h"

#include "mfn/mycelium.h"

#define CONFIG    mfn_mycelium_config
#define STEPS_MAX 2147483647.0
#define SIDE_MAX  1024.0

/* clang-format off: one row per option */
static const mfn_option options[] = {
    MFN__WHOLE(CONFIG, grid_size, 16, SIDE_MAX, "256", "cells",
               "cells per side of the square field"),
    MFN__WHOLE(CONFIG, steps, 0, STEPS_MAX, "400", "", "steps to compute"),
    MFN__WHOLE(CONFIG, tips, 1, 64, "8", "", "tips that leave the inoculum, in even directions"),
    MFN__REAL(CONFIG, inoculum, 1, 1e4, "50.0", "units", "what the inoculum holds"),
    MFN__REAL(CONFIG, nutrient, 0, 10, "0.3", "units/cell",
              "nutrient in the medium at the beginning"),
    MFN__WHOLE(CONFIG, patches, 0, 1000, "0", "",
               "round patches that hold the nutrient; 0: it is everywhere"),
    MFN__REAL(CONFIG, patch_radius, 4, 1024, "24.0", "cells", "radius of a patch"),
    MFN__REAL(CONFIG, background, 0, 1, "0.25", "", "part of the nutrient that is between patches"),
    MFN__REAL(CONFIG, nutrient_diffusion, 0, 1000, "720.0", "cells^2/step",
              "diffusion of the nutrient: 720 glucose in agar, 0 solids"),
    MFN__REAL(CONFIG, uptake, 0, 1, "0.05", "1/step",
              "uptake per cell of hypha and unit of nutrient"),
    MFN__REAL(CONFIG, maintenance, 0, 0.1, "0.0007", "units/step",
              "what a cell of hypha consumes to stay active"),
    MFN__REAL(CONFIG, internal_diffusion, 0, 1e4, "48.0", "cells^2/step",
              "diffusion of the substrate along hyphae"),
    MFN__REAL(CONFIG, mass_flow, 0, 10, "1.0", "", "flow along hyphae: 1 is what growth causes"),
    MFN__REAL(CONFIG, extension, 0, 1, "0.5", "cells/step", "highest speed of a tip"),
    MFN__REAL(CONFIG, half_saturation, 1e-3, 10, "0.05", "units/cell",
              "substrate at which tips have half their speed"),
    MFN__REAL(CONFIG, branching, 0, 1, "0.003", "1/step",
              "branches per cell of hypha and unit of substrate"),
    MFN__REAL(CONFIG, branch_angle_deg, 0, 180, "56.0", "degrees",
              "mean angle between a branch and its hypha"),
    MFN__REAL(CONFIG, branch_spread_deg, 0, 90, "17.0", "degrees",
              "standard deviation of that angle"),
    MFN__REAL(CONFIG, wobble, 0, 1, "0.1", "rad/cell^0.5", "random turning of tips"),
    MFN__REAL(CONFIG, autotropism, 0, 100, "5.0", "rad", "turning of tips away from hyphae"),
    MFN__REAL(CONFIG, anastomosis, 0, 1, "0.8", "",
              "probability that a tip fuses with a hypha that it meets"),
    MFN__DIGITS(CONFIG, seed, "42", "seed of the random numbers, of any size"),
    {0},
};
/* clang-format on */

typedef struct value {
    const char *name, *text;
} value;

#define VALUES_MAX 4

static const value preset_values[][VALUES_MAX] = {
    {{0}},
    {{"nutrient", "0.9"}},
    {{"nutrient", "0.1"}},
    {{"nutrient_diffusion", "0.0"}, {"nutrient", "0.6"}},
    {{"nutrient_diffusion", "0.0"}, {"nutrient", "1.2"}, {"patches", "12"}},
    {{"branching", "0.0008"}, {"autotropism", "10.0"}},
    {{"anastomosis", "0.0"}},
};

static const mfn_mycelium_preset presets[] = {
    {"agar", "a colony on agar with a moderate medium: the defaults"},
    {"rich", "three times the nutrient: dense, with short distances between branches"},
    {"poor", "a third of the nutrient: sparse, exploring"},
    {"solid", "nutrient that does not diffuse, as in wood: depleted around each hypha"},
    {"patchy", "the same in round patches, with a quarter of it between them"},
    {"explorer", "few branches that keep apart: fast and far"},
    {"tree", "no fusions: a tree instead of a network"},
};

#define PRESET_COUNT (sizeof presets / sizeof presets[0])

_Static_assert(PRESET_COUNT == sizeof preset_values / sizeof preset_values[0],
               "each preset has its values");

const mfn_option *mfn_mycelium_options(void)
{
    return options;
}

void mfn_mycelium_config_init(mfn_mycelium_config *config)
{
    *config = (mfn_mycelium_config){.size = sizeof *config};
    mfn_options_set_defaults(options, config);
}

mfn_status mfn_mycelium_config_check(const mfn_mycelium_config *config, mfn_error *err)
{
    if (config->size != sizeof *config) {
        return mfn__fail(err, MFN_INVALID, "size",
                         "size: expected %zu, got %zu: fill the configuration with "
                         "mfn_mycelium_config_init",
                         sizeof *config, config->size);
    }
    return mfn_options_check(options, config, err);
}

const mfn_mycelium_preset *mfn_mycelium_presets(size_t *ret_count)
{
    if (ret_count != NULL) {
        *ret_count = PRESET_COUNT;
    }
    return presets;
}

static mfn_status refuse_preset(const char *name, mfn_error *err)
{
    const char *names[PRESET_COUNT];
    for (size_t i = 0; i < PRESET_COUNT; i++) {
        names[i] = presets[i].name;
    }
    const char *nearest = mfn__text_nearest(name, names, PRESET_COUNT);
    char shown[64];
    mfn__text_printable(name, strlen(name), shown, sizeof shown);
    return mfn__fail(
        err, MFN_INVALID, "preset",
        "preset: there is no '%s'; expected agar, rich, poor, solid, patchy, explorer or tree%s%s",
        shown, nearest != NULL ? "; nearest: " : "", nearest != NULL ? nearest : "");
}

mfn_status mfn_mycelium_config_preset(mfn_mycelium_config *config, const char *name, mfn_error *err)
{
    size_t chosen = 0;
    while (chosen < PRESET_COUNT && strcmp(presets[chosen].name, name) != 0) {
        chosen++;
    }
    if (chosen == PRESET_COUNT) {
        return refuse_preset(name, err);
    }
    mfn_status status = MFN_OK;
    for (size_t i = 0; i < VALUES_MAX && status == MFN_OK; i++) {
        const value *set = &preset_values[chosen][i];
        if (set->name != NULL) {
            status =
                mfn_option_set_text(mfn_option_find(options, set->name), config, set->text, err);
        }
    }
    return status;
}
