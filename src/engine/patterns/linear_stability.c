/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/error.h"
#include "engine/patterns/patterns.h"

#include "mfn/pattern.h"

#define Q_MAX     8.0 /* the shortest wave: a chequerboard */
#define Q_SCANS   4096
#define Q_HALVES  60
#define TWO_PI    6.28318530717958647692
#define RATE_ZERO 1e-12

/* The larger real part of the eigenvalues of J - q D. */
static double growth_rate(const mfn__jacobian *j, const double *p, double q)
{
    double a = j->f_u - q * p[MFN__DIFFUSION_U];
    double d = j->g_v - q * p[MFN__DIFFUSION_V];
    double half_gap = 0.5 * (a - d);
    double inside = half_gap * half_gap + j->f_v * j->g_u;
    return 0.5 * (a + d) + (inside > 0.0 ? sqrt(inside) : 0.0);
}

/* The q of the largest rate: the best of many, then between its neighbours by thirds. */
static double fastest(const mfn__jacobian *j, const double *p)
{
    double step = Q_MAX / Q_SCANS;
    int best = 0;
    for (int i = 1; i <= Q_SCANS; i++) {
        best = growth_rate(j, p, i * step) > growth_rate(j, p, best * step) ? i : best;
    }
    double low = best > 0 ? (best - 1) * step : 0.0;
    double high = best < Q_SCANS ? (best + 1) * step : Q_MAX;
    for (int i = 0; i < Q_HALVES; i++) {
        double third = (high - low) / 3.0;
        if (growth_rate(j, p, low + third) < growth_rate(j, p, high - third)) {
            low += third;
        } else {
            high -= third;
        }
    }
    return best > 0 ? 0.5 * (low + high) : 0.0;
}

static mfn_status linearise(const mfn_simulation_config *config, mfn__jacobian *ret, double *ret_u,
                            double *ret_v, mfn_error *err)
{
    mfn_status status = mfn_simulation_config_check(config, err);
    if (status != MFN_OK) {
        return status;
    }
    const mfn__pattern *pattern = mfn__pattern_of(config->model);
    if (pattern == NULL) {
        return mfn__fail(err, MFN_INVALID, "model",
                         "model: expected one of two species that react and diffuse, got '%s'",
                         mfn_models(NULL)[config->model].name);
    }
    if (!pattern->steady_state(config->parameters, ret_u, ret_v)) {
        return mfn__fail(err, MFN_NOT_FOUND, "model",
                         "model: with these parameters '%s' has no uniform state that lasts",
                         mfn_models(NULL)[config->model].name);
    }
    *ret = pattern->jacobian(config->parameters, *ret_u, *ret_v);
    return MFN_OK;
}

mfn_status mfn_pattern_growth_rate(const mfn_simulation_config *config, double q, double *ret,
                                   mfn_error *err)
{
    mfn__jacobian jacobian;
    double u = 0.0;
    double v = 0.0;
    mfn_status status = linearise(config, &jacobian, &u, &v, err);
    if (status == MFN_OK) {
        *ret = growth_rate(&jacobian, config->parameters, q);
    }
    return status;
}

mfn_status mfn_pattern_stability(const mfn_simulation_config *config, mfn_linear_stability *ret,
                                 mfn_error *err)
{
    mfn__jacobian jacobian;
    mfn_linear_stability found = {0};
    mfn_status status = linearise(config, &jacobian, &found.u, &found.v, err);
    if (status != MFN_OK) {
        return status;
    }
    found.uniform_rate = growth_rate(&jacobian, config->parameters, 0.0);
    found.fastest_q = fastest(&jacobian, config->parameters);
    found.fastest_rate = growth_rate(&jacobian, config->parameters, found.fastest_q);
    found.wavelength_cells = found.fastest_q > 0.0 ? TWO_PI / sqrt(found.fastest_q) : 0.0;
    found.has_turing_patterns = found.uniform_rate < -RATE_ZERO && found.fastest_rate > RATE_ZERO;
    *ret = found;
    return MFN_OK;
}
