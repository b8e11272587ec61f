/* SPDX-License-Identifier: MIT */
/* What the equations of kernels/pattern_body.h say without being stepped: their uniform states and
 * the derivatives there.
 *
 * Gray-Scott: Gray and Scott, Chem. Eng. Sci. 38 (1983); Pearson, Science 261 (1993).
 * Gierer-Meinhardt: Gierer and Meinhardt, Kybernetik 12 (1972).
 * Schnakenberg: Schnakenberg, J. Theor. Biol. 81 (1979).
 * FitzHugh-Nagumo: FitzHugh, Biophys. J. 1 (1961); Nagumo, Arimoto and Yoshizawa, Proc. IRE 50
 * (1962); with a diffusing inhibitor as in Ermentrout, Hastings and Troy, SIAM J. Appl. Math. 44
 * (1984).
 * Logistic inhibitor: the morphogens of MyceliumFractalNet 4.1 as its document writes them. */
#include "engine/patterns/patterns.h"

#include <math.h>

#define NEWTON_STEPS_MAX 100

/* The state without v, which every rate leaves as it is. */
static bool gray_scott_state(const double *p, double *ret_u, double *ret_v)
{
    const double *rate = p + MFN__FIRST_RATE;
    double sum = rate[0] + rate[1];
    double inside = rate[0] > 0.0 ? 1.0 - 4.0 * sum * sum / rate[0] : -1.0;
    *ret_u = 1.0;
    *ret_v = 0.0;
    if (inside >= 0.0) { /* the upper of the other two, which can lose its stability */
        *ret_u = 0.5 * (1.0 - sqrt(inside));
        *ret_v = rate[0] / sum * (1.0 - *ret_u);
    }
    return true;
}

static mfn__jacobian gray_scott_jacobian(const double *p, double u, double v)
{
    const double *rate = p + MFN__FIRST_RATE;
    return (mfn__jacobian){-rate[0] - v * v, -2.0 * u * v, v * v,
                           2.0 * u * v - (rate[0] + rate[1])};
}

/* f = 0 and g = 0 give v = production u^2 / decay_v and u = (decay_v + basal) / decay_u. */
static bool gierer_meinhardt_state(const double *p, double *ret_u, double *ret_v)
{
    const double *rate = p + MFN__FIRST_RATE;
    *ret_u = (rate[2] + rate[3]) / rate[1];
    *ret_v = rate[0] * *ret_u * *ret_u / rate[2];
    return rate[0] > 0.0 && rate[1] > 0.0;
}

static mfn__jacobian gierer_meinhardt_jacobian(const double *p, double u, double v)
{
    const double *rate = p + MFN__FIRST_RATE;
    return (mfn__jacobian){2.0 * rate[0] * u / v - rate[1], -rate[0] * u * u / (v * v),
                           2.0 * rate[0] * u, -rate[2]};
}

static bool schnakenberg_state(const double *p, double *ret_u, double *ret_v)
{
    const double *rate = p + MFN__FIRST_RATE;
    *ret_u = rate[0] + rate[1];
    *ret_v = rate[1] / (*ret_u * *ret_u);
    return true;
}

static mfn__jacobian schnakenberg_jacobian(const double *p, double u, double v)
{
    (void)p;
    return (mfn__jacobian){2.0 * u * v - 1.0, u * u, -2.0 * u * v, -u * u};
}

/* u - u^3 = v and u - decay v = bias: the root of decay (u - u^3) - u + bias by Newton's method,
 * from where the bias alone would be. */
static bool fitzhugh_nagumo_state(const double *p, double *ret_u, double *ret_v)
{
    const double *rate = p + MFN__FIRST_RATE;
    double u = rate[2];
    for (int i = 0; i < NEWTON_STEPS_MAX; i++) {
        double value = rate[1] * (u - u * u * u) - u + rate[2];
        double slope = rate[1] * (1.0 - 3.0 * u * u) - 1.0;
        if (value == 0.0 || slope == 0.0) {
            break;
        }
        u -= value / slope;
    }
    *ret_u = u;
    *ret_v = u - u * u * u;
    return isfinite(u);
}

static mfn__jacobian fitzhugh_nagumo_jacobian(const double *p, double u, double v)
{
    (void)v;
    const double *rate = p + MFN__FIRST_RATE;
    return (mfn__jacobian){1.0 - 3.0 * u * u, -1.0, rate[0], -rate[0] * rate[1]};
}

/* growth u (1 - u) = v = u. */
static bool logistic_inhibitor_state(const double *p, double *ret_u, double *ret_v)
{
    const double *rate = p + MFN__FIRST_RATE;
    *ret_u = rate[0] > 1.0 ? 1.0 - 1.0 / rate[0] : 0.0;
    *ret_v = *ret_u;
    return true;
}

static mfn__jacobian logistic_inhibitor_jacobian(const double *p, double u, double v)
{
    (void)v;
    const double *rate = p + MFN__FIRST_RATE;
    return (mfn__jacobian){rate[0] * (1.0 - 2.0 * u), -1.0, rate[1], -rate[1]};
}

static const struct {
    uint32_t model;
    mfn__pattern pattern;
} patterns[] = {
    {MFN_MODEL_GRAY_SCOTT,
     {MFN__GRAY_SCOTT, true, 0.0, 0.4, true, gray_scott_state, gray_scott_jacobian}},
    {MFN_MODEL_GIERER_MEINHARDT,
     {MFN__GIERER_MEINHARDT, false, 0.0, 6.0, false, gierer_meinhardt_state,
      gierer_meinhardt_jacobian}},
    {MFN_MODEL_SCHNAKENBERG,
     {MFN__SCHNAKENBERG, false, 0.0, 4.0, false, schnakenberg_state, schnakenberg_jacobian}},
    {MFN_MODEL_FITZHUGH_NAGUMO,
     {MFN__FITZHUGH_NAGUMO, false, -1.0, 1.0, false, fitzhugh_nagumo_state,
      fitzhugh_nagumo_jacobian}},
    {MFN_MODEL_LOGISTIC_INHIBITOR,
     {MFN__LOGISTIC_INHIBITOR, false, 0.0, 1.0, false, logistic_inhibitor_state,
      logistic_inhibitor_jacobian}},
};

const mfn__pattern *mfn__pattern_of(uint32_t model)
{
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        if (patterns[i].model == model) {
            return &patterns[i].pattern;
        }
    }
    return NULL;
}
