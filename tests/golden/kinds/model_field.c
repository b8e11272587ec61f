/* SPDX-License-Identifier: MIT */
/* model_field: the reference's other simulator, without any validation of its arguments. */
#include "base/mem.h"
#include "kinds.h"
#include "kinds/box.h"
#include "kinds/options.h"
#include "kinds/recording.h"

#define ACTIVE_ABOVE_V (-0.060)

static void compare_dimension(const recorded_run *run, const json_t *out, comparison *cmp)
{
    const double *field_v = mfn_simulation_field_v(run->sim);
    uint8_t *mask = box_mask(cmp, field_v, run->cells, ACTIVE_ABOVE_V);
    if (mask == NULL) {
        return;
    }
    mfn_box_counting counting;
    mfn_error err;
    mfn_status status = mfn_box_count(mask, run->side, NULL, &counting, &err);
    if (compare_success(cmp, "mfn_box_count", status, &err)) {
        compare_real(cmp, out, "fractal_dimension_gt_minus60mV", counting.dimension,
                     TOLERANCE_OF_REALS);
    }
    mfn__mem_free(mask);
}

static void compare_recording(const recorded_run *run, const json_t *out, comparison *cmp)
{
    mfn_simulation_summary summary;
    mfn_simulation_summarize(run->sim, &summary);
    recording_compare_field(run, out, cmp);
    compare_whole(cmp, out, "growth_events", summary.growth_events);
    compare_real(cmp, out, "min", summary.field_min_v, TOLERANCE_NONE);
    compare_real(cmp, out, "max", summary.field_max_v, TOLERANCE_NONE);
    compare_real(cmp, out, "mean", summary.field_mean_v, TOLERANCE_NONE);
    compare_real(cmp, out, "std", summary.field_std_v, TOLERANCE_NONE);
    compare_dimension(run, out, cmp);
    compare_real(cmp, out, "next_random_after", mfn_random_uniform(mfn_simulation_random(run->sim)),
                 TOLERANCE_NONE);
}

void kind_model_field(const record *rec, comparison *cmp)
{
    json_t *args = json_copy(json_object_get(rec->in, "args"));
    mfn_simulation_config config;
    mfn_error err;
    mfn_status status = options_of_simulation(MFN_MODEL_V4_1_FIELD, args, &config, &err);
    if (rec->out == NULL) {
        compare_refusal(cmp, "mfn_simulation_config_check", status);
        goto done;
    }
    /* The reference takes a probability above 1 for "always" and one below 0 for "never"; ours
     * refuses them, and draws the same numbers with 1 and 0. */
    double probability = json_number_value(json_object_get(args, "spike_probability"));
    if (probability < 0.0 || probability > 1.0) {
        compare_refusal(cmp, "mfn_simulation_config_check", status);
        json_object_set_new(args, "spike_probability", json_integer(probability > 1.0));
        status = options_of_simulation(MFN_MODEL_V4_1_FIELD, args, &config, &err);
    }
    recorded_run run;
    if (compare_success(cmp, "mfn_simulation_config_check", status, &err) &&
        recording_make(&config, &run, cmp)) {
        compare_recording(&run, rec->out, cmp);
        recording_deinit(&run);
    }
done:
    json_decref(args);
}
