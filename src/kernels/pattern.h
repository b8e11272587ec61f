/* SPDX-License-Identifier: MIT */
/* Models of two species u and v that react and diffuse. The kernels have the type of a step: u
 * stands where the potential does, v where the activator does. */
#ifndef MFN_KERNELS_PATTERN_H
#define MFN_KERNELS_PATTERN_H

typedef enum mfn__pattern_kind {
    MFN__GRAY_SCOTT,
    MFN__GIERER_MEINHARDT,
    MFN__SCHNAKENBERG,
    MFN__FITZHUGH_NAGUMO,
    MFN__LOGISTIC_INHIBITOR,
    MFN__PATTERN_COUNT
} mfn__pattern_kind;

/* Places of the parameters in mfn_simulation_config and mfn__step_coefficients. */
enum {
    MFN__DIFFUSION_U, /* cells^2 per unit of time */
    MFN__DIFFUSION_V,
    MFN__TIME_STEP,
    MFN__FIRST_RATE, /* and what follows: the model's own */
};

#endif
