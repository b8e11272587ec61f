/* SPDX-License-Identifier: MIT */
/* Membrane potentials: Nernst's equation for one ion, the Goldman-Hodgkin-Katz equation for
 * several, and the integration of a membrane's own differential equation.
 *
 * Concentrations are in mol/L, temperatures in kelvin, potentials in volts, inside minus outside.
 * The constants are the reference's: R = 8.314 J/(mol K), F = 96485.33212 C/mol. All functions are
 * thread-safe and give the same bits on every machine. */
#ifndef MFN_MEMBRANE_H
#define MFN_MEMBRANE_H

#include <stddef.h>
#include <stdint.h>

#include "mfn/option.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MFN_GAS_CONSTANT      8.314       /* J / (mol K) */
#define MFN_FARADAY_CONSTANT  96485.33212 /* C / mol */
#define MFN_CONCENTRATION_MIN 1e-6        /* mol/L: lower ones count as this */
#define MFN_BODY_TEMPERATURE  310.0       /* K */

/* An ion on the two sides of a membrane. */
typedef struct mfn_ion {
    const char *symbol; /* "K", or NULL */
    const char *name;   /* "potassium", or NULL */
    int valence;
    double outside_molar, inside_molar;
} mfn_ion;

/* K, Na, Cl, Ca with the concentrations of a mammalian cell; the array is static. */
MFN_API const mfn_ion *mfn_ions(size_t *ret_count);

/* E = (R T) / (z F) ln(outside / inside) (Nernst, Z. Phys. Chem. 2, 1888). Both concentrations
 * count as at least MFN_CONCENTRATION_MIN, also negative ones, as in the reference; whether that
 * mattered is told in `ret_clamped`, which may be NULL. The temperature is only checked to be
 * finite. MFN_INVALID for a valence of 0 and for NaN or infinity; MFN_UNSTABLE when the result is
 * not finite. */
MFN_CHECKED MFN_API mfn_status mfn_nernst_v(const mfn_ion *ion, double temperature_k, double *ret_v,
                                            bool *ret_clamped, mfn_error *err);

/* What one ion adds to the current through a membrane. */
typedef struct mfn_permeation {
    int valence;                        /* -3 .. 3, not 0 */
    double permeability;                /* relative to the others', 0 .. 1e12 */
    double outside_molar, inside_molar; /* 0 .. 1e3 */
} mfn_permeation;

#define MFN_PERMEATIONS_MAX 32

/* The potential at which the currents of all ions cancel, each being that of the Goldman-Hodgkin-
 * Katz equation (Goldman, J. Gen. Physiol. 27, 1943; Hodgkin and Katz, J. Physiol. 108, 1949):
 *     I = P z^2 (V F^2 / R T) (inside - outside exp(-z V F / R T)) / (1 - exp(-z V F / R T)).
 * With monovalent ions alone it is R T / F ln((sum P_c outside_c + sum P_a inside_a) /
 * (sum P_c inside_c + sum P_a outside_a)), the cations c and the anions a; otherwise it is found
 * by bisection, as closely as doubles allow. At least one ion must be permeable and be there on
 * both sides, or ions must be able to flow both ways: else there is no such potential
 * (MFN_INVALID). MFN_UNSTABLE when it is beyond some 230 R T / F, 6 V, or not finite. */
MFN_CHECKED MFN_API mfn_status mfn_ghk_v(const mfn_permeation *ions, size_t count,
                                         double temperature_k, double *ret_v, mfn_error *err);

typedef enum mfn_integration {
    MFN_EULER, /* v + dt f(v) */
    MFN_RK4,   /* the classical Runge-Kutta method of fourth order */
} mfn_integration;

/* The reference's MembraneConfig. */
typedef struct mfn_membrane_config {
    size_t size; /* sizeof(mfn_membrane_config), set by the init function */
    double temperature_k;
    double ion_clamp_min; /* mol/L, takes the place of MFN_CONCENTRATION_MIN */
    double potential_min_v, potential_max_v;
    uint32_t integration_scheme; /* an mfn_integration */
    double dt;                   /* s */
} mfn_membrane_config;

MFN_API const mfn_option *mfn_membrane_options(void);
MFN_API void
mfn_membrane_config_init(mfn_membrane_config *config); /* 310, 1e-6, -+0.15, Euler, 1e-4 */
MFN_CHECKED MFN_API mfn_status mfn_membrane_config_check(const mfn_membrane_config *config,
                                                         mfn_error *err);

/* Nernst's potential with the configuration's temperature and clamp, for the valences of living
 * cells: -2, -1, 1, 2. `config` NULL: the defaults; `temperature_k` NULL: the configuration's. */
MFN_CHECKED MFN_API mfn_status mfn_membrane_nernst_v(const mfn_membrane_config *config,
                                                     const mfn_ion *ion,
                                                     const double *temperature_k, double *ret_v,
                                                     bool *ret_clamped, mfn_error *err);

/* dv/dt of `count` potentials, written to `ret_dv_dt` (V/s). */
typedef void (*mfn_membrane_rhs)(void *context, const double *v, size_t count, double *ret_dv_dt);

typedef struct mfn_membrane_summary {
    uint64_t steps_computed;
    uint64_t clamping_events; /* potentials and steps that the clamp changed */
    double min_v, max_v, mean_v, std_v;
} mfn_membrane_summary;

/* What a run does: the equation, how far, and whether potentials are confined. */
typedef struct mfn_membrane_run {
    mfn_membrane_rhs rhs;
    void *context; /* for `rhs` */
    uint64_t steps;
    bool clamp; /* to the configuration's range, after each step */
} mfn_membrane_run;

/* Advances `count` (at least 1) potentials in place by steps of config->dt. MFN_UNSTABLE, with the
 * step, when one becomes NaN or infinite: `v` then holds what was reached. `config` may be NULL for
 * the defaults, `ret` when nobody asks. */
MFN_CHECKED MFN_API mfn_status mfn_membrane_integrate(const mfn_membrane_config *config,
                                                      const mfn_membrane_run *run, double *v,
                                                      size_t count, mfn_membrane_summary *ret,
                                                      mfn_error *err);

#ifdef __cplusplus
}
#endif

#endif
