/* SPDX-License-Identifier: MIT */
/* Options and presets of the models of two species. Lengths are cells and times units of the
 * equations: a step takes `time_step` of them. */
#include "base/option_table.h"
#include "engine/patterns/patterns.h"

#define CONFIG    mfn_simulation_config
#define STEPS_MAX 2147483647.0
#define SIDE_MAX  1024.0

static const char *const boundary_names[] = {"periodic", "neumann", "dirichlet", NULL};

#define PARAMETER(option, index, low, high, initial, units, text)                                  \
    {                                                                                              \
        .name = (option), .type = MFN_OPTION_REAL,                                                 \
        .offset = offsetof(CONFIG, parameters) + (index) * sizeof(double), .min = (low),           \
        .max = (high), .default_text = (initial), .unit = (units), .help = (text)                  \
    }
#define RATE(option, index, low, high, initial, text)                                              \
    PARAMETER(option, MFN__FIRST_RATE + (index), low, high, initial, "", text)

/* clang-format off: one row per option */
#define FIELD_OPTIONS(initial_steps)                                                               \
    MFN__WHOLE(CONFIG, grid_size, 4, SIDE_MAX, "128", "cells",                                     \
               "cells per side of the square field"),                                              \
        MFN__WHOLE(CONFIG, steps, 1, STEPS_MAX, initial_steps, "", "steps to compute")
#define SHARED_OPTIONS(u, v, step)                                                                 \
    PARAMETER("diffusion_u", MFN__DIFFUSION_U, 0, 1e3, u, "cells^2 per time", "diffusion of u"),   \
        PARAMETER("diffusion_v", MFN__DIFFUSION_V, 0, 1e3, v, "cells^2 per time",                  \
                  "diffusion of v"),                                                               \
        PARAMETER("time_step", MFN__TIME_STEP, 1e-6, 10, step, "time",                             \
                  "time that a step takes; times the diffusion it is below 1/4"),                  \
        MFN__CHOICE(CONFIG, boundary_condition, boundary_names, "periodic",                        \
                    "what lies beyond the edge"),                                                  \
        MFN__DIGITS(CONFIG, seed, "42", "seed of the random numbers, of any size")

const mfn_option mfn__gray_scott_options[] = {
    FIELD_OPTIONS("5000"),
    RATE("feed", 0, 0, 1, "0.0545", "F: u is fed and everything washed out at this rate"),
    RATE("kill", 1, 0, 1, "0.062", "k: v is removed at this rate beside"),
    SHARED_OPTIONS("0.2", "0.1", "1.0"),
    {0},
};

const mfn_option mfn__gierer_meinhardt_options[] = {
    FIELD_OPTIONS("10000"),
    RATE("production", 0, 0, 100, "1.0", "of both, by the activator u"),
    RATE("decay_u", 1, 0, 100, "1.0", "of the activator u"),
    RATE("decay_v", 2, 1e-3, 100, "1.5", "of the inhibitor v"),
    RATE("basal_production", 3, 0, 100, "0.0", "of the activator u, without the inhibitor"),
    SHARED_OPTIONS("0.8", "20.0", "0.012"),
    {0},
};

const mfn_option mfn__schnakenberg_options[] = {
    FIELD_OPTIONS("10000"),
    RATE("supply_u", 0, 0, 100, "0.1", "a: u is supplied at this rate"),
    RATE("supply_v", 1, 1e-6, 100, "0.9", "b: v is supplied at this rate"),
    SHARED_OPTIONS("1.0", "30.0", "0.008"),
    {0},
};

const mfn_option mfn__fitzhugh_nagumo_options[] = {
    FIELD_OPTIONS("8000"),
    RATE("rate_v", 0, 0, 100, "4.0", "how fast the inhibitor v follows"),
    RATE("decay_v", 1, 0, 100, "0.5", "of the inhibitor v, relative to that"),
    RATE("bias", 2, -2, 2, "0.0", "shifts the inhibitor v: 0 is symmetric"),
    SHARED_OPTIONS("0.6", "9.0", "0.025"),
    {0},
};

const mfn_option mfn__logistic_inhibitor_options[] = {
    FIELD_OPTIONS("5000"),
    RATE("growth", 0, 0, 100, "1.5", "of the activator u"),
    RATE("rate_v", 1, 0, 100, "1.0", "how fast the inhibitor v follows"),
    SHARED_OPTIONS("0.4", "12.0", "0.02"),
    {0},
};
/* clang-format on */

#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define GRAY_SCOTT(name, title, feed, kill, steps)                                                 \
    {                                                                                              \
        name, title, SETTINGS("feed", feed, "kill", kill, "steps", steps)                          \
    }

/* Greek letters are the classes of Pearson (Science 261, 1993), for points of the F-k plane. */
const mfn_preset mfn__gray_scott_presets[] = {
    GRAY_SCOTT("coral", "branches that grow until they fill the plane", "0.0545", "0.062", "8000"),
    GRAY_SCOTT("mitosis", "spots that divide", "0.0367", "0.0649", "6000"),
    GRAY_SCOTT("alpha", "waves that never come to rest", "0.010", "0.047", "6000"),
    GRAY_SCOTT("beta", "waves and grains that never come to rest", "0.014", "0.039", "6000"),
    GRAY_SCOTT("gamma", "stripes that shift and break", "0.022", "0.051", "8000"),
    GRAY_SCOTT("delta", "spots that become a honeycomb", "0.030", "0.055", "8000"),
    GRAY_SCOTT("epsilon", "spots that divide and die", "0.018", "0.055", "8000"),
    GRAY_SCOTT("zeta", "spots that divide, die and come back", "0.025", "0.060", "8000"),
    GRAY_SCOTT("eta", "spots and short worms", "0.034", "0.063", "8000"),
    GRAY_SCOTT("theta", "worms that become rings and labyrinths", "0.038", "0.061", "8000"),
    GRAY_SCOTT("iota", "few spots of the other state in a full field", "0.046", "0.0594", "8000"),
    GRAY_SCOTT("kappa", "labyrinths", "0.050", "0.063", "10000"),
    GRAY_SCOTT("lambda", "spots that divide until they fill the plane", "0.034", "0.065", "10000"),
    GRAY_SCOTT("mu", "worms that grow at their ends", "0.046", "0.065", "12000"),
    {0},
};

const mfn_preset mfn__gierer_meinhardt_presets[] = {
    {"spots", "peaks of the activator at equal distances", SETTINGS("decay_v", "1.5")},
    {"dense", "lower peaks close to each other, by a basal production",
     SETTINGS("decay_v", "2.0", "basal_production", "0.3")},
    {0},
};

const mfn_preset mfn__schnakenberg_presets[] = {
    {"spots", "a hexagonal lattice of spots", SETTINGS("supply_u", "0.1", "supply_v", "0.9")},
    {"dense", "spots that touch and merge", SETTINGS("supply_u", "0.1", "supply_v", "1.4")},
    {0},
};

const mfn_preset mfn__fitzhugh_nagumo_presets[] = {
    {"labyrinth", "both states take the same room", SETTINGS("bias", "0.0")},
    {"spots", "spots of the one state in the other", SETTINGS("bias", "0.07", "steps", "20000")},
    {0},
};

const mfn_preset mfn__logistic_inhibitor_presets[] = {
    {"net", "a net of the activator around empty cells", SETTINGS("growth", "1.5")},
    {0},
};
