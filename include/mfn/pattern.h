/* SPDX-License-Identifier: MIT */
/* What the equations of a model of two species foretell: whether its uniform state is stable, and
 * which waves grow out of it (Turing, Phil. Trans. R. Soc. B 237, 1952).
 *
 * A small wave on the uniform state (u*, v*) grows like exp(s t), where s is an eigenvalue of
 * J - q diag(D_u, D_v): J holds the derivatives of the reaction at (u*, v*), and q is the square
 * of the wave number, for the five-point Laplacian 4 sin^2(k_x / 2) + 4 sin^2(k_y / 2) in radians
 * per cell. A step multiplies the wave by 1 + time_step s. */
#ifndef MFN_PATTERN_H
#define MFN_PATTERN_H

#include "mfn/simulation.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mfn_linear_stability {
    double u, v;              /* the uniform state */
    double uniform_rate;      /* growth of a uniform deviation, per time: below 0 when stable */
    double fastest_rate;      /* of the wave that grows fastest, per time */
    double fastest_q;         /* its squared wave number, (radians per cell)^2 */
    double wavelength_cells;  /* its length, 2 pi / sqrt(q); 0 when none grows faster than q = 0 */
    bool has_turing_patterns; /* stable without diffusion, not with it */
} mfn_linear_stability;

/* MFN_INVALID for models without two species, MFN_NOT_FOUND when there is no uniform state. */
MFN_CHECKED MFN_API mfn_status mfn_pattern_stability(const mfn_simulation_config *config,
                                                     mfn_linear_stability *ret, mfn_error *err);

/* The largest growth rate (real part) of waves with this q on the uniform state, per time. */
MFN_CHECKED MFN_API mfn_status mfn_pattern_growth_rate(const mfn_simulation_config *config,
                                                       double q, double *ret, mfn_error *err);

#ifdef __cplusplus
}
#endif

#endif
