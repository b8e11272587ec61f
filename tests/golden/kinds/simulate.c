/* SPDX-License-Identifier: MIT */
#include "kinds.h"
#include "kinds/options.h"
#include "kinds/recording.h"

/* The reference's millivolts are the statistic in volts, times 1000. */
static void compare_millivolts(const mfn_simulation *sim, const json_t *out, comparison *cmp)
{
    mfn_simulation_summary summary;
    mfn_simulation_summarize(sim, &summary);
    compare_real(cmp, out, "field_min_mV", summary.field_min_v * 1000.0, TOLERANCE_NONE);
    compare_real(cmp, out, "field_max_mV", summary.field_max_v * 1000.0, TOLERANCE_NONE);
    compare_real(cmp, out, "field_mean_mV", summary.field_mean_v * 1000.0, TOLERANCE_NONE);
    compare_real(cmp, out, "field_std_mV", summary.field_std_v * 1000.0, TOLERANCE_NONE);
}

void kind_simulate(const record *rec, comparison *cmp)
{
    mfn_simulation_config config;
    mfn_error err;
    mfn_status status =
        options_of_simulation(MFN_MODEL_V4_1, json_object_get(rec->in, "config"), &config, &err);
    if (rec->out == NULL) {
        compare_refusal(cmp, "mfn_simulation_config_check", status);
        return;
    }
    recorded_run run;
    if (!compare_success(cmp, "mfn_simulation_config_check", status, &err) ||
        !recording_make(&config, &run, cmp)) {
        return;
    }
    recording_compare(&run, rec->out, cmp);
    compare_first(cmp, rec->out, "step1_first", run.history_v, run.cells, TOLERANCE_NONE);
    compare_hash(cmp, rec->out, "step1_sha256_le_f64", run.history_v, run.cells);
    compare_millivolts(run.sim, rec->out, cmp);
    recording_deinit(&run);
}
