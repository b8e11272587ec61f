/* SPDX-License-Identifier: MIT */
#ifndef MFN_ENGINE_STDP_H
#define MFN_ENGINE_STDP_H

#include "mfn/plasticity.h"

#define MFN__STDP_EXPONENT_MAX 50.0

/* The configuration checked, or the defaults for NULL. */
mfn_status mfn__stdp_prepare(const mfn_stdp_config *config, mfn_stdp_config *ret, mfn_error *err);

mfn_status mfn__stdp_check_times(const char *field, const double *times_s, uint64_t count,
                                 mfn_error *err);

#endif
