/* SPDX-License-Identifier: MIT */
#ifndef MFN_ENGINE_NERNST_H
#define MFN_ENGINE_NERNST_H

#include "mfn/membrane.h"

/* As mfn_nernst_v, with another least concentration. */
mfn_status mfn__nernst_v(const mfn_ion *ion, double concentration_min, double temperature_k,
                         double *ret_v, bool *ret_clamped, mfn_error *err);

#endif
