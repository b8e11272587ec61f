/* SPDX-License-Identifier: MIT */
/* With u = V F / (R T) the current of an ion is P z^2 u (inside - outside e^(-zu)) / (1 - e^(-zu)),
 * up to a factor that all share. It grows with u: outward current rises with the potential. So the
 * sum has one zero at most, which lies between the lowest and the highest Nernst potential of the
 * ions, and bisection narrows it down to two neighbouring doubles. Monovalent ions have the closed
 * form. */
#include <math.h>
#include <stdbool.h>

#include "base/error.h"
#include "engine/exact_math.h"
#include "engine/quick_exp.h"

#include "mfn/membrane.h"

#define VALENCE_MAX       3
#define PERMEABILITY_MAX  1e12
#define CONCENTRATION_MAX 1e3   /* mol/L: with the above, no current overflows */
#define REDUCED_MAX       700.0 /* of z u: e^700 is within the range of doubles */
#define NEAR_ZERO         0.1   /* of x: below it, 1 - e^-x would lose digits */

/* x / (1 - e^(-x)), 1 at 0; near it the series x/2 + 1 + x^2/12 - x^4/720 + ..., whose next term is
 * below the last bit. */
static double bernoulli(double x)
{
    if (fabs(x) < NEAR_ZERO) {
        double square = x * x;
        double even =
            square * (1.0 / 12.0 - square * (1.0 / 720.0 - square * (1.0 / 30240.0 -
                                                                     square * (1.0 / 1209600.0))));
        return 1.0 + (x / 2.0 + even);
    }
    return x / (1.0 - mfn__exp_quick(-x));
}

/* P z (inside x / (1 - e^-x) - outside x e^-x / (1 - e^-x)) with x = z u; the second fraction is
 * that of -x. */
static double current(const mfn_permeation *ions, size_t count, double u)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        double z = (double)ions[i].valence;
        double x = z * u;
        sum += ions[i].permeability * z *
               (ions[i].inside_molar * bernoulli(x) - ions[i].outside_molar * bernoulli(-x));
    }
    return sum;
}

/* False when the current has no zero in the range. */
static bool solve(const mfn_permeation *ions, size_t count, double *ret_u)
{
    double low = -REDUCED_MAX / VALENCE_MAX;
    double high = REDUCED_MAX / VALENCE_MAX;
    if (!(current(ions, count, low) < 0.0) || !(current(ions, count, high) > 0.0)) {
        return false;
    }
    for (;;) {
        double middle = low + (high - low) / 2.0;
        double outward = current(ions, count, middle);
        if (outward == 0.0 || middle <= low || middle >= high) {
            *ret_u = middle;
            return true;
        }
        if (outward < 0.0) {
            low = middle;
        } else {
            high = middle;
        }
    }
}

static bool solve_monovalent(double outside, double inside, double *ret_u)
{
    double ratio = outside / inside;
    *ret_u = ratio > 0.0 && isfinite(ratio) ? mfn__log(ratio) : 0.0;
    return ratio > 0.0 && isfinite(ratio);
}

/* What flows out and in of monovalent ions, cations outside with anions inside. */
static void sum_monovalent(const mfn_permeation *ions, size_t count, double *ret_outside,
                           double *ret_inside)
{
    *ret_outside = 0.0;
    *ret_inside = 0.0;
    for (size_t i = 0; i < count; i++) {
        bool is_cation = ions[i].valence > 0;
        *ret_outside +=
            ions[i].permeability * (is_cation ? ions[i].outside_molar : ions[i].inside_molar);
        *ret_inside +=
            ions[i].permeability * (is_cation ? ions[i].inside_molar : ions[i].outside_molar);
    }
}

static mfn_status check_ion(const mfn_permeation *ion, size_t number, mfn_error *err)
{
    if (ion->valence == 0 || ion->valence < -VALENCE_MAX || ion->valence > VALENCE_MAX) {
        return mfn__fail(err, MFN_INVALID, "valence",
                         "valence: expected -3 to 3 and not 0, got %d (ion %zu)", ion->valence,
                         number);
    }
    const struct {
        const char *name;
        double value, max;
    } fields[] = {{"permeability", ion->permeability, PERMEABILITY_MAX},
                  {"outside_molar", ion->outside_molar, CONCENTRATION_MAX},
                  {"inside_molar", ion->inside_molar, CONCENTRATION_MAX}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (!(fields[i].value >= 0.0) || !(fields[i].value <= fields[i].max)) {
            return mfn__fail(err, MFN_INVALID, fields[i].name,
                             "%s: expected a number in [0, %g], got %g (ion %zu)", fields[i].name,
                             fields[i].max, fields[i].value, number);
        }
    }
    return MFN_OK;
}

static mfn_status check(const mfn_permeation *ions, size_t count, double temperature_k,
                        mfn_error *err)
{
    if (count < 1 || count > MFN_PERMEATIONS_MAX) {
        return mfn__fail(err, MFN_INVALID, "count", "count: expected 1 to %d ions, got %zu",
                         MFN_PERMEATIONS_MAX, count);
    }
    if (!(temperature_k > 0.0) || !isfinite(temperature_k)) {
        return mfn__fail(err, MFN_INVALID, "temperature_k",
                         "temperature_k: expected a temperature above 0 K, got %g", temperature_k);
    }
    for (size_t i = 0; i < count; i++) {
        mfn_status status = check_ion(&ions[i], i, err);
        if (status != MFN_OK) {
            return status;
        }
    }
    return MFN_OK;
}

mfn_status mfn_ghk_v(const mfn_permeation *ions, size_t count, double temperature_k, double *ret_v,
                     mfn_error *err)
{
    mfn_status status = check(ions, count, temperature_k, err);
    if (status != MFN_OK) {
        return status;
    }
    bool is_monovalent = true;
    for (size_t i = 0; i < count; i++) {
        is_monovalent = is_monovalent && (ions[i].valence == 1 || ions[i].valence == -1);
    }
    double outside = 0.0;
    double inside = 0.0;
    sum_monovalent(ions, count, &outside, &inside); /* with z > 1, only the signs matter */
    if (!(outside > 0.0) || !(inside > 0.0)) {
        return mfn__fail(err, MFN_INVALID, "permeability",
                         "permeability: charge can flow in one direction only, so that no "
                         "potential stops it: expected permeable ions on both sides");
    }
    double reduced = 0.0;
    bool is_found =
        is_monovalent ? solve_monovalent(outside, inside, &reduced) : solve(ions, count, &reduced);
    if (!is_found || fabs(reduced) > REDUCED_MAX / VALENCE_MAX) {
        return mfn__fail(err, MFN_UNSTABLE, "permeability",
                         "permeability: no potential within %g R T / F stops the current: the "
                         "permeable ions of the two sides are too unequal",
                         REDUCED_MAX / VALENCE_MAX);
    }
    double potential_v = MFN_GAS_CONSTANT * temperature_k / MFN_FARADAY_CONSTANT * reduced;
    if (!isfinite(potential_v)) {
        return mfn__fail(err, MFN_UNSTABLE, "temperature_k",
                         "temperature_k: %g K gives no finite potential", temperature_k);
    }
    *ret_v = potential_v;
    return MFN_OK;
}
