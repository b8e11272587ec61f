/* SPDX-License-Identifier: MIT */
/* Models of two species that react and diffuse, and what their equations say beforehand. */
#ifndef MFN_ENGINE_PATTERNS_H
#define MFN_ENGINE_PATTERNS_H

#include "engine/simulation.h"
#include "kernels/pattern.h"

/* f and g of u' = f, v' = g; derivatives by u and v. */
typedef struct mfn__jacobian {
    double f_u, f_v, g_u, g_v;
} mfn__jacobian;

typedef struct mfn__pattern {
    mfn__pattern_kind kind;
    bool shows_v;                 /* else u */
    double shown_low, shown_high; /* what the range of the potential stands for */
    bool begins_with_patches;     /* of another state; else everywhere near the steady state */

    /* The uniform state that does not change; `p` are the parameters. False: there is none. */
    bool (*steady_state)(const double *p, double *ret_u, double *ret_v);
    mfn__jacobian (*jacobian)(const double *p, double u, double v);
} mfn__pattern;

/* NULL for models of another kind. */
const mfn__pattern *mfn__pattern_of(uint32_t model);

/* The option tables and presets, which models.c lists. */
extern const mfn_option mfn__gray_scott_options[], mfn__gierer_meinhardt_options[],
    mfn__schnakenberg_options[], mfn__fitzhugh_nagumo_options[], mfn__logistic_inhibitor_options[];
extern const mfn_preset mfn__gray_scott_presets[], mfn__gierer_meinhardt_presets[],
    mfn__schnakenberg_presets[], mfn__fitzhugh_nagumo_presets[], mfn__logistic_inhibitor_presets[];

/* Explicit steps are stable while dt D < 1/4. */
mfn_status mfn__pattern_check(const mfn_simulation_config *config, mfn_error *err);

/* Draws both species. */
void mfn__pattern_draw(mfn_simulation *sim);

/* The shown species as a potential, row-major. */
void mfn__pattern_show(const mfn_simulation *sim, double *ret_v);

#endif
