/* SPDX-License-Identifier: MIT */
#include "kinds/recording.h"

#include "base/mem.h"

bool recording_make(const mfn_simulation_config *config, recorded_run *ret, comparison *cmp)
{
    recorded_run made = {
        .frames = (size_t)config->steps,
        .cells = (size_t)(config->grid_size * config->grid_size),
        .side = (uint32_t)config->grid_size,
    };
    mfn_error err;
    if (!compare_success(cmp, "mfn_simulation_new", mfn_simulation_new(config, &made.sim, &err),
                         &err)) {
        return false;
    }
    made.history_v = mfn__mem_new(made.frames * made.cells + 1, sizeof *made.history_v);
    if (made.history_v == NULL) {
        compare_differs(cmp, "history", "memory for it", "out of memory");
        goto fail;
    }
    mfn_status status = mfn_simulation_record(made.sim, made.history_v, &err);
    if (!compare_success(cmp, "mfn_simulation_record", status, &err)) {
        goto fail;
    }
    *ret = made;
    return true;
fail:
    recording_deinit(&made);
    return false;
}

void recording_deinit(recorded_run *run)
{
    mfn_simulation_free(run->sim);
    mfn__mem_free(run->history_v);
    run->sim = NULL;
    run->history_v = NULL;
}

void recording_compare_field(const recorded_run *run, const json_t *out, comparison *cmp)
{
    const double *field_v = mfn_simulation_field_v(run->sim);
    size_t cells = run->cells;
    compare_first(cmp, out, "first", field_v, cells, TOLERANCE_NONE);
    compare_last(cmp, out, "last", field_v, cells, TOLERANCE_NONE);
    if (json_object_get(out, "field") != NULL) {
        compare_array(cmp, out, "field", field_v, cells);
    }
    compare_hash(cmp, out, "sha256_le_f64", field_v, cells);
}

void recording_compare(const recorded_run *run, const json_t *out, comparison *cmp)
{
    mfn_simulation_summary summary;
    mfn_simulation_summarize(run->sim, &summary);
    recording_compare_field(run, out, cmp);
    compare_hash(cmp, out, "history_sha256_le_f64", run->history_v, run->frames * run->cells);
    compare_whole(cmp, out, "growth_events", summary.growth_events);
    compare_whole(cmp, out, "turing_activations", summary.turing_activations);
    compare_whole(cmp, out, "clamping_events", summary.clamping_events);
    compare_whole(cmp, out, "steps_computed", summary.steps_computed);
    compare_real(cmp, out, "field_min_v", summary.field_min_v, TOLERANCE_NONE);
    compare_real(cmp, out, "field_max_v", summary.field_max_v, TOLERANCE_NONE);
    compare_real(cmp, out, "field_mean_v", summary.field_mean_v, TOLERANCE_NONE);
    compare_real(cmp, out, "field_std_v", summary.field_std_v, TOLERANCE_NONE);
    compare_real(cmp, out, "activator_mean", summary.activator_mean, TOLERANCE_NONE);
    compare_real(cmp, out, "inhibitor_mean", summary.inhibitor_mean, TOLERANCE_NONE);
}
