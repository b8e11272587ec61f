/* SPDX-License-Identifier: MIT */
#include "engine/membrane/nernst.h"

#include <math.h>

#include "base/error.h"
#include "engine/exact_math.h"

/* The concentrations of the reference's own examples, near those of a mammalian cell. */
static const mfn_ion ions[] = {
    {"K", "potassium", 1, 0.005, 0.140},
    {"Na", "sodium", 1, 0.145, 0.012},
    {"Cl", "chloride", -1, 0.120, 0.004},
    {"Ca", "calcium", 2, 0.002, 1e-7},
};

const mfn_ion *mfn_ions(size_t *ret_count)
{
    *ret_count = sizeof ions / sizeof *ions;
    return ions;
}

static mfn_status check_finite(const char *field, double value, const char *expected,
                               mfn_error *err)
{
    return isfinite(value) ? MFN_OK
                           : mfn__fail(err, MFN_INVALID, field, "%s: expected %s, got %g", field,
                                       expected, value);
}

static mfn_status check(const mfn_ion *ion, double temperature_k, mfn_error *err)
{
    if (ion->valence == 0) {
        return mfn__fail(err, MFN_INVALID, "valence",
                         "valence: expected the charge of an ion such as 1 or -1, got 0");
    }
    static const char concentration[] = "a finite concentration in mol/L";
    mfn_status status = check_finite("outside_molar", ion->outside_molar, concentration, err);
    if (status == MFN_OK) {
        status = check_finite("inside_molar", ion->inside_molar, concentration, err);
    }
    if (status == MFN_OK) {
        status = check_finite("temperature_k", temperature_k, "a finite temperature in K", err);
    }
    return status;
}

mfn_status mfn__nernst_v(const mfn_ion *ion, double concentration_min, double temperature_k,
                         double *ret_v, bool *ret_clamped, mfn_error *err)
{
    mfn_status status = check(ion, temperature_k, err);
    if (status != MFN_OK) {
        return status;
    }
    double outside = fmax(ion->outside_molar, concentration_min);
    double inside = fmax(ion->inside_molar, concentration_min);
    double ratio = outside / inside;
    if (!isfinite(ratio) || ratio == 0.0) {
        return mfn__fail(err, MFN_UNSTABLE, "outside_molar",
                         "outside_molar: %g mol/L outside and %g inside have no finite ratio",
                         outside, inside);
    }
    double slope_v =
        (MFN_GAS_CONSTANT * temperature_k) / ((double)ion->valence * MFN_FARADAY_CONSTANT);
    double potential_v = slope_v * mfn__log(ratio);
    if (!isfinite(potential_v)) {
        return mfn__fail(err, MFN_UNSTABLE, "temperature_k",
                         "temperature_k: %g K gives no finite potential", temperature_k);
    }
    *ret_v = potential_v;
    if (ret_clamped != NULL) {
        *ret_clamped =
            ion->outside_molar < concentration_min || ion->inside_molar < concentration_min;
    }
    return MFN_OK;
}

mfn_status mfn_nernst_v(const mfn_ion *ion, double temperature_k, double *ret_v, bool *ret_clamped,
                        mfn_error *err)
{
    return mfn__nernst_v(ion, MFN_CONCENTRATION_MIN, temperature_k, ret_v, ret_clamped, err);
}
