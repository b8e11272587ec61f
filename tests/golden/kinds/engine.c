/* SPDX-License-Identifier: MIT */
#include "kinds.h"
#include "kinds/options.h"
#include "kinds/recording.h"

/* One morphogen at the end: hash, first cells and maximum. */
static void compare_morphogen(const double *values, size_t cells, const json_t *out,
                              const char *const keys[3], comparison *cmp)
{
    double max = values[0];
    for (size_t i = 1; i < cells; i++) {
        max = values[i] > max ? values[i] : max;
    }
    compare_first(cmp, out, keys[0], values, cells, TOLERANCE_NONE);
    compare_real(cmp, out, keys[1], max, TOLERANCE_NONE);
    compare_hash(cmp, out, keys[2], values, cells);
}

void kind_engine(const record *rec, comparison *cmp)
{
    static const char *const activator[] = {"activator_first", "activator_max",
                                            "activator_sha256_le_f64"};
    static const char *const inhibitor[] = {"inhibitor_first", "inhibitor_max",
                                            "inhibitor_sha256_le_f64"};
    mfn_simulation_config config;
    mfn_error err;
    mfn_status status =
        options_of_simulation(MFN_MODEL_V4_1, json_object_get(rec->in, "config"), &config, &err);
    if (rec->out == NULL) {
        compare_refusal(cmp, "mfn_simulation_config_check", status);
        return;
    }
    config.steps = (uint64_t)json_integer_value(json_object_get(rec->in, "steps"));
    config.turing_enabled = json_is_true(json_object_get(rec->in, "turing_enabled"));
    recorded_run run;
    if (!compare_success(cmp, "mfn_simulation_config_check", status, &err) ||
        !recording_make(&config, &run, cmp)) {
        return;
    }
    recording_compare(&run, rec->out, cmp);
    compare_morphogen(mfn_simulation_activator(run.sim), run.cells, rec->out, activator, cmp);
    compare_morphogen(mfn_simulation_inhibitor(run.sim), run.cells, rec->out, inhibitor, cmp);
    recording_deinit(&run);
}
