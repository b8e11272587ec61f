/* SPDX-License-Identifier: MIT */
/* Writes the activator of a run to standard output, float64, one 64x64 field for each step asked
 * for: the files of `mfn simulate` hold the potential alone. For tools/measure_model.py. */
#include <stdio.h>
#include <stdlib.h>

#include "mfn/mfn.h"

#define FIRST_STEP 5

static void check(mfn_status status, const mfn_error *err)
{
    if (status != MFN_OK) {
        fprintf(stderr, "bench_activator: %s\n", err->text);
        exit(EXIT_FAILURE);
    }
}

int main(int argc, char **argv)
{
    if (argc <= FIRST_STEP) {
        fprintf(stderr, "usage: bench_activator D_ACTIVATOR D_INHIBITOR R_ACTIVATOR R_INHIBITOR "
                        "STEP... (ascending)\n");
        return EXIT_FAILURE;
    }
    mfn_simulation_config config;
    mfn_simulation_config_init(&config, MFN_MODEL_V4_1);
    config.d_activator = strtod(argv[1], NULL);
    config.d_inhibitor = strtod(argv[2], NULL);
    config.r_activator = strtod(argv[3], NULL);
    config.r_inhibitor = strtod(argv[4], NULL);
    config.seed = "42";
    mfn_simulation *sim = NULL;
    mfn_error err = {0};
    check(mfn_simulation_new(&config, &sim, &err), &err);
    size_t cells = (size_t)config.grid_size * config.grid_size;
    for (int i = FIRST_STEP; i < argc; i++) {
        uint64_t steps = strtoull(argv[i], NULL, 10) - mfn_simulation_steps_computed(sim);
        check(mfn_simulation_advance(sim, steps, NULL, NULL, &err), &err);
        if (fwrite(mfn_simulation_activator(sim), sizeof(double), cells, stdout) != cells) {
            perror("bench_activator");
            exit(EXIT_FAILURE);
        }
    }
    mfn_simulation_free(sim);
    return EXIT_SUCCESS;
}
