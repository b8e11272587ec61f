/* SPDX-License-Identifier: MIT */
#include "kinds/stability.h"

void stability_compare(comparison *cmp, const json_t *out, const mfn_stability *got)
{
    const json_t *metrics = json_object_get(out, "stability_metrics");
    compare_real(cmp, metrics, "lyapunov_exponent", got->lyapunov_exponent, TOLERANCE_OF_REALS);
    compare_real(cmp, metrics, "is_stable", got->is_stable ? 1.0 : 0.0, TOLERANCE_NONE);
    compare_real(cmp, metrics, "mean_change_rate", got->mean_change_rate, TOLERANCE_OF_REALS);
    compare_real(cmp, metrics, "max_change_rate", got->max_change_rate, TOLERANCE_OF_REALS);
    compare_real(cmp, metrics, "final_std", got->final_std, TOLERANCE_OF_REALS);
}
