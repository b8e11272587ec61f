/* SPDX-License-Identifier: MIT */
/* nernst (the reference's function and its engine's). Where the function answers NaN or infinity,
 * or raises, ours refuses. */
#include <math.h>

#include "kinds.h"

#include "mfn/membrane.h"

#define TEMPERATURE_K 310.0

static double real_of(const json_t *in, const char *key, double fallback)
{
    double ret = fallback;
    const json_t *value = json_object_get(in, key);
    return value != NULL && record_real(value, &ret) ? ret : fallback;
}

static void compare_function(const record *rec, mfn_status status, const mfn_error *err, double got,
                             comparison *cmp)
{
    double expected = (double)NAN;
    const json_t *volts = json_object_get(rec->out, "model_volts");
    if (volts != NULL) {
        record_real(volts, &expected);
    }
    if (!isfinite(expected)) {
        compare_refusal(cmp, "mfn_nernst_v", status);
    } else if (compare_success(cmp, "mfn_nernst_v", status, err)) {
        compare_real(cmp, rec->out, "model_volts", got, TOLERANCE_OF_REALS);
    }
}

void kind_nernst(const record *rec, comparison *cmp)
{
    const mfn_ion ion = {.valence = (int)json_integer_value(json_object_get(rec->in, "z")),
                         .outside_molar = real_of(rec->in, "c_out", 0.0),
                         .inside_molar = real_of(rec->in, "c_in", 0.0)};
    double temperature_k = real_of(rec->in, "T", TEMPERATURE_K);
    double got = 0.0;
    bool is_clamped = false;
    mfn_error err = {0};
    mfn_status status = mfn_nernst_v(&ion, temperature_k, &got, NULL, &err);
    compare_function(rec, status, &err, got, cmp);
    status = mfn_membrane_nernst_v(NULL, &ion, &temperature_k, &got, &is_clamped, &err);
    if (json_object_get(rec->out, "engine_volts") == NULL) {
        compare_refusal(cmp, "mfn_membrane_nernst_v", status);
    } else if (compare_success(cmp, "mfn_membrane_nernst_v", status, &err)) {
        compare_real(cmp, rec->out, "engine_volts", got, TOLERANCE_OF_REALS);
        compare_whole(cmp, rec->out, "engine_clamping_events", is_clamped ? 1 : 0);
    }
}
