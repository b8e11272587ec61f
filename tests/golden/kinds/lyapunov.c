/* SPDX-License-Identifier: MIT */
#include "kinds.h"
#include "kinds/stability.h"

void kind_lyapunov(const record *rec, comparison *cmp)
{
    record_array history;
    mfn_error err;
    mfn_status status =
        record_array_read(json_object_get(rec->in, "data"), 1.0, 0.0, &history, &err);
    if (!compare_success(cmp, "in.data", status, &err)) {
        return;
    }
    const json_t *step = json_object_get(rec->in, "dt");
    double dt = json_is_number(step) ? json_number_value(step) : 1.0;
    mfn_stability stability;
    status = mfn_stability_of_history(history.values, history.shape[0],
                                      history.count / history.shape[0], dt, &stability, &err);
    if (rec->out == NULL) {
        compare_refusal(cmp, "mfn_stability_of_history", status);
    } else if (compare_success(cmp, "mfn_stability_of_history", status, &err)) {
        compare_real(cmp, rec->out, "model", stability.lyapunov_exponent, TOLERANCE_OF_REALS);
        compare_real(cmp, rec->out, "engine", stability.lyapunov_exponent, TOLERANCE_OF_REALS);
        stability_compare(cmp, rec->out, &stability);
    }
    record_array_deinit(&history);
}
