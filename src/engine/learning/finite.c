/* SPDX-License-Identifier: MIT */
#include "engine/learning/finite.h"

#include <math.h>

#include "base/error.h"

bool mfn__all_finite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            return false;
        }
    }
    return true;
}

mfn_status mfn__check_finite(const char *field, const double *values, size_t count, mfn_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            return mfn__fail(err, MFN_INVALID, field,
                             "%s: expected finite numbers, got %g at index %zu", field, values[i],
                             i);
        }
    }
    return MFN_OK;
}
