/* SPDX-License-Identifier: MIT */
/* A medium that is not the same everywhere: round patches at random places hold the nutrient, and
 * a part of it lies between them. A block belongs to a patch when its middle does. */
#include "engine/mycelium/mycelium.h"

static void fill_around(mfn__medium *medium, double x, double y, double radius, double nutrient)
{
    for (uint32_t i = 0; i < medium->side; i++) {
        for (uint32_t j = 0; j < medium->side; j++) {
            double from_x = MFN__BLOCK_CELLS * (j + 0.5) - x;
            double from_y = MFN__BLOCK_CELLS * (i + 0.5) - y;
            if (from_x * from_x + from_y * from_y <= radius * radius) {
                medium->nutrient[(size_t)i * medium->side + j] = nutrient;
            }
        }
    }
}

void mfn__mycelium_lay_patches(mfn_mycelium *mycelium)
{
    const mfn_mycelium_config *config = &mycelium->config;
    mfn__medium *medium = &mycelium->medium;
    if (config->patches == 0) {
        return;
    }
    for (size_t i = 0; i < (size_t)medium->side * medium->side; i++) {
        medium->nutrient[i] = config->nutrient * config->background;
    }
    for (uint64_t patch = 0; patch < config->patches; patch++) {
        double x = mfn_random_uniform_between(&mycelium->random, 0.0, mycelium->side);
        double y = mfn_random_uniform_between(&mycelium->random, 0.0, mycelium->side);
        fill_around(medium, x, y, config->patch_radius, config->nutrient);
    }
}
