/* SPDX-License-Identifier: MIT */
/* membrane: dv/dt = -(v - E) / tau + g3 (v - E)^2, evaluated as recorded. */
#include "mfn/membrane.h"

#include "base/mem.h"
#include "kinds.h"
#include "kinds/options.h"

typedef struct cubic {
    double rest_v, tau_s, g3;
} cubic;

static void slope(void *context, const double *v, size_t count, double *ret_dv_dt)
{
    const cubic *c = context;
    for (size_t i = 0; i < count; i++) {
        double off = v[i] - c->rest_v;
        ret_dv_dt[i] = -off / c->tau_s + c->g3 * off * off;
    }
}

static void compare_run(const record *rec, const double *v, size_t count,
                        const mfn_membrane_summary *summary, comparison *cmp)
{
    compare_first(cmp, rec->out, "v", v, count, TOLERANCE_NONE);
    compare_whole(cmp, rec->out, "clamping_events", summary->clamping_events);
    compare_whole(cmp, rec->out, "steps_computed", summary->steps_computed);
    compare_real(cmp, rec->out, "min", summary->min_v, TOLERANCE_NONE);
    compare_real(cmp, rec->out, "max", summary->max_v, TOLERANCE_NONE);
    compare_real(cmp, rec->out, "mean", summary->mean_v, TOLERANCE_NONE);
    compare_real(cmp, rec->out, "std", summary->std_v, TOLERANCE_NONE);
}

void kind_membrane(const record *rec, comparison *cmp)
{
    const json_t *start = json_object_get(rec->in, "v0");
    size_t count = json_array_size(start);
    double *v = mfn__mem_new(count, sizeof *v);
    if (v == NULL || count == 0) {
        compare_malformed(cmp, "in.v0", "a list of potentials");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        v[i] = json_number_value(json_array_get(start, i));
    }
    cubic context = {json_number_value(json_object_get(rec->in, "E")),
                     json_number_value(json_object_get(rec->in, "tau")),
                     json_number_value(json_object_get(rec->in, "g3"))};
    mfn_membrane_config config;
    mfn_membrane_config_init(&config);
    mfn_membrane_summary summary;
    mfn_error err = {0};
    mfn_status status =
        options_set_all(mfn_membrane_options(), &config, json_object_get(rec->in, "config"), &err);
    if (status == MFN_OK) {
        const mfn_membrane_run run = {
            slope, &context, (uint64_t)json_integer_value(json_object_get(rec->in, "steps")),
            json_is_true(json_object_get(rec->in, "clamp"))};
        status = mfn_membrane_integrate(&config, &run, v, count, &summary, &err);
    }
    if (compare_success(cmp, "mfn_membrane_integrate", status, &err)) {
        compare_run(rec, v, count, &summary, cmp);
    }
    mfn__mem_free(v);
}
