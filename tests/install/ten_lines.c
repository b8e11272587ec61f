/* SPDX-License-Identifier: MIT */
#include <mfn/mfn.h>
#include <stdio.h>

int main(void)
{
    mfn_simulation_config config;
    mfn_simulation *sim = NULL;
    mfn_error err = {0};
    mfn_simulation_config_init(&config, MFN_MODEL_V4_1);
    if (mfn_simulation_new(&config, &sim, &err) != MFN_OK ||
        mfn_simulation_run(sim, NULL, NULL, &err) != MFN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    printf("%a\n", mfn_simulation_field_v(sim)[0]);
    mfn_simulation_free(sim);
    return 0;
}
