/* SPDX-License-Identifier: MIT */
#include <mfn/mfn.h>
#include <stdio.h>

int main(void)
{
    mfn_simulation_config config;
    mfn_simulation *sim = NULL;
    mfn_simulation_summary summary;
    mfn_features features;
    mfn_error err = {0};
    mfn_simulation_config_init(&config, MFN_MODEL_V4_1);
    config.quantum_jitter = true; /* the defaults alone leave D_box at 0 */
    if (mfn_simulation_new(&config, &sim, &err) != MFN_OK ||
        mfn_simulation_run(sim, NULL, NULL, &err) != MFN_OK ||
        mfn_features_compute(mfn_simulation_field_v(sim), 1, (uint32_t)config.grid_size, NULL,
                             &features, &err) != MFN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    mfn_simulation_summarize(sim, &summary);
    printf("%a %a\n", features.value[MFN_FEATURE_D_box], summary.field_mean_v);
    mfn_simulation_free(sim);
    return 0;
}
